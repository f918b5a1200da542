// COUNT, SUM and their kin, with GROUP BY and HAVING.
import type { FieldType as ListItem, GroupByClause, OrderByClause } from "@jetstreamapp/soql-parser-js";
import type { Row } from "../rows.ts";
import type { Field, ObjectDefinition, Value } from "../schema.ts";
import { column, invalid, shown, type QueryContext } from "./columns.ts";
import { datePart } from "./dates.ts";
import { malformed, toCall, tree, type Expression, type FunctionCall } from "./grammar.ts";
import { compareValues } from "./order.ts";

export type AggregateRecord = Record<string, unknown>;

interface Output {
  readonly key: string;
  /** How the query spells it, to be found again in HAVING and ORDER BY. */
  readonly spelled: string;
  readonly of: (rows: readonly Row[]) => Value;
  readonly show: (value: Value) => unknown;
}

const NUMBER = new Set(["int", "double", "currency", "percent"]);

export function isAggregate(list: readonly ListItem[], groupBy: unknown): boolean {
  return (
    groupBy !== undefined || list.some((item) => item.type === "FieldFunctionExpression" && toCall(item).aggregate)
  );
}

/** Groups, in no particular order unless the query says one. `page` cuts by OFFSET and LIMIT afterwards. */
export function aggregate(
  context: QueryContext,
  definition: ObjectDefinition,
  query: {
    readonly fields: readonly ListItem[];
    readonly groupBy?: GroupByClause | readonly GroupByClause[] | undefined;
    readonly having?: unknown;
    readonly orderBy?: readonly OrderByClause[];
  },
  rows: Iterable<Row>,
): AggregateRecord[] {
  const clauses = query.groupBy === undefined ? [] : [query.groupBy].flat();
  const keys = clauses.map((clause) => groupKey(context, definition, clause as GroupByClause));
  const outputs = readOutputs(context, definition, query.fields, keys);

  const groups = new Map<string, Row[]>();
  if (keys.length === 0) groups.set("[]", []);
  for (const row of rows) {
    const key = JSON.stringify(keys.map((one) => fold(one.get(row))));
    const group = groups.get(key);
    if (group) group.push(row);
    else groups.set(key, [row]);
  }
  let made = [...groups.values()].map((group) => ({
    group,
    values: new Map(outputs.map((output) => [output, output.of(group)])),
  }));
  const lookup = (spelled: string): ((one: (typeof made)[number]) => Value) => {
    const wanted = spelled.replaceAll(" ", "").toLowerCase();
    const output = outputs.find((one) => one.spelled === wanted || one.key.toLowerCase() === wanted);
    if (output) return (one) => one.values.get(output)!;
    const key = keys.find((one) => one.spelled === wanted);
    if (key) return (one) => (one.group[0] ? key.get(one.group[0]) : null);
    const call = /^(\w+)\(([\w.]*)\)$/u.exec(wanted);
    if (!call) throw invalid(context, spelled, `Ordered or filtered field must be grouped or aggregated: ${spelled}`);
    const of = reduction(context, definition, {
      name: call[1]!.toUpperCase(),
      parameters: call[2] ? [call[2]] : [],
      raw: spelled,
      aggregate: true,
    }).of;
    return (one) => of(one.group);
  };
  const having = tree(query.having);
  if (having) {
    const test = compileHaving(having, lookup);
    made = made.filter(test);
  }
  const order = (query.orderBy ?? []).map((clause) => ({
    get: lookup("field" in clause ? clause.field : (clause.fn.rawValue ?? "")),
    descending: clause.order === "DESC",
    nullsLast: clause.nulls === "LAST",
  }));
  if (order.length > 0)
    made.sort((a, b) => {
      for (const { get, descending, nullsLast } of order) {
        const compared = compareValues(get(a), get(b), { descending, nullsLast });
        if (compared !== 0) return compared;
      }
      return 0;
    });
  return made.map(({ values }) => {
    const record: AggregateRecord = { attributes: { type: "AggregateResult" } };
    for (const output of outputs) record[output.key] = output.show(values.get(output)!);
    return record;
  });
}

const fold = (value: Value): Value => (typeof value === "string" ? value.toLowerCase() : value);

interface Key {
  readonly spelled: string;
  readonly field: Field;
  readonly get: (row: Row) => Value;
}

function groupKey(context: QueryContext, definition: ObjectDefinition, clause: GroupByClause): Key {
  if ("field" in clause) {
    const { field, get } = column(context, definition, clause.field);
    if (field.type === "address" || (field.type === "textarea" && field.length > 255) || field.type === "multipicklist")
      throw invalid(context, clause.field, `field '${field.name}' can not be grouped in a query call`);
    return { spelled: clause.field.toLowerCase(), field, get };
  }
  const { name, parameters, raw } = toCall(clause.fn);
  const part = datePart(name);
  if (!part || parameters.length !== 1) throw malformed(`unexpected token: '${raw}'`);
  const { field, get } = column(context, definition, parameters[0]!);
  return { spelled: raw.toLowerCase(), field, get: (row) => partOf(part, get(row)) };
}

