import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { createTernWorld, type TernWorld } from "../../test/support/world.ts";
import { WinstonError } from "../base/errors.ts";
import { idMaker } from "../base/ids.ts";
import { silentLog } from "../base/log.ts";
import { seededRandom } from "../base/random.ts";
import { createAgent, type AddressPolicy } from "../connector/egress.ts";
import { updateConnection } from "../store/connection.ts";
import { sql } from "../store/sql.ts";
import { ternConnector } from "../../test/support/tern.ts";
import { createChannelSecrets } from "../vault/channels.ts";
import { createSeal } from "../vault/seal.ts";
import { createAlerts } from "./alerts.ts";
import { createFlow } from "./flow.ts";
import { stoppedCauses } from "./stopped.ts";
import type { CauseSource } from "./watch.ts";

const MIN = 60_000;
const HOUR = 60 * MIN;

/** A world with alerts, and a receiver of webhooks on this machine that answers as told. */
async function createWatched(
  options: { fill?: Parameters<typeof createTernWorld>[0]; sources?: readonly CauseSource[] } = {},
) {
  const world = await createTernWorld(options.fill);
  const { database, clock } = world;
  const random = seededRandom(7);
  const addresses: AddressPolicy = { simulator: false, listed: ["127.0.0.0/8"], plain: true };
  const agent = createAgent(addresses);
  const limits = [{ class: "daily", requests: 1_000, perMs: 24 * HOUR }];
  const connectors = { tern: { ...ternConnector(world.tern), limits } };
  const seal = createSeal([new Uint8Array(32).fill(1)], random);
  const alerts = createAlerts({
    database,
    connectors,
    catalog: world.catalog,
    newId: idMaker(clock, random),
    clock,
    random,
    log: silentLog,
    agent,
    addresses,
    secrets: createChannelSecrets(seal),
    ...(options.sources ? { sources: options.sources } : {}),
  });
  const servers: Server[] = [];
  /** A channel whose receiver answers each request with the next status, then with the last of them; 0 hangs. */
  const listenFor = async (name: string, ...statuses: number[]) => {
    const heard: string[] = [];
    const ids: string[] = [];
    const server = createServer((request, response) => {
      let text = "";
      request.on("data", (chunk) => (text += String(chunk)));
      request.on("end", () => {
        const status = statuses.length > 1 ? statuses.shift()! : (statuses[0] ?? 200);
        const { type, data } = JSON.parse(text) as { type: string; data: { kind: string; severity: string } };
        ids.push(String(request.headers["webhook-id"]));
        heard.push(`${type} ${data.kind} ${data.severity}`);
        if (status > 0) response.writeHead(status).end();
      });
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
    await alerts.channels.add({ name, type: "webhook", url });
    return { heard, ids };
  };
  const tick = async () => {
    await alerts.tick();
    await alerts.settled();
  };
  return {
    ...world,
    alerts,
    tick,
    listenFor,
    flow: createFlow({ database, connectors, catalog: world.catalog, clock }),
    open: () => alerts.list({ states: ["open", "acknowledged"], limit: 50 }),
    /** Minutes go by: the engine's own tick, its work, and a look, each minute or as seldom as `everyMs` says. */
    minutes: async (forMs: number, everyMs = MIN) => {
      for (const end = clock.now() + forMs; clock.now() < end; clock.advance(everyMs)) {
        await world.engine.tick();
        await world.settle(false);
        await tick();
      }
    },
    [Symbol.asyncDispose]: async () => {
      for (const server of servers) server.closeAllConnections();
      for (const server of servers) server.close();
      await alerts.settled();
      await agent.destroy();
      await world[Symbol.asyncDispose]();
    },
  };
}

const down = (tern: TernWorld["tern"]): void => {
  tern.beforePage = () => {
    throw new WinstonError("vendor.unavailable", "Tern does not answer.");
  };
};

test("a healthy, quiet world raises nothing in a month", async () => {
  await using world = await createWatched({ fill: (tern) => void tern.add("person", { last: "Lee" }) });
  const { heard } = await world.listenFor("hook");
  await world.database.run(sql`update stream set every_ms = ${12 * HOUR}`);
  await world.minutes(30 * 24 * HOUR, 12 * HOUR);
  assert.deepEqual(
    [await world.alerts.list({ states: ["open", "acknowledged", "resolved"], limit: 50 }), heard],
    [[], []],
  );
  const { count } = (await world.database.one<{ count: number }>(sql`select count(*) as count from alert`))!;
  assert.equal(count, 0, "nothing is even watched");
  assert.deepEqual(await world.flow(), { ok: true, streams: { ok: 2 }, alerts: { warning: 0, critical: 0 } });
});

test("an outage is one alert, told when it lasts, acknowledged, and told to be over; a stream is well again only by a run", async () => {
  await using world = await createWatched();
  const { heard } = await world.listenFor("hook");
  down(world.tern);
  await world.minutes(5 * MIN);
  assert.deepEqual(await world.open(), [], "a short outage is daily life");
  assert.equal((await world.stream("person")).state, "failing");
  assert.equal((await world.flow()).ok, false);
  await world.minutes(30 * MIN);
  const [alert, ...more] = await world.open();
  assert.deepEqual(more, []);
  assert.deepEqual(
    [alert!.kind, alert!.state, [...alert!.streams].toSorted()],
    ["failing", "open", ["company", "person"]],
  );
  assert.match(alert!.message, /person: batch failed \d+ times in a row, since .*: Tern does not answer\./u);
  assert.equal(alert!.help, "docs/operations/alerts.md#failing");
  assert.deepEqual(heard, ["alert.raised failing critical"]);

  const known = await world.alerts.acknowledge(alert!.id, "key:ann");
  assert.deepEqual([known.state, known.acknowledgedBy], ["acknowledged", "key:ann"]);
  assert.equal((await world.alerts.acknowledge(alert!.id, "key:bob")).acknowledgedBy, "key:ann", "the first stands");
  await world.minutes(HOUR, 10 * MIN);
  assert.equal(heard.length, 1);

  world.tern.beforePage = undefined;
  await world.minutes(10 * MIN);
  assert.deepEqual(heard, ["alert.raised failing critical", "alert.resolved failing critical"]);
  assert.deepEqual(await world.open(), []);
  assert.equal((await world.stream("person")).state, "ok");
  assert.deepEqual(
    (await world.alerts.get(alert!.id)).deliveries!.map((one) => [one.event, one.state, one.tries]),
    [
      ["raised", "sent", 1],
      ["resolved", "sent", 1],
    ],
  );
});

test("when no worker works the streams are silent, and a restart alone tells nobody", async () => {
  await using world = await createWatched();
  // Winston was off for a day; its first look comes before its first run.
  world.clock.advance(24 * HOUR);
  await world.tick();
  assert.equal((await world.stream("person")).state, "silent");
  await world.minutes(10 * MIN);
  assert.deepEqual(await world.open(), []);
  // Looks go on, and nobody does the work.
  for (let minute = 0; minute < 20; minute++) {
    world.clock.advance(MIN);
    await world.tick();
  }
  const [alert] = await world.open();
  assert.deepEqual([alert!.kind, [...alert!.streams].toSorted()], ["silent", ["company", "person"]]);
});

test("a dead credential is told at once, once, and ends when the connection runs again", async () => {
  await using world = await createWatched();
  const { heard } = await world.listenFor("hook");
  await updateConnection(world.database, world.connection.id, {
    problem: "Tern refused the key.",
    at: world.clock.now(),
  });
  await world.minutes(2 * HOUR, 10 * MIN);
  assert.deepEqual(heard, ["alert.raised credential critical"]);
  await updateConnection(world.database, world.connection.id, { problem: null, at: world.clock.now() });
  await world.minutes(10 * MIN);
  assert.deepEqual(heard, ["alert.raised credential critical", "alert.resolved credential critical"]);
});

test("parked growth, a budget and a source of its own are told from what the database says", async () => {
  let braked = false;
  const brake: CauseSource = async () =>
    braked
      ? [
          {
            kind: "brake",
            subject: "brake:1",
            connectionId: null,
            severity: "critical",
            title: "a brake",
            message: "see",
            scope: [],
          },
        ]
      : [];
  await using world = await createWatched({
    sources: [brake],
    fill: (tern) => {
      for (let n = 0; n < 25; n++) tern.add("person", { last: `Lee ${n}` });
    },
  });
  await world.minutes(2 * MIN);
  assert.deepEqual(await world.open(), []);
  const person = await world.stream("person");
  const now = new Date(world.clock.now());
  await world.database.run(sql`
    insert into parked (stream_id, side, subject, reason, message, mapping_version, first_at, last_at)
    select ${person.id}, 'pull', 'r' || n, 'refused', 'no', 1, ${now}, ${now} from generate_series(1, 20) as n`);
  await world.database.run(sql`
    insert into budget (connection_id, class, tokens, filled_at, used, allowed, seen_at)
    values (${world.connection.id}::uuid, 'daily', 1, ${now}, 850, 1000, ${now})`);
  braked = true;
  await world.minutes(2 * MIN);
  const kinds = async (): Promise<string[]> =>
    (await world.open()).map((one) => `${one.kind} ${one.severity}`).toSorted();
  assert.deepEqual(await kinds(), ["brake critical", "budget warning", "parked warning"]);
  await world.database.run(sql`update budget set used = 1000, seen_at = ${new Date(world.clock.now())}`);
  await world.tick();
  assert.deepEqual(await kinds(), ["brake critical", "budget critical", "parked warning"]);
  // Nothing more is set aside, the window is over, and somebody decided about the brake.
  braked = false;
  await world.minutes(28 * HOUR, 2 * HOUR);
  assert.deepEqual(await kinds(), []);
});

test("what stands at the brake is told until somebody decides", async () => {
  const ids: string[] = [];
  await using world = await createWatched({
    sources: [stoppedCauses],
    fill: (tern) => {
      for (let n = 0; n < 120; n++) ids.push(tern.add("person", { last: `Lee ${n}`, mail: `lee${n}@example.com` }));
    },
  });
  await world.minutes(2 * MIN);
  for (const id of ids.slice(0, 80)) world.tern.remove("person", id);
  await world.minutes(3 * MIN);
  const [alert] = await world.open();
  assert.equal(alert?.kind, "brake");
  assert.match(
    alert.message,
    /tern shows 80 deletions of its 120 records of person within an hour\. \d+ of them wait\./u,
  );
  const [brake] = await world.brakes.list({ on: true, limit: 10 });
  await world.brakes.decide(brake!.id, "release", "test");
  await world.minutes(30 * MIN, 5 * MIN);
  assert.deepEqual(await world.open(), []);
});

test("a write that failed and is owed no more leaves no stream failing", async () => {
  await using world = await createWatched({
    fill: (tern) => void tern.add("person", { last: "Lee", mail: "lee@example.com" }),
  });
  const [lee] = await world.people();
  world.tern.faults = ["unavailable"];
  await world.save({ title: "Head" }, lee!.id);
  await world.settle(false);
  assert.equal((await world.stream("person")).state, "failing");
  await world.database.run(sql`delete from intent`); // Whatever ended it elsewhere.
  await world.settle();
  assert.equal((await world.stream("person")).state, "ok");
});

test("a stream's own target is what its lag is held to", async () => {
  await using world = await createWatched();
  const person = await world.stream("person");
  await world.connections.updateStream(person.id, { lagTargetMs: HOUR }, "test");
  world.clock.advance(40 * MIN);
  assert.deepEqual([(await world.stream("person")).state, (await world.stream("company")).state], ["ok", "silent"]);
  assert.equal((await world.stream("person")).lag.targetMs, HOUR);
  await world.connections.updateStream(person.id, { lagTargetMs: null }, "test");
  assert.equal((await world.stream("person")).state, "silent");
  await assert.rejects(
    world.connections.updateStream(999_999, { lagTargetMs: HOUR }, "test"),
    /There is no stream 999999/u,
  );
});

test("what a channel does not take is tried again with longer and longer pauses, under one id, and delays no other", async () => {
  await using world = await createWatched();
  const good = await world.listenFor("good");
  const bad = await world.listenFor("bad", 500, 503, 302, 200);
  await updateConnection(world.database, world.connection.id, { problem: "refused", at: world.clock.now() });
  await world.tick();
  assert.deepEqual([good.heard.length, bad.heard.length], [1, 1]);
  const [alert] = await world.open();
  const ofBad = async () => (await world.alerts.get(alert!.id)).deliveries!.find((one) => one.channel === "bad")!;
  assert.equal((await ofBad()).state, "due");
  assert.match((await ofBad()).problem!, /answered with status 500/u);
  assert.match((await world.alerts.channels.list()).find((one) => one.name === "bad")!.problem!, /status 500/u);
  const tries: number[] = [];
  for (let minute = 1; minute <= 60; minute++) {
    world.clock.advance(MIN);
    const before = bad.heard.length;
    await world.tick();
    if (bad.heard.length > before) tries.push(minute);
  }
  assert.deepEqual(tries, [1, 6, 36], "5 s, 5 min and 30 min after each try");
  assert.deepEqual([(await ofBad()).state, (await ofBad()).tries], ["sent", 4]);
  assert.equal(new Set(bad.ids).size, 1);
  assert.equal((await world.alerts.channels.list()).find((one) => one.name === "bad")!.problem, null);
  assert.equal(good.heard.length, 1);
});

test("what is never taken is given up and stays in the list of what was told", async () => {
  await using world = await createWatched();
  const { heard } = await world.listenFor("bad", 404);
  await updateConnection(world.database, world.connection.id, { problem: "refused", at: world.clock.now() });
  await world.tick();
  const [alert] = await world.open();
  // The reminders of these days are others' deliveries.
  for (let hour = 0; hour < 90; hour++) {
    world.clock.advance(HOUR);
    await world.tick();
  }
  const [first] = (await world.alerts.get(alert!.id)).deliveries!;
  assert.deepEqual([first!.event, first!.state, first!.tries], ["raised", "given_up", 10]);
  assert.match(first!.problem!, /status 404/u);
  assert.ok(heard.filter((line) => line.startsWith("alert.reminded")).length > 0);
});

test("a delivery that a killed process had in hand is made again, by whoever comes next", async () => {
  await using world = await createWatched();
  const { heard } = await world.listenFor("hook");
  await updateConnection(world.database, world.connection.id, { problem: "refused", at: world.clock.now() });
  await world.tick();
  // As a process leaves it that was killed between the receiver's yes and the commit.
  await world.database.run(
    sql`update alert_delivery set state = 'due', ended_at = null, not_before = ${new Date(world.clock.now() + 2 * MIN)}`,
  );
  await world.tick();
  assert.equal(heard.length, 1);
  world.clock.advance(2 * MIN);
  await world.tick();
  assert.equal(heard.length, 2);
});

test("a channel that hangs keeps neither another nor the look waiting", async () => {
  await using world = await createWatched();
  await world.listenFor("hangs", 0);
  const good = await world.listenFor("good");
  await updateConnection(world.database, world.connection.id, { problem: "refused", at: world.clock.now() });
  await world.alerts.tick();
  while (good.heard.length === 0) await new Promise((resolve) => setImmediate(resolve));
  await world.alerts.tick();
  assert.deepEqual(good.heard, ["alert.raised credential critical"]);
});

test("two processes that look at one moment raise one alert", async () => {
  await using world = await createWatched();
  const { heard } = await world.listenFor("hook");
  await updateConnection(world.database, world.connection.id, { problem: "refused", at: world.clock.now() });
  await Promise.all([world.tick(), world.tick(), world.tick()]);
  assert.equal((await world.open()).length, 1);
  assert.equal(heard.length, 1);
});

test("fields that changed at the vendor, and a vendor that does not describe its fields, are told in health and once as an alert, and are over by themselves", async () => {
  await using world = await createWatched({ fill: (tern) => void tern.add("person", { last: "Lee", tel: "1" }) });
  const { tern } = world;
  const { heard } = await world.listenFor("hook");
  tern.redescribed = { tel: null };
  await world.minutes(7 * HOUR, 10 * MIN);
  assert.match((await world.stream("person")).health, /^tel changed at the vendor and is paused: winston schema diff/u);
  const [drift, ...more] = await world.open();
  assert.deepEqual(more, []);
  assert.deepEqual([drift!.kind, drift!.severity, drift!.streams], ["drift", "warning", ["person"]]);
  assert.match(drift!.message, /^person: The vendor does not show tel any more/u);
  assert.equal(drift!.help, "docs/operations/alerts.md#drift");
  assert.deepEqual(heard, ["alert.raised drift warning"]);

  tern.redescribed = {};
  await world.minutes(HOUR, 10 * MIN);
  assert.deepEqual(heard, ["alert.raised drift warning", "alert.resolved drift warning"]);
  assert.doesNotMatch((await world.stream("person")).health, /tel/u);

  heard.length = 0;
  tern.undescribed = new WinstonError("vendor.refused", "Tern says: not for you.");
  await world.minutes(7 * HOUR, 10 * MIN);
  const person = await world.stream("person");
  assert.equal(person.state, "ok", "what is known of its fields still serves");
  assert.match(
    person.health,
    /the vendor has not described its fields for \d+ (?:min|h|s): they are taken as they were/u,
  );
  const [silent, ...others] = await world.open();
  assert.deepEqual(others, []);
  assert.deepEqual([silent!.kind, [...silent!.streams].toSorted()], ["undescribed", ["company", "person"]]);
  assert.match(silent!.message, /person, for .*: Tern says: not for you\. Its fields are taken/u);
  tern.undescribed = undefined;
  await world.minutes(HOUR, 10 * MIN);
  assert.deepEqual(
    [heard[0], heard.at(-1)],
    ["alert.raised undescribed warning", "alert.resolved undescribed warning"],
  );
  assert.doesNotMatch(
    (await world.stream("person")).health,
    /described/u,
    "it is asked again soon, and not after six hours",
  );
});
