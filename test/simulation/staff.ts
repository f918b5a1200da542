// Those whom records belong to: three people with an account at both vendors, some of whom leave. In some worlds only, for their streams are
// looked at with all others.
import { pick, type Random } from "../../src/base/random.ts";
import type { Violation } from "./check.ts";
import type { hubspotVendor, salesforceVendor, Held, Vendor } from "./vendors.ts";
import type { World } from "./world.ts";

const NAMES = ["Ada", "Bob", "Cid"] as const;
type Name = (typeof NAMES)[number];
type Site = Vendor["site"];
/** One world in so many has them. */
const ONE_IN = 3;

/** The streams of those who own. */
export const STAFF_STREAMS = ["user", "owner"];

export class Staff {
  readonly here: boolean;
  readonly #world: World;
  readonly #ids = { salesforce: new Map<Name, string>(), hubspot: new Map<Name, string>() };
  readonly #left = new Set<Name>();
  readonly #given: { readonly tag: string; readonly site: Site; readonly name: Name; readonly unseen: boolean }[] = [];

  constructor(world: World) {
    this.#world = world;
    this.here = world.seed % ONE_IN === 0;
  }

  get #org() {
    return (this.#world.vendors[0] as ReturnType<typeof salesforceVendor>).org;
  }

  get #portal() {
    return (this.#world.vendors[1] as ReturnType<typeof hubspotVendor>).portal;
  }

  furnish(): void {
    if (!this.here) return;
    for (const name of NAMES) {
      const email = `${name.toLowerCase()}@staff.example.com`;
      this.#ids.salesforce.set(name, this.#org.data.addUser({ firstName: name, lastName: "Staff", email }));
      this.#ids.hubspot.set(name, this.#portal.data.addOwner({ firstName: name, lastName: "Staff", email }));
    }
  }

  plan(at: number, lastsMs: number, random: Random): void {
    if (!this.here) return;
    for (let given = 0; given < 3; given++)
      this.#world.plan(at + random.float() * lastsMs, "somebody is given something", (own) => this.#give(own));
    const time = at + random.float() * lastsMs;
    if (random.float() < 0.4) this.#world.plan(time, "somebody leaves", (own) => this.#leave(own));
  }

  #give(random: Random): void {
    const vendor = pick(random, this.#world.vendors);
    const all = vendor.all();
    const name = pick(random, NAMES);
    if (all.length === 0 || this.#left.has(name)) return;
    const held = pick(random, all);
    const id = this.#ids[vendor.site].get(name)!;
    if (!vendor.give(held, id)) return;
    this.#world.line(`* ${held.tag} is given to ${name} at ${vendor.site}`);
    this.#world.model.given.add(held.tag);
    const unseen = !this.#world.model.wasSeen(held.tag, vendor.site);
    this.#given.push({ tag: held.tag, site: vendor.site, name, unseen });
  }

  /** From one vendor, and from the other soon after or never. */
  #leave(random: Random): void {
    const name = pick(random, NAMES);
    if (this.#left.has(name)) return;
    this.#left.add(name);
    this.#world.faults.hit("67 an owner leaves");
    const sites = random.float() < 0.5 ? [pick(random, this.#world.vendors)] : this.#world.vendors;
    for (const { site } of sites) {
      const id = this.#ids[site].get(name)!;
      if (site === "hubspot") this.#portal.data.deactivateOwner(id);
      else this.#org.data.edit("User", id, { IsActive: false });
      this.#world.line(`* ${name} leaves ${site}`);
    }
  }

  /**
   * Nobody's owner is blanked; and whom one person gave something to, who is still there, has it at both. Given at a vendor where Winston had
   * made it and had not looked at it since, it is in the ledger: from there nobody can tell it from what the vendor gave it by itself.
   */
  async check(): Promise<Violation[]> {
    const found: Violation[] = [];
    const [salesforce, hubspot] = this.#world.vendors as [Vendor, Vendor];
    const { model } = this.#world;
    for (const [tag, given] of Map.groupBy(this.#given, (one) => one.tag)) {
      const records = [salesforce, hubspot].map((vendor) => vendor.all().filter((one) => one.tag === tag));
      if (model.isMerged(tag) || records.some((some) => some.length !== 1)) continue;
      const [there, other] = records.map(([one]) => one!) as [Held, Held];
      // Who left can own no record that is made anew.
      const stays = model.removals.every((one) => one.thing !== tag);
      if (stays && other.owner === undefined && given.some((one) => one.site === "hubspot"))
        found.push({
          invariant: "E36 nobody's owner is blanked",
          words: `${tag} had an owner at hubspot, and has none`,
        });
      const [{ name, site, unseen }] = given as [(typeof given)[number]];
      // Nor was what stood in a deleted record always seen before.
      if (!stays || given.length > 1 || this.#left.has(name)) continue;
      if (there.owner === this.#ids.salesforce.get(name) && other.owner === this.#ids.hubspot.get(name)) continue;
      if (unseen && (await this.#isInLedger(tag, this.#ids[site].get(name)!))) continue;
      found.push({
        invariant: "E36 nobody's owner is blanked",
        words: `${tag} was given to ${name} by the only one who gave it, and is ${this.#nameOf(there)}'s at salesforce and ${this.#nameOf(other)}'s at hubspot`,
      });
    }
    return found;
  }

  /** Whether the ledger has an owner of this whom a record there was given to. */
  async #isInLedger(tag: string, ownerId: string): Promise<boolean> {
    const { rows } = await this.#world.control.query(
      `select from conflict join entity on entity.id = conflict.entity_id join link on link.entity_id::text = conflict.record #>> '{}'
       where conflict.field = 'owner' and conflict.rule = 'filled' and coalesce(entity.fields ->> 'name', entity.fields ->> 'lastName') = $1 and link.record_id = $2`,
      [tag, ownerId],
    );
    return rows.length > 0;
  }

  #nameOf({ owner }: Held): string {
    for (const ids of [this.#ids.salesforce, this.#ids.hubspot])
      for (const [name, id] of ids) if (id === owner) return name;
    return owner === undefined ? "nobody" : "somebody else";
  }
}
