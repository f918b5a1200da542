import assert from "node:assert/strict";
import { sql } from "../store/sql.ts";
import { test } from "node:test";
import { seededRandom } from "../base/random.ts";
import { Tern } from "../../test/support/tern.ts";
import { ann, createTernWorld, type TernWorld } from "../../test/support/world.ts";
import type { Undoing } from "./planned.ts";

async function undone(world: TernWorld, what: Undoing) {
  const { id } = await world.plans.undo(what, "tester");
  const plan = await world.plans.settled(id);
  assert.equal(plan.state, "ready", JSON.stringify(plan.error));
  const items = await world.plans.items(id, { limit: 1_000 });
  await world.plans.apply(id, {}, "tester");
  await world.settle();
  await world.engine.tick();
  await world.settle();
  const after = await world.plans.get(id);
  assert.equal(after.state, "applied");
  return { id, items, after: await world.plans.items(id, { limit: 1_000 }) };
}

const runOf = async (world: TernWorld, lane: string, connection: string): Promise<string> => {
  const run = (await world.runs.list({ limit: 100 })).find(
    (one) =>
      one.lane === lane &&
      one.connection === connection &&
      ((one.counts.updated ?? 0) > 0 || (one.counts.created ?? 0) > 0),
  );
  assert.ok(run, `no ${lane} run of ${connection} changed anything`);
  return run.id;
};

const lastNames = (world: TernWorld, at: "tern" | "other"): unknown[] =>
  world[at]
    .living("person")
    .map(([, row]) => row.fields["last"] as string)
    .toSorted((a, b) => a.localeCompare(b));

test("undoing a run puts its values back on every side that they reached", async () => {
  await using world = await createTernWorld((tern) => void tern.add("person", ann));
  await world.connect("other");
  await world.settle();
  world.tern.edit("person", "person_000001", { last: "Mistake", tel: "99" });
  await world.cycle();
  assert.deepEqual([lastNames(world, "tern"), lastNames(world, "other")], [["Mistake"], ["Mistake"]]);
  const { items } = await undone(world, { run: await runOf(world, "batch", "tern") });
  assert.deepEqual(
    items.filter((one) => one.class === "write").map((one) => [one.connection, one.op, one.fields["lastName"]]),
    [
      ["tern", "update", { old: "Mistake", new: "Lee", from: items[0]!.fields["lastName"]!.from, rule: null }],
      ["other", "update", { old: "Mistake", new: "Lee", from: items[0]!.fields["lastName"]!.from, rule: null }],
    ],
  );
  assert.deepEqual([lastNames(world, "tern"), lastNames(world, "other")], [["Lee"], ["Lee"]]);
  assert.equal(world.other.living("person")[0]![1].fields["tel"], "1");
});

test("what somebody changed since stays, and is named; the rest goes back", async () => {
  await using world = await createTernWorld((tern) => void tern.add("person", ann));
  world.tern.edit("person", "person_000001", { last: "Mistake", tel: "99" });
  await world.cycle();
  const run = await runOf(world, "batch", "tern");
  const [person] = await world.people();
  await world.save({ lastName: "Better" }, person!.id);
  await world.settle();
  const { items } = await undone(world, { run });
  const left = items.filter((one) => one.class === "reject");
  assert.deepEqual(
    left.map((one) => [one.title, one.detail!["field"], one.detail!["message"]]),
    [["Ann Better", "lastName", "test changed it since; that stays."]],
  );
  assert.deepEqual(lastNames(world, "tern"), ["Better"]);
  assert.equal(world.tern.living("person")[0]![1].fields["tel"], "1");
});

test("what Winston made at a vendor is taken away there, lives on here, and is not made there again; undoing the undo makes it", async () => {
  await using world = await createTernWorld();
  await world.save({ lastName: "New", company: "Acme" });
  await world.settle();
  assert.deepEqual(lastNames(world, "tern"), ["New"]);
  const { id, items } = await undone(world, { run: await runOf(world, "push", "tern") });
  assert.deepEqual(
    items.map((one) => [one.class, one.op]),
    [["write", "delete"]],
  );
  assert.deepEqual(lastNames(world, "tern"), []);
  const [person] = await world.people();
  assert.equal(person!.deletedAt, null);
  await world.cycle();
  await world.save({ title: "edited here" }, person!.id);
  await world.settle();
  assert.deepEqual(lastNames(world, "tern"), [], "an edit here does not make it there again");
  const again = await undone(world, { run: id });
  assert.deepEqual(
    again.items.filter((one) => one.class === "write").map((one) => one.op),
    ["create"],
  );
  assert.deepEqual(lastNames(world, "tern"), ["New"]);
});

