import assert from "node:assert/strict";
import { test } from "node:test";
import { outcomes } from "../../test/support/outcomes.ts";
import { createTernWorld } from "../../test/support/world.ts";

test("references are given by id, by the target's external id, name or email; accounts named first are made, people and users are not", async () => {
  await using world = await createTernWorld();
  await world.saveAll("account", [{ externalId: "A", name: "Acme" }]);
  const [user] = await world.saveAll("user", [{ email: "boss@example.com", name: "The Boss" }]);
  const boss = user!.status === "failed" ? "" : user!.id;
  const [acme] = await world.accounts();
  const results = await world.saveAll("person", [
    { externalId: "1", account: acme!.id },
    { externalId: "2", account: { externalId: "A" } },
    { externalId: "3", account: { name: " ACME " } },
    { externalId: "4", account: { name: "New Co" }, owner: { email: "Boss@example.com" } },
    { externalId: "5", account: { name: "new co" }, owner: { name: "the boss" } },
    { externalId: "6", account: { externalId: "nobody" } },
    { externalId: "7", owner: { email: "nobody@example.com" } },
    { externalId: "8", account: { phone: "5" } },
    { externalId: "9", account: null },
    { externalId: "10", account: "no id" },
    { externalId: "11", account: boss },
  ]);
  assert.deepEqual(outcomes(results).slice(0, 9), [
    "created",
    "created",
    "created",
    "created",
    "created",
    "reference.unknown at /account",
    "reference.unknown at /owner",
    "value.unreadable at /account",
    "created",
  ]);
  assert.deepEqual(outcomes(results).slice(9), ["reference.unknown at /account", "reference.unknown at /account"]);
  const people = await world.people();
  const accounts = await world.accounts();
  assert.deepEqual(
    accounts.map((one) => one.fields["name"]),
    ["Acme", "New Co"],
  );
  assert.deepEqual(
    people.map((one) => one.fields["account"]),
    [acme!.id, acme!.id, acme!.id, accounts[1]!.id, accounts[1]!.id, undefined],
  );
  assert.equal(people[3]!.fields["owner"], people[4]!.fields["owner"]);
});

test("records of one call refer to each other, whatever their order, and who leans on a refused one is refused", async () => {
  await using world = await createTernWorld();
  const parent = (externalId: string) => ({ parent: { externalId } });
  const results = await world.saveAll("account", [
    { externalId: "p", name: "P" },
    { externalId: "c", name: "C", ...parent("p") },
    { externalId: "g", name: "G", ...parent("h") },
    { externalId: "h", name: "H", ...parent("g") },
    { externalId: "self", name: "S", ...parent("self") },
    { externalId: "y", name: "Y", ...parent("x") },
    { externalId: "x", name: "X", ...parent("bad") },
    { externalId: "bad", name: "Bad", employees: "lots" },
    { externalId: "c", phone: "5" },
  ]);
  assert.deepEqual(outcomes(results), [
    "created",
    "created",
    "created",
    "created",
    "created",
    "reference.unknown at /parent",
    "reference.unknown at /parent",
    "value.unreadable at /employees",
    "updated",
  ]);
  const ids = new Map((await world.accounts()).map((one) => [one.id, one.externalId]));
  const parents = (await world.accounts()).map(({ externalId, fields }) => [
    externalId,
    ids.get(fields["parent"] as string),
  ]);
  assert.deepEqual(Object.fromEntries(parents), { p: undefined, c: "p", g: "h", h: "g", self: "self" });
  const chain = Array.from({ length: 2_000 }, (_, index) => ({
    externalId: `${index}`,
    ...(index === 0 ? {} : parent(`${index - 1}`)),
  }));
  assert.deepEqual(new Set(outcomes(await world.saveAll("account", chain.toReversed()))), new Set(["created"]));
  assert.deepEqual(new Set(outcomes(await world.saveAll("account", chain))), new Set(["unchanged"]));
});

test("an external id that one item gives to a record it names otherwise is nobody's parent yet", async () => {
  await using world = await createTernWorld();
  await world.saveAll("account", [{ externalId: "old", name: "Old" }]);
  const [old] = await world.accounts();
  const items = [
    { id: old!.id, externalId: "new" },
    { externalId: "new", name: "New name" },
    { externalId: "child", parent: { externalId: "new" } },
  ];
  assert.deepEqual(outcomes(await world.saveAll("account", items)), [
    "updated",
    "updated",
    "reference.unknown at /parent",
  ]);
  assert.deepEqual(outcomes(await world.saveAll("account", items)), ["unchanged", "unchanged", "created"]);
  assert.equal((await world.accounts()).find((one) => one.externalId === "child")!.fields["parent"], old!.id);
});

test("two callers that name one new account at once make one account", async () => {
  await using world = await createTernWorld();
  await Promise.all(
    Array.from({ length: 6 }, (_, index) =>
      world.saveAll("person", [{ externalId: `${index}`, account: { name: "Same Co" } }]),
    ),
  );
  assert.equal((await world.accounts()).length, 1);
});
