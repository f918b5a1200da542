// A WHERE tree to a test on rows, with hints for the planner about what it could look up instead of scanning.
import { Refusal } from "../exchange.ts";
import { parseId } from "../ids.ts";
import type { Row } from "../rows.ts";
import type { ObjectDefinition, Value } from "../schema.ts";
import { column, invalid, type Column, type QueryContext } from "./columns.ts";
import { datePart, span, type Span } from "./dates.ts";
import { malformed, unquote, type Expression, type Literal, type Query, type Test } from "./grammar.ts";

/** What a test says about one of the object's own fields. */
export type Hint =
  | { readonly kind: "field"; readonly field: string; readonly operator: string; readonly values: readonly Value[] }
  | { readonly kind: "and" | "or"; readonly parts: readonly (Hint | undefined)[] };

export interface Compiled {
  readonly test: (row: Row) => boolean;
  readonly hint: Hint | undefined;
}

/** Runs an inner query and gives the values of its one column. */
export type SemiJoin = (query: Query) => ReadonlySet<Value>;

export function compile(
  context: QueryContext,
  definition: ObjectDefinition,
  expression: Expression,
  semiJoin: SemiJoin,
): Compiled {
  if (expression.kind === "test") return compileTest(context, definition, expression, semiJoin);
  if (expression.kind === "not") {
    const { test } = compile(context, definition, expression.part, semiJoin);
    return { test: (row) => !test(row), hint: undefined };
  }
  const parts = expression.parts.map((part) => compile(context, definition, part, semiJoin));
  const tests = parts.map((part) => part.test);
  const hint: Hint = { kind: expression.kind, parts: parts.map((part) => part.hint) };
  return expression.kind === "and"
    ? { test: (row) => tests.every((test) => test(row)), hint }
    : { test: (row) => tests.some((test) => test(row)), hint };
}

const TEXT = new Set([
  "id",
  "reference",
  "string",
  "textarea",
  "email",
  "phone",
  "url",
  "picklist",
  "combobox",
  "multipicklist",
]);
const NUMBER = new Set(["int", "double", "currency", "percent"]);

function compileTest(context: QueryContext, definition: ObjectDefinition, test: Test, semiJoin: SemiJoin): Compiled {
  if (test.call) return compileCall(context, definition, test);
  const target = column(context, definition, test.field!);
  const { field, get } = target;
  if (field.type === "address" || (field.type === "textarea" && field.length > 255))
    throw invalid(context, test.field!, `field '${field.name}' can not be filtered in a query call`);
  if (test.subquery) {
    if (test.operator !== "IN" && test.operator !== "NOT IN") throw malformed("a semi join needs IN or NOT IN");
    if (field.type !== "id" && field.type !== "reference")
      throw invalid(context, test.field!, `the left operand of a semi join must be an id or reference field`);
    const values = semiJoin(test.subquery);
    const wanted = test.operator === "IN";
    return {
      test: (row) => {
        const value = get(row);
        return value !== null && values.has(value) === wanted;
      },
      hint: wanted ? hintOf(target, "IN", [...values]) : undefined,
    };
  }
  if (test.operator === "LIKE") {
    if (!TEXT.has(field.type) || field.type === "id" || field.type === "reference")
      throw new Refusal(400, "INVALID_QUERY_FILTER_OPERATOR", "invalid operator on id field or non-text field");
    const pattern = likePattern(literalText(context, target, test.literals[0]!, true));
    return {
      test: (row) => {
        const value = get(row);
        return typeof value === "string" && pattern.test(value);
      },
      hint: undefined,
    };
  }
  if (test.operator === "INCLUDES" || test.operator === "EXCLUDES") return compileIncludes(context, target, test);
  if (field.type === "multipicklist" && !["=", "!="].includes(test.operator))
    throw new Refusal(400, "INVALID_QUERY_FILTER_OPERATOR", `invalid operator on multipicklist field`);
  const spans = test.literals.every((literal) => literal.type.startsWith("DATE_"));
  if (spans && test.literals.length > 0) return compileSpans(context, target, test);
  const values = test.literals.map((literal) => literalValue(context, target, literal));
  const exact = field.caseSensitive || !TEXT.has(field.type) || field.type === "id" || field.type === "reference";
  const fold = (value: Value): Value => (!exact && typeof value === "string" ? value.toLowerCase() : value);
  const hint = hintOf(target, test.operator, values);
  const read = (row: Row): Value => fold(get(row));
  if (test.operator === "IN" || test.operator === "NOT IN") {
    const set = new Set(values.map(fold));
    return test.operator === "IN"
      ? { test: (row) => set.has(read(row)), hint }
      : { test: (row) => !set.has(read(row)), hint: undefined };
  }
  const wanted = fold(values[0]!);
  if (test.operator === "=") return { test: (row) => read(row) === wanted, hint };
  if (test.operator === "!=") return { test: (row) => read(row) !== wanted, hint: undefined };
  if (field.type === "boolean" || wanted === null)
    throw new Refusal(400, "INVALID_QUERY_FILTER_OPERATOR", `invalid operator on ${field.type} field`);
  const compare = comparison(test.operator);
  return {
    test: (row) => {
      const value = read(row);
      return value !== null && compare(value, wanted);
    },
    hint,
  };
}

