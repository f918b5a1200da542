// Creating, changing and deleting rows as the vendor does it, whoever asks: REST, collections, bulk, SOAP, or a user.
import { said, type VendorError } from "./exchange.ts";
import { readValues } from "./incoming.ts";
import { parseId } from "./ids.ts";
import { wholeSecond, type Actor, type Org } from "./org.ts";
import type { Row } from "./rows.ts";
import { BINLESS, RULES, SETUP_OBJECTS, type Draft } from "./rules.ts";
import type { Field, ObjectDefinition, Value } from "./schema.ts";

export type Outcome =
  | { readonly ok: true; readonly id: string; readonly created: boolean }
  | { readonly ok: false; readonly status: number; readonly errors: readonly VendorError[] };

export type Raw = Readonly<Record<string, unknown>>;

/** `text`: values come from a CSV. */
export interface WriteOptions {
  readonly text?: boolean;
}

export const fail = (code: string, message: string, fields: readonly string[] = [], status = 400): Outcome => ({
  ok: false,
  status,
  errors: [{ code, message, fields }],
});

const done = (id: string, created: boolean): Outcome => ({ ok: true, id, created });

export function createRow(
  org: Org,
  definition: ObjectDefinition,
  raw: Raw,
  actor: Actor,
  options: WriteOptions = {},
): Outcome {
  const refused = mayWrite(org, definition, actor, definition.createable);
  if (refused) return refused;
  if (definition.name === "User" && actor.api) return fail("LICENSE_LIMIT_EXCEEDED", "License Limit Exceeded");
  const { values, errors } = readValues(org, definition, raw, { create: true, api: actor.api, ...options });
  if (errors.length > 0) return { ok: false, status: 400, errors: errors.slice(0, 1) };
  const draft: Draft = { Id: "", IsDeleted: false };
  for (const field of definition.fields) {
    if (field.name === "OwnerId" && field.type === "reference") draft["OwnerId"] = actor.userId;
    else if (field.defaultValue !== null && !(field.name in draft)) draft[field.name] = field.defaultValue;
    else if (field.picklist.length > 0) {
      const fallback = field.picklist.find((one) => one.defaultValue);
      if (fallback) draft[field.name] = fallback.value;
    }
  }
  return save(org, definition, draft, undefined, values, actor);
}

export function updateRow(
  org: Org,
  definition: ObjectDefinition,
  rawId: unknown,
  raw: Raw,
  actor: Actor,
  options: WriteOptions = {},
): Outcome {
  const refused = mayWrite(org, definition, actor, definition.updateable);
  if (refused) return refused;
  const { values, errors } = readValues(org, definition, raw, { create: false, api: actor.api, ...options });
  const found = existing(org, definition, rawId, actor);
  if (!("Id" in found)) return found;
  if (errors.length > 0) return { ok: false, status: 400, errors: errors.slice(0, 1) };
  return save(org, definition, { ...found }, found, values, actor);
}

/** Creates, or changes the one row with this value in an external-id field. Several such rows: status 300 and their ids. */
export function upsertRow(
  org: Org,
  definition: ObjectDefinition,
  by: Field,
  value: Value,
  raw: Raw,
  actor: Actor,
  options: WriteOptions & { readonly updateOnly?: boolean } = {},
): Outcome | { readonly several: readonly string[] } {
  const matches = liveIds(org, definition, by, value);
  if (matches.length > 1) return { several: matches };
  if (matches.length === 1) return updateRow(org, definition, matches[0], raw, actor, options);
  if (options.updateOnly) return fail("NOT_FOUND", "The requested resource does not exist", [], 404);
  return createRow(org, definition, { ...raw, [by.name]: value }, actor, options);
}

/** The rows, not deleted, that carry this value in an indexed field. */
export function liveIds(org: Org, definition: ObjectDefinition, field: Field, value: Value): string[] {
  const table = org.tables.table(definition.name);
  return table.find(field.name, value).filter((id) => {
    const row = table.rows.get(id)!;
    return !row.IsDeleted && (!field.caseSensitive || row[field.name] === value);
  });
}

export function deleteRow(org: Org, rawId: unknown, actor: Actor): Outcome {
  const id = parseId(rawId);
  const definition = id === null ? undefined : org.schema.objectOfId(id);
  if (id === null || !definition) return fail("MALFORMED_ID", `bad id ${said(rawId)}`);
  const refused = mayWrite(org, definition, actor, definition.deletable);
  if (refused) return refused;
  const found = existing(org, definition, id, actor);
  if (!("Id" in found)) return found;
  const held = lockedBy(org, [id, ...goingAlong(org, definition, id)]);
  if (held) return held;
  if (BINLESS.has(definition.name)) {
    org.tables.purge(definition.name, id);
    org.tables.logDeletion(definition.name, { id, deletedAt: stampFor(org, actor) });
  } else remove(org, definition, found, actor);
  return done(id, false);
}

