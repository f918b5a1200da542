// Tern, a pretend CRM held in memory, with its connector: the engine's tests drive it without sockets. Its `faults` break the next call.
import type { JsonObject } from "../../src/base/json.ts";
import { WinstonError } from "../../src/base/errors.ts";
import {
  defineConnector,
  type Page,
  type RowOutcome,
  type VendorField,
  type VendorRecord,
} from "../../src/connector/contract.ts";
import { z } from "zod";

interface Row {
  fields: Record<string, unknown>;
  changedAt: number;
  handle: string | null;
  deleted: boolean;
  mergedInto?: string;
  /** Fields whose value one of its users set last. */
  byPeople?: Set<string>;
}

export type Fault =
  | "unknown-done"
  | "unknown-not-done"
  | "unavailable"
  | {
      readonly refuse: string;
      readonly field: string;
      readonly when: (values: Readonly<Record<string, unknown>>) => boolean;
      /** "record" by default. */
      readonly kind?: "record" | "field" | "later";
    };

/** The other side: its records, what was written to it, and its dials. */
export class Tern {
  readonly people = new Map<string, Row>();
  readonly companies = new Map<string, Row>();
  readonly deals = new Map<string, Row>();
  readonly users = new Map<string, Row>();
  /** Every write that reached it. */
  readonly writes: { readonly op: string; readonly ids: readonly string[] }[] = [];
  /** Taken by the next calls that write, one each. */
  faults: Fault[] = [];
  pageSize = 200;
  /** Whether two records may not have one address. */
  uniqueMail = false;
  /** The next record that is made is answered with "there is one already", as where a vendor tried twice by itself. */
  callsMadeTaken = false;
  /** How it merges: into the one kept, into a new record of both, or not at all. Set before the connector is made. */
  merging: "kept" | "new" | "none" = "kept";
  /** Whether reading a record that was merged away says where it is now. */
  tellsMerges = true;
  /** Fields that it takes nothing for: a row that has one is refused for it. */
  unwritable: readonly string[] = [];
  /** What it tells of values that cannot be read, by field. */
  notes: Readonly<Record<string, string>> = {};
  /** What a create gets that says nothing of these fields, as vendors give records an owner. */
  defaults: Readonly<Record<string, unknown>> = {};
  /** Stamps are whole multiples of this. Set before the connector is made. */
  precisionMs = 1;
  /** What it makes of a value it is sent. */
  keeps: (field: string, value: unknown) => unknown = (_, value) => value;
  /** Fields whose reading costs a call of its own. Set before the connection is made. */
  apart: readonly string[] = [];
  /** References that are changed by several calls. Set before the connection is made. */
  inSteps: readonly string[] = [];
  /** The fields each read of single records asked for, and how many records. */
  readonly reads: { readonly fields: readonly string[]; readonly records: number }[] = [];
  /** What its description says of a field instead, by name: null where the field is not there (any more), which then nothing shows. */
  redescribed: Readonly<Record<string, Partial<VendorField> | null>> = {};
  /** Whether a request that names a field which is not there is refused as a whole. Else the field is just not shown. */
  strict = false;
  /** With what it refuses to say what fields a stream has, while it does. */
  undescribed: WinstonError | undefined;
  /** How often it was asked what fields a stream has. */
  described = 0;
  /** Whose account the credentials open. */
  organisation: string | undefined;
  /** What the account says of itself that is a setting. */
  says: JsonObject = {};
  /** Called when it is asked whose account this is; may throw. */
  beforeIdentify: (() => void) | undefined;
  /** Called before each read of single records: an edit in the last moment. */
  beforeRead: ((ids: readonly string[]) => unknown) | undefined;
  /** Called when such a read was answered, before the answer arrives. */
  afterRead: (() => unknown) | undefined;
  /** Whether it keeps deals too. Set before the connector is made. */
  sells = false;
  /** Whether it has users, who own its records. Set before the connector is made. */
  staffed = false;
  /** It lists its records, and neither shows one by its id nor takes any. Set before the connector is made. */
  listsOnly = false;
  /** By how many milliseconds its clock is behind. */
  behindMs = 0;
  /** Whether its answer to a write tells the record's stamp. */
  tellsStamps = false;
  /** Whether it tells which values its own users set. Set before the connector is made. */
  tellsPeople = false;
  /** Whether it tells deletions with what the record said last, as from a recycle bin. */
  hasBin = false;
  /** Called when a write was received, before it is answered. */
  afterWrite: ((op: string) => unknown) | undefined;
  /** Called before a page is given out; may throw. */
  beforePage: ((page: number) => unknown) | undefined;
  /** How many records it counts; as many as there are, where nobody says otherwise. */
  counts: ((stream: string) => number) | undefined;
  /** Whether a page says how many records are still to come. */
  tellsLeft = false;
  /** It shows of no record when it was changed. */
  stampless = false;
  #clock: { now(): number };
  #next = 1;

