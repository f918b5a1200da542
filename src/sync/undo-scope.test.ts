// What exactly is taken back, and what an undo leaves because it may not be taken back.
import assert from "node:assert/strict";
import { test } from "node:test";
import { isError } from "../base/errors.ts";
import { fc } from "../../test/support/fast-check.ts";
import { ann, createTernWorld, type TernWorld } from "../../test/support/world.ts";
import type { Undoing } from "./planned.ts";

const bob = { first: "Bob", last: "Ray", mail: "bob@example.com", tel: "5", firm: "Bolt" };

async function planned(world: TernWorld, what: Undoing) {
  const { id } = await world.plans.undo(what, "tester");
  const plan = await world.plans.settled(id);
  assert.equal(plan.state, "ready", JSON.stringify(plan.error));
  return { ...plan, items: await world.plans.items(id, { limit: 1_000 }) };
}

async function applied(world: TernWorld, id: string, how: Parameters<TernWorld["plans"]["apply"]>[1] = {}) {
  await world.plans.apply(id, how, "tester");
  await world.settle();
  await world.engine.tick();
  await world.settle();
  assert.equal((await world.plans.get(id)).state, "applied");
}

const written = (items: Awaited<ReturnType<typeof planned>>["items"]) =>
  items
    .filter((one) => one.class === "write")
    .map((one) => [one.connection, one.op, one.title, ...Object.keys(one.fields).toSorted()]);
const left = (items: Awaited<ReturnType<typeof planned>>["items"]) =>
  items.filter((one) => one.class === "reject").map((one) => [one.title, one.detail!["field"], one.detail!["message"]]);
const there = (world: TernWorld, at: "tern" | "other" = "tern"): unknown[] =>
  world[at]
    .living("person")
    .map(([, row]) => `${row.fields["last"] as string} ${(row.fields["tel"] as string | undefined) ?? "-"}`)
    .toSorted();
const newestRun = async (world: TernWorld, lane: string, connection = "tern"): Promise<string> =>
  (await world.runs.list({ limit: 100 })).find(
    (one) =>
      one.lane === lane &&
      one.connection === connection &&
      (one.counts.updated ?? 0) + (one.counts.created ?? 0) + (one.counts.deleted ?? 0) > 0,
  )!.id;

test("of a run, only the thing or the field that is named goes back", async () => {
  await using world = await createTernWorld((tern) => [ann, bob].forEach((one) => tern.add("person", one)));
  const people = await world.people();
  const id = people.find((one) => one.fields["firstName"] === "Ann")!.id;
  for (const one of people) await world.save({ lastName: "Wrong", title: "9" }, one.id);
  await world.save({ firstName: "New", lastName: "Made", company: "Acme", title: "0" });
  await world.settle();
  assert.deepEqual(there(world), ["Made 0", "Wrong 9", "Wrong 9"]);
  const run = await newestRun(world, "push");
  const of = await planned(world, { run, record: id });
  assert.deepEqual(written(of.items), [["tern", "update", "Ann Lee", "lastName", "title"]]);
  assert.match(of.undoes!, /^run .*: record /u);
  const field = await planned(world, { run, field: "title" });
  assert.deepEqual(
    field.items.filter((one) => one.class === "write").map((one) => [one.op, ...Object.keys(one.fields)]),
    [
      ["update", "title"],
      ["update", "title"],
    ],
    "and nothing that was made is taken away for a field",
  );
  await applied(world, field.id);
  assert.deepEqual(there(world), ["Made 0", "Wrong 1", "Wrong 5"]);
});

test("since a time, what was made, changed and deleted at vendors since then goes back, also where it was owed before", async () => {
  await using world = await createTernWorld((tern) => [ann, bob].forEach((one) => tern.add("person", one)));
  await world.connect("other");
  await world.settle();
  const people = await world.people();
  const [annId, bobId] = ["Ann", "Bob"].map((name) => people.find((one) => one.fields["firstName"] === name)!.id);
  await world.connections.update(world.connection.id, { paused: true });
  await world.save({ lastName: "Waited" }, annId);
  await world.settle();
  world.clock.advance(60_000);
  const since = world.clock.now();
  await world.connections.update(world.connection.id, { paused: false });
  await world.save({ firstName: "Cy", lastName: "Made", company: "Acme" });
  await world.records.remove("person", bobId!, "test");
  await world.settle();
  assert.deepEqual(
    [there(world), there(world, "other")],
    [
      ["Made -", "Waited 1"],
      ["Made -", "Waited 1"],
    ],
  );
  const plan = await planned(world, { since });
  assert.deepEqual(
    plan.items
      .filter((one) => one.class === "write")
      .map((one) => `${one.connection} ${one.op} ${one.title}`)
      .toSorted(),
    [
      "other create Bob Ray",
      "other delete Cy Made",
      "other update Ann Lee",
      "tern create Bob Ray",
      "tern delete Cy Made",
      "tern update Ann Lee",
    ],
  );
  assert.match(plan.notes.join(" "), /1 of these is a thing that was deleted\. No vendor gives back the old record/u);
  await applied(world, plan.id);
  assert.deepEqual(
    [there(world), there(world, "other")],
    [
      ["Lee 1", "Ray 5"],
      ["Lee 1", "Ray 5"],
    ],
  );
});

