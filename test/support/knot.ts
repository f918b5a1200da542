// Knot, a pretend CRM that keeps ties as HubSpot keeps associations: known by their pair, without a stamp or a word of their removal, and
// told whole with the thing at their one end. Held in memory, for tests that need to stop between two steps.
import { z } from "zod";
import { WinstonError } from "../../src/base/errors.ts";
import {
  defineConnector,
  type CreateRow,
  type Page,
  type RowOutcome,
  type StreamDeclaration,
  type UpdateRow,
  type VendorField,
  type VendorRecord,
} from "../../src/connector/contract.ts";

interface Thing {
  name: string;
  changedAt: number;
  mergedInto?: string;
  deleted?: boolean;
}

type Table = "deal" | "person";

export class Knot {
  readonly deal = new Map<string, Thing>();
  readonly person = new Map<string, Thing>();
  /** By "deal:person", the role. */
  readonly ties = new Map<string, string | null>();
  /** Every tie written, as "op id". */
  readonly writes: string[] = [];
  /** How often creates were asked for. */
  creates = 0;
  /** Called with the ties that are read by their ids, before they are. */
  beforeRead: ((ids: readonly string[]) => unknown) | undefined;
  /** Awaited when a page of ties was read and is not given out yet. */
  afterRead: (() => unknown) | undefined;
  /** Things that are not shown yet, as those that an index lacks. */
  readonly hidden = new Set<string>();
  /** Whether a page of ties says which deals were merged into which. */
  tellsMoves = true;
  /** The next create of ties is done and its answer lost. */
  loseAnswer = false;
  #clock: { now(): number };
  #next = 1;

  constructor(clock: { now(): number }) {
    this.#clock = clock;
  }

