// A small engine in memory, for tests of the surfaces: the shapes of src/sync/types.ts with the simplest behaviour that keeps their promises.
import assert from "node:assert/strict";
import type { Alerts } from "../alerts/types.ts";
import { VirtualClock } from "../base/clock.ts";
import { WinstonError } from "../base/errors.ts";
import type { Problem } from "../base/errors.ts";
import { idMaker } from "../base/ids.ts";
import { equalJson, storable } from "../base/json.ts";
import { silentLog } from "../base/log.ts";
import { seededRandom } from "../base/random.ts";
import { KINDS } from "../mapping/kinds.ts";
import type { Field, FieldType } from "../mapping/types.ts";
import type { Mappings } from "../sync/mappings.ts";
import type { Brakes, Frozen } from "../sync/stopped.ts";
import type {
  Comparisons,
  Conflicts,
  Connections,
  Duplicates,
  DuplicateView,
  ConnectionView,
  HistoryEntry,
  ParkedView,
  Quarantines,
  Records,
  RunView,
  SaveResult,
  StoredRecord,
  StreamView,
} from "../sync/types.ts";
import type { ConfigDocuments } from "../config-document/types.ts";
import type { Plans } from "../sync/planned.ts";
import { createHttp } from "./app.ts";
import { SCOPES } from "./ports.ts";
import type { Access, HttpOptions, Idempotency, Keys, KeyView } from "./ports.ts";

export const TOKEN = "wk_test_everything";

type Stored = { -readonly [K in keyof StoredRecord]: StoredRecord[K] };

/** The whole surface over engines in memory. `world.app` is not listening yet. */
export function createTestHttp(change: Partial<HttpOptions> = {}) {
  const clock = new VirtualClock();
  const newId = idMaker(clock, seededRandom(1));
  const records = fakeRecords(clock, newId);
  const keys = fakeKeys(newId);
  const idempotency = fakeIdempotency();
  const accesses: Access[] = [];
  let requests = 0;
  const engine = fakeConnections(clock, newId);
  const pairs = fakeDuplicates(records, newId);
  const app = createHttp({
    records,
    keys,
    idempotency,
    connections: engine.connections,
    runs: engine.runs,
    comparisons: noComparisons,
    conflicts: noConflicts,
    duplicates: pairs.duplicates,
    plans: noPlans,
    quarantines: noQuarantines,
    why: { explain: async () => assert.fail("nobody asked why") },
    brakes: noBrakes,
    frozen: nothingFrozen,
    configDocuments: noConfig,
    schema: { diff: async () => [], looks: async () => [], look: async () => [] },
    mappings: noMappings,
    alerts: noAlerts,
    connectors: [],
    catalogue: { fields: async (kind) => records.fieldsOf(kind) },
    health: {
      ready: async () => ({ ok: true, checks: { database: { ok: true } } }),
      flow: async () => ({ ok: true, streams: { ok: 1 }, alerts: { warning: 0, critical: 0 } }),
    },
    clock,
    log: silentLog,
    requestId: () => `request-${++requests}`,
    version: "0.0.0",
    access: (entry) => void accesses.push(entry),
    ...change,
  });
  return {
    app,
    clock,
    records,
    keys,
    idempotency,
    engine,
    pairs,
    accesses,
    token: TOKEN,
    auth: { authorization: `Bearer ${TOKEN}` },
  };
}