test("a record of ours that was edited there since it was made stays", async () => {
  await using world = await createTernWorld();
  await world.save({ lastName: "New", company: "Acme" });
  await world.settle();
  const run = await runOf(world, "push", "tern");
  world.tern.edit("person", "person_000001", { tel: "by a person" });
  await undone(world, { run });
  assert.deepEqual(lastNames(world, "tern"), ["New"]);
});

test("what Winston made at a vendor and somebody edited there stays, also where the plan alone has read that edit, or a sync has read it since", async () => {
  for (const edited of ["before the plan", "after it"] as const) {
    await using world = await createTernWorld();
    await world.save({ lastName: "New", company: "Acme" });
    await world.settle();
    const run = await runOf(world, "push", "tern");
    const edit = (): void => world.tern.edit("person", "person_000001", { tel: "by a person" });
    if (edited === "before the plan") edit();
    const { id } = await world.plans.undo({ run }, "tester");
    assert.equal((await world.plans.settled(id)).state, "ready");
    if (edited === "after it") edit();
    world.clock.advance(60_000);
    await world.sync("tern");
    await world.plans.apply(id, {}, "tester");
    await world.settle();
    assert.deepEqual(lastNames(world, "tern"), ["New"], edited);
    const lines = await world.database.rows<{ message: string; by: string }>(sql`
      select coalesce(detail ->> 'message', '') as message, coalesce(reason, '') as by from plan_item where plan_id = ${id}::uuid`);
    assert.match(
      lines.map((one) => `${one.message} ${one.by}`).join("\n"),
      edited === "after it" ? /changed since the plan was made/u : /was edited since; it stays/u,
    );
  }
});

test("what Winston made at a vendor, and somebody deleted there a moment before an undo would take it away, is deleted everywhere", async () => {
  for (const { before, answer } of [
    { before: "the look", answer: "gone" },
    { before: "the look", answer: "done" },
    { before: "the write", answer: "gone" },
  ]) {
    await using world = await createTernWorld((tern) => void tern.add("person", ann));
    await world.connect("other");
    await world.settle();
    const run = await runOf(world, "push", "other");
    const [record] = world.other.living("person")[0]!;
    const { id } = await world.plans.undo({ run }, "tester");
    assert.equal((await world.plans.settled(id)).state, "ready");
    world.clock.advance(1_000);
    if (before === "the look") world.other.remove("person", record);
    world.other.write = (stream, op, fault, row) => {
      if (op === "delete" && !world.other.people.get(record)!.deleted) world.other.remove("person", record);
      const told = Tern.prototype.write.call(world.other, stream, op, fault, row);
      // Some vendors take a deletion for done whose record is gone.
      return op === "delete" && answer === "done" ? { state: "done", id: row.id!, created: false } : told;
    };
    await world.plans.apply(id, {}, "tester");
    for (let minute = 0; minute < 5; minute++) {
      await world.settle();
      world.clock.advance(60_000);
      await world.engine.tick();
    }
    await world.settle();
    assert.deepEqual([(await world.people()).length, lastNames(world, "tern"), lastNames(world, "other")], [0, [], []]);
    assert.equal((await world.plans.get(id)).state, "applied");
    assert.deepEqual(await world.runs.parked({ limit: 5 }), []);
  }
});

test("a deletion is undone by making it anew, and the plan says so", async () => {
  await using world = await createTernWorld((tern) => void tern.add("person", ann));
  const [person] = await world.people();
  await world.records.remove("person", person!.id, "test");
  await world.settle();
  assert.deepEqual(lastNames(world, "tern"), []);
  const { items } = await undone(world, { record: person!.id });
  assert.deepEqual(
    items.filter((one) => one.class === "write").map((one) => one.op),
    ["create"],
  );
  assert.deepEqual(lastNames(world, "tern"), ["Lee"]);
  assert.equal((await world.people())[0]!.deletedAt, null);
});