test("what a vendor filled in and takes no blank for stays, and is named", async () => {
  await using world = await createTernWorld((tern) => {
    tern.defaults = { tel: "given" };
    tern.redescribed = { tel: { unclearable: true }, firm: { required: true } };
  });
  await world.save({ lastName: "New", company: "Acme" });
  await world.settle();
  await world.cycle();
  const [person] = await world.people();
  assert.equal(person!.fields["title"], "given");
  world.tern.faults = [];
  const plan = await planned(world, { run: await newestRun(world, "batch") });
  assert.deepEqual(written(plan.items), []);
  assert.deepEqual(left(plan.items), [
    ["New", "title", "It was blank before, and tern takes no blank for it; what is there stays."],
  ]);
  await applied(world, plan.id);
  assert.equal((await world.people())[0]!.fields["title"], "given");
});

test("a run, a plan and a thing from before history began are refused, or told, with the earliest time", async () => {
  const DAY_MS = 86_400_000;
  await using world = await createTernWorld((tern) => void tern.add("person", ann), { mode: "plan" });
  const [person] = await world.people();
  const first = world.clock.now();
  await world.save({ lastName: "Old" }, person!.id);
  const { id } = await world.plans.create({}, "tester");
  await world.plans.settled(id);
  await applied(world, id);
  const run = (await world.runs.list({ limit: 100 })).find((one) => one.lane === "backfill")!.id;
  world.clock.advance(399 * DAY_MS);
  assert.deepEqual((await planned(world, { run: id })).state, "ready");
  world.clock.advance(2 * DAY_MS);
  const earliest = new Date(world.clock.now() - 400 * DAY_MS).toISOString();
  for (const [what, named] of [
    [{ run }, "Run"],
    [{ run: id }, "Plan"],
  ] as const)
    await assert.rejects(world.plans.undo(what, "tester"), (error) => {
      assert.ok(isError(error, "request.conflict"), String(error));
      assert.match(error.message, new RegExp(`^${named} .* is of .*, and history is kept from ${earliest} on`, "u"));
      return true;
    });
  assert.ok(first < world.clock.now() - 400 * DAY_MS);
  const plan = await planned(world, { record: person!.id });
  assert.ok(plan.notes.some((note) => note.startsWith(`History is kept from ${earliest} on; what was changed of it`)));
});

test("what somebody changed at a vendor a moment ago, which nobody has read yet, stays too", async () => {
  await using world = await createTernWorld((tern) => void tern.add("person", ann));
  const [person] = await world.people();
  await world.save({ title: "9", lastName: "Wrong" }, person!.id);
  await world.settle();
  world.clock.advance(1_000);
  world.tern.edit("person", "person_000001", { tel: "by a person" });
  world.clock.advance(1_000);
  const plan = await planned(world, { record: person!.id });
  assert.deepEqual(written(plan.items), [["tern", "update", "Ann Lee", "lastName"]]);
  await applied(world, plan.id);
  await world.cycle();
  assert.deepEqual(there(world), ["Lee by a person"]);
  assert.equal((await world.people())[0]!.fields["title"], "by a person");
});

