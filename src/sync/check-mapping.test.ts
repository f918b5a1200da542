import assert from "node:assert/strict";
import { test } from "node:test";
import { createTernWorld } from "../../test/support/world.ts";
import type { JsonObject } from "../base/json.ts";

const row = (field: string, record: string, transform: string, more: object = {}): JsonObject => ({
  field,
  record,
  transform,
  ...more,
});
const person = (...rows: JsonObject[]): JsonObject => ({ kind: "person", stage: "lead", rows });
/** Two of the vendor's words become one of ours. */
const LOSSY = { options: { table: { a: "x", b: "x" } } };

test("a row that loses something both ways is named with the value that shows it, and offered one way", async () => {
  await using world = await createTernWorld();
  const stream = await world.stream("person");
  const check = await world.connections.checkMapping(
    stream.id,
    person(row("email", "mail", "email"), row("title", "tel", "picklist", LOSSY)),
  );
  assert.equal(check.usable, false);
  assert.deepEqual(
    check.problems.map((one) => [one.pointer, one.code]),
    [["/rows/1/direction", "mapping.one_way"]],
  );
  assert.match(check.problems[0]!.message, /cannot go both ways here: several of the vendor.s values become "x"/u);
  const rows = check.offer!["rows"] as JsonObject[];
  assert.deepEqual([rows[0]!["direction"], rows[1]!["direction"]], [undefined, "in"]);
  const offered = await world.connections.checkMapping(stream.id, check.offer!);
  assert.deepEqual([offered.usable, offered.problems], [true, []]);
  assert.equal((await world.stream("person")).mappingVersion, stream.mappingVersion);
});

test("what can only be written is offered so, and nothing is offered where something else is wrong, too", async () => {
  await using world = await createTernWorld();
  const { id } = await world.stream("person");
  const template = { ...row("", "tel", "template", { options: { template: "{firstName} {lastName}" } }) };
  template["field"] = ["firstName", "lastName"];
  const check = await world.connections.checkMapping(id, person(row("email", "mail", "email"), template));
  assert.equal((check.offer!["rows"] as JsonObject[])[1]!["direction"], "out");
  const wrong = await world.connections.checkMapping(
    id,
    person(row("emial", "mail", "email"), row("title", "tel", "picklist", LOSSY)),
  );
  assert.deepEqual([wrong.usable, wrong.problems.length, wrong.offer], [false, 2, null]);
});

test("the specification's JSON is checked as written: its asymmetries are told in words, and it becomes a document", async () => {
  await using world = await createTernWorld();
  const { id } = await world.stream("person");
  const check = await world.connections.checkMapping(id, {
    field_mappings: {
      crm: { "lead.email": "person.mail", "lead.title": "person.tel" },
      winston: { "person.mail": "lead.email", "person.firm": "lead.company" },
    },
  });
  assert.equal(check.usable, true);
  assert.deepEqual(
    (check.document!["rows"] as JsonObject[]).map((one) => [one["field"], one["direction"]]),
    [
      ["email", "both"],
      ["title", "out"],
      ["company", "in"],
    ],
  );
  assert.match(
    check.notes.join("\n"),
    /lead\.title is written to person\.tel and never read: .*\n?.*lead\.company is read from person\.firm and never written/u,
  );
});
