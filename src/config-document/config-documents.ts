// The configuration as a document: told, and put in force. A plan is an application that is taken back, so the two cannot differ.
import { createHash } from "node:crypto";
import { WinstonError } from "../base/errors.ts";
import { equalJson, type Json, type JsonObject } from "../base/json.ts";
import type { Connector } from "../connector/contract.ts";
import type { Jobs } from "../jobs/jobs.ts";
import { KINDS, standardFields } from "../mapping/kinds.ts";
import { nearestInWords } from "../mapping/nearest.ts";
import { FIELD_TYPES } from "../mapping/types.ts";
import {
  readConnections,
  readMapping,
  readStreams,
  updateConnection,
  type ConnectionRow,
  type StreamRow,
} from "../store/connection.ts";
import type { Database, Queries, Tx } from "../store/database.ts";
import { insertFields, readFields } from "../store/field.ts";
import type { Lane } from "../store/lane.ts";
import type { Catalog } from "../sync/catalog.ts";
import { LAG_TARGET } from "../sync/health.ts";
import { readDocument } from "../sync/put-mapping.ts";
import { changeStream } from "../sync/stream-settings.ts";
import type { Connections, StreamChange } from "../sync/types.ts";
import { replaceMapping } from "../sync/versions.ts";
import { differences } from "./diff.ts";
import type { ConfigDocument, ConfigDocuments, ConfigPlan, ConnectionConfig, StreamConfig } from "./types.ts";
import { readConfig, sorted, writeConfig, type ReadConfig } from "./yaml.ts";

export interface ConfigDocumentParts {
  readonly database: Database;
  readonly jobs: Pick<Jobs, "wake">;
  readonly catalog: Catalog;
  readonly connectors: Readonly<Record<string, Connector>>;
  readonly connections: Pick<Connections, "update">;
  readonly clock: { now(): number };
}

interface By {
  readonly actor: string;
  readonly at: number;
  /** Whether fields may be declared; absent: they may. */
  readonly mayDeclare?: boolean | undefined;
}

const TAKEN_BACK = new Error("taken back");

