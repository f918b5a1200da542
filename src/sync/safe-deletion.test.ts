import assert from "node:assert/strict";
import { test } from "node:test";
import { VirtualClock } from "../base/clock.ts";
import { WinstonError } from "../base/errors.ts";
import type { Api } from "../connector/api.ts";
import type { Page, PullRequest } from "../connector/contract.ts";
import { createTestEngine } from "../../test/support/engine.ts";
import { Tern, ternConnector } from "../../test/support/tern.ts";
import { ann } from "../../test/support/world.ts";

const DAY = 24 * 3_600_000;

/** A Tern whose ways of telling can be bent, and Winston beside it. */
async function bentTern(count: number) {
  const clock = new VirtualClock();
  const tern = new Tern(clock);
  for (let n = 0; n < count; n++) tern.add("person", { ...ann, last: `Lee ${n}`, mail: `p${n}@example.com` });
  const connector = ternConnector(tern);
  const { person } = connector.streams;
  const bent = {
    /** What it makes of a page that it is asked for. */
    page: (page: Page): Page => page,
    /** Cursors that it does not know any more. */
    dead: (cursor: unknown): boolean => cursor === undefined,
    forgetful: false,
    began: [] as (number | null)[],
  };
  const streams = {
    ...connector.streams,
    person: {
      ...person,
      pull: async function* (_: Api, request: Parameters<typeof person.pull>[1]) {
        if (request.cursor !== null && bent.dead(request.cursor))
          throw new WinstonError("vendor.refused", "Tern does not know this cursor.");
        bent.began.push(request.cursor === null ? request.since : -1);
        for await (const page of person.pull(_, request)) yield bent.page(page);
      },
      pullDeleted: async function* (api: Api, request: PullRequest) {
        for await (const page of person.pullDeleted(api, request))
          yield { ...page, ...(bent.forgetful ? { missed: true } : {}) };
      },
    },
  };
  const world = await createTestEngine({ tern: { ...connector, streams } }, { clock });
  const { id } = await world.connections.connect({
    vendor: "tern",
    name: "tern",
    settings: {},
    secrets: {},
    mode: "write",
  });
  await world.settle();
  const hidden = new Map<string, NonNullable<ReturnType<Tern["people"]["get"]>>>();
  return {
    world,
    tern,
    /** These are shown to nobody, in no way, until they are all shown again. */
    hide: (ids: readonly string[]): void => {
      for (const one of ids) {
        hidden.set(one, tern.people.get(one)!);
        tern.people.delete(one);
      }
    },
    show: (): void => {
      for (const [one, row] of hidden) tern.people.set(one, row);
      hidden.clear();
    },
    bent,
    clock,
    id,
    living: async (): Promise<number> => (await world.records.list({ kind: "person", limit: 500 })).length,
    health: async (): Promise<string> =>
      (await world.connections.streams(id)).find((one) => one.key === "person")!.health,
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  };
}

