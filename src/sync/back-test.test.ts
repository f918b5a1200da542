import assert from "node:assert/strict";
import { test } from "node:test";
import { fc } from "../../test/support/fast-check.ts";
import { assertSame, everyRecord, planned, row, told, withRows } from "../../test/support/back-test.ts";
import { createTernWorld } from "../../test/support/world.ts";
import { isError } from "../base/errors.ts";
import type { JsonObject } from "../base/json.ts";
import type { BackTest } from "./mappings.ts";

const people = [
  { first: "Ann", last: "Lee", mail: "ann@example.com", tel: "415 555 0100", firm: "Acme", score: 7 },
  { first: "Bob", last: "Ray", mail: "bob@example.com", tel: "reception", firm: "ACME", score: 0 },
  { first: " Cy ", last: "Fox", mail: null, tel: null, firm: null, score: null },
  { first: "Di", last: "Oh", mail: "di@example.com", tel: "+14155550100", firm: "Zeta", score: 12 },
];

test("what a mapping would do is told row by row, as a plan of it says, and nothing of it is done", async () => {
  await using world = await createTernWorld((tern) => people.forEach((one) => tern.add("person", one)));
  const before = [await world.people(), world.tern.writes.length, (await world.stream("person")).mappingVersion];
  const document = await withRows(world, [
    row("phone", "tel", "phone", { direction: "in", options: { country: "US" } }),
    row("firstName", "first", "trim"),
    row("company", "firm", "picklist", { options: { table: { Acme: "acme", ACME: "big" } } }),
  ]);
  const { id } = await world.stream("person");
  const found = await world.mappings.backTest(id, { document });
  const of = (field: string) => found.rows.find((one) => one.field === field)!;
  assert.deepEqual([found.records, found.outside, found.version], [4, 0, null]);
  assert.deepEqual(of("phone").counts, { ok: 2, coerced: 1, rejected: 0, unchanged: 1, unread: 0 });
  // Another spelling of the same changes nothing, under the transform's own equality.
  assert.deepEqual(of("firstName").counts, { ok: 0, coerced: 0, rejected: 0, unchanged: 4, unread: 0 });
  assert.deepEqual(of("company").counts, { ok: 2, coerced: 0, rejected: 1, unchanged: 1, unread: 0 });
  assert.deepEqual(
    of("company").rejections.map(({ rule, code, count }) => [rule, code, count]),
    [["picklist", "value.unreadable", 1]],
  );
  assert.match(of("company").rejections[0]!.message, /"Zeta" is not in the row's table/u);
  const [coerced] = of("phone").examples.filter((one) => one.verdict === "coerced");
  assert.deepEqual(
    [coerced!.title, coerced!.there, coerced!.here, coerced!.effects],
    [
      "Ann Lee",
      ["415 555 0100"],
      ["+14155550100"],
      [{ field: "phone", side: "here", old: null, new: "+14155550100", rule: null }],
    ],
  );
  assertSame(told(await everyRecord(world, document)), await planned(world, document));
  assert.deepEqual(
    [await world.people(), world.tern.writes.length, (await world.stream("person")).mappingVersion],
    before,
    "nothing was changed",
  );
});

test("a field that is newly mapped meets as for the first time: blanks fill on both sides, differences are conflicts, and what no value can say is refused", async () => {
  await using world = await createTernWorld((tern) => people.forEach((one) => tern.add("person", one)));
  // Read, and of no field of ours.
  await world.mapAlso("person", [
    row("rating", "score", "template", { direction: "in", options: { template: "{score}" } }) as never,
  ]);
  const all = await world.people();
  const byName = (last: string) => all.find((one) => one.fields["lastName"] === last)!.id;
  await world.save({ status: "one" }, byName("Lee"));
  await world.save({ status: "open" }, byName("Fox"));
  await world.save({ status: "two" }, byName("Oh"));
  await world.settle();
  const table = { 7: "one", 12: "three", 2: "two" };
  const document = await withRows(world, [
    row("rating", [], "constant", { direction: "in", options: { value: "x" } }),
    row("status", "score", "picklist", { options: { table } }),
  ]);
  const trials = await everyRecord(world, document);
  const statuses = trials.map(
    ({ rows }) =>
      rows.find((one) => one.effects.some(({ field }) => field === "status") || one.verdict === "rejected")?.verdict ??
      "none",
  );
  assert.deepEqual(statuses, ["none", "rejected", "rejected", "ok"]);
  assertSame(told(trials), await planned(world, document));
  const { rows } = await world.mappings.backTest((await world.stream("person")).id, { document });
  const { unwritable } = rows.find((one) => one.field === "status")!;
  assert.equal(unwritable.count, 1);
  assert.match(unwritable.message!, /"open" is not in the row's table/u);
});

test("a field that is mapped again meets as for the first time: what was agreed on before counts no more", async () => {
  await using world = await createTernWorld((tern) => people.forEach((one) => tern.add("person", one)));
  const again = await withRows(world, []);
  const { id } = await world.stream("person");
  const rows = (again["rows"] as { field: string }[]).map((one) =>
    one.field === "title" ? row("status", "tel", "text", { direction: "in" }) : one,
  );
  await world.connections.putMapping(id, { ...again, rows } as JsonObject, "test");
  await world.settle();
  world.clock.advance(1_000);
  const [first, second] = world.tern.living("person");
  world.tern.edit("person", first![0], { tel: "9" });
  world.tern.edit("person", second![0], { tel: null });
  await world.cycle();
  const trials = await everyRecord(world, again);
  const effects = trials.flatMap((one) => one.rows).flatMap((one) => one.effects);
  assert.deepEqual(effects.map(({ field, side, new: fresh }) => `${field} ${side} ${fresh as string}`).toSorted(), [
    "title conflict 9",
    "title here 9",
    "title there reception",
  ]);
  assertSame(told(trials), await planned(world, again));
});

test("a field that was never read is said to be so, and a filter is asked under the new mapping", async () => {
  await using world = await createTernWorld((tern) => people.forEach((one) => tern.add("person", one)));
  const { id } = await world.stream("person");
  const unread = await world.mappings.backTest(id, {
    document: await withRows(world, [row("employees", "score", "number")]),
  });
  assert.deepEqual(unread.rows.at(-1)!.counts, { ok: 0, coerced: 0, rejected: 0, unchanged: 0, unread: 4 });
  await world.connections.updateStream(
    id,
    { filter: { in: 'company == "Acme" || company == "" || company == "ACME"' } },
    "test",
  );
  await world.settle();
  const document = await withRows(world, [
    row("company", "firm", "picklist", { options: { table: { Acme: "acme", ACME: "ACME", Zeta: "Acme" } } }),
  ]);
  const trials = await everyRecord(world, document);
  assert.deepEqual(
    trials.map((one) => one.outside),
    [true, false, false, false],
  );
  assertSame(told(trials), await planned(world, document));
});

test("the mapping in force changes nothing of what is in step, and what cannot be put is refused before a record is looked at", async () => {
  await using world = await createTernWorld((tern) => people.forEach((one) => tern.add("person", one)));
  const { id } = await world.stream("person");
  const found: BackTest = await world.mappings.backTest(id, {});
  assert.equal(found.version, 1);
  for (const { counts } of found.rows)
    assert.deepEqual(counts, { ok: 0, coerced: 0, rejected: 0, unchanged: 4, unread: 0 });
  const lossy = await withRows(world, [row("company", "firm", "picklist", { options: { otherwise: "null" } })]);
  await assert.rejects(world.mappings.backTest(id, { document: lossy }), (error) => isError(error, "mapping.invalid"));
  await assert.rejects(world.mappings.test(id, "person_999999"), (error) => isError(error, "not.found"));
});

test("whatever mapping is tried on whatever records, a plan of it says the same", async () => {
  const cell = fc.constantFrom(null, "", "a", " A ", "Acme", "7", "yes", "x@EX.com", "415 555 0100");
  const person = fc.record({
    first: cell,
    last: cell,
    mail: fc.constantFrom(null, "b@example.com"),
    tel: cell,
    firm: cell,
    score: fc.constantFrom(null, 1, 2.5),
    silent: fc.boolean(),
  });
  const table = { Acme: "acme", a: "A", "7": "seven" };
  const way = fc.constantFrom("both", "in", "out");
  const candidates = [
    row("title", "tel", "trim"),
    row("title", "tel", "phone", { options: { country: "US" } }),
    row("title", "tel", "email"),
    row("title", "tel", "picklist", { options: { table } }),
    row("company", "firm", "picklist", { options: { table, otherwise: "pass" } }),
    row("company", "firm", "trim", { onCreate: "[unknown]", rule: "winston" }),
    row("status", "firm", "text"),
    row("phone", "tel", "phone", { rule: "record" }),
    row("employees", "tel", "number", { rule: "nonBlank" }),
    row("doNotCall", "firm", "boolean"),
    row(["firstName", "lastName"], "first", "fullName"),
    row("lastName", "last", "trim", { rule: "ask" }),
  ];
  await fc.assert(
    fc.asyncProperty(
      fc.array(person, { minLength: 1, maxLength: 5 }),
      fc.array(fc.tuple(fc.constantFrom(...candidates), way), { minLength: 1, maxLength: 4 }),
      fc.array(fc.record({ at: fc.nat(4), title: cell, status: cell, company: cell }), { maxLength: 3 }),
      async (records, chosen, edits) => {
        await using world = await createTernWorld((tern) =>
          records.forEach((one, at) => tern.add("person", { ...one, mail: one.mail && `${at}${one.mail}` })),
        );
        const all = await world.people();
        for (const { at, ...fields } of edits) {
          const [entity] = [all[at % all.length]!];
          await world.save(fields, entity.id);
        }
        await world.settle();
        await world.cycle();
        // Each field of either side in one row: the first that names it.
        const [ours, theirs] = [new Set<string>(), new Set<string>()];
        const rows = chosen.flatMap(([one, direction]) => {
          const names = [one.field as string | string[]].flat();
          if (names.some((name) => ours.has(name)) || theirs.has(one.record as string)) return [];
          names.forEach((name) => ours.add(name));
          theirs.add(one.record as string);
          return [{ ...one, direction } as { field: string; record: string }];
        });
        const full = await withRows(world, rows);
        const document = {
          ...full,
          rows: (full["rows"] as { record: string; field: string }[]).filter(
            (one) => rows.some((mine) => mine.field === one.field) || !theirs.has(one.record),
          ),
        } as JsonObject;
        const { usable } = await world.connections.checkMapping((await world.stream("person")).id, document);
        fc.pre(usable);
        assertSame(told(await everyRecord(world, document)), await planned(world, document));
      },
    ),
    { numRuns: 12 },
  );
});