export function fakeRecords(clock: VirtualClock, newId: () => string) {
  const all = new Map<string, Stored>();
  const histories = new Map<string, HistoryEntry[]>();
  const custom = new Map<string, Field[]>();
  /** Which record was made of what content. */
  const contents = new Map<string, string>();
  /** Sizes of the batches saved so far. */
  const saves: number[] = [];
  const alive = (record: Stored): boolean => record.deletedAt === null;
  const fieldsOf = (kind: string): Field[] => [
    ...KINDS[kind as keyof typeof KINDS].fields,
    ...(custom.get(kind) ?? []),
  ];
  const gone = (kind: string, id: string) => new WinstonError("not.found", `There is no ${kind} ${id}.`);
  const byExternal = (kind: string, externalId: unknown): Stored | undefined =>
    [...all.values()].find((one) => alive(one) && one.kind === kind && one.externalId === externalId);

  function find(kind: string, stage: string | undefined, id: string): Stored {
    const found = id.startsWith("external:") ? byExternal(kind, id.slice("external:".length)) : all.get(id);
    if (!found || found.kind !== kind || (stage !== undefined && found.stage !== stage)) throw gone(stage ?? kind, id);
    return found;
  }

  const records: Records = {
    list: async (query) =>
      [...all.values()]
        .filter(
          (one) =>
            one.kind === query.kind &&
            (query.stage === undefined || one.stage === query.stage) &&
            (query.after === undefined || one.id > query.after) &&
            (query.email === undefined || one.fields.email === query.email) &&
            (query.externalId === undefined || one.externalId === query.externalId) &&
            (query.updatedSince === undefined || one.updatedAt >= query.updatedSince) &&
            (query.includeDeleted || alive(one)),
        )
        .toSorted((a, b) => (a.id < b.id ? -1 : 1))
        .slice(0, query.limit),
    get: async (kind, stage, id) => ({ ...find(kind, stage, id), links: [] }),
    history: async (kind, id) => histories.get(find(kind, undefined, id).id) ?? [],
    origin: async (kind, id) => {
      const record = find(kind, undefined, id);
      const here = { source: "here", connection: null, stream: null, recordId: null, actor: "key:test" } as const;
      const when = { setFrom: record.updatedAt, setTo: record.updatedAt, takenAt: null, version: null };
      return Object.entries(record.fields).map(([field, value]) => ({
        field,
        value,
        ...here,
        ...when,
        standing: "equal",
        rule: "newest",
      }));
    },
    save: async (inputs, options) => {
      saves.push(inputs.length);
      clock.advance(1);
      return inputs.map(({ id, input, contentId }, index): SaveResult => {
        const { externalId, ...values } = input;
        const problems: Problem[] = [];
        const fields: Record<string, never> = {};
        const refuse = (key: string, message: string, code = "request.invalid"): void =>
          void problems.push({ pointer: `/${key}`, code, message });
        for (const [key, value] of Object.entries(values)) {
          const field = fieldsOf(options.kind).find((one) => one.key === key);
          if (!field && options.unknownKeys === "error") refuse(key, `"${key}" is no field of a ${options.kind}`);
          else if (!field)
            custom.set(options.kind, [
              ...(custom.get(options.kind) ?? []),
              { key, type: "text", label: key, custom: true },
            ]);
          if (typeof value === "string" && !storable(value)) refuse(key, "cannot be stored");
          if (field?.type === "email" && typeof value === "string" && !value.includes("@"))
            refuse(key, `${JSON.stringify(value)} is not an email address`);
          let kept = value;
          if (field?.type === "reference" && typeof value === "object" && value !== null) {
            const target = byExternal(field.target!, (value as { externalId: string }).externalId);
            if (target) kept = target.id;
            else
              refuse(
                key,
                `there is no ${field.target} with the external id ${JSON.stringify((value as { externalId: string }).externalId)}`,
                "reference.unknown",
              );
          }
          fields[key] = kept as never;
        }
        const found =
          id === undefined
            ? (byExternal(options.kind, externalId ?? Symbol()) ??
              [...all.values()].find(
                (one) =>
                  alive(one) &&
                  one.kind === options.kind &&
                  typeof fields.email === "string" &&
                  one.fields.email === fields.email &&
                  (one.externalId === null || externalId === undefined),
              ) ??
              (externalId === undefined ? all.get(contents.get(contentId ?? "") ?? "") : undefined))
            : all.get(id);
        if (!found && options.mode === "update")
          problems.push({ pointer: "", code: "not.found", message: "there is no such record" });
        if (!found && id !== undefined)
          problems.push({ pointer: "/id", code: "not.found", message: `there is no record ${id}` });
        if (problems.length > 0) return { index, status: "failed", problems };
        if (!found) {
          const made: Stored = {
            id: newId(),
            kind: options.kind,
            stage: options.stage ?? null,
            externalId: (externalId as string | undefined) ?? null,
            fields,
            version: 1,
            createdAt: clock.now(),
            updatedAt: clock.now(),
            deletedAt: null,
          };
          all.set(made.id, made);
          if (contentId !== undefined) contents.set(contentId, made.id);
          return { index, status: "created", id: made.id, externalId: made.externalId };
        }
        const changed = Object.entries(fields).filter(
          ([key, value]) => !equalJson(found.fields[key] ?? null, value ?? null),
        );
        if (externalId !== undefined) found.externalId ??= externalId as string;
        if (changed.length === 0) return { index, status: "unchanged", id: found.id, externalId: found.externalId };
        const changes = Object.fromEntries(
          changed.map(([key, value]) => [key, { old: found.fields[key] ?? null, new: value }]),
        );
        found.fields = { ...found.fields, ...fields };
        found.version += 1;
        found.updatedAt = clock.now();
        histories.set(found.id, [
          { version: found.version, at: clock.now(), actor: options.actor, runId: null, changes },
          ...(histories.get(found.id) ?? []),
        ]);
        return { index, status: "updated", id: found.id, externalId: found.externalId };
      });
    },
    remove: async (kind, id) => void (find(kind, undefined, id).deletedAt = clock.now()),
    declareField: async (kind, field) => {
      const old = fieldsOf(kind).find((one) => one.key === field.key);
      if (old && old.type !== field.type)
        throw new WinstonError("request.conflict", `The field ${field.key} is there as ${old.type}.`);
      if (!old)
        custom.set(kind, [
          ...(custom.get(kind) ?? []),
          { key: field.key, label: field.label, type: field.type as FieldType, custom: true },
        ]);
    },
  };
  return { ...records, all, saves, fieldsOf };
}

