// A survey of fields: what every field at hand is, how often it is filled, and with what. Counted from held records, and pure.
import type { Json } from "../base/json.ts";
import type { VendorField } from "../connector/contract.ts";
import { isBlank } from "../mapping/lens.ts";
import type { Field, MappingRow } from "../mapping/types.ts";
import type { Known } from "./back-test.ts";
import { recordsOf } from "./drift.ts";

/** How a field is filled. Where no record says anything of it, `read` is 0 and nothing is known: a vendor's field is read only while it is mapped. */
export interface Filling {
  /** Records that say something of it, be it that it is blank. */
  readonly read: number;
  readonly filled: number;
  /** Some of its values, the commonest first, each once. */
  readonly samples: readonly Json[];
}

/** A field of the vendor's; `mapped`: Winston's fields in the rows that name it. */
export type VendorFieldSurvey = VendorField & Filling & { readonly mapped: readonly string[] };

/** A field of ours; `mapped`: the vendor's fields in the rows that name it. */
export type OwnFieldSurvey = Field & Filling & { readonly mapped: readonly string[] };

export interface FieldSurvey {
  /** Records that were looked at. */
  readonly records: number;
  readonly vendor: readonly VendorFieldSurvey[];
  readonly winston: readonly OwnFieldSurvey[];
}

/** Longer texts are cut in samples. */
const SAMPLE_CHARACTERS = 200;

export function surveyOf(
  known: readonly Known[],
  of: {
    readonly vendorFields: readonly VendorField[];
    readonly kindFields: readonly Field[];
    readonly rows: readonly MappingRow[];
    /** How many of each field. */
    readonly samples: number;
  },
): FieldSurvey {
  const { rows, samples } = of;
  const naming = (name: string, side: (row: MappingRow) => readonly string[], other: (row: MappingRow) => string[]) => [
    ...new Set(rows.filter((row) => side(row).includes(name)).flatMap(other)),
  ];
  const ours = (row: MappingRow): string[] => [row.field].flat();
  return {
    records: known.length,
    vendor: of.vendorFields.map((field) => ({
      ...field,
      ...filling(
        known.map(({ record }) => record[field.name]),
        samples,
      ),
      mapped: naming(field.name, recordsOf, ours),
    })),
    winston: of.kindFields.map((field) => ({
      ...field,
      ...filling(
        known.map(({ held }) => held.entity.fields[field.key] ?? null),
        samples,
      ),
      mapped: [
        ...new Set(rows.filter((row) => ours(row).some((one) => one.split(".")[0] === field.key)).flatMap(recordsOf)),
      ],
    })),
  };
}

function filling(values: readonly unknown[], samples: number): Filling {
  const said = values.filter((value) => value !== undefined);
  const filled = said.filter((value) => !isBlank(value)) as Json[];
  const times = new Map<string, { value: Json; count: number }>();
  for (const value of filled) {
    const name = JSON.stringify(value);
    const known = times.get(name);
    if (known) known.count += 1;
    else times.set(name, { value, count: 1 });
  }
  return {
    read: said.length,
    filled: filled.length,
    samples: [...times.values()]
      .toSorted((a, b) => b.count - a.count)
      .slice(0, samples)
      .map(({ value }) =>
        typeof value === "string" && value.length > SAMPLE_CHARACTERS ? `${value.slice(0, SAMPLE_CHARACTERS)}…` : value,
      ),
  };
}
