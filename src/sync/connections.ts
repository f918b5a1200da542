// Connections: made, described, laid out in streams, woken; and how each stream is, computed from proof of flow.
import { isError, WinstonError } from "../base/errors.ts";
import type { JsonObject } from "../base/json.ts";
import type { Grant } from "../connector/api.ts";
import type { Connector, Identity, VendorField } from "../connector/contract.ts";
import { nearestInWords } from "../mapping/nearest.ts";
import { countBraked } from "../store/brake.ts";
import { lookAgain } from "../store/budget.ts";
import {
  countStreams,
  deleteConnection,
  insertConnection,
  insertStream,
  laneStates,
  lastMappingVersion,
  readConnections,
  readMapping,
  readStreams,
  updateConnection,
  type ConnectionRow,
} from "../store/connection.ts";
import { lastCompared } from "../store/comparison.ts";
import { closeOrphans } from "../store/conflict.ts";
import { putCredential, readCredential } from "../store/credential.ts";
import type { Database } from "../store/database.ts";
import { insertFields } from "../store/field.ts";
import { countFrozen } from "../store/frozen.ts";
import { placeInRollout, readRollouts, setRollout } from "../store/rollout.ts";
import { countIntents, hurryStreams, insertIntents, type IntentWrite } from "../store/intent.ts";
import { loadsNotWoken, owedLanes, placeLane, readAnew, unfinishedLoads, type Lane } from "../store/lane.ts";
import { readFlow } from "../store/flow.ts";
import { countRunning } from "../store/run.ts";
import type { Credentials } from "../vault/credentials.ts";
import type { Jobs } from "../jobs/jobs.ts";
import type { Catalog } from "./catalog.ts";
import { checkMapping } from "./check-mapping.ts";
import { discoverFields, fitMapping } from "./discover.ts";
import { closedTo, seenFrom, writeProblemOf } from "./leave.ts";
import { readDocument } from "./put-mapping.ts";
import type { RunApi } from "./run-api.ts";
import { forecasts } from "./forecast.ts";
import { healthOf } from "./health.ts";
import { owedFor } from "./questions.ts";
import { owedBefore } from "./schedule.ts";
import { acceptDrifts, describeAnew } from "./schema.ts";
import { changeStream } from "./stream-settings.ts";
import type { Connections, ConnectionView, StreamView } from "./types.ts";
import { versionEndings } from "./version-ends.ts";
import { replaceMapping } from "./versions.ts";

export interface ConnectionParts {
  readonly database: Database;
  readonly jobs: Jobs;
  readonly catalog: Catalog;
  readonly connectors: Readonly<Record<string, Connector>>;
  readonly credentials: Pick<Credentials, "put">;
  readonly clock: { now(): number };
  readonly newId: () => string;
  readonly open: (
    ctx: { connector: Connector; connection: ConnectionRow },
    /** `secrets`: these are used, and not those that are stored. */
    of: { lane: Lane | "interactive"; runId: string | null; secrets?: Readonly<Record<string, string>> },
  ) => RunApi;
}

/** How often a stream's changes are read when nobody says otherwise. */
const EVERY_MS = 60_000;
const USERS_EVERY_MS = 15 * 60_000;

function demandSame(connection: ConnectionRow, found: Identity): void {
  const { name, organisationId: was, organisationLabel } = connection;
  if (was === null || was === found.id) return;
  throw new WinstonError(
    "organisation.changed",
    `Connection ${name} belonged to organisation ${was} (${organisationLabel ?? ""}) and these credentials open ${found.id} (${found.label}). Connect it under another name; nothing was read or written.`,
  );
}

/** Asks the vendor whose account these secrets open, which nobody stored yet, and returns what it granted for them. Throws organisation.changed. */
async function prove(
  parts: Pick<ConnectionParts, "open">,
  of: { connector: Connector; connection: ConnectionRow },
  secrets: Readonly<Record<string, string>>,
): Promise<Grant | null> {
  const way = parts.open(of, { lane: "interactive", runId: null, secrets });
  try {
    demandSame(of.connection, await of.connector.identify(way.api));
    return way.granted?.() ?? null;
  } finally {
    await way.close();
  }
}

