// /sobjects/{type}: single records by id or external id, with the vendor's statuses.
import { base, type Call } from "./call.ts";
import {
  Refusal,
  empty,
  json,
  notAllowed,
  notFound,
  parseObject,
  refusalBody,
  type VendorResponse,
} from "./exchange.ts";
import { readValue } from "./incoming.ts";
import { parseId } from "./ids.ts";
import { objectOr404, visible, type Org } from "./org.ts";
import type { Row } from "./rows.ts";
import type { Field, ObjectDefinition } from "./schema.ts";
import { compound, isArchived, shown } from "./soql/columns.ts";
import { createRow, deleteRow, liveIds, updateRow, upsertRow, type Outcome } from "./writes.ts";

/** POST /sobjects/{type} */
export function create(call: Call): VendorResponse {
  const definition = objectOr404(call.org, call.path[1]!);
  const raw = parseObject(call.request.body);
  forbid(raw, "Id");
  return created(call, definition, createRow(call.org, definition, raw, call.actor));
}

function created(call: Call, definition: ObjectDefinition, outcome: Outcome, more: object = {}): VendorResponse {
  if (!outcome.ok) return refused(outcome);
  const body = { id: outcome.id, success: true, errors: [], ...more };
  const location = `${base(call)}/sobjects/${definition.name}/${outcome.id}`;
  return json(201, body, { headers: { location }, mutating: true, rows: 1 });
}

export function refused(outcome: Extract<Outcome, { ok: false }>): VendorResponse {
  return json(outcome.status, refusalBody(outcome.errors), { mutating: true });
}

/** GET, PATCH and DELETE /sobjects/{type}/{id} */
export function byId(call: Call): VendorResponse {
  const { org, request, actor } = call;
  const definition = objectOr404(org, call.path[1]!);
  const id = parseId(call.path[2]);
  if (id === null || org.schema.objectOfId(id)?.name !== definition.name)
    throw notFound(`Provided external ID field does not exist or is not accessible: ${call.path[2]}`);
  switch (request.method) {
    case "GET":
    case "HEAD":
      return json(200, retrieve(call, definition, id, fieldList(org, definition, request.query.get("fields"))), {
        rows: 1,
      });
    case "PATCH": {
      const raw = parseObject(request.body);
      forbid(raw, "Id");
      const found = org.tables.get(definition.name, id);
      if (!found) throw notFound();
      const outcome = updateRow(org, definition, id, raw, actor);
      return outcome.ok ? empty(204, { mutating: true, rows: 1 }) : refused(outcome);
    }
    case "DELETE": {
      if (!org.tables.get(definition.name, id)) throw notFound();
      const outcome = deleteRow(org, id, actor);
      return outcome.ok ? empty(204, { mutating: true, rows: 1 }) : refused(outcome);
    }
    default:
      throw notAllowed(request.method, "DELETE,GET,HEAD,PATCH");
  }
}

