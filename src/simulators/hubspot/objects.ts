// Records one at a time: list, create, read, change, archive, merge, delete for privacy.
import { empty, json, said, type VendorResponse } from "../shared/exchange.ts";
import { batch } from "./batches.ts";
import { objectTies, tiesOf } from "./associations.ts";
import { parseObject, propertiesOf } from "./body.ts";
import { objectType, type ObjectType } from "./object-types.ts";
import { typeOr404, type Call } from "./portal.ts";
import type { Rec } from "./records.ts";
import { invalid, notAllowed, notFound } from "./refusal.ts";
import { search } from "./search.ts";
import { view } from "./values.ts";
import { archive, findBy, findRecord, merge, planCreate, planUpdate, purge } from "./writes.ts";

const LIST_DEFAULT = 10;
const HISTORY_MAX = 50;

/** /crm/v3/objects/… and /crm/objects/{date}/…; `call.path` starts with the object. */
export function objects(call: Call): VendorResponse {
  const { path, request } = call;
  const type = typeOr404(path[0]);
  const [, second, third] = path;
  if (path.length === 1) {
    if (request.method === "GET") return list(call, type);
    if (request.method === "POST") return create(call, type);
    throw notAllowed(request.method);
  }
  if (third === "associations") return objectTies(call, type);
  if (second === "batch" && path.length === 3) return batch(call, type, third!);
  if (path.length !== 2) throw notFound();
  if (request.method === "POST") {
    if (second === "search") return search(call, type);
    if (second === "merge") return mergeTwo(call, type);
    if (second === "gdpr-delete" && type.name === "contacts") return gdprDelete(call);
    throw notAllowed(request.method);
  }
  return single(call, type, second!);
}

/** What a read shows: properties, history, associations. */
export function askedBy(query: URLSearchParams): { properties: string[]; history: string[]; associations: string[] } {
  const all = (name: string): string[] =>
    query
      .getAll(name)
      .flatMap((one) => one.split(","))
      .filter((one) => one !== "");
  return {
    properties: all("properties"),
    history: all("propertiesWithHistory"),
    associations: all("associations"),
  };
}

function list(call: Call, type: ObjectType): VendorResponse {
  const { portal, request } = call;
  const asked = askedBy(request.query);
  const limit = Number(request.query.get("limit") ?? LIST_DEFAULT);
  const max = asked.history.length > 0 ? HISTORY_MAX : 100;
  if (!Number.isInteger(limit) || limit < 1 || limit > max)
    throw invalid(`Page size must be between 1 and ${max}: ${request.query.get("limit")}`);
  const size = Math.min(limit, portal.dials.settings.pageSize);
  const archived = request.query.get("archived") === "true";
  const after = request.query.get("after") ?? undefined;
  if (after !== undefined && !/^\d+$/u.test(after)) throw invalid(`Invalid paging cursor: ${after}`);
  const page: Rec[] = [];
  let more = false;
  for (const rec of portal.records.table(type.name).afterId(after)) {
    if ((rec.archivedAt !== undefined) !== archived) continue;
    if (page.length === size) {
      more = true;
      break;
    }
    page.push(rec);
  }
  const next = page.at(-1)?.id;
  const link = `${portal.url}${request.path}?limit=${limit}&after=${next}`;
  return json(
    200,
    {
      results: page.map((rec) => shown(call, type, rec, asked)),
      ...(more ? { paging: { next: { after: next, link } } } : {}),
    },
    { rows: page.length },
  );
}

function create(call: Call, type: ObjectType): VendorResponse {
  const body = parseObject(call.request.body);
  const plan = planCreate(
    call.portal,
    type.name,
    { properties: propertiesOf(body), associations: body["associations"] },
    call.actor,
  );
  const rec = plan.commit();
  return json(201, view(call.portal, type.name, rec, { properties: plan.names }), { rows: 1, mutating: true });
}

function single(call: Call, type: ObjectType, id: string): VendorResponse {
  const { portal, request, actor } = call;
  const asked = askedBy(request.query);
  switch (request.method) {
    case "GET": {
      const rec = look(call, type, id, request.query.get("archived") === "true");
      return json(200, shown(call, type, rec, asked), { rows: 1 });
    }
    case "PATCH": {
      const rec = look(call, type, id, false);
      const plan = planUpdate(portal, type.name, rec, propertiesOf(parseObject(request.body)), actor);
      return json(200, view(portal, type.name, plan.commit(), { properties: plan.names }), { rows: 1, mutating: true });
    }
    case "DELETE": {
      const rec = findRecord(portal, type.name, id); // Gone already is as good.
      if (rec) archive(portal, type.name, rec, actor);
      return empty(204, { rows: rec ? 1 : 0, mutating: true });
    }
    default:
      throw notAllowed(request.method);
  }
}

function look(call: Call, type: ObjectType, id: string, archived: boolean): Rec {
  const idProperty = call.request.query.get("idProperty");
  const rec =
    idProperty === null
      ? findRecord(call.portal, type.name, id, archived)
      : findBy(call.portal, type.name, idProperty, id);
  if (!rec) throw notFound();
  return rec;
}

function shown(call: Call, type: ObjectType, rec: Rec, asked: ReturnType<typeof askedBy>): object {
  const answer = view(call.portal, type.name, rec, asked);
  if (asked.associations.length === 0) return answer;
  const associations: Record<string, unknown> = {};
  for (const name of asked.associations) {
    const other = objectType(name);
    if (!other) throw invalid(`${name} is not a valid object type for associations`);
    const results = tiesOf(call.portal, { type: type.name, id: rec.id }, other.name).flatMap(({ id, kinds }) =>
      kinds.map((kind) => ({ id, type: kind.name })),
    );
    if (results.length > 0) associations[other.name] = { results };
  }
  return Object.keys(associations).length > 0 ? { ...answer, associations } : answer;
}

function mergeTwo(call: Call, type: ObjectType): VendorResponse {
  const { primaryObjectId, objectIdToMerge } = parseObject(call.request.body);
  if (primaryObjectId === undefined || objectIdToMerge === undefined)
    throw invalid("Some required fields were not set: [primaryObjectId, objectIdToMerge]");
  const rec = merge(call.portal, type.name, said(primaryObjectId), said(objectIdToMerge), call.actor);
  return json(200, view(call.portal, type.name, rec), { rows: 2, mutating: true });
}

function gdprDelete(call: Call): VendorResponse {
  const { objectId, idProperty } = parseObject(call.request.body);
  if (objectId === undefined) throw invalid("Some required fields were not set: [objectId]");
  const id = said(objectId);
  const { portal } = call;
  const rec =
    idProperty === undefined
      ? (findRecord(portal, "contacts", id) ?? findRecord(portal, "contacts", id, true))
      : findBy(portal, "contacts", said(idProperty), id);
  if (rec) purge(portal, "contacts", rec);
  else if (idProperty === undefined) throw notFound();
  return empty(204, { rows: rec ? 1 : 0, mutating: true });
}
