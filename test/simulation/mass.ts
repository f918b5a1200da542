// A mistake at a vendor: many people are imported, and when they are everywhere somebody deletes all of them at once. That must stop, and one
// call must put back what is lost.
import type pg from "pg";
import { pick, type Random } from "../../src/base/random.ts";
import type { Violation } from "./check.ts";
import { TAG, type Vendor } from "./vendors.ts";
import type { Worker } from "./worker.ts";
import type { World } from "./world.ts";

/** More than the brake lets go however few records there are (docs/decisions/brake.md). */
const MANY = 60;
const GO_AT_MOST = 50;
const MINUTE_MS = 60_000;

export class Mass {
  readonly #world: World;
  #deleted: { readonly tags: ReadonlySet<string>; readonly at: Vendor; readonly elsewhere: Vendor } | undefined;

  constructor(world: World) {
    this.#world = world;
  }

  /** What happens around one time, once in a world. */
  plan(at: number, lastsMs: number, random: Random): void {
    const world = this.#world;
    const own = random.float();
    if (random.float() >= world.size.chance("57", 0.04) || !world.size.kinds.includes("person")) return;
    const vendor = world.vendors[own < 0.5 ? 0 : 1]!;
    const tags: string[] = [];
    // Before people begin, so that nobody's pause or plan is in the way.
    world.plan(at - 30 * MINUTE_MS, "many are imported", (moment) => {
      tags.push(...world.users.makeMany(moment, MANY, vendor, "person"));
    });
    for (const minutes of [28, 14]) world.at(at - minutes * MINUTE_MS, "everybody looks", () => world.tickAll());
    world.plan(at - 2 * MINUTE_MS, "all of them are deleted", (moment) => this.#delete(vendor, tags, moment));
    for (const minutes of [1, 15])
      world.at(at + lastsMs + minutes * MINUTE_MS, "everybody looks", () => world.tickAll());
  }

  #delete(at: Vendor, tags: readonly string[], random: Random): void {
    const world = this.#world;
    const elsewhere = world.vendors.find((one) => one !== at)!;
    const there = new Set(elsewhere.held("person").map(({ tag }) => tag));
    const both = at.held("person").filter(({ tag }) => tags.includes(tag) && there.has(tag));
    if (this.#deleted || both.length <= GO_AT_MOST) return;
    world.faults.hit("57 many are deleted by mistake");
    this.#deleted = { tags: new Set(both.map(({ tag }) => tag)), at, elsewhere };
    // In whatever order: a list is not deleted from its top.
    for (let left = [...both]; left.length > 0;) {
      const one = pick(random, left);
      left = left.filter((other) => other !== one);
      world.users.removeAt(at, one);
    }
  }

  /** Whom the list of a brake names that is on: who has it put back has all of them put back, also whom somebody else deleted meanwhile. */
  async held(pool: pg.Pool): Promise<ReadonlySet<string>> {
    if (!this.#deleted) return new Set();
    const [name] = TAG.person;
    const { rows } = await pool.query<{ tag: string }>(
      `select entity.fields ->> $1 as tag from brake join loss on loss.brake_id = brake.id join entity on entity.id = loss.entity_id
       where brake.state = 'on' and brake.field = ''`,
      [name],
    );
    return new Set(rows.map((row) => row.tag));
  }

  /** When all is at rest: what went is counted, and a person puts it back. */
  async mend(worker: Worker, held: ReadonlySet<string>): Promise<Violation[]> {
    const brakes = await worker.brakes.list({ on: true, limit: 100 });
    for (const { id } of brakes) await worker.brakes.decide(id, "restore", "operator");
    if (!this.#deleted) return [];
    const { tags, elsewhere } = this.#deleted;
    const left = elsewhere.held("person").filter(({ tag }) => tags.has(tag)).length;
    const { removals } = this.#world.model;
    if (brakes.length > 0)
      for (const one of removals) if (tags.has(one.thing) || held.has(one.thing)) one.undone = true;
    if (tags.size - left <= GO_AT_MOST && brakes.length > 0) return [];
    return [
      {
        invariant: "R9 a mass deletion stops",
        words: `${tags.size} were deleted by mistake, ${tags.size - left} are gone at ${elsewhere.site}, and ${brakes.length} brakes are on`,
      },
    ];
  }

  /** After that: all of them are everywhere again, but for those that somebody else deleted too. */
  check(): Violation[] {
    if (!this.#deleted) return [];
    const { tags, at } = this.#deleted;
    const { model, vendors } = this.#world;
    const others = (tag: string): number => model.removals.filter((one) => one.thing === tag).length;
    return vendors.flatMap((vendor) => {
      const held = new Set(vendor.held("person").map(({ tag }) => tag));
      const lost = [...tags].filter((tag) => !held.has(tag) && others(tag) === 1 && !model.isMerged(tag));
      if (lost.length === 0) return [];
      const words = `${lost.length} of those that were deleted at ${at.site} by mistake are not back at ${vendor.site}: ${lost.slice(0, 5).join(", ")}`;
      return [{ invariant: "R9 one call puts a mass deletion back", words }];
    });
  }
}
