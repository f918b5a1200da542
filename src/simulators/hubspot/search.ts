// Search: what the index knows, which is a little behind. Filters, one sort, pages up to the wall.
import { json, said, type VendorResponse } from "../shared/exchange.ts";
import { parseObject } from "./body.ts";
import { objectType, type ObjectType } from "./object-types.ts";
import type { Call, Portal } from "./portal.ts";
import type { Property } from "./properties.ts";
import type { Rec } from "./records.ts";
import { invalid, notAllowed } from "./refusal.ts";
import { toTime, valueOf, view } from "./values.ts";

const BODY_MAX = 3_000;
const PAGE_DEFAULT = 10;
const PAGE_MAX = 200;
const GROUPS_MAX = 5;
const FILTERS_PER_GROUP = 6;
const FILTERS_MAX = 18;

type Test = (rec: Rec) => boolean;

interface Filter {
  readonly propertyName: string;
  readonly operator: string;
  readonly value?: unknown;
  readonly highValue?: unknown;
  readonly values?: unknown;
}

export function search(call: Call, type: ObjectType): VendorResponse {
  const { portal, request } = call;
  if (request.method !== "POST") throw notAllowed(request.method);
  if (request.body.length > BODY_MAX) throw invalid(`The request body is longer than ${BODY_MAX} characters`);
  const body = parseObject(request.body);
  const limit = body["limit"] === undefined ? PAGE_DEFAULT : Number(body["limit"]);
  if (!Number.isInteger(limit) || limit < 0 || limit > PAGE_MAX)
    throw invalid(`limit must be between 0 and ${PAGE_MAX}: ${said(body["limit"])}`);
  const offset = body["after"] === undefined || body["after"] === "" ? 0 : Number(body["after"]);
  if (!Number.isInteger(offset) || offset < 0) throw invalid(`Invalid paging cursor: ${said(body["after"])}`);
  if (offset + limit > portal.dials.settings.searchWall)
    throw invalid("There was a problem with the request.", {
      errors: [{ message: `Search reads ${portal.dials.settings.searchWall} results and no further`, in: "after" }],
    });
  const groups = groupsOf(body["filterGroups"]);
  const tests = groups.map((filters) => filters.map((filter) => compile(portal, type, filter)));
  const text = typeof body["query"] === "string" ? body["query"].toLowerCase().trim() : "";
  const matches = (rec: Rec): boolean =>
    (tests.length === 0 || tests.some((group) => group.every((test) => test(rec)))) &&
    (text === "" || type.searched.some((name) => valueOf(portal, type.name, rec, name)?.toLowerCase().includes(text)));
  const found = inOrder(portal, type, sortOf(portal, type, body["sorts"]), since(type, groups), matches);
  const page = found.slice(offset, offset + limit);
  const properties = Array.isArray(body["properties"]) ? body["properties"].map(String) : [];
  const next = offset + page.length;
  return json(
    200,
    {
      total: found.length,
      results: page.map((rec) => view(portal, type.name, rec, { properties })),
      ...(next < found.length && page.length > 0 ? { paging: { next: { after: String(next) } } } : {}),
    },
    { rows: page.length, mutating: false },
  );
}

function groupsOf(given: unknown): Filter[][] {
  if (given === undefined || given === null) return [];
  const groups = given as { filters?: Filter[] }[];
  if (!Array.isArray(groups)) throw invalid("filterGroups must be a list");
  const filters = groups.map((group) => group.filters ?? []);
  if (groups.length > GROUPS_MAX) throw invalid(`There are more than ${GROUPS_MAX} filterGroups`);
  if (filters.some((group) => group.length > FILTERS_PER_GROUP))
    throw invalid(`A filter group has more than ${FILTERS_PER_GROUP} filters`);
  if (filters.flat().length > FILTERS_MAX) throw invalid(`There are more than ${FILTERS_MAX} filters in all`);
  return filters;
}

interface Sort {
  readonly property: string;
  readonly descending: boolean;
}

function sortOf(portal: Portal, type: ObjectType, given: unknown): Sort | undefined {
  if (!Array.isArray(given) || given.length === 0) return undefined;
  if (given.length > 1) throw invalid("Only one sort is allowed");
  const one = given[0] as string | { propertyName?: unknown; direction?: unknown };
  const sort =
    typeof one === "string"
      ? { property: one.replace(/^-/u, ""), descending: one.startsWith("-") }
      : { property: said(one.propertyName), descending: one.direction === "DESCENDING" };
  known(portal, type, sort.property);
  return sort;
}

/** The earliest change that can match, when every group asks for one: where to start in the order of changes. */
function since(type: ObjectType, groups: readonly (readonly Filter[])[]): number {
  const starts = groups.map((filters) => {
    const bounds = filters.flatMap(({ propertyName, operator, value }) => {
      if (propertyName !== type.modified || !["GT", "GTE", "EQ", "BETWEEN"].includes(operator)) return [];
      return toTime(said(value)) ?? [];
    });
    return bounds.length > 0 ? Math.max(...bounds) : -Infinity;
  });
  return starts.length > 0 ? Math.min(...starts) : -Infinity;
}

function inOrder(portal: Portal, type: ObjectType, sort: Sort | undefined, from: number, matches: Test): Rec[] {
  const table = portal.records.table(type.name);
  const found: Rec[] = [];
  for (const rec of table.byChange.from((one) => one.updatedAt >= from, table.indexed.size))
    if (matches(rec)) found.push(rec);
  if (!sort) return found.toSorted((a, b) => a.createdAt - b.createdAt || Number(a.id) - Number(b.id));
  if (sort.property === type.modified) return sort.descending ? found.toReversed() : found;
  const property = portal.schema.live(type.name, sort.property)!;
  const keys = new Map(found.map((rec) => [rec, comparable(property, valueOf(portal, type.name, rec, property.name))]));
  return found.toSorted((a, b) => order(keys.get(a)!, keys.get(b)!) * (sort.descending ? -1 : 1));
}

