// The portal from within: what its own users and administrators do in the vendor's pages, for tests, stories and the
// control surface. The same rules apply as through the API, limits and scopes apart.
import { makeLabel } from "./associations.ts";
import { plainTie, primaryTie, type ObjectType } from "./object-types.ts";
import { addPipeline } from "./pipelines.ts";
import { newNumber, pipelinesOf, typeOr404, type Actor, type Owner, type Pipeline, type Portal } from "./portal.ts";
import type { Property } from "./properties.ts";
import { createProperty } from "./property-api.ts";
import type { Rec } from "./records.ts";
import { notFound, uuid } from "./refusal.ts";
import { tiesOf } from "./associations.ts";
import { valueOf } from "./values.ts";
import { archive, merge, planCreate, planUpdate, purge, restore, tie, untie, type Given } from "./writes.ts";

/** How a change is made. */
export interface Manner {
  /** A user in the portal's pages, by default; an import shares one stamp with many others. */
  readonly source?: "CRM_UI" | "IMPORT" | "INTEGRATION";
  /** Search sees it this much later than it would, in milliseconds. */
  readonly lateMs?: number;
  /** The stamp, in milliseconds; the clock's by default. */
  readonly at?: number;
}

export interface NewOwner {
  readonly firstName: string;
  readonly lastName: string;
  readonly email: string;
  readonly type?: "PERSON" | "QUEUE";
  readonly active?: boolean;
}

/** Every property of a record by name, null when empty, computed ones too; `archived` besides. */
export type Shown = Readonly<Record<string, string | null>> & { readonly id: string };

export class Data {
  readonly #portal: Portal;

  constructor(portal: Portal) {
    this.#portal = portal;
  }

