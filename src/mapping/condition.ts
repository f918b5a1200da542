// Conditions: a user's yes or no about a record, in Common Expression Language over the fields of a kind. Checked when they are saved, so
// that what runs can fail only on a value; blank is told apart from wrong. Pure.
import { Environment, type Context } from "@marcbachmann/cel-js";
import { WinstonError, type Problem } from "../base/errors.ts";
import { nearestInWords } from "./nearest.ts";
import type { Field, Fields, FieldType, Value } from "./types.ts";

/** failed: it could not be said of these values, and why. */
export type Answer = "yes" | "no" | { readonly failed: string };

export interface Condition {
  readonly text: string;
  /** Fields it may look at: none that it looks at is missing. */
  readonly fields: ReadonlySet<string>;
  /**
   * A blank text is "", a blank yes-or-no is no, a blank list is empty. Of a blank number, amount, date or time no comparison says
   * anything, as in SQL: where the whole hangs on it the answer is no.
   */
  readonly of: (values: Fields) => Answer;
}

/** How a field appears in a condition; a type that is not here cannot be used in one. */
const TYPES: Readonly<Partial<Record<FieldType, string>>> = {
  text: "string",
  email: "string",
  phone: "string",
  url: "string",
  picklist: "string",
  number: "double",
  boolean: "bool",
  // As text: a date never passes through a zone, and "2026-03-01" < "2026-11-30" says what it should.
  date: "string",
  datetime: "google.protobuf.Timestamp",
  money: "Money",
  multipicklist: "list<string>",
};

/** In words, with an example of what it is compared with. */
const IN_WORDS: Readonly<Record<string, string>> = {
  string: 'text, as "Web"',
  double: "a number, as 3 or 3.5",
  bool: "true or false",
  "google.protobuf.Timestamp": 'a time, as timestamp("2026-11-30T00:00:00Z")',
  Money: 'money: its .amount is a number, its .currency text, as "EUR"',
  "list<string>": 'a list of texts: "VIP" in tags',
  int: "a whole number",
  "list<int>": "whole numbers, as [1, 2]",
  "list<double>": "numbers, as [1.0, 2.0]",
};

/** So much may one condition hold. */
const NODES_MAX = 500;
const TEXT_MAX = 4_000;

class Money {
  readonly amount: number;
  readonly currency: string;

  constructor(amount: number, currency: string) {
    this.amount = amount;
    this.currency = currency;
  }
}

/** Names that the language keeps for itself. */
const KEPT: ReadonlySet<string> = new Set(
  (
    "as bool break bytes cel const continue double dyn else false for function google if import in int let list loop map namespace " +
    "null null_type optional package return string true type uint var void while"
  ).split(" "),
);

/** A field's name in a condition: its key, with an underscore behind it where the language keeps the name for itself. */
const nameOf = (key: string): string => (KEPT.has(key) ? `${key}_` : key);

const isUsable = (field: Field): boolean => TYPES[field.type] !== undefined && /^[A-Za-z]\w*$/u.test(field.key);

/** Fields that a condition may name, each by a name of its own. */
const usableFields = (fields: readonly Field[]): readonly Field[] => {
  const keys = new Set(fields.map((field) => field.key));
  return fields.filter((field) => isUsable(field) && (!KEPT.has(field.key) || !keys.has(nameOf(field.key))));
};

