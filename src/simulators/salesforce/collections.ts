// /composite/sobjects: up to 200 rows written in one call, each with its own outcome; up to 2,000 read.
import type { Call } from "./call.ts";
import {
  Refusal,
  json,
  notAllowed,
  parseObject,
  rowErrors,
  type VendorError,
  type VendorResponse,
} from "./exchange.ts";
import { readValue } from "./incoming.ts";
import { parseId } from "./ids.ts";
import { objectOr404 } from "./org.ts";
import type { ObjectDefinition } from "./schema.ts";
import { externalIdField, fieldList, record } from "./sobjects.ts";
import { createRow, deleteRow, fail, updateRow, upsertRow, type Outcome, type Raw } from "./writes.ts";

const ROWS_MAX = 200;
const READ_MAX = 2_000;

/** Dispatches every form of /composite/sobjects. */
export function collections(call: Call): VendorResponse {
  const { request, path } = call;
  if (path.length === 2) {
    if (request.method === "POST") return writeRows(call, (one, definition) => createOne(call, one, definition));
    if (request.method === "PATCH")
      return writeRows(call, (one, definition) =>
        updateRow(call.org, definition, one["Id"] ?? one["id"], rest(one), call.actor),
      );
    if (request.method === "DELETE") return deleteRows(call);
    throw notAllowed(request.method, "DELETE,PATCH,POST");
  }
  if (path.length === 3) {
    if (request.method === "GET" || request.method === "POST") return readRows(call);
    throw notAllowed(request.method, "GET,HEAD,POST");
  }
  if (path.length === 4 && request.method === "PATCH") return upsertRows(call);
  throw new Refusal(404, "NOT_FOUND", "The requested resource does not exist");
}

function createOne(call: Call, one: Raw, definition: ObjectDefinition): Outcome {
  if ("Id" in one || "id" in one)
    return fail("INVALID_FIELD_FOR_INSERT_UPDATE", "cannot specify Id in an insert call", ["Id"]);
  return createRow(call.org, definition, one, call.actor);
}

const rest = (one: Raw): Raw => Object.fromEntries(Object.entries(one).filter(([key]) => key.toLowerCase() !== "id"));

function readBody(call: Call): { records: Raw[]; allOrNone: boolean } {
  const body = parseObject(call.request.body);
  const { records } = body;
  if (!Array.isArray(records) || records.length === 0)
    throw new Refusal(400, "JSON_PARSER_ERROR", "The request body must have a list of records");
  if (records.length > ROWS_MAX)
    throw new Refusal(
      400,
      "EXCEEDED_MAX_SIZE_REQUEST",
      `record limit reached. cannot submit more than ${ROWS_MAX} records into this call`,
    );
  for (const one of records as unknown[])
    if (typeof one !== "object" || one === null || Array.isArray(one))
      throw new Refusal(400, "JSON_PARSER_ERROR", "Each record must be a JSON object");
  return { records: records as Raw[], allOrNone: body["allOrNone"] === true };
}

function typeOf(call: Call, one: Raw): ObjectDefinition {
  const attributes = one["attributes"];
  const type = typeof attributes === "object" && attributes !== null ? (attributes as Raw)["type"] : undefined;
  if (typeof type !== "string")
    throw new Refusal(400, "INVALID_INPUT", "Include an entity type with each record: attributes.type is missing");
  const found = call.org.schema.object(type);
  if (!found)
    throw new Refusal(
      400,
      "INVALID_TYPE",
      `sObject type '${type}' is not supported. If you are attempting to use a custom object, be sure to append the '__c' after the entity name. Please reference your WSDL or the describe call for the appropriate names.`,
    );
  return found;
}

function writeRows(call: Call, write: (one: Raw, definition: ObjectDefinition) => Outcome): VendorResponse {
  const { records, allOrNone } = readBody(call);
  const typed = records.map((one) => [one, typeOf(call, one)] as const);
  return answer(call, allOrNone, false, () => typed.map(([one, definition]) => write(one, definition)));
}

function deleteRows(call: Call): VendorResponse {
  const { query } = call.request;
  const ids = (query.get("ids") ?? "").split(",").filter(Boolean);
  if (ids.length === 0) throw new Refusal(400, "MISSING_ARGUMENT", "The ids parameter is missing");
  if (ids.length > ROWS_MAX)
    throw new Refusal(
      400,
      "EXCEEDED_ID_LIMIT",
      `record limit reached. cannot submit more than ${ROWS_MAX} records into this call`,
    );
  return answer(call, query.get("allOrNone") === "true", false, () =>
    ids.map((id) => deleteRow(call.org, id, call.actor)),
  );
}