export function createConnections(parts: ConnectionParts): Connections {
  const { database, jobs, catalog, connectors, clock } = parts;

  const one = async (idOrName: string): Promise<ConnectionRow> => {
    const [row] = await readConnections(database, idOrName);
    if (!row) throw new WinstonError("not.found", `There is no connection ${idOrName}.`);
    return row;
  };

  const connectorOf = (vendor: string): Connector => {
    const connector = Object.hasOwn(connectors, vendor) ? connectors[vendor] : undefined;
    if (!connector)
      throw new WinstonError(
        "connector.unknown",
        `There is no connector ${vendor}${nearestInWords(vendor, Object.keys(connectors))}. Known: ${Object.keys(connectors).join(", ")}.`,
      );
    return connector;
  };

  /** Asks the vendor who it is and what it has, and lays out the streams. Everything it stores, it stores in one transaction at the end. `resume`: the connection had stopped, and first loads go on where they were. */
  const layOut = async (
    connector: Connector,
    connection: ConnectionRow,
    resume: boolean,
    chosen: NonNullable<Parameters<Connections["connect"]>[0]["streams"]> = {},
  ): Promise<void> => {
    const way = parts.open({ connector, connection }, { lane: "interactive", runId: null });
    try {
      const identity = await connector.identify(way.api);
      demandSame(connection, identity);
      const twin = (await readConnections(database, null)).find(
        (one) => one.id !== connection.id && one.vendor === connection.vendor && one.organisationId === identity.id,
      );
      if (twin) {
        throw new WinstonError(
          "request.conflict",
          `Organisation ${identity.id} (${identity.label}) is connected already, as ${twin.name}. Connected twice, each of its records would be taken for two. Use ${twin.name}, or remove it first.`,
        );
      }
      const described = new Map<string, readonly VendorField[]>();
      const keys = inOrder(connector);
      for (const key of keys) described.set(key, await connector.streams[key]!.describe(way.api));
      const steps = new Set<string>();
      if (connection.mode !== "observe")
        for (const key of keys)
          for (const line of (await connector.streams[key]!.prepare?.(way.api)) ?? []) steps.add(line);
      if (steps.size > 0) for (const key of keys) described.set(key, await connector.streams[key]!.describe(way.api));

      const now = clock.now();
      await database.transaction(async (tx) => {
        const woken: { streamId: number; lane: Lane }[] = [];
        for (const [position, key] of keys.entries()) {
          const declaration = connector.streams[key]!;
          const fields = described.get(key)!;
          const custom = discoverFields(declaration.kind, fields, connector.key);
          await insertFields(
            tx,
            custom.map((field) => ({
              ...field,
              kind: declaration.kind,
              target: null,
              source: `connection:${connection.name}`,
            })),
            now,
          );
          const known = await readStreams(tx, { connectionId: connection.id });
          const before = known.find((stream) => stream.key === key);
          const streamId = await insertStream(tx, {
            connectionId: connection.id,
            key,
            kind: declaration.kind,
            stage: declaration.stage ?? null,
            direction: declaration.create || declaration.update ? "both" : "in",
            position,
            everyMs: declaration.kind === "user" ? USERS_EVERY_MS : EVERY_MS,
            mapping: fitMapping(declaration.fit?.(declaration.mapping, fields) ?? declaration.mapping, fields, custom),
            actor: "connect",
            at: now,
          });
          const [standing] = await readStreams(tx, { id: streamId });
          for (const lane of (await describeAnew(tx, standing!, fields, now)).lanes) woken.push({ streamId, lane });
          const inForce = before && declaration.refit && (await readMapping(tx, before.id, before.mappingVersion));
          const refitted = inForce && declaration.refit!(inForce, fields);
          if (refitted && refitted !== inForce)
            for (const lane of await replaceMapping(tx, before, refitted, { actor: "connect", at: now }))
              woken.push({ streamId: before.id, lane });
          if (!before) {
            // Increments begin before the backfill does: what changes while it runs is read by both, and agrees. A row changed now may carry an earlier stamp.
            const watermark = now - declaration.overlapMs - declaration.precisionMs;
            await placeLane(tx, streamId, "batch", { watermark, checkpoint: null });
            woken.push({ streamId, lane: "backfill" });
          }
          if (chosen[key]) {
            const [stream] = await readStreams(tx, { id: streamId });
            const by = { actor: "connect", at: now };
            const lanes = await changeStream(tx, catalog, { stream: stream!, declaration }, chosen[key], by);
            woken.push(
              ...lanes
                .filter((lane) => before !== undefined || lane === "backfill")
                .map((lane) => ({ streamId, lane })),
            );
          }
        }
        if (resume)
          for (const streamId of await unfinishedLoads(tx, connection.id)) woken.push({ streamId, lane: "backfill" });
        await updateConnection(tx, connection.id, {
          organisationId: identity.id,
          organisationLabel: identity.label,
          environment: identity.environment,
          problem: null,
          settings: withWriteProblem({ ...identity.settings, ...connection.settings }, [...steps]),
          at: now,
        });
        await jobs.wake(tx, woken, "connected");
      });
      catalog.forget();
    } finally {
      await way.close();
    }
  };

  /** Streams of which writes wait for a schedule. */
  const scheduled = async (connectionId: string | null) =>
    (await readStreams(database, { connectionId }))
      .filter((stream) => stream.strategy !== "realtime")
      .map((stream) => ({ id: stream.id, owedBefore: owedBefore(stream, clock.now()) }));

  const views = async (rows: readonly ConnectionRow[]): Promise<ConnectionView[]> => {
    const rollouts = await readRollouts(database);
    return rows.map((row) => {
      const { settings: _, rolloutPercent: __, ...rest } = row;
      const problem = row.problem ?? writeProblemOf(seenFrom(catalog.environment, row));
      const endings = versionEndings(connectors[row.vendor], row.settings, clock.now());
      return { ...rest, rollout: rollouts.get(row.id) ?? null, problem, endings };
    });
  };
  const view = async (row: ConnectionRow): Promise<ConnectionView> => (await views([row]))[0]!;

  return {
    connect: async (input) => {
      const connector = connectorOf(input.vendor);
      const checked = connector.settings.safeParse(input.settings);
      if (!checked.success) {
        const problems = checked.error.issues.map((issue) => ({
          pointer: `/settings/${issue.path.join("/")}`,
          code: issue.code,
          message: issue.message,
        }));
        throw new WinstonError(
          "request.invalid",
          `The settings of the connection are not right: ${problems.map((one) => `${one.pointer} ${one.message}`).join("; ")}.`,
          { problems },
        );
      }
      const unknown = Object.keys(input.streams ?? {}).find((key) => !Object.hasOwn(connector.streams, key));
      if (unknown !== undefined)
        throw new WinstonError(
          "request.invalid",
          `${connector.title} has no stream ${unknown}${nearestInWords(unknown, Object.keys(connector.streams))}. It has ${Object.keys(connector.streams).join(", ")}.`,
        );
      const missing = connector.auth.secrets.filter((secret) => !secret.optional && !input.secrets[secret.key]);
      const [present] = await readConnections(database, input.name);
      if (present && present.vendor !== input.vendor)
        throw new WinstonError(
          "request.conflict",
          `There is a connection ${input.name} already, to ${present.vendor}. Choose another name.`,
        );
      if (missing.length > 0 && !present) {
        throw new WinstonError(
          "credential.missing",
          `Connecting to ${connector.title} needs ${missing.map((secret) => secret.title).join(", ")}.`,
        );
      }
      const now = clock.now();
      const id = present?.id ?? parts.newId();
      const gives = Object.keys(input.secrets).length > 0;
      const settings = { ...present?.settings, ...checked.data };
      let sealed: Awaited<ReturnType<typeof readCredential>> = [];
      try {
        // What works goes on with its own credentials until the new ones are known to open the same account: nobody writes with them before.
        const grant =
          present && gives
            ? await prove(parts, { connector, connection: { ...present, settings } }, input.secrets)
            : null;
        if (present) sealed = await readCredential(database, id);
        await database.transaction(async (tx) => {
          const { vendor, name, mode } = input;
          if (!present) await insertConnection(tx, { id, vendor, name, mode, settings, at: now });
          else await updateConnection(tx, id, { mode, settings, problem: null, at: now });
          // Also none for a new one: the connector says what it needs.
          if (!present || gives) await parts.credentials.put(tx, id, input.secrets, grant);
        });
        await layOut(connector, await one(id), (present?.problem ?? null) !== null, input.streams);
      } catch (thrown) {
        // A connection that never worked leaves nothing behind. One that works goes on as it was; but not where the credentials open
        // another account, for then nobody knows which is meant.
        if (!present) await deleteConnection(database, id);
        else if (present.problem === null && !isError(thrown, "organisation.changed"))
          await database.transaction(async (tx) => {
            await updateConnection(tx, id, {
              mode: present.mode,
              settings: present.settings,
              problem: null,
              at: clock.now(),
            });
            for (const part of sealed) await putCredential(tx, { ...part, at: clock.now() });
          });
        else if (isError(thrown)) await updateConnection(database, id, { problem: thrown.message, at: clock.now() });
        throw thrown;
      }
      return view(await one(id));
    },

    list: async () => views(await readConnections(database, null)),
    get: async (idOrName) => view(await one(idOrName)),

    update: async (id, change) => {
      const row = await one(id);
      await database.transaction(async (tx) => {
        await updateConnection(tx, row.id, { mode: change.mode, paused: change.paused, at: clock.now() });
        if (change.rollout === undefined) return;
        await setRollout(tx, row.id, change.rollout);
        await placeInRollout(tx, row.id, "both");
      });
      if (change.mode !== undefined && change.mode !== "observe" && row.mode === "observe")
        await layOut(connectorOf(row.vendor), await one(row.id), false);
      const streams = await readStreams(database, { connectionId: row.id });
      await database.transaction((tx) =>
        jobs.wake(
          tx,
          streams.map((stream) => ({ streamId: stream.id, lane: "push" as const })),
          "mode",
        ),
      );
      return view(await one(row.id));
    },

    remove: async (id) => {
      const row = await one(id);
      await database.transaction(async (tx) => {
        await deleteConnection(tx, row.id);
        // What was asked about its records held fields back from the other vendors.
        const released = await closeOrphans(tx, clock.now());
        const owed: IntentWrite[] = [];
        for (const [kind, held] of Map.groupBy(released, (one) => one.kind))
          owed.push(...(await owedFor(tx, await catalog.writersOf(tx, kind), held)));
        await insertIntents(tx, owed, clock.now());
        await jobs.wake(
          tx,
          [...new Set(owed.map((intent) => intent.streamId))].map((streamId) => ({ streamId, lane: "push" as const })),
          "disconnected",
        );
      });
      catalog.forget();
    },

    streams: async (connectionId) => {
      const counts = new Map((await countStreams(database, connectionId ?? null)).map((row) => [row.streamId, row]));
      const connections = new Map(
        (await readConnections(database, null)).map((row) => [row.id, seenFrom(catalog.environment, row)]),
      );
      const [braked, frozen] = [await countBraked(database), await countFrozen(database)];
      const now = clock.now();
      const flows = await readFlow(database, { connectionId: connectionId ?? null, parkedSince: now });
      const views: StreamView[] = [];
      const streams = await readStreams(database, { connectionId: connectionId ?? null });
      const ids = streams.map((stream) => stream.id);
      const compared = new Map((await lastCompared(database, ids)).map((row) => [row.streamId, row]));
      const under = { connections: [...connections.values()], streams, connectors, counts, now };
      const told = await forecasts(database, under);
      for (const stream of streams) {
        const lanes = await laneStates(database, stream.id);
        const { linked = 0, parked = 0, waiting = 0, held = 0, staged = 0, outside = 0 } = counts.get(stream.id) ?? {};
        const flow = flows.get(stream.id);
        const connection = connections.get(stream.connectionId);
        if (!flow || !connection) continue; // Removed meanwhile.
        const health = healthOf({
          ...flow,
          connection,
          stream,
          parked,
          braked: braked.get(stream.id) ?? 0,
          frozen: frozen.get(stream.id) ?? 0,
          stands: lanes,
          compared: compared.get(stream.id),
          forecast: told.get(stream.id),
          now,
        });
        views.push({
          id: stream.id,
          connectionId: stream.connectionId,
          key: stream.key,
          kind: stream.kind,
          stage: stream.stage,
          direction: stream.direction,
          strategy: stream.strategy,
          everyMs: stream.everyMs,
          cron: stream.cron,
          zone: stream.zone,
          critical: stream.critical,
          approval: stream.approval,
          deletes: stream.deletes,
          backfillSince: stream.backfillSince,
          enabled: stream.enabled,
          mappingVersion: stream.mappingVersion,
          filter: { in: stream.rules.in ?? null, out: stream.rules.out ?? null },
          state: health.state,
          health: health.words,
          lag: health.lag,
          lanes: lanes.map(({ lane, watermark, ranAt, owed }) => ({ lane, watermark, ranAt, owed })),
          counts: { linked, parked, waiting, held, staged, outside },
        });
      }
      return views;
    },

    updateStream: async (streamId, change, actor) => {
      const [stream] = await readStreams(database, { id: streamId });
      const [connection] = stream ? await readConnections(database, stream.connectionId) : [];
      if (!stream || !connection) throw new WinstonError("not.found", `There is no stream ${streamId}.`);
      const declaration = connectors[connection.vendor]?.streams[stream.key];
      await database.transaction(async (tx) => {
        const of = { stream, declaration };
        const lanes = await changeStream(tx, catalog, of, change, { actor, at: clock.now() });
        await jobs.wake(
          tx,
          lanes.map((lane) => ({ streamId, lane })),
          "settings",
        );
      });
      catalog.forget();
    },

    mapping: async (streamId) => {
      const [stream] = await readStreams(database, { id: streamId });
      if (!stream) throw new WinstonError("not.found", `There is no stream ${streamId}.`);
      const document = (await readMapping(database, streamId, stream.mappingVersion))!;
      return {
        version: stream.mappingVersion,
        document,
        notes: (await catalog.compile(database, stream, document, "skip")).notes,
      };
    },

    checkMapping: async (streamId, document) => {
      const [stream] = await readStreams(database, { id: streamId });
      if (!stream) throw new WinstonError("not.found", `There is no stream ${streamId}.`);
      return checkMapping(database, catalog, stream, document);
    },

    putMapping: async (streamId, document, actor) => {
      const [stream] = await readStreams(database, { id: streamId });
      if (!stream) throw new WinstonError("not.found", `There is no stream ${streamId}.`);
      const read = await readDocument(database, catalog, stream, document);
      const version = await database.transaction(async (tx) => {
        const unmet = await acceptDrifts(tx, stream, clock.now());
        const lanes = await replaceMapping(tx, stream, read.document, { actor, at: clock.now(), unmet });
        await jobs.wake(
          tx,
          lanes.map((lane) => ({ streamId, lane })),
          "mapping",
        );
        return lastMappingVersion(tx, streamId);
      });
      catalog.forget();
      return { version, notes: read.notes };
    },

    sync: async (connectionId, options) => {
      const connection = await one(connectionId);
      // Stopped while it was being connected: nothing is known of the account yet.
      if (connection.organisationId === null) await layOut(connectorOf(connection.vendor), connection, false);
      const streams = (await readStreams(database, { connectionId: connection.id })).filter(
        (stream) => stream.enabled && (options.stream === undefined || stream.key === options.stream),
      );
      if (streams.length === 0)
        throw new WinstonError(
          "not.found",
          options.stream === undefined
            ? `Connection ${connection.name} has no stream that is switched on.`
            : `Connection ${connection.name} has no stream ${options.stream}.`,
        );
      const since = clock.now();
      // What stopped it must be over: the same account answers, and lets us in.
      if (connection.problem !== null) await layOut(connectorOf(connection.vendor), connection, true);
      const lanes: readonly Lane[] = options.full ? ["backfill", "batch", "push"] : ["batch", "push"];
      await database.transaction(async (tx) => {
        await lookAgain(tx, connection.id);
        await hurryStreams(
          tx,
          streams.map((stream) => stream.id),
        );
        if (options.full) for (const stream of streams) await readAnew(tx, stream.id);
        await jobs.wake(
          tx,
          streams.flatMap((stream) =>
            lanes
              .filter((lane) => lane !== "push" || stream.direction !== "in")
              .map((lane) => ({ streamId: stream.id, lane })),
          ),
          options.trigger,
        );
      });
      return { since };
    },

    quiet: async (connectionId) => {
      const id = connectionId ?? null;
      const [running, lanes, loads, intents] = [
        await countRunning(database, id),
        // A comparison owes nothing to anybody; what it finds to be owed is counted by itself.
        (await owedLanes(database, id)).filter((one) => one.lane !== "sweep"),
        await loadsNotWoken(database, { connectionId: id, failed: true }),
        await countIntents(database, id, clock.now(), await scheduled(id), closedTo(catalog.environment)),
      ];
      const owed = lanes.length + loads.length;
      const parked = (await countStreams(database, id)).reduce((sum, row) => sum + row.parked, 0);
      const waiting = intents.ready + intents.delayed;
      return {
        quiet: running === 0 && owed === 0 && waiting === 0,
        running,
        owed,
        intents: waiting,
        parked,
        held: intents.held,
        staged: intents.staged,
      };
    },
  };
}

/** Streams with parents before children. */
function inOrder(connector: Connector): string[] {
  const done: string[] = [];
  const visit = (key: string, path: readonly string[]): void => {
    if (done.includes(key) || path.includes(key)) return;
    for (const parent of connector.streams[key]!.after ?? []) visit(parent, [...path, key]);
    done.push(key);
  };
  for (const key of Object.keys(connector.streams)) visit(key, []);
  return done;
}

function withWriteProblem(settings: JsonObject, steps: readonly string[]): JsonObject {
  const { writeProblem: _, ...rest } = settings;
  return steps.length === 0 ? rest : { ...rest, writeProblem: `Writes wait for an administrator: ${steps.join(" ")}` };
}
