// A back-test counted: of each row how many records fare how, with examples. Pure.
import type { Json } from "../base/json.ts";
import type { CompiledRow, MappingRow, Value } from "../mapping/types.ts";
import { VERDICTS, type FieldEffect, type RecordTrial, type RowTrial } from "./back-test.ts";

/** One record under one row, to be looked at. */
export interface TrialExample {
  readonly verdict: RowTrial["verdict"];
  readonly recordId: string;
  readonly title: string | null;
  /** The vendor's values as read. */
  readonly there: readonly (Json | undefined)[];
  /** What they become here. */
  readonly here: readonly Value[];
  readonly effects: readonly FieldEffect[];
  readonly message: string | null;
}

export interface RowTally {
  readonly index: number;
  readonly field: MappingRow["field"];
  readonly record: MappingRow["record"];
  readonly direction: MappingRow["direction"];
  readonly transform: string;
  /** They add up to the records tried. */
  readonly counts: Readonly<Record<RowTrial["verdict"], number>>;
  /** Differences that both sides made, by this row's rule; not counted apart from the rest. */
  readonly conflicts: number;
  /** By what refuses: the row's transform and the code, with the words of the first. */
  readonly rejections: readonly {
    readonly rule: string;
    readonly code: string;
    readonly count: number;
    readonly message: string;
  }[];
  /** Values here that this row could not write, whether or not they are to be written now. Asked of rows that are new or changed. */
  readonly unwritable: { readonly count: number; readonly message: string | null };
  readonly examples: readonly TrialExample[];
}

/** `examples`: how many are kept of each row and verdict. */
export function tally(
  rows: readonly CompiledRow[],
  trials: readonly RecordTrial[],
  { examples }: { readonly examples: number },
): RowTally[] {
  return rows.map(({ index, row, fields, out }, at) => {
    const counts = Object.fromEntries(VERDICTS.map((one) => [one, 0])) as Record<RowTrial["verdict"], number>;
    const rejections = new Map<string, { rule: string; code: string; count: number; message: string }>();
    const unwritable = { count: 0, message: null as string | null };
    const kept: TrialExample[] = [];
    let conflicts = 0;
    for (const { recordId, title, rows: tried, unwritable: stuck } of trials) {
      const one = tried[at]!;
      counts[one.verdict] += 1;
      if (one.effects.length > 0 && one.effects.some(({ side }) => side === "conflict")) conflicts += 1;
      if (one.verdict === "rejected") {
        const name = `${one.rule} ${one.code}`;
        const known = rejections.get(name) ?? { rule: one.rule!, code: one.code!, count: 0, message: one.message! };
        rejections.set(name, { ...known, count: known.count + 1 });
      }
      const why =
        out && stuck.size > 0
          ? fields.map((field) => stuck.get(field)).find((words) => words !== undefined)
          : undefined;
      if (why !== undefined) {
        unwritable.count += 1;
        unwritable.message ??= why;
      }
      if (counts[one.verdict] > examples) continue;
      const { verdict, effects, message } = one;
      const way = one.in();
      kept.push({ verdict, recordId, title, there: way?.from ?? [], here: way?.to ?? [], effects, message });
    }
    const { field, record, direction, transform } = row;
    const found = { index, field, record, direction, transform, counts, conflicts };
    return {
      ...found,
      rejections: [...rejections.values()],
      unwritable,
      examples: kept.toSorted((a, b) => VERDICTS.indexOf(a.verdict) - VERDICTS.indexOf(b.verdict)),
    };
  });
}
