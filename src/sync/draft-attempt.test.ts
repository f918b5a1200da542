// What one entity needs sent, from plain values: the mapping is a real one, and nothing is stored.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonObject } from "../base/json.ts";
import { compileMapping, parseMappingDocument, type RecordField } from "../mapping/document.ts";
import { standardFields } from "../mapping/kinds.ts";
import type { EntityRow } from "../store/entity.ts";
import type { ActiveLink } from "../store/link.ts";
import type { StreamContext } from "./context.ts";
import { attemptFor, removal, unsaid, type Around } from "./draft.ts";

type Rows = Record<string, unknown>[];

const text = (field: string, record: string, more: object = {}): Rows[number] => ({
  field,
  record,
  transform: "text",
  ...more,
});
const reference = (field: string, record: string, options?: JsonObject): Rows[number] => ({
  field,
  record,
  transform: "reference",
  ...(options ? { options } : {}),
});

const PEOPLE: Rows = [
  text("firstName", "First"),
  text("lastName", "Last", { onCreate: "?" }),
  text("title", "Title"),
  reference("account", "Employer"),
  reference("owner", "Owner"),
];
const TIES: Rows = [
  reference("deal", "Deal"),
  reference("contact", "Contact"),
  { field: "role", record: "Role", transform: "picklist" },
];
const TIED: RecordField[] = [
  { name: "Deal", required: true, updateable: false },
  { name: "Contact", required: true, updateable: false },
  { name: "Role" },
];

/** A stream of people, or as `more` says, which can do everything. */
function stream(
  more: {
    kind?: string;
    rows?: Rows;
    fields?: RecordField[];
    declaration?: object;
    stage?: string | null;
  } = {},
): StreamContext {
  const { kind = "person", rows = PEOPLE, fields, declaration = {}, stage = null } = more;
  const mapping = compileMapping({
    document: parseMappingDocument({ kind, rows }),
    kindFields: standardFields(kind),
    recordFields: fields,
  });
  return {
    connection: { id: "c", name: "tern" },
    stream: { id: 7, kind, stage },
    declaration: { create: true, update: true, delete: true, ...declaration },
    mapping,
  } as unknown as StreamContext;
}

const entity = (fields: JsonObject, more: Partial<EntityRow> = {}): EntityRow => ({
  id: "e1",
  kind: "person",
  stage: null,
  fields,
  origin: {},
  version: 4,
  createdAt: 0,
  updatedAt: 0,
  deletedAt: null,
  mergedInto: null,
  ...more,
});

const link = (baseline: JsonObject, more: Partial<ActiveLink> = {}): ActiveLink => ({
  entityId: "e1",
  connectionId: "c",
  streamId: 7,
  recordId: "r1",
  baseline,
  fillers: null,
  outside: false,
  ...more,
});

/** Of the targets named here each is the record beside it; the others cannot be named. */
const around = (records: Record<string, string> = {}, more: Partial<Around> = {}): Around => ({
  recordOf: (_, id) => records[id],
  awaited: (_, id) => id,
  related: () => undefined,
  standIn: () => undefined,
  ...more,
});

const NOTHING = { attempt: null, pending: [], problem: null };

test("what is here and not there is made, with all that the vendor takes and what stands in where it must have something", () => {
  const ann = entity({ firstName: "Ann", account: "a1" });
  assert.deepEqual(attemptFor(stream(), ann, undefined, undefined, around({ a1: "x1" })), {
    attempt: {
      entityId: "e1",
      version: 4,
      op: "create",
      recordId: null,
      handle: "e1",
      sent: { firstName: "Ann", lastName: null, account: "a1" },
      body: { First: "Ann", Last: "?", Employer: "x1" },
      fillers: { Last: "?" },
      unsent: [],
      before: null,
    },
    pending: [],
    problem: null,
  });
});

