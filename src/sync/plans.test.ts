import assert from "node:assert/strict";
import { test } from "node:test";
import { isError } from "../base/errors.ts";
import type { Tern } from "../../test/support/tern.ts";
import { ann, createTernWorld, type TernWorld } from "../../test/support/world.ts";
import type { Tx } from "../store/database.ts";
import { park } from "../store/parked.ts";
import { tickOff } from "../store/plan.ts";
import { sql } from "../store/sql.ts";

/** A plan of everything, ready. */
async function planOf(world: TernWorld, ask: { connection?: string; stream?: string } = {}) {
  const { id } = await world.plans.create(ask, "tester");
  const plan = await world.plans.settled(id);
  assert.equal(plan.state, "ready", JSON.stringify(plan.error));
  return { ...plan, items: await world.plans.items(id, { limit: 1_000 }) };
}

const lines = (items: Awaited<ReturnType<typeof planOf>>["items"], only = "write") =>
  items
    .filter((one) => one.class === only)
    .map(({ op, stream, title, fields }) => [
      op,
      stream,
      title,
      Object.fromEntries(
        Object.entries(fields).map(([field, cells]) => [
          field,
          `${String(cells.old as string)} → ${String(cells.new as string)}`,
        ]),
      ),
    ]);

/** Everything a plan must leave alone. */
const stored = (world: TernWorld) =>
  world.database.rows(sql`
    select 'entity' as of, id::text, version::text as what from entity union all select 'link', record_id, baseline::text from link
    union all select 'intent', entity_id::text, state from intent union all select 'wake', stream_id::text, (wanted - done)::text from wake
    union all select 'lane', stream_id::text || lane, coalesce(checkpoint::text, '') || coalesce(watermark::text, '') from lane order by 1, 2, 3`);

test("a plan says field by field what a sync would write on each side, and writes nothing", async () => {
  await using world = await createTernWorld((tern) => void tern.add("person", ann), { mode: "plan" });
  const [person] = await world.people();
  await world.save({ lastName: "Leigh" }, person!.id);
  await world.save({ lastName: "New", company: "Acme" });
  const before = await stored(world);
  world.tern.edit("person", "person_000001", { tel: "2" });
  const plan = await planOf(world);
  assert.deepEqual(lines(plan.items), [
    ["create", "person", "New", { lastName: "null → New", company: "null → Acme" }],
    ["update", "person", "Ann Leigh", { lastName: "Lee → Leigh" }],
  ]);
  const update = plan.items.find((one) => one.class === "write" && one.op === "update")!;
  assert.deepEqual(update.fields, { lastName: { old: "Lee", new: "Leigh", from: "test", rule: null } });
  assert.equal(plan.items.find((one) => one.class === "here")!.fields["title"]!.from, "connection:tern");
  assert.deepEqual(
    lines(plan.items, "here").map(([op, , title]) => [op, title]),
    [["update", "Ann Leigh"]],
  );
  assert.deepEqual(world.tern.writes, []);
  assert.deepEqual(await stored(world), before);
  const left = await world.database.rows(sql`select nspname from pg_namespace where nspname like 'rehearsal%'`);
  assert.deepEqual(left, []);
});

test("a plan of a quiet world is empty", async () => {
  await using world = await createTernWorld((tern) => void tern.add("person", ann));
  await world.save({ lastName: "New", company: "Acme" });
  await world.settle();
  const plan = await planOf(world);
  assert.deepEqual(plan.items, []);
  assert.deepEqual(plan.totals, []);
});

test("what waits for a person is in no line of a plan, and is counted beside them; an undo has nothing to do with it", async () => {
  await using world = await createTernWorld((tern) => void tern.add("person", ann));
  const { id } = await world.stream("person");
  const subject = "person_000099";
  const of = { streamId: id, side: "pull", mapping: 1, runId: null, at: world.clock.now() } as const;
  await world.database.transaction((tx) =>
    park(tx, of, [{ subject, reason: "value.refused", message: "No.", field: null, vendor: null }]),
  );
  const none = { held: 0, parked: 0, conflicts: 0, duplicates: 0, braked: 0 };
  const plan = await planOf(world);
  assert.deepEqual([plan.items, plan.waiting], [[], { ...none, parked: 1 }]);
  assert.deepEqual((await planOf(world, { stream: "company" })).waiting, none, "of other streams it is not told");
  const undo = await world.plans.undo({ since: world.clock.now() }, "tester");
  assert.equal((await world.plans.settled(undo.id)).waiting, null);
});

