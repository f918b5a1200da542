// What the portal does with a write, from whomever it comes: judged first, with nothing changed, then done. Batches judge
// all their inputs before they do any.
import { said } from "../shared/exchange.ts";
import { LIFECYCLE_PROPERTY, acceptedPipeline, pickLifecycle } from "./deal-rules.ts";
import { objectType, type TieType } from "./object-types.ts";
import type { Actor, Portal } from "./portal.ts";
import type { Past, Rec } from "./records.ts";
import { Refusal, badValues, invalid, notFound, type BadValue } from "./refusal.ts";
import type { Ref } from "./ties.ts";
import { accept, sourceIdOf } from "./values.ts";

export type Given = Readonly<Record<string, unknown>>;

/** Values that inputs of the same batch are about to take, so that two of them cannot have the same. */
export type Claims = Set<string>;

/** A write that was found good. `commit` does it and returns the record; `names` are the properties it sets. */
export interface Plan {
  readonly names: readonly string[];
  commit(): Rec;
}

/** A record as it was asked for; a merged id leads to the record it is in, if the dial says so. Archived ones only if asked. */
export function findRecord(portal: Portal, type: string, id: string, archived = false): Rec | undefined {
  const { records, dials } = portal;
  const rec =
    records.get(type, id) ??
    (dials.settings.mergedIdsRedirect ? records.get(type, records.survivorOf(type, id) ?? "") : undefined);
  return rec && (rec.archivedAt !== undefined) === archived ? rec : undefined;
}

/** A live record by a property that names one record only. Throws when the property does not. */
export function findBy(portal: Portal, type: string, property: string, value: string): Rec | undefined {
  if (property === "hs_object_id") return findRecord(portal, type, value);
  if (type === "contacts" && property === "email") return contactByEmail(portal, value);
  const definition = portal.schema.live(type, property);
  if (!definition?.hasUniqueValue)
    throw invalid(`${property} is not a unique property of ${type}; idProperty must be one`, {
      context: { idProperty: [property] },
    });
  return liveWith(portal, type, property, value);
}

export function contactByEmail(portal: Portal, email: string): Rec | undefined {
  const wanted = email.trim().toLowerCase();
  const alias = portal.emailAliases.get(wanted);
  return (
    liveWith(portal, "contacts", "email", wanted) ??
    (alias === undefined ? undefined : findRecord(portal, "contacts", alias))
  );
}

function liveWith(portal: Portal, type: string, property: string, value: string): Rec | undefined {
  for (const id of portal.records.table(type).find(property, value)) {
    const rec = portal.records.get(type, id);
    if (rec && rec.archivedAt === undefined) return rec;
  }
  return undefined;
}

/** Judges a new record: its values and its associations. */
export function planCreate(
  portal: Portal,
  type: string,
  input: { readonly properties: Given; readonly associations?: unknown },
  actor: Actor,
  claims: Claims = new Set(),
): Plan {
  const values = judge(portal, type, undefined, input.properties, claims);
  const { oneOf, singular } = objectType(type)!;
  if (oneOf.length > 0 && !oneOf.some((name) => values.get(name)))
    throw invalid(`A ${singular} needs at least one of the properties [${oneOf.join(", ")}]`);
  requireRules(portal, type, values, actor);
  requireConditional(portal, type, values, actor, values);
  const ties = judgeTies(portal, type, input.associations);
  return {
    names: [...Object.keys(input.properties), ...values.keys()],
    commit: () => {
      const at = actor.at ?? portal.clock.now();
      const properties: Record<string, string> = {
        hs_object_source: actor.source,
        hs_object_source_id: sourceIdOf(actor.source),
        hs_object_source_label: actor.source,
      };
      for (const [name, value] of values) if (value !== "") properties[name] = value;
      const rec = { id: portal.records.table(type).newId(), properties, createdAt: at, updatedAt: at };
      put(portal, type, rec, actor);
      for (const { to, kind } of ties) tie(portal, { type, id: rec.id }, to, kind, actor);
      return portal.records.get(type, rec.id)!;
    },
  };
}

export function planUpdate(
  portal: Portal,
  type: string,
  rec: Rec,
  given: Given,
  actor: Actor,
  claims: Claims = new Set(),
): Plan {
  const values = judge(portal, type, rec, given, claims);
  requireConditional(portal, type, new Map([...Object.entries(rec.properties), ...values]), actor, values);
  return {
    names: Object.keys(given),
    commit: () => change(portal, type, portal.records.get(type, rec.id) ?? rec, values, actor),
  };
}