/** Puts a row into the recycle bin, and with it the children that cannot live alone. */
export function remove(org: Org, definition: ObjectDefinition, row: Row, actor: Actor, more: Draft = {}): void {
  const stamp = stampFor(org, actor, row);
  org.tables.put(
    definition.name,
    {
      ...row,
      ...more,
      Id: row.Id,
      IsDeleted: true,
      SystemModstamp: stamp,
      LastModifiedDate: stamp,
      LastModifiedById: actor.userId,
    },
    actor.lateMs === undefined ? undefined : org.clock.now() + actor.lateMs,
  );
  org.tables.logDeletion(definition.name, { id: row.Id, deletedAt: stamp });
  for (const child of org.schema.children(definition.name)) {
    if (!child.field.cascade) continue;
    const childDefinition = org.schema.object(child.object)!;
    for (const id of org.tables.table(child.object).find(child.field.name, row.Id)) {
      const one = org.tables.get(child.object, id)!;
      if (!one.IsDeleted) remove(org, childDefinition, one, actor);
    }
  }
}

/** What goes into the bin with a row: the children that cannot live alone, and theirs. */
function goingAlong(org: Org, definition: ObjectDefinition, id: string): string[] {
  return org.schema
    .children(definition.name)
    .filter(({ field }) => field.cascade)
    .flatMap(({ object, field }) =>
      liveIds(org, org.schema.object(object)!, field, id).flatMap((child) => [
        child,
        ...goingAlong(org, org.schema.object(object)!, child),
      ]),
    );
}

/** Takes a row out of the recycle bin, with the children that went in with it. */
export function undeleteRow(org: Org, rawId: unknown, actor: Actor): Outcome {
  const id = parseId(rawId);
  const definition = id === null ? undefined : org.schema.objectOfId(id);
  const row = definition && id !== null ? org.tables.get(definition.name, id) : undefined;
  if (!definition || !row) return fail("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", [], 404);
  if (!row.IsDeleted) return fail("UNDELETE_FAILED", "Entity is not in the recycle bin");
  const stamp = stampFor(org, actor, row);
  org.tables.put(definition.name, { ...row, IsDeleted: false, SystemModstamp: stamp, LastModifiedDate: stamp });
  org.tables.unlogDeletion(definition.name, row.Id);
  for (const child of org.schema.children(definition.name))
    if (child.field.cascade)
      for (const one of org.tables.table(child.object).find(child.field.name, row.Id))
        if (org.tables.get(child.object, one)!.SystemModstamp === row.SystemModstamp) undeleteRow(org, one, actor);
  return done(row.Id, false);
}

/**
 * When a change is stamped. A change that commits late held its row from its stamp on, and nobody changed that in between: of one row (`was`)
 * stamps never go back.
 */
export function stampFor(org: Org, actor: Actor, was?: Row): number {
  if (actor.at !== undefined) return wholeSecond(actor.at);
  const begun = wholeSecond(org.clock.now() - (actor.api ? org.dials.settings.lateCommitMs : 0));
  return Math.max(begun, was?.SystemModstamp ?? begun);
}

function mayWrite(org: Org, definition: ObjectDefinition, actor: Actor, can: boolean): Outcome | undefined {
  if (!can) return fail("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", `entity type cannot be written: ${definition.label}`);
  if (actor.api && SETUP_OBJECTS.has(definition.name) && !org.dials.settings.canCustomize)
    return fail("INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id", [], 403);
  return undefined;
}

function existing(
  org: Org,
  definition: ObjectDefinition,
  rawId: unknown,
  actor: Actor,
): Row | Extract<Outcome, { ok: false }> {
  const refused = (code: string, message: string, status: number, fields: string[] = []) =>
    ({ ok: false, status, errors: [{ code, message, fields }] }) as const;
  if (rawId === undefined || rawId === null || rawId === "")
    return refused("MISSING_ARGUMENT", "Id not specified in an update call", 400);
  const id = parseId(rawId);
  if (id === null || org.schema.objectOfId(id)?.name !== definition.name)
    return refused("MALFORMED_ID", `${definition.label} ID: id value of incorrect type: ${said(rawId)}`, 400, ["Id"]);
  const row = org.tables.get(definition.name, id);
  if (!row) return refused("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", 404);
  if (row.IsDeleted) return refused("ENTITY_IS_DELETED", "entity is deleted", 404);
  if (actor.api && org.unshared.has(id))
    return refused(
      "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
      "insufficient access rights on cross-reference id",
      403,
    );
  return row;
}

