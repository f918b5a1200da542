// Runs a query: which rows, in what order, shown how.
import type { OrderByClause } from "@jetstreamapp/soql-parser-js";
import { Refusal } from "../exchange.ts";
import { inBin, type Org } from "../org.ts";
import type { Row } from "../rows.ts";
import type { ObjectDefinition, Value } from "../schema.ts";
import { aggregate, isAggregate } from "./aggregate.ts";
import { column, invalid, isArchived, type QueryContext } from "./columns.ts";
import { malformed, parse, refuseUnsupported, toCall, tree, type Query, type Subquery } from "./grammar.ts";
import { compareIds, compareValues } from "./order.ts";
import { candidates } from "./plan.ts";
import { select, type CsvColumn, type VendorRecord } from "./select.ts";
import { compile } from "./where.ts";

export type Answer =
  | {
      readonly kind: "rows";
      readonly object: ObjectDefinition;
      readonly rows: readonly Row[];
      readonly project: (row: Row) => VendorRecord;
      readonly columns: readonly CsvColumn[];
      readonly hasSubquery: boolean;
      readonly hasCompound: boolean;
      readonly hasOffset: boolean;
    }
  | { readonly kind: "aggregate"; readonly records: readonly unknown[] }
  | { readonly kind: "count"; readonly count: number };

export interface RunOptions {
  readonly api: boolean;
  readonly version: string;
  /** Deleted and archived rows too, as queryAll. */
  readonly all?: boolean;
}

const OFFSET_MAX = 2_000;

/** Runs a statement or refuses it: MALFORMED_QUERY, INVALID_TYPE, INVALID_FIELD, NUMBER_OUTSIDE_VALID_RANGE. */
export function runQuery(org: Org, text: string, options: RunOptions): Answer {
  const query = parse(text);
  const context: QueryContext = {
    org,
    api: options.api,
    all: options.all ?? false,
    version: options.version,
    text,
    alias: query.sObjectAlias,
  };
  return run(context, query);
}

function run(context: QueryContext, query: Query): Answer {
  const object = query.sObject === undefined ? undefined : context.org.schema.object(query.sObject);
  if (!object)
    throw new Refusal(
      400,
      "INVALID_TYPE",
      `\n${context.text.slice(0, 80)}\nERROR at Row:1:Column:1\nsObject type '${query.sObject ?? ""}' is not supported. If you are attempting to use a custom object, be sure to append the '__c' after the entity name. Please reference your WSDL or the describe call for the appropriate names.`,
    );
  const fields = query.fields ?? [];
  const [limit, offset] = [query.limit ?? Infinity, query.offset ?? 0];
  if (offset > OFFSET_MAX)
    throw new Refusal(400, "NUMBER_OUTSIDE_VALID_RANGE", `Maximum SOQL offset allowed is ${OFFSET_MAX}`);
  const only = fields.length === 1 ? fields[0]! : undefined;
  const orderBy = query.orderBy === undefined ? [] : [query.orderBy].flat();
  if (only?.type === "FieldFunctionExpression" && toCall(only).raw.toUpperCase() === "COUNT()" && !query.groupBy) {
    if (orderBy.length > 0) throw malformed("Cannot use ORDER BY with COUNT()");
    return { kind: "count", count: matching(context, object, query, [], Infinity).slice(0, limit).length };
  }
  if (isAggregate(fields, query.groupBy)) {
    const rows = matching(context, object, query, [], Infinity);
    const records = aggregate(context, object, { fields, groupBy: query.groupBy, having: query.having, orderBy }, rows);
    if (records.length > 2_000 && limit > 2_000)
      throw new Refusal(400, "EXCEEDED_ID_LIMIT", "Aggregate query does not support queryMore(); use LIMIT 2000");
    return { kind: "aggregate", records: records.slice(offset, offset + limit) };
  }
  if (query.having) throw malformed("unexpected token: 'HAVING'");
  if (fields.some((item) => item.type === "FieldFunctionExpression" && toCall(item).name === "FIELDS") && limit > 200)
    throw malformed("The SOQL FIELDS function must have a LIMIT of at most 200");
  const { project, columns, hasSubquery, hasCompound } = select(context, object, fields, (subquery) =>
    childReader(context, object, subquery),
  );
  const rows = matching(context, object, query, orderBy, offset + limit).slice(offset, offset + limit);
  // With OFFSET the vendor never gives more than 2,000 rows, however large the LIMIT.
  const kept = query.offset === undefined ? rows : rows.slice(0, OFFSET_MAX);
  return {
    kind: "rows",
    object,
    rows: kept,
    project,
    columns,
    hasSubquery,
    hasCompound,
    hasOffset: query.offset !== undefined,
  };
}