/** Moves a record to the recycle bin. Its associations come back when it is restored. */
export function archive(portal: Portal, type: string, rec: Rec, actor: Actor): void {
  const at = actor.at ?? portal.clock.now();
  put(portal, type, { ...rec, archivedAt: at, updatedAt: Math.max(at, rec.updatedAt) }, actor);
}

export function restore(portal: Portal, type: string, rec: Rec, actor: Actor): void {
  const { archivedAt: _, ...live } = rec;
  put(portal, type, { ...live, updatedAt: Math.max(actor.at ?? portal.clock.now(), rec.updatedAt) }, actor);
}

/** Deletes for good, for privacy: the record is nowhere any more, not even among the archived ones. */
export function purge(portal: Portal, type: string, rec: Rec): void {
  for (const [other] of portal.ties.all({ type, id: rec.id })) portal.ties.remove({ type, id: rec.id }, other);
  for (const [email, id] of portal.emailAliases) if (id === rec.id) portal.emailAliases.delete(email);
  portal.records.purge(type, rec.id);
}

/**
 * Makes two records one: the primary's values win, the other's fill what is empty, associations come together, a second
 * address becomes an additional one. The result has a new id unless the portal keeps the primary's. Throws as the vendor refuses.
 */
export function merge(portal: Portal, type: string, primaryId: string, otherId: string, actor: Actor): Rec {
  const primary = findRecord(portal, type, primaryId);
  const other = findRecord(portal, type, otherId);
  if (!primary || !other) throw notFound(`No ${objectType(type)!.singular} with id ${primary ? otherId : primaryId}`);
  if (primary.id === other.id) throw invalid(`Cannot merge a record with itself: ${primary.id}`);
  const at = actor.at ?? portal.clock.now();
  const keep = portal.dials.settings.mergeKeepsPrimaryId;
  const id = keep ? primary.id : portal.records.table(type).newId();
  const swallowed = [primary.id, other.id].filter((one) => one !== id);
  const properties: Record<string, string> = { ...other.properties, ...primary.properties };
  const mergedIds = [primary, other].flatMap((one) => one.properties["hs_merged_object_ids"]?.split(";") ?? []);
  properties["hs_merged_object_ids"] = [...mergedIds, ...swallowed].join(";");
  const stage = pickLifecycle(portal, type, primary, other);
  if (stage !== undefined) properties[LIFECYCLE_PROPERTY] = stage;
  if (type === "contacts") {
    const emails = [primary, other].flatMap((one) => [
      ...(one.properties["email"] ? [one.properties["email"]] : []),
      ...(one.properties["hs_additional_emails"]?.split(";") ?? []),
    ]);
    const more = [...new Set(emails)].filter((one) => one !== properties["email"]);
    if (more.length > 0) properties["hs_additional_emails"] = more.join(";");
    for (const email of more) portal.emailAliases.set(email, id);
  }
  const self = { type, id };
  const ties = [primary, other].flatMap((one) => portal.ties.all({ type, id: one.id }));
  for (const one of [primary, other])
    for (const [to] of portal.ties.all({ type, id: one.id })) portal.ties.remove({ type, id: one.id }, to);
  for (const one of swallowed) {
    portal.records.purge(type, one);
    portal.records.noteMerge(type, one, id);
  }
  const rec: Rec = {
    id,
    properties,
    createdAt: Math.min(primary.createdAt, other.createdAt),
    updatedAt: at,
    ...(primary.past ? { past: primary.past } : {}),
  };
  put(portal, type, rec, actor);
  const taken = new Set<string>();
  for (const [to, kinds] of ties)
    for (const number of kinds) {
      const kind = portal.ties.kindById(number)!;
      if (to.type === type && (to.id === primary.id || to.id === other.id)) continue; // Tied to each other.
      const only = `${kind.id} ${to.type}`;
      if (kind.single && taken.has(only)) continue; // The primary's own comes first.
      if (kind.single) taken.add(only);
      portal.ties.add(self, to, kind);
    }
  return rec;
}

/** Ties two records and moves their stamps, as the dial says. */
export function tie(portal: Portal, from: Ref, to: Ref, kind: TieType, actor: Actor): void {
  if (portal.ties.add(from, to, kind)) touch(portal, [from, to], actor);
}

/**
 * Ties two records by these kinds. Where the dial says so, labels that an administrator made and that are not among them give way: the guide's
 * way to replace a label is to send the new one alone, and to add one is to send all of them (Associations guide, "Update record association labels").
 */
