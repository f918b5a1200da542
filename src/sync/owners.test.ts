// Owners whom the other system cannot be given: each declared fallback, for each reason, for each kind of record.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonObject } from "../base/json.ts";
import type { Tern } from "../../test/support/tern.ts";
import { ann, createTernWorld } from "../../test/support/world.ts";

const STREAMS = [
  ["company", "account", { title: "Acme" }, "title"],
  ["person", "person", ann, "tel"],
  ["deal", "deal", { title: "Renewal", worth: 5, due: "2026-12-01" }, "worth"],
] as const;
const bob = { called: "Bob", mail: "bob@example.com", active: true };
const stand = { called: "Stand", mail: "stand@example.com", active: true };
const eve = { called: "Eve", mail: "eve@example.com", active: true };

const FALLBACKS = ["keep", "park", { default: "Stand" }] as const;
/** Whose the records become in the first system, and what the second has of that owner. */
const OWNERS = {
  inactive: { owner: eve, there: { ...eve, active: false } },
  unmatched: { owner: eve, there: null },
  queue: { owner: { called: "Inbox", mail: null, active: null }, there: null },
} as const;

/** One account, one person and one deal of Bob's in both systems; the second falls back as `fallback` says. */
async function createOffices(fallback: (typeof FALLBACKS)[number], why: keyof typeof OWNERS) {
  const ids: Record<string, string> = {};
  const { owner, there } = OWNERS[why];
  const world = await createTernWorld((tern, _, other) => {
    for (const side of [tern, other]) side.staffed = side.sells = true;
    ids["bob"] = tern.add("user", bob);
    ids["owner"] = tern.add("user", owner);
    ids["bob there"] = other.add("user", bob);
    ids["stand there"] = other.add("user", stand);
    if (there) ids["owner there"] = other.add("user", there);
    for (const [stream, , fields] of STREAMS) ids[stream] = tern.add(stream, { ...fields, owner: ids["bob"] });
  });
  const connection = await world.connect("other");
  await world.settle();
  for (const [key] of STREAMS) {
    const stream = await world.stream(key, connection.id);
    const { document } = await world.connections.mapping(stream.id);
    const rows = (document["rows"] as JsonObject[]).map((row) =>
      row["field"] === "owner" ? { ...row, options: { fallback } as JsonObject } : row,
    );
    await world.connections.putMapping(stream.id, { ...document, rows }, "test");
  }
  await world.settle();
  const cycle = async (full = false): Promise<void> => {
    world.clock.advance(60_000);
    for (const { id } of [world.connection, connection]) await world.sync(id, full);
  };
  const ownerAt = (side: Tern, stream: string, index = 0): unknown => {
    const id = side.living(stream)[index]?.[1].fields["owner"] ?? null;
    return id === null ? null : side.users.get(id as string)!.fields["called"];
  };
  return {
    ...world,
    ids,
    cycle,
    /** Whose they are, in each place: account, person, deal. */
    owners: async (index = 0) => {
      const users = new Map(
        (await world.records.list({ kind: "user", limit: 50 })).map((row) => [row.id, row.fields["name"]]),
      );
      const here = async (kind: string): Promise<unknown> =>
        users.get((await world.records.list({ kind, limit: 50 }))[index]!.fields["owner"] as string) ?? null;
      return {
        tern: STREAMS.map(([stream]) => ownerAt(world.tern, stream, index)),
        here: await Promise.all(STREAMS.map(([, kind]) => here(kind))),
        other: STREAMS.map(([stream]) => ownerAt(world.other, stream, index)),
      };
    },
    parked: async () =>
      (await world.runs.parked({ limit: 50 }))
        .map((one) => `${one.connection} ${one.stream} ${one.reason} ${one.field}`)
        .toSorted(),
  };
}

const thrice = <T>(one: T): T[] => [one, one, one];
const PARKED = STREAMS.map(([stream]) => `other ${stream} reference.unnamed owner`).toSorted();

test("an owner who cannot be given elsewhere: each fallback does what it says of accounts, people and deals, for each reason, and nobody's owner is blanked", async (t) => {
  for (const fallback of FALLBACKS)
    for (const why of ["inactive", "unmatched", "queue"] as const)
      await t.test(`${JSON.stringify(fallback)}, ${why}`, async () => {
        await using world = await createOffices(fallback, why);
        const { called } = OWNERS[why].owner;
        const before = await world.owners();
        assert.deepEqual(before, { tern: thrice("Bob"), here: thrice("Bob"), other: thrice("Bob") });

        world.clock.advance(60_000);
        for (const [stream] of STREAMS) world.tern.edit(stream, world.ids[stream]!, { owner: world.ids["owner"] });
        await world.cycle();
        const there = typeof fallback === "object" ? "Stand" : "Bob";
        const stands = { tern: thrice(called), here: thrice(called), other: thrice(there) };
        assert.deepEqual(await world.owners(), stands);
        assert.deepEqual(await world.parked(), fallback === "park" ? PARKED : []);

        // The rest of the record is written, in either direction, and the owner stays as it is in each place.
        world.clock.advance(60_000);
        for (const [stream, , , field] of STREAMS) world.tern.edit(stream, world.ids[stream]!, { [field]: "7" });
        await world.cycle();
        for (const [stream, , , field] of STREAMS)
          assert.equal(String(world.other.living(stream)[0]![1].fields[field]), "7", stream);
        world.clock.advance(60_000);
        for (const [stream, , , field] of STREAMS)
          world.other.edit(stream, world.other.living(stream)[0]![0], { [field]: "8" });
        await world.cycle();
        for (const [stream, , , field] of STREAMS)
          assert.equal(String(world.tern.living(stream)[0]![1].fields[field]), "8", stream);
        assert.deepEqual(await world.owners(), stands);

        // A new record of theirs goes without an owner or with the stand-in; what its vendor gives it then is no edit.
        world.other.defaults = { owner: world.ids["bob there"] };
        for (const [stream, , fields] of STREAMS)
          world.tern.add(stream, {
            ...fields,
            ...(stream === "person" ? { mail: "new@example.com" } : { title: "New" }),
            owner: world.ids["owner"],
          });
        await world.cycle();
        assert.deepEqual(await world.owners(1), stands);
        await world.cycle(true);
        const writes = [world.tern.writes.length, world.other.writes.length];
        await world.cycle(true);
        assert.deepEqual([await world.owners(), await world.owners(1)], [stands, stands]);
        assert.deepEqual([world.tern.writes.length, world.other.writes.length], writes, "and quiet stays quiet");
        assert.deepEqual(await world.runs.conflicts({ limit: 5 }), [], "nobody's value lost");

        // As soon as they can be given there they are, without another edit, and nothing is parked for it any more.
        if (why === "queue") return;
        world.clock.advance(60_000);
        if (why === "inactive") world.other.edit("user", world.ids["owner there"]!, { active: true });
        else world.other.add("user", eve);
        await world.cycle();
        const all = { tern: thrice("Eve"), here: thrice("Eve"), other: thrice("Eve") };
        assert.deepEqual([await world.owners(), await world.owners(1)], [all, all]);
        assert.deepEqual(await world.parked(), []);
      });
});