export function fakeKeys(newId: () => string): Keys & { add(token: string, scopes: readonly string[]): void } {
  const tokens = new Map<
    string,
    { id: string; name: string; scopes: readonly string[]; expiresAt?: number | undefined }
  >();
  const add = (token: string, scopes: readonly string[]): void =>
    void tokens.set(token, { id: newId(), name: token, scopes });
  add(TOKEN, SCOPES);
  return {
    add,
    verify: async (token) => tokens.get(token),
    create: async ({ name, scopes, expiresAt }) => {
      const [id, token] = [newId(), `wk_test_${tokens.size}`];
      tokens.set(token, { id, name, scopes, expiresAt });
      return { id, token };
    },
    list: async () => [...tokens.values()].map((key): KeyView => ({ ...key })),
    revoke: async (id) => {
      const found = [...tokens].find(([, key]) => key.id === id);
      if (!found) throw new WinstonError("not.found", `There is no key ${id}.`);
      tokens.delete(found[0]);
    },
  };
}

export function fakeIdempotency(): Idempotency & {
  readonly claims: Map<string, { digest: Buffer; answer: { status: number; body: unknown } | null }>;
} {
  const claims = new Map<string, { digest: Buffer; answer: { status: number; body: unknown } | null }>();
  return {
    claims,
    begin: async (keyId, key, digest) => {
      const old = claims.get(`${keyId} ${key}`);
      if (!old) {
        claims.set(`${keyId} ${key}`, { digest, answer: null });
        return { kind: "new" };
      }
      if (!old.digest.equals(digest)) return { kind: "mismatch" };
      return old.answer ? { kind: "replay", ...old.answer } : { kind: "running" };
    },
    finish: async (keyId, key, answer) => {
      const claim = claims.get(`${keyId} ${key}`)!;
      if (answer) claim.answer = answer;
      else claims.delete(`${keyId} ${key}`);
    },
  };
}