test("a write whose outcome stayed unknown is our own for a plan too: what it put there is nobody's edit", async () => {
  await using world = await createTernWorld((tern) => void tern.add("person", ann), { mode: "plan" });
  const [person] = await world.people();
  await world.save({ title: "second" }, person!.id);
  const { id } = await world.stream("person");
  await world.database.run(sql`
    insert into write (at, attempt_id, stream_id, entity_id, record_id, op, version, before, sent, outcome)
    values (${new Date(world.clock.now())}, ${person!.id}::uuid, ${id}, ${person!.id}::uuid, 'person_000001', 'update', 2, '{"title": "1"}', '{"title": "first"}', 'unknown')`);
  world.clock.advance(1_000);
  world.tern.edit("person", "person_000001", { tel: "first" });
  const plan = await planOf(world);
  assert.deepEqual(lines(plan.items, "conflict"), []);
  assert.deepEqual(lines(plan.items), [["update", "person", "Ann Lee", { title: "first → second" }]]);
});

test("a write that comes to its end while lines are ticked off is done, at whatever moment of that", async () => {
  for (let moment = 1; moment <= 4; moment++) {
    await using world = await createTernWorld((tern) => void tern.add("person", ann), { mode: "plan" });
    const [person] = await world.people();
    await world.save({ lastName: "Leigh" }, person!.id);
    const plan = await planOf(world);
    await world.plans.apply(plan.id, {}, "tester");
    let statements = 0;
    const between = async (): Promise<void> => {
      if (++statements !== moment) return;
      // What storing the outcome of the write does, before its run ticks off its own.
      await world.database.transaction(async (tx) => {
        await tx.run(sql`update link set baseline = baseline || '{"lastName": "Leigh"}'`);
        await tx.run(sql`delete from intent`);
        await tx.run(sql`update wake set done = wanted`);
      });
    };
    await world.database.transaction(async (tx) => {
      const beside: Tx = {
        raw: tx.raw,
        rows: async (query) => (await between(), tx.rows(query)),
        one: async (query) => (await between(), tx.one(query)),
        run: async (query) => (await between(), tx.run(query)),
      };
      await tickOff(beside, world.clock.now());
      await tickOff(tx, world.clock.now());
    });
    const { state } = (await world.plans.items(plan.id, { class: "write", limit: 5 }))[0]!;
    assert.equal(state, "done", `before statement ${moment}`);
  }
});

test("what is applied is the plan, and nothing that came after it", async () => {
  await using world = await createTernWorld((tern) => void tern.add("person", ann), { mode: "plan" });
  const [person] = await world.people();
  await world.save({ lastName: "Leigh" }, person!.id);
  const plan = await planOf(world);
  await world.save({ lastName: "Later", company: "x" });
  await world.settle();
  assert.deepEqual(world.tern.writes, [], "nothing goes without approval");
  await world.plans.apply(plan.id, {}, "tester");
  await world.settle();
  assert.deepEqual(world.tern.writes, [{ op: "update", ids: ["person_000001"] }]);
  assert.equal(world.tern.people.get("person_000001")!.fields["last"], "Leigh");
  const done = await world.plans.get(plan.id);
  assert.equal(done.state, "applied");
  assert.equal(done.approvedBy, "tester");
  assert.deepEqual(
    (await world.plans.items(plan.id, { limit: 10 })).map(({ op, state }) => [op, state]),
    [["update", "done"]],
  );
});

