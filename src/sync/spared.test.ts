// Records that kill whoever reads them by their ids, in the lanes that do.
import assert from "node:assert/strict";
import { test } from "node:test";
import { VirtualClock } from "../base/clock.ts";
import type { Api } from "../connector/api.ts";
import type { PullRequest, VendorRecord } from "../connector/contract.ts";
import { deaths } from "../../test/support/deaths.ts";
import { createTestEngine } from "../../test/support/engine.ts";
import { Knot, knotConnector } from "../../test/support/knot.ts";
import { Tern, ternConnector } from "../../test/support/tern.ts";
import { ann, createTernWorld } from "../../test/support/world.ts";
import { CRASHED, CRASHES_MAX } from "./careful.ts";

const FEW = 4;
const DAY_MS = 24 * 3_600_000;
const named = (last: string) => ({ ...ann, last, mail: `${last.toLowerCase()}@example.com` });

test("one that kills whoever looks for what was purged is parked, what was purged is asked about, and the changes are read", async () => {
  const clock = new VirtualClock();
  const tern = new Tern(clock);
  for (let n = 0; n < 40; n++) tern.add("person", named(`Lee${n}`));
  const plain = ternConnector(tern);
  const { person } = plain.streams;
  let forgetful = true;
  const pullDeleted = async function* (api: Api, request: PullRequest) {
    for await (const page of person.pullDeleted(api, request)) yield { ...page, missed: forgetful };
  };
  const connectors = { tern: { ...plain, streams: { ...plain.streams, person: { ...person, pullDeleted } } } };
  await using world = await createTestEngine(connectors, { clock });
  const of = { vendor: "tern", name: "tern", settings: {}, secrets: {}, mode: "write" as const };
  const { id } = await world.connections.connect(of);
  await world.settle();
  clock.advance(1_000);
  const all = tern.living("person");
  const [killer, purged, edited] = [all[7]![0], all[30]![0], all[39]![0]];
  tern.people.delete(purged);
  await world.sync(id);
  forgetful = false;
  clock.advance(1_000);
  tern.edit("person", edited, { tel: "new" });
  await world.connections.sync(id, { trigger: "test" });
  const another = (seed: number, database: typeof world.database) =>
    createTestEngine(connectors, { clock, seed, database });
  const died = await deaths({ database: world.database, another: another as never }, (die) => {
    tern.beforeRead = (ids) => (ids.includes(killer) ? die() : undefined);
  });
  assert.ok(died > CRASHES_MAX && died <= CRASHES_MAX + FEW, `${died} processes died`);
  const parked = await world.runs.parked({ limit: 5 });
  assert.deepEqual(
    parked.map(({ reason, side }) => [reason, side]),
    [
      [CRASHED, "pull"],
      ["record.gone", "push"],
    ],
  );
  assert.equal(parked[0]!.subject, killer);
  const people = await world.records.list({ kind: "person", limit: 100 });
  assert.deepEqual([people.length, people.filter((one) => one.fields["title"] === "new").length], [40, 1]);
});

test("one that kills whoever compares it is parked, and the comparison of the rest comes to its end", async () => {
  await using world = await createTernWorld((tern) => {
    for (let n = 0; n < 40; n++) tern.add("person", named(`Lee${n}`));
  });
  await world.cycle();
  world.clock.advance(DAY_MS / 2);
  await world.cycle();
  const all = world.tern.living("person");
  const killer = all[7]![0];
  // What moved no time of change is found by comparing, which reads each such record once more.
  for (const [, row] of all) row.fields["tel"] = "moved";
  await world.comparisons.start({ connection: "tern", stream: "person" }, { depth: "fields", repair: true }, "test");
  const died = await deaths(world, (die) => {
    world.tern.beforeRead = (ids) => (ids.includes(killer) ? die() : undefined);
  });
  // The repair of a comparison asks once more for what is parked: of that one more dies.
  assert.ok(died > CRASHES_MAX && died <= CRASHES_MAX + FEW + 1, `${died} processes died`);
  const [parked, ...more] = await world.runs.parked({ limit: 5 });
  assert.deepEqual([parked!.reason, parked!.side, parked!.subject, more], [CRASHED, "pull", killer, []]);
  const moved = (await world.people()).filter((one) => one.fields["title"] === "moved");
  assert.equal(moved.length, 39);
  const [compared] = await world.comparisons.list({ connection: "tern", last: true, limit: 1 });
  assert.equal(compared!.state, "done");
});

