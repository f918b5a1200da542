// Associations: of one record, in batches, their labels; v3's with names instead of numbers.
import { empty, json, said, type VendorResponse } from "../shared/exchange.ts";
import { batchAnswer, inputsOf, parseJson, parseObject } from "./body.ts";
import { plainTie, type ObjectType, type TieType } from "./object-types.ts";
import { isDated, newNumber, typeOr404, type Call, type Portal } from "./portal.ts";
import { Refusal, batchError, invalid, notAllowed, notFound } from "./refusal.ts";
import type { Ref } from "./ties.ts";
import { findRecord, label, tie, untie } from "./writes.ts";

const READ_MAX = 1_000;
const CREATE_MAX = 2_000;
const ARCHIVE_MAX = 100;
const PAGE = 500;

/** The live records of one object tied to this one, in the order of their ids, with the kinds as seen from it. */
export function tiesOf(portal: Portal, from: Ref, other: string): { id: string; kinds: TieType[] }[] {
  return [...portal.ties.to(from, other)]
    .filter(([id]) => findRecord(portal, other, id))
    .map(([id, types]) => ({
      id,
      kinds: [...types].toSorted((a, b) => a - b).map((one) => portal.ties.kindById(one)!),
    }))
    .toSorted((a, b) => Number(a.id) - Number(b.id));
}

const spec = (kind: TieType) => ({ category: kind.category, typeId: kind.id, label: kind.label });

const multi = ({ id, kinds }: { id: string; kinds: TieType[] }) => ({
  toObjectId: id,
  associationTypes: kinds.map(spec),
});

/** …/objects/{a}/{id}/associations/…: PUT and DELETE of one pair, GET of all, "default" for the plain kind. */
export function objectTies(call: Call, type: ObjectType): VendorResponse {
  const { path, request, portal, actor } = call;
  const [, id, , ...rest] = path;
  const bare = rest[0] === "default";
  const [toName, toId, extra] = bare ? rest.slice(1) : rest;
  const to = typeOr404(toName);
  const from = existing(portal, type, id!);
  if (toId === undefined) {
    if (request.method !== "GET" || bare || !readsTiesByGet(call.version)) throw notAllowed(request.method);
    return page(call, from, to);
  }
  if (extra !== undefined) throw notFound();
  if (request.method === "DELETE" && !bare) {
    untie(portal, from, { type: to.name, id: toId }, undefined, actor);
    return empty(204, { rows: 1, mutating: true });
  }
  if (request.method !== "PUT") throw notAllowed(request.method);
  const target = existing(portal, to, toId);
  if (bare) return batchAnswer(portal, 200, plain(call, from, target), [], { rows: 1, mutating: true });
  const kinds = specs(portal, type, to, parseJson(request.body));
  label(portal, from, target, kinds, actor);
  return json(201, labelled(type, to, from, target, kinds), { rows: 1, mutating: true });
}

function page(call: Call, from: Ref, to: ObjectType): VendorResponse {
  const limit = Math.min(Number(call.request.query.get("limit") ?? PAGE) || PAGE, PAGE);
  const after = call.request.query.get("after");
  const left = tiesOf(call.portal, from, to.name).filter((one) => after === null || Number(one.id) > Number(after));
  const shown = left.slice(0, limit);
  const next = left.length > shown.length ? { paging: { next: { after: shown.at(-1)!.id } } } : {};
  return json(200, { results: shown.map(multi), ...next }, { rows: shown.length });
}

/** /crm/v4/associations/{a}/{b}/…, /crm/associations/{date}/{a}/{b}/… and v3's three batches. */
export function associations(call: Call): VendorResponse {
  const { path, request } = call;
  const [from, to] = [typeOr404(path[0]), typeOr404(path[1])];
  const what = path.slice(2).join("/");
  if (path[2] === "labels") return labels(call, from, to);
  if (request.method !== "POST") throw notAllowed(request.method);
  switch (what) {
    case "batch/read":
      return batchRead(call, from, to);
    case "batch/create":
      return call.version === "v3" ? namedCreate(call, from, to) : batchCreate(call, from, to);
    case "batch/associate/default":
      return batchEach(call, 200, CREATE_MAX, from, to, (input) => {
        const [a, b] = ends(call.portal, from, to, input);
        return plain(call, a, b);
      });
    case "batch/archive":
    case "batch/labels/archive":
      return batchArchive(call, from, to, what === "batch/labels/archive");
    default:
      throw notFound();
  }
}