/** GET, PATCH, POST and DELETE /sobjects/{type}/{externalIdField}/{value} */
export function byExternalId(call: Call): VendorResponse {
  const { org, request, actor, path } = call;
  const definition = objectOr404(org, path[1]!);
  const field = externalIdField(org, definition, path[2]!, true);
  if (field.type === "id") {
    if (request.method === "POST" && path[3] === undefined) return create(call);
    return byId({ ...call, path: [path[0]!, path[1]!, path[3] ?? ""] });
  }
  const text = path[3];
  if (text === undefined) throw notFound();
  const value = readValue(field, text);
  if (value === null || typeof value === "object") throw notFound();
  const ids = liveIds(org, definition, field, value);
  const several = (found: readonly string[]): VendorResponse =>
    json(
      300,
      found.map((id) => `${base(call)}/sobjects/${definition.name}/${id}`),
    );
  switch (request.method) {
    case "GET":
    case "HEAD":
      if (ids.length === 0) throw notFound();
      if (ids.length > 1) return several(ids);
      return json(200, retrieve(call, definition, ids[0]!, fieldList(org, definition, request.query.get("fields"))), {
        rows: 1,
      });
    case "DELETE": {
      if (ids.length === 0) throw notFound();
      if (ids.length > 1) return several(ids);
      const outcome = deleteRow(org, ids[0], actor);
      return outcome.ok ? empty(204, { mutating: true, rows: 1 }) : refused(outcome);
    }
    case "PATCH": {
      const raw = parseObject(request.body);
      forbid(raw, "Id");
      forbid(raw, field.name);
      const updateOnly = request.query.get("updateOnly") === "true";
      const outcome = upsertRow(org, definition, field, value, raw, actor, { updateOnly });
      if ("several" in outcome) return { ...several(outcome.several), mutating: true };
      if (!outcome.ok) return refused(outcome);
      if (outcome.created) return created(call, definition, outcome, { created: true });
      const body = { id: outcome.id, success: true, errors: [], created: false };
      return json(200, body, { mutating: true, rows: 1 });
    }
    default:
      throw notAllowed(request.method, "DELETE,GET,HEAD,PATCH");
  }
}

/** Single calls also take idLookup fields such as Email; collections only external ids. */
export function externalIdField(org: Org, definition: ObjectDefinition, name: string, lookup = false): Field {
  const field = org.schema.field(definition.name, name);
  const keyed = field && (field.externalId || field.type === "id" || (lookup && field.idLookup));
  const usable = keyed && visible(org, definition.name, field, true);
  if (!usable) throw notFound(`Provided external ID field does not exist or is not accessible: ${name}`);
  return field;
}

/** Names given by a caller to fields, or the vendor's INVALID_FIELD. All visible fields when no names are given. */
export function fieldList(org: Org, definition: ObjectDefinition, names: string | readonly string[] | null): Field[] {
  if (names === null) return definition.fields.filter((field) => visible(org, definition.name, field, true));
  const list = typeof names === "string" ? names.split(",") : names;
  return list
    .map((name) => String(name).trim())
    .filter(Boolean)
    .map((name) => {
      const field = org.schema.field(definition.name, name);
      if (!field || !visible(org, definition.name, field, true))
        throw new Refusal(400, "INVALID_FIELD", `No such column '${name}' on sobject of type ${definition.name}`);
      return field;
    });
}

function retrieve(call: Call, definition: ObjectDefinition, id: string, fields: readonly Field[]): unknown {
  const row = call.org.tables.get(definition.name, id);
  if (!row || call.org.unshared.has(id)) throw notFound();
  if (row.IsDeleted) throw new Refusal(404, "ENTITY_IS_DELETED", "entity is deleted", []);
  const withId = fields.some((field) => field.type === "id") ? fields : [...fields, definition.fields[0]!];
  return record(call.org, call.version, definition, row, withId);
}

/** A row as REST shows it: attributes, then the fields asked for. */
export function record(
  org: Org,
  version: string,
  definition: ObjectDefinition,
  row: Row,
  fields: readonly Field[],
): Record<string, unknown> {
  const url = `/services/data/v${version}/sobjects/${definition.name}/${row.Id}`;
  const shownRow: Record<string, unknown> = { attributes: { type: definition.name, url } };
  for (const field of fields) {
    if (field.type === "address") shownRow[field.name] = compound(field, row);
    else if (field.name === "IsArchived") shownRow[field.name] = isArchived(org, row);
    else shownRow[field.name] = shown(field, row[field.name] ?? (field.type === "boolean" ? false : null));
  }
  return shownRow;
}

/** What the URL already says may not be said again in the body. */
function forbid(raw: Record<string, unknown>, name: string): void {
  if (Object.keys(raw).some((key) => key.toLowerCase() === name.toLowerCase()))
    throw new Refusal(400, "INVALID_FIELD", `The ${name} field should not be specified in the sobject data.`, [name]);
}