function known(portal: Portal, type: ObjectType, name: string): Property {
  const property = portal.schema.live(type.name, name);
  if (!property)
    throw invalid("There was a problem with the request.", {
      errors: [
        {
          message: `Property "${name}" does not exist`,
          code: "PROPERTY_DOESNT_EXIST",
          context: { propertyName: [name] },
        },
      ],
    });
  return property;
}

/** A number for numbers and times, lower-case text for the rest; null when empty. */
function comparable(property: Property, value: string | null): number | string | null {
  if (value === null || value === "") return null;
  if (property.type === "number") return Number(value);
  if (property.type === "date" || property.type === "datetime") return toTime(value) ?? null;
  return value.toLowerCase();
}

/** Nothing comes last. */
function order(a: number | string | null, b: number | string | null): number {
  if (a === b) return 0;
  if (a === null) return 1;
  if (b === null) return -1;
  return a < b ? -1 : 1;
}

function compile(portal: Portal, type: ObjectType, filter: Filter): Test {
  const { propertyName, operator } = filter;
  const tied = /^associations\.(.+)$/u.exec(propertyName)?.[1];
  if (tied !== undefined) return compileTie(portal, type, tied, filter);
  const property = known(portal, type, propertyName);
  const shown = (rec: Rec): string | null => valueOf(portal, type.name, rec, propertyName);
  const held: (rec: Rec) => number | string | null =
    propertyName === type.modified
      ? (rec) => rec.updatedAt
      : propertyName === type.created
        ? (rec) => rec.createdAt
        : (rec) => comparable(property, shown(rec));
  const wanted = (given: unknown): number | string => {
    if (given === undefined || given === null)
      throw invalid(`The operator ${operator} needs a value for ${propertyName}`);
    const value = comparable(property, said(given));
    if (value === null || Number.isNaN(value)) throw invalid(`${said(given)} is not a value of ${propertyName}`);
    return value;
  };
  const compare = (accept: (difference: number) => boolean): Test => {
    const value = wanted(filter.value);
    return (rec) => {
      const own = held(rec);
      return own !== null && accept(order(own, value));
    };
  };
  switch (operator) {
    case "EQ":
      return compare((difference) => difference === 0);
    case "NEQ": {
      const equal = compare((difference) => difference === 0);
      return (rec) => !equal(rec);
    }
    case "LT":
      return compare((difference) => difference < 0);
    case "LTE":
      return compare((difference) => difference <= 0);
    case "GT":
      return compare((difference) => difference > 0);
    case "GTE":
      return compare((difference) => difference >= 0);
    case "BETWEEN": {
      const [low, high] = [wanted(filter.value), wanted(filter.highValue)];
      return (rec) => {
        const own = held(rec);
        return own !== null && order(own, low) >= 0 && order(own, high) <= 0;
      };
    }
    case "IN":
    case "NOT_IN": {
      if (!Array.isArray(filter.values)) throw invalid(`The operator ${operator} needs values for ${propertyName}`);
      // Text is kept in lower case and these values are taken as they are: one with a capital letter never matches.
      const values = new Set(filter.values.map((one) => (property.type === "number" ? Number(one) : said(one))));
      const among: Test = (rec) => {
        const own = held(rec);
        return own !== null && values.has(property.type.startsWith("date") ? String(own) : own);
      };
      return operator === "IN" ? among : (rec) => held(rec) !== null && !among(rec);
    }
    case "HAS_PROPERTY":
      return (rec) => shown(rec) !== null;
    case "NOT_HAS_PROPERTY":
      return (rec) => shown(rec) === null;
    case "CONTAINS_TOKEN":
    case "NOT_CONTAINS_TOKEN": {
      const token = tokenTest(String(wanted(filter.value)));
      const has: Test = (rec) => token(shown(rec) ?? "");
      return operator === "CONTAINS_TOKEN" ? has : (rec) => !has(rec);
    }
    default:
      throw invalid(`${operator} is not an operator`);
  }
}

/** associations.contact EQ 123: records tied to that one. */
function compileTie(portal: Portal, type: ObjectType, name: string, filter: Filter): Test {
  const other = objectType(name);
  if (!other || !["EQ", "IN"].includes(filter.operator))
    throw invalid(`${filter.propertyName} ${filter.operator} is not a filter`);
  const ids = filter.operator === "EQ" ? [said(filter.value)] : (filter.values as unknown[]).map(String);
  return (rec) => {
    const ties = portal.ties.to({ type: type.name, id: rec.id }, other.name);
    return ids.some((id) => ties.has(id));
  };
}

/** Words of the value, `*` at either end for the rest of a word. */
function tokenTest(wanted: string): (value: string) => boolean {
  const [start, end] = [wanted.startsWith("*"), wanted.endsWith("*")];
  const core = wanted.replaceAll("*", "").toLowerCase();
  return (value) => {
    const lower = value.toLowerCase();
    if (lower === core) return true;
    return lower.split(/[\s@.,;:/()-]+/u).some((word) => {
      if (start && end) return word.includes(core);
      if (start) return word.endsWith(core);
      return end ? word.startsWith(core) : word === core;
    });
  };
}