test("a listing that is empty, cut short, or an error deletes nothing, however often it is read", async () => {
  await using side = await bentTern(20);
  const { bent, world, id, tern } = side;
  bent.page = (page) => ({ ...page, records: [] });
  for (let n = 0; n < 3; n++) await world.sync(id, true);
  assert.equal(await side.living(), 20);
  bent.page = (page) => ({ ...page, records: page.records.slice(0, 7) });
  for (let n = 0; n < 3; n++) await world.sync(id, true);
  assert.equal(await side.living(), 20);
  let failing = true;
  bent.page = (page) => {
    if (failing) throw new WinstonError("vendor.bad_answer", "Tern answered with a web page.");
    return page;
  };
  await world.connections.sync(id, { trigger: "test", full: true });
  await world.settle(false);
  assert.match(await side.health(), /^failing \(b/u);
  failing = false;
  await world.settle();
  assert.deepEqual([await side.living(), await world.brakes.list({ limit: 5 }), tern.writes], [20, [], []]);
});

test("a record that becomes invisible is not deleted: a person is asked when it is to be written, and seen again it goes on as itself", async () => {
  await using side = await bentTern(3);
  const { world, id, tern, clock } = side;
  const [lost] = tern.living("person")[1]!;
  const [entity] = (await world.records.list({ kind: "person", limit: 5 })).filter(
    (one) => one.fields["email"] === "p1@example.com",
  );
  side.hide([lost]);
  for (let n = 0; n < 3; n++) await world.sync(id, true);
  assert.equal(await side.living(), 3);
  const save = (title: string) =>
    world.records.save([{ id: entity!.id, input: { title } }], {
      kind: "person",
      mode: "update",
      unknownKeys: "error",
      actor: "test",
    });
  await save("edited");
  await world.settle();
  const [question] = await world.runs.parked({ limit: 5 });
  assert.deepEqual([question!.reason, await side.living(), tern.people.size], ["record.gone", 3, 2]);
  clock.advance(DAY);
  side.show();
  await world.sync(id, true);
  assert.deepEqual([await side.living(), await world.runs.parked({ limit: 5 }), tern.people.size], [3, [], 3]);
  const [again] = (await world.records.get("person", undefined, entity!.id)).links!;
  assert.equal(again!.recordId, lost);
});

test("what was edited elsewhere while a record was invisible stands when it is shown again, beside what was edited there", async () => {
  await using side = await bentTern(3);
  const { world, id, tern, clock } = side;
  const [lost] = tern.living("person")[1]!;
  const [entity] = (await world.records.list({ kind: "person", limit: 5 })).filter(
    (one) => one.fields["email"] === "p1@example.com",
  );
  side.hide([lost]);
  const edit = [{ id: entity!.id, input: { title: "edited" } }];
  await world.records.save(edit, { kind: "person", mode: "update", unknownKeys: "error", actor: "test" });
  await world.settle();
  assert.equal((await world.runs.parked({ limit: 5 }))[0]!.reason, "record.gone");
  clock.advance(DAY);
  side.show();
  tern.edit("person", lost, { firm: "Other" });
  await world.sync(id);
  await world.settle();
  const { fields } = await world.records.get("person", undefined, entity!.id);
  assert.deepEqual([fields["title"], fields["company"]], ["edited", "Other"]);
  const there = tern.people.get(lost)!.fields;
  assert.deepEqual([there["tel"], there["firm"]], ["edited", "Other"]);
  assert.deepEqual(await world.runs.conflicts({ limit: 5 }), []);
});

test("too many that are gone without a word at once are hidden, not gone: they wait, and go on when they are shown", async () => {
  await using side = await bentTern(80);
  const { bent, world, id, tern, clock } = side;
  side.hide(
    tern
      .living("person")
      .slice(0, 60)
      .map(([one]) => one),
  );
  bent.forgetful = true;
  clock.advance(1_000);
  await world.sync(id);
  assert.match(
    await side.health(),
    /the vendor has forgotten deletions, so the next run looks at every known record once/u,
  );
  bent.forgetful = false;
  clock.advance(1_000);
  await world.sync(id);
  const [brake] = await world.brakes.list({ on: true, limit: 5 });
  assert.deepEqual([brake!.waits, await world.runs.parked({ limit: 5 }), await side.living()], [60, [], 80]);
  side.show();
  await world.sync(id, true);
  assert.deepEqual([await world.brakes.list({ on: true, limit: 5 }), await side.living()], [[], 80]);
  assert.doesNotMatch(await side.health(), /forgotten/u);
});

test("a tombstone outlives the vendor's memory: a record that comes back after two years is the same one", async () => {
  await using side = await bentTern(2);
  const { world, id, tern, clock } = side;
  const [lost] = tern.living("person")[0]!;
  const before = (await world.records.list({ kind: "person", limit: 5 })).map((one) => one.id);
  clock.advance(1_000);
  tern.remove("person", lost);
  await world.sync(id);
  assert.equal(await side.living(), 1);
  for (let month = 0; month < 24; month++) {
    clock.advance(30 * DAY);
    await world.engine.tick();
    await world.settle();
  }
  tern.people.get(lost)!.deleted = false;
  tern.edit("person", lost, {});
  await world.sync(id);
  assert.deepEqual(
    (await world.records.list({ kind: "person", limit: 5 })).map((one) => one.id),
    before,
  );
  assert.equal(tern.people.size, 2);
});

test("a cursor that died leads to reading again from where the run began, and health says so", async () => {
  await using side = await bentTern(6);
  const { bent, world, id, tern, clock } = side;
  tern.pageSize = 2;
  clock.advance(1_000);
  for (const [one] of tern.living("person")) tern.edit("person", one, { tel: "new" });
  let pages = 0;
  tern.beforePage = () => {
    if (++pages === 3) throw new WinstonError("vendor.unavailable", "Tern is away.");
  };
  bent.began.length = 0;
  await world.connections.sync(id, { trigger: "test", stream: "person" });
  await world.settle(false);
  bent.dead = (cursor) => typeof cursor === "string";
  await world.settle();
  const [first, again] = bent.began;
  assert.deepEqual(
    [typeof first, first === again, bent.began.length],
    ["number", true, 2],
    "bounded: from the watermark",
  );
  assert.match(await side.health(), /batch was read again from where it began, .*Tern does not know this cursor/u);
  const titles = (await world.records.list({ kind: "person", limit: 9 })).map((one) => one.fields["title"]);
  assert.deepEqual(titles, Array(6).fill("new"));
  await world.sync(id);
  assert.doesNotMatch(await side.health(), /read again/u);
});