test("undoing an undo brings back what it took", async () => {
  await using world = await createTernWorld((tern) => void tern.add("person", ann));
  const [person] = await world.people();
  await world.save({ lastName: "Second" }, person!.id);
  await world.settle();
  const first = await undone(world, { record: person!.id, field: "lastName" });
  assert.deepEqual(lastNames(world, "tern"), ["Lee"]);
  await undone(world, { run: first.id });
  assert.deepEqual(lastNames(world, "tern"), ["Second"]);
});

test("what cannot be undone is refused in words", async () => {
  await using world = await createTernWorld((tern) => void tern.add("person", ann));
  const refused = (what: Undoing, words: RegExp) => assert.rejects(world.plans.undo(what, "tester"), words);
  await refused({}, /Say what is to be undone/u);
  await refused({ field: "lastName" }, /Say of what the field lastName is to be undone/u);
  await refused({ run: "01890a5d-ac96-774b-bcce-b302099a8057" }, /There is no run and no plan/u);
  await refused({ record: "01890a5d-ac96-774b-bcce-b302099a8057" }, /There is no record/u);
  await refused({ record: "external:none" }, /There is no record external:none/u);
  await refused({ record: "Ann" }, /"Ann" is no id of a thing/u);
  const [person] = await world.people();
  await refused({ record: person!.id, field: "titel" }, /no field titel of kind person; the nearest is title/u);
  await refused({ since: world.clock.now(), field: "titel" }, /There is no field titel; the nearest/u);
  await refused({ since: 0 }, /History is kept from \d{4}-.* on, so nothing before that can be undone/u);
});

test("after any foreign edits, undo returns exactly the values that nobody touched", async () => {
  const FIELDS = ["lastName", "title", "company"] as const;
  const AT: Record<(typeof FIELDS)[number], string> = { lastName: "last", title: "tel", company: "firm" };
  for (const seed of [1, 2, 3, 4]) {
    const random = seededRandom(seed);
    const chance = (share: number): boolean => random.float() < share;
    await using world = await createTernWorld((tern) => {
      for (let index = 0; index < 6; index++)
        tern.add("person", {
          first: `P${index}`,
          last: `L${index}`,
          mail: `p${index}@example.com`,
          tel: `t${index}`,
          firm: `f${index}`,
        });
    });
    const people = (await world.people()).toSorted((a, b) =>
      (a.fields["firstName"] as string) < (b.fields["firstName"] as string) ? -1 : 1,
    );
    const was = new Map(people.map((one) => [one.id, { ...one.fields }]));
    // One batch of edits there, which one run brings.
    const brought = new Map<string, Set<string>>();
    for (const [index, person] of people.entries()) {
      const fields = FIELDS.filter(() => chance(0.6));
      if (fields.length === 0) continue;
      brought.set(person.id, new Set(fields));
      world.tern.edit(
        "person",
        `person_${String(index + 1).padStart(6, "0")}`,
        Object.fromEntries(fields.map((field) => [AT[field], `${field} run`])),
      );
    }
    await world.cycle();
    const run = await runOf(world, "batch", "tern");
    const touched = new Map<string, Map<string, string>>();
    for (const [index, person] of people.entries())
      for (const field of FIELDS) {
        if (!chance(0.3)) continue;
        (touched.get(person.id) ?? touched.set(person.id, new Map()).get(person.id)!).set(field, `${field} foreign`);
        if (chance(0.5)) await world.save({ [field]: `${field} foreign` }, person.id);
        else
          world.tern.edit("person", `person_${String(index + 1).padStart(6, "0")}`, {
            [AT[field]]: `${field} foreign`,
          });
      }
    await world.cycle();
    await undone(world, { run });
    await world.cycle();
    for (const [index, person] of people.entries()) {
      const now = (await world.people()).find((one) => one.id === person.id)!;
      const there = world.tern.people.get(`person_${String(index + 1).padStart(6, "0")}`)!.fields;
      for (const field of FIELDS) {
        const wanted = touched.get(person.id)?.get(field) ?? was.get(person.id)![field];
        assert.equal(now.fields[field], wanted, `seed ${seed}, person ${index}, ${field} here`);
        assert.equal(there[AT[field]], wanted, `seed ${seed}, person ${index}, ${field} there`);
      }
    }
  }
});

