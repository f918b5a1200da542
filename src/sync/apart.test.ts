import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonObject } from "../base/json.ts";
import { ann, createTernWorld } from "../../test/support/world.ts";

const BOB = { called: "Bob", mail: "bob@example.com", active: true };
const EVE = { called: "Eve", mail: "eve@example.com", active: true };
const INBOX = { called: "Inbox", mail: null, active: null };

/** Ann is in both systems, each time owned by somebody else; the second is read second. Bob is in both, the other owner only where the record is. */
async function meet(
  owners: { first: typeof BOB | typeof INBOX; second: typeof BOB | typeof INBOX },
  newer: "first" | "second",
  options: JsonObject = {},
) {
  const ids = { one: "", other: "" };
  const world = await createTernWorld(
    (tern, clock, other) => {
      tern.staffed = other.staffed = true;
      const add = (side: "first" | "second"): void => {
        const at = side === "first" ? tern : other;
        const bob = at.add("user", BOB);
        const owner = owners[side] === BOB ? bob : at.add("user", owners[side]);
        ids[side === "first" ? "one" : "other"] = at.add("person", { ...ann, owner });
      };
      add(newer === "first" ? "second" : "first");
      clock.advance(60_000);
      add(newer);
      clock.advance(60_000);
    },
    { mode: "observe" },
  );
  const second = await world.connect("other", "observe");
  const stream = await world.stream("person", second.id);
  const { document } = await world.connections.mapping(stream.id);
  const rows = (document["rows"] as JsonObject[]).map((row) => (row["field"] === "owner" ? { ...row, options } : row));
  await world.connections.putMapping(stream.id, { ...document, rows }, "test");
  await world.settle();
  for (const { id } of await world.connections.list()) await world.connections.update(id, { mode: "write" });
  await world.settle();
  for (const { id } of await world.connections.list()) await world.sync(id, true);
  const users = await world.records.list({ kind: "user", limit: 10 });
  const nameOf = (id: unknown): unknown => users.find((one) => one.id === id)?.fields["name"] ?? null;
  const ownerAt = (side: typeof world.tern, id: string): unknown =>
    side.users.get(side.people.get(id)!.fields["owner"] as string)?.fields["called"];
  const [person, ...more] = await world.people();
  assert.deepEqual(more, [], "one person");
  const ledger = (await world.runs.conflicts({ limit: 10 })).map((one) => [
    one.field,
    one.winner,
    nameOf(one.winston),
    nameOf(one.record),
  ]);
  return {
    owners: [ownerAt(world.tern, ids.one), nameOf(person!.fields["owner"]), ownerAt(world.other, ids.other)],
    ledger,
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  };
}

test("a queue that stands where two full systems meet takes nothing from the other, which keeps its owner: that is no conflict", async () => {
  await using one = await meet({ first: INBOX, second: BOB }, "first");
  assert.deepEqual([one.owners, one.ledger], [["Inbox", "Inbox", "Bob"], []]);
  await using other = await meet({ first: BOB, second: INBOX }, "second");
  assert.deepEqual([other.owners, other.ledger], [["Bob", "Inbox", "Inbox"], []]);
});

test("an owner who takes a record out of a queue does take something: the queue is in the ledger", async () => {
  await using one = await meet({ first: INBOX, second: BOB }, "second");
  assert.deepEqual([one.owners, one.ledger], [thrice("Bob"), [["owner", "record", "Inbox", "Bob"]]]);
  await using other = await meet({ first: BOB, second: INBOX }, "first");
  assert.deepEqual([other.owners, other.ledger], [thrice("Bob"), [["owner", "winston", "Bob", "Inbox"]]]);
});

test("an owner who is not known at the other system yet, and may be, is a difference like any other", async () => {
  await using one = await meet({ first: EVE, second: BOB }, "first");
  assert.deepEqual([one.owners, one.ledger], [["Eve", "Eve", "Bob"], [["owner", "winston", "Eve", "Bob"]]]);
});

test("where somebody said who stands for a queue, or is to be asked, the other system's owner does lose", async () => {
  const queue = { first: INBOX, second: BOB };
  const lost = [["owner", "winston", "Inbox", "Bob"]];
  await using standIn = await meet(queue, "first", { fallback: { default: "bob@example.com" } });
  assert.deepEqual([standIn.owners, standIn.ledger], [["Inbox", "Inbox", "Bob"], lost]);
  await using asks = await meet(queue, "first", { fallback: "park" });
  assert.deepEqual([asks.owners, asks.ledger], [["Inbox", "Inbox", "Bob"], lost]);
  await using named = await meet(queue, "first", { table: { "inbox@example.com": "Inbox" } });
  assert.deepEqual([named.owners, named.ledger], [["Inbox", "Inbox", "Bob"], lost]);
});

const thrice = <T>(one: T): T[] => [one, one, one];