/** Checks a condition against the fields it may name. `pointer` says where it stands in what was given. Throws rule.invalid. */
export function compileCondition(text: string, fields: readonly Field[], pointer: string): Condition {
  const usable = usableFields(fields);
  const refuse = (problem: Refusal): never => {
    throw ruleInvalid(text, problem, { pointer, usable, all: fields });
  };
  if (text.length > TEXT_MAX)
    refuse({
      code: "too_long",
      range: { start: TEXT_MAX, end: text.length },
      summary: `more than ${TEXT_MAX} letters`,
    });
  const backtracks = /\.\s*matches\s*\(/u.exec(text);
  if (backtracks)
    refuse({
      code: "no_patterns",
      range: { start: backtracks.index, end: backtracks.index + backtracks[0].length },
      summary:
        "a pattern can take for ever on one unlucky value, so matches() is not offered; expected contains(), startsWith(), endsWith() or in",
    });
  const environment = environmentOf(usable);
  let run: ReturnType<Environment["parse"]>;
  try {
    run = environment.parse(text);
  } catch (thrown) {
    return refuse(thrown as Refusal);
  }
  const checked = run.check();
  if (!checked.valid) return refuse(checked.error as Refusal);
  if (String(checked.type) !== "bool")
    return refuse({
      code: "not_a_condition",
      range: { start: 0, end: text.length },
      summary: `expected something that is true or false, found ${inWords(String(checked.type))}`,
    });

  const named = new Set(text.match(/[A-Za-z_]\w*/gu));
  const used = usable.filter((field) => named.has(nameOf(field.key)));
  return {
    text,
    fields: new Set(used.map((field) => field.key)),
    of: (values) => {
      const context: Context = {};
      for (const { key, type } of used) context[nameOf(key)] = shown(type, values[key] ?? null);
      try {
        return run(context) === true ? "yes" : "no";
      } catch (thrown) {
        const { code, summary } = thrown as Refusal;
        if (code === BLANK) return "no";
        return { failed: summary ?? String(thrown) };
      }
    },
  };
}

/** What the language says where a variable has no value. */
const BLANK = "variable_type_mismatch";

/** A value as conditions see it; null: of this nothing can be said. */
function shown(type: FieldType, value: Value): unknown {
  if (value === null) {
    const blank = { boolean: false, multipicklist: [], date: null, datetime: null, number: null, money: null };
    return type in blank ? blank[type as keyof typeof blank] : "";
  }
  switch (type) {
    case "number":
      return Number(value);
    case "datetime":
      return new Date(value as string);
    case "money": {
      const { amount, currency } = value as { amount: string; currency: string | null };
      return new Money(Number(amount), currency ?? "");
    }
    default:
      return value;
  }
}

function environmentOf(fields: readonly Field[]): Environment {
  const environment = new Environment({ limits: { maxAstNodes: NODES_MAX } });
  environment.registerType("Money", { ctor: Money, fields: { amount: "double", currency: "string" } });
  // A person writes `employees == 3` and means the number.
  environment.registerOperator("double == int", (a: unknown, b: unknown) => Number(a) === Number(b));
  environment.registerFunction("blank(ast): bool", blankMacro as never);
  for (const { key, type } of fields) environment.registerVariable(nameOf(key), TYPES[type]!);
  return environment;
}

interface Node {
  readonly op: string;
}

/** blank(field): whether it has no value. Of a yes-or-no nobody can tell: blank is no. */
const blankMacro = ({ args }: { args: readonly Node[] }) => ({
  args,
  async: false,
  typeCheck(
    checker: {
      createError(code: string, message: string, node: unknown): Error;
      check(node: unknown, context: unknown): unknown;
      getType(name: string): unknown;
    },
    _: unknown,
    context: unknown,
  ): unknown {
    const [field] = args;
    if (field?.op !== "id") throw checker.createError("invalid_macro_argument", "expected blank(field)", field);
    if (String(checker.check(field, context)) === "bool")
      throw checker.createError("invalid_macro_argument", "a blank yes-or-no is no: write !field", field);
    return checker.getType("bool");
  },
  evaluate(evaluator: { run(node: unknown, context: unknown): unknown }, _: unknown, context: unknown): boolean {
    try {
      const value = evaluator.run(args[0], context);
      return value === "" || (Array.isArray(value) && value.length === 0);
    } catch (thrown) {
      if ((thrown as Refusal).code === BLANK) return true;
      throw thrown;
    }
  },
});

interface Refusal {
  readonly code?: string;
  readonly summary?: string;
  readonly range?: { readonly start: number; readonly end: number };
}

function ruleInvalid(
  text: string,
  refusal: Refusal,
  of: { readonly pointer: string; readonly usable: readonly Field[]; readonly all: readonly Field[] },
): WinstonError {
  const { start, end } = refusal.range ?? { start: 0, end: 0 };
  const before = text.slice(0, start).split("\n");
  const [line, column] = [before.length, before.at(-1)!.length + 1];
  const known = of.usable.map((field) => nameOf(field.key)).toSorted();
  const message = `Line ${line}, column ${column}: ${why(refusal, text.slice(start, end), of)}. Fields: ${known.join(", ")}.`;
  const problem: Problem = { pointer: of.pointer, code: refusal.code ?? "unknown", message };
  return new WinstonError("rule.invalid", `The condition ${JSON.stringify(text)} cannot be used. ${message}`, {
    problems: [problem],
  });
}

function why(
  { code, summary = "" }: Refusal,
  at: string,
  of: { readonly usable: readonly Field[]; readonly all: readonly Field[] },
): string {
  const kept = of.usable.find(({ key }) => KEPT.has(key) && new RegExp(`\\b${key}\\b`, "u").test(at));
  if (kept) return `${kept.key} is a word of the language: the field is ${nameOf(kept.key)} in a condition`;
  if (code === "unknown_variable" || code === "reserved_identifier") {
    const there = of.all.find((field) => field.key === at);
    if (there) return `${at} is a ${there.type} field, and no condition can look into one`;
    const near = nearestInWords(
      at,
      of.usable.map((field) => nameOf(field.key)),
    );
    return `expected a field, and there is no ${at}${near}`;
  }
  const compared = /^no such overload: (\S+) (\S+) (.+)$/u.exec(summary);
  if (compared) {
    const [, left = "", operator = "", right = ""] = compared;
    if (left === "Money" || right === "Money") {
      const money = of.usable.find(({ key, type }) => type === "money" && new RegExp(`\\b${key}\\b`, "u").test(at));
      const name = money ? nameOf(money.key) : "amount";
      return `in ${at}: money is compared by its number, as ${name}.amount ${operator} 1000, or by its currency, as ${name}.currency == "EUR"`;
    }
    const expected = operator === "in" ? `list<${left}>` : left;
    return `in ${at}: ${operator} expected ${inWords(expected)} on its right and found ${inWords(right)}`;
  }
  if (summary === "Unexpected token: EOF") return "it ends where something is expected";
  return summary.charAt(0).toLowerCase() + summary.slice(1);
}

const inWords = (type: string): string => (IN_WORDS[type] ? `${type} (${IN_WORDS[type]})` : type);