test("a record that changed since is left out, with what is otherwise now; the rest goes", async () => {
  await using world = await createTernWorld(
    (tern) => {
      tern.add("person", ann);
      tern.add("person", { first: "Bob", last: "Ray", mail: "bob@example.com", tel: "5", firm: "Bolt" });
    },
    { mode: "plan" },
  );
  const [one, two] = await world.people();
  await world.save({ lastName: "One" }, one!.id);
  await world.save({ lastName: "Two" }, two!.id);
  const plan = await planOf(world);
  await world.save({ lastName: "Another" }, two!.id);
  await world.plans.apply(plan.id, {}, "tester");
  await world.settle();
  const items = await world.plans.items(plan.id, { limit: 10 });
  assert.deepEqual(
    items.map(({ title, state, reason }) => [title, state, reason]),
    [
      [`${one!.fields["firstName"] as string} One`, "done", null],
      [`${two!.fields["firstName"] as string} Two`, "skipped", 'The lastName is "Another" by now; the plan has "Two".'],
    ],
  );
  assert.equal((await world.plans.get(plan.id)).state, "applied");
});

test("strict writes nothing where anything changed, and names it", async () => {
  await using world = await createTernWorld((tern) => void tern.add("person", ann), { mode: "plan" });
  const [person] = await world.people();
  await world.save({ lastName: "Leigh" }, person!.id);
  const plan = await planOf(world);
  await world.save({ lastName: "Other" }, person!.id);
  await assert.rejects(world.plans.apply(plan.id, { strict: true }, "tester"), (error) => {
    assert.ok(isError(error, "plan.stale"));
    assert.match(error.message, /nothing was written\. Changed since: #1 Ann Leigh\. A new plan is ready: /u);
    return true;
  });
  await world.settle();
  assert.deepEqual(world.tern.writes, []);
});

test("of many that changed strict names twenty, and says how many more there are", async () => {
  const count = 23;
  const fill = (tern: Tern): void => {
    for (let nth = 0; nth < count; nth++) tern.add("person", { ...ann, mail: `ann${nth}@example.com` });
  };
  await using world = await createTernWorld(fill, { mode: "plan" });
  const people = await world.people();
  for (const { id } of people) await world.save({ lastName: "Leigh" }, id);
  const plan = await planOf(world);
  for (const { id } of people) await world.save({ lastName: "Other" }, id);
  await assert.rejects(world.plans.apply(plan.id, { strict: true }, "tester"), (error) => {
    assert.ok(isError(error, "plan.stale"));
    assert.equal(error.message.match(/#\d+ Ann Leigh/gu)?.length, 20);
    assert.match(error.message, / and 3 more, which the new plan shows\. A new plan is ready: /u);
    return true;
  });
});

test("strict goes where nothing changed, and what a person leaves out stays unwritten", async () => {
  await using world = await createTernWorld((tern) => void tern.add("person", ann), { mode: "plan" });
  const [person] = await world.people();
  await world.save({ lastName: "Leigh" }, person!.id);
  await world.save({ lastName: "New", company: "Acme" });
  const plan = await planOf(world);
  const left = plan.items.find((one) => one.op === "create")!;
  await world.plans.apply(plan.id, { strict: true, exclude: [left.number] }, "tester");
  await world.settle();
  assert.deepEqual(
    world.tern.writes.map(({ op }) => op),
    ["update"],
  );
  const again = await planOf(world);
  assert.deepEqual(
    lines(again.items).map(([op]) => op),
    ["create"],
  );
});

test("what a plan brings of records that were never read is made, linked and written as it says", async () => {
  await using world = await createTernWorld((tern) => void tern.add("person", ann), { mode: "plan" });
  const other = await world.connect("other", "plan");
  await world.settle();
  world.tern.add("person", { first: "Cy", last: "Young", mail: "cy@example.com", tel: "7", firm: "Cog" });
  const plan = await planOf(world);
  assert.deepEqual(
    lines(plan.items).map(([op, stream, title]) => [op, stream, title]),
    [
      ["create", "person", "Ann Lee"],
      ["create", "person", "Cy Young"],
    ].map((one) => [...one]),
  );
  assert.deepEqual(
    new Set(plan.items.filter((one) => one.class === "write").map((one) => one.connection)),
    new Set(["other"]),
  );
  await world.plans.apply(plan.id, {}, "tester");
  await world.settle();
  assert.equal(other.name, "other");
  assert.deepEqual(
    world.other
      .living("person")
      .map(([, row]) => row.fields["last"] as string)
      .toSorted((a, b) => a.localeCompare(b)),
    ["Lee", "Young"],
  );
  assert.equal((await world.plans.get(plan.id)).state, "applied");
});

test("a connection that observes gets nothing: applying says which and what to do", async () => {
  await using world = await createTernWorld((tern) => void tern.add("person", ann), { mode: "observe" });
  const [person] = await world.people();
  await world.save({ lastName: "Leigh" }, person!.id);
  const plan = await planOf(world);
  assert.equal(lines(plan.items).length, 1);
  await assert.rejects(
    world.plans.apply(plan.id, {}, "tester"),
    /tern is in observe: nothing is written there\. `winston connections mode tern plan`/u,
  );
});

test("a plan that cannot read everything is none, and says why", async () => {
  await using world = await createTernWorld((tern) => void tern.add("person", ann), { mode: "plan" });
  world.tern.beforePage = () => {
    throw new Error("the page is torn");
  };
  const { id } = await world.plans.create({}, "tester");
  const plan = await world.plans.settled(id);
  assert.equal(plan.state, "failed");
  assert.match(plan.error!.message, /^Not all could be read, so nothing is planned\. tern /u);
  await assert.rejects(world.plans.apply(id, {}, "tester"), /is failed and cannot be applied/u);
});

test("what the brake would hold is said, and is no line of the plan", async () => {
  await using world = await createTernWorld(
    (tern) => {
      for (let index = 0; index < 120; index++)
        tern.add("person", { ...ann, last: `L${index}`, mail: `l${index}@example.com` });
    },
    { mode: "plan" },
  );
  for (let index = 1; index <= 80; index++) world.tern.remove("person", `person_${String(index).padStart(6, "0")}`);
  const plan = await planOf(world);
  assert.match(plan.notes.join(" "), /The brake would hold \d+ deletions of tern person until a person decides/u);
  assert.deepEqual(lines(plan.items), []);
  assert.deepEqual(await world.brakes.list({ on: true, limit: 10 }), [], "nothing was stopped, for nothing was done");
});

test("a line says by which rule a value stands, where one decided and nobody set it since", async () => {
  await using world = await createTernWorld((tern) => void tern.add("person", ann), { mode: "plan" });
  const [person] = await world.people();
  world.tern.edit("person", "person_000001", { last: "There" });
  world.clock.advance(1_000);
  await world.save({ lastName: "Here", title: "new" }, person!.id);
  const written = async () => {
    const plan = await world.plans.settled((await world.plans.create({}, "test")).id);
    const [line] = await world.plans.items(plan.id, { class: "write", limit: 5 });
    return ["lastName", "title"]
      .flatMap((field) => (line!.fields[field] ? [[field, line!.fields[field]] as const] : []))
      .map(([field, one]) => [field, one.new, one.from, one.rule]);
  };
  const decided = [
    ["lastName", "Here", "test", "newest"],
    ["title", "new", "test", null],
  ];
  assert.deepEqual(await written(), decided, "decided on the stage");
  await world.cycle();
  assert.deepEqual(await written(), decided, "and of a decision that was made before");
  world.clock.advance(1_000);
  await world.save({ lastName: "Later" }, person!.id);
  assert.deepEqual((await written())[0], ["lastName", "Later", "test", null]);
});

test("references of a plan's lines are named, also where the plan itself would make what they name", async () => {
  await using world = await createTernWorld();
  await world.connect("other", "plan");
  await world.settle();
  const parent = world.tern.add("company", { title: "Parent" });
  world.tern.add("company", { title: "Child", parent });
  const plan = await world.plans.settled((await world.plans.create({}, "test")).id);
  const lines = await world.plans.items(plan.id, { limit: 20 });
  const of = lines.filter((one) => one.title === "Child" && Object.hasOwn(one.fields, "parent"));
  assert.deepEqual(
    of.map((one) => [one.class, one.names]),
    of.map((one) => [one.class, { [String(one.fields["parent"]!.new)]: "Parent" }]),
  );
  assert.ok(of.length > 0, JSON.stringify(lines));
});

test("a plan of a stream has a line for each conflict, likely duplicate and blank, with what it is and why, and counts them", async () => {
  const person = (first: string, last: string) => ({
    first,
    last,
    mail: `${first}@example.com`,
    tel: "1",
    firm: "Acme",
  });
  const dan = person("Dan", "Fox");
  const fill = (tern: Tern, _: unknown, other: Tern): void => {
    for (const one of [person("Ann", "Lee"), person("Bob", "Ray"), person("Cleo", "Poe")])
      for (const vendor of [tern, other]) vendor.add("person", one);
    other.add("person", dan);
  };
  await using world = await createTernWorld(fill, { mode: "plan" });
  await world.connect("other", "plan");
  await world.settle();
  await world.mapAlso("person", [{ field: "title", record: "tel", direction: "both", transform: "text", rule: "ask" }]);
  const ids = new Map((await world.people()).map((one) => [one.fields["firstName"], one.id]));
  assert.equal(ids.size, 4, "who is at both is one person");
  world.tern.edit("person", "person_000001", { last: "There" });
  world.tern.edit("person", "person_000002", { tel: "there" });
  world.tern.edit("person", "person_000003", { firm: null });
  world.tern.add("person", { ...dan, last: "Hare" });
  world.clock.advance(1_000);
  await world.save({ lastName: "Here" }, ids.get("Ann"));
  await world.save({ title: "here" }, ids.get("Bob"));

  const plan = await planOf(world, { connection: "tern", stream: "person" });
  const told = plan.items.map((one) => [one.class, one.op, one.connection, one.title, one.fields, one.detail]);
  const cell = (was: unknown, is: unknown, from: string | null, rule: string | null = null) => ({
    old: was,
    new: is,
    from,
    rule,
  });
  const made = Object.entries({ firstName: "Dan", lastName: "Hare", email: dan.mail, title: "1", company: "Acme" });
  const hare = plan.items.find((one) => one.title === "Dan Hare")!;
  assert.deepEqual(told, [
    ["write", "update", "tern", "Ann Here", { lastName: cell("There", "Here", "test", "newest") }, null],
    ["write", "update", "other", "Ann Here", { lastName: cell("Lee", "Here", "test", "newest") }, null],
    ["write", "update", "other", "Cleo Poe", { company: cell("Acme", null, "connection:tern") }, null],
    [
      "here",
      "create",
      "tern",
      "Dan Hare",
      Object.fromEntries(made.map(([field, value]) => [field, cell(null, value, "connection:tern")])),
      null,
    ],
    ["here", "update", null, "Cleo Poe", { company: cell("Acme", null, "connection:tern") }, null],
    ["duplicate", "ask", null, "Dan Fox", {}, { other: hare.entityId, otherTitle: "Dan Hare" }],
    [
      "conflict",
      "winston",
      "tern",
      "Ann Here",
      { lastName: cell("There", "Here", null, "newest") },
      { field: "lastName", baseline: "Lee", winston: "Here", record: "There", rule: "newest" },
    ],
    // Nobody decided yet: what both last agreed on, and nothing after it.
    [
      "conflict",
      "open",
      "tern",
      "Bob Ray",
      { title: cell("1", null, null, "ask") },
      { field: "title", baseline: "1", winston: "here", record: "there", rule: "ask" },
    ],
  ]);
  assert.deepEqual(
    plan.items.filter((one) => one.class === "duplicate").map((one) => [one.entityId, one.planned]),
    [[ids.get("Dan"), false]],
  );
  assert.deepEqual(
    plan.totals.map((one) => [one.class, one.op, one.connection, one.count, one.blanks]),
    [
      ["conflict", "open", "tern", 1, 0],
      ["conflict", "winston", "tern", 1, 0],
      ["duplicate", "ask", null, 1, 0],
      ["here", "create", "tern", 1, 0],
      ["here", "update", null, 1, 1],
      ["write", "update", "other", 2, 1],
      ["write", "update", "tern", 1, 0],
    ],
  );
});
