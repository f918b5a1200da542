import assert from "node:assert/strict";
import { test } from "node:test";
import pg from "pg";
import { CRASHES_MAX } from "../../src/sync/careful.ts";
import { deaths } from "../support/deaths.ts";
import { ann, createTernWorld } from "../support/world.ts";
import { diedSince } from "./deaths.ts";

test("deaths of one that was set aside and is tried once more are a new row", async () => {
  await using world = await createTernWorld((tern) => void tern.add("person", ann));
  const control = new pg.Pool(world.database.connection);
  try {
    const [killer] = world.tern.living("person")[0]!;
    const [person] = await world.people();
    const lane = `${(await world.stream("person")).id}:push`;
    const rows: number[][] = [];
    for (const title of ["new", "newer"]) {
      await world.save({ title }, person!.id);
      const row: number[] = [];
      rows.push(row);
      await deaths(world, (die) => {
        world.tern.beforeRead = async (ids) => {
          if (!ids.includes(killer)) return;
          row.push(await diedSince(control, lane));
          die();
        };
      });
      assert.equal(await diedSince(control, lane), 0);
    }
    assert(rows.every((row) => row.length > CRASHES_MAX));
    assert.deepEqual(
      rows,
      rows.map((row) => row.map((_, index) => index + 1)),
    );
  } finally {
    await control.end();
  }
});
