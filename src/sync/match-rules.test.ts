// What decides who a record is, one rule at a time: a handle before keys, and how many are asked about.
import assert from "node:assert/strict";
import { test } from "node:test";
import { listDuplicates } from "../store/duplicate.ts";
import { sql } from "../store/sql.ts";
import { ann, createTernWorld, type TernWorld } from "../../test/support/world.ts";
import { SUSPECTS_MAX } from "./match.ts";

const open = { state: "open", id: null, after: null, limit: 50 };
const MANY = SUSPECTS_MAX + 2;

/** Records of the second system: what each is taken for, and why. */
const links = (world: TernWorld) =>
  world.database.rows<{ record: string; entity: string; reason: string }>(sql`
    select record_id as record, entity_id::text as entity, reason from link
    join connection on connection.id = link.connection_id where connection.name = 'other' order by record_id`);

test("of many whom somebody may be no more than five are asked about, whether all of them are free or a person must tell", async () => {
  for (const last of [ann.last, "Miller"]) {
    await using world = await createTernWorld((tern) => {
      for (let index = 0; index < MANY; index++) tern.add("person", { ...ann });
    });
    world.other.add("person", { ...ann, last });
    await world.connect("other");
    await world.settle();
    const asked = await listDuplicates(world.database, open);
    const met = (await links(world)).find(({ reason }) => reason === "new")!;
    assert.deepEqual([...new Set(asked.map((one) => one.rightId))], [met.entity], last);
    assert.equal(asked.length, SUSPECTS_MAX, last);
  }
});

test("who carries the handle of somebody here is that one, whatever else they say, and is not asked about", async () => {
  await using world = await createTernWorld((tern) => {
    tern.add("person", { ...ann });
    tern.add("person", { ...ann, first: "Bob", last: "Ray", mail: "bob@example.com" });
  });
  const bob = (await world.people()).find((one) => one.fields["firstName"] === "Bob")!;
  // With Ann's address and name.
  world.other.add("person", { ...ann }, bob.id.toUpperCase());
  await world.connect("other");
  await world.settle();
  const [own] = await links(world);
  assert.deepEqual([own!.entity, own!.reason], [bob.id, "handle"]);
  assert.deepEqual(await listDuplicates(world.database, open), []);
});

test("of two that carry one handle one is that thing, and a copy of a record that is known is another thing", async () => {
  await using world = await createTernWorld((tern) => tern.add("person", { ...ann }));
  const [one] = await world.people();
  for (const mail of ["a@example.com", "b@example.com"]) world.other.add("person", { ...ann, mail }, one!.id);
  const { id } = await world.connect("other");
  await world.settle();
  const met = await links(world);
  assert.equal(met.filter(({ entity }) => entity === one!.id).length, 1);
  assert.equal(new Set(met.map(({ entity }) => entity)).size, 2);
  world.clock.advance(60_000);
  world.other.add("person", { ...ann, mail: "c@example.com" }, one!.id);
  for (const connection of [world.connection.id, id]) await world.sync(connection);
  const now = await links(world);
  assert.equal(now.filter(({ entity }) => entity === one!.id).length, 1);
  assert.equal(new Set(now.map(({ entity }) => entity)).size, 3);
});

test("a handle of a thing of another kind, of one merged away, or of none at all says nothing", async () => {
  await using world = await createTernWorld((tern) => {
    tern.add("company", { title: "Acme" });
    for (const first of ["Ann", "Bob"]) tern.add("person", { ...ann, first, mail: `${first}@example.com` });
  });
  const [account] = await world.accounts();
  const [[kept], [gone]] = world.tern.living("person") as [[string, unknown], [string, unknown]];
  const merged = (await world.people()).find((one) => one.fields["firstName"] === "Bob")!;
  world.clock.advance(60_000);
  world.tern.merge("person", gone, kept);
  await world.cycle();
  const handles = [account!.id, merged.id, "018f0000-0000-7000-8000-00000000000d", "no handle"];
  handles.forEach((handle, index) =>
    world.other.add("person", { ...ann, first: `P${index}`, last: `Q${index}`, mail: `p${index}@example.com` }, handle),
  );
  await world.connect("other");
  await world.settle();
  const met = (await links(world)).filter(({ reason }) => reason !== "created");
  assert.equal(new Set(met.map(({ entity }) => entity)).size, handles.length);
  for (const { entity, reason } of met) {
    assert.equal(reason, "new");
    assert.ok(!handles.includes(entity), entity);
  }
});
