import assert from "node:assert/strict";
import { test } from "node:test";
import { WinstonError } from "../base/errors.ts";
import { ann, createTernWorld } from "../../test/support/world.ts";

const QUARTER_MS = 900_000;

test("what a spent day keeps waiting, a reading and a write, goes on by itself when the vendor said it would have room", async () => {
  let id = "";
  await using world = await createTernWorld((tern) => void (id = tern.add("person", ann)));
  const [person] = await world.people();
  const spentUntil = world.clock.now() + 2 * QUARTER_MS - 1_000;
  const tries: number[] = [];
  const spent = (): void => {
    tries.push(world.clock.now());
    const left = spentUntil - world.clock.now();
    if (left > 0) throw new WinstonError("vendor.budget_spent", "Tern's day is spent.", { retryAfterMs: QUARTER_MS });
  };
  world.tern.beforePage = spent;
  world.tern.beforeRead = spent;
  world.clock.advance(1_000);
  world.tern.edit("person", id, { last: "Ray" });
  await world.save({ title: "CEO" }, person!.id);
  // Both are asked for once; nobody asks again.
  await world.connections.sync(world.connection.id, { trigger: "test", stream: "person" });
  await world.settle(false);
  assert.deepEqual(
    (await world.people()).map(({ fields }) => fields["lastName"]),
    ["Lee"],
  );
  assert.equal(world.tern.people.get(id)!.fields["tel"], "1");
  await world.settle();
  assert.deepEqual(
    (await world.people()).map(({ fields }) => [fields["lastName"], fields["title"]]),
    [["Ray", "CEO"]],
  );
  assert.deepEqual([world.tern.people.get(id)!.fields["tel"], await world.runs.parked({ limit: 5 })], ["CEO", []]);
  const early = tries.filter((at) => at < spentUntil);
  assert.ok(early.length >= 2 && early.length <= 4, `${early.length} tries while there was nothing left`);
});
