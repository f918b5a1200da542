// A pause, and a rollout, by HTTP alone: three real processes write to three CRMs, and what arrived there is told by the CRMs' own logs.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { Client } from "../../sdk/src/index.ts";
import { systemClock } from "../../src/base/clock.ts";
import { seededRandom } from "../../src/base/random.ts";
import { exitOf, runCommand } from "../../src/cli/test-shell.ts";
import { type HubspotSimulator, startHubspot } from "../../src/simulators/hubspot/index.ts";
import { NAMES, Processes } from "../crash/processes.ts";
import { createTestFolder } from "../support/folder.ts";

/** Each is to be made at all three CRMs: 10,002 writes. */
const LEADS = 3_334;
const QUEUED = 3 * LEADS;
/** So long after the answer to a pause nothing arrives any more that would change something. */
const STILL_AFTER_MS = 5_000;
/** Each answer of a CRM takes so long: the queue outlasts the test's look at it by far, and a request is under way in every process. */
const SLOW = { latencyMs: 700 };
const CRMS = ["north", "south", "west"] as const;
type Name = (typeof CRMS)[number];
const PATIENCE_MS = 300_000;

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (const began = performance.now(); !(await holds()); await sleep(50))
    if (performance.now() - began > PATIENCE_MS) throw new Error(`It never came to this: ${what}.`);
}