test("one that a person asks for once more and that kills whoever reads it is set aside again, and others that were asked for are read", async () => {
  await using world = await createTernWorld((tern) => {
    for (const last of ["Lee", "Ray"]) tern.add("person", { ...named(last), first: "a\u0000b" });
  });
  const ids = world.tern.living("person").map(([id]) => id);
  const parkedBefore = await world.runs.parked({ limit: 5 });
  assert.deepEqual(
    parkedBefore.map((one) => one.subject),
    ids,
  );
  const [killer, other] = ids as [string, string];
  for (const id of ids) Object.assign(world.tern.people.get(id)!.fields, { first: "Ann" });
  await world.runs.retryParked({});
  const died = await deaths(world, (die) => {
    world.tern.beforeRead = (asked) => (asked.includes(killer) ? die() : undefined);
  });
  assert.ok(died > CRASHES_MAX && died <= CRASHES_MAX + FEW, `${died} processes died`);
  const [parked, ...more] = await world.runs.parked({ limit: 5 });
  assert.deepEqual([parked!.reason, parked!.subject, more], [CRASHED, killer, []]);
  const last = String(world.tern.people.get(other)!.fields["last"]);
  assert.deepEqual(
    (await world.people()).flatMap((one) => (one.fields["firstName"] === "Ann" ? [one.fields["lastName"]] : [])),
    [last],
  );
});

/** Forty people at Tern, whose connector `vary` changes, and what kills whoever works with them, told by each process's way to die. */
async function createCrowd(vary: (person: ReturnType<typeof ternConnector>["streams"]["person"]) => object) {
  const clock = new VirtualClock();
  const tern = new Tern(clock);
  for (let n = 0; n < 40; n++) tern.add("person", named(`Lee${n}`));
  const plain = ternConnector(tern);
  const { person } = plain.streams;
  const connectors = { tern: { ...plain, streams: { ...plain.streams, person: { ...person, ...vary(person) } } } };
  const world = await createTestEngine(connectors, { clock });
  const of = { vendor: "tern", name: "tern", settings: {}, secrets: {}, mode: "write" as const };
  const { id } = await world.connections.connect(of);
  const another = (seed: number, database: typeof world.database) =>
    createTestEngine(connectors, { clock, seed, database });
  return {
    ...world,
    tern,
    connectionId: id,
    killed: (begin: (die: () => never) => void) =>
      deaths({ database: world.database, another: another as never }, begin),
    people: () => world.records.list({ kind: "person", limit: 100 }),
  };
}

test("one that kills whoever puts its page together of several requests is parked, and the rest of the page arrives", async () => {
  let asks: ((ids: readonly string[]) => unknown) | undefined;
  await using world = await createCrowd((person) => ({
    pull: async function* (api: Api, request: PullRequest) {
      for await (const page of person.pull(api, request)) {
        const ask = async (ids: readonly string[]): Promise<VendorRecord[]> => {
          asks?.(ids);
          return page.records.filter((record) => ids.includes(record.id));
        };
        const ids = page.records.map((record) => record.id);
        yield { ...page, records: await (request.few?.(ids, ask) ?? ask(ids)) };
      }
    },
  }));
  const killer = world.tern.living("person")[7]![0];
  const died = await world.killed((die) => {
    asks = (ids) => (ids.includes(killer) ? die() : undefined);
  });
  assert.ok(died > CRASHES_MAX && died <= CRASHES_MAX + FEW, `${died} processes died`);
  const [parked, ...more] = await world.runs.parked({ limit: 5 });
  assert.deepEqual([parked!.reason, parked!.side, parked!.subject, more], [CRASHED, "pull", killer, []]);
  assert.equal((await world.people()).length, 39);
  // Nobody dies of it any more in a later reading of all, and when a person asks it is tried.
  await world.sync(world.connectionId, true);
  assert.equal((await world.people()).length, 39);
  await world.runs.retryParked({});
  await world.settle();
  assert.deepEqual([(await world.people()).length, await world.runs.parked({ limit: 5 })], [40, []]);
});

test("one that kills whoever works on its deletion is parked, and the others are deleted", async () => {
  let touched: ((id: string) => unknown) | undefined;
  await using world = await createCrowd((person) => ({
    pullDeleted: async function* (api: Api, request: PullRequest) {
      for await (const page of person.pullDeleted(api, request)) {
        for (const record of page.records) {
          const { changedAt } = record;
          Object.defineProperty(record, "changedAt", {
            enumerable: true,
            get: () => {
              touched?.(record.id);
              return changedAt;
            },
          });
        }
        yield page;
      }
    },
  }));
  await world.settle();
  world.clock.advance(1_000);
  const ids = world.tern.living("person").map(([id]) => id);
  const [killer] = ids.slice(5, 6) as [string];
  for (const id of ids.slice(0, 20)) world.tern.remove("person", id);
  await world.connections.sync(world.connectionId, { trigger: "test" });
  const died = await world.killed((die) => {
    touched = (id) => (id === killer ? die() : undefined);
  });
  assert.ok(died > CRASHES_MAX && died <= CRASHES_MAX + FEW, `${died} processes died`);
  const [parked, ...more] = await world.runs.parked({ limit: 5 });
  assert.deepEqual([parked!.reason, parked!.side, parked!.subject, more], [CRASHED, "pull", killer, []]);
  assert.equal((await world.people()).length, 21);
});

