// Consent where two become one: who said no in either is not written to, whichever of the two takes in the other.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createDoubt } from "../../test/support/doubt.ts";
import { ann, createTernWorld } from "../../test/support/world.ts";

const ROW = { field: "doNotEmail", record: "silent", transform: "boolean", direction: "both", rule: "restrictive" };

for (const forbids of ["the one that stays", "the one that goes"])
  test(`of two that a vendor merges ${forbids} forbids: it stands, is written to the survivor, and what allowed is in the ledger`, async () => {
    await using world = await createTernWorld((tern) => {
      for (const [index, mail] of ["one@example.com", "two@example.com"].entries())
        tern.add("person", { ...ann, mail, silent: (index === 0) === (forbids === "the one that stays") });
    });
    await world.mapAlso("person", [ROW]);
    const [kept, gone] = world.tern.living("person").map(([id]) => id) as [string, string];
    world.clock.advance(1_000);
    world.tern.merge("person", gone, kept);
    await world.cycle();
    await world.cycle();
    const [one] = await world.people();
    assert.equal(one!.fields["doNotEmail"], true);
    assert.equal(world.tern.people.get(kept)!.fields["silent"], true);
    const [line, ...more] = (await world.runs.conflicts({ entityId: one!.id, limit: 10 })).filter(
      ({ field }) => field === "doNotEmail",
    );
    assert.deepEqual(more, []);
    const stays = forbids === "the one that stays";
    assert.deepEqual(
      [line!.winner, line!.winston, line!.record],
      stays ? ["winston", true, false] : ["record", false, true],
    );
    const [change] = (await world.records.history("person", one!.id)).filter(({ changes }) => "doNotEmail" in changes);
    if (!stays) assert.deepEqual(change!.changes["doNotEmail"], { old: false, new: true });
  });

for (const forbids of ["first", "second"])
  test(`of two that a person says are one the ${forbids} forbids: it stands at both vendors`, async () => {
    await using world = await createDoubt();
    const first = world.tern.living("person").find(([, row]) => row.fields["last"] === "First")![0];
    const second = world.other.living("person")[0]![0];
    world.clock.advance(1_000);
    world.tern.edit("person", first, { silent: forbids === "first" });
    world.other.edit("person", second, { silent: forbids === "second" });
    for (const { id } of await world.connections.list()) {
      const stream = await world.stream("person", id);
      const { document } = await world.connections.mapping(stream.id);
      const rows = [...(document["rows"] as object[]), ROW];
      await world.connections.putMapping(stream.id, { ...document, rows } as never, "test");
    }
    await world.settle();
    await world.mayWrite();
    const [pair] = await world.duplicates.list({ limit: 10 });
    assert.deepEqual(
      [pair!.left, pair!.right].map(({ fields }) => fields["doNotEmail"]),
      [forbids === "first", forbids === "second"],
    );
    await world.duplicates.decide(pair!.id, "same", "key:ops");
    await world.settle();
    assert.equal((await world.records.get("person", undefined, pair!.left.id)).fields["doNotEmail"], true);
    assert.equal(world.tern.people.get(first)!.fields["silent"], true);
    assert.equal(world.other.people.get(second)!.fields["silent"], true);
    const [line] = (await world.runs.conflicts({ entityId: pair!.left.id, limit: 10 })).filter(
      ({ field }) => field === "doNotEmail",
    );
    assert.deepEqual(
      [line!.winner, line!.winston, line!.record],
      forbids === "first" ? ["winston", true, false] : ["record", false, true],
    );
  });
