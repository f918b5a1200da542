// The people of a world: they make, edit and delete things on every side, and know no more than what stands before them.
import { pick, type Random } from "../../src/base/random.ts";
import { task } from "./scheduler.ts";
import { FIELDS, TAG, type Held, type Kind, type Vendor } from "./vendors.ts";
import type { World } from "./world.ts";

/** How often an edit empties a field that has a value. */
const CLEARS = 0.15;
const KINDS: readonly Kind[] = ["person", "account", "deal"];

export class Users {
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  /** What is there when Winston comes: some of it at one vendor, some at the other, some at both. */
  furnish(random: Random): void {
    const { vendors, model } = this.#world;
    for (const kind of KINDS) {
      const count = kind === "person" ? 5 : 3;
      for (let index = 0; index < count; index++) {
        const tag = model.thing(kind);
        // People at both are known by their address; deals and accounts made twice would need more to be matched.
        const both = kind === "person" && random.float() < 0.4;
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
    if (chance < 0.45) return this.#editHere(random);
    return this.#editThere(random);
  }

  #make(random: Random): void {
    const { vendors, model } = this.#world;
    const kind = pick(random, KINDS);
    const tag = model.thing(kind);
    const both = kind === "person" && random.float() < 0.3;
    for (const vendor of both ? vendors : [pick(random, vendors)]) this.#add(random, vendor, kind, tag);
  }

  /** Many things made at one moment at one place, as an import does. */
  makeMany(random: Random, count: number): void {
    const vendor = pick(random, this.#world.vendors);
    for (let index = 0; index < count; index++) this.#add(random, vendor, "person", this.#world.model.thing("person"));
  }

  /** Somebody edits once more what was just written at this vendor. Returns whether there was anything. */
  editAgain(random: Random, vendor: Vendor): boolean {
    const held = this.#one(random, vendor);
    if (!held) return false;
    this.#edit(random, vendor, ...held);
    return true;
  }

  #add(random: Random, vendor: Vendor, kind: Kind, tag: string): void {
    const { model } = this.#world;
    const fields: Record<string, string> = {};
    for (const [field] of FIELDS[kind]) if (random.float() < 0.7) fields[field] = model.value(field);
    vendor.add(kind, tag, fields);
    this.#world.line(`* ${tag} is made at ${vendor.site}: ${JSON.stringify(fields)}`);
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
    fields[field] = one.fields[field] !== undefined && random.float() < CLEARS ? null : model.value(field);
    if (random.float() < 0.3) {
      const [other] = pick(random, FIELDS[kind]);
      fields[other] ??= model.value(other);
    }
    const lateMs = this.#world.faults.lateMs();
    if (!vendor.edit(one, fields, lateMs === undefined ? {} : { lateMs })) return;
    this.#world.line(`* ${one.tag} is edited at ${vendor.site}: ${JSON.stringify(fields)}`);
    for (const [name, value] of Object.entries(fields))
      model.edit({ thing: one.tag, field: name, site: vendor.site, value, sees: one.fields[name] ?? null });
  }

  #remove(random: Random): void {
    const { vendors, model } = this.#world;
    const vendor = pick(random, vendors);
    const held = this.#one(random, vendor);
    if (!held) return;
    const [, one] = held;
    if (!vendor.remove(one)) return;
    this.#world.line(`* ${one.tag} is deleted at ${vendor.site}`);
    model.removal({ thing: one.tag, site: vendor.site, saw: one.fields });
  }

  /** An edit through Winston's own API; its answer may never come. */
  async #editHere(random: Random): Promise<void> {
    const { model, control } = this.#world;
    const worker = this.#world.api(random);
    if (!worker) return;
    const kind = pick(random, KINDS);
    const { rows } = await control.query<{ id: string; fields: Record<string, string> }>(
      "select id, fields from entity where kind = $1 and deleted_at is null and merged_into is null order by id",
      [kind],
    );
    if (rows.length === 0) return;
    const row = pick(random, rows);
    const tag = String(row.fields[TAG[kind][0]]);
    const [field] = pick(random, FIELDS[kind]);
    const value = row.fields[field] !== undefined && random.float() < CLEARS ? null : model.value(field);
    const actor = `key:${value ?? model.value("clear")}`;
    const edit = model.edit({ thing: tag, field, site: "winston", value, sees: null, state: "maybe", actor });
    this.#world.line(`* ${tag} is edited here: ${field} = ${value ?? "blank"}`);
    void task
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
  }

  #one(random: Random, vendor: Vendor): [Kind, Held] | undefined {
    const kind = pick(random, KINDS);
    const held = vendor.held(kind);
    return held.length === 0 ? undefined : [kind, pick(random, held)];
  }
}
