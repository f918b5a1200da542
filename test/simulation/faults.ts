// What goes wrong, each with its number in the list of guarantees, a rate, and a count of how often it struck.
import { pick, type Random } from "../../src/base/random.ts";
import type { FaultKind } from "../../src/simulators/shared/dials.ts";
import type { VendorRequest, VendorResponse } from "../../src/simulators/shared/exchange.ts";
import { calledDuplicate, shortIds } from "./answers.ts";
import { diedSince } from "./deaths.ts";
import { task } from "./scheduler.ts";
import { DAY, FIELDS, type Held, type Vendor } from "./vendors.ts";
import type { Fate } from "./wire.ts";
import type { World } from "./world.ts";

/** Every fault a world knows, as it is counted. */
export const FAULTS = [
  "1 killed before a step is committed",
  "2 killed after a step was committed",
  "3 killed between attempt and call",
  "4 killed after the vendor did it, before it answered",
  "5 killed after the answer, before it is stored",
  "6 killed in the middle of a page",
  "7 killed during a full reading",
  "11 a process dies of one thing again and again",
  "11 a process dies as it sends one thing again and again",
  "15 cut before COMMIT",
  "15 cut after COMMIT",
  "18 serialization failure",
  "23 worker paused past its lease",
  "24 two schedulers at once",
  "25 our clock is wrong by an hour",
  "26 a vendor's clock is wrong by minutes",
  "27 a day of a zone whose clocks change",
  "28 a timer fires twice",
  "28 a timer fires minutes late",
  "29 connection refused",
  "29 connection reset before the request",
  "30 request lost",
  "30 done and never answered",
  "30 done and the connection reset",
  "31 answer cut in the middle",
  "32 a web page for an answer",
  "32 an error inside a 200",
  "32 an empty answer",
  "34 a vendor is out of reach for long",
  "35 many records of one stamp across pages",
  "36 a record is seen late, with an older stamp",
  "37 search is late",
  "38 page tokens die in the middle of a listing",
  "39 a purge overtook deletions",
  "40 wakes come doubled and for nothing",
  "41 a change is not told for hours",
  "43 a record is hidden from Winston's user",
  "44 ids of fifteen characters",
  "45 429 or busy",
  "45 the day's allowance is gone",
  "46 a batch is answered in another order",
  "46 a part of a batch fails",
  "47 a vendor spells a value its own way",
  "48 automation edits another field",
  "48 automation puts back what was there",
  "49 what was just made is called a duplicate",
  "50 a rule refuses a value",
  "51 a row is locked while we write",
  "52 a write is not seen for a while",
  "53 a person edits right after our write",
  "54 an edit against a deletion",
  "55 two are merged at a vendor",
  "56 one person is made on both sides at once",
  "57 many are deleted by mistake",
  "58 credentials of another organisation",
  "62 a value of strange signs",
  "67 an owner leaves",
] as const;
export type Fault = (typeof FAULTS)[number];

/** What strikes an answer on its way. */
const ANSWERS = {
  "hang-after": "30 done and never answered",
  "reset-after": "30 done and the connection reset",
  truncate: "31 answer cut in the middle",
  html: "32 a web page for an answer",
  "error-in-200": "32 an error inside a 200",
  "empty-json": "32 an empty answer",
  status: "45 429 or busy",
} as const satisfies Partial<Record<FaultKind, Fault>>;
const KINDS = Object.keys(ANSWERS) as (keyof typeof ANSWERS)[];

/** Calls in a day, as the vendors' simulators have them: Salesforce's, HubSpot's. */
const ALLOWANCES = [108_000, 625_000] as const;

/** What a vendor does with what is written there. */
const AUTOMATIONS = {
  spells: "47 a vendor spells a value its own way",
  edits: "48 automation edits another field",
  reverts: "48 automation puts back what was there",
} as const satisfies Record<string, Fault>;

/** Of one thing so many processes die at most in a world: what is set aside is tried anew with each edit. */
const DEATHS_MAX = 40;
/** In one lane, while nothing else goes wrong: five in a row, and what it takes to tell one from the others that were in hand with it. */
const ASIDE_AFTER = 9;

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** A kill that waits for its moment: the next operation that fits. */
interface Armed {
  readonly fault: Fault;
  readonly moment: "before" | "after";
  readonly fits: (what: string) => boolean;
}

/** What kills, how many died of it, and how many of those in each lane while nothing else went wrong. */
interface Poison {
  readonly vendor: Vendor;
  readonly held: Held;
  readonly sent: boolean;
  deaths: number;
  readonly quiet: Map<string, number>;
}