test("a value that somebody changed at a vendor a moment ago stays there and everywhere: it is named once, and no vendor is written what it was before", async () => {
  await using world = await createTernWorld((tern) => [ann, bob].forEach((one) => tern.add("person", one)), {
    mode: "plan",
  });
  await world.connect("other", "write");
  await world.settle();
  world.tern.edit("person", "person_000001", { last: "Mistake" });
  world.tern.edit("person", "person_000002", { last: "Mistake", tel: "99" });
  await world.cycle();
  assert.deepEqual(there(world, "other"), ["Mistake 1", "Mistake 99"]);
  const second = (await world.connections.list()).find((one) => one.name === "other")!;
  await world.connections.update(second.id, { mode: "plan" });
  const run = await newestRun(world, "batch");
  world.clock.advance(1_000);
  for (const id of ["person_000001", "person_000002"]) world.tern.edit("person", id, { last: "Touched" });
  world.clock.advance(1_000);
  const plan = await planned(world, { run });
  assert.deepEqual(written(plan.items), [
    ["tern", "update", "Bob Touched", "title"],
    // Read before the other was written, which therefore is written what both say by now.
    ["other", "update", "Bob Touched", "lastName", "title"],
  ]);
  assert.deepEqual(
    left(plan.items)
      .map((one) => JSON.stringify(one))
      .toSorted(),
    ["Ann Touched", "Bob Touched"].map((title) =>
      JSON.stringify([title, "lastName", "connection:tern changed it since; that stays."]),
    ),
  );
  assert.deepEqual(
    plan.items.filter((one) => one.class === "here").flatMap((one) => Object.keys(one.fields)),
    ["title"],
  );
  await applied(world, plan.id);
  assert.deepEqual(there(world), ["Touched 1", "Touched 5"]);
  assert.deepEqual(there(world, "other"), ["Mistake 1", "Touched 5"], "nobody was written what it was before");
  assert.deepEqual(
    (await world.plans.items(plan.id, { class: "write", limit: 9 })).map((one) => one.state),
    ["done", "done"],
  );
});

test("a thing is named by an id of one's own, too", async () => {
  await using world = await createTernWorld();
  const id = await world.save({ externalId: "crm-7", lastName: "First", company: "Acme" });
  await world.settle();
  await world.save({ lastName: "Second" }, id);
  await world.settle();
  const plan = await planned(world, { record: "external:crm-7", field: "lastName" });
  assert.deepEqual(written(plan.items), [["tern", "update", "First", "lastName"]]);
  await applied(world, plan.id);
  assert.deepEqual(there(world), ["First -"]);
  const states = (await world.plans.items(plan.id, { limit: 9 })).map((one) => [one.class, one.state]);
  assert.deepEqual(states, [
    ["write", "done"],
    ["here", "done"],
  ]);
});

test("an undo writes nothing that waits for another reason", async () => {
  await using world = await createTernWorld((tern) => [ann, bob].forEach((one) => tern.add("person", one)), {
    mode: "plan",
  });
  const people = await world.people();
  const [first, second] = ["Ann", "Bob"].map((name) => people.find((one) => one.fields["firstName"] === name)!.id);
  await world.save({ title: "9" }, first);
  const { id } = await world.plans.create({}, "tester");
  await world.plans.settled(id);
  await applied(world, id);
  await world.save({ title: "waits" }, second);
  const plan = await planned(world, { run: id });
  assert.deepEqual(written(plan.items), [["tern", "update", "Ann Lee", "title"]]);
  await applied(world, plan.id);
  assert.deepEqual(there(world), ["Lee 1", "Ray 5"]);
});

test("strict takes back nothing where anything changed since the plan, and names it", async () => {
  await using world = await createTernWorld((tern) => [ann, bob].forEach((one) => tern.add("person", one)));
  for (const one of await world.people()) await world.save({ title: "9" }, one.id);
  await world.settle();
  const run = await newestRun(world, "push");
  for (const where of ["here", "there"] as const) {
    const plan = await planned(world, { run });
    if (where === "here") await world.save({ title: "later" }, (await world.people())[0]!.id);
    else {
      world.clock.advance(1_000);
      world.tern.edit("person", "person_000002", { tel: "by a person" });
    }
    const before = there(world);
    await assert.rejects(world.plans.apply(plan.id, { strict: true }, "tester"), (error) => {
      assert.ok(isError(error, "plan.stale"), String(error));
      assert.match(error.message, /nothing was written\. Changed since: .*(?:Ann|Bob)/u);
      return true;
    });
    assert.deepEqual([there(world), (await world.plans.get(plan.id)).state], [before, "ready"], where);
    await world.settle();
  }
  const plan = await planned(world, { record: (await world.people()).at(-1)!.id });
  await applied(world, plan.id, { strict: true });
});

