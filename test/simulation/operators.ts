// The people who run Winston: they pause it, let it write by plan only, approve plans, take runs back, and change what is synced. What is
// sent to a vendor meanwhile is held against what they were shown, by what it does there.
import { WinstonError } from "../../src/base/errors.ts";
import type { JsonObject } from "../../src/base/json.ts";
import { pick, seededRandom, type Random } from "../../src/base/random.ts";
import type { VendorRequest, VendorResponse } from "../../src/simulators/shared/exchange.ts";
import type { PlanItem } from "../../src/sync/planned.ts";
import type { Violation } from "./check.ts";
import { isWrite } from "./faults.ts";
import { task } from "./scheduler.ts";
import { FIELDS, keyOf, TAG, type Held, type Vendor } from "./vendors.ts";
import type { Worker } from "./worker.ts";
import type { World } from "./world.ts";

/** What one request did to one thing at a vendor. */
export interface Effect {
  readonly op: "create" | "update" | "delete";
  readonly tag: string;
  readonly id: string;
  readonly fields: Readonly<Record<string, { readonly old: string | null; readonly new: string | null }>>;
}

/** The plan of an undo, as whoever approved it saw it. */
export interface Undone {
  readonly planId: string;
  readonly items: readonly PlanItem[];
}

/** What these people do, as it is counted. */
export const ACTS = [
  "a connection was paused",
  "a connection was written by plan only",
  "a plan was applied",
  "a run was taken back",
  "a filter left something out for a while",
  "another rule decided who wins a field",
] as const;
export type Act = (typeof ACTS)[number];

/** While a vendor is closed nothing may be written there ("paused"), or only what an approved plan says ("plan"). */
interface Closed {
  readonly how: "paused" | "plan";
  /** When whoever asked for it was told that it is so; undefined before. */
  since: number | undefined;
}

/** What was on its way when a person stopped it may still arrive so much later, as is promised (docs/guides: five seconds). */
const ON_ITS_WAY_MS = 5_000;
const MINUTE_MS = 60_000;
const FILTERED_BEFORE_MS = 4 * MINUTE_MS;
/** What was being written when a filter was set may take so long: it is asked about as it is prepared. */
const PREPARED_MS = 3 * MINUTE_MS;

export class Operators {
  readonly violations: Violation[] = [];
  readonly acts = new Map<Act, number>();
  readonly #world: World;
  readonly #closed = new Map<Vendor, Closed>();
  readonly #sent = new WeakMap<VendorRequest, { readonly at: number; readonly worker: string }>();
  /** When a worker that stood still went on: what it had asked leave for before it sends then. */
  readonly #woke = new Map<string, number>();
  /** What approved plans say of each vendor. */
  readonly #approved = new Map<Vendor, PlanItem[]>();
  /** The thing that a filter leaves out at a vendor. */
  readonly #filtered = new Map<
    Vendor,
    { readonly tag: string; readonly streamId: number; since: number | undefined }
  >();
  /** A connection had the token of another account. */
  #mistaken = false;
  #tasks = 0;
  /** Undoings that may have been carried out, as they were shown. */
  readonly undone: Undone[] = [];
  /** Everything written at closed vendors since this was emptied. */
  effects: Effect[] = [];

  constructor(world: World) {
    this.#world = world;
  }

