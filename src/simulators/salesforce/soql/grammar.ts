// SOQL text to a tree. The kept parser reads it; what it accepts and the vendor does not is refused here, because an
// unsupported clause must answer MALFORMED_QUERY and never rows.
import { parseQuery, type Query, type Subquery } from "@jetstreamapp/soql-parser-js";
import { Refusal } from "../exchange.ts";

export type { Query, Subquery };

export interface Literal {
  /** STRING, INTEGER, DECIMAL, BOOLEAN, NULL, DATETIME, DATE, DATE_LITERAL, DATE_N_LITERAL, … as the parser names them. */
  readonly type: string;
  /** As written; strings with their quotes. */
  readonly text: string;
}

export interface FunctionCall {
  readonly name: string;
  readonly parameters: readonly string[];
  readonly raw: string;
  readonly aggregate: boolean;
}

export interface Test {
  readonly kind: "test";
  readonly field?: string;
  readonly call?: FunctionCall;
  readonly operator: string;
  readonly literals: readonly Literal[];
  readonly subquery?: Query;
}

export type Expression =
  | Test
  | { readonly kind: "and" | "or"; readonly parts: readonly Expression[] }
  | { readonly kind: "not"; readonly part: Expression };

export const malformed = (message: string): Refusal => new Refusal(400, "MALFORMED_QUERY", message);

const LENGTH_MAX = 100_000;

/** Parses a whole statement, or refuses it as the vendor does. */
export function parse(text: string): Query {
  if (text.trim() === "") throw malformed("A query string has to be specified");
  if (text.length > LENGTH_MAX) throw malformed(`SOQL statements cannot be longer than ${LENGTH_MAX} characters.`);
  let query: Query;
  try {
    query = read(text);
  } catch (cause) {
    const said = (cause as Error).message.split("\n")[0]!;
    const found = /found(?: -->)?:? '?([^'<]*)'?/u.exec(said)?.[1] ?? "";
    throw malformed(`\n${text}\nERROR at Row:1:Column:1\nunexpected token: '${found.trim() || "<EOF>"}' (${said})`);
  }
  refuseUnsupported(query);
  return query;
}

/** Trees of statements read before, by their text without its times. Nobody changes a tree. */
const trees = new Map<string, Query>();
const TREES_MAX = 500;
const TIME = /\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)/gu;

