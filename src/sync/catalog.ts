// The catalog: connections, streams and compiled mappings as a run or an edit needs them. Mappings are compiled once per version.
import { createHash } from "node:crypto";
import { WinstonError } from "../base/errors.ts";
import type { Connector, VendorField } from "../connector/contract.ts";
import { compileCondition, type Condition } from "../mapping/condition.ts";
import { compileMapping, parseMappingDocument } from "../mapping/document.ts";
import { standardFields } from "../mapping/kinds.ts";
import type { CompiledMapping, Field, FieldType, MappingDocument } from "../mapping/types.ts";
import {
  readConnections,
  readContextRows,
  readMapping,
  readMappingSources,
  readStreams,
  readVendorFields,
  type ConnectionRow,
  type RulesRow,
  type StreamRow,
} from "../store/connection.ts";
import type { Queries } from "../store/database.ts";
import { readFields } from "../store/field.ts";
import { readDrifts, unmetAfter } from "../store/schema-drift.ts";
import type { StreamContext, Writer, WritersOf } from "./context.ts";
import { fieldsPaused } from "./drift.ts";
import type { Filter } from "./filter.ts";
import { SHARED_MAILBOXES } from "./keys.ts";
import { seenFrom, type Environment } from "./leave.ts";
import { fieldRules, type FieldRules } from "./rules.ts";

export interface Catalog {
  /** Everything a run of this stream needs; as it would be with a `supposed` mapping put in force. Throws not.found, mapping.invalid, connector.unknown. */
  context(db: Queries, streamId: number, supposed?: CompiledMapping): Promise<StreamContext>;
  /** Streams that entities of this kind are written to, with the fields that only a vendor may change, and who wins which field. */
  writers(
    db: Queries,
    kind: string,
  ): Promise<{ writers: Writer[]; inboundOnly: ReadonlyMap<number, ReadonlySet<string>>; rules: FieldRules }>;
  /** The streams alone. */
  readonly writersOf: WritersOf;
  /** Standard and custom fields of a kind. */
  fields(db: Queries, kind: string): Promise<Field[]>;
  /** Compiles a document against the fields of both sides, for checking one before it is stored. */
  compile(
    db: Queries,
    stream: StreamRow,
    document: unknown,
    missing?: "refuse" | "skip",
  ): Promise<CompiledMapping & { readonly notes: readonly string[] }>;
  /** Checks a filter against the fields that a mapping reads and those of the stream's kind. Throws rule.invalid. */
  compileFilter(
    db: Queries,
    stream: Pick<StreamRow, "kind">,
    rules: RulesRow,
    mapping: Pick<CompiledMapping, "inbound">,
  ): Promise<Filter>;
  /** Checks which entities are critical. Throws rule.invalid. */
  compileCritical(db: Queries, stream: Pick<StreamRow, "kind" | "critical">): Promise<Condition | undefined>;
  /** Names of mailboxes whose addresses tell nobody (`info@`). */
  readonly sharedMailboxes: ReadonlySet<string>;
  /** Which Winston this is. */
  readonly environment: Environment;
  /** Forgets compiled mappings of a stream: its vendor's fields or ours changed. */
  forget(): void;
}

/** A field that every kind has: the id under which the caller knows the thing. */
const EXTERNAL_ID: Field = { key: "externalId", type: "text", label: "External id" };

type Targets = VendorField["targets"];