function fakeConnections(clock: VirtualClock, newId: () => string) {
  const list: { -readonly [K in keyof ConnectionView]: ConnectionView[K] }[] = [];
  /** What the last calls were given. */
  const calls: unknown[] = [];
  const find = (idOrName: string) => {
    const found = list.find((one) => one.id === idOrName || one.name === idOrName);
    if (!found) throw new WinstonError("not.found", `There is no connection ${idOrName}.`);
    return found;
  };
  const stream = (connectionId: string): StreamView => ({
    id: 1,
    connectionId,
    key: "lead",
    kind: "person",
    stage: "lead",
    direction: "both",
    strategy: "realtime",
    everyMs: 60_000,
    cron: null,
    zone: null,
    critical: null,
    approval: "auto",
    deletes: "both",
    backfillSince: null,
    enabled: true,
    mappingVersion: 1,
    filter: { in: null, out: null },
    state: "ok",
    health: "in step",
    lag: { pullMs: 10_000, writeMs: null, targetMs: 900_000 },
    lanes: [{ lane: "batch", watermark: clock.now(), ranAt: null, owed: false }],
    counts: { linked: 2, parked: 0, waiting: 0, held: 0, staged: 0, outside: 0 },
  });
  const connections: Connections = {
    connect: async ({ vendor, name, mode }) => {
      if (vendor !== "tern") throw new WinstonError("connector.unknown", `There is no connector ${vendor}.`);
      list.push({
        id: newId(),
        vendor,
        name,
        organisationId: "o1",
        organisationLabel: "Acme",
        environment: "simulator",
        mode,
        paused: false,
        rollout: null,
        problem: null,
        endings: [],
        createdAt: clock.now(),
      });
      return list.at(-1)!;
    },
    list: async () => list,
    get: async (idOrName) => find(idOrName),
    update: async (id, { rollout, ...change }) =>
      Object.assign(find(id), change, rollout && { rollout: { percent: rollout.percent, records: 0 } }),
    remove: async (id) => void list.splice(list.indexOf(find(id)), 1),
    streams: async (id) => list.filter((one) => id === undefined || one.id === id).map((one) => stream(one.id)),
    updateStream: async (streamId, change, actor) => void calls.push({ streamId, change, actor }),
    mapping: async () => ({ version: 1, document: { kind: "person", rows: [] }, notes: [] }),
    checkMapping: async (_, document) => ({ usable: true, document, notes: [], problems: [], offer: null }),
    putMapping: async (streamId, document, actor) => {
      calls.push({ streamId, document, actor });
      return { version: 2, notes: ["Email is read-only there"] };
    },
    sync: async (id, options) => {
      calls.push({ id, ...options });
      return { since: clock.now() };
    },
    quiet: async () => ({ quiet: true, running: 0, owed: 0, intents: 0, parked: 0, held: 0, staged: 0 }),
  };
  const allRuns: RunView[] = [];
  const allParked: ParkedView[] = [];
  const runs: HttpOptions["runs"] = {
    list: async ({ limit, after }) =>
      allRuns.slice(after === undefined ? 0 : allRuns.findIndex((run) => run.id === after) + 1).slice(0, limit),
    get: async (id) => {
      const found = allRuns.find((run) => run.id === id);
      if (!found) throw new WinstonError("not.found", `There is no run ${id}.`);
      return { ...found, parked: [] };
    },
    parked: async ({ limit, after }) => {
      const from = after === undefined ? 0 : allParked.findIndex((row) => row.cursor === after) + 1;
      return allParked.slice(from, from + limit);
    },
    retryParked: async (query) => {
      calls.push(query);
      return allParked.length;
    },
    conflicts: async () => [],
  };
  return { connections, runs, list, calls, allRuns, allParked };
}

/** An empty ledger; src/http/conflicts.test.ts brings a real one. */
/** Plans are computed by a real engine: src/sync/plans.test.ts. */
const noQuarantines: Quarantines = {
  list: async () => [],
  begin: async () => assert.fail("nobody said that anything was restored"),
  release: async () => assert.fail("nothing is in quarantine"),
};

const noPlans: Plans = {
  create: async () => assert.fail("no plan was asked for"),
  suppose: async () => assert.fail("no plan was asked for"),
  undo: async () => assert.fail("no plan was asked for"),
  settled: async () => assert.fail("no plan was asked for"),
  get: async (id) => {
    throw new WinstonError("not.found", `There is no plan ${id}; \`winston plans list\` shows them.`);
  },
  list: async () => [],
  items: async () => [],
  apply: async () => assert.fail("no plan was asked for"),
};

