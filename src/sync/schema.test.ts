// Drift of a vendor's schema, from the field that goes to the field that is back.
import assert from "node:assert/strict";
import { test } from "node:test";
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
