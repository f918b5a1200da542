import assert from "node:assert/strict";
import { test } from "node:test";
import { ann, createTernWorld } from "../../test/support/world.ts";

test("what refers to a record that was merged away is shown with the one that it lives on in, and sent back so it changes and writes nothing", async () => {
  const ids: string[] = [];
  await using world = await createTernWorld((tern) => {
    for (const title of ["Acme (older)", "Acme (old)", "Acme"]) ids.push(tern.add("company", { title }));
    tern.add("person", { ...ann, employer: ids[0] });
  });
  const before = (await world.people())[0]!;
  for (const at of [0, 1]) {
    world.clock.advance(1_000);
    world.tern.merge("company", ids[at]!, ids[at + 1]!);
    await world.cycle();
  }
  const [acme] = await world.accounts();
  assert.notEqual(before.fields["account"], acme!.id);
  const person = await world.records.get("person", undefined, before.id);
  assert.deepEqual([person.fields["account"], person.version], [acme!.id, before.version]);
  assert.equal((await world.people())[0]!.fields["account"], acme!.id, "in a listing too");
  const origin = (await world.records.origin("person", before.id)).find((one) => one.field === "account");
  assert.equal(origin!.value, acme!.id);

  const again = { id: before.id, account: acme!.id };
  assert.equal((await world.saveAll("person", [again]))[0]!.status, "unchanged");
  world.clock.advance(1_000);
  assert.equal((await world.saveAll("person", [{ ...again, title: "Boss" }]))[0]!.status, "updated");
  await world.settle();
  const there = world.tern.living("person")[0]![1];
  assert.deepEqual([there.fields["tel"], there.fields["employer"]], ["Boss", ids[0]], "only what is news is written");

  const { id: old } = before;
  const named = { id: old, account: before.fields["account"] as string };
  assert.equal((await world.saveAll("person", [named]))[0]!.status, "unchanged", "an id of before means the same");
});
