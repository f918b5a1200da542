// Canonical values → what to send. A field that was not said is not sent; a field that was emptied is.
import type { Problem } from "../base/errors.ts";
import type { Json } from "../base/json.ts";
import { normalDecimal } from "./decimal.ts";
import { isBlank } from "./lens.ts";
import type { Plan } from "./row.ts";
import type { CompiledMapping, Value, Writing } from "./types.ts";
import { show, Unreadable } from "./unreadable.ts";
import { pointerTo } from "./invalid.ts";

type Input = Parameters<CompiledMapping["write"]>[0];
interface Into extends Writing {
  readonly pending: string[];
  readonly problems: Problem[];
}

/** Writes the outbound rows whose fields are in `changed`. `among`: all rows of their mapping, where these are only some of them. */
export function writerOf(plans: readonly Plan[], among: readonly Plan[] = plans): CompiledMapping["write"] {
  return (input) => {
    const into: Into = { values: {}, sent: {}, fillers: {}, pending: [], problems: [] };
    for (const plan of plans) if (isDue(plan, input)) writeRow(plan, among, input, into);
    return into;
  };
}

function isDue(plan: Plan, { changed, entity, forCreate }: Input): boolean {
  if (plan.updateOnly && forCreate) return false;
  if (plan.row.transform === "constant") return forCreate;
  if (changed !== "all") return plan.fields.some(({ key }) => changed.has(key));
  if (forCreate) return true;
  // "All" of an entity is all that was ever said of it: what was not said must not clear anything.
  if (plan.createOnly) return false;
  return plan.fields.some(({ key }) => entity[key] !== undefined);
}

function writeRow(plan: Plan, plans: readonly Plan[], input: Input, into: Into): void {
  const refuse = (why: string, code = "value.unwritable"): void => {
    into.problems.push({ pointer: pointerTo(plan.fields[0]?.key ?? plan.records[0]!), code, message: why });
  };
  if (plan.createOnly && !input.forCreate)
    return refuse(
      `${plan.records.join(", ")} can be set only when a record is made; this edit stays in Winston.`,
      "field.create_only",
    );
  const values = valuesOf(plan, input, into);
  if (values === undefined) return;
  const raws = rawsOf(plan, values);
  if (raws instanceof Unreadable) return refuse(`${plan.fields[0]?.label ?? plan.records[0]}: ${raws.why}`);
  const clash = plan.shared === undefined ? undefined : otherCurrency(plan, plans, raws.at(-1), input, into);
  if (clash !== undefined) return refuse(clash);

  let carried = false;
  plan.records.forEach((name, index) => {
    const raw = raws[index];
    if (raw === undefined) return;
    const filler = raw === null ? fillerOf(plan, name) : undefined;
    if (filler !== undefined) {
      into.values[name] = filler;
      into.fillers[name] = filler;
    } else if (raw !== null || (!input.forCreate && !plan.neverBlank)) into.values[name] = raw;
    else return;
    carried = true;
  });
  if (carried) for (const { key } of plan.fields) into.sent[key] = input.entity[key] ?? null;
}

/** The row's values, references translated to the vendor's ids; undefined when a target is not linked there yet. */
function valuesOf(plan: Plan, { entity, reference, related }: Input, into: Into): Value[] | undefined {
  const firstOnly = plan.row.transform === "reference" && plan.fields.length > 1;
  const values: Value[] = [];
  for (const { key, path, target } of plan.fields) {
    const own = entity[key] ?? null;
    if (target === undefined || own === null) {
      values.push(own);
      continue;
    }
    const found = path === undefined ? reference(key, own as string) : related(key);
    if (found === undefined) {
      into.pending.push(key);
      return undefined;
    }
    values.push(typeof found === "string" ? found : (found[path!] ?? null));
    if (firstOnly) break;
  }
  return values;
}

function rawsOf(plan: Plan, values: readonly Value[]): readonly (Json | undefined)[] | Unreadable {
  if (plan.exact?.integer && plan.fields[0]?.type === "number" && isFraction(values[0] ?? null))
    return new Unreadable(`${show(values[0])} cannot be written: ${plan.records[0]} takes whole numbers only.`);
  if (!plan.lens) return plan.group!.put(values);
  const value = values[0] ?? plan.lens.blank ?? null;
  const raw = value === null ? null : plan.lens.put(value);
  return raw instanceof Unreadable ? raw : [isBlank(raw) ? null : raw];
}

const isFraction = (number: Value): boolean => normalDecimal(String(number as number | string))?.includes(".") ?? false;

/** What stands in where a vendor's field would be blank. */
export function fillerOf(plan: Plan, name: string): Json | undefined {
  const { onCreate } = plan.row;
  if (isBlank(onCreate)) return undefined;
  return plan.records.length === 1 ? onCreate : (onCreate as Record<string, Json>)[name];
}

/** Amounts that share one currency field at the vendor can be sent only while they are in one currency: setting it for one would change what the others mean. */
function otherCurrency(
  plan: Plan,
  plans: readonly Plan[],
  currency: Json | undefined,
  { entity }: Input,
  into: Into,
): string | undefined {
  if (currency === undefined) return undefined;
  for (const other of plans) {
    if (other === plan || other.shared !== plan.shared) continue;
    const value = (entity[other.fields[0]!.key] ?? null) as { currency: string | null } | null;
    const said = value && (value.currency ?? other.row.options?.["currency"] ?? null);
    if (said !== null && said !== currency)
      return `${plan.fields[0]!.label} is in ${show(currency)} and ${other.fields[0]!.label} in ${show(said)}, but the vendor has one currency for both; bring them to one.`;
  }
  return into.values[plan.shared!] !== undefined && into.values[plan.shared!] !== currency
    ? `${plan.fields[0]!.label} needs ${plan.shared} to be ${show(currency)}, which another field sets otherwise.`
    : undefined;
}
