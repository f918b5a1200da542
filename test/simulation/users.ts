// The people of a world: they make, edit and delete things on every side, and know no more than what stands before them.
import { pick, type Random } from "../../src/base/random.ts";
import { task } from "./scheduler.ts";
import { DAY, FIELDS, keyOf, TAG, type Held, type Kind, type Vendor } from "./vendors.ts";
import type { World } from "./world.ts";

/** How often an edit empties a field that has a value. */
const CLEARS = 0.15;

export class Users {
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  /** What is there when Winston comes: some of it at one vendor, some at the other, some at both. */
  furnish(random: Random): void {
    const { vendors, model } = this.#world;
    for (const kind of this.#world.size.kinds) {
      for (let index = 0; index < this.#world.size.furnished(kind); index++) {
        const tag = model.thing(kind);
        // People at both are known by their address; deals and accounts made twice would need more to be matched.
        const both = kind === "person" && random.float() < 0.4;
        if (both) model.twice.set(tag, this.#world.clock.now());
        const first = pick(random, vendors);
        for (const vendor of both ? vendors : [first]) this.#add(random, vendor, kind, tag);
      }
    }
  }

  /** Something somebody does. `random` is the event's own, so that leaving one event out changes no other. */
  async act(random: Random): Promise<void> {
    const chance = random.float();
    if (chance < 0.12) return this.#make(random);
    if (chance < 0.2) return this.#remove(random);
    if (chance < 0.24) return this.#convert(random);
    if (chance < 0.45) return void (await this.#editHere(random));
    return this.#editThere(random);
  }

  #make(random: Random): void {
    const { vendors, model } = this.#world;
    const kind = pick(random, this.#world.size.kinds);
    const tag = model.thing(kind);
    const both = kind === "person" && random.float() < 0.3;
    if (both) model.twice.set(tag, this.#world.clock.now());
    if (both) this.#world.faults.hit("56 one person is made on both sides at once");
    for (const vendor of both ? vendors : [pick(random, vendors)]) this.#add(random, vendor, kind, tag);
  }

  /** Many things made at one moment at one place, as an import does. */
  makeMany(
    random: Random,
    count: number,
    vendor = pick(random, this.#world.vendors),
    kind = this.#world.size.kinds[0]!,
  ): string[] {
    const tags = Array.from({ length: count }, () => this.#world.model.thing(kind));
    for (const tag of tags) this.#add(random, vendor, kind, tag);
    return tags;
  }

  /** Somebody edits something at this vendor. */
  edit(random: Random, vendor: Vendor): void {
    const held = this.#one(random, vendor);
    if (held) this.#edit(random, vendor, ...held);
  }

  /** Somebody writes a new value into a field, and it is returned. */
  editField(vendor: Vendor, held: Held, field: string): string {
    const { model } = this.#world;
    const value = model.value(field);
    if (!vendor.edit(held, { [field]: value })) throw new Error(`${vendor.site} does not let anybody edit ${held.tag}`);
    this.#world.line(`* ${held.tag} is edited at ${vendor.site}: ${field} = ${value}`);
    model.edit({ thing: held.tag, field, site: vendor.site, value, sees: held.fields[field] ?? null });
    return value;
  }

  makeAt(random: Random, vendor: Vendor): void {
    const kind = pick(random, this.#world.size.kinds);
    this.#add(random, vendor, kind, this.#world.model.thing(kind));
  }

  /** What others have in an account of theirs, which nobody here made. */
  makeStranger(random: Random, stranger: Vendor): void {
    for (const kind of this.#world.size.kinds) stranger.add(kind, `Stranger${Math.floor(random.float() * 100)}`, {});
  }

  removeSomethingAt(random: Random, vendor: Vendor): void {
    const held = this.#one(random, vendor);
    if (held) this.removeAt(vendor, held[1]);
  }

  /** Somebody edits once more what was just written at this vendor. Returns whether there was anything. */
  editAgain(random: Random, vendor: Vendor): boolean {
    const held = this.#one(random, vendor);
    if (!held) return false;
    this.#edit(random, vendor, ...held);
    return true;
  }

  /** One deletes what another edits elsewhere, in this or the other order. Returns whether there was anything. */
  editAgainstRemoval(random: Random): boolean {
    const [one, other] = random.float() < 0.5 ? this.#world.vendors : this.#world.vendors.toReversed();
    const held = this.#one(random, one!);
    const twin = held && other!.held(held[0]).find(({ tag }) => tag === held[1].tag);
    if (!held || !twin) return false;
    const acts = [() => this.#edit(random, other!, held[0], twin), () => this.removeAt(one!, held[1])];
    for (const act of random.float() < 0.5 ? acts : acts.toReversed()) act();
    return true;
  }

  /** Something at a vendor acts on what was just written there. Returns whether it did. */
  automation(vendor: Vendor, held: Held, written: readonly string[], before: Held | undefined): boolean {
    const { model, faults } = this.#world;
    const kind = model.things.get(held.tag)?.kind;
    const field = written.find((name) => /^[a-z]\w* v\d/u.test(held.fields[name]!));
    if (!kind || !field) return false;
    const does = faults.automation();
    const other = FIELDS[kind].map(([name]) => name).find((name) => !written.includes(name));
    const target = does === "edits" ? (other ?? field) : field;
    const repeats = does === "reverts" && before !== undefined;
    const value = repeats
      ? (before.fields[field] ?? null)
      : does === "edits"
        ? model.value(target)
        : held.fields[field]!.replace(/^./u, (letter) => letter.toUpperCase());
    if (!vendor.edit(held, { [target]: value })) return false;
    this.#world.line(`* ${held.tag} is changed by ${vendor.site} itself: ${target} = ${value ?? "blank"}`);
    model.edit({
      thing: held.tag,
      field: target,
      site: vendor.site,
      value,
      sees: held.fields[target] ?? null,
      repeats,
    });
    return true;
  }

  /** Somebody makes one of two people at a vendor. Returns whether there were two. */
  merge(random: Random): boolean {
    const vendor = pick(random, this.#world.vendors);
    const people = vendor.held("person");
    const [kept] = people.length > 1 ? [pick(random, people)] : [];
    const others = people.filter((one) => one.object === kept?.object && one.tag !== kept.tag);
    if (!kept || others.length === 0) return false;
    const lost = pick(random, others);
    if (!vendor.merge(kept, lost)) return false;
    this.#world.line(`* ${lost.tag} is merged into ${kept.tag} at ${vendor.site}`);
    this.#world.model.merge(kept.tag, lost.tag, vendor.site);
    return true;
  }

  #convert(random: Random): void {
    const { vendors, model } = this.#world;
    const [salesforce] = vendors as [Vendor, Vendor];
    if (!this.#world.size.kinds.includes("person")) return;
    const leads = salesforce.held("person").filter((one) => one.object === "Lead");
    if (leads.length === 0) return;
    const lead = pick(random, leads);
    const made = salesforce.convert(lead);
    if (!made) return;
    this.#world.line(`* ${lead.tag} is converted at salesforce, with account ${made.account}`);
    model.convert(lead.tag);
    model.things.set(made.account, { kind: "account" });
    for (const [field, value] of Object.entries(made.fields))
      model.edit({ thing: made.account, field, site: "salesforce", value, sees: null });
  }

  #add(random: Random, vendor: Vendor, kind: Kind, tag: string): void {
    const { model } = this.#world;
    const wanted: Record<string, string> = {};
    for (const [field] of FIELDS[kind]) if (random.float() < 0.7 || field === DAY) wanted[field] = model.value(field);
    const least: Record<string, string> = kind === "deal" ? { [DAY]: wanted[DAY]! } : {};
    const whosever = kind === "deal" && random.float() < 0.5 ? this.#any(random, vendor.held("account")) : undefined;
    // Whose account is locked just now is made without it; where a rule does not take a value, without any.
    const made = [
      { fields: wanted, account: whosever },
      { fields: wanted, account: undefined },
      { fields: least, account: undefined },
    ].find(
      ({ fields, account }) => vendor.add(kind, tag, fields, account ? { account: account.id } : {}) !== undefined,
    );
    if (!made) throw new Error(`${vendor.site} does not let anybody make ${tag}`);
    const { fields, account } = made;
    if (account) model.accounts.set(tag, account.tag);
    const whose = account ? ` of ${account.tag}` : "";
    this.#world.line(`* ${tag}${whose} is made at ${vendor.site}: ${JSON.stringify(fields)}`);
    for (const [field, value] of Object.entries(fields))
      model.edit({ thing: tag, field, site: vendor.site, value, sees: null });
  }

  #editThere(random: Random): void {
    const vendor = pick(random, this.#world.vendors);
    const held = this.#one(random, vendor);
    if (held) this.#edit(random, vendor, ...held);
  }

  #edit(random: Random, vendor: Vendor, kind: Kind, one: Held): void {
    const { model } = this.#world;
    const fields: Record<string, string | null> = {};
    const [field] = pick(random, FIELDS[kind]);
    const clears = one.fields[field] !== undefined && random.float() < CLEARS && field !== DAY;
    fields[field] = clears ? null : model.value(field);
    if (random.float() < 0.3) {
      const [other] = pick(random, FIELDS[kind]);
      fields[other] ??= model.value(other);
    }
    const lateMs = this.#world.faults.lateMs(vendor);
    if (!vendor.edit(one, fields, lateMs === undefined ? {} : { lateMs })) return;
    this.#world.line(`* ${one.tag} is edited at ${vendor.site}: ${JSON.stringify(fields)}`);
    if (fields[DAY] !== undefined && vendor.zone !== "UTC")
      this.#world.faults.hit("27 a day of a zone whose clocks change");
    for (const [name, value] of Object.entries(fields))
      model.edit({ thing: one.tag, field: name, site: vendor.site, value, sees: one.fields[name] ?? null });
  }

  #remove(random: Random): void {
    const { vendors } = this.#world;
    const vendor = pick(random, vendors);
    const held = this.#one(random, vendor);
    if (!held) return;
    this.removeAt(vendor, held[1]);
  }

  removeAt(vendor: Vendor, one: Held): void {
    const before = vendor.all();
    if (!vendor.remove(one)) return;
    // Salesforce deletes an account with its deals.
    const after = vendor.all();
    const left = new Set(after.map(keyOf));
    for (const held of before) {
      if (left.has(keyOf(held))) continue;
      const { tag, fields } = held;
      this.#world.line(`* ${tag} is deleted at ${vendor.site}${tag === one.tag ? "" : ` with ${one.tag}`}`);
      const { model } = this.#world;
      const twins = model.twice.has(tag) ? after.filter((one) => one.tag === tag).map((one) => one.fields) : [];
      const unknown = model.twice.has(tag) && !model.wasSeen(tag, vendor.site);
      model.removal({ thing: tag, site: vendor.site, saw: fields, twins, unknown });
    }
  }

  /** An edit through Winston's own API; its answer may never come. */
  async editHere(random: Random): Promise<void> {
    await (
      await this.#editHere(random)
    )?.answer;
  }

  async #editHere(random: Random): Promise<{ readonly answer: Promise<void> } | undefined> {
    const { model, control } = this.#world;
    const worker = this.#world.api(random);
    if (!worker) return undefined;
    const kind = pick(random, this.#world.size.kinds);
    const { rows } = await control.query<{ id: string; fields: Record<string, string> }>(
      "select id, fields from entity where kind = $1 and deleted_at is null and merged_into is null order by id",
      [kind],
    );
    if (rows.length === 0) return undefined;
    const row = pick(random, rows);
    const tag = String(row.fields[TAG[kind][0]]);
    const [field] = pick(random, FIELDS[kind]);
    const clears = row.fields[field] !== undefined && random.float() < CLEARS && field !== DAY;
    const value = clears ? null : model.value(field);
    const actor = `key:${value ?? model.value("clear")}`;
    const edit = model.edit({ thing: tag, field, site: "winston", value, sees: null, state: "maybe", actor });
    this.#world.line(`* ${tag} is edited here: ${field} = ${value ?? "blank"}`);
    const answer = task
      .run(actor, () =>
        worker.records.save([{ id: row.id, input: { [field]: value } }], {
          kind,
          mode: "update",
          unknownKeys: "error",
          actor,
        }),
      )
      .then(
        async ([result]) => {
          edit.state = result!.status === "failed" ? "refused" : "sure";
        },
        () => {},
      );
    return { answer };
  }

  #any<T>(random: Random, list: readonly T[]): T | undefined {
    return list.length === 0 ? undefined : pick(random, list);
  }

  #one(random: Random, vendor: Vendor): [Kind, Held] | undefined {
    const kind = pick(random, this.#world.size.kinds);
    const held = vendor.held(kind);
    const one = this.#any(random, held);
    return one && [kind, one];
  }
}