function batchRead(call: Call, from: ObjectType, to: ObjectType): VendorResponse {
  const { portal } = call;
  const results: object[] = [];
  const errors: object[] = [];
  for (const { id: given, after } of inputsOf(call.request.body, READ_MAX)) {
    const id = said(given);
    const all = tiesOf(portal, { type: from.name, id }, to.name);
    if (all.length === 0) {
      const none = notFound(`No ${to.singular} is associated with ${from.singular} ${id}.`, {
        subCategory: "crm.associations.NO_ASSOCIATIONS_FOUND",
      });
      errors.push(
        batchError(none, { fromObjectId: [id], fromObjectType: [from.singular], toObjectType: [to.singular] }),
      );
      continue;
    }
    const left = all.filter((one) => after === undefined || Number(one.id) > Number(after));
    const shown = left.slice(0, PAGE);
    const next = left.length > shown.length ? { paging: { next: { after: shown.at(-1)!.id } } } : {};
    const list =
      call.version === "v3"
        ? shown.flatMap(({ id: toId, kinds }) => kinds.map((kind) => ({ id: toId, type: kind.name })))
        : shown.map(multi);
    results.push({ from: { id }, to: list, ...next });
  }
  return batchAnswer(portal, 200, results, errors, { rows: results.length, mutating: false });
}

function batchCreate(call: Call, from: ObjectType, to: ObjectType): VendorResponse {
  return batchEach(call, 201, CREATE_MAX, from, to, (input) => {
    const kinds = specs(call.portal, from, to, input["types"]);
    const [a, b] = ends(call.portal, from, to, input);
    label(call.portal, a, b, kinds, call.actor);
    return [labelled(from, to, a, b, kinds)];
  });
}

/** v3: the kind by its name; the answer has both directions. */
function namedCreate(call: Call, from: ObjectType, to: ObjectType): VendorResponse {
  return batchEach(call, 201, CREATE_MAX, from, to, (input) => {
    const name = said(input["type"]);
    const kinds = call.portal.ties.kinds(from.name, to.name);
    const kind = kinds.find((one) => one.name === name || `${one.name}_unlabeled` === name);
    if (!kind) throw invalid(`${name} is not a valid association type between ${from.name} and ${to.name}`);
    const [a, b] = ends(call.portal, from, to, input);
    tie(call.portal, a, b, kind, call.actor);
    const back = call.portal.ties.kindById(kind.inverse)!;
    return [
      { from: { id: a.id }, to: { id: b.id }, type: kind.name },
      { from: { id: b.id }, to: { id: a.id }, type: back.name },
    ];
  });
}

function batchEach(
  call: Call,
  status: number,
  max: number,
  from: ObjectType,
  to: ObjectType,
  each: (input: Record<string, unknown>) => readonly object[],
): VendorResponse {
  const results: object[] = [];
  const errors: object[] = [];
  for (const input of inputsOf(call.request.body, max))
    try {
      results.push(...each(input));
    } catch (thrown) {
      if (!(thrown instanceof Refusal) || thrown.category !== "OBJECT_NOT_FOUND") throw thrown;
      errors.push(
        batchError(thrown, {
          fromObjectId: [idOf(input["from"])],
          toObjectId: [idOf(input["to"])],
          fromObjectType: [from.singular],
          toObjectType: [to.singular],
        }),
      );
    }
  return batchAnswer(call.portal, status, results, errors, { rows: results.length, mutating: true });
}

function batchArchive(call: Call, from: ObjectType, to: ObjectType, byLabel: boolean): VendorResponse {
  const { portal, actor } = call;
  let rows = 0;
  for (const input of inputsOf(call.request.body, ARCHIVE_MAX)) {
    const a = { type: from.name, id: idOf(input["from"]) };
    const others = Array.isArray(input["to"]) ? input["to"] : [input["to"]];
    const kinds = byLabel ? specs(portal, from, to, input["types"]) : [undefined];
    for (const other of others)
      for (const kind of kinds) {
        untie(portal, a, { type: to.name, id: idOf(other) }, kind, actor);
        rows += 1;
      }
  }
  return empty(204, { rows, mutating: true });
}

