import assert from "node:assert/strict";
import { test } from "node:test";
import { sql } from "../store/sql.ts";
import { createDoubt } from "../../test/support/doubt.ts";
import { ann, createTernWorld, type TernWorld } from "../../test/support/world.ts";
import { reasonTold } from "./linked.ts";

/** Why each record of a thing is taken for it, by "connection record". */
async function linksOf(world: Pick<TernWorld, "why">, id: string): Promise<Record<string, unknown>> {
  const { links } = await world.why.explain(id, {});
  return Object.fromEntries(
    links.map((one) => [`${one.connection} ${one.recordId}`, [one.reason, one.basis, one.because]]),
  );
}

const NEW = ["new", null, "It was the first record of it: the thing here was made of this record."];
const CREATED = ["created", null, "Winston made this record of it."];
const HANDLE = ["handle", null, "The record carries Winston's id of it."];

test("a record of which a thing was made, and one that Winston made of it, say so", async () => {
  let record = "";
  await using world = await createTernWorld((tern) => void (record = tern.add("person", ann)));
  await world.connect("other");
  await world.settle();
  const [person] = await world.people();
  const [[made]] = world.other.living("person") as [[string, unknown]];
  assert.deepEqual(await linksOf(world, person!.id), { [`tern ${record}`]: NEW, [`other ${made}`]: CREATED });
});

test("so does each of a first load that is copied", async () => {
  await using world = await createTernWorld((tern) => {
    for (let one = 0; one < 120; one++) tern.add("person", { ...ann, mail: `${one}@example.com` });
  });
  assert.deepEqual(
    await world.database.rows(sql`select reason, reason_of as of, count(*) from link group by reason, reason_of`),
    [{ reason: "new", of: null, count: 120 }],
  );
});

test("a record that carries Winston's id is known by it, and one whose create had no answer is our own", async () => {
  await using world = await createTernWorld();
  await world.connections.update(world.connection.id, { paused: true });
  const carried = await world.save({ lastName: "Carried", company: "x" });
  const record = world.tern.add("person", { last: "Carried", firm: "x" }, carried);
  await world.connections.update(world.connection.id, { paused: false, mode: "observe" });
  await world.cycle();
  assert.deepEqual(await linksOf(world, carried), { [`tern ${record}`]: HANDLE });

  await world.connections.update(world.connection.id, { mode: "write" });
  await world.settle();
  world.tern.faults = ["unknown-done"];
  const lost = await world.save({ lastName: "Lost", company: "x" });
  await world.settle();
  const [id] = world.tern.living("person").find(([, one]) => one.handle === lost)!;
  assert.deepEqual(await linksOf(world, lost), { [`tern ${id}`]: CREATED });
});

test("one free candidate says by which keys it was known, also when the thing has other values by then", async () => {
  await using world = await createTernWorld(
    (tern, _, other) => {
      tern.sells = other.sells = true;
      const acme = tern.add("company", { title: "Acme  Ltd" });
      tern.add("person", ann);
      tern.add("deal", { title: "Renewal", worth: 5, due: "2026-12-01", buyer: acme });
      tern.add("deal", { title: "Pilot", worth: 7, due: "2026-12-02" });
    },
    { mode: "observe" },
  );
  const buyer = world.other.add("company", { title: "ACME Ltd" });
  const person = world.other.add("person", { ...ann, mail: "Ann@Example.com" });
  const renewal = world.other.add("deal", { title: "Renewal", worth: 5, due: "2026-12-01", buyer });
  const pilot = world.other.add("deal", { title: "Pilot", worth: 7, due: "2026-12-02" });
  await world.connect("other", "observe");
  await world.settle();
  const [[acme], [one], deals] = [await world.accounts(), await world.people(), await world.deals()];
  const deal = (name: string) => deals.find((row) => row.fields["name"] === name)!.id;
  assert.deepEqual((await linksOf(world, acme!.id))[`other ${buyer}`], [
    "keys",
    { name: "acme ltd" },
    'By its name "acme ltd", which only one thing without a record there had.',
  ]);
  world.clock.advance(1_000);
  await world.save({ email: "another@example.com" }, one!.id);
  assert.deepEqual((await linksOf(world, one!.id))[`other ${person}`], [
    "keys",
    { email: "ann@example.com" },
    'By its email "ann@example.com", which only one thing without a record there had.',
  ]);
  const found = (await linksOf(world, deal("Renewal")))[`other ${renewal}`] as unknown[];
  assert.deepEqual(found[1], { name: "renewal", nameAndAccount: `renewal ${acme!.id}` });
  assert.equal(found[2], "By its name and account, which only one thing without a record there had.");
  assert.deepEqual(((await linksOf(world, deal("Pilot")))[`other ${pilot}`] as unknown[])[1], { name: "pilot" });
});