export function createCatalog(
  connectors: Readonly<Record<string, Connector>>,
  {
    sharedMailboxes = SHARED_MAILBOXES,
    environment = "production",
  }: {
    readonly sharedMailboxes?: ReadonlySet<string> | undefined;
    readonly environment?: Environment | undefined;
  } = {},
): Catalog {
  const compiled = new Map<string, Promise<CompiledMapping & { notes: readonly string[] }>>();
  /** By stream and mapping version: what never changes once it is written. */
  const met = new Map<string, ReadonlySet<string>>();
  /** By stream: where its references may point, as its vendor described them last. */
  const described = new Map<number, { readonly stamp: string; readonly targets: ReadonlyMap<string, Targets> }>();

  const fields: Catalog["fields"] = async (db, kind) => {
    const custom = await readFields(db, kind);
    return [
      ...standardFields(kind),
      EXTERNAL_ID,
      ...custom.map((row): Field => ({
        key: row.key,
        type: row.type as FieldType,
        label: row.label,
        custom: true,
        ...(row.target === null ? {} : { target: row.target }),
      })),
    ];
  };

  const compile: Catalog["compile"] = async (db, stream, document, missing = "refuse") => {
    const recordFields = (await readVendorFields(db, stream.id)) as unknown as VendorField[];
    const kindFields = await fields(db, stream.kind);
    // Whoever puts a mapping is held to the vendor's fields as they are; one that is run goes without those that drifted.
    const paused = missing === "skip" ? (await readDrifts(db, stream.id)).filter((one) => one.pauses) : [];
    return compiledFrom({ document, recordFields, kindFields, missing, paused });
  };

  const mappingOf = (db: Queries, stream: StreamRow): Promise<CompiledMapping & { notes: readonly string[] }> => {
    const name = compiledAs(stream);
    const known = compiled.get(name);
    if (known) return known;
    const made = readMappingSources(db, stream.id, stream.mappingVersion).then(async (sources) => {
      if (!sources)
        throw new WinstonError(
          "mapping.invalid",
          `Mapping version ${stream.mappingVersion} of stream ${stream.key} is not in the database.`,
        );
      const recordFields = sources.vendorFields as unknown as readonly VendorField[];
      described.set(stream.id, { stamp: sources.described, targets: targetsIn(recordFields) });
      const kindFields = await fields(db, stream.kind);
      // A field that this account does not show (any more) leaves its row out, with a note; the rest of the stream runs.
      return compiledFrom({ ...sources, recordFields, kindFields, missing: "skip" });
    });
    compiled.set(name, made);
    made.catch(() => compiled.delete(name));
    return made;
  };

  const compileFilter: Catalog["compileFilter"] = async (db, stream, rules, mapping) => {
    if (rules.in === undefined && rules.out === undefined) return { in: undefined, out: undefined };
    const known = await fields(db, stream.kind);
    const read = known.filter((field) => mapping.inbound.has(field.key));
    return {
      in: rules.in === undefined ? undefined : compileCondition(rules.in, read, "/filter/in"),
      out: rules.out === undefined ? undefined : compileCondition(rules.out, known, "/filter/out"),
    };
  };

  const compileCritical: Catalog["compileCritical"] = async (db, { kind, critical }) =>
    critical === null ? undefined : compileCondition(critical, await fields(db, kind), "/critical");

  /** A filter that asks for what a paused row read decides nothing: neither in nor out is what it cannot tell. */
  const filterBeside = async (db: Queries, stream: StreamRow, mapping: CompiledMapping): Promise<Filter> => {
    if (stream.rules.in === undefined && stream.rules.out === undefined) return { in: undefined, out: undefined };
    const drifts = (await readDrifts(db, stream.id)).filter((one) => one.pauses);
    const paused = fieldsPaused(mapping.document, new Set(drifts.map((one) => one.name)));
    const inbound = mapping.inbound.union(new Set(paused));
    const made = await compileFilter(db, stream, stream.rules, { inbound });
    const blind = paused.find((field) => made.in?.fields.has(field));
    if (!made.in || blind === undefined) return made;
    return { ...made, in: { ...made.in, of: () => ({ failed: `the row of ${blind} is paused` }) } };
  };

  /** Fields that meet as for the first time when a mapping is put: those of the rows that are paused. */
  const pausedOf = async (db: Queries, stream: StreamRow): Promise<string[]> => {
    const drifts = (await readDrifts(db, stream.id)).filter((one) => one.pauses);
    if (drifts.length === 0) return [];
    const document = (await readMapping(db, stream.id, stream.mappingVersion)) as unknown as MappingDocument;
    return fieldsPaused(document, new Set(drifts.map((one) => one.name)));
  };

  const filters = new Map<string, Promise<Filter>>();
  const filterOf = (db: Queries, stream: StreamRow, mapping: CompiledMapping): Promise<Filter> => {
    const name = compiledAs(stream);
    const known = filters.get(name);
    if (known) return known;
    const made = filterBeside(db, stream, mapping);
    filters.set(name, made);
    made.catch(() => filters.delete(name));
    return made;
  };

  const connectorOf = (connection: ConnectionRow): Connector => {
    const connector = connectors[connection.vendor];
    if (!connector)
      throw new WinstonError(
        "connector.unknown",
        `Connection ${connection.name} needs the connector ${connection.vendor}, which this Winston does not have.`,
      );
    return connector;
  };

  const writers: Catalog["writers"] = async (db, kind) => {
    const connections = new Map((await readConnections(db, null)).map((row) => [row.id, row]));
    return writersAmong(db, kind, connections, await readStreams(db, {}));
  };

  const writersOf: WritersOf = async (tx, kind) => (await writers(tx, kind)).writers;

  /** The vendor's own word on where each field may point. */
  const targetsOf = async (db: Queries, streamId: number, stamp: string): Promise<ReadonlyMap<string, Targets>> => {
    const known = described.get(streamId);
    if (known?.stamp === stamp) return known.targets;
    const targets = targetsIn((await readVendorFields(db, streamId)) as unknown as VendorField[]);
    described.set(streamId, { stamp, targets });
    return targets;
  };

  /** The fields of a version of a mapping; none where it is not there. */
  const fieldsMetIn = async (db: Queries, streamId: number, version: number): Promise<ReadonlySet<string>> => {
    const name = `${streamId}:${version}`;
    const known = met.get(name);
    if (known) return known;
    const document = await readMapping(db, streamId, version);
    const fields = new Set(document ? fieldsOfDocument(document) : []);
    met.set(name, fields);
    return fields;
  };

  const writersAmong = async (
    db: Queries,
    kind: string,
    connections: ReadonlyMap<string, ConnectionRow>,
    streams: readonly StreamRow[],
    supposed?: { readonly streamId: number; readonly mapping: CompiledMapping },
  ): ReturnType<Catalog["writers"]> => {
    const list: Writer[] = [];
    const mappings: { id: number; mapping: CompiledMapping }[] = [];
    const inboundOnly = new Map<number, ReadonlySet<string>>();
    for (const stream of streams) {
      if (stream.kind !== kind || !stream.enabled) continue;
      const connection = connections.get(stream.connectionId);
      if (!connection) continue; // It was removed, or made, between the two readings.
      const declaration = connectorOf(connection).streams[stream.key];
      if (!declaration) continue;
      const mapping = stream.id === supposed?.streamId ? supposed.mapping : await mappingOf(db, stream);
      mappings.push({ id: stream.id, mapping });
      if (mapping.inboundOnly.size > 0) inboundOnly.set(stream.id, mapping.inboundOnly);
      if (stream.direction === "in" || (!declaration.create && !declaration.update)) continue;
      list.push({
        streamId: stream.id,
        connectionId: stream.connectionId,
        kind,
        stage: stream.stage,
        outbound: mapping.outbound,
        equal: mapping.equal,
        neverEmptied: mapping.neverEmptied,
        hidesRequired: declaration.hidesRequired === true,
        asks: (await filterOf(db, stream, mapping)).out?.fields ?? new Set(),
        creates: declaration.create !== undefined && mapping.outbound.size > 0,
      });
    }
    return { writers: list, inboundOnly, rules: fieldRules(mappings) };
  };

  const context: Catalog["context"] = async (db, streamId, supposed) => {
    const { streams, connections, ...seen } = await readContextRows(db, streamId);
    const found = streams.find((one) => one.id === streamId);
    if (!found) throw new WinstonError("not.found", `There is no stream ${streamId}.`);
    const stream = supposed ? { ...found, mappingVersion: found.mappingVersion + 1 } : found;
    const connection = seenFrom(environment, connections.get(stream.connectionId)!);
    const connector = connectorOf(connection);
    const declaration = connector.streams[stream.key];
    if (!declaration)
      throw new WinstonError("connector.unknown", `Connector ${connector.key} has no stream ${stream.key} any more.`);
    const mapping = supposed ?? (await mappingOf(db, found));
    const filter = supposed ? await compileFilter(db, found, found.rules, mapping) : await filterOf(db, found, mapping);
    const siblings = streams.filter((one) => one.connectionId === stream.connectionId);
    // The vendor's own word on where a reference may point, where it gives one: a deal's contact is no lead.
    const words = await targetsOf(db, stream.id, seen.described);
    const targets = new Map<string, number[]>();
    for (const [field, { kind }] of mapping.references) {
      const allowed = rowsOf(mapping.document, field).flatMap((row) =>
        [row.record].flat().flatMap((name) => words.get(name) ?? []),
      );
      targets.set(
        field,
        siblings
          .filter((one) => one.kind === kind && (allowed.length === 0 || allowed.includes(one.key)))
          .map((one) => one.id),
      );
    }
    const metSets = new Map<number, ReadonlySet<string>>();
    const first = Math.max(1, stream.mappingVersion - 20);
    const anew = first < stream.mappingVersion ? await unmetAfter(db, stream.id, first) : [];
    if (supposed) anew.push({ version: stream.mappingVersion, unmet: await pausedOf(db, found) });
    for (let version = first; version < stream.mappingVersion; version++) {
      const fields = await fieldsMetIn(db, stream.id, version);
      // A row that was paused meets again as for the first time.
      const unmet = anew.filter((one) => one.version > version).flatMap((one) => one.unmet);
      metSets.set(version, unmet.length === 0 ? fields : fields.difference(new Set(unmet)));
    }
    const kind = await writersAmong(
      db,
      stream.kind,
      connections,
      streams,
      supposed && { streamId: stream.id, mapping },
    );
    return {
      connector,
      declaration,
      connection,
      stream,
      mapping,
      filter,
      critical: stream.strategy === "hybrid" ? await compileCritical(db, stream) : undefined,
      targets,
      siblings: new Map(siblings.map((one) => [one.key, one])),
      rules: kind.rules,
      readOnlyAt: kind.inboundOnly,
      writersOf,
      // Another mapping was put while this one's run goes on: what was merged under that has met.
      metIn: (version) => (field) => version > stream.mappingVersion || (metSets.get(version)?.has(field) ?? false),
      sharedMailboxes,
      parkedBefore: seen.parked,
      leaves: filter.in !== undefined || stream.backfillSince !== null || seen.leaves,
      looked: seen.looked,
      braked: seen.braked,
    };
  };

  const forget = (): void => {
    for (const known of [compiled, filters, met, described]) known.clear();
  };

  return {
    context,
    writers,
    writersOf,
    fields,
    compile,
    compileFilter,
    compileCritical,
    sharedMailboxes,
    environment,
    forget,
  };
}

