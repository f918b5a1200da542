// What can be known of a mapping before and after it is in force: its versions, what it would do to the records that are held, the fields
// at hand and the pairs they suggest. Nothing here writes, and no vendor is asked.
import { isError, WinstonError } from "../base/errors.ts";
import { equalJson, type Json, type JsonObject } from "../base/json.ts";
import type { VendorField } from "../connector/contract.ts";
import { canonical } from "../mapping/canonical.ts";
import { standardFields } from "../mapping/kinds.ts";
import { suggest, type Suggestion } from "../mapping/suggest.ts";
import { writeFieldMappings, type WrittenFieldMappings } from "../mapping/to-specification.ts";
import type { MappingDocument, TrialIn, TrialOut, Value } from "../mapping/types.ts";
import { Unreadable } from "../mapping/unreadable.ts";
import { readConnections, readStreams, readVendorFields, type RulesRow, type StreamRow } from "../store/connection.ts";
import type { Database, Queries, Tx } from "../store/database.ts";
import {
  heldRecords,
  lastHeld,
  mappingDocuments,
  mappingVersions,
  recordOfEntity,
  type HeldRecord,
} from "../store/held.ts";
import { tryRecords, type BrakedField, type Known, type RecordTrial, type RowTrial } from "./back-test.ts";
import type { Catalog } from "./catalog.ts";
import type { StreamContext } from "./context.ts";
import { recordsOf } from "./drift.ts";
import { fieldsOf } from "./image.ts";
import { readDocument } from "./put-mapping.ts";
import { surveyOf, type FieldSurvey } from "./survey.ts";
import { tally, type RowTally } from "./tally.ts";

/** A version of a mapping. Times are milliseconds since 1970 UTC. */
export interface MappingVersion {
  readonly version: number;
  readonly inForce: boolean;
  readonly createdAt: number;
  readonly actor: string;
  /** How many rows it has. */
  readonly rows: number;
  /** The filter that goes with it. */
  readonly filter: { readonly in: string | null; readonly out: string | null };
}

export interface BackTest {
  /** The version in force, or null where a document was given. */
  readonly version: number | null;
  readonly records: number;
  /** Of them, those that the stream's filter leaves alone under this mapping; all of their rows are unchanged. */
  readonly outside: number;
  readonly rows: readonly RowTally[];
  readonly notes: readonly string[];
}

export interface MappingTest extends Omit<RecordTrial, "rows" | "unwritable"> {
  readonly rows: readonly (Omit<RowTrial, "in" | "out"> & {
    readonly in: TrialIn | null;
    readonly out: TrialOut | null;
  })[];
  /** The version in force, or null where a document was given. */
  readonly version: number | null;
  readonly document: MappingDocument;
  readonly notes: readonly string[];
}

export interface Suggestions {
  readonly suggestions: readonly Suggestion[];
  /** The mapping in force with these rows after its own: what `mappings check` and `mappings put --plan` take. */
  readonly document: JsonObject;
}

/** All of them throw not.found. */
export interface Mappings {
  /** Newest first. */
  versions(streamId: number): Promise<readonly MappingVersion[]>;
  version(streamId: number, version: number): Promise<MappingVersion & { readonly document: JsonObject }>;
  /** The mapping in force as the specification's `field_mappings`. */
  fieldMappings(streamId: number): Promise<WrittenFieldMappings>;
  /** What a document (or the mapping in force) would do to one record, by its id at the vendor or ours. Throws mapping.invalid, rule.invalid. */
  test(streamId: number, record: string, document?: JsonObject): Promise<MappingTest>;
  /** The same of the last records, counted. Throws mapping.invalid, rule.invalid. */
  backTest(
    streamId: number,
    of: {
      readonly document?: JsonObject | undefined;
      readonly records?: number | undefined;
      readonly examples?: number | undefined;
    },
  ): Promise<BackTest>;
  fields(streamId: number, of: { readonly samples?: number | undefined }): Promise<FieldSurvey>;
  suggest(streamId: number): Promise<Suggestions>;
}

/** So many records are tried where nobody says otherwise. */
export const RECORDS = 500;
const EXAMPLES = 3;
const SAMPLES = 5;