test("what differs from what both sides agreed on is written, with what stood there, and nothing else is", () => {
  const ann = entity({ firstName: "Ann", lastName: "Lee", title: null });
  const there = link({ firstName: "Ann", lastName: "Ray", title: "Dr" });
  assert.deepEqual(attemptFor(stream(), ann, there, undefined, around()), {
    attempt: {
      entityId: "e1",
      version: 4,
      op: "update",
      recordId: "r1",
      handle: null,
      sent: { lastName: "Lee", title: null },
      body: { Last: "Lee", Title: null },
      fillers: {},
      unsent: [],
      before: { lastName: "Ray", title: "Dr" },
    },
    pending: [],
    problem: null,
  });
  const met = link({ lastName: "Lee" });
  assert.deepEqual(attemptFor(stream(), ann, met, undefined, around()).attempt?.before, { firstName: null });
});

test("a field that is held back is not written, and where it is the only one nothing is", () => {
  const ann = entity({ firstName: "Ann", lastName: "Lee" });
  const there = link({ firstName: "An", lastName: "Le" });
  const one = attemptFor(stream(), ann, there, new Set(["firstName"]), around());
  assert.deepEqual(one.attempt?.body, { Last: "Lee" });
  assert.deepEqual(attemptFor(stream(), ann, there, new Set(["firstName", "lastName"]), around()), NOTHING);
});

test("nothing is written of what was merged away, is as agreed, or is a record of another stream", () => {
  const ann = entity({ lastName: "Lee" });
  for (const [one, there] of [
    [entity({ lastName: "Lee" }, { mergedInto: "e2" }), undefined],
    [entity({ lastName: "Lee" }, { mergedInto: "e2", deletedAt: 5 }), link({})],
    [ann, link({ lastName: "Lee" })],
    [ann, link({}, { streamId: 8 })],
    [entity({}, { deletedAt: 5 }), undefined],
    [entity({}, { deletedAt: 5 }), link({}, { streamId: 8 })],
  ] as const)
    assert.deepEqual(attemptFor(stream(), one, there, undefined, around()), NOTHING);
});

test("nothing is asked of a vendor that cannot do it", () => {
  const ann = entity({ lastName: "Lee" });
  const gone = entity({ lastName: "Lee" }, { deletedAt: 5 });
  const without = (what: string) => stream({ declaration: { [what]: undefined } });
  assert.deepEqual(attemptFor(without("create"), ann, undefined, undefined, around()), NOTHING);
  assert.deepEqual(attemptFor(without("update"), ann, link({}), undefined, around()), NOTHING);
  assert.deepEqual(attemptFor(without("delete"), gone, link({}), undefined, around()), NOTHING);
  assert.equal(attemptFor(without("update"), ann, undefined, undefined, around()).attempt?.op, "create");
  assert.equal(attemptFor(without("create"), ann, link({}), undefined, around()).attempt?.op, "update");
  assert.equal(attemptFor(without("create"), gone, link({}), undefined, around()).attempt?.op, "delete");
});

test("a deletion names the record, and what both sides had agreed on", () => {
  const gone = entity({ lastName: "Lee" }, { deletedAt: 5 });
  const there = link({ lastName: "Lee", title: "Dr" });
  const expected = {
    entityId: "e1",
    version: 4,
    op: "delete",
    recordId: "r1",
    handle: null,
    sent: {},
    body: {},
    fillers: {},
    unsent: [],
    before: { lastName: "Lee", title: "Dr" },
  };
  assert.deepEqual(removal(gone, there), expected);
  assert.deepEqual(attemptFor(stream(), gone, there, undefined, around()), { ...NOTHING, attempt: expected });
});