  constructor(clock: { now(): number }) {
    this.#clock = clock;
  }

  #stamp(): number {
    const now = this.#clock.now() - this.behindMs;
    return now - (now % this.precisionMs);
  }

  table(stream: string): Map<string, Row> {
    const { companies: company, deals: deal, users: user } = this;
    return { company, deal, user }[stream] ?? this.people;
  }

  /** What a user of that CRM does. Returns the record's id. */
  add(stream: string, fields: Record<string, unknown>, handle: string | null = null): string {
    const id = `${stream}_${String(this.#next++).padStart(6, "0")}`;
    this.table(stream).set(id, { fields: { ...fields }, changedAt: this.#stamp(), handle, deleted: false });
    return id;
  }

  edit(stream: string, id: string, fields: Record<string, unknown>): void {
    const row = this.table(stream).get(id)!;
    Object.assign(row.fields, fields);
    row.changedAt = this.#stamp();
    row.byPeople = new Set([...(row.byPeople ?? []), ...Object.keys(fields)]);
  }

  /** One record takes in another, which leads to it from now on. */
  merge(stream: string, id: string, into: string): void {
    this.remove(stream, id);
    this.table(stream).get(id)!.mergedInto = into;
    this.edit(stream, into, {});
  }

  /** What its merge call does. Returns the survivor's id. */
  mergeCalled(stream: string, keep: string, lose: string): string {
    const survivor = this.merging === "new" ? this.add(stream, { ...this.table(stream).get(keep)!.fields }) : keep;
    for (const id of [keep, lose]) if (id !== survivor) this.merge(stream, id, survivor);
    return survivor;
  }

  remove(stream: string, id: string): void {
    const row = this.table(stream).get(id)!;
    row.deleted = true;
    row.changedAt = this.#stamp();
  }

  living(stream: string): [string, Row][] {
    return [...this.table(stream)].filter(([, row]) => !row.deleted);
  }

  show(id: string, row: Row, asked: readonly string[]): VendorRecord {
    const gone = asked.filter((name) => this.redescribed[name] === null);
    if (this.strict && gone.length > 0)
      throw new WinstonError("vendor.refused", `Tern has no field ${gone.join(", ")}.`, {
        vendor: { status: 400, code: "NO_FIELD", message: "No such field", fields: gone },
      });
    const fields = asked.filter((name) => !gone.includes(name));
    return {
      id,
      changedAt: this.stampless ? null : row.changedAt,
      version: this.stampless ? null : String(row.changedAt),
      handle: row.handle,
      ...(Object.keys(this.notes).length > 0 ? { notes: this.notes } : {}),
      fields: Object.fromEntries(fields.map((name) => [name, row.fields[name] ?? null])),
      ...(row.mergedInto === undefined ? (row.deleted ? { deleted: true } : {}) : { mergedInto: row.mergedInto }),
    };
  }

  *changed(stream: string, since: number | null, deleted: boolean): Generator<[string, Row]> {
    const rows = [...this.table(stream)].filter(
      ([, row]) => row.deleted === deleted && (since === null || row.changedAt >= since),
    );
    yield* rows.toSorted(([a, x], [b, y]) => x.changedAt - y.changedAt || (a < b ? -1 : 1));
  }

  /** One row of a write, with whatever fault is due. */
  write(
    stream: string,
    op: string,
    fault: Fault | undefined,
    row: { id?: string; handle?: string; values: Readonly<Record<string, unknown>> },
  ): RowOutcome {
    if (typeof fault === "object" && fault.when(row.values)) {
      return {
        state: "failed",
        kind: fault.kind ?? "record",
        vendor: { status: 400, code: fault.refuse, message: `Tern says: ${fault.refuse}`, fields: [fault.field] },
      };
    }
    const refused = this.unwritable.filter((name) => row.values[name] !== undefined);
    if (refused.length > 0) {
      const vendor = { status: 400, code: "READ_ONLY", message: "Tern takes nothing for it", fields: refused };
      return { state: "failed", kind: "field", vendor };
    }
    const table = this.table(stream);
    const values = Object.fromEntries(
      Object.entries(row.values).map(([name, value]) => [name, this.keeps(name, value)]),
    );
    if (op === "create") {
      const known = [...table].find(([, one]) => one.handle === row.handle && !one.deleted);
      if (known) {
        Object.assign(known[1].fields, values);
        known[1].changedAt = this.#stamp();
        return { state: "done", id: known[0], created: false };
      }
      const same = this.uniqueMail && this.living(stream).find(([, one]) => one.fields["mail"] === row.values["mail"]);
      if (same) {
        const vendor = {
          status: 409,
          code: "TAKEN",
          message: `Tern has that address already: ${same[0]}`,
          fields: ["mail"],
        };
        return { state: "failed", kind: "exists", vendor, existingIds: [same[0]] };
      }
      const id = this.add(stream, { ...this.defaults, ...values }, row.handle ?? null);
      if (this.callsMadeTaken) {
        this.callsMadeTaken = false;
        const vendor = { status: 409, code: "TAKEN", message: `Tern has it already: ${id}`, fields: [] };
        return { state: "failed", kind: "exists", vendor, existingIds: [id] };
      }
      return {
        state: "done",
        id,
        created: true,
        ...(this.tellsStamps ? { changedAt: table.get(id)!.changedAt } : {}),
      };
    }
    const there = table.get(row.id!);
    if (!there || there.deleted)
      return {
        state: "failed",
        kind: "gone",
        vendor: { status: 404, code: "gone", message: "Tern has no such record", fields: [] },
      };
    if (op === "delete") this.remove(stream, row.id!);
    else {
      this.edit(stream, row.id!, values);
      for (const name of Object.keys(values)) there.byPeople?.delete(name);
    }
    const changedAt = this.tellsStamps && op === "update" ? { changedAt: there.changedAt } : {};
    return { state: "done", id: row.id!, created: false, ...changedAt };
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

const FIELDS: Record<string, VendorField[]> = {
  person: [
    field("first", "text"),
    field("last", "text"),
    field("mail", "email"),
    field("tel", "phone"),
    field("firm", "text"),
    field("score", "number"),
    field("silent", "boolean"),
    field("worth", "money", { scale: 0 }),
    field("employer", "reference", { targets: ["company"] }),
  ],
  company: [field("title", "text"), field("parent", "reference", { targets: ["company"] })],
  deal: [
    field("title", "text"),
    field("worth", "money"),
    field("due", "date"),
    field("buyer", "reference", { targets: ["company"] }),
  ],
  user: [field("called", "text"), field("mail", "email"), field("active", "boolean")],
};

const OWNER = field("owner", "reference", { targets: ["user"] });

const KIND_OF = { person: "person", company: "account", deal: "deal", user: "user" } as const;

const row = (mine: string, theirs: string, transform: string, more: object = {}) => ({
  field: mine,
  record: theirs,
  direction: "both",
  transform,
  ...more,
});

const WRITES = ["create", "update", "delete", "merge"] as const;
const BY_ID = ["read", "find", ...WRITES] as const;

const without = <Stream extends object, Key extends string>(whole: Stream, keys: readonly Key[]): Omit<Stream, Key> =>
  Object.fromEntries(Object.entries(whole).filter(([key]) => !keys.some((one) => one === key))) as Stream;
/** A stream without what needs a record's id. */
const listed = <Stream extends object>(whole: Stream) => without(whole, BY_ID);

/** Tern's connector. `score` is Tern's own: read, never written. `firm` is required there. */
export function ternConnector(tern: Tern, key = "tern") {
  const stream = (name: keyof typeof KIND_OF) => {
    const wrote = async (
      op: string,
      ids: readonly string[],
      run: (fault: Fault | undefined) => RowOutcome[],
    ): Promise<RowOutcome[]> => {
      const fault = tern.faults.shift();
      if (fault === "unavailable") throw new WinstonError("vendor.unavailable", "Tern does not answer.");
      if (fault === "unknown-not-done") {
        await tern.afterWrite?.(op);
        throw new WinstonError("vendor.unknown_outcome", "Tern did not answer.");
      }
      tern.writes.push({ op, ids });
      const outcomes = run(fault);
      await tern.afterWrite?.(op);
      if (fault === "unknown-done") throw new WinstonError("vendor.unknown_outcome", "Tern did not answer.");
      return outcomes;
    };
    return {
      title: name,
      kind: KIND_OF[name],
      ...(name === "person" ? { stage: "lead" } : {}),
      ...(name === "company" || name === "user" ? {} : { after: ["company"] }),
      precisionMs: tern.precisionMs,
      overlapMs: 0,
      deletions: "signal" as const,
      batch: { read: 100, create: 50, update: 50, delete: 50 },
      mapping: {
        kind: KIND_OF[name],
        ...(name === "person" ? { stage: "lead" } : {}),
        rows: [
          ...(tern.staffed && name !== "user" ? [row("owner", "owner", "reference")] : []),
          ...(name === "user"
            ? [
                row("name", "called", "text", { direction: "in" }),
                row("email", "mail", "email", { direction: "in" }),
                row("active", "active", "boolean", { direction: "in" }),
              ]
            : name === "person"
              ? [
                  row("firstName", "first", "text"),
                  row("lastName", "last", "text"),
                  row("email", "mail", "email"),
                  row("title", "tel", "text"),
                  row("company", "firm", "text", { onCreate: "[unknown]" }),
                  row("account", "employer", "reference"),
                ]
              : name === "company"
                ? [row("name", "title", "text"), row("parent", "parent", "reference")]
                : [
                    row("name", "title", "text"),
                    row("amount", "worth", "money"),
                    row("closeDate", "due", "date"),
                    row("account", "buyer", "reference"),
                  ]),
        ],
      },
      describe: () => {
        tern.described++;
        if (tern.undescribed) return Promise.reject(tern.undescribed);
        return Promise.resolve(
          [...FIELDS[name]!, ...(tern.staffed && name !== "user" ? [OWNER] : [])].flatMap((one) =>
            tern.redescribed[one.name] === null
              ? []
              : [
                  {
                    ...one,
                    ...(tern.apart.includes(one.name) ? { apart: true } : {}),
                    ...(tern.inSteps.includes(one.name) ? { inSteps: true } : {}),
                    ...tern.redescribed[one.name],
                  },
                ],
          ),
        );
      },
      async *pull(
        _: unknown,
        request: { fields: readonly string[]; since: number | null; now: number; cursor: unknown },
      ): AsyncGenerator<Page> {
        const all = [...tern.changed(name, request.since, false)];
        let start = request.cursor === null ? 0 : all.findIndex(([id]) => id === request.cursor) + 1;
        for (let page = 0; ; page++) {
          await tern.beforePage?.(page);
          const rows = all.slice(start, start + tern.pageSize);
          start += rows.length;
          const last = start >= all.length;
          yield {
            records: rows.map(([id, one]) => tern.show(id, one, request.fields)),
            cursor: last ? null : rows.at(-1)![0],
            ...(tern.tellsLeft ? { left: all.length - start } : {}),
            ...(last ? { watermark: request.now - tern.behindMs } : {}),
          };
          if (last) return;
        }
      },
      count: () => Promise.resolve(tern.counts?.(name) ?? tern.living(name).length),
      async *pullDeleted(
        _: unknown,
        request: { fields: readonly string[]; since: number | null; now: number },
      ): AsyncGenerator<Page> {
        yield {
          records: [...tern.changed(name, request.since, true)].map(([id, one]) =>
            tern.show(id, one, tern.hasBin ? request.fields : []),
          ),
          cursor: null,
          watermark: request.now - tern.behindMs,
        };
      },
      read: async (_: unknown, request: { ids: readonly string[]; fields: readonly string[] }) => {
        tern.reads.push({ fields: request.fields, records: request.ids.length });
        await tern.beforeRead?.(request.ids);
        const table = tern.table(name);
        const shown = request.ids.map((id) => {
          const one = table.get(id);
          const told = one && (!one.deleted || (tern.tellsMerges && one.mergedInto !== undefined));
          return told ? tern.show(id, one, request.fields) : null;
        });
        await tern.afterRead?.();
        return shown;
      },
      ...(tern.tellsPeople
        ? {
            setByPeople: (_: unknown, { ids, fields }: { ids: readonly string[]; fields: readonly string[] }) =>
              Promise.resolve(
                new Map(
                  ids.map((id) => [
                    id,
                    new Set(fields.filter((one) => tern.table(name).get(id)?.byPeople?.has(one) === true)),
                  ]),
                ),
              ),
          }
        : {}),
      find: (_: unknown, request: { handles: readonly string[]; fields: readonly string[] }) =>
        Promise.resolve(
          tern
            .living(name)
            .flatMap(([id, one]) =>
              one.handle !== null && request.handles.includes(one.handle) ? [tern.show(id, one, request.fields)] : [],
            ),
        ),
      create: (_: unknown, rows: readonly { handle: string; values: Readonly<Record<string, unknown>> }[]) =>
        wrote(
          "create",
          rows.map((one) => one.handle),
          (fault) => rows.map((one) => tern.write(name, "create", fault, one)),
        ),
      update: (_: unknown, rows: readonly { id: string; values: Readonly<Record<string, unknown>> }[]) =>
        wrote(
          "update",
          rows.map((one) => one.id),
          (fault) => rows.map((one) => tern.write(name, "update", fault, one)),
        ),
      delete: (_: unknown, ids: readonly string[]) =>
        wrote("delete", ids, (fault) => ids.map((id) => tern.write(name, "delete", fault, { id, values: {} }))),
      ...(tern.merging === "none"
        ? {}
        : {
            merge: async (_: unknown, { keep, lose }: { keep: string; lose: string }) =>
              (
                await wrote("merge", [keep, lose], (fault) => {
                  const refused = tern.write(name, "update", fault, { id: lose, values: {} });
                  if (refused.state !== "done") return [refused];
                  return [{ state: "done", id: tern.mergeCalled(name, keep, lose), created: false }];
                })
              )[0]!,
          }),
    };
  };
  return defineConnector({
    key,
    title: "Tern CRM",
    docs: "https://docs.tern.example",
    badge: "simulated",
    auth: { secrets: [], obtain: () => Promise.resolve({}), headers: () => ({}) },
    baseUrl: () => "https://api.tern.example",
    settings: z.looseObject({}) as unknown as z.ZodType<Record<string, never>>,
    limits: [],
    identify: async () => {
      tern.beforeIdentify?.();
      const settings = tern.says;
      return { id: tern.organisation ?? `${key}-org`, label: "Tern test", environment: "simulator", settings };
    },
    streams: tern.listsOnly
      ? { company: listed(stream("company")), person: listed(stream("person")) }
      : {
          ...(tern.staffed ? { user: without(stream("user"), WRITES) } : {}),
          company: stream("company"),
          person: stream("person"),
          ...(tern.sells ? { deal: stream("deal") } : {}),
        },
    classify: () => ({}),
  });
}