function upsertRows(call: Call): VendorResponse {
  const { org, path, actor } = call;
  const definition = objectOr404(org, path[2]!);
  const field = externalIdField(org, definition, path[3]!);
  const { records, allOrNone } = readBody(call);
  for (const one of records)
    if (typeOf(call, one).name !== definition.name)
      throw new Refusal(400, "INVALID_TYPE", `every record must be of type ${definition.name}`);
  const seen = new Set<unknown>();
  return answer(call, allOrNone, true, () =>
    records.map((one): Outcome => {
      const key = Object.keys(one).find((name) => name.toLowerCase() === field.name.toLowerCase());
      if (field.type === "id") {
        const id = key === undefined ? undefined : one[key];
        return id ? updateRow(org, definition, id, rest(one), actor) : createRow(org, definition, rest(one), actor);
      }
      if ("Id" in one || "id" in one)
        return fail("INVALID_FIELD", "The Id field should not be specified in the sobject data.", ["Id"]);
      const value = key === undefined ? null : readValue(field, one[key]);
      if (value === null) return fail("MISSING_ARGUMENT", `${field.name} not specified`);
      if (typeof value === "object") return { ok: false, status: 400, errors: [value] };
      const folded = typeof value === "string" && !field.caseSensitive ? value.toLowerCase() : value;
      if (seen.has(folded))
        return fail("DUPLICATE_VALUE", `Duplicate external id specified: ${String(value)}`, [field.name]);
      seen.add(folded);
      const outcome = upsertRow(org, definition, field, value, one, actor);
      if ("several" in outcome)
        return fail(
          "DUPLICATE_EXTERNAL_ID",
          `${field.name}: more than one record found for external id field: [${outcome.several.join(", ")}]`,
          [],
        );
      return outcome;
    }),
  );
}

const ROLLED_BACK: VendorError = {
  code: "ALL_OR_NONE_OPERATION_ROLLED_BACK",
  message: "Record rolled back because not all records were valid and the request was using AllOrNone header",
  fields: [],
};

function answer(call: Call, allOrNone: boolean, upsert: boolean, work: () => Outcome[]): VendorResponse {
  let outcomes: Outcome[] = [];
  const kept = call.org.tables.transaction(() => {
    outcomes = work();
    return !allOrNone || outcomes.every((one) => one.ok);
  });
  const shownRows = outcomes.map((one) => {
    if (!one.ok) return { success: false, errors: rowErrors(one.errors) };
    if (!kept) return { success: false, errors: rowErrors([ROLLED_BACK]) };
    return { id: one.id, success: true, errors: [], ...(upsert ? { created: one.created } : {}) };
  });
  const rows = kept ? outcomes.filter((one) => one.ok).length : 0;
  return json(200, shownRows, { mutating: true, rows });
}

/** GET ?ids=&fields= and POST {ids, fields}: the records in the order asked, null for what is not there. */
function readRows(call: Call): VendorResponse {
  const { org, request, path } = call;
  const definition = objectOr404(org, path[2]!);
  let [ids, names]: [readonly unknown[], readonly string[]] = [[], []];
  if (request.method === "POST") {
    const body = parseObject(request.body);
    if (!Array.isArray(body["ids"]) || !Array.isArray(body["fields"]))
      throw new Refusal(400, "JSON_PARSER_ERROR", "The request body must have lists of ids and fields");
    [ids, names] = [body["ids"] as unknown[], body["fields"] as string[]];
  } else {
    ids = (request.query.get("ids") ?? "").split(",").filter(Boolean);
    names = (request.query.get("fields") ?? "").split(",").filter(Boolean);
  }
  if (ids.length === 0 || names.length === 0)
    throw new Refusal(400, "MISSING_ARGUMENT", "The ids and fields parameters are required");
  if (ids.length > READ_MAX)
    throw new Refusal(
      400,
      "EXCEEDED_ID_LIMIT",
      `record limit reached. cannot retrieve more than ${READ_MAX} records in this call`,
    );
  const fields = fieldList(org, definition, names);
  const withId = fields.some((field) => field.type === "id") ? fields : [definition.fields[0]!, ...fields];
  let rows = 0;
  const records = ids.map((one) => {
    const id = parseId(one);
    const row = id === null ? undefined : org.tables.get(definition.name, id);
    if (!row || row.IsDeleted || org.unshared.has(row.Id)) return null;
    rows += 1;
    return record(org, call.version, definition, row, withId);
  });
  return json(200, records, { rows });
}