test("a record is made in the stream of its stage, and only where its kind of record is kept", () => {
  const leads = stream({ stage: "lead" });
  const contact = entity({ lastName: "Lee" }, { stage: "contact" });
  const lead = entity({ lastName: "Lee" }, { stage: "lead" });
  assert.deepEqual(attemptFor(leads, contact, undefined, undefined, around()), NOTHING);
  assert.equal(attemptFor(leads, lead, undefined, undefined, around()).attempt?.op, "create");
  assert.equal(
    attemptFor(leads, contact, link({}), undefined, around()).attempt?.op,
    "update",
    "what is there is written",
  );
  const doctors = stream({ declaration: { takes: { field: "title", values: ["Dr", null] } } });
  for (const [title, made] of [
    ["Dr", true],
    ["Mr", false],
    [null, true],
    [undefined, true],
  ] as const)
    assert.equal(
      attemptFor(
        doctors,
        entity({ lastName: "Lee", ...(title === undefined ? {} : { title }) }),
        undefined,
        undefined,
        around(),
      ).attempt !== null,
      made,
      String(title),
    );
  const named = stream({ declaration: { takes: { field: "title", values: ["Dr"] } } });
  assert.deepEqual(attemptFor(named, entity({ lastName: "Lee" }), undefined, undefined, around()), NOTHING);
});

test("a target that cannot be named yet is awaited: the rest is written, and a create says what it left out", () => {
  const ann = entity({ lastName: "Lee", account: "a1" });
  const made = attemptFor(stream(), ann, undefined, undefined, around());
  assert.deepEqual(
    [made.attempt?.body, made.attempt?.unsent, made.pending, made.problem],
    [{ Last: "Lee" }, ["account"], ["account"], null],
  );
  const there = attemptFor(stream(), ann, link({ lastName: "Le" }), undefined, around());
  assert.deepEqual([there.attempt?.body, there.attempt?.unsent, there.pending], [{ Last: "Lee" }, [], ["account"]]);
  const only = attemptFor(stream(), ann, link({ lastName: "Lee" }), undefined, around());
  assert.deepEqual(only, { attempt: null, pending: ["account"], problem: null });
});

test("a record that its vendor does not make without a target is not made before it can be named, and is written all the same", () => {
  const required = stream({
    fields: [
      { name: "First" },
      { name: "Last" },
      { name: "Title" },
      { name: "Employer", required: true },
      { name: "Owner" },
    ],
  });
  const ann = entity({ lastName: "Lee", account: "a1", owner: "o1" });
  assert.deepEqual(attemptFor(required, ann, undefined, undefined, around()), { ...NOTHING, pending: ["account"] });
  const there = attemptFor(required, ann, link({}), undefined, around());
  assert.deepEqual([there.attempt?.body, there.pending], [{ Last: "Lee" }, ["account", "owner"]]);
  assert.deepEqual(attemptFor(required, ann, undefined, undefined, around({ a1: "x1" })).attempt?.unsent, ["owner"]);
});

test("where a default is declared it stands in, for as long as the target itself cannot be named", () => {
  const rows = [...PEOPLE.slice(0, 3), reference("account", "Employer", { fallback: { default: "House" } })];
  const ctx = stream({ rows });
  const ann = entity({ lastName: "Lee", account: "a1" });
  const house = around({ h: "x9" }, { standIn: (field) => (field === "account" ? "h" : undefined) });
  const made = attemptFor(ctx, ann, undefined, undefined, house);
  assert.deepEqual(made.attempt?.body, { Last: "Lee", Employer: "x9" });
  assert.deepEqual([made.attempt?.sent["account"], made.pending, made.attempt?.unsent], ["h", ["account"], []]);
  assert.deepEqual(attemptFor(ctx, ann, link({ lastName: "Lee", account: "h" }), undefined, house), {
    ...NOTHING,
    pending: ["account"],
  });
  const known = around({ a1: "x1", h: "x9" }, { standIn: () => "h" });
  assert.deepEqual(attemptFor(ctx, ann, undefined, undefined, known).attempt?.body, { Last: "Lee", Employer: "x1" });
  assert.deepEqual(attemptFor(ctx, ann, undefined, undefined, known).pending, []);
  const blank = attemptFor(ctx, entity({ lastName: "Lee" }), undefined, undefined, house);
  assert.deepEqual([blank.attempt?.body, blank.pending], [{ Last: "Lee" }, []]);
});