test("a tie that waited for its ends and kills whoever reads it when they come is parked, and the other ties arrive", async () => {
  const clock = new VirtualClock();
  const knot = new Knot(clock);
  const deal = knot.add("deal", "Arm");
  const people = Array.from({ length: 20 }, (_, n) => knot.add("person", `Person ${n}`));
  for (const person of people) {
    knot.hidden.add(person);
    knot.ties.set(`${deal}:${person}`, null);
  }
  const connectors = { knot: knotConnector(knot) };
  await using world = await createTestEngine(connectors, { clock });
  const of = { vendor: "knot", name: "knot", settings: {}, secrets: {}, mode: "write" as const };
  const { id } = await world.connections.connect(of);
  await world.settle();
  const ties = () => world.records.list({ kind: "deal-contact", limit: 50 });
  assert.equal((await ties()).length, 0, "all of them wait");
  clock.advance(1_000);
  knot.hidden.clear();
  for (const person of people) knot.touch("person", person);
  await world.connections.sync(id, { trigger: "test" });
  // People change all the time: every process reads some of them before it comes to the ties.
  const killer = `${deal}:${people[7]}`;
  const another = (seed: number, database: typeof world.database) =>
    createTestEngine(connectors, { clock, seed, database });
  const died = await deaths({ database: world.database, another: another as never }, (die) => {
    knot.beforeRead = (ids) => (ids.includes(killer) ? die() : undefined);
  });
  assert.ok(died > CRASHES_MAX && died <= CRASHES_MAX + FEW, `${died} processes died`);
  const [parked, ...more] = await world.runs.parked({ limit: 5 });
  assert.deepEqual([parked!.reason, parked!.side, parked!.subject, more], [CRASHED, "pull", killer, []]);
  assert.equal((await ties()).length, 19);
  await world.runs.retryParked({});
  knot.beforeRead = undefined;
  await world.settle();
  assert.deepEqual([(await ties()).length, await world.runs.parked({ limit: 5 })], [20, []]);
});

test("a tie that kills whoever reads its page is left aside, and is not taken for removed by the page that shows all the others of its deal", async () => {
  const clock = new VirtualClock();
  const knot = new Knot(clock);
  const deal = knot.add("deal", "Arm");
  const people = Array.from({ length: 20 }, (_, n) => knot.add("person", `Person ${n}`));
  for (const person of people) knot.ties.set(`${deal}:${person}`, null);
  const connectors = { knot: knotConnector(knot) };
  await using world = await createTestEngine(connectors, { clock });
  const of = { vendor: "knot", name: "knot", settings: {}, secrets: {}, mode: "write" as const };
  const { id } = await world.connections.connect(of);
  await world.settle();
  clock.advance(1_000);
  const killer = `${deal}:${people[7]}`;
  for (const tie of knot.ties.keys()) knot.ties.set(tie, "Champion");
  knot.touch("deal", deal);
  await world.connections.sync(id, { trigger: "test" });
  const another = (seed: number, database: typeof world.database) =>
    createTestEngine(connectors, { clock, seed, database });
  const plain = knot.shown.bind(knot);
  const died = await deaths({ database: world.database, another: another as never }, (die) => {
    knot.shown = (tie) => {
      const record = plain(tie);
      if (tie === killer) Object.defineProperty(record.fields, "role", { enumerable: true, get: die });
      return record;
    };
  });
  assert.ok(died > CRASHES_MAX && died <= CRASHES_MAX + FEW, `${died} processes died`);
  const [parked, ...more] = await world.runs.parked({ limit: 5 });
  assert.deepEqual([parked!.reason, parked!.subject, more], [CRASHED, killer, []]);
  const roles = (await world.records.list({ kind: "deal-contact", limit: 50 })).map(
    (one) => one.fields["role"] ?? null,
  );
  assert.deepEqual([roles.length, roles.filter((role) => role === "Champion").length, knot.ties.size], [20, 19, 20]);
});
