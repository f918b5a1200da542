// Drift of a vendor's schema, from the field that goes to the field that is back.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Tern } from "../../test/support/tern.ts";
import { ann, createTernWorld } from "../../test/support/world.ts";

const HOUR_MS = 3_600_000;
/** As long as a look that is on schedule may be away. */
const SOON_MS = 7 * HOUR_MS;

type World = Awaited<ReturnType<typeof createTernWorld>>;

const drifts = async (world: World) =>
  (await world.schema.diff()).map(({ connection, stream, field, cause, pauses, fields }) =>
    [connection, stream, field, cause, pauses ? "paused" : "runs", fields.join("+")].join(" "),
  );
const titles = async (world: World) => (await world.people()).map((one) => one.fields["title"]);

test("a field that is gone pauses its row and blanks nothing, and heals when it is back, where it is just not shown", () =>
  goneAndBack(false));

test("a field that is gone pauses its row and blanks nothing, and heals when it is back, where a request that names it is refused", () =>
  goneAndBack(true));

async function goneAndBack(strict: boolean): Promise<void> {
  let id = "";
  await using world = await createTernWorld((tern) => {
    id = tern.add("person", ann);
  });
  const { tern, clock } = world;
  const kept = tern.people.get(id)!.fields["tel"];
  assert.equal(kept, "1");
  tern.strict = strict;
  tern.redescribed = { tel: null };
  tern.edit("person", id, { first: "Anna" });
  // No schedule is waited for: what is refused, or not shown, smells of it.
  clock.advance(11 * 60_000);
  await world.cycle();
  assert.deepEqual(await drifts(world), ["tern person tel gone paused title"]);
  const [drift] = await world.schema.diff("tern");
  assert.match(drift!.message, /does not show tel any more/u);
  const { notes } = await world.connections.mapping((await world.stream("person")).id);
  assert.ok(
    notes.some((note) => /^Row \d is paused: The vendor does not show tel/u.test(note)),
    notes.join("\n"),
  );
  // The rest of the stream runs, both ways.
  const [person] = await world.people();
  assert.deepEqual([person!.fields["firstName"], person!.fields["title"]], ["Anna", "1"]);
  await world.save({ lastName: "Lieber", title: "2" }, person!.id);
  await world.settle();
  assert.equal(tern.people.get(id)!.fields["last"], "Lieber");
  assert.equal(tern.people.get(id)!.fields["tel"], "1", "nothing was sent to it");
  await world.sync(world.connection.id, true);
  assert.deepEqual(await titles(world), ["2"], "nor was it taken for blank by a full reading");

  // It is back, and as vendors make it: there is nothing in it any more.
  tern.people.get(id)!.fields["tel"] = null;
  tern.redescribed = {};
  const companies = await world.runs.list({ limit: 200 });
  clock.advance(SOON_MS);
  await world.cycle();
  assert.deepEqual(await drifts(world), []);
  assert.deepEqual(await titles(world), ["2"], "what came back blank blanks nothing");
  assert.equal(tern.people.get(id)!.fields["tel"], "2", "and gets what Winston has");
  const loads = (await world.runs.list({ limit: 200 }))
    .filter((one) => !companies.some((other) => other.id === one.id))
    .filter((one) => one.lane === "backfill");
  assert.deepEqual(
    loads.map((one) => one.stream),
    ["person"],
    "one stream was read once more, and no other",
  );
  // From then on a blank is a blank again.
  tern.edit("person", id, { tel: null });
  clock.advance(60_000);
  await world.cycle();
  assert.deepEqual(await titles(world), [undefined]);
}

/** One person at Tern, and a look that comes on schedule after the fields became `redescribed`. */
async function createDrifted(redescribed: Tern["redescribed"]) {
  let id = "";
  const world = await createTernWorld((tern) => {
    tern.redescribed = { tel: { options: options("1", "2"), restricted: true } };
    id = tern.add("person", ann);
  });
  world.tern.redescribed = redescribed;
  world.clock.advance(SOON_MS);
  await world.cycle();
  return { world, id, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() };
}
const options = (...values: string[]) => values.map((value) => ({ value, label: value, active: true }));
const list = { options: options("1", "2"), restricted: true };

test("a field of another type pauses its row until the mapping is put anew", async () => {
  await using drifted = await createDrifted({ tel: { ...list, type: "number" } });
  const { world, id } = drifted;
  assert.deepEqual(await drifts(world), ["tern person tel retyped paused title"]);
  world.tern.edit("person", id, { tel: null, first: "Anna" });
  await world.cycle();
  const [person] = await world.people();
  assert.deepEqual([person!.fields["firstName"], person!.fields["title"]], ["Anna", "1"], "it is not taken for blank");
  await world.mapAlso("person", []);
  assert.deepEqual(await drifts(world), [], "whoever puts a mapping has seen what is there");
  assert.deepEqual([await titles(world), world.tern.people.get(id)!.fields["tel"]], [["1"], "1"]);
});

