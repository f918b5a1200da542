// Winston's own handle is never mapped, also where an earlier description did not tell it from other fields.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ann, createTernWorld } from "../../test/support/world.ts";

const HANDLE = { field: "title", record: "tel", direction: "both", transform: "text" };

test("a row that names the handle's field goes at the next look, with the field that was made for it, and the rest goes on", async () => {
  let id = "";
  await using world = await createTernWorld((tern) => {
    // An earlier describe: an ordinary custom field.
    tern.redescribed = { tel: { name: "Tern_Id__c", label: "Tern id", custom: true } };
    id = tern.add("person", ann);
  });
  const { tern, clock } = world;
  const mapped = async () =>
    ((await world.connections.mapping((await world.stream("person")).id)).document["rows"] as { record: unknown }[])
      .map((row) => row.record)
      .includes("Tern_Id__c");
  const isField = async () =>
    (await world.catalog.fields(world.database, "person")).some((one) => one.key === "ternId");
  assert.deepEqual([await mapped(), await isField()], [true, true]);
  tern.redescribed = { tel: { name: "Tern_Id__c", label: "Tern id", custom: true, handle: true } };
  tern.edit("person", id, { first: "Anna" });
  clock.advance(7 * 3_600_000);
  await world.cycle();
  assert.deepEqual([await mapped(), await isField()], [false, false]);
  assert.deepEqual(await world.schema.diff(), []);
  assert.equal((await world.people())[0]!.fields["firstName"], "Anna");
  const before = (await world.stream("person")).mappingVersion;
  clock.advance(7 * 3_600_000);
  await world.cycle();
  assert.equal((await world.stream("person")).mappingVersion, before, "it is healed once");
});

test("a field that a mapping in force still names stays", async () => {
  await using world = await createTernWorld((tern, _, other) => {
    for (const one of [tern, other]) one.redescribed = { tel: { name: "Tern_Id__c", label: "Tern id", custom: true } };
    tern.add("person", ann);
  });
  await world.connect("other");
  await world.settle();
  world.tern.redescribed = { tel: { name: "Tern_Id__c", label: "Tern id", custom: true, handle: true } };
  world.clock.advance(7 * 3_600_000);
  await world.cycle();
  assert.ok((await world.catalog.fields(world.database, "person")).some((one) => one.key === "ternId"));
});

test("a mapping that names the handle's field is refused", async () => {
  await using world = await createTernWorld((tern) => void tern.add("person", ann));
  world.tern.redescribed = { tel: { handle: true } };
  world.clock.advance(7 * 3_600_000);
  await world.cycle();
  await assert.rejects(world.mapAlso("person", [HANDLE]), /"tel" holds Winston's own handle.*never mapped/u);
});
