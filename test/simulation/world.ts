// A world: two workers, two vendors, people who edit on every side, faults, and one chance that decides the order of everything.
import { strict as assert } from "node:assert";
import type pg from "pg";
import { silentLog, type Log } from "../../src/base/log.ts";
import { pick, seededRandom, type Random } from "../../src/base/random.ts";
import { openDatabase, type Database } from "../../src/store/database.ts";
import type { VendorRequest, VendorResponse } from "../../src/simulators/shared/exchange.ts";
import { check, type Violation } from "./check.ts";
import { WorldClock } from "./clock.ts";
import { ZONES } from "./days.ts";
import { Faults, isWrite, type Fault } from "./faults.ts";
import { gatedClient, signalled, waits, type Stock } from "./gated-client.ts";
import { lastDay } from "./last-day.ts";
import { Mass } from "./mass.ts";
import { Model } from "./model.ts";
import { Operators, type Act } from "./operators.ts";
import { Scheduler, task } from "./scheduler.ts";
import { sizeOf, type Size } from "./size.ts";
import { Staff, STAFF_STREAMS } from "./staff.ts";
import { Users } from "./users.ts";
import { hubspotVendor, keyOf, salesforceVendor, type Kind, type Vendor } from "./vendors.ts";
import { Wire } from "./wire.ts";
import { createWorker, MASTER_KEY, type Worker } from "./worker.ts";
import { masterKeyId } from "../../src/vault/seal.ts";

/** What it is to connect both vendors, which is the same in every world: it is done once, and a world begins where it had ended. */
export interface Connected {
  /** The connections, in the order of the vendors. */
  readonly ids: readonly string[];
  /** What the vendors were asked for it, and when: they are asked again, and stand where they stood. */
  readonly asked: readonly {
    readonly host: string;
    readonly at: number;
    readonly request: VendorRequest;
    readonly status: number;
  }[];
  readonly endedAt: number;
}

export interface WorldOptions {
  readonly seed: number;
  /** A database like the migrated template; the world does not clean up in it. */
  readonly connection: pg.PoolConfig;
  /** The world's own connections to it. */
  readonly control: pg.Pool;
  /** The database has these; without them a world can but connect. */
  readonly connected?: Connected;
  /** Connections to it that earlier worlds left. */
  readonly stock: Stock;
  /** Every operation, in order. */
  readonly onLine?: (line: string) => void;
  /** Planned events, by number, that do not take place: how a failing world is made smaller. */
  readonly skip?: ReadonlySet<number>;
  /** How people went on because too little had come of it, in the world that is made smaller: with events left out it must not become more. */
  readonly more?: More;
}

/** What people did beyond what was planned: acts at the end of the last burst, and bursts after it. */
export interface More {
  readonly acts: number;
  readonly bursts: number;
}

