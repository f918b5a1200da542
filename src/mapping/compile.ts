// A mapping document becomes functions: everything that can be looked up or refused is, once, before the first record.
import type { Problem } from "../base/errors.ts";
import { equalValues } from "./canonical.ts";
import { roundings } from "./exactness.ts";
import { equalWith } from "./laws.ts";
import { readerOf } from "./read.ts";
import { planRow, type Plan, type RecordField } from "./row.ts";
import { rowsOf } from "./trial.ts";
import type { CompiledMapping, Field, MappingDocument, MappingRow, ReferenceField, Value } from "./types.ts";
import { fillerOf, writerOf } from "./write.ts";
import { standardFields } from "./kinds.ts";
import { mappingInvalid, pointerTo } from "./invalid.ts";

export type { RecordField };

export interface CompileInput {
  readonly document: MappingDocument;
  /** All fields of the document's kind, custom ones included. */
  readonly kindFields: readonly Field[];
  /** What the vendor says of the stream's fields. With it, unknown names are refused and rows that cannot be written become inbound; without it names are taken on trust. */
  readonly recordFields?: readonly RecordField[] | undefined;
  /** What becomes of a row whose vendor field the description does not list, because it was deleted there or this user may not see it: refused (when a person writes a mapping), or left out with a note (when a stored mapping is run). */
  readonly missing?: "refuse" | "skip" | undefined;
  /** Vendor fields that are not what they were, each with what is told of it: their rows are left out with that note. */
  readonly paused?: ReadonlyMap<string, string> | undefined;
  /** Fields of the kinds that references point to, for paths; the standard ones by default. */
  readonly fieldsOf?: ((kind: string) => readonly Field[]) | undefined;
}

/** Throws `mapping.invalid` with a problem for every row that cannot be used. */
export function compileMapping(input: CompileInput): CompiledMapping {
  const context = { ...input, fieldsOf: input.fieldsOf ?? standardFields };
  const problems: Problem[] = [];
  const notes: string[] = [];
  const plans: Plan[] = [];
  input.document.rows.forEach((row, index) => {
    const planned = planRow(row, index, context, notes);
    if (planned === undefined) return;
    if ("problems" in planned) problems.push(...planned.problems);
    else plans.push(planned);
  });
  if (problems.length === 0) problems.push(...meetings(plans));
  if (problems.length > 0) throw mappingInvalid(`The mapping of ${input.document.kind} cannot be used`, problems);
  notes.push(...unfilled(plans, input.recordFields));

  const inbound = plans.filter((plan) => plan.in);
  const outbound = plans.filter((plan) => plan.out);
  const keysOf = (some: readonly Plan[]): Set<string> =>
    new Set(some.flatMap((plan) => plan.fields.map(({ key }) => key)));
  const [inboundKeys, outboundKeys] = [keysOf(inbound), keysOf(outbound)];
  const twoWay = plans.filter((plan) => plan.in && plan.out);
  const read = readerOf(inbound);
  const write = writerOf(outbound);

  const owners = new Map<string, Plan>();
  for (const plan of [...outbound, ...inbound]) {
    for (const field of plan.fields) if (field.path === undefined) owners.set(field.key, plan);
  }
  const equal: CompiledMapping["equal"] = (field, a, b) => {
    const plan = owners.get(field);
    return plan ? a === b || equalBy(plan, a ?? null, b ?? null) : equalValues(a, b);
  };
  const apart = new Set(input.recordFields?.flatMap((field) => (field.apart ? [field.name] : [])));
  const inSteps = new Set(input.recordFields?.flatMap((field) => (field.inSteps ? [field.name] : [])));
  const required = new Set(input.recordFields?.flatMap((field) => (field.required ? [field.name] : [])));
  const filled = new Set(
    input.recordFields?.flatMap((field) => (field.required || field.unclearable ? [field.name] : [])),
  );
  const writers = new Map(outbound.flatMap((plan) => plan.records.map((name) => [name, plan])));
  const others = new Map(inbound.flatMap((plan) => plan.records.map((name) => [name, plan])));
  const rules = new Map<string, NonNullable<MappingRow["rule"]>>();
  for (const plan of plans) for (const { key } of plan.fields) if (plan.row.rule) rules.set(key, plan.row.rule);

  const vendorFields = [...new Set(inbound.flatMap((plan) => plan.records))].toSorted();
  return {
    document: input.document,
    rows: rowsOf(plans),
    vendorFields,
    apart: new Set(vendorFields.filter((name) => apart.has(name))),
    inSteps: keysOf(outbound.filter((plan) => plan.records.some((name) => inSteps.has(name)))),
    writtenTo: writtenTo(outbound),
    inbound: inboundKeys,
    outbound: outboundKeys,
    inboundOnly: inboundKeys.difference(outboundKeys),
    neverEmptied: keysOf(
      outbound.filter(
        (plan) =>
          plan.neverBlank || plan.records.some((name) => filled.has(name) && fillerOf(plan, name) === undefined),
      ),
    ),
    references: new Map(
      plans.flatMap((plan) =>
        plan.fields
          .filter((field) => field.target !== undefined)
          .map((field) => [
            field.key,
            {
              kind: field.target!,
              ...(field.path === undefined ? {} : { path: field.path }),
              ...(plan.row.options?.["fallback"] === undefined
                ? {}
                : { fallback: plan.row.options["fallback"] as NonNullable<ReferenceField["fallback"]> }),
              ...(plan.fields.length > 1 ||
              plan.row.options?.["table"] === undefined ||
              plan.row.transform !== "reference"
                ? {}
                : { table: plan.row.options["table"] as NonNullable<ReferenceField["table"]> }),
              ...(plan.out && plan.records.some((name) => required.has(name)) ? { required: true } : {}),
              ...(plan.createOnly ? { fixed: true } : {}),
            },
          ]),
      ),
    ),
    ruleOf: (field) => rules.get(field) ?? "newest",
    read,
    write,
    equal,
    standsFor: (field, theirs, ours) => {
      if (equal(field, theirs, ours)) return true;
      const plan = owners.get(field);
      if (!plan?.exact) return false;
      return roundings(plan.fields[0]!.type, ours ?? null, plan.exact).some((one) => equal(field, theirs, one));
    },
    same: (name, a, b) => {
      const plan = writers.get(name) ?? others.get(name);
      if (!plan) return equalValues((a[name] ?? null) as never, (b[name] ?? null) as never);
      if (plan.lens) return plan.lens.same(a[name], b[name]);
      const second = plan.records.map((one) => (b[one] === undefined && one !== name ? a[one] : b[one]));
      return plan.group!.same(
        plan.records.map((one) => a[one]),
        second,
      );
    },
    twoWay: { fields: keysOf(twoWay), records: new Set(twoWay.flatMap((plan) => plan.records)) },
    notes,
  };
}