  add(table: Table, name: string): string {
    const id = `${table[0]}${this.#next++}`;
    this[table].set(id, { name, changedAt: this.#clock.now() });
    return id;
  }

  touch(table: Table, id: string, change: Partial<Thing> = {}): void {
    Object.assign(this[table].get(id)!, change, { changedAt: this.#clock.now() });
  }

  /** One takes in the other, and its ties with it: under a new id, or under its own. */
  merge(table: Table, one: string, other: string, keepsId = false): string {
    const into = keepsId ? one : this.add(table, this[table].get(one)!.name);
    if (keepsId) this.touch(table, one);
    for (const id of keepsId ? [other] : [other, one]) {
      this.touch(table, id, { mergedInto: into });
      for (const [tie, role] of new Map(this.ties)) {
        const parts = tie.split(":").map((part) => (part === id ? into : part));
        if (!tie.split(":").includes(id)) continue;
        this.ties.delete(tie);
        this.ties.set(parts.join(":"), role);
      }
    }
    return into;
  }

  shown(id: string): VendorRecord {
    const [deal, person] = id.split(":");
    return { id, changedAt: null, version: null, fields: { deal, person, role: this.ties.get(id) ?? null } };
  }
}

const field = (name: string, type: string, more: Partial<VendorField> = {}): VendorField => ({
  name,
  label: name,
  type,
  custom: false,
  required: false,
  createable: true,
  updateable: true,
  unique: false,
  ...more,
});

const row = (ours: string, theirs: string, transform: string) => ({
  field: ours,
  record: theirs,
  direction: "both",
  transform,
});

export function knotConnector(knot: Knot) {
  const things = (table: Table, kind: string, ours: string): StreamDeclaration => {
    const show = (id: string, thing: Thing): VendorRecord => ({
      id,
      changedAt: thing.changedAt,
      version: null,
      handle: null,
      fields: { name: thing.name },
      ...(thing.mergedInto === undefined ? (thing.deleted ? { deleted: true } : {}) : { mergedInto: thing.mergedInto }),
    });
    return {
      title: table,
      kind,
      ...(kind === "person" ? { stage: "contact" } : {}),
      precisionMs: 1,
      overlapMs: 0,
      deletions: "signal",
      batch: { read: 100 },
      mapping: { kind, ...(kind === "person" ? { stage: "contact" } : {}), rows: [row(ours, "name", "text")] },
      describe: () => Promise.resolve([field("name", "text")]),
      async *pull(_, { since, now }): AsyncGenerator<Page> {
        const due = [...knot[table]].filter(
          ([id, thing]) => !knot.hidden.has(id) && (since === null || thing.changedAt >= since),
        );
        const records = due.map(([id, thing]) => show(id, thing));
        yield {
          records: since === null ? records.filter((one) => !one.deleted) : records,
          cursor: null,
          watermark: now,
        };
      },
      read: (_, { ids }) =>
        Promise.resolve(ids.map((id) => (knot[table].has(id) ? show(id, knot[table].get(id)!) : null))),
    };
  };
  const pairIn = ({ deal, person }: CreateRow["values"]): string => `${String(deal)}:${String(person)}`;
  const tie: StreamDeclaration = {
    title: "ties",
    kind: "deal-contact",
    after: ["deal", "person"],
    precisionMs: 1,
    overlapMs: 0,
    deletions: "signal",
    batch: { read: 100, create: 100, update: 100, delete: 100 },
    mapping: {
      kind: "deal-contact",
      rows: [row("deal", "deal", "reference"), row("contact", "person", "reference"), row("role", "role", "text")],
    },
    describe: () =>
      Promise.resolve([
        field("deal", "reference", { required: true, updateable: false, targets: ["deal"] }),
        field("person", "reference", { required: true, updateable: false, targets: ["person"] }),
        field("role", "text"),
      ]),
    async *pull(_, { since, now }): AsyncGenerator<Page> {
      const deals = [...knot.deal].flatMap(([id, thing]) => (since === null || thing.changedAt >= since ? [id] : []));
      const records = [...knot.ties.keys()]
        .filter((id) => deals.includes(id.split(":")[0]!))
        .map((id) => knot.shown(id));
      await knot.afterRead?.();
      const moved = new Map<string, string>();
      for (const id of deals) {
        const into = knot.deal.get(id)!.mergedInto;
        if (into !== undefined && knot.tellsMoves) moved.set(id, into);
      }
      yield { records, cursor: null, watermark: now, whole: deals, moved };
    },
    read: async (_, { ids }) => {
      await knot.beforeRead?.(ids);
      return ids.map((id) => (knot.ties.has(id) ? knot.shown(id) : null));
    },
    find: (_, { handles, sent }) =>
      Promise.resolve(
        (sent ?? []).flatMap((values, index) =>
          knot.ties.has(pairIn(values)) ? [{ ...knot.shown(pairIn(values)), handle: handles[index]! }] : [],
        ),
      ),
    create: (_, rows) => {
      knot.creates += 1;
      const outcomes = rows.map(({ values }): RowOutcome => {
        const id = pairIn(values);
        if (knot.ties.has(id)) {
          const vendor = { status: 409, code: "TIED", message: "tied already", fields: [] };
          return { state: "failed", kind: "exists", vendor, existingIds: [id] };
        }
        knot.writes.push(`create ${id}`);
        knot.ties.set(id, (values["role"] as string | undefined) ?? null);
        return { state: "done", id, created: true };
      });
      if (!knot.loseAnswer) return Promise.resolve(outcomes);
      knot.loseAnswer = false;
      return Promise.reject(new WinstonError("vendor.unknown_outcome", "Knot did not answer."));
    },
    update: (_, rows: readonly UpdateRow[]) =>
      Promise.resolve(
        rows.map(({ id, values }): RowOutcome => {
          knot.writes.push(`update ${id}`);
          knot.ties.set(id, values["role"] as string | null);
          return { state: "done", id, created: false };
        }),
      ),
    delete: (_, ids) =>
      Promise.resolve(
        ids.map((id): RowOutcome => {
          knot.writes.push(`delete ${id}`);
          knot.ties.delete(id);
          return { state: "done", id, created: false };
        }),
      ),
  };
  return defineConnector({
    key: "knot",
    title: "Knot CRM",
    docs: "https://docs.knot.example",
    badge: "simulated",
    auth: { secrets: [], obtain: () => Promise.resolve({}), headers: () => ({}) },
    baseUrl: () => "https://api.knot.example",
    settings: z.looseObject({}) as unknown as z.ZodType<Record<string, never>>,
    limits: [],
    identify: () => Promise.resolve({ id: "knot-org", label: "Knot test", environment: "simulator" }),
    streams: { deal: things("deal", "deal", "name"), person: things("person", "person", "lastName"), tie },
    classify: () => ({}),
  });
}