test("a person who said that two are one is named with the record that this brought along, and only with that", async () => {
  await using world = await createDoubt();
  const [pair] = await world.duplicates.list({ limit: 10 });
  await world.duplicates.decide(pair!.id, "same", "key:ops");
  const links = await linksOf(world, pair!.left.id);
  const [tern, other] = ["tern", "other"].map((name) => Object.entries(links).find(([of]) => of.startsWith(name))![1]);
  assert.deepEqual(tern, NEW);
  assert.deepEqual(other, [
    "person",
    { by: "key:ops", pair: pair!.id },
    `key:ops said that two were one, which brought this record along (pair ${pair!.id}).`,
  ]);
});

test("a record that somebody took out of another says who, and of which", async () => {
  await using world = await createTernWorld((tern) => tern.add("person", ann), { mode: "observe" });
  const record = world.other.add("person", ann);
  await world.connect("other", "observe");
  await world.settle();
  const [ours] = await world.people();
  const { id } = await world.duplicates.unlink("person", ours!.id, "other", "key:ops");
  assert.deepEqual(await linksOf(world, id), {
    [`other ${record}`]: [
      "split",
      { by: "key:ops", entity: ours!.id },
      `key:ops took this record out of ${ours!.id}, of which it is none.`,
    ],
  });
});

test("what a merge at a vendor brought says which record was merged into which; what the survivor had keeps its reason", async () => {
  const ids: string[] = [];
  await using world = await createTernWorld((tern) => {
    ids.push(tern.add("person", ann), tern.add("person", { ...ann, mail: "second@example.com" }));
  });
  const [one] = await world.people();
  const [kept, lost] = ids as [string, string];
  world.clock.advance(1_000);
  world.tern.merge("person", lost, kept);
  await world.cycle();
  const merge = ["merge", { at: "tern", lost, kept }, `${lost} was merged into ${kept} at tern.`];
  assert.deepEqual(await linksOf(world, one!.id), { [`tern ${kept}`]: NEW, [`tern ${lost}`]: merge });
});

test("a merge that a person asked for, into a record with a new id, names who did", async () => {
  await using world = await createDoubt((tern) => void (tern.merging = "new"));
  const pairs = await world.duplicates.list({ limit: 10 });
  for (const { id } of pairs) await world.duplicates.decide(id, "different", "test");
  await world.mayWrite();
  const { pair, merged } = await world.duplicates.merge(pairs[0]!.id, undefined, "key:ops");
  const { kept, lost, survivor } = merged.find((one) => one.connection === "tern")!;
  const links = await linksOf(world, pair.left.id);
  const mergeOf = (gone: string) => [
    "merge",
    { at: "tern", lost: gone, kept: survivor, by: "key:ops" },
    `${gone} was merged into ${survivor} at tern, as key:ops asked.`,
  ];
  assert.deepEqual(
    [links[`tern ${survivor}`], links[`tern ${kept}`], links[`tern ${lost}`]],
    [mergeOf(kept), NEW, mergeOf(lost)],
  );
});

test("a link that is older than what is kept says so, and nothing is made up", async () => {
  await using world = await createTernWorld((tern) => tern.add("person", ann));
  await world.database.run(sql`update link set reason = null`);
  const [person] = await world.people();
  const [told] = Object.values(await linksOf(world, person!.id)) as unknown[][];
  assert.deepEqual(told, [null, null, "It was linked before Winston kept why."]);
});

test("an update, a full read and a record that comes back leave the reason as it is", async () => {
  let record = "";
  await using world = await createTernWorld((tern) => void (record = tern.add("person", ann)));
  await world.connect("other");
  await world.settle();
  const [person] = await world.people();
  const before = await linksOf(world, person!.id);
  world.clock.advance(1_000);
  world.tern.edit("person", record, { tel: "2" });
  for (const { id } of await world.connections.list()) await world.sync(id, true);
  assert.deepEqual(await linksOf(world, person!.id), before);
  world.clock.advance(1_000);
  world.tern.remove("person", record);
  await world.cycle();
  world.clock.advance(1_000);
  world.tern.people.get(record)!.deleted = false;
  world.tern.edit("person", record, { tel: "back" });
  await world.cycle();
  assert.deepEqual((await linksOf(world, person!.id))[`tern ${record}`], NEW);
});

test("a plan says why a record would be linked", async () => {
  await using world = await createTernWorld((tern) => tern.add("person", ann), { mode: "observe" });
  const record = world.other.add("person", ann);
  await world.connect("other", "observe");
  const { id } = await world.plans.create({ connection: "other" }, "tester");
  await world.plans.settled(id);
  const items = await world.plans.items(id, { class: "link", limit: 10 });
  assert.deepEqual(
    items.map((one) => [one.recordId, one.detail]),
    [
      [
        record,
        {
          reason: "keys",
          basis: { email: "ann@example.com" },
          because: 'By its email "ann@example.com", which only one thing without a record there had.',
        },
      ],
    ],
  );
});

test("what was converted is told as such", () => {
  const of = { at: "crm", from: "00Q1", to: "0031" };
  assert.equal(reasonTold("conversion", of), "00Q1 was converted into 0031 at crm.");
});