const targetsIn = (fields: readonly VendorField[]): ReadonlyMap<string, Targets> =>
  new Map(fields.map((field) => [field.name, field.targets]));

/** What was compiled last, by all that it was compiled from: every plan is rehearsed with a catalog of its own, and most of a compilation is trying the laws. */
const lastCompiled = new Map<string, ReturnType<typeof compileMapping>>();
const KEPT_MAX = 64;

/** A document compiled against the fields of both sides; without any of the vendor's, it is taken at its word. */
function compiledFrom(of: {
  readonly document: unknown;
  readonly recordFields: readonly VendorField[];
  readonly kindFields: readonly Field[];
  readonly missing: "refuse" | "skip";
  readonly paused: readonly { readonly name: string; readonly message: string }[];
}): CompiledMapping & { readonly notes: readonly string[] } {
  const { document, recordFields, kindFields, missing, paused } = of;
  const all = JSON.stringify([document, recordFields, kindFields, missing, paused]);
  const name = createHash("sha256").update(all).digest("base64");
  const known = lastCompiled.get(name);
  // The one that was used last goes last.
  lastCompiled.delete(name);
  if (known) lastCompiled.set(name, known);
  if (known) return known;
  const made = compileMapping({
    document: parseMappingDocument(document),
    kindFields,
    missing,
    paused: new Map(paused.map((one) => [one.name, one.message])),
    ...(recordFields.length > 0 ? { recordFields } : {}),
  });
  if (lastCompiled.size >= KEPT_MAX) lastCompiled.delete(lastCompiled.keys().next().value!);
  lastCompiled.set(name, made);
  return made;
}

/** What a mapping, or a filter, was compiled from. */
const compiledAs = ({ id, mappingVersion, schemaVersion }: StreamRow): string =>
  `${id}:${mappingVersion}:${schemaVersion}`;

/** The rows of a document about one field. */
const rowsOf = (document: MappingDocument, field: string) =>
  document.rows.filter((row) => [row.field].flat().includes(field));

/** Winston's field keys a document names, paths as their reference field. */
function fieldsOfDocument(document: object): string[] {
  const rows = (document as { rows?: { field: string | string[] }[] }).rows ?? [];
  return rows.flatMap((row) => row.field).map((field) => field.split(".")[0]!);
}