export function lockedBy(org: Org, ids: readonly (Value | undefined)[]): Outcome | undefined {
  for (const id of ids) {
    if (typeof id !== "string") continue;
    if (isHeld(org, id)) return fail("UNABLE_TO_LOCK_ROW", heldWords(id));
  }
  return undefined;
}

/** Whether another transaction, or another user, holds the row. */
export function isHeld(org: Org, id: string): boolean {
  const until = org.locks.get(id);
  if (until !== undefined && until <= org.clock.now()) org.locks.delete(id);
  return org.locks.has(id) || org.tables.isWaiting(id);
}

export const heldWords = (id: string): string => `unable to obtain exclusive access to this record or 1 records: ${id}`;

function save(
  org: Org,
  definition: ObjectDefinition,
  draft: Draft,
  previous: Row | undefined,
  values: Map<Field, Value>,
  actor: Actor,
): Outcome {
  const changed = new Set<string>();
  for (const [field, value] of values) {
    changed.add(field.name);
    draft[field.name] = value;
    if (value === null && field.defaultedOnCreate && !previous && field.defaultValue !== null)
      draft[field.name] = field.defaultValue;
  }
  const missing = definition.fields.filter(
    (field) =>
      !field.nillable &&
      (previous ? field.updateable && changed.has(field.name) : field.createable) &&
      (!field.defaultedOnCreate || changed.has(field.name)) &&
      (draft[field.name] ?? null) === null,
  );
  if (missing.length > 0) {
    const names = missing.map((field) => field.name);
    return fail("REQUIRED_FIELD_MISSING", `Required fields are missing: [${names.join(", ")}]`, names);
  }
  const problem =
    references(org, definition, values) ??
    circles(org, definition, previous, values) ??
    lockedBy(org, [
      previous?.Id,
      ...[...values].filter(([field]) => field.type === "reference" && field.cascade).map(([, value]) => value),
    ]);
  if (problem) return problem;
  const wrong = ruled(org, definition, draft, changed) ?? RULES[definition.name]?.(org, draft, previous, changed);
  if (wrong) return { ok: false, status: 400, errors: [wrong] };
  if (definition.name === "Lead") assign(org, draft, previous, actor);
  const taken =
    uniqueness(org, definition, draft, previous, values) ?? duplicates(org, definition, draft, previous, actor);
  if (taken) return taken;

  const stamp = stampFor(org, actor, previous);
  const id = previous?.Id ?? org.tables.newId(definition.keyPrefix);
  const row: Record<string, Value> = {};
  for (const [name, value] of Object.entries(draft)) if (value !== null && value !== undefined) row[name] = value;
  if (!previous) {
    row["CreatedDate"] = stamp;
    row["CreatedById"] = actor.userId;
  }
  row["LastModifiedDate"] = stamp;
  row["LastModifiedById"] = actor.userId;
  const version: Row = { ...row, Id: id, IsDeleted: false, SystemModstamp: stamp };
  org.tables.put(definition.name, version, actor.lateMs === undefined ? undefined : org.clock.now() + actor.lateMs);
  if (!previous && definition.name === "Campaign") memberStatuses(org, id, actor);
  if (definition.name === "OpportunityContactRole" && version["IsPrimary"] === true) solePrimary(org, version);
  return done(id, !previous);
}

function references(org: Org, definition: ObjectDefinition, values: Map<Field, Value>): Outcome | undefined {
  for (const [field, id] of values) {
    if (field.type !== "reference" || typeof id !== "string") continue;
    const target = org.schema.objectOfId(id);
    if (!target || !field.referenceTo.includes(target.name))
      return fail("FIELD_INTEGRITY_EXCEPTION", `${field.label}: id value of incorrect type: ${id}`, [field.name]);
    const row = org.tables.get(target.name, id);
    if (!row) return fail("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", [field.name]);
    if (row.IsDeleted) return fail("ENTITY_IS_DELETED", "entity is deleted", [field.name]);
    if (field.name === "OwnerId" && target.name === "User" && row["IsActive"] === false)
      return fail(
        "INACTIVE_OWNER_OR_USER",
        `operation performed with inactive user [${id}] as owner of ${definition.name.toLowerCase()}`,
        ["OwnerId"],
      );
    if (field.name === "LeadId" && row["IsConverted"] === true)
      return fail("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead", ["LeadId"]);
  }
  return undefined;
}

/** What the organisation's own rules say of a row. */
function ruled(
  org: Org,
  definition: ObjectDefinition,
  draft: Draft,
  changed: ReadonlySet<string>,
): VendorError | undefined {
  const rule = org.dials.settings.rowRules.find(
    ({ object, field, value }) =>
      object === definition.name && changed.has(field) && (value === undefined || draft[field] === value),
  );
  return rule && { code: rule.code, message: rule.message, fields: rule.fields ?? [] };
}