export function createMappings({
  database,
  catalog,
  clock,
}: {
  readonly database: Database;
  readonly catalog: Pick<Catalog, "fields" | "compile" | "compileFilter" | "context">;
  readonly clock: { now(): number };
}): Mappings {
  const streamOf = async (db: Queries, id: number): Promise<StreamRow> => {
    const [stream] = await readStreams(db, { id });
    if (!stream) throw new WinstonError("not.found", `There is no stream ${id}.`);
    return stream;
  };

  const inForce = async (db: Queries, stream: StreamRow): Promise<JsonObject> =>
    (await mappingDocuments(db, stream.id, [stream.mappingVersion])).get(stream.mappingVersion)!;

  /** The context under a document, or as it is. */
  const under = async (tx: Tx, streamId: number, document: JsonObject | undefined) => {
    const now = await catalog.context(tx, streamId);
    if (document === undefined) return { now, tried: now, notes: notesOf(now), version: now.stream.mappingVersion };
    const { mapping, notes } = await readDocument(tx, catalog, now.stream, document);
    return { now, tried: await catalog.context(tx, streamId, mapping), notes, version: null };
  };

  /** What is in force was written before: whether it could be is asked of the rows that it does not have. */
  const trial = (
    tx: Tx,
    { now, tried }: { readonly now: StreamContext; readonly tried: StreamContext },
    known: readonly Known[],
    sample: boolean,
  ): ReturnType<typeof tryRecords> => {
    const before = now === tried ? [] : now.mapping.document.rows;
    const fresh = tried.mapping.rows.filter(({ out, row }) => out && !before.some((one) => equalJson(one, row)));
    const asked = new Set(fresh.flatMap((row) => row.fields));
    return tryRecords(tx, tried, known, { now: clock.now(), asked, sample });
  };

  return {
    versions: async (streamId) => {
      const stream = await streamOf(database, streamId);
      return (await mappingVersions(database, streamId)).map((row) => versionOf(stream, row));
    },

    version: async (streamId, version) => {
      const stream = await streamOf(database, streamId);
      const row = (await mappingVersions(database, streamId)).find((one) => one.version === version);
      const document = (await mappingDocuments(database, streamId, [version])).get(version);
      if (!row || !document) {
        const [connection] = await readConnections(database, stream.connectionId);
        const called = connection ? `${connection.name}/${stream.key}` : stream.key;
        throw new WinstonError(
          "not.found",
          `The mapping of stream ${called} has no version ${version}; \`winston mappings history ${called}\` lists those there are.`,
        );
      }
      return { ...versionOf(stream, row), document };
    },

    fieldMappings: async (streamId) => {
      const stream = await streamOf(database, streamId);
      const document = (await inForce(database, stream)) as unknown as MappingDocument;
      const fields = await catalog.fields(database, stream.kind);
      return writeFieldMappings([{ object: stream.key, document }], (kind) =>
        kind === stream.kind ? fields : standardFields(kind),
      );
    },

    test: (streamId, record, document) =>
      database.transaction(async (tx) => {
        const { now, tried, notes, version } = await under(tx, streamId, document);
        const recordId = (await recordOfEntity(tx, streamId, record)) ?? record;
        const held = await heldRecords(tx, streamId, [recordId]);
        if (held.length === 0)
          throw new WinstonError(
            "not.found",
            `Stream ${now.stream.key} of ${now.connection.name} holds no record ${record} that was read and is linked. Give its id there, or that of the record here.`,
          );
        const { trials, braked } = await trial(tx, { now, tried }, await knownOf(tx, now, held), false);
        const { unwritable: _, rows, ...rest } = trials[0]!;
        const shown = rows.map((row) => ({ ...row, in: row.in(), out: row.out() }));
        const told = [...notes, ...braked.map((one) => brakedWords(now, one))];
        return { ...rest, rows: shown, version, document: tried.mapping.document, notes: told };
      }),

    backTest: (streamId, { document, records = RECORDS, examples = EXAMPLES }) =>
      database.transaction(async (tx) => {
        const { now, tried, notes, version } = await under(tx, streamId, document);
        const held = await lastRecords(tx, streamId, records);
        const { trials, braked } = await trial(tx, { now, tried }, await knownOf(tx, now, held), true);
        return {
          version,
          records: trials.length,
          outside: trials.filter((one) => one.outside).length,
          rows: tally(tried.mapping.rows, trials, { examples }),
          notes: [...notes, ...braked.map((one) => brakedWords(now, one))],
        };
      }),

    fields: async (streamId, { samples = SAMPLES }) => {
      const stream = await streamOf(database, streamId);
      const now = await catalog.context(database, streamId);
      const held = await lastRecords(database, streamId, RECORDS);
      return surveyOf(await knownOf(database, now, held), {
        vendorFields: (await readVendorFields(database, streamId)) as unknown as VendorField[],
        kindFields: await catalog.fields(database, stream.kind),
        rows: now.mapping.document.rows,
        samples,
      });
    },

    suggest: async (streamId) => {
      const stream = await streamOf(database, streamId);
      const now = await catalog.context(database, streamId);
      const held = await lastRecords(database, streamId, RECORDS);
      const known = await knownOf(database, now, held);
      const found = suggest({
        kindFields: (await catalog.fields(database, stream.kind)).filter(({ key }) => key !== "externalId"),
        recordFields: (await readVendorFields(database, streamId)) as unknown as VendorField[],
        rows: now.mapping.document.rows,
        standard: ((now.declaration.mapping as unknown as MappingDocument).rows ?? []).map((row) => ({
          ...row,
          direction: row.direction ?? "both",
        })),
        valuesOf: (field) => known.flatMap((one) => (one.held.entity.fields[field] ?? []) as Value),
        agreement: (record, field, type) => {
          const both = known.flatMap((one) => {
            const theirs = canonical(type, one.record[record]);
            const ours = one.held.entity.fields[field] ?? null;
            return theirs === null || theirs instanceof Unreadable || ours === null ? [] : [equalJson(theirs, ours)];
          });
          return { same: both.filter(Boolean).length, of: both.length };
        },
      });
      return usable(database, catalog, stream, { ...now.mapping.document } as unknown as JsonObject, found);
    },
  };
}

