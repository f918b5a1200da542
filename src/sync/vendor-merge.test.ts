import assert from "node:assert/strict";
import { test } from "node:test";
import { isError, type ErrorCode } from "../base/errors.ts";
import { createDoubt, type Doubt } from "../../test/support/doubt.ts";
import type { Tern } from "../../test/support/tern.ts";
import { sql } from "../store/sql.ts";

const names = (tern: Tern): string[] => tern.living("person").map(([, row]) => String(row.fields["last"]));

/** First lives at both; Which?, who may be First, was said to be another and lives at both too. Nobody is asked about anything. */
async function createTwice(merging: Tern["merging"] = "kept"): Promise<Doubt & { pair: string }> {
  const world = await createDoubt((tern) => (tern.merging = merging));
  const pairs = await world.duplicates.list({ limit: 10 });
  for (const { id } of pairs) await world.duplicates.decide(id, "different", "test");
  await world.mayWrite();
  assert.deepEqual(names(world.tern), ["First", "Second", "Which?"]);
  return Object.assign(world, { pair: pairs[0]!.id });
}

/** The same, except that Which? is not at the other vendor: the two share only Tern. */
async function createOnce(merging: Tern["merging"] = "kept"): Promise<Doubt & { pair: string }> {
  const world = await createTwice(merging);
  const [record] = world.other.living("person").find(([, row]) => row.fields["last"] === "First")!;
  await world.database.run(sql`delete from link where record_id = ${record} and entity_id <> ${world.which}::uuid
    and connection_id = (select id from connection where name = 'other')`);
  world.other.people.delete(record);
  return world;
}

const refused = (code: ErrorCode, words: RegExp) => (thrown: unknown) => {
  assert.ok(isError(thrown, code), String(thrown));
  assert.match(thrown.message, words);
  return true;
};

for (const merging of ["kept", "new"] as const) {
  test(`two records of one vendor are merged there and are one here at once, where it keeps ${merging === "new" ? "neither id" : "the id of one"}`, async () => {
    await using world = await createOnce(merging);
    const { pair, merged } = await world.duplicates.merge(world.pair, undefined, "key:ops");
    assert.equal(pair.state, "same");
    const [at] = merged;
    assert.deepEqual([merged.length, at!.connection, at!.stream], [1, "tern", "person"]);
    assert.equal(at!.survivor === at!.kept, merging === "kept");
    const one = await world.records.get("person", undefined, world.which);
    assert.deepEqual([one.id, one.fields["lastName"], one.fields["title"]], [pair.left.id, "First", "77"]);
    const active = one.links!.filter((link) => link.state === "active");
    assert.deepEqual(active.map((link) => link.connection).toSorted(), ["other", "tern"]);
    assert.equal(active.find((link) => link.connection === "tern")!.recordId, at!.survivor);
    const [latest] = await world.records.history("person", one.id);
    assert.equal(latest!.actor, "key:ops");
    await world.settle();
    assert.deepEqual(
      [names(world.tern).toSorted(), names(world.other).toSorted()],
      [
        ["First", "Second"],
        ["First", "Second"],
      ],
    );
    assert.equal(world.tern.people.get(at!.survivor)!.fields["tel"], "77");
    assert.equal((await world.connections.quiet()).quiet, true);
  });
}

test("a person says which of the two stays", async () => {
  await using world = await createOnce();
  const { pair } = await world.duplicates.merge(world.pair, "right", "key:ops");
  const one = await world.records.get("person", undefined, pair.left.id);
  assert.deepEqual([one.id, one.fields["lastName"]], [world.which, "Which?"]);
  await world.settle();
  assert.deepEqual(names(world.tern), ["Second", "Which?"]);
});

test("where both live at several connections they are merged at each, in order, and it is told where", async () => {
  await using world = await createTwice();
  const { merged } = await world.duplicates.merge(world.pair, undefined, "key:ops");
  assert.deepEqual(
    merged.map((one) => one.connection),
    ["tern", "other"],
  );
  await world.settle();
  assert.deepEqual(
    [names(world.tern), names(world.other).toSorted()],
    [
      ["First", "Second"],
      ["First", "Second"],
    ],
  );
  const one = await world.records.get("person", undefined, world.which);
  assert.equal(one.links!.filter((link) => link.state === "active").length, 2);
  assert.deepEqual(await world.database.rows(sql`select * from attempt`), []);
});

test("what one vendor merged stands and is followed where the next one refuses, and the sentence says both", async () => {
  await using world = await createTwice();
  world.other.faults = [{ refuse: "LOCKED", field: "id", when: () => true }];
  await assert.rejects(
    world.duplicates.merge(world.pair, undefined, "key:ops"),
    refused(
      "vendor.refused",
      /was merged into .* at tern\. Tern CRM refused: LOCKED: Tern says: LOCKED; merge .* into .* there/u,
    ),
  );
  assert.deepEqual(names(world.tern), ["First", "Second"]);
  assert.equal((await world.duplicates.list({ state: "same", limit: 10 })).length, 1);
});