/** The rows that match, in order, at least the first `enough` of them. */
function matching(
  context: QueryContext,
  object: ObjectDefinition,
  query: Query | Subquery,
  orderBy: readonly OrderByClause[],
  enough: number,
  among?: readonly Row[],
): Row[] {
  const expression = tree(query.where);
  const compiled =
    expression &&
    compile(context, object, expression, (inner) => {
      refuseUnsupported(inner);
      return semiJoin(context, inner);
    });
  const order = orderBy.map((clause) => {
    if (!("field" in clause)) throw malformed("ORDER BY takes a function only in an aggregate query");
    const { field, steps, get } = column(context, object, clause.field);
    if (field.type === "address" || field.type === "multipicklist" || (field.type === "textarea" && field.length > 255))
      throw invalid(context, clause.field, `field '${field.name}' can not be sorted in a query call`);
    const direction = { descending: clause.order === "DESC", nullsLast: clause.nulls === "LAST" };
    return { field, steps, get, direction };
  });
  const byStamp =
    order.length > 0 &&
    order.length <= 2 &&
    ["SystemModstamp", "Id"].every((name, index) => {
      const one = order[index];
      return one ? one.field.name === name && one.steps.length === 0 && !one.direction.descending : true;
    });
  const source = among
    ? { rows: among, ordered: false }
    : candidates(context.org.tables, object, compiled?.hint, byStamp);
  const sorted = order.length === 0 || (byStamp && source.ordered);
  const show = visibility(context, object);
  const found: Row[] = [];
  for (const row of source.rows) {
    if (!show(row) || (compiled && !compiled.test(row))) continue;
    found.push(row);
    if (sorted && found.length >= enough) break;
  }
  if (!sorted)
    found.sort((a, b) => {
      for (const { field, get, direction } of order) {
        const compare = field.type === "id" || field.type === "reference" ? compareIdsOrNull : compareValues;
        const compared = compare(get(a), get(b), direction);
        if (compared !== 0) return compared;
      }
      return 0;
    });
  return found;
}

const compareIdsOrNull: typeof compareValues = (a, b, direction) =>
  a === null || b === null ? compareValues(a, b, direction) : compareIds(a, b, direction);

function visibility(context: QueryContext, object: ObjectDefinition): (row: Row) => boolean {
  const { org } = context;
  const shared = (row: Row): boolean => !context.api || !org.unshared.has(row.Id);
  if (context.all) return (row) => shared(row) && (!row.IsDeleted || inBin(org, row));
  if (object.name === "Task" || object.name === "Event")
    return (row) => shared(row) && !row.IsDeleted && !isArchived(org, row);
  return (row) => shared(row) && !row.IsDeleted;
}

function semiJoin(context: QueryContext, query: Query): ReadonlySet<Value> {
  const inner = { ...context, alias: query.sObjectAlias };
  const object = query.sObject === undefined ? undefined : context.org.schema.object(query.sObject);
  const only = query.fields?.length === 1 ? query.fields[0]! : undefined;
  if (!object || only?.type !== "Field")
    throw malformed("the inner query of a semi join selects one field of one object");
  const { field, get } = column(inner, object, only.field);
  if (field.type !== "id" && field.type !== "reference")
    throw malformed("the inner query of a semi join selects an id or reference field");
  if (query.orderBy || query.limit !== undefined) throw malformed("ORDER BY and LIMIT are not allowed in a semi join");
  return new Set(matching(inner, object, query, [], Infinity).map(get));
}

function childReader(context: QueryContext, parent: ObjectDefinition, subquery: Subquery): (row: Row) => unknown {
  refuseUnsupported(subquery);
  const name = subquery.relationshipName.toLowerCase();
  const relation = context.org.schema.children(parent.name).find((one) => one.name.toLowerCase() === name)!;
  const object = context.org.schema.object(relation.object)!;
  const inner: QueryContext = { ...context, alias: undefined };
  const fields = subquery.fields ?? [];
  if (fields.some((item) => item.type === "FieldSubquery") || isAggregate(fields, subquery.groupBy))
    throw malformed("a child query takes plain fields only");
  const { project } = select(inner, object, fields, () => {
    throw malformed("a child query cannot have children");
  });
  const orderBy = subquery.orderBy === undefined ? [] : [subquery.orderBy].flat();
  matching(inner, object, subquery, orderBy, 0, []); // Refuses a bad clause even when there is no child.
  const table = context.org.tables.table(object.name);
  return (row) => {
    const rows = table.find(relation.field.name, row.Id).map((id) => table.rows.get(id)!);
    const found = matching(inner, object, subquery, orderBy, Infinity, rows).slice(
      subquery.offset ?? 0,
      (subquery.offset ?? 0) + (subquery.limit ?? Infinity),
    );
    return found.length === 0 ? null : { totalSize: found.length, done: true, records: found.map(project) };
  };
}