test("a target that a person shall choose parks the record where it would be written, and only there", () => {
  const ctx = (fallback: string) =>
    stream({ rows: [...PEOPLE.slice(0, 3), reference("account", "Employer", { fallback })] });
  const ann = entity({ lastName: "Lee", account: "a1" });
  const made = attemptFor(ctx("park"), ann, undefined, undefined, around());
  assert.deepEqual(made.problem, {
    code: "reference.unnamed",
    message:
      "The account of this record is not there, or not active, at tern. Choose another account here, or make the same one known and active there.",
    field: "account",
  });
  assert.deepEqual([made.attempt?.body, made.pending], [{ Last: "Lee" }, ["account"]]);
  const only = attemptFor(ctx("park"), ann, link({ lastName: "Lee" }), undefined, around());
  assert.deepEqual([only.attempt, only.pending, only.problem?.field], [null, ["account"], "account"]);
  const elsewhere = attemptFor(ctx("park"), ann, link({ account: "a1" }), undefined, around());
  assert.deepEqual([elsewhere.attempt?.body, elsewhere.problem], [{ Last: "Lee" }, null]);
  assert.equal(attemptFor(ctx("keep"), ann, undefined, undefined, around()).problem, null);
  assert.equal(attemptFor(ctx("park"), ann, undefined, undefined, around({ a1: "x1" })).problem, null);
});

test("a value that the vendor cannot have is a problem of its field, told before any other, and the rest is written", () => {
  const fixed = stream({
    rows: [
      text("lastName", "Last"),
      text("firstName", "First"),
      reference("account", "Employer", { fallback: "park" }),
    ],
    fields: [{ name: "Last" }, { name: "First", updateable: false }, { name: "Employer" }],
  });
  const there = attemptFor(
    fixed,
    entity({ firstName: "Ann", lastName: "Lee", account: "a1" }),
    link({ firstName: "An" }),
    undefined,
    around(),
  );
  assert.deepEqual([there.problem?.code, there.problem?.field], ["field.create_only", "firstName"]);
  assert.match(there.problem!.message, /^First can be set only when a record is made/u);
  assert.deepEqual(there.attempt?.body, { Last: "Lee" });
  const only = attemptFor(fixed, entity({ firstName: "Ann" }), link({ firstName: "An" }), undefined, around());
  assert.deepEqual([only.attempt, only.problem?.field], [null, "firstName"]);
});

test("a tie whose ends are others now is made anew between those, where the vendor can", () => {
  const ties = (declaration: object = {}) => stream({ kind: "deal-contact", rows: TIES, fields: TIED, declaration });
  const tie = (fields: JsonObject, more: Partial<EntityRow> = {}) => entity(fields, { kind: "deal-contact", ...more });
  const known = around({ d1: "D1", c1: "C1", c2: "C2" });
  const there = link({ deal: "d1", contact: "c1", role: "Judge" });
  const moved = attemptFor(ties(), tie({ deal: "d1", contact: "c2", role: "Judge" }), there, undefined, known);
  assert.deepEqual([moved.attempt?.op, moved.attempt?.recordId, moved.problem], ["delete", "r1", null]);
  const role = attemptFor(ties(), tie({ deal: "d1", contact: "c1", role: "User" }), there, undefined, known);
  assert.deepEqual([role.attempt?.op, role.attempt?.body], ["update", { Role: "User" }]);
  for (const cannot of ["delete", "create"]) {
    const stays = attemptFor(
      ties({ [cannot]: undefined }),
      tie({ deal: "d1", contact: "c2", role: "Judge" }),
      there,
      undefined,
      known,
    );
    assert.deepEqual([stays.attempt, stays.problem?.code], [null, "field.create_only"], cannot);
  }
  const made = attemptFor(ties(), tie({ deal: "d1", contact: "c2", role: "Judge" }), undefined, undefined, known);
  assert.deepEqual([made.attempt?.op, made.attempt?.body], ["create", { Deal: "D1", Contact: "C2", Role: "Judge" }]);
});