  /** Adds a record as a user would; returns its id. Throws a Refusal as the vendor would. */
  add(object: string, properties: Given, manner: Manner = {}): string {
    return planCreate(this.#portal, typeOr404(object).name, { properties }, actor(manner)).commit().id;
  }

  edit(object: string, id: string, properties: Given, manner: Manner = {}): void {
    const type = typeOr404(object);
    planUpdate(this.#portal, type.name, this.#record(type, id), properties, actor(manner)).commit();
  }

  /** Into the recycle bin. */
  archive(object: string, id: string, manner: Manner = {}): void {
    const type = typeOr404(object);
    archive(this.#portal, type.name, this.#record(type, id), actor(manner));
  }

  restore(object: string, id: string, manner: Manner = {}): void {
    const type = typeOr404(object);
    restore(this.#portal, type.name, this.#record(type, id), actor(manner));
  }

  /** Returns the id of the record the two are now. */
  merge(object: string, primaryId: string, otherId: string, manner: Manner = {}): string {
    return merge(this.#portal, typeOr404(object).name, primaryId, otherId, actor(manner)).id;
  }

  /** Deletes a contact for good, for privacy. */
  privacyDelete(id: string): void {
    purge(this.#portal, "contacts", this.#record(typeOr404("contacts"), id));
  }

  /** Ties two records: by the plain kind, as "Primary", or by a label. */
  associate(object: string, id: string, other: string, otherId: string, label?: string, manner: Manner = {}): void {
    const [from, to] = [typeOr404(object).name, typeOr404(other).name];
    const kinds = this.#portal.ties.kinds(from, to);
    const kind =
      label === undefined
        ? plainTie(from, to)
        : label === "Primary"
          ? primaryTie(from, to)
          : kinds.find((one) => one.label === label);
    if (!kind) throw new Error(`There is no association ${label ?? ""} from ${from} to ${to}.`);
    tie(this.#portal, { type: from, id }, { type: to, id: otherId }, kind, actor(manner));
  }

  dissociate(object: string, id: string, other: string, otherId: string, manner: Manner = {}): void {
    const [from, to] = [typeOr404(object).name, typeOr404(other).name];
    untie(this.#portal, { type: from, id }, { type: to, id: otherId }, undefined, actor(manner));
  }

  /** The live records of another object tied to this one, with the labels seen from here. */
  associations(object: string, id: string, other: string): { id: string; labels: string[] }[] {
    return tiesOf(this.#portal, { type: typeOr404(object).name, id }, typeOr404(other).name).map((one) => ({
      id: one.id,
      labels: one.kinds.flatMap((kind) => kind.label ?? []),
    }));
  }

  /** The record, archived ones too; undefined when there is none, or when it was merged away. */
  get(object: string, id: string): Shown | undefined {
    const type = typeOr404(object);
    const rec = this.#portal.records.get(type.name, id);
    return rec && this.#shown(type, rec);
  }

  list(object: string, options: { readonly archived?: boolean } = {}): Shown[] {
    const type = typeOr404(object);
    const wanted = options.archived ?? false;
    return [...this.#portal.records.table(type.name).afterId(undefined)]
      .filter((rec) => (rec.archivedAt !== undefined) === wanted)
      .map((rec) => this.#shown(type, rec));
  }

  /** The id of the record a merged one is in now; undefined when it was never merged away. */
  survivorOf(object: string, id: string): string | undefined {
    return this.#portal.records.survivorOf(typeOr404(object).name, id);
  }

  /** How many live records each object has, and how many owners. */
  counts(): Record<string, number> {
    const counts: Record<string, number> = { owners: this.#portal.owners.size };
    for (const [type, recs] of this.#portal.records.all()) {
      let live = 0;
      for (const rec of recs) if (rec.archivedAt === undefined) live += 1;
      counts[type] = live;
    }
    return counts;
  }

  /**
   * Loads many records at once without the vendor's checks, for measurements; search sees them at once. Stamps are the
   * clock's or `at(index)`. Returns the ids.
   */
  load(object: string, rows: readonly Readonly<Record<string, string>>[], at?: (index: number) => number): string[] {
    const { records, clock } = this.#portal;
    const { name } = typeOr404(object);
    const ids = rows.map((properties, index) => {
      const stamp = at ? at(index) : clock.now();
      const rec: Rec = { id: records.table(name).newId(), properties, createdAt: stamp, updatedAt: stamp };
      records.put(name, rec, clock.now());
      return rec.id;
    });
    records.settle(clock.now());
    return ids;
  }

  /** Lets search catch up with everything at once. */
  indexNow(): void {
    this.#portal.records.settle(Infinity);
  }

  /** Makes a property as an administrator would; the body is that of the API. */
  addProperty(object: string, body: Readonly<Record<string, unknown>>): void {
    const { name, singular } = typeOr404(object);
    createProperty(this.#portal, name, { groupName: `${singular}information`, ...body });
  }

  /** Changes a definition in ways the API has not: `readOnlyValue`, `options`, `archivedAt` … */
  changeProperty(object: string, name: string, changes: Partial<Property>): void {
    const type = typeOr404(object).name;
    const property = this.#portal.schema.find(type, name);
    if (!property) throw new Error(`The simulated portal has no property ${name} of ${type}.`);
    this.#portal.schema.put(type, { ...property, ...changes });
  }

  addOwner(owner: NewOwner, manner: Manner = {}): string {
    const at = manner.at ?? this.#portal.clock.now();
    const id = newNumber(this.#portal);
    const { active, ...rest } = owner;
    this.#portal.owners.set(id, {
      type: "PERSON",
      ...rest,
      id,
      userId: 9_000_000 + this.#portal.made,
      createdAt: at,
      updatedAt: at,
      archived: active === false,
    });
    return id;
  }

  /** Records keep who owned them. */
  deactivateOwner(id: string): void {
    this.#changeOwner(id, { archived: true });
  }

  activateOwner(id: string): void {
    this.#changeOwner(id, { archived: false });
  }

  owners(): Owner[] {
    return [...this.#portal.owners.values()];
  }

  /** A label for associations, and its name from the other side. */
  addLabel(object: string, other: string, label: string, inverseLabel = label): void {
    makeLabel(this.#portal, typeOr404(object).name, typeOr404(other).name, label, inverseLabel);
  }

  pipelines(object = "deals"): Pipeline[] {
    return pipelinesOf(this.#portal, typeOr404(object).name);
  }

  addPipeline(object: string, body: Readonly<Record<string, unknown>>): string {
    return addPipeline(this.#portal, typeOr404(object).name, body).id;
  }

  /** Removes a pipeline, whatever is still in it. */
  removePipeline(object: string, id: string): void {
    this.#portal.pipelines.get(typeOr404(object).name)?.delete(id);
  }

  /** What the authorize page would hand to the redirect address. */
  authorizationCode(): string {
    const code = uuid(this.#portal.random);
    this.#portal.codes.add(code);
    return code;
  }

  /** Every access token of the OAuth app is expired: the next call answers 401. */
  expireTokens(): void {
    for (const [token, one] of this.#portal.tokens)
      this.#portal.tokens.set(token, { ...one, expiresAt: this.#portal.clock.now() });
  }

  revokeRefreshTokens(): void {
    this.#portal.refreshTokens.clear();
  }

  #changeOwner(id: string, changes: Partial<Owner>): void {
    const owner = this.#portal.owners.get(id);
    if (!owner) throw notFound(`There is no owner ${id}`);
    this.#portal.owners.set(id, { ...owner, ...changes, updatedAt: this.#portal.clock.now() });
  }

  #record(type: ObjectType, id: string): Rec {
    const rec = this.#portal.records.get(type.name, id);
    if (!rec) throw notFound(`There is no ${type.singular} ${id}`);
    return rec;
  }

  #shown(type: ObjectType, rec: Rec): Shown {
    const values: [string, string | null][] = this.#portal.schema
      .list(type.name)
      .map(({ name }) => [name, valueOf(this.#portal, type.name, rec, name)]);
    return { ...Object.fromEntries(values), archived: String(rec.archivedAt !== undefined), id: rec.id };
  }
}

const actor = (manner: Manner): Actor => ({
  source: manner.source ?? "CRM_UI",
  ...(manner.at === undefined ? {} : { at: manner.at }),
  ...(manner.lateMs === undefined ? {} : { lateMs: manner.lateMs }),
});
