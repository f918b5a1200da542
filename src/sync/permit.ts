// What a plan lets be written: a write that is the same as its line, and nothing else. Pure.
import { equalJson, type Json } from "../base/json.ts";
import type { AttemptRow } from "../store/intent.ts";
import type { Permit } from "../store/plan.ts";

type Draft = Pick<AttemptRow, "op" | "sent" | "before">;

/** The line that lets this write go; or how it differs from the line that was meant for it, in words; or nothing, where no line is about it. */
export function permitted(
  draft: Draft,
  permits: readonly Permit[],
  isReference: (field: string) => boolean,
): { line: Permit } | { line: Permit; differs: string } | null {
  for (const line of permits) if (differenceOf(draft, line, isReference) === null) return { line };
  const near = permits.find((line) => line.op === draft.op) ?? permits[0];
  return near ? { line: near, differs: differenceOf(draft, near, isReference)! } : null;
}

/** Null where they are the same. A record that is to go is the same though a reference of it is blank by now: what it named may have gone first. */
function differenceOf(draft: Draft, line: Permit, isReference: (field: string) => boolean): string | null {
  if (draft.op !== line.op) return `By now it would be a ${draft.op} and not a ${line.op}.`;
  const now = draft.op === "delete" ? (draft.before ?? {}) : draft.sent;
  const [before, after] = draft.op === "delete" ? [0, null] : [1, 0];
  for (const [field, cells] of Object.entries(line.fields)) {
    const value = now[field] ?? null;
    if (draft.op === "delete" && value === null && isReference(field)) continue;
    if (!equalJson(value, cells[before] ?? null))
      return Object.hasOwn(now, field)
        ? `The ${field} is ${said(value)} by now; the plan has ${said(cells[before] ?? null)}.`
        : `The ${field} would not be written any more.`;
    if (after !== null && draft.op === "update" && !equalJson(draft.before?.[field] ?? null, cells[after] ?? null))
      return `The ${field} there is ${said(draft.before?.[field] ?? null)} by now; the plan has ${said(cells[after] ?? null)}.`;
  }
  const more = Object.entries(now).find(([field, value]) => value !== null && !Object.hasOwn(line.fields, field));
  if (more) return `The ${more[0]} would be written too: ${said(more[1]!)}.`;
  const cleared = Object.keys(now).find((field) => draft.op === "update" && !Object.hasOwn(line.fields, field));
  return cleared === undefined ? null : `The ${cleared} would be cleared too.`;
}

const said = (value: Json): string => (value === null ? "blank" : JSON.stringify(value));