test("a thing that a person leaves out of an undo keeps its value here and everywhere", async () => {
  await using world = await createTernWorld((tern) => [ann, bob].forEach((one) => tern.add("person", one)));
  await world.connect("other");
  await world.settle();
  for (const one of await world.people()) await world.save({ title: "9" }, one.id);
  await world.settle();
  const plan = await planned(world, { run: await newestRun(world, "push") });
  const line = plan.items.find((one) => one.class === "write" && one.title!.startsWith("Ann"))!;
  await applied(world, plan.id, { exclude: [line.number] });
  assert.deepEqual(
    [there(world), there(world, "other")],
    [
      ["Lee 9", "Ray 5"],
      ["Lee 9", "Ray 5"],
    ],
  );
  assert.deepEqual(
    new Set(
      (await world.plans.items(plan.id, { class: "write", limit: 10 })).map((one) => `${one.title} ${one.state}`),
    ),
    new Set(["Ann Lee excluded", "Bob Ray done"]),
  );
});

test("after a plan was applied, whatever people edit and merge, read or not: undoing it returns what nobody touched, and nothing else", async () => {
  const FIELDS = ["lastName", "title", "company"] as const;
  const AT = { lastName: "last", title: "tel", company: "firm" } as const;
  const PEOPLE = 5;
  const whom = fc.nat(PEOPLE - 1);
  const which = fc.constantFrom(...FIELDS);
  const edits = (maxLength: number) =>
    fc.uniqueArray(fc.record({ whom, field: which, there: fc.boolean() }), {
      maxLength,
      selector: (one) => `${one.whom} ${one.field}`,
    });
  let merged = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.record({ whom, field: which }), {
        minLength: 1,
        maxLength: 8,
        selector: (one) => `${one.whom} ${one.field}`,
      }),
      edits(6),
      fc.option(fc.tuple(whom, whom)),
      fc.boolean(),
      fc.boolean(),
      async (changes, foreign, pair, mergedFirst, unread) => {
        await using world = await createTernWorld(
          (tern) => {
            for (let n = 0; n < PEOPLE; n++)
              tern.add("person", {
                first: `P${n}`,
                last: `L${n}`,
                mail: `p${n}@example.com`,
                tel: `t${n}`,
                firm: `f${n}`,
              });
          },
          { mode: "plan" },
        );
        const people = (await world.people()).toSorted((a, b) =>
          (a.fields["firstName"] as string) < (b.fields["firstName"] as string) ? -1 : 1,
        );
        const recordOf = (n: number): string => `person_${String(n + 1).padStart(6, "0")}`;
        for (const one of changes) await world.save({ [one.field]: `${one.field} planned` }, people[one.whom]!.id);
        const { id } = await world.plans.create({}, "tester");
        await world.plans.settled(id);
        await applied(world, id);
        world.clock.advance(60_000);

        const [lost, kept] = pair && pair[0] !== pair[1] ? pair : [undefined, undefined];
        const merge = async (): Promise<void> => {
          if (lost === undefined) return;
          world.tern.merge("person", recordOf(lost), recordOf(kept!));
          if (!unread) await world.cycle();
          merged += 1;
        };
        const touched = new Map<string, string>();
        if (mergedFirst) await merge();
        for (const one of foreign) {
          if (one.whom === lost) continue;
          const value = `${one.field} foreign`;
          touched.set(`${one.whom} ${one.field}`, value);
          if (one.there) world.tern.edit("person", recordOf(one.whom), { [AT[one.field]]: value });
          else await world.save({ [one.field]: value }, people[one.whom]!.id);
        }
        if (!unread) await world.cycle();
        if (!mergedFirst) await merge();

        const undo = await planned(world, { run: id });
        await applied(world, undo.id);
        await world.cycle();
        const now = new Map((await world.people()).map((one) => [one.id, one.fields]));
        assert.equal(now.has(people[lost ?? 0]!.id), lost === undefined, "who was merged away is not brought back");
        for (let n = 0; n < PEOPLE; n++) {
          if (n === lost) continue;
          for (const field of FIELDS) {
            const was = people[n]!.fields[field];
            const why = `${n} ${field}`;
            assert.equal(now.get(people[n]!.id)![field], touched.get(why) ?? was, `${why} here`);
            // An edit made here waits for a plan of its own, but where the same record is written, which the plan says.
            const edited = foreign.find((one) => `${one.whom} ${one.field}` === why);
            const stood = changes.some((one) => `${one.whom} ${one.field}` === why) ? `${field} planned` : was;
            const line = undo.items.find((one) => one.class === "write" && one.recordId === recordOf(n));
            const waits = line?.fields[field] === undefined ? stood : line.fields[field].new;
            const wanted = edited === undefined ? was : edited.there ? touched.get(why) : waits;
            assert.equal(world.tern.people.get(recordOf(n))!.fields[AT[field]], wanted, `${why} there`);
          }
        }
      },
    ),
    { numRuns: 8 },
  );
  assert.ok(merged > 1, `${merged} of them merged`);
});