function hintOf(target: Column, operator: string, values: readonly Value[]): Hint | undefined {
  return target.steps.length > 0 ? undefined : { kind: "field", field: target.field.name, operator, values };
}

function comparison(operator: string): (a: Value, b: Value) => boolean {
  switch (operator) {
    case "<":
      return (a, b) => a! < b!;
    case "<=":
      return (a, b) => a! <= b!;
    case ">":
      return (a, b) => a! > b!;
    case ">=":
      return (a, b) => a! >= b!;
    default:
      throw malformed(`unexpected token: '${operator}'`);
  }
}

function wrongType(context: QueryContext, target: Column, kind: string, quoted: boolean): Refusal {
  const { name } = target.field;
  return invalid(
    context,
    name,
    `value of filter criterion for field '${name}' must be of type ${kind} and should ${quoted ? "" : "not "}be enclosed in quotes`,
  );
}

function literalText(context: QueryContext, target: Column, literal: Literal, pattern: boolean): string {
  if (literal.type !== "STRING") throw wrongType(context, target, "string", true);
  return unquote(literal.text, pattern);
}

function literalValue(context: QueryContext, target: Column, literal: Literal): Value {
  const { field } = target;
  const { type, text } = literal;
  if (type === "NULL") return field.type === "boolean" ? false : null;
  if (TEXT.has(field.type)) {
    const value = literalText(context, target, literal, false);
    if (field.type !== "id" && field.type !== "reference") return value === "" ? null : value;
    const id = parseId(value);
    if (id === null && value !== "")
      throw new Refusal(400, "INVALID_QUERY_FILTER_OPERATOR", `invalid ID field: ${value}`);
    return id;
  }
  if (field.type === "boolean") {
    if (type !== "BOOLEAN" && type !== "TRUE" && type !== "FALSE") throw wrongType(context, target, "boolean", false);
    return text.toUpperCase() === "TRUE";
  }
  if (NUMBER.has(field.type)) {
    if (type !== "INTEGER" && type !== "DECIMAL") throw wrongType(context, target, "double", false);
    return Number(text);
  }
  if (field.type === "date") {
    if (type !== "DATE") throw wrongType(context, target, "date", false);
    return text;
  }
  if (type !== "DATETIME") throw wrongType(context, target, "dateTime", false);
  const at = Date.parse(text.replace(" ", "+"));
  if (Number.isNaN(at)) throw wrongType(context, target, "dateTime", false);
  return at;
}