export interface Outcome {
  readonly seed: number;
  readonly size: Size["name"];
  readonly kinds: readonly Kind[];
  readonly more: More;
  /** Operations let go, set-up not counted. */
  readonly steps: number;
  /** What people did after set-up: values written and things deleted. */
  readonly edits: number;
  /** How long it lasted in its own time. */
  readonly days: number;
  readonly faults: ReadonlyMap<Fault, number>;
  /** What those who run Winston did. */
  readonly acts: ReadonlyMap<Act, number>;
  readonly violations: readonly Violation[];
  /** Numbers of the planned events. */
  readonly planned: readonly number[];
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** A lane whose worker is not heard of for so long is given to another (heartbeats of src/jobs/jobs.ts). */
const LEASE_MS = 15_000;
/** A statement, or the way of a request, takes up to so long. */
const STEP_MS = 8;
/** Lanes one worker works on at a time. */
const LANES_AT_ONCE = 3;
const CONNECTIONS = 4;
/** Of what is done before there is a world. */
const CONNECTING = 0;
/** The streams a world lives on, of each kind that its people edit. */
const STREAMS = {
  person: ["lead", "contact"],
  account: ["account", "company"],
  deal: ["opportunity", "deal"],
} as const satisfies Record<Kind, readonly string[]>;
/** About so long a world lasts. */
const DAYS = 30;
/** People of a world are busy in thirds of its days, the last ones first: then what came of it is looked at. */
const THIRDS = 3;
/** A world shows something with so many edits and faults at least; one that has fewer when people are done is given more bursts. */
export const LEAST = { steps: 300, edits: 30, faults: 10, days: 25 } as const;
/** Bursts that are added at most. */
const BURSTS_MAX = 3;

/** What the queue asks of a lane for a process before and after it has worked on it. Named, as the engine's own: they are planned once. */
const WAKE = { name: "wake", text: "select wanted, done from wake where stream_id = $1 and lane = $2" };
const ANSWERED = {
  name: "answered",
  text: "update wake set done = greatest(done, $1) where stream_id = $2 and lane = $3 returning wanted > done as more",
};

/** An account of the same vendor that belongs to somebody else. */
const STRANGER = { portalId: 66_000_001, privateToken: "pat-na1-00000000-0000-4000-8000-strange00000" };

interface Process {
  readonly name: string;
  readonly worker: Worker;
  readonly database: Database;
  readonly pool: pg.Pool;
  /** Lanes under work. */
  lanes: number;
  pausedAt: number | undefined;
  /** Connections to stages: they end with it. */
  readonly staged: pg.Client[];
}

interface Event {
  readonly at: number;
  readonly order: number;
  readonly name: string;
  readonly happen: () => Promise<void> | void;
}

export class World {
  readonly seed: number;
  readonly size: Size;
  readonly random: Random;
  readonly clock: WorldClock;
  readonly scheduler: Scheduler;
  readonly model = new Model(() => this.faults.hit("62 a value of strange signs"));
  readonly vendors: readonly Vendor[];
  /** A HubSpot account of others. */
  readonly stranger: Vendor;
  readonly faults: Faults;
  readonly users: Users;
  readonly operators: Operators;
  readonly mass: Mass;
  readonly staff: Staff;
  readonly #options: WorldOptions;
  readonly #control: pg.Pool;
  #open = true;
  #furnished = { steps: 0, edits: 0 };
  #more = { acts: 0, bursts: 0 };
  readonly #planned: number[] = [];
  #tasks = 0;
  #processes: Process[] = [];
  #incarnations = 0;
  #busy = new Map<string, { owner: Process; since: number }>();
  #events: Event[] = [];
  #order = 0;
  #dirty = true;
  /** Work is owed, and every process that could take it has its hands full. */
  #short = false;
  readonly #logged: string[] = [];
  readonly #log: Log;
  #connections: readonly string[] = [];
  readonly #asking: Connected["asked"][number][] = [];
  /** What vendors draw from: the same for all while they are connected, then the world's own. */
  #vendorsChance = seededRandom(CONNECTING);
  readonly #start: number;

  constructor(options: WorldOptions) {
    this.seed = options.seed;
    this.size = sizeOf(options.seed);
    this.#options = options;
    this.random = seededRandom(options.seed);
    this.#start = Date.UTC(2026, 0, 5, 9);
    this.clock = new WorldClock(this.#start);
    this.scheduler = new Scheduler(this.random);
    this.scheduler.onStep = (worker, what) => this.line(`${worker} ${what.slice(0, 160)}`);
    this.scheduler.onMoment = (moment, worker, what) => this.faults.strikesAt(moment, worker, what);
    this.faults = new Faults(seededRandom(options.seed ^ 0x5eed));
    this.#control = options.control;
    const skewed = (site: "salesforce" | "hubspot") => this.clock.of("world", () => this.faults.vendorSkewMs(site));
    const chance: Random = {
      float: () => this.#vendorsChance.float(),
      bytes: (into) => this.#vendorsChance.bytes(into),
    };
    const zone = ZONES[options.seed % ZONES.length]!;
    this.vendors = [salesforceVendor(skewed("salesforce"), chance), hubspotVendor(skewed("hubspot"), chance, { zone })];
    this.stranger = hubspotVendor(skewed("hubspot"), options.seed + 4, STRANGER);
    this.users = new Users(this);
    this.operators = new Operators(this);
    this.mass = new Mass(this);
    this.staff = new Staff(this);
    const keep = (fields: object, message: string): void => void this.#logged.push(`${message} ${told(fields)}`);
    this.#log = { debug: keep, info: keep, warn: keep, error: keep };
  }

  line(words: string): void {
    this.#options.onLine?.(`${new Date(this.clock.now()).toISOString()} ${words}`);
  }

  /** The whole life of a world: furnished, lived in, healed, checked. */
  async run(): Promise<Outcome> {
    let violations: Violation[];
    try {
      await this.#furnish();
      this.#furnished = { steps: this.scheduler.steps, edits: this.#edits };
      this.#plan();
      await this.#live();
      await this.#comeBack();
      violations = await this.#heal();
    } finally {
      await this.#end();
    }
    return {
      seed: this.seed,
      size: this.size.name,
      kinds: this.size.kinds,
      more: this.#more,
      steps: this.scheduler.steps - this.#furnished.steps,
      edits: this.#edits - this.#furnished.edits,
      days: (this.clock.now() - this.#start) / DAY_MS,
      faults: this.faults.hits,
      acts: this.operators.acts,
      violations,
      planned: this.#planned,
    };
  }

  get #edits(): number {
    return this.model.edits.length + this.model.removals.length;
  }

  // Set-up: nothing goes wrong yet.

  /** Connects both vendors, of whom nothing is read yet; nothing else happens in this world. */
  async connect(): Promise<Connected> {
    await this.#control.query("insert into setting (key, value) values ('masterKey.id', $1) on conflict do nothing", [
      JSON.stringify(masterKeyId(MASTER_KEY)),
    ]);
    const { worker } = await this.#spawn();
    this.#open = false;
    this.#vendorsChance = seededRandom(CONNECTING);
    const { org } = this.vendors[0] as ReturnType<typeof salesforceVendor>;
    const { portal } = this.vendors[1] as ReturnType<typeof hubspotVendor>;
    const { clientId, clientSecret, refreshToken } = org.credentials;
    const salesforce = await this.#until(
      worker.connections.connect({
        vendor: "salesforce",
        name: "salesforce",
        mode: "write",
        settings: { loginUrl: `http://${this.vendors[0]!.host}`, simulator: true },
        secrets: { clientId, clientSecret, refreshToken },
      }),
    );
    const hubspot = await this.#until(this.connectHubspot(worker, portal.credentials.privateToken));
    await this.#end();
    return { ids: [salesforce.id, hubspot.id], asked: this.#asking, endedAt: this.clock.now() };
  }