  /** What happens around one time. */
  plan(at: number, lastsMs: number, random: Random): void {
    const maybe = (chance: number, name: string, happen: (own: Random) => void): void => {
      const time = at + random.float() * lastsMs;
      if (random.float() < this.#world.size.chance(name, chance)) this.#world.plan(time, name, happen);
    };
    maybe(0.2, "a connection is paused", (own) => this.#pause(own));
    maybe(0.25, "a connection is written by plan only", (own) => this.#byPlan(own, lastsMs));
    maybe(0.3, "a run is taken back", (own) => this.#undo(own));
    maybe(0.15, "another rule decides who wins a field", (own) => this.#rule(own));
    // It is in force before people begin.
    if (random.float() < this.#world.size.chance("a filter is set", 0.15))
      this.#world.plan(at - FILTERED_BEFORE_MS, "a filter is set", (own) => this.#filter(own, lastsMs));
  }

  woke(worker: string): void {
    this.#woke.set(worker, this.#world.clock.now());
  }

  /** A request leaves a worker. */
  sends(worker: string, request: VendorRequest): void {
    if (this.#closed.size > 0) this.#sent.set(request, { at: this.#world.clock.now(), worker });
  }

  /** A vendor does what it is asked; where it is closed, what that did is held against what is let go. */
  watch(vendor: Vendor, request: VendorRequest, handle: () => VendorResponse): VendorResponse {
    const closed = this.#closed.get(vendor);
    const filtered = this.#filtered.get(vendor);
    const watched = closed?.since !== undefined || filtered?.since !== undefined;
    if (!watched || !isWrite(`${request.method} ${request.path}`)) return handle();
    const before = vendor.all();
    const answer = handle();
    const effects = this.#ofWinston(vendor, effectsOf(before, vendor.all()));
    const now = this.#world.clock.now();
    if (filtered?.since !== undefined && now > filtered.since + PREPARED_MS)
      for (const effect of effects)
        if (effect.tag === filtered.tag)
          this.violated(
            "E66 what a filter leaves out is let be",
            `${effect.tag} was left out at ${vendor.site} ${now - filtered.since} ms before: ${effect.op} ${JSON.stringify(effect.fields)}`,
          );
    if (closed?.since === undefined) return answer;
    this.effects.push(...effects);
    const sent = this.#sent.get(request);
    if (!sent || sent.at < closed.since + ON_ITS_WAY_MS) return answer;
    if (sent.at < (this.#woke.get(sent.worker) ?? -Infinity) + ON_ITS_WAY_MS) return answer;
    if (closed.how === "paused")
      this.violated(
        "E18 nothing is written while paused",
        `${request.method} ${request.path} was sent to ${vendor.site}, which was paused ${sent.at - closed.since} ms before`,
      );
    else
      for (const effect of effects) {
        const why = differs(effect, this.#approved.get(vendor) ?? []);
        if (why !== undefined)
          this.violated(
            "P2 only what a plan says is written",
            `${effect.tag} at ${vendor.site}: ${effect.op} ${JSON.stringify(effect.fields)}: ${why}`,
          );
      }
    return answer;
  }

  /** Without what people wrote there before and is seen only now. */
  #ofWinston(vendor: Vendor, effects: readonly Effect[]): Effect[] {
    const { edits } = this.#world.model;
    const byHand = (tag: string, field: string, value: string | null): boolean =>
      edits.some((one) => one.site === vendor.site && one.thing === tag && one.field === field && one.value === value);
    return effects.flatMap((effect) => {
      if (effect.op !== "update") return [effect];
      const fields = Object.entries(effect.fields).filter(
        ([field, { new: value }]) => !byHand(effect.tag, field, value),
      );
      return fields.length === 0 ? [] : [{ ...effect, fields: Object.fromEntries(fields) }];
    });
  }

  did(act: Act): void {
    this.acts.set(act, (this.acts.get(act) ?? 0) + 1);
  }

  violated(invariant: string, words: string): void {
    this.violations.push({ invariant, words });
  }

  #do(words: string, act: (worker: Worker) => Promise<void>, random?: Random): void {
    const worker = this.#world.api(random);
    if (!worker) return;
    this.#world.line(`* ${words}`);
    void task
      .run(`operator ${++this.#tasks}`, () => act(worker))
      .then(
        () => this.#world.dirty(),
        (thrown: unknown) => this.#world.line(`! ${words}: ${String(thrown)}`),
      );
  }

  #close(random: Random, how: Closed["how"], lastsMs: number): Vendor | undefined {
    const vendor = pick(random, this.#world.vendors);
    if (this.#closed.has(vendor)) return undefined;
    const closed: Closed = { how, since: undefined };
    this.#closed.set(vendor, closed);
    const id = this.#world.connectionOf(vendor);
    this.#do(
      `${vendor.site} is ${how === "paused" ? "paused" : "written by plan only"}`,
      async ({ connections }) => {
        await connections.update(id, how === "paused" ? { paused: true } : { mode: "plan" });
        closed.since = this.#world.clock.now();
        this.did(how === "paused" ? "a connection was paused" : "a connection was written by plan only");
      },
      random,
    );
    const later = seededRandom(Math.floor(random.float() * 2 ** 31));
    this.#world.at(this.#world.clock.now() + lastsMs, `${vendor.site} may be written again`, () => {
      this.#closed.delete(vendor);
      // Where this comes to nothing the end of the world does it.
      this.#do(`${vendor.site} is let go`, ({ connections }) => reopen(connections, id), later);
    });
    return vendor;
  }

  #pause(random: Random): void {
    this.#close(random, "paused", MINUTE_MS + random.float() * 4 * MINUTE_MS);
  }

  #byPlan(random: Random, lastsMs: number): void {
    const vendor = this.#close(random, "plan", lastsMs + 8 * MINUTE_MS);
    if (!vendor) return;
    const excludes = random.float() < 0.3;
    const times = [0.3 + random.float(), 1 + random.float(), 2 + random.float()];
    for (const minutes of times)
      this.#world.at(this.#world.clock.now() + minutes * MINUTE_MS, "somebody plans", () =>
        this.#do("a plan is made, and applied", async ({ plans }) => {
          const { id } = await plans.create({}, "operator");
          const { state } = await plans.settled(id);
          if (state !== "ready") return;
          const items = await plans.items(id, { limit: 10_000 });
          const lines = items.filter((one) => one.class === "write");
          const out = excludes && lines.length > 1 ? [lines[0]!.number] : [];
          // From here on it may be applied, whether or not anybody is told so.
          this.approve(lines.filter((one) => !out.includes(one.number)));
          await plans.apply(id, { exclude: out }, "operator");
          this.did("a plan was applied");
        }),
      );
  }

  /** One of the last runs that changed something, whatever came of it since. */
  #undo(random: Random): void {
    const chance = random.float();
    this.#do(
      "a run is taken back",
      async ({ runs, plans }) => {
        const changed = (await runs.list({ limit: 20 })).filter(
          ({ state, counts }) =>
            state !== "running" && (counts.created ?? 0) + (counts.updated ?? 0) + (counts.deleted ?? 0) > 0,
        );
        const run = changed[Math.floor(chance * changed.length)];
        if (!run) return;
        const { id } = await plans.undo({ run: run.id }, "operator");
        const { state } = await plans.settled(id);
        if (state !== "ready") return;
        const items = await plans.items(id, { limit: 10_000 });
        this.approve(items.filter((one) => one.class === "write"));
        this.undone.push({ planId: id, items });
        await plans.apply(id, {}, "operator");
        this.did("a run was taken back");
      },
      random,
    );
  }

  /** Something that a vendor has is left out of its stream for a while: on both sides it stays as it is, and then it comes back. */
  #filter(random: Random, lastsMs: number): void {
    const vendor = pick(random, this.#world.vendors);
    const kind = this.#named(random);
    const all = kind ? vendor.held(kind) : [];
    if (!kind || this.#filtered.has(vendor) || all.length === 0) return;
    const { tag } = pick(random, all);
    const condition = `name != ${JSON.stringify(tag)}`;
    const filter = random.float() < 0.5 ? { in: condition } : { in: condition, out: condition };
    const id = this.#world.connectionOf(vendor);
    this.#do(
      `${tag} is left out at ${vendor.site}`,
      async ({ connections }) => {
        const stream = (await connections.streams(id)).find((one) => one.key === STREAM_OF[vendor.site][kind])!;
        const filtered = { tag, streamId: stream.id, since: undefined as number | undefined };
        this.#filtered.set(vendor, filtered);
        // Whoever deletes it on one side while it is outside leaves it on the other.
        this.#world.model.leaveOut(tag, vendor.site);
        await connections.updateStream(stream.id, { filter }, "operator");
        filtered.since = this.#world.clock.now();
        this.did("a filter left something out for a while");
      },
      random,
    );
    const later = seededRandom(Math.floor(random.float() * 2 ** 31));
    this.#world.at(this.#world.clock.now() + FILTERED_BEFORE_MS + lastsMs + 3 * MINUTE_MS, "a filter is lifted", () => {
      const filtered = this.#filtered.get(vendor);
      if (!filtered) return;
      filtered.since = undefined;
      this.#do("nothing is left out any more", (worker) => this.#lift(vendor, worker), later);
    });
  }

  async #lift(vendor: Vendor, { connections }: Worker): Promise<void> {
    const filtered = this.#filtered.get(vendor);
    if (!filtered) return;
    await connections.updateStream(filtered.streamId, { filter: { in: null, out: null } }, "operator");
    this.#filtered.delete(vendor);
  }

  /**
   * Somebody gives HubSpot's connection the token of another account, and puts it right a little later. Nothing may be read from there into
   * this one, and nothing may be written there. Returns whether it was tried.
   */
  mistake(random: Random): boolean {
    const [, hubspot] = this.#world.vendors as [Vendor, Vendor];
    // To connect anew also says that it may be written.
    if (this.#mistaken || this.#closed.has(hubspot)) return false;
    this.#mistaken = true;
    this.#closed.set(hubspot, { how: "paused", since: undefined });
    const connect = (token: string, words: string, own: Random): void =>
      this.#do(words, async (worker) => void (await this.#world.connectHubspot(worker, token)), own);
    const { stranger } = this.#world;
    if (stranger.all().length === 0) this.#world.users.makeStranger(random, stranger);
    connect(stranger.secrets[0]!, "hubspot gets the token of another account", random);
    const later = seededRandom(Math.floor(random.float() * 2 ** 31));
    this.#world.at(this.#world.clock.now() + 4 * MINUTE_MS, "the token is put right", () => {
      this.#closed.delete(hubspot);
      connect(hubspot.secrets[0]!, "hubspot gets its own token", later);
    });
    return true;
  }

  /** A kind whose things can be told by their names alone; undefined where this world has none. */
  #named(random: Random): "account" | "deal" | undefined {
    const kinds = (["account", "deal"] as const).filter((one) => this.#world.size.kinds.includes(one));
    return kinds.length === 0 ? undefined : pick(random, kinds);
  }

  /** From now on a vendor always wins a field, or never does. The model says of no edit that it must win. */
  #rule(random: Random): void {
    const vendor = pick(random, this.#world.vendors);
    const kind = this.#named(random);
    if (!kind) return;
    const [field] = pick(random, FIELDS[kind]);
    const rule = random.float() < 0.5 ? "record" : "winston";
    const id = this.#world.connectionOf(vendor);
    this.#do(
      `the rule of ${kind}.${field} at ${vendor.site} is ${rule}`,
      async ({ connections }) => {
        const stream = (await connections.streams(id)).find((one) => one.key === STREAM_OF[vendor.site][kind])!;
        const { document } = await connections.mapping(stream.id);
        const rows = document["rows"] as JsonObject[];
        const ruled = rows.map((row) => (row["field"] === field ? { ...row, rule } : row));
        await connections.putMapping(stream.id, { ...document, rows: ruled }, "operator");
        this.did("another rule decided who wins a field");
      },
      random,
    );
  }

  /** These lines may be written from now on. */
  approve(lines: readonly PlanItem[]): void {
    for (const vendor of this.#world.vendors) {
      const of = lines.filter((one) => one.connection === vendor.site);
      this.#approved.set(vendor, [...(this.#approved.get(vendor) ?? []), ...of]);
    }
  }

  /** All that people had closed is open again. */
  async open(worker: Worker): Promise<void> {
    this.#closed.clear();
    const [, hubspot] = this.#world.vendors as [Vendor, Vendor];
    if (this.#mistaken) await untilDone(() => this.#world.connectHubspot(worker, hubspot.secrets[0]!));
    for (const { method, path } of this.#world.stranger.requests().filter((one) => one.mutating))
      this.violated("R10 another organisation is let be", `${method} ${path} was sent to the account of others`);
    for (const vendor of this.#world.vendors) {
      await reopen(worker.connections, this.#world.connectionOf(vendor));
      await this.#lift(vendor, worker);
    }
  }

  /** In a world at rest: from now on a vendor is written by plan only. */
  async closeByPlan(vendor: Vendor, worker: Worker): Promise<void> {
    await worker.connections.update(this.#world.connectionOf(vendor), { mode: "plan" });
    this.#closed.set(vendor, { how: "plan", since: this.#world.clock.now() - ON_ITS_WAY_MS });
    this.#approved.clear();
    this.effects = [];
  }
}

/** The streams of what filters and rules are about. */
const STREAM_OF = {
  salesforce: { account: "account", deal: "opportunity" },
  hubspot: { account: "company", deal: "deal" },
} as const;

/** Times that a person tries what ends with an error because an answer was torn or none came. */
const TRIES = 10;

async function untilDone(work: () => Promise<unknown>): Promise<void> {
  for (let tries = 1; ; tries += 1)
    try {
      await work();
      return;
    } catch (error) {
      if (tries === TRIES || !(error instanceof WinstonError)) throw error;
    }
}

const reopen = async (connections: Worker["connections"], id: string): Promise<void> => {
  await connections.update(id, { mode: "write", paused: false });
};

/** What differs between two looks at a vendor. */
export function effectsOf(before: readonly Held[], after: readonly Held[]): Effect[] {
  const was = new Map(before.map((one) => [keyOf(one), one]));
  const is = new Map(after.map((one) => [keyOf(one), one]));
  const fieldsOf = (old: Held | undefined, now: Held | undefined): Effect["fields"] =>
    Object.fromEntries(
      [...new Set([...Object.keys(old?.fields ?? {}), ...Object.keys(now?.fields ?? {})])].flatMap((field) => {
        const change = { old: old?.fields[field] ?? null, new: now?.fields[field] ?? null };
        return change.old === change.new ? [] : [[field, change]];
      }),
    );
  const gone = before.filter((one) => !is.has(keyOf(one)));
  return [
    ...after
      .filter((one) => !was.has(keyOf(one)))
      .map((one): Effect => ({ op: "create", tag: one.tag, id: one.id, fields: fieldsOf(undefined, one) })),
    ...after.flatMap((one): Effect[] => {
      const old = was.get(keyOf(one));
      const fields = old ? fieldsOf(old, one) : {};
      return Object.keys(fields).length === 0 ? [] : [{ op: "update", tag: one.tag, id: one.id, fields }];
    }),
    // A vendor may delete an account with its deals: that is not of Winston's doing.
    ...gone
      .filter((one) => one.account === undefined || !gone.some((other) => other.tag === one.account))
      .map((one): Effect => ({ op: "delete", tag: one.tag, id: one.id, fields: fieldsOf(one, undefined) })),
  ];
}

const TAG_FIELDS = new Set(Object.values(TAG).map(([ours]) => ours));

/** Whom a line is about, as far as it says so. */
export const tagOf = (line: PlanItem): string | undefined => {
  for (const field of TAG_FIELDS) {
    const cell = line.fields[field];
    const value = cell?.new ?? cell?.old;
    if (typeof value === "string") return value;
  }
  return undefined;
};

/** Why no line lets this go; undefined where one does. */
export function differs(effect: Effect, lines: readonly PlanItem[]): string | undefined {
  const about = lines.filter((line) =>
    effect.op === "create"
      ? line.op === "create" && tagOf(line) === effect.tag
      : line.recordId === effect.id && (line.title === null || line.title === effect.tag),
  );
  if (about.length === 0) return "no line of an approved plan is about it";
  const whys = about.map((line) => {
    if (line.op !== effect.op) return `the plan has a ${line.op}`;
    if (effect.op === "delete") return undefined;
    for (const [field, { new: value }] of Object.entries(effect.fields)) {
      const cell = line.fields[field];
      if (cell === undefined) return `the plan says nothing of ${field}`;
      if ((cell.new ?? null) !== value) return `the plan has ${String(cell.new)} for ${field}`;
    }
    return undefined;
  });
  return whys.includes(undefined) ? undefined : whys.join("; ");
}