export const isWrite = (what: string): boolean =>
  /^(?:POST|PATCH|PUT|DELETE) /u.test(what) &&
  !/search|query|batch\/read|token|collections-read/u.test(what) &&
  // Salesforce shows many records of one object by a POST.
  !/^POST \S*\/composite\/sobjects\/\w+(?: |$)/u.test(what);
const KILLS: readonly Armed[] = [
  { fault: "1 killed before a step is committed", moment: "before", fits: (what) => what === "commit" },
  { fault: "2 killed after a step was committed", moment: "after", fits: (what) => what === "commit" },
  {
    fault: "3 killed between attempt and call",
    moment: "before",
    fits: (what) => isWrite(what) && what.endsWith("arrives"),
  },
  {
    fault: "4 killed after the vendor did it, before it answered",
    moment: "after",
    fits: (what) => isWrite(what) && what.endsWith("arrives"),
  },
  {
    fault: "5 killed after the answer, before it is stored",
    moment: "after",
    fits: (what) => isWrite(what) && what.includes("is answered"),
  },
  {
    fault: "6 killed in the middle of a page",
    moment: "after",
    fits: (what) => /^(?:update|insert into) (?:link|entity|change)/u.test(what),
  },
];

export class Faults {
  readonly hits = new Map<Fault, number>();
  readonly #random: Random;
  #healed = false;
  #workerSkewMs = 0;
  readonly #vendorSkewMs = { salesforce: 0, hubspot: 0 };
  #until = 0;
  #awayUntil = new Map<string, number>();
  #armed: Armed[] = [];
  /** Whoever reads this again, to write it, or sends it, dies. */
  #poison: Poison | undefined;
  #hidden: { readonly vendor: Vendor; readonly held: Held }[] = [];
  /** Something happened that is found by the daily comparison only. */
  #untold = false;
  #world: World | undefined;

  /** A vendor's clock may be wrong, by the same for as long as the world lasts: vendors' clocks do not jump. */
  constructor(random: Random) {
    this.#random = random;
    for (const site of ["salesforce", "hubspot"] as const) {
      if (random.float() < 0.6) continue;
      this.hit("26 a vendor's clock is wrong by minutes");
      this.#vendorSkewMs[site] = Math.floor((random.float() - 0.5) * 20 * MINUTE_MS);
    }
  }

  hit(fault: Fault): void {
    this.hits.set(fault, (this.hits.get(fault) ?? 0) + 1);
    this.#world?.line(`# ${fault}`);
  }

