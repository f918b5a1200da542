// A vendor may take along what names a thing that is deleted there: what is taken off it goes first.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ann, createTernWorld } from "../../test/support/world.ts";

async function createFirm(mode: "write" | "plan") {
  const world = await createTernWorld(
    (tern) => {
      const firm = tern.add("company", { title: "Acme" });
      tern.add("person", { ...ann, employer: firm });
      // Named by nobody.
      tern.add("company", { title: "Empty" });
    },
    { mode },
  );
  const [person] = await world.people();
  const accounts = await world.accounts();
  const idOf = (name: string): string => accounts.find(({ fields }) => fields["name"] === name)!.id;
  return {
    world,
    leaves: async () => {
      await world.save({ account: null }, person!.id);
      for (const name of ["Acme", "Empty"]) await world.records.remove("account", idOf(name), "test");
    },
    written: () => world.tern.writes.map(({ op }) => op),
  };
}

test("who is taken off a firm that is deleted is taken off it there first, and what nobody names does not wait", async () => {
  const { world, leaves, written } = await createFirm("write");
  await using _ = world;
  await leaves();
  await world.settle();
  assert.deepEqual(written(), ["delete", "update", "delete"]);
  assert.deepEqual([world.tern.living("company").length, world.tern.living("person").length], [0, 1]);
  assert.equal(world.tern.living("person")[0]![1].fields["employer"] ?? null, null);
});

test("a plan that deletes a firm and takes somebody off it does it in this order, and is carried out whole", async () => {
  const { world, leaves, written } = await createFirm("plan");
  await using _ = world;
  await leaves();
  await world.settle();
  const { id } = await world.plans.settled((await world.plans.create({}, "test")).id);
  await world.plans.apply(id, {}, "test");
  await world.cycle();
  await world.cycle();
  assert.deepEqual(written(), ["delete", "update", "delete"]);
  assert.equal((await world.plans.get(id)).state, "applied");
  assert.deepEqual(
    (await world.plans.items(id, { limit: 10 })).filter((one) => one.class === "write").map(({ state }) => state),
    ["done", "done", "done"],
  );
});

test("what is deleted does not wait for a write that no plan lets go", async () => {
  const { world, leaves, written } = await createFirm("write");
  await using _ = world;
  const { id } = await world.stream("person");
  await world.connections.updateStream(id, { approval: "plan" }, "test");
  await leaves();
  await world.settle();
  assert.deepEqual([written(), world.tern.living("company").length], [["delete"], 0]);
});
