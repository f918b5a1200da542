// What goes wrong, each with its number in the list of guarantees, a rate, and a count of how often it struck.
import { pick, type Random } from "../../src/base/random.ts";
import type { FaultKind } from "../../src/simulators/shared/dials.ts";
import type { VendorRequest } from "../../src/simulators/shared/exchange.ts";
import type { Vendor } from "./vendors.ts";
import type { Fate } from "./wire.ts";
import type { World } from "./world.ts";

/** Every fault a world knows, as it is counted. */
export const FAULTS = [
  "1-6 kill of a worker",
  "15 cut after COMMIT",
  "15 cut before COMMIT",
  "23 worker paused past its lease",
  "29 connection refused",
  "29 connection reset before the request",
  "30 hang-after",
  "30 request lost",
  "30 reset-after",
  "31 truncate",
  "32 empty-json",
  "32 error-in-200",
  "32 html",
] as const;
export type Fault = (typeof FAULTS)[number];

const NAMES = {
  "hang-after": "30 hang-after",
  "reset-after": "30 reset-after",
  truncate: "31 truncate",
  html: "32 html",
  "error-in-200": "32 error-in-200",
  "empty-json": "32 empty-json",
} as const satisfies Partial<Record<FaultKind, Fault>>;
const KINDS = Object.keys(NAMES) as (keyof typeof NAMES)[];

export class Faults {
  readonly hits = new Map<Fault, number>();
  readonly #random: Random;
  #healed = false;
  #workerSkewMs = 0;
  readonly #vendorSkewMs = { salesforce: 0, hubspot: 0 };
  #until = 0;
  #world: World | undefined;

  constructor(random: Random) {
    this.#random = random;
  }

  hit(fault: Fault): void {
    this.hits.set(fault, (this.hits.get(fault) ?? 0) + 1);
    this.#world?.line(`# ${fault}`);
  }

  /** What goes wrong around one time. */
  plan(world: World, at: number, lastsMs: number, random: Random): void {
    this.#world = world;
    const some = (): number => at + random.float() * lastsMs;
    if (random.float() < 0.8)
      world.plan(at, "faults begin", () => {
        this.#until = at + lastsMs;
      });
    if (random.float() < 0.5)
      world.plan(some(), "a worker is killed", async (own) => {
        this.hit("1-6 kill of a worker");
        await world.kill(pick(own, world.processes).name);
      });
    if (random.float() < 0.3)
      world.plan(some(), "a worker is paused", (own) => {
        this.hit("23 worker paused past its lease");
        world.pause(pick(own, world.processes).name, 20_000 + own.float() * 120_000);
      });
  }

  heal(): void {
    this.#healed = true;
    this.#workerSkewMs = 0;
    this.#vendorSkewMs.salesforce = 0;
    this.#vendorSkewMs.hubspot = 0;
  }

  workerSkewMs(): number {
    return this.#workerSkewMs;
  }

  vendorSkewMs(site: "salesforce" | "hubspot"): number {
    return this.#vendorSkewMs[site];
  }

  get #active(): boolean {
    return !this.#healed && this.#world !== undefined && this.#world.clock.now() < this.#until;
  }

  #strikes(rate: number): boolean {
    return this.#active && this.#random.float() < rate;
  }

  fate(vendor: Vendor, request: VendorRequest): Fate {
    const latencyMs = 20 + Math.floor(this.#random.float() * 300);
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
    if (this.#strikes(0.05)) {
      const kind = pick(this.#random, KINDS);
      this.hit(NAMES[kind]);
      vendor.fail({ kind, match: { method: request.method, path: request.path } });
    }
    return { way: "through", latencyMs };
  }

  beforeStatement(text: string): void {
    if (text === "commit" && this.#strikes(0.01)) {
      this.hit("15 cut before COMMIT");
      throw new Error("Connection terminated unexpectedly");
    }
  }

  afterStatement(text: string): void {
    if (text === "commit" && this.#strikes(0.01)) {
      this.hit("15 cut after COMMIT");
      throw new Error("Connection terminated unexpectedly");
    }
  }
}
