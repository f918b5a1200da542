import assert from "node:assert/strict";
import { test } from "node:test";
import { isError } from "../base/errors.ts";
import { createTernWorld, type TernWorld } from "../../test/support/world.ts";
import type { Supposed } from "./planned.ts";

const people = [
  { first: "Ann", last: "Lee", mail: "ann@example.com", tel: "1", firm: "Acme" },
  { first: "Bob", last: "Ray", mail: "bob@example.com", tel: "2", firm: "Acme" },
];

async function supposed(world: TernWorld, what: Supposed) {
  const stream = await world.stream("person");
  const { id } = await world.plans.suppose(stream.id, what, "test");
  const plan = await world.plans.settled(id);
  assert.equal(plan.state, "ready", JSON.stringify(plan.error));
  const lines = await world.plans.items(id, { limit: 100 });
  return { plan, lines };
}

const written = (world: TernWorld): number => world.tern.writes.length + world.other.writes.length;

test("what a filter would let in is shown as a plan, and nothing of it is done", async () => {
  await using world = await createTernWorld((tern) => people.forEach((one) => tern.add("person", one)));
  await world.connect("other", "write");
  await world.settle();
  assert.equal(world.other.living("person").length, 2);
  await world.connections.updateStream(
    (await world.stream("person")).id,
    { filter: { in: 'lastName == "Lee"' } },
    "test",
  );
  await world.settle();
  world.tern.add("person", { first: "Cy", last: "Fox", mail: "cy@example.com", tel: "3", firm: "Acme" });
  await world.cycle();
  const before = [written(world), (await world.people()).length, (await world.stream("person")).mappingVersion];

  const { plan, lines } = await supposed(world, { settings: { filter: { in: null } } });
  assert.deepEqual(
    lines.filter((one) => one.class === "write").map((one) => [one.connection, one.op, one.title]),
    [["other", "create", "Cy Fox"]],
    JSON.stringify(lines),
  );
  assert.match(plan.supposes!, /tern person with filter changed/u);
  assert.deepEqual(
    [written(world), (await world.people()).length, (await world.stream("person")).mappingVersion],
    before,
    "nothing was changed",
  );
  await assert.rejects(world.plans.apply(plan.id, {}, "test"), (error) => {
    assert.ok(isError(error, "request.conflict"));
    return /shows a change that was not made/u.test(error.message);
  });

  await world.connections.updateStream((await world.stream("person")).id, { filter: { in: null } }, "test");
  await world.settle();
  assert.deepEqual(
    world.other
      .living("person")
      .map(([, row]) => String(row.fields["last"]))
      .toSorted(),
    ["Fox", "Lee", "Ray"],
    "made, it comes true",
  );
});

const left = ({ lines }: Awaited<ReturnType<typeof supposed>>) =>
  lines
    .filter((one) => one.class === "leave")
    .map((one) => [one.op, one.stream, one.title, one.recordId, one.detail!["reason"], one.detail!["records"] ?? null]);

test("records that a filter would leave alone are lines of the plan, whether it is for reading or for writing, and nothing of them is deleted or blanked", async () => {
  await using world = await createTernWorld((tern) => people.forEach((one) => tern.add("person", one)));
  await world.connect("other", "write");
  await world.settle();
  const [one] = world.tern.living("person").find(([, row]) => row.fields["last"] === "Ray")!;
  const before = written(world);
  for (const way of ["in", "out"] as const) {
    const told = await supposed(world, { settings: { filter: { [way]: 'lastName == "Lee"' } } });
    assert.deepEqual(left(told), [["record", "person", "Bob Ray", one, way === "in" ? "filter" : "filter out", null]]);
    assert.equal(told.lines.length, 1, JSON.stringify(told.lines));
    assert.equal(told.plan.totals.find((total) => total.class === "leave")!.count, 1);
    assert.match(told.lines[0]!.detail!["message"] as string, /nothing there is deleted or blanked, and nothing here/u);
  }
  const wider = await supposed(world, { settings: { filter: { out: 'lastName != ""' } } });
  assert.deepEqual(left(wider), [], "whom a filter does not leave out is not told");
  const off = await supposed(world, { settings: { enabled: false } });
  assert.deepEqual(left(off).filter(([op]) => op === "record").length, 2, "switched off, it leaves all of them alone");
  assert.equal(written(world), before);
});

test("fields that a mapping or a direction would no longer read or write are lines of the plan, each with how many records have a value", async () => {
  await using world = await createTernWorld((tern) => {
    people.forEach((one) => tern.add("person", one));
    tern.add("person", { first: "Cy", last: "Fox", mail: "cy@example.com", firm: "Acme" });
  });
  const { document } = await world.connections.mapping((await world.stream("person")).id);
  const rows = document["rows"] as { field: unknown }[];
  const without = { ...document, rows: rows.filter((row) => row.field !== "title") };
  const told = await supposed(world, { mapping: without as never });
  assert.deepEqual(left(told), [["field", "person", "title", null, "read or written", 2]]);
  assert.match(
    told.lines[0]!.detail!["message"] as string,
    /^title would no longer be read or written at tern person\. 2 of its records have a value/u,
  );
  const oneWay = rows.map((row) => (row.field === "title" ? { ...row, direction: "in" } : row));
  assert.deepEqual(left(await supposed(world, { mapping: { ...document, rows: oneWay as never } })), [
    ["field", "person", "title", null, "written", 2],
  ]);
  const readOnly = left(await supposed(world, { settings: { direction: "in" } }));
  assert.ok(readOnly.length > 3 && readOnly.every(([op, , , , way]) => op === "field" && way === "written"));
});

test("a row that is mapped again is shown as what it would write at the other system; a world in step with a change of nothing is an empty plan", async () => {
  await using world = await createTernWorld((tern) => people.forEach((one) => tern.add("person", one)));
  const stream = await world.stream("person");
  const { document } = await world.connections.mapping(stream.id);
  const rows = document["rows"] as { field: unknown }[];
  const without = { ...document, rows: rows.filter((row) => row.field !== "title") } as never;
  await world.connections.putMapping(stream.id, without, "test");
  await world.connect("other", "write");
  await world.settle();
  // Not mapped, so nobody sees it.
  world.clock.advance(1_000);
  for (const [id] of world.tern.living("person")) world.tern.edit("person", id, { tel: "9" });
  await world.cycle();
  const empty = await supposed(world, { settings: { approval: "auto" } });
  assert.deepEqual(empty.lines, []);
  const { lines } = await supposed(world, { mapping: document });
  assert.deepEqual(
    lines
      .filter((one) => one.class === "write")
      .map((one) => [one.connection, one.op, Object.keys(one.fields).join()])
      .toSorted((a, b) => (String(a) < String(b) ? -1 : 1)),
    [
      ["other", "update", "title"],
      ["other", "update", "title"],
    ],
    JSON.stringify(lines),
  );
});

test("a change that may not be made is refused before anything is read, with the place", async () => {
  await using world = await createTernWorld((tern) => people.forEach((one) => tern.add("person", one)));
  const { id, mappingVersion } = await world.stream("person");
  await assert.rejects(
    world.plans.suppose(id, { settings: { filter: { in: "lastNam == 1" } } }, "test"),
    (error) => isError(error, "rule.invalid") && /lastNam/u.test(error.message),
  );
  await assert.rejects(world.plans.suppose(id, { settings: { strategy: "hybrid" } }, "test"), (error) =>
    isError(error, "request.invalid"),
  );
  assert.deepEqual(
    [await world.plans.list({ limit: 5 }), (await world.stream("person")).mappingVersion],
    [[], mappingVersion],
  );
});