/** Reading takes milliseconds, and who polls asks the same again but for its times. */
function read(text: string): Query {
  // What stands in quotes is a value, whatever it looks like; and times are put back where they mostly stand, in the statement's own WHERE.
  if (/'|\(\s*select\b|\bhaving\b/iu.test(text)) return parseQuery(text);
  const times: string[] = [];
  const stand = (index: number): string => `1970-01-01T00:00:00.${String(index).padStart(3, "0")}Z`;
  const shape = text.replace(TIME, (time) => stand(times.push(time) - 1));
  const known = trees.get(shape) ?? parseQuery(shape);
  if (!trees.has(shape) && trees.size >= TREES_MAX) trees.delete(trees.keys().next().value!);
  trees.set(shape, known);
  if (times.length === 0 || known.where === undefined) return known;
  const told = new Map(times.map((time, index) => [stand(index), time]));
  return { ...known, where: replaced(known.where, told) as typeof known.where };
}

/** A tree with other words in their places. */
function replaced(part: unknown, words: ReadonlyMap<string, string>): unknown {
  if (typeof part === "string") return words.get(part) ?? part;
  if (Array.isArray(part)) return part.map((one) => replaced(one, words));
  if (typeof part !== "object" || part === null) return part;
  return Object.fromEntries(Object.entries(part).map(([name, one]) => [name, replaced(one, words)]));
}

export function refuseUnsupported(query: Query | Subquery): void {
  const clauses: [string, unknown][] = [
    ["USING SCOPE", query.usingScope],
    ["WITH DATA CATEGORY", query.withDataCategory],
    ["WITH SECURITY_ENFORCED", query.withSecurityEnforced],
    ["WITH", query.withAccessLevel],
    ["FOR", query.for === "VIEW" || query.for === "REFERENCE" ? undefined : query.for],
    ["UPDATE", query.update],
  ];
  for (const [clause, there] of clauses) if (there) throw malformed(`the clause ${clause} is not supported here`);
}

/** The flat list the parser makes, back into a tree by the vendor's grammar: AND and OR mix, and NOT joins others, only in brackets. */
export function tree(where: unknown): Expression | undefined {
  if (!where) return undefined;
  const tokens = flatten(where as Clause);
  let at = 0;
  const expression = (): Expression => {
    if (tokens[at] === "NOT") {
      at += 1;
      const part = simple();
      const next = tokens[at];
      if (next !== undefined && next !== ")") throw malformed(`unexpected token: '${shown(next)}'`);
      return { kind: "not", part };
    }
    const parts = [simple()];
    const joint = tokens[at];
    while (tokens[at] === "AND" || tokens[at] === "OR") {
      if (tokens[at] !== joint) throw malformed(`unexpected token: ${shown(tokens[at])}`);
      at += 1;
      parts.push(simple());
    }
    return parts.length === 1 ? parts[0]! : { kind: joint === "AND" ? "and" : "or", parts };
  };
  const simple = (): Expression => {
    const token = tokens[at];
    at += 1;
    if (token === "(") {
      const inside = expression();
      if (tokens[at] !== ")") throw malformed("unexpected token: '<EOF>'");
      at += 1;
      return inside;
    }
    if (token === undefined || typeof token === "string") throw malformed(`unexpected token: '${shown(token)}'`);
    return token;
  };
  const whole = expression();
  if (at < tokens.length) throw malformed(`unexpected token: '${shown(tokens[at])}'`);
  return whole;
}

type Token = "(" | ")" | "AND" | "OR" | "NOT" | Test;

const shown = (token: Token | undefined): string =>
  typeof token === "string" ? token : token === undefined ? "<EOF>" : (token.field ?? token.call?.raw ?? "");

interface Clause {
  left: Condition | null;
  operator?: string;
  right?: Clause;
}

interface Condition {
  openParen?: number;
  closeParen?: number;
  field?: string;
  fn?: { functionName?: string; rawValue?: string; parameters?: unknown[]; isAggregateFn?: boolean };
  operator?: string;
  value?: string | string[];
  literalType?: string | string[];
  valueQuery?: Query;
}

function flatten(where: Clause): Token[] {
  const tokens: Token[] = [];
  for (let clause: Clause | undefined = where; clause; clause = clause.right) {
    const left: Condition | null = clause.left;
    for (let open = left?.openParen ?? 0; open > 0; open--) tokens.push("(");
    if (left && (left.field !== undefined || left.fn)) tokens.push(toTest(left));
    for (let close = left?.closeParen ?? 0; close > 0; close--) tokens.push(")");
    if (clause.operator) tokens.push(clause.operator as Token);
  }
  return tokens;
}

function toTest(condition: Condition): Test {
  const { value, literalType } = condition;
  const texts = value === undefined ? [] : Array.isArray(value) ? value : [value];
  const literals = texts.map((text, index) => ({
    text,
    type: (Array.isArray(literalType) ? literalType[index] : literalType) ?? "STRING",
  }));
  return {
    kind: "test",
    operator: condition.operator!.toUpperCase(),
    literals,
    ...(condition.field === undefined ? {} : { field: condition.field }),
    ...(condition.fn ? { call: toCall(condition.fn) } : {}),
    ...(condition.valueQuery ? { subquery: condition.valueQuery } : {}),
  };
}

const AGGREGATES = new Set(["COUNT", "COUNT_DISTINCT", "MIN", "MAX", "SUM", "AVG"]);

export function toCall(fn: {
  functionName?: string | undefined;
  rawValue?: string | undefined;
  parameters?: readonly unknown[] | undefined;
}): FunctionCall {
  const name = (fn.functionName ?? "").toUpperCase();
  const parameters = (fn.parameters ?? []).map((one) => {
    if (typeof one !== "string") throw malformed(`a function inside a function is not supported here: ${fn.rawValue}`);
    return one;
  });
  return { name, parameters, raw: (fn.rawValue ?? name).replaceAll(" ", ""), aggregate: AGGREGATES.has(name) };
}

const ESCAPES: Readonly<Record<string, string>> = {
  n: "\n",
  N: "\n",
  r: "\r",
  R: "\r",
  t: "\t",
  T: "\t",
  b: "\b",
  B: "\b",
  f: "\f",
  F: "\f",
  '"': '"',
  "'": "'",
  "\\": "\\",
};

/** The text of a quoted string. In a LIKE pattern `\%` and `\_` stay escaped for the caller. */
export function unquote(quoted: string, pattern = false): string {
  const inside = quoted.slice(1, -1);
  if (inside.length > 4_000) throw malformed("strings in a WHERE clause cannot be longer than 4000 characters");
  return inside.replaceAll(/\\(u[0-9a-fA-F]{4}|[\s\S]?)/gu, (whole, code: string) => {
    if (code.length === 5) return String.fromCharCode(Number.parseInt(code.slice(1), 16));
    if (pattern && (code === "%" || code === "_")) return whole;
    const character = ESCAPES[code];
    if (character === undefined) throw malformed(`Illegal escape character in string: ${whole}`);
    return pattern && code === "\\" ? "\\\\" : character;
  });
}