test("a tie that is deleted is removed while both of its ends are there; else the vendor took it along", () => {
  const ties = stream({ kind: "deal-contact", rows: TIES, fields: TIED });
  const gone = entity({ deal: "d1", contact: "c1" }, { kind: "deal-contact", deletedAt: 5 });
  const there = link({ deal: "d1", contact: "c1" });
  assert.equal(attemptFor(ties, gone, there, undefined, around({ d1: "D1", c1: "C1" })).attempt?.op, "delete");
  for (const records of [{ d1: "D1" }, { c1: "C1" }, {}] as Record<string, string>[])
    assert.deepEqual(attemptFor(ties, gone, there, undefined, around(records)), { ...NOTHING, gone: true });
  // Of what has no ends nothing goes along.
  const person = attemptFor(stream(), entity({ account: "a1" }, { deletedAt: 5 }), link({}), undefined, around());
  assert.equal(person.attempt?.op, "delete");
});

test("what only the vendor computes, and stands as it is here, is noted by a create as not sent", () => {
  const rows = (rule?: string) => [
    text("lastName", "Last"),
    text("title", "Title", { direction: "in", ...(rule ? { rule } : {}) }),
  ];
  const unsentOf = (rule: string | undefined, title: string | null) =>
    attemptFor(stream({ rows: rows(rule) }), entity({ lastName: "Lee", title }), undefined, undefined, around()).attempt
      ?.unsent;
  assert.deepEqual(unsentOf("winston", "Dr"), ["title"]);
  assert.deepEqual(unsentOf("winston", null), []);
  assert.deepEqual(unsentOf(undefined, "Dr"), []);
  const there = attemptFor(
    stream({ rows: rows("winston") }),
    entity({ lastName: "Lee", title: "Dr" }),
    link({ lastName: "Le" }),
    undefined,
    around(),
  );
  assert.deepEqual(there.attempt?.unsent, []);
});

test("a field of what a reference leads to is written as it is there", () => {
  const ctx = stream({ rows: [text("lastName", "Last"), text("account.name", "Company")] });
  const acme = around({}, { related: (id) => (id === "a1" ? { name: "Acme" } : undefined) });
  const made = attemptFor(ctx, entity({ lastName: "Lee", account: "a1" }), undefined, undefined, acme);
  assert.deepEqual([made.attempt?.body, made.pending], [{ Last: "Lee", Company: "Acme" }, []]);
  const none = attemptFor(ctx, entity({ lastName: "Lee" }), undefined, undefined, acme);
  assert.deepEqual([none.attempt?.body, none.pending], [{ Last: "Lee" }, []]);
});

test("what this vendor could have been told and was not, is told apart from what it cannot hold", () => {
  const ctx = stream({
    rows: [...PEOPLE.slice(0, 3), reference("account", "Employer")],
    fields: [
      { name: "First", updateable: false },
      { name: "Last" },
      { name: "Title", createable: false },
      { name: "Employer" },
    ],
  });
  const ann = entity({ firstName: "Ann", lastName: "Lee", title: "Dr", account: "a1" });
  const unsaidOf = (baseline: JsonObject, near: Around) => unsaid(ctx, ann, baseline as never, near).toSorted();
  assert.deepEqual(unsaidOf({}, around({ a1: "x1" })), ["account", "firstName", "lastName", "title"]);
  assert.deepEqual(unsaidOf({}, around()), ["firstName", "lastName", "title"], "nobody could have named the account");
  assert.deepEqual(unsaidOf({ firstName: "Ann", title: "Dr", account: "a1" }, around()), ["lastName"]);
  assert.deepEqual(unsaidOf(ann.fields, around({ a1: "x1" })), []);
});