async function start() {
  await using started = new AsyncDisposableStack();
  const folder = started.use(createTestFolder());
  const portal = async (portalId: number): Promise<HubspotSimulator> => {
    const random = seededRandom(portalId);
    const simulator = await startHubspot({ clock: systemClock, random, story: "empty", portalId });
    started.defer(() => simulator.close());
    return simulator;
  };
  const crms = { north: await portal(101), south: await portal(102), west: await portal(103) };
  // One at a time: what is owed to three CRMs keeps three processes busy.
  const processes = await Processes.start(folder.path, { lanes: 1 });
  started.defer(() => processes.close());
  await until("all three work", async () => NAMES.every((name) => processes.isUp(name)));
  const database = new pg.Client(processes.databaseUrl);
  database.on("error", () => {});
  await database.connect();
  started.defer(() => database.end());
  const client = new Client({ baseUrl: processes.url, token: processes.token, timeoutMs: 60_000 });
  for (const name of CRMS) {
    await client.connections.create({
      vendor: "hubspot",
      name,
      mode: "write",
      settings: { baseUrl: crms[name].url, simulator: true },
      secrets: { accessToken: crms[name].credentials.privateToken },
    });
    await client.connections.update(name, { paused: true });
  }
  const quiet = (): Promise<void> =>
    until("nothing is left to do", async () => (await client.connections.quiet()).quiet);
  await quiet();

  const closing = started.move();
  return {
    client,
    crms,
    processes,
    quiet,
    /** Changes a connection by a plain request, as any program may. */
    change: async (connection: string, body: object): Promise<Record<string, unknown>> => {
      const answer = await fetch(`${processes.url}/api/connections/${connection}`, {
        method: "PATCH",
        headers: { authorization: `Bearer ${processes.token}`, "content-type": "application/json" },
        body: JSON.stringify(body),
      });
      assert.equal(answer.status, 200);
      return (await answer.json()) as Record<string, unknown>;
    },
    waiting: async (): Promise<number> =>
      (await client.streams.list()).reduce((sum, { counts }) => sum + counts.waiting, 0),
    /** When a CRM was asked to change something, by their own logs. */
    changesAt: (): number[] =>
      Object.values(crms).flatMap(({ log }) => log.entries.filter((one) => one.mutating).map((one) => one.at)),
    there: (crm: Name): number => crms[crm].data.list("contacts").length,
    /** Processes that write at this moment. */
    writers: async (): Promise<number> => {
      const { rows } = await database.query(
        "select distinct lane.owner from run join lane using (stream_id, lane) where run.state = 'running' and lane = 'push'",
      );
      return rows.length;
    },
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}

test("of 10,000 queued writes none is sent by any of three processes 5 s after a pause was answered; resuming shows the rest as a plan, and a rollout lets a share of it go", async () => {
  await using hub = await start();
  const { client, crms } = hub;
  await client.leads.bulkCreate(
    Array.from({ length: LEADS }, (_, index) => ({
      lastName: `Lead ${index}`,
      company: `Shop ${index}`,
      email: `lead${index}@example.com`,
    })),
  );
  assert.equal(await hub.waiting(), QUEUED);
  for (const name of CRMS) crms[name].dials.set(SLOW);

  await Promise.all(CRMS.map((name) => hub.change(name, { paused: false })));
  await until(
    "all three processes write",
    async () => (await hub.writers()) === NAMES.length && CRMS.every((name) => hub.there(name) > 0),
  );
  for (const name of CRMS) assert.equal((await hub.change(name, { paused: true }))["paused"], true);
  const answeredAt = systemClock.now();
  // Reading goes on, work is found by the clock and by a person, and more is owed meanwhile.
  const late = await client.leads.create({ lastName: "Late", company: "Late", email: "late@example.com" });
  while (systemClock.now() < answeredAt + 3 * STILL_AFTER_MS) {
    for (const name of CRMS) await client.connections.sync(name);
    await sleep(500);
  }
  await hub.quiet();
  const reads = Object.values(crms).map(
    ({ log }) => log.entries.filter((one) => !one.mutating && one.at > answeredAt + STILL_AFTER_MS).length,
  );
  assert.ok(
    reads.every((one) => one > 0),
    `all are still read: ${reads.join(", ")} requests`,
  );
  const after = hub.changesAt().map((at) => at - answeredAt);
  assert.deepEqual(
    after.filter((ms) => ms > STILL_AFTER_MS),
    [],
  );
  const left = await hub.waiting();
  assert.equal(
    left,
    QUEUED + CRMS.length - CRMS.reduce((sum, name) => sum + hub.there(name), 0),
    "what was not sent is owed",
  );
  assert.ok(left > QUEUED / 2, `${left} writes still waited`);

  for (const { dials } of Object.values(crms)) dials.set({ latencyMs: 0 });
  await hub.change("west", { rollout: { percent: 30 } });
  const before = { north: hub.there("north"), south: hub.there("south"), west: hub.there("west") };
  const resumed = await runCommand(["resume", "--yes", "--json", "--api", hub.processes.url], {
    env: { WINSTON_TOKEN: hub.processes.token },
    clock: systemClock,
  });
  assert.equal(exitOf(resumed), 0, String(resumed.thrown));
  const { plan } = JSON.parse(resumed.out) as {
    plan: { totals: { class: string; op: string; connection: string; count: number }[] };
  };
  const shown = new Map(plan.totals.map((one) => [`${one.connection} ${one.class} ${one.op}`, one.count]));
  const creates = (name: Name): number => shown.get(`${name} write create`) ?? 0;
  assert.equal(shown.size, CRMS.length, `nothing else is shown: ${[...shown.keys()].join(", ")}`);
  const all = LEADS + 1;
  assert.deepEqual([creates("north"), creates("south")], [all - before.north, all - before.south]);
  const share = creates("west") / (all - before.west);
  assert.ok(share > 0.25 && share < 0.35, `${share} of what waits is let go`);
  await hub.quiet();
  assert.deepEqual(
    CRMS.map((name) => hub.there(name)),
    [all, all, before.west + creates("west")],
    "what was shown was written, and nothing else",
  );
  await hub.change("west", { rollout: null });
  await hub.quiet();
  assert.equal(hub.there("west"), all, "nothing was lost, and nothing doubled");
  assert.equal(await hub.waiting(), 0);
  assert.equal((await client.leads.get(late.id)).lastName, "Late");
});