/** A hierarchy has no circles: nothing stands under itself, nor under what stands under it. */
function circles(
  org: Org,
  definition: ObjectDefinition,
  previous: Row | undefined,
  values: Map<Field, Value>,
): Outcome | undefined {
  for (const [field, parent] of values) {
    if (field.name !== "ParentId" || !field.referenceTo.includes(definition.name)) continue;
    for (let above: Value | undefined = parent; typeof above === "string";)
      if (above === previous?.Id)
        return fail("CIRCULAR_DEPENDENCY", `${field.label}: the hierarchy would contain a circle`, [field.name]);
      else above = org.tables.get(definition.name, above)?.["ParentId"];
  }
  return undefined;
}

function uniqueness(
  org: Org,
  definition: ObjectDefinition,
  draft: Draft,
  previous: Row | undefined,
  values: Map<Field, Value>,
): Outcome | undefined {
  for (const field of values.keys()) {
    const value = draft[field.name];
    if (!field.unique || value === null || value === undefined) continue;
    const other = liveIds(org, definition, field, value).find((id) => id !== previous?.Id);
    if (other)
      return fail(
        "DUPLICATE_VALUE",
        `duplicate value found: ${field.name} duplicates value on record with id: ${other}`,
      );
  }
  return undefined;
}

/** Active rules run for what is created or changed, one that is named only for what is created (REST API, "Assignment Rule Header"). */
function assign(org: Org, draft: Draft, previous: Row | undefined, actor: Actor): void {
  const rule = org.dials.settings.assignmentRule;
  if (!rule || actor.assign === undefined) return;
  const runs = actor.assign === "active" ? rule.active : !previous && actor.assign.ruleId === parseId(rule.id);
  if (runs) draft["OwnerId"] = rule.ownerId;
}

function duplicates(
  org: Org,
  definition: ObjectDefinition,
  draft: Draft,
  previous: Row | undefined,
  actor: Actor,
): Outcome | undefined {
  const rule = org.dials.settings.duplicateRule;
  if (!rule || rule.object !== definition.name || (rule.action === "alert" && actor.allowDuplicates)) return undefined;
  const [field, value] = [org.schema.field(rule.object, rule.field), draft[rule.field]];
  if (!field || value === null || value === undefined) return undefined;
  const others = liveIds(org, definition, field, value).filter((id) => id !== previous?.Id);
  if (others.length === 0) return undefined;
  const matchRecords = others.map((id) => ({
    additionalInformation: [],
    fieldDiffs: [],
    matchConfidence: 100,
    record: { attributes: { type: definition.name }, Id: id },
  }));
  return {
    ok: false,
    status: 400,
    errors: [
      {
        code: "DUPLICATES_DETECTED",
        message: "Use one of these records?",
        fields: [],
        duplicateResult: {
          allowSave: rule.action === "alert",
          duplicateRule: `Standard_${definition.name}_Duplicate_Rule`,
          duplicateRuleEntityType: definition.name,
          errorMessage: "Use one of these records?",
          matchResults: [
            {
              entityType: definition.name,
              errors: [],
              matchEngine: "ExactMatchEngine",
              matchRecords,
              rule: `Standard_${definition.name}_Match_Rule`,
              size: matchRecords.length,
              success: true,
            },
          ],
        },
      },
    ],
  };
}

/** An opportunity has one primary contact: the former one gives way. */
function solePrimary(org: Org, kept: Row): void {
  const roles = org.tables.table("OpportunityContactRole");
  for (const id of roles.find("OpportunityId", kept["OpportunityId"]!)) {
    const row = roles.rows.get(id)!;
    if (row.IsDeleted || row["IsPrimary"] !== true || id === kept.Id) continue;
    const { LastModifiedById, SystemModstamp } = kept;
    const stamps = { LastModifiedById: LastModifiedById!, LastModifiedDate: SystemModstamp, SystemModstamp };
    org.tables.put("OpportunityContactRole", { ...row, IsPrimary: false, ...stamps });
  }
}

/** Every campaign begins with the two statuses of the vendor. */
function memberStatuses(org: Org, campaign: string, actor: Actor): void {
  const definition = org.schema.object("CampaignMemberStatus")!;
  for (const [index, label] of ["Sent", "Responded"].entries())
    createRow(
      org,
      definition,
      { CampaignId: campaign, Label: label, SortOrder: index + 1, IsDefault: index === 0, HasResponded: index === 1 },
      { userId: actor.userId, api: false, ...(actor.at === undefined ? {} : { at: actor.at }) },
    );
}