export function createConfigDocuments(parts: ConfigDocumentParts): ConfigDocuments {
  const { database, jobs, catalog, connectors, clock } = parts;
  const auths = Object.values(connectors).map((connector) => connector.auth);
  const secrets = {
    names: new Set(auths.flatMap((auth) => auth.secrets.map((secret) => secret.key))),
    shapes: auths.flatMap((auth) => auth.shapes ?? []),
  };

  /** Puts all of it in force but what the vendor must be asked for: connections that leave `observe`, which are returned. */
  const put = async (tx: Tx, read: ReadConfig, by: By): Promise<{ plan: ConfigPlan; leaving: readonly Leaving[] }> => {
    const before = await told(tx);
    const [notes, missing, leaving]: [string[], ConfigPlan["missing"][number][], Leaving[]] = [[], [], []];
    await putFields(tx, read, by);
    const rows = new Map((await readConnections(tx, null)).map((row) => [row.name, row]));
    const woken: { streamId: number; lane: Lane }[] = [];
    for (const [name, wanted] of Object.entries(read.document.connections ?? {})) {
      const row = rows.get(name);
      const connector = connectorOf(read, name, wanted, row);
      if (!row) {
        const command = `winston connect ${wanted.vendor}${name === wanted.vendor ? "" : ` --name ${quoted(name)}`}`;
        missing.push({ connection: name, vendor: wanted.vendor, command });
        continue;
      }
      if (wanted.mode !== undefined && wanted.mode !== row.mode) {
        if (row.mode === "observe") leaving.push({ id: row.id, name, mode: wanted.mode });
        else await updateConnection(tx, row.id, { mode: wanted.mode, at: by.at });
      }
      const streams = await readStreams(tx, { connectionId: row.id });
      for (const [key, choices] of Object.entries(wanted.streams ?? {})) {
        const path = ["connections", name, "streams", key];
        const stream = streams.find((one) => one.key === key);
        if (!stream) {
          const keys = streams.map((one) => one.key);
          throw read.located(
            path,
            invalid(`${name} has no stream ${key}${nearestInWords(key, keys)}. It has ${keys.join(", ")}.`),
          );
        }
        const lanes = await putStream(tx, read, path, { stream, connector }, choices, by, notes);
        for (const lane of lanes) woken.push({ streamId: stream.id, lane });
      }
      // Writes that waited for the mode go now.
      if (wanted.mode === "write" && row.mode === "plan")
        for (const stream of streams) woken.push({ streamId: stream.id, lane: "push" });
    }
    await jobs.wake(tx, woken, "configuration");
    const after = withModes(await told(tx), leaving);
    const changes = differences(before, after);
    return { plan: { changes, missing, notes, digest: digestOf({ changes, missing }) }, leaving };
  };

  const connectorOf = (
    read: ReadConfig,
    name: string,
    wanted: ConnectionConfig,
    row: ConnectionRow | undefined,
  ): Connector => {
    const path = ["connections", name, "vendor"];
    if (row && row.vendor !== wanted.vendor)
      throw read.located(
        path,
        invalid(
          `Connection ${name} is to ${row.vendor}, not to ${wanted.vendor}. A connection keeps its vendor; choose another name.`,
        ),
      );
    const connector = Object.hasOwn(connectors, wanted.vendor) ? connectors[wanted.vendor] : undefined;
    if (connector) return connector;
    const known = Object.keys(connectors);
    throw read.located(
      path,
      new WinstonError(
        "connector.unknown",
        `There is no connector ${wanted.vendor}${nearestInWords(wanted.vendor, known)}. Known: ${known.join(", ")}.`,
      ),
    );
  };

  const putFields = async (tx: Tx, read: ReadConfig, by: By): Promise<void> => {
    const custom = await readFields(tx, null);
    const made: Parameters<typeof insertFields>[1][number][] = [];
    for (const [kind, fields] of Object.entries(read.document.fields ?? {})) {
      const refuse = (path: string[], message: string): never => {
        throw read.located(["fields", kind, ...path], invalid(message));
      };
      const kinds = Object.keys(KINDS);
      if (!kinds.includes(kind))
        refuse([], `There is no kind ${kind}${nearestInWords(kind, kinds)}. Kinds: ${kinds.join(", ")}.`);
      for (const [key, field] of Object.entries(fields)) {
        if (!(FIELD_TYPES as readonly string[]).includes(field.type))
          refuse([key, "type"], `There is no type ${field.type}. Types: ${FIELD_TYPES.join(", ")}.`);
        if (standardFields(kind).some((one) => one.key === key) || key === "externalId")
          refuse([key], `${key} is a field that every ${kind} has; a custom one needs another key.`);
        const { type, label = key, target = null } = field;
        const known = custom.find((one) => one.kind === kind && one.key === key);
        if (!known && by.mayDeclare === false)
          throw read.located(
            ["fields", kind, key],
            new WinstonError(
              "auth.forbidden",
              `${kind} has no field ${key} yet, and declaring one needs the scope records:write, which this key does not have. Nothing was changed.`,
            ),
          );
        if (!known) made.push({ kind, key, type, label, target, source: by.actor });
        else if (known.type !== type || known.target !== target || (field.label !== undefined && known.label !== label))
          refuse(
            [key],
            `${kind} has the field ${key} already, of type ${known.type}${known.target === null ? "" : ` to ${known.target}`} with the label "${known.label}". A field stays as it was made; give the new one another key.`,
          );
      }
    }
    await insertFields(tx, made, by.at);
  };

  /** The mapping first, checked with the filter that is to come; then what is chosen, so that a new filter may name what the new mapping reads. */
  const putStream = async (
    tx: Tx,
    read: ReadConfig,
    path: readonly string[],
    { stream, connector }: { readonly stream: StreamRow; readonly connector: Connector },
    wanted: StreamConfig,
    by: By,
    notes: string[],
  ): Promise<ReadonlySet<Lane>> => {
    const lanes = new Set<Lane>();
    const change = changeTo(stream, wanted);
    let now = stream;
    if (wanted.mapping !== undefined) {
      const rules = { ...stream.rules, ...change.filter } as Record<string, string | null>;
      const toBe = Object.fromEntries(Object.entries(rules).filter(([, text]) => text !== null));
      const given = wanted.mapping;
      const { document, notes: said } = await readDocument(tx, catalog, { ...stream, rules: toBe }, given).catch(
        (thrown: unknown) => {
          const of = thrown instanceof WinstonError && thrown.code === "rule.invalid" ? path : [...path, "mapping"];
          throw read.located(of, thrown);
        },
      );
      const inForce = await readMapping(tx, stream.id, stream.mappingVersion);
      if (!equalJson(stored(document), inForce)) {
        notes.push(...said.map((note) => `${path[1]} ${stream.key}: ${note}`));
        for (const lane of await replaceMapping(tx, stream, document, by)) lanes.add(lane);
        now = (await readStreams(tx, { id: stream.id }))[0]!;
      }
    }
    if (Object.keys(change).length === 0) return lanes;
    const declaration = connector.streams[stream.key];
    const due = await changeStream(tx, catalog, { stream: now, declaration }, change, by).catch((thrown: unknown) => {
      throw read.located(path, thrown);
    });
    for (const lane of due) lanes.add(lane);
    return lanes;
  };

  return {
    export: async () => writeConfig(await told(database)),

    plan: async (yaml) => {
      const read = readConfig(yaml, secrets);
      let plan: ConfigPlan | undefined;
      await database
        .transaction(async (tx) => {
          ({ plan } = await put(tx, read, { actor: "plan", at: clock.now() }));
          throw TAKEN_BACK;
        })
        .catch((thrown: unknown) => {
          if (thrown !== TAKEN_BACK) throw thrown;
        });
      return plan!;
    },

    apply: async (yaml, { actor, digest, mayDeclare }) => {
      const read = readConfig(yaml, secrets);
      const { plan, leaving } = await database.transaction(async (tx) => {
        const done = await put(tx, read, { actor, at: clock.now(), mayDeclare });
        if (digest !== undefined && digest !== done.plan.digest)
          throw new WinstonError(
            "plan.stale",
            "The configuration, or the document, is not what it was when this was planned. Nothing was changed; plan it again.",
          );
        return done;
      });
      catalog.forget();
      for (const { id, mode } of leaving) await parts.connections.update(id, { mode });
      return plan;
    },
  };
}