test("a value of a closed list that is gone pauses its row, and the new value is named", async () => {
  await using drifted = await createDrifted({ tel: { ...list, options: options("one", "2") } });
  const { world, id } = drifted;
  assert.deepEqual(await drifts(world), ["tern person tel optionGone paused title"]);
  assert.match((await world.schema.diff())[0]!.message, /does not take "1" any more.*New there: "one"/u);
  world.tern.edit("person", id, { tel: "one" });
  await world.cycle();
  assert.deepEqual(await titles(world), ["1"], "the renamed value goes nowhere before a person has seen it");
});

test("a field that can only be read by now is read and not written, and is written again when it can be", async () => {
  await using drifted = await createDrifted({ tel: { ...list, createable: false, updateable: false } });
  const { world, id } = drifted;
  assert.deepEqual(await drifts(world), ["tern person tel readOnly runs title"]);
  world.tern.edit("person", id, { tel: "2" });
  await world.cycle();
  assert.deepEqual(await titles(world), ["2"]);
  world.tern.redescribed = { tel: list };
  world.clock.advance(SOON_MS);
  await world.cycle();
  assert.deepEqual(await drifts(world), []);
  await world.save({ title: "1" }, (await world.people())[0]!.id);
  await world.settle();
  assert.equal(world.tern.people.get(id)!.fields["tel"], "1");
});

test("a field that is required by now is told, and nothing is paused", async () => {
  await using drifted = await createDrifted({ tel: list, mail: { required: true }, score: { required: true } });
  const { world } = drifted;
  assert.deepEqual(await drifts(world), ["tern person mail required runs email", "tern person score required runs "]);
});

test("the fields of a stream are read again every six hours, and not with each reading of its records", async () => {
  await using world = await createTernWorld();
  const before = world.tern.described;
  await world.cycle();
  await world.cycle();
  assert.equal(world.tern.described, before);
  world.clock.advance(SOON_MS);
  await world.cycle();
  assert.equal(world.tern.described, before + 2, "once for each of two streams");
});

test("a field that comes back blank where nobody edited it takes nothing away", async () => {
  await using drifted = await createDrifted({ tel: null });
  const { world, id } = drifted;
  assert.deepEqual(await drifts(world), ["tern person tel gone paused title"]);
  world.tern.edit("person", id, { tel: null });
  world.tern.redescribed = { tel: list };
  world.clock.advance(SOON_MS);
  await world.cycle();
  assert.deepEqual([await drifts(world), await titles(world)], [[], ["1"]]);
  assert.equal(world.tern.people.get(id)!.fields["tel"], "1");
});

test("what smells of a change soon after a look is remembered, and looked at when ten minutes are over, whatever the schedule", async () => {
  let id = "";
  await using world = await createTernWorld((tern) => void (id = tern.add("person", ann)));
  const { tern, clock } = world;
  const stream = await world.stream("person");
  await world.connections.updateStream(stream.id, { schedule: { everyMs: 6 * HOUR_MS } }, "test");
  const suspected = async () => (await world.schema.looks("tern")).find((one) => one.stream === "person")!;
  assert.equal((await suspected()).suspectedAt, null);
  const lookedAt = (await suspected()).lookedAt!;
  tern.redescribed = { tel: null };
  tern.edit("person", id, { first: "Anna" });
  clock.advance(60_000);
  await world.cycle();
  assert.deepEqual(await drifts(world), [], "it was looked at a minute ago");
  const smelled = await suspected();
  assert.deepEqual([smelled.lookedAt, smelled.suspectedAt !== null], [lookedAt, true]);
  clock.advance(8 * 60_000);
  await world.engine.tick();
  await world.settle();
  assert.deepEqual(await drifts(world), []);
  clock.advance(2 * 60_000);
  await world.engine.tick();
  await world.settle();
  assert.deepEqual(await drifts(world), ["tern person tel gone paused title"]);
  const after = await suspected();
  assert.deepEqual([after.suspectedAt, after.lookedAt! > lookedAt], [null, true]);
  const before = tern.described;
  clock.advance(11 * 60_000);
  await world.engine.tick();
  await world.settle();
  assert.equal(tern.described, before, "once for one smell");
});

test("a look that is asked for is made at once, is told, and what it no longer shows is not suggested", async () => {
  await using world = await createTernWorld((tern) => void tern.add("person", ann));
  const { tern, clock } = world;
  const stream = await world.stream("person");
  const { document } = await world.connections.mapping(stream.id);
  const rows = (document["rows"] as { field: string }[]).filter((row) => row.field !== "title");
  await world.connections.putMapping(stream.id, { ...document, rows } as never, "test");
  await world.settle();
  const suggested = async () =>
    (await world.mappings.suggest(stream.id)).suggestions.some(({ row }) => row.record === "tel");
  assert.equal(await suggested(), true);
  tern.redescribed = { tel: null, mail: { type: "number" } };
  clock.advance(1_000);
  const looked = await world.schema.look("tern");
  assert.deepEqual(
    looked.map((one) => [one.stream, one.differs, one.refusal, one.lookedAt === clock.now()]),
    [
      ["company", false, null, true],
      ["person", true, null, true],
    ],
  );
  assert.equal(await suggested(), false);
  assert.deepEqual(await drifts(world), ["tern person mail retyped paused email"]);
  await assert.rejects(world.schema.look("turn"), /no connection turn/u);
});