/** A date or a time in milliseconds. */
const instant = (value: Value): number | null =>
  typeof value === "number" ? value : typeof value === "string" ? Date.parse(value) : null;

function compileSpans(context: QueryContext, target: Column, test: Test): Compiled {
  const { field, get } = target;
  if (field.type !== "date" && field.type !== "datetime")
    throw wrongType(context, target, TEXT.has(field.type) ? "string" : "double", TEXT.has(field.type));
  const spans = test.literals.map((literal) => span(literal.text, context.org.clock.now()));
  const inside = (at: number): boolean => spans.some(({ start, end }) => start <= at && at < end);
  const first = spans[0]!;
  const tests: Record<string, (at: number) => boolean> = {
    "=": inside,
    IN: inside,
    "!=": (at) => !inside(at),
    "NOT IN": (at) => !inside(at),
    "<": (at) => at < first.start,
    "<=": (at) => at < first.end,
    ">": (at) => at >= first.end,
    ">=": (at) => at >= first.start,
  };
  const check = tests[test.operator];
  if (!check) throw malformed(`unexpected token: '${test.operator}'`);
  const negative = test.operator === "!=" || test.operator === "NOT IN";
  return {
    test: (row) => {
      const at = instant(get(row));
      return at === null ? negative : check(at);
    },
    hint: field.type === "datetime" ? spanHint(target, test.operator, first) : undefined,
  };
}

function spanHint(target: Column, operator: string, { start, end }: Span): Hint | undefined {
  if (operator === ">=" || operator === "=") return hintOf(target, ">=", [start]);
  return operator === ">" ? hintOf(target, ">=", [end]) : undefined;
}

function compileIncludes(context: QueryContext, target: Column, test: Test): Compiled {
  if (target.field.type !== "multipicklist")
    throw new Refusal(400, "INVALID_QUERY_FILTER_OPERATOR", "invalid operator on non-MultiPicklist field");
  const choices = test.literals.map((literal) => literalText(context, target, literal, false).toLowerCase().split(";"));
  const includes = (row: Row): boolean => {
    const value = target.get(row);
    const has = typeof value === "string" ? value.toLowerCase().split(";") : [""];
    return choices.some((choice) => choice.every((one) => has.includes(one)));
  };
  return { test: test.operator === "INCLUDES" ? includes : (row) => !includes(row), hint: undefined };
}

function compileCall(context: QueryContext, definition: ObjectDefinition, test: Test): Compiled {
  const { name, parameters } = test.call!;
  const part = datePart(name);
  if (!part || parameters.length !== 1) throw malformed(`unexpected token: '${test.call!.raw}'`);
  const target = column(context, definition, parameters[0]!);
  if (target.field.type !== "date" && target.field.type !== "datetime")
    throw invalid(context, parameters[0]!, `field ${target.field.name} does not support date function ${name}`);
  const values = test.literals.map((literal) => (literal.type === "DATE" ? literal.text : Number(literal.text)));
  const compare = ["=", "!=", "IN", "NOT IN"].includes(test.operator) ? undefined : comparison(test.operator);
  return {
    test: (row) => {
      const at = instant(target.get(row));
      if (at === null) return test.operator === "!=" || test.operator === "NOT IN";
      const value = part(at);
      if (compare) return compare(value, values[0]!);
      return values.includes(value) === (test.operator === "=" || test.operator === "IN");
    },
    hint: undefined,
  };
}

function likePattern(pattern: string): RegExp {
  const source = pattern.replaceAll(/\\[%_\\]|[\s\S]/gu, (one) => {
    if (one === "%") return "[\\s\\S]*";
    if (one === "_") return "[\\s\\S]";
    const plain = one.length === 2 && one.startsWith("\\") ? one.slice(1) : one;
    return plain.replace(/[\\^$.*+?()[\]{}|/-]/u, "\\$&");
  });
  return new RegExp(`^${source}$`, "iu");
}