interface Leaving {
  readonly id: string;
  readonly name: string;
  readonly mode: "observe" | "plan" | "write";
}

/** What is in force, whole, in one order. */
async function told(db: Queries): Promise<ConfigDocument> {
  const custom = await readFields(db, null);
  const fields = byName([...Map.groupBy(custom, (row) => row.kind)], ([kind, rows]) => [
    kind,
    byName(rows, ({ key, type, label, target }) => [key, { type, label, ...(target === null ? {} : { target }) }]),
  ]);
  const streams = await readStreams(db, {});
  const choices: (readonly [StreamRow, StreamConfig])[] = [];
  for (const stream of streams)
    choices.push([stream, choicesOf(stream, (await readMapping(db, stream.id, stream.mappingVersion))!)]);
  const connections = byName(await readConnections(db, null), (row) => [
    row.name,
    {
      vendor: row.vendor,
      mode: row.mode,
      streams: byName(
        choices.filter(([stream]) => stream.connectionId === row.id),
        ([stream, chosen]) => [stream.key, chosen],
      ),
    },
  ]);
  return { version: 1, fields, connections };
}

function choicesOf(stream: StreamRow, mapping: JsonObject): StreamConfig {
  const lag = stream.settings[LAG_TARGET];
  return {
    enabled: stream.enabled,
    direction: stream.direction,
    strategy: stream.strategy,
    critical: stream.critical,
    schedule: stream.cron === null ? { everyMs: stream.everyMs } : { cron: stream.cron, zone: stream.zone ?? "UTC" },
    filter: { in: stream.rules.in ?? null, out: stream.rules.out ?? null },
    approval: stream.approval,
    deletes: stream.deletes,
    backfillSince: stream.backfillSince === null ? null : new Date(stream.backfillSince).toISOString(),
    lagTargetMs: typeof lag === "number" ? lag : null,
    mapping: inOrder(mapping, ["kind", "stage", "rows"], (rows) =>
      (rows as JsonObject[]).map((row) =>
        inOrder(row, ["field", "record", "direction", "transform", "options", "onCreate", "rule"]),
      ),
    ),
  };
}

/** Only what is given and is another than now. */
function changeTo(stream: StreamRow, wanted: StreamConfig): StreamChange {
  const now = choicesOf(stream, {});
  const { mapping: _, backfillSince, filter, ...plain } = wanted;
  const since = typeof backfillSince === "string" ? Date.parse(backfillSince) : backfillSince;
  const schedule = plain.schedule && "cron" in plain.schedule ? { zone: "UTC", ...plain.schedule } : plain.schedule;
  const filters = Object.fromEntries(
    Object.entries(filter ?? {}).filter(
      ([side, text]) => text !== undefined && text !== now.filter![side as "in" | "out"],
    ),
  );
  const others = Object.entries({ ...plain, schedule }).filter(
    ([key, value]) => value !== undefined && !equalJson(value, now[key as keyof StreamConfig]),
  );
  return {
    ...Object.fromEntries(others),
    ...(Object.keys(filters).length > 0 ? { filter: filters } : {}),
    ...(since !== undefined && since !== stream.backfillSince ? { backfillSince: since } : {}),
  };
}

/** Named members first and in this order, the others as they come; what they hold is sorted, but `rows` as told. */
function inOrder(given: JsonObject, names: readonly string[], rows: (value: Json) => Json = sorted): JsonObject {
  const others = Object.keys(given).filter((name) => !names.includes(name));
  return Object.fromEntries(
    [...names, ...others.toSorted()]
      .filter((name) => given[name] !== undefined)
      .map((name) => [name, name === "rows" ? rows(given[name]!) : sorted(given[name]!)]),
  );
}

function withModes(document: ConfigDocument, leaving: readonly Leaving[]): ConfigDocument {
  const connections = { ...document.connections };
  for (const { name, mode } of leaving) connections[name] = { ...connections[name]!, mode };
  return { ...document, connections };
}

function byName<Row, Value>(
  rows: readonly Row[],
  entry: (row: Row) => readonly [string, Value],
): Readonly<Record<string, Value>> {
  return Object.fromEntries(rows.map(entry).toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}

/** As the database gives it back: without what is undefined. */
const stored = (document: JsonObject): unknown => JSON.parse(JSON.stringify(document));

const digestOf = (of: object): string => createHash("sha256").update(JSON.stringify(of)).digest("hex");

const quoted = (name: string): string => (/^[\w.@-]+$/u.test(name) ? name : `'${name.replaceAll("'", `'\\''`)}'`);

const invalid = (message: string): WinstonError => new WinstonError("request.invalid", message);