const equalBy = ({ lens, group }: Plan, a: Value, b: Value): boolean =>
  lens ? equalWith(lens, a, b) : group!.equal(a, b);

function writtenTo(outbound: readonly Plan[]): CompiledMapping["writtenTo"] {
  const names = new Map<string, readonly string[]>();
  for (const { fields, records } of outbound)
    for (const { key } of fields) names.set(key, [...(names.get(key) ?? []), ...records]);
  return names;
}

/** Two rows that set one field, on either side, would undo each other. */
function meetings(plans: readonly Plan[]): Problem[] {
  const problems: Problem[] = [];
  const claim = (side: string, pick: (plan: Plan) => readonly string[]): void => {
    const owner = new Map<string, Plan>();
    for (const plan of plans) {
      for (const name of pick(plan)) {
        const first = owner.get(name);
        if (first)
          problems.push({
            pointer: pointerTo("rows", plan.index),
            code: "mapping.twice",
            message: `Rows ${first.index + 1} and ${plan.index + 1} both set ${side} "${name}"; keep one of them, or give one another direction.`,
          });
        else owner.set(name, plan);
      }
    }
  };
  claim("Winston's field", (plan) => (plan.in ? plan.fields.map(({ key }) => key) : []));
  // Amounts may share the field of their currency: they are written only while they agree on it.
  claim("the vendor's field", (plan) => (plan.out ? plan.records.filter((name) => name !== plan.shared) : []));
  const owned = new Map(
    plans.flatMap((plan) =>
      plan.out ? plan.records.filter((name) => name !== plan.shared).map((name) => [name, plan]) : [],
    ),
  );
  for (const plan of plans) {
    const owner = plan.out && plan.shared !== undefined ? owned.get(plan.shared) : undefined;
    if (owner)
      problems.push({
        pointer: pointerTo("rows", plan.index, "options", "currencyField"),
        code: "mapping.twice",
        message: `Row ${plan.index + 1} sends the currency to "${plan.shared}", which row ${owner.index + 1} sets too; make row ${owner.index + 1} inbound.`,
      });
  }
  return problems;
}

/** Fields the vendor will miss at create. */
function unfilled(plans: readonly Plan[], recordFields: CompileInput["recordFields"]): string[] {
  if (!plans.some((plan) => plan.out)) return [];
  return (recordFields ?? [])
    .filter((field) => field.required === true && field.createable !== false)
    .flatMap((field) => {
      const plan = plans.find((one) => one.out && one.records.includes(field.name));
      if (!plan)
        return [`The vendor requires "${field.name}" at create and no row writes it; new records will be refused.`];
      return plan.row.onCreate === undefined && plan.row.transform !== "constant"
        ? [
            `The vendor requires "${field.name}" at create; row ${plan.index + 1} has no "onCreate" for entities where it is blank.`,
          ]
        : [];
    });
}