test("a merge that the vendor refuses changes nothing, and may be asked for again", async () => {
  await using world = await createOnce();
  world.tern.faults = [{ refuse: "NOT_YOURS", field: "id", when: () => true }, "unavailable"];
  await assert.rejects(
    world.duplicates.merge(world.pair, undefined, "key:ops"),
    refused("vendor.refused", /^Tern CRM refused: NOT_YOURS: Tern says: NOT_YOURS; nothing was changed\.$/u),
  );
  await assert.rejects(
    world.duplicates.merge(world.pair, undefined, "key:ops"),
    refused("vendor.unavailable", /does not answer/u),
  );
  assert.equal(names(world.tern).length, 3);
  await world.duplicates.merge(world.pair, undefined, "key:ops");
  assert.equal(names(world.tern).length, 2);
});

test("an answer that is lost is made up for by reading both records, whether or not it happened", async () => {
  await using world = await createOnce();
  world.tern.faults = ["unknown-not-done", "unknown-done"];
  await assert.rejects(
    world.duplicates.merge(world.pair, undefined, "key:ops"),
    refused("vendor.refused", /did not carry it out; nothing was changed/u),
  );
  const { merged } = await world.duplicates.merge(world.pair, undefined, "key:ops");
  assert.equal(merged.length, 1);
  assert.equal((await world.records.get("person", undefined, world.which)).fields["lastName"], "First");
});

test("where the answer is lost and the vendor shows the lost record no more, its deletions tell what happened", async () => {
  await using world = await createOnce();
  world.tern.tellsMerges = false;
  world.tern.faults = ["unknown-done"];
  await assert.rejects(
    world.duplicates.merge(world.pair, undefined, "key:ops"),
    refused("vendor.unknown_outcome", /did not say whether it merged .* reads its deletions now/u),
  );
  await world.settle();
  assert.equal((await world.records.get("person", undefined, world.which)).fields["lastName"], "First");
  assert.equal((await world.duplicates.list({ state: "same", limit: 10 })).length, 1);
});

test("a merge that a killed process left behind is settled some minutes later, and nothing is written to the two before", async () => {
  await using world = await createOnce();
  world.tern.faults = ["unknown-done"];
  world.tern.beforeRead = () => {
    throw new Error("killed");
  };
  await assert.rejects(world.duplicates.merge(world.pair, undefined, "key:ops"));
  world.tern.beforeRead = undefined;
  await assert.rejects(
    world.duplicates.merge(world.pair, undefined, "key:ops"),
    refused("request.conflict", /under way/u),
  );
  await world.engine.tick();
  await world.settle();
  assert.equal((await world.database.rows(sql`select * from attempt`)).length, 1);
  world.clock.advance(3 * 60_000);
  await world.engine.tick();
  await world.settle();
  assert.deepEqual(await world.database.rows(sql`select * from attempt`), []);
  assert.equal((await world.records.get("person", undefined, world.which)).fields["lastName"], "First");
});

test("what no vendor can or may merge is refused in words that say what to do", async () => {
  await using world = await createDoubt();
  const [pair] = await world.duplicates.list({ limit: 10 });
  const merge = () => world.duplicates.merge(pair!.id, undefined, "key:ops");
  await assert.rejects(
    merge(),
    refused("request.conflict", /do not live at one connection.*`winston duplicates link /u),
  );
  await assert.rejects(world.duplicates.merge(world.which, undefined, "key:ops"), refused("not.found", /no pair/u));
  for (const { id } of await world.duplicates.list({ limit: 10 }))
    await world.duplicates.decide(id, "different", "test");
  await world.mayWrite();
  const { id } = world.connection;
  await world.connections.update(id, { paused: true });
  await assert.rejects(merge(), refused("request.conflict", /tern.* paused.*winston connections resume tern/u));
  await world.connections.update(id, { paused: false, mode: "observe" });
  await assert.rejects(merge(), refused("request.conflict", /mode is observe.*winston connections mode tern write/u));
  await world.connections.update(id, { mode: "write" });
  await world.connections.updateStream((await world.stream("person")).id, { approval: "plan" }, "test");
  await assert.rejects(merge(), refused("request.conflict", /stream person wait for a plan.*--approval auto/u));
  assert.ok([world.tern, world.other].every((tern) => tern.writes.every(({ op }) => op !== "merge")));
});

test("a vendor that offers no merging is named, with where to do it", async () => {
  await using world = await createTwice("none");
  await assert.rejects(
    world.duplicates.merge(world.pair, undefined, "key:ops"),
    refused(
      "request.conflict",
      /Both live at the connection tern, as .* and .*, and Tern CRM offers programs no way to merge them\. Merge them there; Winston follows\./u,
    ),
  );
});
