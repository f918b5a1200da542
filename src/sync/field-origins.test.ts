import assert from "node:assert/strict";
import { test } from "node:test";
import { ann, createTernWorld } from "../../test/support/world.ts";
import { tellOrigins } from "./field-origins.ts";
import { pack } from "./origin.ts";
import { fieldRules } from "./rules.ts";

test("each field tells which record it was read from, or who set it here, in which span, and with which version it came", async () => {
  await using world = await createTernWorld((tern) => tern.add("person", ann));
  const [person] = await world.people();
  const id = person!.id;
  const [[recordId]] = world.tern.living("person") as [[string, unknown]];
  const origin = async (field: string) =>
    (await world.records.origin("person", id)).find((one) => one.field === field)!;
  const loaded = await origin("lastName");
  assert.deepEqual(
    [loaded.value, loaded.source, loaded.connection, loaded.stream, loaded.recordId, loaded.actor],
    ["Lee", "vendor", "tern", "person", recordId, null],
  );
  assert.deepEqual([loaded.takenAt, loaded.version], [person!.createdAt, 1]);
  assert.ok(loaded.setFrom! <= loaded.setTo! && loaded.setTo! <= loaded.takenAt!);

  world.clock.advance(60_000);
  const savedAt = world.clock.now();
  await world.save({ city: "Ghent", title: null }, id);
  const here = { source: "here", connection: null, stream: null, recordId: null, actor: "test" };
  const when = { setFrom: savedAt, setTo: savedAt, takenAt: savedAt, version: 2 };
  const equal = { standing: "equal", rule: "newest" };
  assert.deepEqual(await origin("city"), { field: "city", value: "Ghent", ...here, ...when, ...equal });
  assert.deepEqual(await origin("title"), { field: "title", value: null, ...here, ...when, ...equal }, "cleared");
  await world.settle();

  world.clock.advance(60_000);
  const editedAt = world.clock.now();
  world.tern.edit("person", recordId, { tel: "3" });
  world.clock.advance(60_000);
  await world.cycle();
  const edited = await origin("title");
  assert.deepEqual([edited.value, edited.connection, edited.recordId, edited.version], ["3", "tern", recordId, 3]);
  assert.ok(edited.setFrom! <= editedAt && editedAt <= edited.setTo!, "the edit lies in the span");
  assert.ok(edited.setTo! < edited.takenAt!, "it was heard of later");
  assert.equal((await origin("city")).version, 2, "other fields are as they were");
});

test("where its system owns or yields the field, and what decides else, is told", async () => {
  await using world = await createTernWorld((tern) => tern.add("person", ann));
  const [person] = await world.people();
  const standing = async () => {
    const one = (await world.records.origin("person", person!.id)).find(({ field }) => field === "title")!;
    return [one.standing, one.rule];
  };
  for (const [rule, told] of [
    ["record", ["owner", "newest"]],
    ["winston", ["yields", "newest"]],
    ["ask", ["equal", "ask"]],
  ] as const) {
    await world.mapAlso("person", [{ field: "title", record: "tel", direction: "both", transform: "text", rule }]);
    assert.deepEqual(await standing(), told);
  }
});

test("after a merge at the vendor the record is the one that lives, and a deleted thing still tells", async () => {
  await using world = await createTernWorld((tern) => {
    tern.add("person", ann);
    tern.add("person", { ...ann, mail: "ann.lee@example.com", tel: "2" });
  });
  const [[kept], [gone]] = world.tern.living("person") as [[string, unknown], [string, unknown]];
  world.clock.advance(1_000);
  world.tern.merge("person", gone, kept);
  await world.cycle();
  const [person] = await world.people();
  const records = async () => new Set((await world.records.origin("person", person!.id)).map((one) => one.recordId));
  assert.deepEqual(await records(), new Set([kept]));
  await world.records.remove("person", person!.id, "key:ops");
  assert.deepEqual(await records(), new Set([kept]));
});

test("what is not known any more is not made up", () => {
  const rules = fieldRules([]);
  const row = {
    fields: { city: "Ghent", phone: "1", title: "Cook", fax: null },
    origin: {
      "*": pack({ stream: 7, from: 0, to: 50 }),
      city: pack({ stream: 9, from: 20, to: 30 }),
      title: [null, null, 0, 0],
    },
    version: 5,
    createdAt: 10,
  };
  const places = new Map([[7, { connection: "acme", stream: "lead", recordId: null }]]);
  // Version 2 and its change are past what is kept.
  const changes = [5, 4, 3].map((version) => ({
    at: version * 10,
    version,
    old: version === 4 ? { title: "Chef" } : {},
  }));
  const told = tellOrigins(row, { places, rules, changes });
  const short = told.map((one) => [
    one.field,
    one.source,
    one.connection,
    one.recordId,
    one.setFrom,
    one.takenAt,
    one.version,
  ]);
  assert.deepEqual(short, [
    ["city", "vendor", null, null, 20, null, null],
    ["phone", "vendor", "acme", null, null, null, null],
    ["title", "unknown", null, null, null, 40, 4],
  ]);
  const whole = tellOrigins({ ...row, version: 4 }, { places, rules, changes });
  assert.deepEqual([whole[0]!.takenAt, whole[0]!.version], [10, 1]);
});
