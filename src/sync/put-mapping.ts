// A mapping as a person gives it, checked against a stream before it is put in force.
import { WinstonError } from "../base/errors.ts";
import type { JsonObject } from "../base/json.ts";
import { splitFields } from "../mapping/asymmetry.ts";
import { standardFields } from "../mapping/kinds.ts";
import { readFieldMappings } from "../mapping/specification.ts";
import type { CompiledMapping, Field, MappingDocument } from "../mapping/types.ts";
import type { StreamRow } from "../store/connection.ts";
import type { Queries } from "../store/database.ts";
import type { Catalog } from "./catalog.ts";

/** Winston's own document, or the specification's `field_mappings`. Throws mapping.invalid, and rule.invalid where the stream's filter no longer fits. */
export async function readDocument(
  db: Queries,
  catalog: Pick<Catalog, "fields" | "compile" | "compileFilter">,
  stream: StreamRow,
  given: JsonObject,
): Promise<{ document: JsonObject; mapping: CompiledMapping; notes: readonly string[] }> {
  const fields = await catalog.fields(db, stream.kind);
  const said = "field_mappings" in given ? ofSpecification(given, stream, fields) : { document: given, warnings: null };
  const compiled = await catalog.compile(db, stream, said.document);
  await catalog.compileFilter(db, stream, stream.rules, compiled);
  const warnings =
    said.warnings ?? splitFields(compiled.document, { kindFields: fields, fieldsOf: standardFields, missing: "skip" });
  const notes = [...warnings, ...compiled.notes];
  return { document: compiled.document as unknown as JsonObject, mapping: compiled, notes };
}

/** The specification's `field_mappings` JSON, as written: the part of it that is about this stream's kind. */
function ofSpecification(
  document: JsonObject,
  stream: StreamRow,
  fields: readonly Field[],
): { document: MappingDocument; warnings: readonly string[] } {
  const read = readFieldMappings(document, (kind) => (kind === stream.kind ? fields : standardFields(kind)));
  const found = read.documents.find(
    (one) => one.document.kind === stream.kind && (one.document.stage ?? stream.stage) === stream.stage,
  );
  if (found) return { document: found.document, warnings: read.warnings };
  const about = read.documents.map((one) => one.document.stage ?? one.document.kind).join(", ");
  throw new WinstonError(
    "mapping.invalid",
    `These field mappings are about ${about || "nothing"}, and stream ${stream.key} holds ${stream.stage ?? stream.kind} records.`,
  );
}