  /** What goes wrong around one time. */
  plan(world: World, at: number, lastsMs: number, random: Random): void {
    this.#world = world;
    const some = (): number => at + random.float() * lastsMs;
    const maybe = (
      chance: number,
      name: string,
      happen: (own: Random) => Promise<void> | void,
      time = some(),
    ): void => {
      if (random.float() < world.size.chance(name, chance)) world.plan(time, name, happen);
    };
    const [salesforce, hubspot] = world.vendors as [Vendor, Vendor];
    if (random.float() < 0.8 || world.size.name !== "large")
      world.plan(at, "faults begin", () => void (this.#until = at + lastsMs));
    for (let kills = 0; kills < 2; kills++)
      maybe(0.5, "a kill waits for its moment", (own) => void this.#armed.push(pick(own, KILLS)));
    maybe(0.2, "a worker is killed during a full reading", async (own) => {
      await world.readAll(own);
      world.plan(world.clock.now() + own.float() * 3_000, "the kill", async (moment) => {
        this.hit("7 killed during a full reading");
        await world.kill(pick(moment, world.processes).name);
      });
    });
    maybe(0.3, "a worker is paused", (own) => {
      this.hit("23 worker paused past its lease");
      world.pause(pick(own, world.processes).name, 20_000 + own.float() * 2 * MINUTE_MS);
    });
    maybe(0.3, "two schedulers", () => {
      this.hit("24 two schedulers at once");
      world.tickAll();
    });
    maybe(0.2, "our clock jumps", (own) => {
      this.hit("25 our clock is wrong by an hour");
      this.#workerSkewMs = own.float() < 0.5 ? HOUR_MS : -HOUR_MS;
      world.at(world.clock.now() + 2 * MINUTE_MS, "our clock is right again", () => void (this.#workerSkewMs = 0));
    });
    maybe(0.15, "a vendor goes away", (own) => {
      this.hit("34 a vendor is out of reach for long");
      // Three days are many tries; most worlds get by with less.
      const awayMs = own.float() < 0.02 ? 72 * HOUR_MS : world.size.awayMs;
      this.#awayUntil.set(pick(own, world.vendors).host, world.clock.now() + awayMs);
    });
    maybe(0.3, "many records of one stamp", (own) => {
      this.hit("35 many records of one stamp across pages");
      salesforce.turn({ pageSize: 3 });
      hubspot.turn({ pageSize: 3 });
      world.users.makeMany(own, 8);
    });
    maybe(0.3, "search falls behind", (own) => {
      this.hit("37 search is late");
      hubspot.turn({ searchLagMs: pick(own, [5_000, 30_000, 55_000]), searchJitterMs: 5_000 });
    });
    maybe(0.2, "page tokens die", () => {
      this.hit("38 page tokens die in the middle of a listing");
      salesforce.turn({ pageSize: 2, locatorsMax: 1, locatorMs: 1_000 });
    });
    maybe(0.15, "the recycle bin is emptied early", () => {
      this.hit("39 a purge overtook deletions");
      // What was deleted within two hours is never purged (SOAP API, getDeleted: the log is purged every two hours of what is older).
      salesforce.turn({ recycleMs: 2 * HOUR_MS + 10 * MINUTE_MS });
    });
    maybe(0.1, "the day's allowance is gone", (own) => {
      this.hit("45 the day's allowance is gone");
      const [vendor, dailyCap] = pick(
        own,
        ALLOWANCES.map((cap, index) => [world.vendors[index]!, cap] as const),
      );
      vendor.turn({ dailyCap: 1 });
      world.at(world.clock.now() + 2 * HOUR_MS, "another day's allowance", () => vendor.turn({ dailyCap }));
    });
    maybe(0.3, "batches are answered in another order", (own) => {
      hubspot.shuffle = (rows) => {
        if (rows.length > 1) this.hit("46 a batch is answered in another order");
        return rows.toSorted(() => own.float() - 0.5);
      };
    });
    maybe(0.3, "rows are locked", (own) => {
      for (const held of salesforce.all())
        if (own.float() < 0.2 && salesforce.lock(held, 20_000 + own.float() * MINUTE_MS))
          this.hit("51 a row is locked while we write");
    });
    maybe(0.4, "an edit against a deletion", (own) => {
      if (world.users.editAgainstRemoval(own)) this.hit("54 an edit against a deletion");
    });
    maybe(0.15, "a thing kills whoever reads it again, or sends it", (own) => {
      const vendor = pick(own, world.vendors);
      const all = vendor.all();
      if (this.#poison || all.length === 0) return;
      this.#poison = { vendor, held: pick(own, all), sent: own.float() < 0.5, deaths: 0, quiet: new Map() };
    });
    maybe(0.25, "wakes come doubled", async () => {
      this.hit("40 wakes come doubled and for nothing");
      await world.wakeAll(100);
    });
    maybe(0.15, "a record is hidden", (own) => {
      const all = salesforce.all();
      if (all.length === 0) return;
      const one = pick(own, all);
      const shownAt = at + lastsMs + own.float() * 10 * MINUTE_MS;
      // Or all of its object: then a listing of it is empty.
      const some = own.float() < 0.3 ? all.filter(({ object }) => object === one.object) : [one];
      for (const held of some) {
        const hidden = { vendor: salesforce, held };
        this.hit("43 a record is hidden from Winston's user");
        this.#untold = true;
        this.#hidden.push(hidden);
        salesforce.hide(held, true);
        world.at(shownAt, "a record is shown again", () => this.#show(hidden));
      }
      // Whoever wonders where it is has everything read.
      if (own.float() < 0.5)
        world.at(world.clock.now() + own.float() * MINUTE_MS, "somebody asks for a full reading", () =>
          world.readAll(own),
        );
    });
    maybe(0.25, "a rule refuses values", (own) => {
      const vendor = pick(own, world.vendors);
      const kind = pick(own, world.size.kinds);
      this.hit("50 a rule refuses a value");
      vendor.refuse(
        kind,
        pick(
          own,
          FIELDS[kind].filter(([ours]) => ours !== DAY),
        )[0],
      );
      world.at(world.clock.now() + (2 + own.float() * 8) * MINUTE_MS, "the rule is gone", () => vendor.refuse(kind));
    });
    maybe(0.25, "two are merged", (own) => {
      if (world.users.merge(own)) this.hit("55 two are merged at a vendor");
    });
    maybe(0.1, "another organisation", (own) => {
      if (world.operators.mistake(own)) this.hit("58 credentials of another organisation");
    });
    maybe(0.2, "writes are seen late", (own) => {
      this.hit("52 a write is not seen for a while");
      salesforce.turn({ lateCommitMs: Math.floor(own.float() * 30_000) });
    });
  }

  heal(): void {
    this.#healed = true;
    this.#workerSkewMs = 0;
    this.#awayUntil.clear();
    this.#armed = [];
    this.#poison = undefined;
    for (const hidden of this.#hidden) this.#show(hidden);
    for (const vendor of this.#world!.vendors) vendor.refuse("person");
    const [salesforce, hubspot] = this.#world!.vendors as [Vendor, Vendor];
    salesforce.turn({ pageSize: 2_000, locatorsMax: 50, locatorMs: 48 * HOUR_MS, lateCommitMs: 0 });
    salesforce.turn({ recycleMs: 15 * 24 * HOUR_MS, dailyCap: ALLOWANCES[0] });
    hubspot.turn({ pageSize: 100, searchLagMs: 2_000, searchJitterMs: 0, dailyCap: ALLOWANCES[1] });
    hubspot.shuffle = undefined;
  }

  workerSkewMs(): number {
    return this.#workerSkewMs;
  }

  vendorSkewMs(site: "salesforce" | "hubspot"): number {
    return this.#vendorSkewMs[site];
  }

  #show(hidden: { readonly vendor: Vendor; readonly held: Held }): void {
    hidden.vendor.hide(hidden.held, false);
    this.#hidden = this.#hidden.filter((one) => one !== hidden);
  }

  /** Whether something happened that no look at the changes shows. */
  get untold(): boolean {
    return this.#untold;
  }

  /** How late the next record that somebody edits there is seen, in milliseconds. */
  lateMs({ site }: Vendor): number | undefined {
    // Its index is late by hours now and then, for one record and not for others; its single records are not.
    if (site === "hubspot" && this.#strikes(0.04)) {
      this.hit("41 a change is not told for hours");
      this.#untold = true;
      return Math.floor((0.25 + 2 * this.#random.float()) * HOUR_MS);
    }
    if (!this.#strikes(0.2)) return undefined;
    this.hit("36 a record is seen late, with an older stamp");
    return Math.floor(this.#random.float() * 50_000);
  }

  get #active(): boolean {
    return !this.#healed && this.#world !== undefined && this.#world.clock.now() < this.#until;
  }

  #strikes(rate: number): boolean {
    return this.#active && this.#random.float() < rate * this.#world!.size.rate;
  }

  /** Kills the worker of this operation where a kill waits for just that. Returns whether it did. */
  async strikesAt(moment: Armed["moment"], worker: string, what: string): Promise<boolean> {
    if (this.#armed.length === 0) return false;
    const armed = this.#armed.find((one) => one.moment === moment && one.fits(what));
    if (!armed) return false;
    this.#armed = this.#armed.filter((one) => one !== armed);
    this.hit(armed.fault);
    await this.#world!.kill(worker);
    return true;
  }

  fate(worker: string, vendor: Vendor, request: VendorRequest): Fate {
    const latencyMs = 20 + Math.floor(this.#random.float() * 300);
    if (this.#kills(worker, vendor, request)) return { way: "lost", latencyMs };
    if ((this.#awayUntil.get(vendor.host) ?? 0) > (this.#world?.clock.now() ?? 0)) return { way: "refused", latencyMs };
    if (this.#strikes(0.02)) {
      this.hit("29 connection refused");
      return { way: "refused", latencyMs };
    }
    if (this.#strikes(0.02)) {
      this.hit("29 connection reset before the request");
      return { way: "reset-before", latencyMs };
    }
    if (this.#strikes(0.01)) {
      this.hit("30 request lost");
      return { way: "lost", latencyMs };
    }
    if (this.#strikes(0.06)) {
      const kind = pick(this.#random, KINDS);
      this.hit(ANSWERS[kind]);
      vendor.fail({
        kind,
        match: { method: request.method, path: request.path },
        ...(kind === "status" ? vendor.busy : {}),
      });
    }
    return { way: "through", latencyMs };
  }

  /** A process that is about to write the thing that kills reads it again first, and dies of that; or it dies as it sends it. */
  #kills(worker: string, vendor: Vendor, request: VendorRequest): boolean {
    const poison = this.#poison;
    if (poison?.vendor !== vendor) return false;
    const { id, object, tag } = poison.held;
    const reads = /batch\/read$|\/composite\/sobjects\/\w+$/u.test(request.path) && request.method !== "PATCH";
    const writes =
      isWrite(`${request.method} ${request.path}`) &&
      /batch\/(?:update|archive)$|\/composite\/sobjects$/u.test(request.path);
    if (!(poison.sent ? writes : reads)) return false;
    const named = request.body.includes(`"${id}"`) || (request.query.get("ids") ?? "").split(",").includes(id);
    if (!named || (vendor.site !== "salesforce" && !request.path.includes(object))) return false;
    this.hit(
      poison.sent
        ? "11 a process dies as it sends one thing again and again"
        : "11 a process dies of one thing again and again",
    );
    poison.deaths += 1;
    const world = this.#world!;
    const lane = /^\S+/u.exec(task.getStore() ?? "")?.[0] ?? "";
    const inARow = this.#active ? 0 : (poison.quiet.get(lane) ?? 0) + 1;
    poison.quiet.set(lane, inARow);
    if (poison.deaths === DEATHS_MAX) this.#poison = undefined;
    world.at(world.clock.now(), `${worker} dies of ${tag}`, async () => {
      if (inARow > ASIDE_AFTER) await this.#judge(poison, lane, inARow);
      await world.kill(worker);
    });
    return true;
  }

  /** Of so many deaths in a lane only those count that came after something was set aside there: what was is tried once more when it is edited or compared. */
  async #judge(poison: Poison, lane: string, deaths: number): Promise<void> {
    const world = this.#world!;
    const inARow = /^\d+:/u.test(lane) ? Math.min(deaths, await diedSince(world.control, lane)) : deaths;
    poison.quiet.set(lane, inARow);
    if (inARow <= ASIDE_AFTER) return;
    this.#poison = undefined;
    world.operators.violated(
      "R13 what kills is set aside",
      `${inARow} processes died of ${poison.held.tag} in ${lane}, one after another`,
    );
  }

  /** What a vendor said, as it is told to Winston. */
  answered(vendor: Vendor, request: VendorRequest, answer: VendorResponse): VendorResponse {
    const { status, body } = answer;
    const some = status === 207 || (body.includes('"success":true') && body.includes('"success":false'));
    if (some) this.hit("46 a part of a batch fails");
    if (vendor.site !== "salesforce" || !this.#strikes(0.12)) return answer;
    const duplicate = calledDuplicate(request, answer, this.#random);
    if (duplicate) this.hit("49 what was just made is called a duplicate");
    const short = duplicate ? undefined : shortIds(answer);
    if (short) this.hit("44 ids of fifteen characters");
    return duplicate ?? short ?? answer;
  }

  /** After a vendor did what a request asked. */
  carriedOut(vendor: Vendor, request: VendorRequest): void {
    if (!isWrite(`${request.method} ${request.path}`) || !this.#strikes(0.15)) return;
    if (this.#world!.users.editAgain(this.#random, vendor)) this.hit("53 a person edits right after our write");
  }

  /** Whether something at the vendor acts on what this request writes. */
  automates(request: VendorRequest): boolean {
    return isWrite(`${request.method} ${request.path}`) && this.#strikes(0.15);
  }

  /** What it does then. */
  automation(): keyof typeof AUTOMATIONS {
    const does = pick(this.#random, ["spells", "edits", "reverts"] as const);
    this.hit(AUTOMATIONS[does]);
    return does;
  }

  /** A timer that was set fires once more. */
  twice(): boolean {
    if (!this.#strikes(0.2)) return false;
    this.hit("28 a timer fires twice");
    return true;
  }

  /** By how many milliseconds a timer that was set fires late. */
  late(): number {
    if (!this.#strikes(0.08)) return 0;
    this.hit("28 a timer fires minutes late");
    return Math.floor((0.5 + 4 * this.#random.float()) * MINUTE_MS);
  }

  beforeStatement(text: string): "serialization" | undefined {
    if (text === "commit" && this.#strikes(0.01)) {
      this.hit("15 cut before COMMIT");
      throw new Error("Connection terminated unexpectedly");
    }
    if (/^(?:insert|update|delete)/u.test(text) && this.#strikes(0.004)) {
      this.hit("18 serialization failure");
      return "serialization";
    }
    return undefined;
  }

  afterStatement(text: string): void {
    if (text === "commit" && this.#strikes(0.01)) {
      this.hit("15 cut after COMMIT");
      throw new Error("Connection terminated unexpectedly");
    }
  }
}