const noComparisons: Comparisons = {
  start: async () => [],
  list: async () => [],
  get: (id) => Promise.reject(new WinstonError("not.found", `There is no comparison ${id}.`)),
  differences: async () => [],
};

const noConflicts: Conflicts = {
  get: (id) => Promise.reject(new WinstonError("not.found", `There is no conflict ${id}.`)),
  take: async (ids) =>
    ids.map((id) => ({ id, status: "failed", code: "not.found", message: `There is no conflict ${id}.` })),
};

const noMapping = () => assert.fail("no mapping was tried");

/** src/cli/mapping-trial.test.ts brings real ones. */
const noMappings: Mappings = {
  versions: async () => [],
  version: noMapping,
  fieldMappings: noMapping,
  test: noMapping,
  backTest: noMapping,
  fields: noMapping,
  suggest: noMapping,
};

const noBrakes: Brakes = {
  list: async () => [],
  get: (id) => Promise.reject(new WinstonError("not.found", `There is no brake ${id}.`)),
  decide: (id) => Promise.reject(new WinstonError("not.found", `There is no brake ${id}.`)),
};

const noConfig: ConfigDocuments = {
  export: async () => "version: 1\n",
  plan: async () => ({ changes: [], missing: [], notes: [], digest: "" }),
  apply: async () => ({ changes: [], missing: [], notes: [], digest: "" }),
};

const nothingFrozen: Frozen = {
  list: async () => [],
  get: (id) => Promise.reject(new WinstonError("not.found", `There is no frozen field ${id}.`)),
  release: (id) => Promise.reject(new WinstonError("not.found", `There is no frozen field ${id}.`)),
};

const noAlert = (id: string) => Promise.reject(new WinstonError("not.found", `There is no alert ${id}.`));

/** Nothing is wrong and nobody would be told; src/cli/alerts.test.ts brings real ones. */
const noAlerts: Alerts = {
  list: async () => [],
  get: noAlert,
  acknowledge: noAlert,
  channels: { list: async () => [], add: () => noAlert("at all"), remove: noAlert, test: noAlert },
};

/** Pairs that a test puts in; deciding and unlinking only note what was asked. */
export function fakeDuplicates(records: ReturnType<typeof fakeRecords>, newId: () => string) {
  const all: DuplicateView[] = [];
  const calls: unknown[] = [];
  const duplicates: Duplicates = {
    get: async (id) => {
      const pair = all.find((one) => one.id === id);
      if (!pair) throw new WinstonError("not.found", `There is no pair ${id}.`);
      return pair;
    },
    list: async ({ state = "open", limit, after }) =>
      all.filter((pair) => pair.state === state && (after === undefined || pair.id > after)).slice(0, limit),
    decide: async (id, decision, actor) => {
      const at = all.findIndex((pair) => pair.id === id);
      if (at < 0) throw new WinstonError("not.found", `There is no pair ${id}.`);
      calls.push({ id, decision, actor });
      return (all[at] = { ...all[at]!, state: decision });
    },
    merge: async (id, keep, actor) => {
      const at = all.findIndex((pair) => pair.id === id);
      if (at < 0) throw new WinstonError("not.found", `There is no pair ${id}.`);
      calls.push({ id, keep, actor });
      all[at] = { ...all[at]!, state: "same" };
      const merged = [{ connection: "tern", stream: "lead", kept: "r1", lost: "r2", survivor: "r3" }];
      return { pair: all[at], merged };
    },
    unlink: async (kind, id, connection, actor) => {
      calls.push({ kind, id, connection, actor });
      const own = { ...records.all.get(id)!, id: newId(), externalId: null, version: 1 };
      records.all.set(own.id, own);
      return { id: own.id };
    },
  };
  return {
    duplicates,
    all,
    calls,
    /** Puts in a pair of two records that are there. */
    add: (leftId: string, rightId: string): DuplicateView => {
      const [left, right] = [records.all.get(leftId)!, records.all.get(rightId)!];
      const shared = [{ key: "email", value: "ada@example.com" }];
      all.push({ id: newId(), kind: left.kind, state: "open", foundAt: 1000, shared, connection: null, left, right });
      return all.at(-1)!;
    },
  };
}