  async #furnish(): Promise<void> {
    const { ids, asked, endedAt } = this.#options.connected!;
    this.#vendorsChance = seededRandom(CONNECTING);
    for (const { host, at, request, status } of asked) {
      this.clock.advance(at - this.clock.now());
      const answer = this.vendors.find((one) => one.host === host)!.handle(request);
      assert.equal(
        answer.status,
        status,
        `${request.method} ${request.path} is answered otherwise than when they were connected`,
      );
    }
    this.clock.advance(endedAt - this.clock.now());
    this.#vendorsChance = seededRandom(this.seed);
    this.users.furnish(seededRandom(this.seed + 1));
    this.staff.furnish();
    this.#connections = ids;
    // What the account would have told of itself.
    await this.#control.query(
      "update connection set settings = settings || jsonb_build_object('timeZone', $1::text) where vendor = 'hubspot'",
      [this.vendors[1]!.zone],
    );
    const kinds = this.size.kinds.flatMap((kind): readonly string[] => STREAMS[kind]);
    const streams = this.staff.here ? [...kinds, ...STAFF_STREAMS] : kinds;
    await this.#control.query("update stream set enabled = false where not key = any($1)", [streams]);
    await this.#control.query(
      "update wake set done = wanted from stream where stream.id = wake.stream_id and not stream.enabled",
    );
    await this.#spawn();
    this.#open = false;
    await this.settle();
    await this.#spawn();
  }

  /** Connects HubSpot, also anew, by the token of whichever account. Rejects where that is another account. */
  connectHubspot(worker: Worker, accessToken: string): ReturnType<Worker["connections"]["connect"]> {
    const settings = { baseUrl: `http://${this.vendors[1]!.host}`, simulator: true };
    return worker.connections.connect({
      vendor: "hubspot",
      name: "hubspot",
      mode: "write",
      settings,
      secrets: { accessToken },
    });
  }

  /** Lets the world go on until this has ended. */
  async #until<T>(work: Promise<T>): Promise<T> {
    let over = false;
    this.scheduler.stir();
    const ended = work.finally(() => (over = true));
    ended.catch(() => {});
    for (;;) {
      await this.scheduler.still();
      if (over) return ended;
      if (await this.#turn()) continue;
      await new Promise(setImmediate);
      this.scheduler.stir();
    }
  }

  /** Lets everything that is owed come to its end. In a furnished world it goes by turns, so that nothing hangs on chance. */
  async settle(): Promise<void> {
    for (let turns = 0; turns < 50_000; turns++) {
      await this.#dispatch();
      if (this.#busy.size > 0 || (await this.scheduler.ready())) {
        await this.#turn();
        continue;
      }
      if (this.#dirty) continue;
      const next = this.#events.find((one) => one.name.startsWith("later"));
      if (!next) return;
      await this.#pass(next.at);
    }
    throw new Error("the world does not come to rest");
  }

  async #spawn(): Promise<Process> {
    const name = `worker${++this.#incarnations}`;
    const wasOpen = this.#open;
    this.#open = true;
    const woke = new WeakSet<object>();
    const staged: pg.Client[] = [];
    const gate = {
      scheduler: this.scheduler,
      worker: name,
      open: () => this.#open,
      waits: (processId: number) => waits(this.#control, processId),
      gone: (processId: number) => this.#terminate([processId]),
      staged: (client: pg.Client) => void staged.push(client),
      failed: (text: string, thrown: unknown) => this.line(`! ${name} ${text.slice(0, 60)}: ${String(thrown)}`),
      before: (text: string) => this.faults.beforeStatement(text),
      after: (text: string, client: object) => {
        // Only what somebody was woken by is worth a look at who is owed work.
        if (text.startsWith("insert into wake")) woke.add(client);
        else if (/^(?:commit|rollback)/u.test(text) && woke.delete(client)) this.#dirty = true;
        this.faults.afterStatement(text);
      },
    };
    const database = openDatabase(
      {
        ...this.#options.connection,
        max: CONNECTIONS,
        // Nothing hangs on real time.
        idleTimeoutMillis: 0,
        connectionTimeoutMillis: 0,
        // The world finds deadlocks itself: which of two is ended does not hang on who looked first.
        // Plans made once: which way a statement goes does not depend on how often it went before.
        options: "-c deadlock_timeout=1h -c plan_cache_mode=force_generic_plan -c synchronous_commit=off",
        Client: gatedClient(gate, this.#options.stock),
      } as pg.PoolConfig,
      silentLog,
    );
    database.pool.on("error", () => {});
    const warm = await Promise.all(Array.from({ length: CONNECTIONS }, () => database.pool.connect()));
    for (const client of warm) client.release();
    this.#open = wasOpen;
    const clock = this.clock.of(name, () => this.faults.workerSkewMs());
    const wire = new Wire({
      worker: name,
      scheduler: this.scheduler,
      clock: this.clock,
      open: () => this.#open,
      vendors: new Map(
        this.vendors.map((vendor) => [vendor.host, (request: VendorRequest) => this.#asked(vendor, request)]),
      ),
      fate: (host, request) => {
        this.operators.sends(name, request);
        return this.faults.fate(
          name,
          this.vendors.find((one) => one.host === host)!,
          request,
        );
      },
      now: (host) => {
        const { site } = this.vendors.find((one) => one.host === host)!;
        return this.clock.now() + this.faults.vendorSkewMs(site);
      },
      carriedOut: (host, request) =>
        this.faults.carriedOut(
          this.vendors.find((one) => one.host === host)!,
          request,
        ),
      delivered: (host, text, { method, path }) => {
        const { zone, site } = this.vendors.find((one) => one.host === host)!;
        this.model.delivered(text, zone);
        if (!isWrite(`${method} ${path}`)) this.model.looked(text, site);
      },
    });
    const worker = createWorker({
      name,
      database,
      clock,
      random: seededRandom(this.seed * 31 + this.#incarnations),
      agent: wire,
      log: this.#log,
      later: async (wake, _, delayMs) => {
        this.at(this.clock.now() + delayMs + this.faults.late(), `later ${wake.streamId}:${wake.lane}`, async () => {
          await this.#control.query(
            "insert into wake (stream_id, lane, wanted) values ($1, $2, 1) on conflict (stream_id, lane) do update set wanted = wake.wanted + 1",
            [wake.streamId, wake.lane],
          );
          this.#dirty = true;
        });
        if (this.faults.twice())
          this.at(this.clock.now() + delayMs + 50, "a timer fires twice", () => void (this.#dirty = true));
      },
    });
    const process: Process = { name, worker, database, pool: database.pool, lanes: 0, pausedAt: undefined, staged };
    this.#processes.push(process);
    return process;
  }

  /** A vendor does what it is asked; what it wrote may not stay as it was sent. */
  #asked(vendor: Vendor, request: VendorRequest): VendorResponse {
    // Whose token it brings is whose account answers.
    if (vendor.site === "hubspot" && JSON.stringify(request.headers).includes(STRANGER.privateToken))
      return this.stranger.handle(request);
    if (!this.#options.connected) {
      const answer = vendor.handle(request);
      this.#asking.push({ host: vendor.host, at: this.clock.now(), request, status: answer.status });
      return answer;
    }
    const handle = (): VendorResponse => {
      const answer = this.operators.watch(vendor, request, () => vendor.handle(request));
      return this.faults.answered(vendor, request, answer);
    };
    if (!this.faults.automates(request)) return handle();
    const before = new Map(vendor.all().map((one) => [keyOf(one), one]));
    const answer = handle();
    for (const one of vendor.all()) {
      const was = before.get(keyOf(one))?.fields ?? {};
      const written = Object.keys(one.fields).filter((field) => one.fields[field] !== was[field]);
      if (written.length > 0 && this.users.automation(vendor, one, written, before.get(keyOf(one)))) break;
    }
    return answer;
  }

  // Events: what people do and what goes wrong, at times that chance has chosen.

  at(time: number, name: string, happen: Event["happen"]): void {
    this.#events.push({ at: time, order: this.#order++, name, happen });
    this.#events.sort((a, b) => a.at - b.at || a.order - b.order);
  }

  /** Something that is to happen, with a chance of its own. */
  plan(time: number, name: string, happen: (random: Random) => Promise<void> | void): void {
    const number = this.#planned.length;
    this.#planned.push(number);
    if (this.#options.skip?.has(number)) return;
    this.at(time, name, () => happen(seededRandom(this.seed * 1_009 + number)));
  }

  #plan(): void {
    const random = seededRandom(this.seed + 2);
    const first = THIRDS - this.size.bursts;
    for (let third = first; third < THIRDS; third++) {
      const at = this.#start + DAY_MS + ((third + 0.5 + random.float() / 2) / THIRDS) * DAYS * DAY_MS;
      // What a vendor itself gave a new record is told from what people give it by having been seen in between.
      if (third === first && (this.size.looks || this.staff.here)) this.at(at - DAY_MS, "tick", () => this.#tick());
      const until = this.#burst(at, random);
      if (third === THIRDS - 1) this.at(until - 1, "people look whether they have done enough", () => this.#goOn());
    }
  }

  /** For some minutes people are busy and things go wrong. Returns when they are done. */
  #burst(at: number, random: Random): number {
    const [least, most] = this.size.acts;
    const minutes = 1 + Math.floor(random.float() * 3);
    const edits = least + Math.floor(random.float() * (most - least + 1));
    for (let edit = 0; edit < edits; edit++)
      this.plan(at + random.float() * minutes * MINUTE_MS, "people", (own) => this.users.act(own));
    for (let minute = 0; minute <= minutes; minute++)
      if (minute === minutes || random.float() < 0.4)
        this.at(at + (minute + random.float()) * MINUTE_MS, "tick", () => this.#tick());
    // What is looked at every ten minutes only, such as HubSpot's list of archived records, has its turn too.
    this.at(at + (minutes + 12) * MINUTE_MS, "tick", () => this.#tick());
    this.faults.plan(this, at, minutes * MINUTE_MS, random);
    this.operators.plan(at, minutes * MINUTE_MS, random);
    this.mass.plan(at, minutes * MINUTE_MS, random);
    this.staff.plan(at, minutes * MINUTE_MS, random);
    return at + minutes * MINUTE_MS;
  }

  get #isEnough(): boolean {
    const struck = [...this.faults.hits.values()].reduce((sum, times) => sum + times, 0);
    return struck >= LEAST.faults && this.#edits - this.#furnished.edits >= LEAST.edits;
  }

  /** People who wrote too little to show anything write some more before they are done. */
  #goOn(): void {
    const lacking = LEAST.edits - (this.#edits - this.#furnished.edits);
    const acts = this.#options.more?.acts ?? Math.max(0, lacking);
    this.#more.acts = acts;
    const random = seededRandom(this.seed + 5);
    for (let act = 0; act < acts; act++)
      this.plan(this.clock.now() + random.float() * (MINUTE_MS / 2), "people", (own) => this.users.act(own));
  }

  /** Too little came of it to show anything: people are busy once more. */
  async #comeBack(): Promise<void> {
    const random = seededRandom(this.seed + 6);
    const { more } = this.#options;
    while (this.#more.bursts < BURSTS_MAX && (more ? this.#more.bursts < more.bursts : !this.#isEnough)) {
      this.#more.bursts += 1;
      this.#burst(this.clock.now() + (1 + random.float()) * HOUR_MS, random);
      await this.#live();
    }
  }

  /** What the schedule does once a minute, in one of all processes. */
  #tick(): void {
    const alive = this.#processes.filter((one) => one.pausedAt === undefined);
    if (alive.length === 0) return;
    const { worker } = pick(this.random, alive);
    void task
      .run(`tick ${++this.#tasks}`, () => worker.engine.tick().then(() => worker.plans.tidy()))
      .then(
        () => (this.#dirty = true),
        () => {},
      );
  }

  /** Every process does what one of them should. */
  tickAll(): void {
    for (const { worker, pausedAt } of this.#processes)
      if (pausedAt === undefined)
        void task
          .run(`tick ${++this.#tasks}`, () => worker.engine.tick())
          .then(
            () => (this.#dirty = true),
            () => {},
          );
  }

  /** Somebody asks for a full reading of everything. */
  async readAll(random: Random): Promise<void> {
    const worker = this.api(random);
    if (!worker) return;
    for (const id of this.#connections)
      void task
        .run(`full ${++this.#tasks}`, () => worker.connections.sync(id, { trigger: "test", full: true }))
        .then(
          () => (this.#dirty = true),
          () => {},
        );
  }

  async #live(): Promise<void> {
    for (;;) {
      await this.#dispatch();
      if (await this.#turn()) continue;
      if (this.#events.length === 0 && this.clock.next() === undefined) return;
      if (this.#events.every((one) => one.name.startsWith("later")) && this.#busy.size === 0) return;
    }
  }

  /** One operation, or time passes to whatever comes next. Returns false where nothing is to come. */
  async #turn(): Promise<boolean> {
    const before = this.scheduler.steps;
    if (await this.scheduler.step()) {
      if (this.scheduler.steps > before)
        await this.#pass(this.clock.now() + 1 + Math.floor(this.random.float() * STEP_MS));
      return true;
    }
    const timer = this.clock.next();
    const event = this.#events[0]?.at;
    const next = Math.min(timer ?? Infinity, event ?? Infinity);
    if (next === Infinity) return false;
    await this.#pass(next);
    return true;
  }

  async #pass(until: number): Promise<void> {
    // What happens now finds everybody waiting, not in the middle of something.
    if ((this.#events[0]?.at ?? Infinity) <= until || (this.clock.next() ?? Infinity) <= until)
      await this.scheduler.still();
    if ((this.clock.next() ?? Infinity) <= until) this.scheduler.stir();
    this.clock.advance(Math.max(0, until - this.clock.now()));
    while (this.#events[0] && this.#events[0].at <= this.clock.now()) {
      const event = this.#events.shift()!;
      this.scheduler.stir();
      if (!event.name.startsWith("later")) this.line(`* ${event.name}`);
      await event.happen();
    }
  }

  /** Gives lanes that owe work to workers that are free, as the queue does. */
  async #dispatch(): Promise<void> {
    // Whoever was told something has come to an end of it: who is free does not hang on how fast that went.
    await this.scheduler.still();
    if (!this.#dirty || (this.#short && this.#free().length === 0)) return;
    this.#dirty = this.#short = false;
    const { rows } = await this.#control.query<{
      streamId: number;
      lane: "push" | "batch" | "backfill" | "hints" | "sweep";
    }>({
      name: "owed",
      text: `select wake.stream_id as "streamId", wake.lane from wake join stream on stream.id = wake.stream_id
       where wake.wanted > wake.done order by stream.position, wake.stream_id, wake.lane`,
    });
    for (const lane of rows) {
      const key = `${lane.streamId}:${lane.lane}`;
      if (this.#busy.has(key)) continue;
      const free = this.#free();
      if (free.length === 0) {
        this.#dirty = this.#short = true;
        return;
      }
      this.#work(pick(this.random, free), key, lane.streamId, lane.lane);
    }
  }

  #free(): Process[] {
    return this.#processes.filter((one) => one.pausedAt === undefined && one.lanes < LANES_AT_ONCE);
  }

  #work(
    process: Process,
    key: string,
    streamId: number,
    lane: "push" | "batch" | "backfill" | "hints" | "sweep",
  ): void {
    const held = { owner: process, since: this.clock.now() };
    this.#busy.set(key, held);
    this.scheduler.stir();
    process.lanes += 1;
    const over = (): void => {
      process.lanes -= 1;
      if (this.#busy.get(key) === held) this.#busy.delete(key);
      this.#dirty = true;
    };
    const job = { streamId, lane, trigger: "schedule", signal: process.worker.signal };
    // As openJobs does it: what was wanted when it began is answered when it has ended.
    const run = async (): Promise<void> => {
      for (;;) {
        const [wake] = await this.#asWorker(process, WAKE, [streamId, lane]);
        const { wanted, done } = wake as { wanted: number; done: number };
        if (Number(wanted) <= Number(done)) return;
        if ((await process.worker.engine.runLane(job)) === "lost") return;
        const [left] = await this.#asWorker(process, ANSWERED, [wanted, streamId, lane]);
        if (!(left as { more: boolean }).more) return;
      }
    };
    task.run(`${key} ${++this.#tasks}`, run).then(over, (thrown: unknown) => {
      this.line(`! ${process.name} ${key}: ${String(thrown)}`);
      over();
    });
  }

  async #asWorker(process: Process, statement: { name: string; text: string }, values: unknown[]): Promise<object[]> {
    return (await process.pool.query({ ...statement, values })).rows as object[];
  }

  // What goes wrong with processes.

  get processes(): readonly { readonly name: string; readonly pausedAt: number | undefined }[] {
    return this.#processes;
  }

  /** kill -9: nothing it had begun comes to anything; another takes its place, and its lanes are given away after the lease. */
  async kill(name: string): Promise<void> {
    const process = this.#processes.find((one) => one.name === name);
    if (!process) return;
    this.scheduler.kill(name);
    this.clock.kill(name);
    this.#processes = this.#processes.filter((one) => one !== process);
    await this.#cut(process);
    this.#release(process);
    await this.#spawn();
  }

  pause(name: string, ms: number): void {
    const process = this.#processes.find((one) => one.name === name);
    if (!process || process.pausedAt !== undefined) return;
    process.pausedAt = this.clock.now();
    this.scheduler.pause(name);
    this.#release(process);
    // PostgreSQL ends transactions that stand idle for a minute, and with them their locks.
    if (ms > MINUTE_MS)
      this.at(this.clock.now() + MINUTE_MS, `the database ends what ${name} left open`, () => this.#cutIdle(process));
    this.at(this.clock.now() + ms, `${name} goes on`, () => {
      process.pausedAt = undefined;
      this.scheduler.resume(name);
      this.operators.woke(name);
      this.#dirty = true;
    });
  }

  #release(process: Process): void {
    for (const [key, held] of this.#busy) {
      if (held.owner !== process) continue;
      this.at(this.clock.now() + LEASE_MS, `the lease of ${key} ends`, () => {
        if (this.#busy.get(key) === held) this.#busy.delete(key);
        this.#dirty = true;
      });
    }
  }

  async #cut(process: Process): Promise<void> {
    const clients = (process.pool as unknown as { _clients: pg.Client[] })._clients;
    const stages = process.staged.splice(0).map((one) => (one as unknown as { processID: number }).processID);
    await this.#terminate([...(await this.#options.stock.keep(clients.splice(0))), ...stages]);
    this.scheduler.loosen();
  }

  async #cutIdle(process: Process): Promise<void> {
    const clients = (process.pool as unknown as { _clients: { processID: number }[] })._clients;
    const { rows } = await this.#control.query<{ pid: number }>(
      "select pid from pg_stat_activity where pid = any($1) and state like 'idle in transaction%'",
      [clients.map((one) => one.processID)],
    );
    await this.#terminate(rows.map((row) => row.pid));
  }

  async #terminate(ids: readonly number[]): Promise<void> {
    if (ids.length === 0) return;
    // One that stands still at a lock hears of nothing.
    for (const id of ids) signalled(id, "SIGCONT");
    await this.#control.query("select pg_terminate_backend(pid, 5000) from unnest($1::int[]) as seen (pid)", [ids]);
    this.scheduler.loosen();
    await new Promise((resolve) => setTimeout(resolve, 1));
  }

  /** What a person or another program does through the API, on any process that is there. */
  api(random: Random = this.random): Worker | undefined {
    const alive = this.#processes.filter((one) => one.pausedAt === undefined);
    return alive.length === 0 ? undefined : pick(random, alive).worker;
  }

  connectionOf(vendor: Vendor): string {
    return this.#connections[this.vendors.indexOf(vendor)]!;
  }

  /** Every lane of every stream is woken so often, whatever it owes; of a stream that is switched off, of which there are many, one. */
  async wakeAll(times: number): Promise<void> {
    await this.#control.query(
      `insert into wake (stream_id, lane, wanted) select id, lane, $1 from stream, unnest($2::text[]) as lane where enabled or lane = 'batch'
       on conflict (stream_id, lane) do update set wanted = wake.wanted + excluded.wanted`,
      [times, ["hints", "batch", "backfill", "push", "sweep"]],
    );
    this.#dirty = true;
  }

  /** Somebody may be owed work by now. */
  dirty(): void {
    this.#dirty = true;
  }

  get control(): pg.Pool {
    return this.#control;
  }

  // The end: faults stop, the world comes to rest, and everything must hold.

  async #heal(): Promise<Violation[]> {
    this.faults.heal();
    for (const process of this.#processes) {
      process.pausedAt = undefined;
      this.scheduler.resume(process.name);
    }
    this.#events = this.#events.filter((one) => one.name.startsWith("later") || one.name.startsWith("the lease"));
    const cycle = async (full: boolean): Promise<void> => {
      await this.#pass(this.clock.now() + 20 * MINUTE_MS);
      const worker = this.api()!;
      await this.#until(worker.engine.tick());
      if (full)
        for (const id of this.#connections) await this.#until(worker.connections.sync(id, { trigger: "test", full }));
      await this.settle();
    };
    await this.#until(this.operators.open(this.api()!));
    // A clock that was an hour ahead left marks of that hour.
    await this.#pass(this.clock.now() + 100 * MINUTE_MS);
    await cycle(false);
    const held = await this.mass.held(this.#control);
    const violations: Violation[] = await this.#until(this.mass.mend(this.api()!, held));
    // What was parked while faults lasted is tried again, as a person would.
    const worker = this.api()!;
    await this.#until(worker.runs.retryParked({}));
    await this.settle();
    await cycle(false);
    // What no look at the changes shows is found by the daily comparison, which looks once more at what was moving.
    if (this.faults.untold || (await this.#dealsLostTheirs()))
      for (const minutes of [25 * 60, 45, 45]) {
        await this.#pass(this.clock.now() + minutes * MINUTE_MS);
        await cycle(false);
      }
    const secrets = this.vendors.flatMap((vendor) => vendor.secrets);
    violations.push(
      ...(await check(this.#control, this.vendors, this.model, {
        secrets,
        undone: this.operators.undone,
        kinds: this.size.kinds,
      })),
      ...this.mass.check(),
      ...(await this.staff.check()),
      ...this.operators.violations,
    );
    for (const { line, secret } of this.#logged.flatMap((line) =>
      secrets.flatMap((secret) => (line.includes(secret) ? { line, secret } : [])),
    ))
      violations.push({
        invariant: "I9 no secret is told",
        words: `a line of the log holds ${secret.slice(0, 4)}…: ${line.slice(0, 40)}`,
      });
    const writes = (): number =>
      this.vendors.reduce((sum, vendor) => sum + vendor.requests().filter((one) => one.mutating).length, 0);
    const before = writes();
    await cycle(true);
    const more = writes() - before;
    if (more > 0)
      violations.push({
        invariant: "I3 quiet is quiet",
        words: `${more} writing requests in a full reading of it all`,
      });
    // What is wrong already would be told once more in other words.
    if (violations.length === 0 && this.size.lastDay)
      violations.push(
        ...(await lastDay(this, {
          random: seededRandom(this.seed + 3),
          until: (work) => this.#until(work),
          cycle: () => cycle(false),
        })),
        ...this.operators.violations,
      );
    return violations;
  }

  /**
   * Whether an account lives that HubSpot was without for a while, and that a deal was made for: HubSpot takes deleted companies off their
   * deals, and no stamp of a deal tells of it (docs/connectors/hubspot.md).
   */
  async #dealsLostTheirs(): Promise<boolean> {
    const { removals, withdrawn, accounts } = this.model;
    const named = new Set(accounts.values());
    const ended = [...named].filter(
      (tag) =>
        withdrawn.has(`hubspot ${tag}`) || removals.some(({ thing, site }) => thing === tag && site === "hubspot"),
    );
    if (ended.length === 0) return false;
    const { rows } = await this.#control.query(
      "select from entity where kind = 'account' and deleted_at is null and merged_into is null and fields ->> 'name' = any($1) limit 1",
      [ended],
    );
    return rows.length > 0;
  }

  async #end(): Promise<void> {
    for (const process of this.#processes) {
      this.scheduler.kill(process.name);
      await this.#cut(process).catch(() => {});
    }
  }
}

/** Everything that a line of the log says, also of what JSON leaves out of errors. */
const told = (fields: object): string =>
  JSON.stringify(fields, (_, value: unknown) =>
    value instanceof Error ? { message: value.message, stack: value.stack, cause: value.cause } : value,
  );
