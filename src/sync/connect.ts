// Connecting: whose account the credentials open, what it has, and the streams that are laid out for it. All of it is kept, or nothing.
import { isError, WinstonError } from "../base/errors.ts";
import type { JsonObject } from "../base/json.ts";
import type { Grant } from "../connector/api.ts";
import type { Connector, Identity, VendorField } from "../connector/contract.ts";
import type { Jobs } from "../jobs/jobs.ts";
import { nearestInWords } from "../mapping/nearest.ts";
import {
  insertConnection,
  insertStream,
  readConnections,
  readMapping,
  readStreams,
  updateConnection,
  type ConnectionRow,
} from "../store/connection.ts";
import { putCredential, readCredential } from "../store/credential.ts";
import type { Database, Tx } from "../store/database.ts";
import { insertFields } from "../store/field.ts";
import { removeConnection, takeUpLinks } from "../store/former.ts";
import { placeLane, unfinishedLoads, type Lane } from "../store/lane.ts";
import type { Credentials } from "../vault/credentials.ts";
import type { Catalog } from "./catalog.ts";
import { discoverFields, fitMapping } from "./discover.ts";
import type { RunApi } from "./run-api.ts";
import { describeAnew } from "./schema.ts";
import { changeStream } from "./stream-settings.ts";
import type { Connections } from "./types.ts";
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

type Input = Parameters<Connections["connect"]>[0];
type Chosen = NonNullable<Input["streams"]>;
type Woken = { streamId: number; lane: Lane };

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

/** Throws connector.unknown, and names the nearest. */
export function connectorOf(connectors: ConnectionParts["connectors"], vendor: string): Connector {
  const connector = Object.hasOwn(connectors, vendor) ? connectors[vendor] : undefined;
  if (!connector)
    throw new WinstonError(
      "connector.unknown",
      `There is no connector ${vendor}${nearestInWords(vendor, Object.keys(connectors))}. Known: ${Object.keys(connectors).join(", ")}.`,
    );
  return connector;
}

/**
 * Asks the vendor who it is and what it has, and lays out the streams. Everything it stores, it stores in one transaction at the end.
 * `resume`: the connection had stopped, and first loads go on where they were.
 */
export async function layOut(
  parts: ConnectionParts,
  of: { readonly connector: Connector; readonly connection: ConnectionRow },
  { resume, chosen = {} }: { readonly resume: boolean; readonly chosen?: Chosen | undefined },
): Promise<void> {
  const { database, jobs, catalog, clock } = parts;
  const { connector, connection } = of;
  const way = parts.open(of, { lane: "interactive", runId: null });
  try {
    const identity = await connector.identify(way.api);
    demandSame(connection, identity);
    await demandUnconnected(parts, connection, identity);
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
      const woken: Woken[] = [];
      for (const [position, key] of keys.entries())
        woken.push(
          ...(await layOutStream(tx, catalog, of, { key, position, fields: described.get(key)!, now }, chosen[key])),
        );
      // Connected before, and removed since: what was linked there is known before anything is read.
      if (connection.organisationId === null)
        await takeUpLinks(tx, {
          connectionId: connection.id,
          vendor: connection.vendor,
          organisationId: identity.id,
        });
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
}

/** Throws request.conflict where another connection leads to the same account. */
async function demandUnconnected(
  { database }: ConnectionParts,
  connection: ConnectionRow,
  identity: Identity,
): Promise<void> {
  const twin = (await readConnections(database, null)).find(
    (one) => one.id !== connection.id && one.vendor === connection.vendor && one.organisationId === identity.id,
  );
  if (!twin) return;
  throw new WinstonError(
    "request.conflict",
    `Organisation ${identity.id} (${identity.label}) is connected already, as ${twin.name}. Connected twice, each of its records would be taken for two. Use ${twin.name}, or remove it first.`,
  );
}

/** A stream as the vendor describes it now: made, or brought up to it. Returns what is to be woken. */
async function layOutStream(
  tx: Tx,
  catalog: Catalog,
  { connector, connection }: { readonly connector: Connector; readonly connection: ConnectionRow },
  of: {
    readonly key: string;
    readonly position: number;
    readonly fields: readonly VendorField[];
    readonly now: number;
  },
  chosen: Chosen[string] | undefined,
): Promise<Woken[]> {
  const { key, position, fields, now } = of;
  const woken: Woken[] = [];
  const declaration = connector.streams[key]!;
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
  const [described] = await readStreams(tx, { id: streamId });
  const inForce = before && declaration.refit && (await readMapping(tx, streamId, described!.mappingVersion));
  const refitted = inForce && declaration.refit!(inForce, fields);
  if (refitted && refitted !== inForce)
    for (const lane of await replaceMapping(tx, described!, refitted, { actor: "connect", at: now }))
      woken.push({ streamId, lane });
  if (!before) {
    // Increments begin before the backfill does: what changes while it runs is read by both, and agrees. A row changed now may carry an earlier stamp.
    const watermark = now - declaration.overlapMs - declaration.precisionMs;
    await placeLane(tx, streamId, "batch", { watermark, checkpoint: null });
    woken.push({ streamId, lane: "backfill" });
  }
  if (chosen) {
    const [stream] = await readStreams(tx, { id: streamId });
    const by = { actor: "connect", at: now };
    const lanes = await changeStream(tx, catalog, { stream: stream!, declaration }, chosen, by);
    woken.push(
      ...lanes.filter((lane) => before !== undefined || lane === "backfill").map((lane) => ({ streamId, lane })),
    );
  }
  return woken;
}

/** Settings as the connector reads them. Throws request.invalid, also for a stream it has not. */
function settingsOf(connector: Connector, input: Input): JsonObject {
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
  return checked.data;
}

/** Connects an account, or connects it anew; returns the id of the connection. Throws what `Connections.connect` says. */
export async function connect(parts: ConnectionParts, input: Input): Promise<string> {
  const { database, clock } = parts;
  const connector = connectorOf(parts.connectors, input.vendor);
  const given = settingsOf(connector, input);
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
  const id = present?.id ?? parts.newId();
  const gives = Object.keys(input.secrets).length > 0;
  const settings = { ...present?.settings, ...given };
  let sealed: Awaited<ReturnType<typeof readCredential>> = [];
  try {
    // What works goes on with its own credentials until the new ones are known to open the same account: nobody writes with them before.
    const grant =
      present && gives ? await prove(parts, { connector, connection: { ...present, settings } }, input.secrets) : null;
    if (present) sealed = await readCredential(database, id);
    await database.transaction(async (tx) => {
      const { vendor, name, mode } = input;
      if (!present) await insertConnection(tx, { id, vendor, name, mode, settings, at: clock.now() });
      else await updateConnection(tx, id, { mode, settings, problem: null, at: clock.now() });
      // Also none for a new one: the connector says what it needs.
      if (!present || gives) await parts.credentials.put(tx, id, input.secrets, grant);
    });
    const [stored] = await readConnections(database, id);
    if (!stored)
      throw new WinstonError("not.found", `Connection ${input.name} was removed while it was being connected.`);
    const resume = (present?.problem ?? null) !== null;
    await layOut(parts, { connector, connection: stored }, { resume, chosen: input.streams });
  } catch (thrown) {
    // A connection that never worked leaves nothing behind. One that works goes on as it was; but not where the credentials open
    // another account, for then nobody knows which is meant.
    if (!present) await database.transaction((tx) => removeConnection(tx, id, clock.now()));
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
  return id;
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