/** As a plan says it, of these records. */
const brakedWords = ({ connection, stream }: StreamContext, { field, side, records }: BrakedField): string =>
  `The brake would hold ${records.toLocaleString("en")} ${records === 1 ? "blanking" : "blankings"} of ${field} ${side === "here" ? `by ${connection.name} ${stream.key}` : `at ${connection.name} ${stream.key}`} until a person decides; ${records === 1 ? "it changes" : "they change"} nothing here.`;

const lastRecords = async (db: Queries, streamId: number, limit: number): Promise<HeldRecord[]> =>
  heldRecords(db, streamId, await lastHeld(db, streamId, limit));

const notesOf = ({ mapping }: StreamContext): readonly string[] => mapping.notes;

const versionOf = (
  stream: StreamRow,
  { rules, ...row }: { version: number; rows: number; rules: JsonObject; actor: string; createdAt: number },
): MappingVersion => {
  const filter = rules as RulesRow;
  return {
    ...row,
    inForce: row.version === stream.mappingVersion,
    filter: { in: filter.in ?? null, out: filter.out ?? null },
  };
};

/** What is known of each record's fields: what the mapping under which it was read has asked for. */
async function knownOf(db: Queries, now: StreamContext, held: readonly HeldRecord[]): Promise<Known[]> {
  const { stream, mapping } = now;
  const older = [...new Set(held.map((one) => one.mappingVersion))].filter((one) => one !== stream.mappingVersion);
  const asked = new Map<number, readonly string[]>([[stream.mappingVersion, mapping.vendorFields]]);
  for (const [version, document] of await mappingDocuments(db, stream.id, older)) {
    const rows = (document as unknown as MappingDocument).rows.filter((row) => row.direction !== "out");
    asked.set(version, rows.flatMap(recordsOf));
  }
  return held.map((one) => ({ held: one, record: fieldsOf(one.image, asked.get(one.mappingVersion) ?? []) }));
}

/** The suggestions that may be put in force beside the mapping that is. */
async function usable(
  db: Queries,
  catalog: Pick<Catalog, "fields" | "compile" | "compileFilter">,
  stream: StreamRow,
  document: JsonObject,
  found: readonly Suggestion[],
): Promise<Suggestions> {
  const rows = document["rows"] as readonly Json[];
  let suggestions = found;
  for (;;) {
    const whole = { ...document, rows: [...rows, ...suggestions.map(({ row }) => row)] } as unknown as JsonObject;
    try {
      await readDocument(db, catalog, stream, whole);
      return { suggestions, document: whole };
    } catch (thrown) {
      if (!isError(thrown, "mapping.invalid")) throw thrown;
      const wrong = new Set(
        thrown.problems.map(({ pointer }) => Number(/^\/rows\/(\d+)/u.exec(pointer)?.[1]) - rows.length),
      );
      const left = suggestions.filter((_, index) => !wrong.has(index));
      // What is in force is wrong itself, as after a change at the vendor: there is nothing to add to.
      if (left.length === suggestions.length) return { suggestions, document: whole };
      suggestions = left;
    }
  }
}