export function label(portal: Portal, from: Ref, to: Ref, kinds: readonly TieType[], actor: Actor): void {
  if (portal.dials.settings.labelsReplace && kinds.some((kind) => kind.category === "USER_DEFINED"))
    for (const id of new Set(portal.ties.to(from, to.type).get(to.id))) {
      const kind = portal.ties.kindById(id)!;
      if (kind.category === "USER_DEFINED" && !kinds.includes(kind)) untie(portal, from, to, kind, actor);
    }
  for (const kind of kinds) tie(portal, from, to, kind, actor);
}

export function untie(portal: Portal, from: Ref, to: Ref, kind: TieType | undefined, actor: Actor): void {
  if (portal.ties.remove(from, to, kind)) touch(portal, [from, to], actor);
}

function touch(portal: Portal, refs: readonly Ref[], actor: Actor): void {
  if (!portal.dials.settings.associationsTouch) return;
  const at = actor.at ?? portal.clock.now();
  for (const { type, id } of refs) {
    const rec = portal.records.get(type, id);
    if (rec && rec.archivedAt === undefined)
      put(portal, type, { ...rec, updatedAt: Math.max(at, rec.updatedAt) }, actor);
  }
}

/** Stores a version; search sees it when the index has caught up. */
export function put(portal: Portal, type: string, rec: Rec, actor: Actor): void {
  const { searchLagMs, searchJitterMs } = portal.dials.settings;
  const jitter = searchJitterMs > 0 ? Math.floor(portal.random.float() * searchJitterMs) : 0;
  portal.records.put(type, rec, rec.updatedAt + searchLagMs + jitter + (actor.lateMs ?? 0));
}

function change(portal: Portal, type: string, rec: Rec, values: ReadonlyMap<string, string>, actor: Actor): Rec {
  const at = Math.max(actor.at ?? portal.clock.now(), rec.updatedAt);
  const properties: Record<string, string> = { ...rec.properties };
  const past: Record<string, readonly Past[]> = { ...rec.past };
  let changed = false;
  for (const [name, value] of values) {
    const was = rec.properties[name] ?? "";
    if (was === value) continue;
    changed = true;
    past[name] = [
      ...(rec.past?.[name] ?? (was === "" ? [] : [[was, rec.createdAt] as const])),
      [value, at, actor.source],
    ];
    if (value === "") delete properties[name];
    else properties[name] = value;
  }
  if (!changed && !portal.dials.settings.touchOnNoChange) return rec;
  const next = { ...rec, properties, updatedAt: at, ...(changed ? { past } : {}) };
  put(portal, type, next, actor);
  return next;
}

/** The values a write sets, as kept; "" empties. Throws with every property that is wrong. */
function judge(portal: Portal, type: string, rec: Rec | undefined, given: Given, claims: Claims): Map<string, string> {
  const values = new Map<string, string>();
  const bad: BadValue[] = [];
  for (const [name, raw] of Object.entries(given)) {
    const property = portal.schema.live(type, name);
    if (!property) bad.push({ name, error: "PROPERTY_DOESNT_EXIST", message: `Property "${name}" does not exist` });
    else if (property.readOnlyValue)
      bad.push({
        name,
        error: "READ_ONLY_VALUE",
        message: `"${name}" is a read only property; its value cannot be set`,
      });
    else if (raw !== null && raw !== undefined) {
      const accepted = ruled(portal, type, name, raw) ?? accept(portal, property, raw, rec?.properties[name]);
      if (typeof accepted === "string") values.set(name, accepted);
      else bad.push(accepted);
    }
  }
  if (type === "deals") bad.push(...acceptedPipeline(portal, rec, values));
  bad.push(...forwardOnly(portal, type, rec, values));
  if (bad.length > 0) throw badValues(bad, portal.portalId);
  judgeUnique(portal, type, rec, values, claims);
  return values;
}

/** What a rule of the portal says of a value. */
function ruled(portal: Portal, type: string, name: string, raw: unknown): BadValue | undefined {
  const rule = portal.dials.settings.valueRules.find(
    ({ object, property, value }) =>
      object === type && property === name && (value === undefined || value === said(raw)),
  );
  return rule && { name, error: rule.error, message: rule.message };
}