/** GET, POST, PUT of the kinds between two objects; DELETE of one an administrator made. */
function labels(call: Call, from: ObjectType, to: ObjectType): VendorResponse {
  const { portal, request, path } = call;
  if (path.length === 4) {
    if (request.method !== "DELETE") throw notAllowed(request.method);
    portal.ties.removeLabel(Number(path[3]));
    return empty(204, { mutating: true });
  }
  if (request.method === "GET") return json(200, { results: portal.ties.kinds(from.name, to.name).map(spec) });
  const body = parseObject(request.body);
  if (request.method === "PUT") {
    const kind = portal.ties.labels.find((one) => one.id === Number(body["associationTypeId"]));
    if (!kind) throw notFound(`There is no label with association type ID ${said(body["associationTypeId"])}`);
    portal.ties.addLabel({ ...kind, label: said(body["label"]) });
    return empty(204, { mutating: true });
  }
  if (request.method !== "POST") throw notAllowed(request.method);
  const { label, name, inverseLabel } = body;
  if (typeof label !== "string" || typeof name !== "string")
    throw invalid("Some required fields were not set: [label, name]");
  const made = makeLabel(portal, from.name, to.name, label, typeof inverseLabel === "string" ? inverseLabel : label);
  return json(200, { results: made.map(spec) }, { mutating: true });
}

/** A label an administrator makes, from both sides. Throws when the name is taken. */
export function makeLabel(portal: Portal, from: string, to: string, label: string, inverseLabel: string): TieType[] {
  if (portal.ties.kinds(from, to).some((one) => one.label === label))
    throw new Refusal(409, "OBJECT_ALREADY_EXISTS", `A label ${label} between ${from} and ${to} already exists.`);
  const [id, inverse] = [Number(newNumber(portal)), Number(newNumber(portal))];
  const category = "USER_DEFINED";
  const name = label.toLowerCase().replaceAll(/[^a-z0-9]+/gu, "_");
  const there = { id, from, to, inverse, category, label, name, single: false } as const;
  const back = { ...there, id: inverse, from: to, to: from, inverse: id, label: inverseLabel };
  portal.ties.addLabel(there);
  portal.ties.addLabel(back);
  return [there, back];
}

function plain(call: Call, from: Ref, to: Ref): object[] {
  const kind = plainTie(from.type, to.type);
  if (!kind) throw invalid(`${from.type} and ${to.type} have no default association`);
  tie(call.portal, from, to, kind, call.actor);
  const one = (a: Ref, b: Ref, id: number) => ({
    from: { id: a.id },
    to: { id: b.id },
    associationSpec: { associationCategory: "HUBSPOT_DEFINED", associationTypeId: id },
  });
  return [one(from, to, kind.id), one(to, from, kind.inverse)];
}

const labelled = (from: ObjectType, to: ObjectType, a: Ref, b: Ref, kinds: readonly TieType[]): object => ({
  fromObjectTypeId: from.typeId,
  fromObjectId: a.id,
  toObjectTypeId: to.typeId,
  toObjectId: b.id,
  labels: kinds.flatMap((kind) => kind.label ?? []),
});

/** [{associationCategory, associationTypeId}], each valid in this direction. */
function specs(portal: Portal, from: ObjectType, to: ObjectType, given: unknown): TieType[] {
  if (!Array.isArray(given) || given.length === 0)
    throw invalid("Some required fields were not set: [associationCategory, associationTypeId]");
  return (given as Record<string, unknown>[]).map(({ associationCategory, associationTypeId }) => {
    const kind = portal.ties.kind(Number(associationTypeId), from.name, to.name);
    if (!kind || kind.category !== associationCategory)
      throw invalid(
        `Association type ${said(associationCategory)} ${said(associationTypeId)} is not valid from ${from.name} to ${to.name}`,
      );
    return kind;
  });
}

function existing(portal: Portal, type: ObjectType, id: string): Ref {
  const rec = findRecord(portal, type.name, id);
  if (!rec) throw notFound(`${type.singular} with id ${id} does not exist`);
  return { type: type.name, id: rec.id };
}

const idOf = (end: unknown): string => said((end as { id?: unknown } | null | undefined)?.id);

const ends = (portal: Portal, from: ObjectType, to: ObjectType, input: Record<string, unknown>): [Ref, Ref] => [
  existing(portal, from, idOf(input["from"])),
  existing(portal, to, idOf(input["to"])),
];

/** Whether this version reads the ties of one record by GET: numbered paths and 2026-03, no longer 2026-09. */
const readsTiesByGet = (version: string): boolean => !isDated(version) || version === "2026-03";