function partOf(part: (at: number) => Value, value: Value): Value {
  if (value === null) return null;
  return part(typeof value === "number" ? value : Date.parse(String(value)));
}

function readOutputs(
  context: QueryContext,
  definition: ObjectDefinition,
  list: readonly ListItem[],
  keys: readonly Key[],
): Output[] {
  let unnamed = 0;
  return list.map((item): Output => {
    if (item.type === "Field" || item.type === "FieldRelationship") {
      const path = item.type === "Field" ? item.field : [...item.relationships, item.field].join(".");
      const key = keys.find((one) => one.spelled === path.toLowerCase());
      if (!key) throw invalid(context, path, `Field must be grouped or aggregated: ${path}`);
      const as = "alias" in item && item.alias ? item.alias : key.field.name;
      return {
        key: as,
        spelled: key.spelled,
        of: (rows) => key.get(rows[0]!),
        show: (value) => shown(key.field, value),
      };
    }
    if (item.type !== "FieldFunctionExpression") throw malformed("a subquery cannot be aggregated");
    const call = toCall(item);
    const as = item.alias ?? `expr${unnamed++}`;
    const spelled = call.raw.toLowerCase();
    if (!call.aggregate) {
      const key = keys.find((one) => one.spelled === spelled);
      if (!key) throw malformed(`Field must be grouped or aggregated: ${call.raw}`);
      return { key: as, spelled, of: (rows) => key.get(rows[0]!), show: (value) => value };
    }
    return { key: as, spelled, ...reduction(context, definition, call) };
  });
}

function reduction(
  context: QueryContext,
  definition: ObjectDefinition,
  call: FunctionCall,
): { of: (rows: readonly Row[]) => Value; show: (value: Value) => unknown } {
  const plain = (value: Value): unknown => value;
  if (call.name === "COUNT" && call.parameters.length === 0) return { of: (rows) => rows.length, show: plain };
  if (call.parameters.length !== 1) throw malformed(`unexpected token: '${call.raw}'`);
  const { field, get } = column(context, definition, call.parameters[0]!);
  const refuse = (): never => {
    throw malformed(`field ${field.name} does not support aggregate operator ${call.name}`);
  };
  const present = (rows: readonly Row[]): Exclude<Value, null>[] => rows.map(get).filter((one) => one !== null);
  const show = (value: Value): unknown => shown(field, value);
  switch (call.name) {
    case "COUNT":
      return { of: (rows) => present(rows).length, show: plain };
    case "COUNT_DISTINCT":
      return { of: (rows) => new Set(present(rows).map(fold)).size, show: plain };
    case "MIN":
    case "MAX": {
      if (field.type === "boolean" || field.type === "multipicklist") refuse();
      const descending = call.name === "MAX";
      return {
        of: (rows) =>
          present(rows).reduce<Value>(
            (best, one) =>
              best === null || compareValues(one, best, { descending, nullsLast: false }) < 0 ? one : best,
            null,
          ),
        show,
      };
    }
    case "SUM":
    case "AVG": {
      if (!NUMBER.has(field.type)) refuse();
      return {
        of: (rows) => {
          const numbers = present(rows).map(Number);
          if (numbers.length === 0) return null;
          const sum = numbers.reduce((total, one) => total + one, 0);
          return Number((call.name === "SUM" ? sum : sum / numbers.length).toPrecision(15));
        },
        show: plain,
      };
    }
    default:
      throw malformed(`unexpected token: '${call.raw}'`);
  }
}

function compileHaving<Group>(
  expression: Expression,
  lookup: (spelled: string) => (group: Group) => Value,
): (group: Group) => boolean {
  if (expression.kind === "not") {
    const test = compileHaving(expression.part, lookup);
    return (group) => !test(group);
  }
  if (expression.kind !== "test") {
    const tests = expression.parts.map((part) => compileHaving(part, lookup));
    return expression.kind === "and"
      ? (group) => tests.every((test) => test(group))
      : (group) => tests.some((test) => test(group));
  }
  const get = lookup(expression.call?.raw ?? expression.field!);
  const values = expression.literals.map((literal): Value => {
    if (literal.type === "NULL") return null;
    if (literal.type === "STRING") return literal.text.slice(1, -1).toLowerCase();
    return Number(literal.text);
  });
  const wanted = values[0] ?? null;
  const tests: Record<string, (value: Value) => boolean> = {
    "=": (value) => value === wanted,
    "!=": (value) => value !== wanted,
    "<": (value) => value !== null && value < wanted!,
    "<=": (value) => value !== null && value <= wanted!,
    ">": (value) => value !== null && value > wanted!,
    ">=": (value) => value !== null && value >= wanted!,
    IN: (value) => values.includes(value),
    "NOT IN": (value) => !values.includes(value),
  };
  const test = tests[expression.operator];
  if (!test) throw malformed(`unexpected token: '${expression.operator}'`);
  return (group) => test(fold(get(group)));
}