/** A lifecycle stage that would go back is left out, or refused. */
function forwardOnly(portal: Portal, type: string, rec: Rec | undefined, values: Map<string, string>): BadValue[] {
  const [was, wanted] = [rec?.properties[LIFECYCLE_PROPERTY], values.get(LIFECYCLE_PROPERTY)];
  const order = portal.schema.live(type, LIFECYCLE_PROPERTY)?.options.map((one) => one.value) ?? [];
  if (was === undefined || !wanted || order.indexOf(wanted) >= order.indexOf(was)) return [];
  values.delete(LIFECYCLE_PROPERTY);
  if (portal.dials.settings.lifecycleBack === "ignore") return [];
  const message = `${wanted} is before ${was}; clear the property before setting it back`;
  return [{ name: LIFECYCLE_PROPERTY, error: "INVALID_LIFECYCLE_STAGE", message }];
}

function judgeUnique(
  portal: Portal,
  type: string,
  rec: Rec | undefined,
  values: ReadonlyMap<string, string>,
  claims: Claims,
): void {
  const email = type === "contacts" ? values.get("email") : undefined;
  if (email) {
    const holder = contactByEmail(portal, email);
    if (holder && holder.id !== rec?.id)
      throw new Refusal(409, "CONFLICT", `Contact already exists. Existing ID: ${holder.id}`);
    if (claims.has(`email ${email}`)) throw new Refusal(409, "CONFLICT", "Contact already exists.");
    claims.add(`email ${email}`);
  }
  for (const { name } of portal.schema.unique(type)) {
    const value = values.get(name);
    if (!value) continue;
    const holder = liveWith(portal, type, name, value);
    if ((holder && holder.id !== rec?.id) || claims.has(`${name} ${value}`))
      throw invalid(
        `Cannot set PropertyValueCoordinates{portalId=${portal.portalId}, objectTypeId=ObjectTypeId{legacyObjectType=${objectType(type)!.singular.toUpperCase()}}, propertyName=${name}, value=${value}} on ${rec?.id ?? portal.records.table(type).next}. ${holder?.id ?? ""} already has that value.`,
      );
    claims.add(`${name} ${value}`);
  }
}

/** What an administrator requires of new records. */
function requireRules(portal: Portal, type: string, values: ReadonlyMap<string, string>, actor: Actor): void {
  if (!actor.enforced) return;
  const missing = (portal.dials.settings.requiredProperties?.[type] ?? []).filter((name) => !values.get(name));
  if (missing.length > 0)
    throw invalid(`Some required properties were not set: [${missing.join(", ")}]`, {
      errors: missing.map((name) => ({
        message: `Property "${name}" is required`,
        code: "MISSING_REQUIRED_PROPERTY",
        context: { propertyName: [name] },
      })),
    });
}

/** What an administrator requires where another property has some value, of a write that touches either. */
function requireConditional(
  portal: Portal,
  type: string,
  after: ReadonlyMap<string, string>,
  actor: Actor,
  written: ReadonlyMap<string, string>,
): void {
  if (!actor.enforced) return;
  for (const { object, when, is, requires } of portal.dials.settings.conditionalProperties) {
    if (object !== type || after.get(when) !== is || ![when, ...requires].some((name) => written.has(name))) continue;
    const missing = requires.filter((name) => !after.get(name));
    if (missing.length > 0)
      throw invalid(`Some required properties were not set: [${missing.join(", ")}]`, {
        errors: missing.map((name) => ({
          message: `Property "${name}" is required when "${when}" is "${is}"`,
          code: "MISSING_CONDITIONAL_REQUIRED_PROPERTY",
          context: { propertyName: [name] },
        })),
      });
  }
}

/** The associations a new record comes with: [{to: {id}, types: [{associationCategory, associationTypeId}]}]. */
function judgeTies(portal: Portal, type: string, given: unknown): { to: Ref; kind: TieType }[] {
  if (given === undefined || given === null) return [];
  if (!Array.isArray(given)) throw invalid("associations must be a list");
  return given.flatMap((one: { to?: { id?: unknown }; types?: unknown }) => {
    const types = Array.isArray(one?.types) ? (one.types as { associationTypeId?: unknown }[]) : [];
    if (one?.to?.id === undefined || types.length === 0)
      throw invalid("Some required fields were not set: [associations.to.id, associations.types]");
    return types.map(({ associationTypeId }) => {
      const kind = portal.ties.kindById(Number(associationTypeId));
      if (!kind || kind.from !== type)
        throw invalid(`The association type ${said(associationTypeId)} is not valid from ${type}`);
      const to = findRecord(portal, kind.to, said(one.to!.id));
      if (!to)
        throw invalid(
          `One or more associations are not valid: ${objectType(kind.to)!.singular} ${said(one.to!.id)} does not exist`,
        );
      return { to: { type: kind.to, id: to.id }, kind };
    });
  });
}
