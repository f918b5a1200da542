import assert from "node:assert/strict";
import { test } from "node:test";
import { listDuplicates } from "../store/duplicate.ts";
import { createTernWorld, type TernWorld } from "../../test/support/world.ts";
import { compareDeals, type AccountOf } from "./deals.ts";

const deal = (amount: string | null, closeDate: string | null) => ({
  amount: amount === null ? null : { amount, currency: null },
  closeDate,
});

test("what two deals of one name are", () => {
  const [may, june] = ["2026-05-31", "2026-06-30"];
  const table: [AccountOf, [string | null, string | null], [string | null, string | null], "one" | "two" | "ask"][] = [
    ["same", ["1", may], ["1", may], "one"],
    ["same", ["1", may], ["2", may], "one"],
    ["same", [null, may], ["2", june], "one"],
    ["same", ["1", may], ["2", june], "ask"],
    ["other", ["1", may], ["1", may], "two"],
    ["unknown", ["1", may], ["1", may], "one"],
    ["unknown", ["1", may], ["1", null], "ask"],
    ["unknown", [null, null], [null, null], "ask"],
    ["unknown", ["1", may], ["2", june], "ask"],
    ["doubtful", ["1", may], ["1", may], "ask"],
  ];
  for (const [account, one, other, verdict] of table) {
    assert.equal(compareDeals(account, deal(...one), deal(...other)), verdict, [account, ...one, ...other].join(" "));
    assert.equal(compareDeals(account, deal(...other), deal(...one)), verdict, "whichever is met first");
  }
});

test("an amount is the same in a system that does not say of what", () => {
  const [euro, silent] = [
    { amount: { amount: "1", currency: "EUR" }, closeDate: "2026-05-31" },
    deal("1", "2026-05-31"),
  ];
  assert.equal(compareDeals("unknown", euro, silent), "one");
});

const open = { state: "open", id: null, after: null, limit: 20 };
const count = (world: TernWorld): number[] => [world.tern, world.other].map((side) => side.living("deal").length);
const asked = async (world: TernWorld, kind = "deal"): Promise<number> =>
  (await listDuplicates(world.database, open)).filter((one) => one.kind === kind).length;

/** Both keep deals and know Acme; then `make` makes at each what it will, within one poll. */
async function race(make: (side: TernWorld["tern"], acme: string) => void, first: "tern" | "both") {
  const world = await createTernWorld((tern, _, other) => {
    tern.sells = other.sells = true;
    tern.add("company", { title: "Acme" });
  });
  const { id } = await world.connect("other");
  await world.settle();
  world.clock.advance(60_000);
  for (const side of [world.tern, world.other])
    make(side, side.living("company").find(([, row]) => row.fields["title"] === "Acme")![0]);
  if (first === "tern") await world.cycle();
  else
    for (const connection of [world.connection.id, id]) await world.connections.sync(connection, { trigger: "test" });
  await world.settle();
  const look = async (full: boolean) => {
    world.clock.advance(60_000);
    for (const connection of [world.connection.id, id]) await world.sync(connection, full);
  };
  for (const full of [false, true]) await look(full);
  return { world, look, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() };
}

test("a deal that both make within one poll is asked about, and no third and fourth is made, with an account or without one", async () => {
  for (const buyer of [true, false]) {
    await using it = await race(
      (side, acme) => side.add("deal", { title: "Pilot", buyer: buyer ? acme : null }),
      "tern",
    );
    const { world } = it;
    assert.deepEqual([count(world), await asked(world)], [[1, 2], 1]);
    const [pair] = await world.duplicates.list({ limit: 1 });
    assert.deepEqual(pair!.shared.at(-1), { key: "name", value: "pilot" });
    // They are two: then each system gets the other's.
    await world.duplicates.decide(pair!.id, "different", "test");
    await world.settle();
    assert.deepEqual(count(world), [2, 2]);
  }
});

