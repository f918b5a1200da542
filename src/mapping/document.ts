// The mapping document as people write it: its schema, and its reading with problems in words.
import { z } from "zod";
import type { Json } from "../base/json.ts";
import type { MappingDocument, MappingRow } from "./types.ts";

export { compileMapping, type CompileInput, type RecordField } from "./compile.ts";
import { mappingInvalid, pointerTo } from "./invalid.ts";

/** Names that mean something to JavaScript itself would be read and written wrongly as keys. */
const name = z
  .string()
  .min(1, "a name is missing")
  .max(255)
  .refine((text) => text.isWellFormed() && !text.includes("\u0000"), "a name holds a character that cannot be stored")
  .refine((text) => !(text in Object.prototype), "is a name that JavaScript keeps for itself");

const names = z.union([name, z.array(name).max(20)], { error: "is a field's name, or a list of names" });

/** One row, as JSON. `direction` may be left out: both. */
export const MappingRowSchema = z.strictObject({
  field: names,
  record: names,
  direction: z.enum(["both", "in", "out"]).default("both"),
  transform: z.string().min(1),
  options: z.record(z.string(), z.json()).optional(),
  onCreate: z.json().optional(),
  rule: z.enum(["newest", "winston", "record", "nonBlank", "restrictive", "ask"]).optional(),
});

/** A mapping document, as JSON. */
export const MappingDocumentSchema = z.strictObject({
  kind: name,
  stage: name.optional(),
  rows: z.array(MappingRowSchema).min(1, "a mapping needs at least one row").max(1000),
});

/** Reads a document. Throws `mapping.invalid` with one problem per wrong place. */
export function parseMappingDocument(input: unknown): MappingDocument {
  const parsed = MappingDocumentSchema.safeParse(input);
  if (!parsed.success)
    throw mappingInvalid(
      "The mapping document is not well formed",
      parsed.error.issues.map((issue) => ({
        pointer: pointerTo(...(issue.path as (string | number)[])),
        code: "mapping.malformed",
        message: `${issue.path.length === 0 ? "The document" : `"${issue.path.join(".")}"`}: ${issue.message}.`,
      })),
    );
  const { kind, stage, rows } = parsed.data;
  return { kind, ...(stage === undefined ? {} : { stage }), rows: rows.map(toRow) };
}

function toRow(row: z.infer<typeof MappingRowSchema>): MappingRow {
  return {
    field: row.field,
    record: row.record,
    direction: row.direction,
    transform: row.transform,
    ...(row.options === undefined ? {} : { options: row.options as Record<string, Json> }),
    ...(row.onCreate === undefined ? {} : { onCreate: row.onCreate as Json }),
    ...(row.rule === undefined ? {} : { rule: row.rule }),
  };
}