test("what a vendor took along with what a plan deleted there is made again by the undo of that plan, with what it names; what waits for another reason is not", async () => {
  await using world = await createTernWorld((tern, _, other) => {
    tern.sells = true;
    other.sells = true;
    const company = tern.add("company", { title: "Acme", parent: null });
    for (const title of ["Chairs", "Tables"]) tern.add("deal", { title, worth: null, due: null, buyer: company });
  });
  const since = world.clock.now();
  const { id: otherId } = await world.connect("other");
  await world.settle();
  await world.cycle();
  await world.connections.update(otherId, { mode: "plan" });
  const [tables] = world.other.living("deal").find(([, { fields }]) => fields["title"] === "Tables")!;
  const there = () =>
    world.other
      .living("deal")
      .map(([, { fields }]) => [fields["title"], world.other.companies.get(fields["buyer"] as string)?.deleted]);

  const cycle = async () => {
    for (const id of [world.connection.id, otherId]) await world.sync(id);
  };

  // One that was edited here and deleted there is to be made there again, long before.
  const { id } = (await world.deals()).find(({ fields }) => fields["name"] === "Tables")!;
  await world.saveAll("deal", [{ id, closeDate: "2026-03-01" }]);
  world.other.remove("deal", tables);
  await cycle();
  world.clock.advance(30 * 60_000);

  world.other.afterWrite = (op) => {
    const [deal] = world.other.living("deal");
    if (op === "delete" && world.other.living("company").length === 0 && deal) world.other.remove("deal", deal[0]);
  };
  world.tern.remove("company", world.tern.living("company")[0]![0]);
  await cycle();
  const plan = await world.plans.settled((await world.plans.create({}, "tester")).id);
  const lines = await world.plans.items(plan.id, { limit: 100 });
  const waits = lines.filter((one) => one.title === "Tables").map((one) => one.number);
  await world.plans.apply(plan.id, { exclude: waits }, "tester");
  await cycle();
  world.clock.advance(1_000);
  await cycle();
  assert.deepEqual([there(), (await world.deals()).length], [[], 2]);

  const whole = await world.plans.settled((await world.plans.undo({ since }, "tester")).id);
  assert.ok(
    (await world.plans.items(whole.id, { class: "write", limit: 100 })).every(({ title }) => title !== "Chairs"),
    "since before it was made there it is not made there again",
  );

  const { items, after } = await undone(world, { run: plan.id });
  assert.deepEqual(
    items
      .filter((one) => one.class === "write")
      .map((one) => `${one.op} ${one.title} at ${one.connection}`)
      .toSorted(),
    ["create Acme at other", "create Acme at tern", "create Chairs at other"],
  );
  assert.deepEqual(
    after.filter((one) => one.class === "write").map(({ state }) => state),
    ["done", "done", "done"],
  );
  assert.deepEqual(there(), [["Chairs", false]]);
});

test("what was only to be made again at a vendor, and is deleted after its undo was planned, stays deleted", async () => {
  await using world = await createTernWorld();
  await world.save({ firstName: "Ann", lastName: "Lee", company: "Acme" });
  await world.settle();
  const away = await undone(world, { run: await runOf(world, "push", "tern") });
  assert.deepEqual([lastNames(world, "tern"), (await world.people()).length], [[], 1]);

  const { id } = await world.plans.settled((await world.plans.undo({ run: away.id }, "tester")).id);
  await world.records.remove("person", (await world.people())[0]!.id, "test");
  await world.plans.apply(id, {}, "tester");
  await world.settle();
  assert.deepEqual([lastNames(world, "tern"), (await world.people()).length], [[], 0]);
  const left = await world.plans.items(id, { class: "reject", limit: 10 });
  assert.deepEqual(
    left.map(({ detail }) => detail!["message"]),
    ["It is gone by now."],
  );
});
