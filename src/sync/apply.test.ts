import assert from "node:assert/strict";
import { test } from "node:test";
import { createTernWorld, ann } from "../../test/support/world.ts";
import { placeLane } from "../store/lane.ts";

test("two lanes that meet the same new records at once make one person of each", async () => {
  await using world = await createTernWorld();
  const stream = await world.stream("person");
  for (let index = 0; index < 150; index++) world.tern.add("person", { ...ann, mail: `p${index}@example.com` });
  await placeLane(world.database, stream.id, "backfill", { watermark: null, checkpoint: null });
  const { signal } = new AbortController();
  await Promise.all(
    (["backfill", "batch"] as const).map((lane) =>
      world.engine.runLane({ streamId: stream.id, lane, trigger: "test", signal }),
    ),
  );
  const people = await world.people();
  assert.deepEqual(
    [people.length, new Set(people.map((one) => one.fields["email"])).size, new Set(people.map((one) => one.version))],
    [150, 150, new Set([1])],
  );
  const runs = await world.runs.list({ limit: 2 });
  assert.deepEqual(
    runs.map((run) => [run.state, (run.counts.created ?? 0) + (run.counts.unchanged ?? 0)]),
    [
      ["done", 150],
      ["done", 150],
    ],
  );
});
