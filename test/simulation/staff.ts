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

/** One time that somebody was given something. */
interface Given {
  readonly tag: string;
  readonly site: Site;
  readonly name: Name;
  /** Nothing that anybody answered had shown the record there. */
  readonly unseen: boolean;
  readonly at: number;
}

/** Whom a record belongs to, by the ids of each vendor; undefined: nobody. */
export type Owners = Readonly<Record<Site, string | undefined>>;

/**
 * Whether each vendor shows what an undo leaves that takes something from whom one person gave it to at `site`. `to`: whose it is again,
 * null for nobody's. A vendor that knows no such person keeps whom it has, as does Salesforce where it is nobody's. Pure.
 */
export function isTakenBack(shown: Owners, of: { given: Owners; site: Site; to: Owners | null }): boolean {
  const { given, site, to } = of;
  return (["salesforce", "hubspot"] as const).every((vendor) => {
    const owner = shown[vendor];
    if (to === null && vendor === "hubspot") return owner === undefined;
    if (to?.[vendor] !== undefined) return owner === to[vendor];
    // It may never have come to the other, where they had nobody then.
    return owner === given[vendor] || (vendor !== site && owner === undefined);
  });
}

/**
 * Whether somebody was given what had been made at both in one moment, and no later than that by what the clocks of the vendors say: within
 * what they differ by, the newest is whose stamp is, and the other is in the ledger (docs/decisions/newest-by-observation.md). Whoever makes
 * a record at Salesforce owns it there: that is said with it, as all else in it. Pure. `behindMs`: how far the clock where it was given is
 * behind the other.
 */
export function passesForOlder(of: { madeAt: number | undefined; givenAt: number; behindMs: number }): boolean {
  return of.madeAt !== undefined && of.givenAt - of.madeAt <= of.behindMs;
}

export class Staff {
  readonly here: boolean;
  readonly #world: World;
  readonly #ids = { salesforce: new Map<Name, string>(), hubspot: new Map<Name, string>() };
  readonly #left = new Set<Name>();
  readonly #given: Given[] = [];

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
    this.#given.push({ tag: held.tag, site: vendor.site, name, unseen, at: this.#world.clock.now() });
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
   * Nobody's owner is blanked; and whom one person gave something to, who is still there, has it at both; an undo that takes it from them is
   * one more who gives it. Given at a vendor where Winston had made it and had not looked at it since, it is in the ledger: from there nobody
   * can tell it from what the vendor gave it by itself. So it is where people made it at both, and by the clocks it was given before that.
   */
  async check(): Promise<Violation[]> {
    const found: Violation[] = [];
    const [salesforce, hubspot] = this.#world.vendors as [Vendor, Vendor];
    const { model } = this.#world;
    for (const [tag, given] of Map.groupBy(this.#given, (one) => one.tag)) {
      const records = [salesforce, hubspot].map((vendor) => vendor.all().filter((one) => one.tag === tag));
      if (model.isMerged(tag) || records.some((some) => some.length !== 1)) continue;
      const [there, other] = records.map(([one]) => one!) as [Held, Held];
      const shown: Owners = { salesforce: there.owner, hubspot: other.owner };
      const [first] = given as [Given];
      const alone = given.length === 1;
      // Who left can own no record that is made anew.
      const stays = model.removals.every((one) => one.thing !== tag);
      const undone = stays && alone && (await this.#isUndone(first, shown));
      if (stays && !undone && other.owner === undefined && given.some((one) => one.site === "hubspot"))
        found.push({
          invariant: "E36 nobody's owner is blanked",
          words: `${tag} had an owner at hubspot, and has none`,
        });
      const { name, site, unseen } = first;
      // Nor was what stood in a deleted record always seen before.
      if (!stays || !alone || undone || this.#left.has(name)) continue;
      const asGiven = this.#idsOf(name);
      if (shown.salesforce === asGiven.salesforce && shown.hubspot === asGiven.hubspot) continue;
      if (unseen && (await this.#isInLedger(tag, asGiven[site]!, "filled"))) continue;
      if (this.#isOlder(first, shown) && (await this.#isInLedger(tag, asGiven[site]!, "newest"))) continue;
      found.push({
        invariant: "E36 nobody's owner is blanked",
        words: `${tag} was given to ${name} by the only one who gave it, and is ${this.#nameOf(there)}'s at salesforce and ${this.#nameOf(other)}'s at hubspot`,
      });
    }
    return found;
  }

  #idsOf(name: Name): Owners {
    return { salesforce: this.#ids.salesforce.get(name), hubspot: this.#ids.hubspot.get(name) };
  }

  /** Whether each vendor still has whom it had: at Salesforce who made it there, whom HubSpot does not know, because of its clock. */
  #isOlder({ tag, site, name, at }: Given, shown: Owners): boolean {
    const { faults, model } = this.#world;
    const behindMs = faults.vendorSkewMs("salesforce") - faults.vendorSkewMs("hubspot");
    return (
      site === "hubspot" &&
      passesForOlder({ madeAt: model.twice.get(tag), givenAt: at, behindMs }) &&
      shown.hubspot === this.#ids.hubspot.get(name) &&
      shown.salesforce !== undefined &&
      ![...this.#ids.salesforce.values()].includes(shown.salesforce)
    );
  }

  /** Whether somebody took this from whom it was given to, was shown so before, and it is as that left it. */
  async #isUndone({ tag, site, name }: Given, shown: Owners): Promise<boolean> {
    const { rows } = await this.#world.control.query<{ id: string; entityId: string; connectionId: string }>(
      `select record_id as id, entity_id::text as "entityId", connection_id::text as "connectionId" from link
       join entity on entity.id = link.entity_id where entity.kind = 'user' and link.state = 'active'`,
    );
    const given = this.#idsOf(name);
    const known = (entityId: string): Owners => {
      const [salesforce, hubspot] = this.#world.vendors.map(
        (vendor) =>
          rows.find((one) => one.entityId === entityId && one.connectionId === this.#world.connectionOf(vendor))?.id,
      );
      return { salesforce, hubspot };
    };
    return this.#world.model.edits
      .filter((one) => one.thing === tag && one.field === "owner" && one.repeats && one.sees !== null)
      .filter(({ sees }) => known(sees!)[site] === given[site])
      .some(({ value }) => isTakenBack(shown, { given, site, to: value === null ? null : known(value) }));
  }

  /** Whether the ledger has an owner of this whom a record there was given to, and who lost by this rule. */
  async #isInLedger(tag: string, ownerId: string, rule: "filled" | "newest"): Promise<boolean> {
    const { rows } = await this.#world.control.query(
      `select from conflict join entity on entity.id = conflict.entity_id
       join link on link.entity_id::text = (case conflict.winner when 'record' then conflict.winston else conflict.record end) #>> '{}'
       where conflict.field = 'owner' and conflict.rule = $3 and coalesce(entity.fields ->> 'name', entity.fields ->> 'lastName') = $1 and link.record_id = $2`,
      [tag, ownerId, rule],
    );
    return rows.length > 0;
  }

  #nameOf({ owner }: Held): string {
    for (const ids of [this.#ids.salesforce, this.#ids.hubspot])
      for (const [name, id] of ids) if (id === owner) return name;
    return owner === undefined ? "nobody" : "somebody else";
  }
}