test("met before either is made elsewhere, a deal of one account is one, and one of nobody is a question", async () => {
  for (const buyer of [true, false]) {
    await using it = await race(
      (side, acme) => side.add("deal", { title: "Pilot", buyer: buyer ? acme : null }),
      "both",
    );
    assert.deepEqual([count(it.world), await asked(it.world)], buyer ? [[1, 1], 0] : [[1, 1], 1]);
  }
});

test("deals of an account that both make at once too are asked about with it, and neither is doubled", async () => {
  await using it = await race((side) => {
    const buyer = side.add("company", { title: "Globex" });
    side.add("deal", { title: "Pilot", buyer });
  }, "tern");
  const { world } = it;
  assert.deepEqual([await asked(world, "account"), await asked(world)], [1, 1]);
  assert.deepEqual(count(world), [1, 2]);
});

test("a deal made at once for two accounts is two, and nobody is asked", async () => {
  let nth = 0;
  await using it = await race((side) => {
    const buyer = side.add("company", { title: `Buyer ${++nth}` });
    side.add("deal", { title: "Renewal", buyer });
  }, "tern");
  assert.deepEqual([count(it.world), await asked(it.world)], [[2, 2], 0]);
});

test("two full systems meet: a deal without its account is known by its amount and day, asked about by its name alone, and a name of many tells nothing", async () => {
  await using world = await createTernWorld((tern, _, other) => {
    tern.sells = other.sells = true;
    const acme = tern.add("company", { title: "Acme" });
    tern.add("deal", { title: "500 seats", worth: "500", due: "2026-12-31", buyer: acme });
    tern.add("deal", { title: "Training", worth: "20", buyer: acme });
    for (let n = 0; n < 21; n++) tern.add("deal", { title: "New deal", worth: `${n}`, buyer: acme });
  });
  world.other.add("deal", { title: "500 Seats", worth: "500.00", due: "2026-12-31" });
  world.other.add("deal", { title: "Training", worth: "25" });
  world.other.add("deal", { title: "New deal" });
  await world.connect("other");
  await world.settle();
  const deals = await world.deals();
  const named = (name: string) => deals.filter((one) => one.fields["name"] === name).length;
  assert.deepEqual([named("500 seats") + named("500 Seats"), named("Training"), named("New deal")], [1, 2, 22]);
  const pairs = await world.duplicates.list({ limit: 10 });
  assert.deepEqual(
    pairs.map((one) => [one.left.fields["name"], one.right.fields["name"]]),
    [["Training", "Training"]],
  );
  assert.deepEqual(
    world.other.living("deal").filter(([, row]) => row.fields["title"] === "Training").length,
    1,
    "it waits for the answer",
  );
});

test("last year's renewal is not this year's: of one account and name, other amounts and other days are a question", async () => {
  await using world = await createTernWorld((tern, _, other) => {
    tern.sells = other.sells = true;
    const buyer = tern.add("company", { title: "Acme" });
    tern.add("deal", { title: "Renewal", worth: "100", due: "2025-06-30", buyer });
    const same = other.add("company", { title: "Acme" });
    other.add("deal", { title: "Renewal", worth: "120", due: "2026-06-30", buyer: same });
  });
  await world.connect("other");
  await world.settle();
  assert.deepEqual([(await world.accounts()).length, await asked(world), count(world)], [1, 1, [1, 1]]);
});

test("a deal of an account that was taken in by another is of that one", async () => {
  await using world = await createTernWorld((tern, _, other) => {
    tern.sells = other.sells = true;
    for (const title of ["Acme", "Acme Inc", "Acme Corp"]) tern.add("company", { title });
    tern.add("deal", { title: "Pilot", worth: "1", buyer: "company_000001" });
    other.add("company", { title: "Acme Corp" });
    other.add("deal", { title: "Pilot", worth: "2", buyer: "company_000001" });
  });
  for (const [from, into] of [
    ["company_000001", "company_000002"],
    ["company_000002", "company_000003"],
  ] as const) {
    world.clock.advance(60_000);
    world.tern.merge("company", from, into);
    await world.cycle();
  }
  await world.connect("other");
  await world.settle();
  assert.deepEqual([(await world.deals()).length, await asked(world), count(world)], [1, 0, [1, 1]]);
});
