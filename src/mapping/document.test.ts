import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fc } from "../../test/support/fast-check.ts";
import { WinstonError } from "../base/errors.ts";
import { compileMapping, parseMappingDocument, type CompileInput, type RecordField } from "./document.ts";
import { KINDS, kindNamed, standardFields } from "./kinds.ts";
import { mappingBreaksGetPut, mappingBreaksPutGet, SAMPLE_RAWS, sampleValues } from "./laws.ts";
import { FIELD_TYPES, type CompiledMapping, type Fields, type Value, type Writing } from "./types.ts";

type Rows = Record<string, unknown>[];

function compile(rows: Rows, more: Partial<CompileInput> & { kind?: string } = {}): CompiledMapping {
  const { kind = "person", ...rest } = more;
  return compileMapping({ document: parseMappingDocument({ kind, rows }), kindFields: standardFields(kind), ...rest });
}

function refusal(act: () => unknown): WinstonError {
  try {
    act();
  } catch (thrown) {
    assert.ok(thrown instanceof WinstonError, String(thrown));
    assert.equal(thrown.code, "mapping.invalid");
    return thrown;
  }
  assert.fail("nothing was refused");
}

interface Write {
  entity: Fields;
  changed?: readonly string[];
  create?: boolean;
  links?: Record<string, string>;
  related?: Record<string, Fields>;
}

function write(
  mapping: CompiledMapping,
  { entity, changed, create = false, links = {}, related = {} }: Write,
): Writing {
  return mapping.write({
    entity,
    changed: changed ? new Set(changed) : "all",
    forCreate: create,
    reference: (_field, id) => links[id],
    related: (field) => related[field],
  });
}

const row = (field: unknown, record: unknown, transform = "trim", more: object = {}): Rows[number] => ({
  field,
  record,
  transform,
  ...more,
});

const LEAD: Rows = [
  row("firstName", "FirstName"),
  row("lastName", "LastName", "trim", { onCreate: "[not provided]" }),
  row("email", "Email", "email"),
  row("phone", "Phone", "phone", { options: { country: "US" } }),
  row("website", "Website", "url"),
  row("status", "Status", "picklist", {
    options: { table: { "Open - Not Contacted": "open", Closed: "closed" }, otherwise: "pass" },
  }),
  row("employees", "NumberOfEmployees", "number"),
  row("annualRevenue", "AnnualRevenue", "money", { options: { currencyField: "CurrencyIsoCode", currency: "USD" } }),
  row("doNotCall", "DoNotCall", "boolean", { options: { blank: false } }),
  row("birthday", "Birthdate", "date"),
  row("owner", "OwnerId", "reference"),
  row("account.name", "Company", "trim", { onCreate: "[not provided]" }),
  row("rating", "Rating", "picklist", { direction: "in" }),
  row("title", "Title", "text", { direction: "out" }),
];

test("absent, null and blank stay different when a record is read", () => {
  const { fields, references, lookups, problems } = compile(LEAD).read({
    FirstName: " Ann ",
    LastName: "",
    Email: null,
    OwnerId: null,
    Company: "",
  });
  assert.deepEqual(fields, { firstName: "Ann", lastName: null, email: null });
  assert.deepEqual(references, { owner: null });
  assert.deepEqual(lookups, { account: null });
  assert.deepEqual(problems, []);
  assert.deepEqual(compile(LEAD).read({}), { fields: {}, references: {}, lookups: {}, problems: [] });
});

test("a value that cannot be read is a problem of its field, and the rest of the record is good", () => {
  const { fields, problems } = compile(LEAD).read({
    FirstName: "a\u0000b",
    LastName: "Lee",
    Birthdate: "2023-02-29",
    Email: "\ud800@x.com",
    NumberOfEmployees: "many",
  });
  assert.deepEqual(fields, { lastName: "Lee" });
  assert.deepEqual(
    problems.map(({ pointer, code }) => [pointer, code]),
    [
      ["/FirstName", "value.unreadable"],
      ["/Email", "value.unreadable"],
      ["/NumberOfEmployees", "value.unreadable"],
      ["/Birthdate", "value.unreadable"],
    ],
  );
  assert.match(problems[3]!.message, /Birthdate: "2023-02-29" is not a date/u);
});

test("only what changed is sent, and an emptied field is sent as null", () => {
  const entity = { firstName: "Ann", lastName: "Lee", email: null, rating: "hot" };
  const { values, sent, problems } = write(compile(LEAD), {
    entity,
    changed: ["firstName", "email", "rating", "birthday"],
  });
  assert.deepEqual(values, { FirstName: "Ann", Email: null, Birthdate: null });
  assert.deepEqual(sent, { firstName: "Ann", email: null, birthday: null });
  assert.deepEqual(problems, []);
});

test("sending all of an entity does not clear what was never said of it", () => {
  assert.deepEqual(write(compile(LEAD), { entity: { firstName: "Ann", email: null } }).values, {
    FirstName: "Ann",
    Email: null,
  });
});

test("at create blanks are not sent, unless the vendor requires something: then the filler, which reads as blank", () => {
  const mapping = compile(LEAD);
  const writing = write(mapping, { entity: { firstName: "Ann", lastName: null, email: null }, create: true });
  assert.deepEqual(writing.values, {
    FirstName: "Ann",
    LastName: "[not provided]",
    Company: "[not provided]",
    DoNotCall: false,
  });
  assert.deepEqual(writing.fillers, { LastName: "[not provided]", Company: "[not provided]" });
  assert.deepEqual(writing.sent, { firstName: "Ann", lastName: null, account: null, doNotCall: null });
  const reading = mapping.read(writing.values, writing.fillers);
  assert.equal(reading.fields["lastName"], null);
  assert.equal(reading.lookups["account"], null);
  // Somebody at the vendor put a name there: it is no filler any more. Nor is the same text on a link that was never filled.
  assert.equal(mapping.read({ LastName: "Lee" }, writing.fillers).fields["lastName"], "Lee");
  assert.equal(mapping.read({ LastName: "[not provided]" }).fields["lastName"], "[not provided]");
});

test("a filler is known again in the vendor's own spelling of it", () => {
  const mapping = compile(
    [
      row("amount", "Amount", "money", { onCreate: 0 }),
      row("closeDate", "CloseDate", "date", { onCreate: "2030-01-01" }),
    ],
    { kind: "deal" },
  );
  const { fillers } = write(mapping, { entity: {}, create: true });
  assert.deepEqual(mapping.read({ Amount: "0.00", CloseDate: "2030-01-01T00:00:00.000Z" }, fillers).fields, {
    amount: null,
    closeDate: null,
  });
});

test("a required field that is emptied later is filled again, and any other is cleared", () => {
  const writing = write(compile(LEAD), {
    entity: { lastName: null, firstName: null },
    changed: ["lastName", "firstName"],
  });
  const filled = { LastName: "[not provided]" };
  assert.deepEqual([writing.values, writing.fillers], [{ ...filled, FirstName: null }, filled]);
  assert.deepEqual(writing.sent, { lastName: null, firstName: null });
});

test("a reference is written as the vendor's id, waits while its target is not linked, and is cleared by null", () => {
  const mapping = compile(LEAD);
  assert.deepEqual(mapping.read({ OwnerId: "005A" }).references, { owner: "005A" });
  const linked = write(mapping, { entity: { owner: "user-1" }, changed: ["owner"], links: { "user-1": "005A" } });
  assert.deepEqual([linked.values, linked.sent], [{ OwnerId: "005A" }, { owner: "user-1" }]);
  const waiting = write(mapping, { entity: { owner: "user-2" }, changed: ["owner"] });
  assert.deepEqual([waiting.values, waiting.sent, waiting.pending], [{}, {}, ["owner"]]);
  assert.deepEqual(write(mapping, { entity: { owner: null }, changed: ["owner"] }).values, { OwnerId: null });
});

test("a path is read as a lookup and written from the entity the reference points to", () => {
  const mapping = compile(LEAD);
  assert.deepEqual(mapping.read({ Company: " Acme " }).lookups, { account: { field: "name", value: "Acme" } });
  const writing = write(mapping, {
    entity: { account: "account-1" },
    changed: ["account"],
    related: { account: { name: "Acme" } },
  });
  assert.deepEqual([writing.values, writing.sent], [{ Company: "Acme" }, { account: "account-1" }]);
  assert.deepEqual(write(mapping, { entity: { account: "account-1" }, changed: ["account"] }).pending, ["account"]);
  assert.deepEqual(mapping.references.get("account"), { kind: "account", path: "name" });
  assert.deepEqual(mapping.references.get("owner"), { kind: "user" });
});

test("several references into one vendor field: the first that is not blank", () => {
  const mapping = compile([row(["deal", "account"], "WhatId", "reference", { direction: "out" })], {
    kind: "activity",
  });
  const links = { "deal-1": "006", "account-1": "001" };
  assert.deepEqual(write(mapping, { entity: { deal: "deal-1", account: "account-1" }, create: true, links }).values, {
    WhatId: "006",
  });
  assert.deepEqual(write(mapping, { entity: { deal: null, account: "account-1" }, create: true, links }).values, {
    WhatId: "001",
  });
  assert.deepEqual(write(mapping, { entity: { deal: "deal-2", account: "account-1" }, create: true, links }).pending, [
    "deal",
  ]);
  const unlinked = { deal: "deal-1", account: "account-2" };
  assert.deepEqual(write(mapping, { entity: unlinked, create: true, links }).values, { WhatId: "006" });
  assert.match(
    refusal(() => compile([row(["deal", "account"], "WhatId", "reference")], { kind: "activity" })).message,
    /cannot go both ways/u,
  );
});

test("several references in one vendor field are read by the beginning of the id, and nothing is said of those that it hides", () => {
  const beginnings = { "006": "deal", "701": "campaign", "001": "account" };
  const rows = (options: object) => [row(["deal", "campaign", "account"], "WhatId", "reference", { options })];
  const mapping = compile(rows({ beginnings }), { kind: "activity" });
  const read = (id: string | null) => mapping.read({ WhatId: id }).references;
  assert.deepEqual(read("006A"), { deal: "006A" });
  assert.deepEqual(read("701A"), { deal: null, campaign: "701A" });
  assert.deepEqual(read("001A"), { deal: null, campaign: null, account: "001A" });
  assert.deepEqual(read(null), { deal: null, campaign: null, account: null });
  assert.deepEqual(read("500A"), read(null), "what is not synced is none of ours");
  assert.deepEqual(mapping.read({}).references, {});
  // PutGet: whatever is said of an activity that was written, was so.
  const links = { d: "006A", c: "701A", a: "001A" };
  for (const entity of [{}, { deal: "d", account: "a" }, { campaign: "c", account: "a" }, { account: "a" }]) {
    const { values } = write(mapping, { entity: { deal: null, ...entity }, links });
    const back = read(values["WhatId"] as string | null);
    for (const [field, id] of Object.entries(back))
      assert.equal(id, links[(entity as Record<string, keyof typeof links>)[field]!] ?? null, field);
  }
  const message = (options: object): string => refusal(() => compile(rows(options), { kind: "activity" })).message;
  assert.match(message({ beginnings: { "006": "deal" } }), /names each of the row's fields/u);
  assert.match(message({ beginnings: { ...beginnings, "500": "case" } }), /names each of the row's fields/u);
});

test("a group of fields is written whole when one of them changed", () => {
  const mapping = compile([row(["firstName", "lastName"], "Name", "fullName")]);
  const writing = write(mapping, { entity: { firstName: "Ann", lastName: "Lee" }, changed: ["firstName"] });
  assert.deepEqual([writing.values, writing.sent], [{ Name: "Ann Lee" }, { firstName: "Ann", lastName: "Lee" }]);
  assert.deepEqual(mapping.read({ Name: "Ann van Dyke" }).fields, { firstName: "Ann", lastName: "van Dyke" });
  assert.deepEqual(mapping.read({ Name: null }).fields, { firstName: null, lastName: null });
  const apart = compile([row("name", ["First", "Last"], "fullName", { onCreate: { Last: "?" } })], { kind: "account" });
  assert.deepEqual(apart.read({ First: "Ann" }).fields, {});
  assert.deepEqual(apart.read({ First: "Ann", Last: "Lee" }).fields, { name: "Ann Lee" });
  assert.deepEqual(write(apart, { entity: {}, create: true }).fillers, { Last: "?" });
});

test("amounts that share one currency field are not sent in two currencies", () => {
  const money = (field: string, record: string): Rows[number] =>
    row(field, record, "money", { options: { currencyField: "Currency" } });
  const mapping = compile([money("budget", "Budget"), money("actualCost", "Cost")], { kind: "campaign" });
  const [euro, dollar] = ["EUR", "USD"].map((currency) => ({ amount: "5", currency })) as unknown as [Value, Value];
  assert.deepEqual(write(mapping, { entity: { budget: euro, actualCost: euro }, create: true }).values, {
    Budget: 5,
    Cost: 5,
    Currency: "EUR",
  });
  const writing = write(mapping, { entity: { budget: euro, actualCost: dollar }, changed: ["actualCost"] });
  assert.deepEqual(writing.values, {});
  assert.match(writing.problems[0]!.message, /Actual cost is in "USD" and Budget in "EUR"/u);
  assert.deepEqual(mapping.read({ Budget: 5, Cost: null, Currency: "EUR" }).fields, { budget: euro, actualCost: null });
});

test("a value that cannot be written is a problem with Winston's field, and the rest is sent", () => {
  const mapping = compile([
    row("annualRevenue", "Revenue", "money", { options: { currency: "EUR" } }),
    row("title", "Title"),
  ]);
  const writing = write(mapping, { entity: { annualRevenue: { amount: "5", currency: "USD" }, title: "CEO" } });
  assert.deepEqual(writing.values, { Title: "CEO" });
  assert.deepEqual(writing.sent, { title: "CEO" });
  assert.equal(writing.problems[0]!.pointer, "/annualRevenue");
  assert.match(writing.problems[0]!.message, /Annual revenue: 5 USD cannot be written/u);
});

test("a fraction for a field of whole numbers is a problem with Winston's field, and the rest is sent", () => {
  const recordFields: RecordField[] = [{ name: "Heads", type: "number", integer: true }, { name: "Title" }];
  const mapping = compile([row("employees", "Heads", "number"), row("title", "Title")], { recordFields });
  const { values, problems } = write(mapping, { entity: { employees: 12.5, title: "Head" } });
  assert.deepEqual(values, { Title: "Head" });
  assert.deepEqual(
    problems.map(({ pointer, message }) => [pointer, message]),
    [["/employees", 'Employees: "12.5" cannot be written: Heads takes whole numbers only.']],
  );
  assert.deepEqual(write(mapping, { entity: { employees: 12 } }).values, { Heads: 12 });
});

test("constants are sent at create and read always; templates follow their fields", () => {
  const mapping = compile(
    [
      row([], "Origin", "constant", { direction: "out", options: { value: "Winston" } }),
      row("type", [], "constant", { direction: "in", options: { value: "meeting" } }),
      row(["subject", "status"], "Title", "template", {
        direction: "out",
        options: { template: "{subject} [{status}]" },
      }),
    ],
    { kind: "activity" },
  );
  assert.deepEqual(mapping.read({}).fields, { type: "meeting" });
  assert.deepEqual(mapping.vendorFields, []);
  const entity = { subject: "Call Ann", status: "open" };
  assert.deepEqual(write(mapping, { entity, create: true }).values, { Origin: "Winston", Title: "Call Ann [open]" });
  assert.deepEqual(write(mapping, { entity, changed: ["status"] }).values, { Title: "Call Ann [open]" });
  assert.deepEqual([...mapping.inboundOnly], ["type"]);
});

test("a compiled mapping says what it reads, writes, and leaves to the vendor", () => {
  const mapping = compile([...LEAD, row("source", "LeadSource", "picklist", { rule: "record" })]);
  assert.deepEqual([...mapping.inboundOnly], ["rating"]);
  assert.ok(mapping.outbound.has("title") && !mapping.inbound.has("title"));
  assert.ok(mapping.inbound.has("account") && mapping.outbound.has("account"));
  assert.deepEqual(mapping.vendorFields, mapping.vendorFields.toSorted());
  assert.ok(mapping.vendorFields.includes("CurrencyIsoCode") && !mapping.vendorFields.includes("Title"));
  assert.equal(mapping.ruleOf("source"), "record");
  assert.equal(mapping.ruleOf("email"), "newest");
});

test("where a boolean knows no blank at the vendor, blank and what stands for it are one, unless the row says otherwise", () => {
  const recordFields: RecordField[] = [{ name: "Ticked", blank: false }, { name: "Word" }];
  const rows = [row("doNotCall", "Ticked", "boolean"), row("doNotEmail", "Word", "boolean")];
  const mapping = compile(rows, { recordFields });
  assert.deepEqual(
    ["doNotCall", "doNotEmail"].map((field) => mapping.equal(field, null, false)),
    [true, false],
  );
  const { values } = write(mapping, { entity: {}, changed: ["doNotCall", "doNotEmail"] });
  assert.deepEqual(values, { Ticked: false, Word: null });
  const said = compile([row("doNotCall", "Ticked", "boolean", { options: { blank: true } })], { recordFields });
  assert.ok(said.equal("doNotCall", null, true) && !said.equal("doNotCall", null, false));
});

test("equal is meant as the row's transform means it", () => {
  const mapping = compile(LEAD);
  assert.ok(mapping.equal("firstName", " Ann", "Ann"));
  assert.ok(mapping.equal("firstName", " ", undefined));
  assert.ok(mapping.equal("doNotCall", undefined, false), "the vendor has no blank for this");
  assert.ok(!mapping.equal("doNotCall", undefined, true));
  assert.ok(mapping.equal("annualRevenue", { amount: "5", currency: null }, { amount: "5", currency: "USD" }));
  assert.ok(!mapping.equal("annualRevenue", { amount: "5", currency: "EUR" }, { amount: "5", currency: "USD" }));
  assert.ok(
    mapping.equal("description", undefined, null) && !mapping.equal("description", "a", "b"),
    "also where no row maps it",
  );
  assert.ok(mapping.same("Phone", { Phone: "(415) 555-0100" }, { Phone: "+14155550100" }));
  assert.ok(!mapping.same("Phone", { Phone: "(415) 555-0100" }, { Phone: "+14155550101" }));
});

const raw = fc.oneof(
  fc.constantFrom(...SAMPLE_RAWS),
  fc.string(),
  fc.string({ unit: "binary" }),
  fc.double(),
  fc.integer(),
  fc.boolean(),
);

test("GetPut for whole mappings: writing back any record that was read changes nothing", () => {
  const mapping = compile([...LEAD, row("description", "Name", "text")]);
  fc.assert(
    fc.property(
      fc.record(Object.fromEntries(mapping.vendorFields.map((name) => [name, raw])), { requiredKeys: [] }),
      (record) => {
        assert.deepEqual(mappingBreaksGetPut(mapping, record), []);
      },
    ),
    { numRuns: 1500 },
  );
});

test("PutGet for whole mappings: any entity that was written is read back", () => {
  const mapping = compile(LEAD.filter((one) => one["field"] !== "account.name"));
  const types = new Map(standardFields("person").map((field) => [field.key, field.type]));
  const entity = fc.record(
    Object.fromEntries([...mapping.outbound].map((key) => [key, fc.constantFrom(...sampleValues(types.get(key)!))])),
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(entity, (fields) => {
      assert.deepEqual(mappingBreaksPutGet(mapping, fields as Fields), []);
    }),
    { numRuns: 500 },
  );
});

test("the checks for whole mappings name the field that breaks a law", () => {
  const mapping = compile(LEAD);
  const forgetful: CompiledMapping = {
    ...mapping,
    write: (input) => ({ ...mapping.write(input), values: { FirstName: "?" } }),
  };
  assert.deepEqual(mappingBreaksGetPut(forgetful, { FirstName: "Ann" }), ['FirstName: "Ann" would become "?".']);
  assert.deepEqual(mappingBreaksPutGet(forgetful, { firstName: "Ann" }), [
    'firstName: "Ann" would be read back as "?".',
  ]);
});

test("an unknown field, transform or option is refused with the nearest names and a pointer", () => {
  const error = refusal(() =>
    compile([
      row("emial", "Email", "email"),
      row("phone", "Phone", "fone"),
      row("acount.name", "Company"),
      row("account.nam", "X"),
      row("email", "Email", "email", { options: { country: "US" } }),
    ]),
  );
  assert.deepEqual(
    error.problems.map(({ pointer, message }) => [pointer, message]),
    [
      ["/rows/0/field", 'Row 1: person has no field "emial"; the nearest is email.'],
      ["/rows/1/transform", 'Row 2: there is no transform "fone"; the nearest are money, phone.'],
      [
        "/rows/2/field",
        'Row 3: person has no reference "acount" to go through in "acount.name"; the nearest is account.',
      ],
      ["/rows/3/field", 'Row 4: account has no field "nam"; the nearest is name.'],
      ["/rows/4/options", 'Row 5: the options of email are not right: Unrecognized key: "country"; it takes none.'],
    ],
  );
  assert.match(error.message, /^The mapping of person cannot be used: Row 1: .*\(and 4 more\)$/u);
});

test("a transform that does not fit, a shape that has no meaning and a two-way row that loses something are refused in words", () => {
  const cases: [Rows[number], RegExp][] = [
    [row("birthday", "B", "text"), /text does not fit Birthday, a field of type date; use date, constant/u],
    [row("owner", "O", "text"), /Owner is a reference; use the transform reference/u],
    [row("account.owner", "O", "reference"), /ends in a reference/u],
    [row(["firstName", "lastName"], "N", "trim"), /joins one field with one; this row has 2 and 1/u],
    [row("firstName", "N", "fullName"), /fullName needs/u],
    [row("firstName", ["N", "N"], "fullName"), /named twice/u],
    [row("title", "T", "template", { options: { template: "{T}" } }), /has no inverse/u],
    [row("title", "T", "template", { direction: "in", options: { template: "{X}" } }), /may name only T/u],
    [row("birthday", [], "constant", { direction: "in", options: { value: "never" } }), /no value for Birthday/u],
    [
      row("status", "S", "picklist", { options: { table: { A: "x", B: "x" } } }),
      /cannot be known which to write back/u,
    ],
    [row("status", "S", "picklist", { options: { table: { A: "x" }, otherwise: "null" } }), /is lost/u],
    [
      row("tags", "T", "multipicklist", { options: { table: { Hot: " hot" } } }),
      /with these options cannot go both ways: "Hot" is read as .* which cannot be written back/u,
    ],
    [row("title", "T", "trim", { direction: "in", onCreate: "x" }), /"onCreate" is for rows that write/u],
    [
      row("annualRevenue", "A", "money", { options: { currencyField: "C" }, onCreate: 5 }),
      /by field: \{ "C": \.\.\. \}/u,
    ],
  ];
  const kindFields = [...standardFields("person"), { key: "tags", type: "multipicklist" as const, label: "Tags" }];
  for (const [wrong, message] of cases) assert.match(refusal(() => compile([wrong], { kindFields })).message, message);
});

test("two rows that set one field are refused; reading a field twice and writing another is not", () => {
  assert.match(
    refusal(() => compile([row("title", "A"), row("title", "B")])).message,
    /Rows 1 and 2 both set Winston's field "title"/u,
  );
  assert.match(
    refusal(() => compile([row("title", "A"), row("company", "A")])).message,
    /both set the vendor's field "A"/u,
  );
  assert.match(
    refusal(() => compile([row("account", "AccountId", "reference"), row("account.name", "Company")])).message,
    /both set Winston's field "account"/u,
  );
  const money = row("annualRevenue", "A", "money", { options: { currencyField: "C" } });
  assert.match(
    refusal(() => compile([money, row("title", "C")])).message,
    /sends the currency to "C", which row 2 sets too/u,
  );
  compile([
    row("title", "A", "trim", { direction: "in" }),
    row("title", "B", "trim", { direction: "out" }),
    row("company", "A", "trim", { direction: "in" }),
  ]);
});

const described = (...fields: (Partial<RecordField> & { name: string })[]): RecordField[] =>
  fields.map((field) => ({ type: "text", required: false, createable: true, updateable: true, ...field }));

test("what the vendor does not let be written becomes inbound, and is said", () => {
  const recordFields = described(
    { name: "Title", createable: false, updateable: false },
    { name: "Kind", updateable: false },
    { name: "LastName", required: true },
    { name: "Must", required: true },
  );
  const mapping = compile([row("title", "Title"), row("source", "Kind", "picklist"), row("lastName", "LastName")], {
    recordFields,
  });
  assert.deepEqual([...mapping.inboundOnly], ["title"]);
  assert.equal(mapping.notes.length, 4);
  assert.match(mapping.notes[0]!, /Title can only be read at the vendor, so the row is inbound/u);
  assert.match(mapping.notes[1]!, /Kind can be set at create only/u);
  assert.match(mapping.notes[2]!, /requires "LastName" at create; row 3 has no "onCreate"/u);
  assert.match(mapping.notes[3]!, /requires "Must" at create and no row writes it/u);
  const entity = { title: "CEO", source: "Web", lastName: "Lee" };
  assert.deepEqual(write(mapping, { entity, create: true }).values, { Kind: "Web", LastName: "Lee" });
  const edit = write(mapping, { entity, changed: ["source", "title"] });
  assert.deepEqual(edit.values, {});
  assert.deepEqual([edit.problems[0]!.pointer, edit.problems[0]!.code], ["/source", "field.create_only"]);
});

test("a field that can be set only at create, or only later, is sent at that time only", () => {
  const recordFields = described({ name: "Early", updateable: false }, { name: "Late", createable: false });
  const mapping = compile([row("title", "Early"), row("company", "Late")], { recordFields });
  const entity = { title: "CEO", company: "Acme" };
  assert.deepEqual(write(mapping, { entity, create: true }).values, { Early: "CEO" });
  const later = write(mapping, { entity });
  assert.deepEqual([later.values, later.problems], [{ Late: "Acme" }, []]);
});

test("a vendor field that is not there is refused with the nearest, or left out of a stored mapping with a note", () => {
  const recordFields = described({ name: "FirstName" }, { name: "Email" });
  const rows = [row("firstName", "FristName"), row("email", "Email", "email")];
  assert.match(
    refusal(() => compile(rows, { recordFields })).message,
    /the vendor has no field "FristName"; the nearest is FirstName/u,
  );
  const mapping = compile(rows, { recordFields, missing: "skip" });
  assert.deepEqual([...mapping.inbound], ["email"]);
  assert.match(mapping.notes[0]!, /Row 1 is left out: the vendor has no field "FristName"/u);
});

test("custom fields of every type can be mapped", () => {
  for (const type of FIELD_TYPES) {
    const field = {
      key: "extra",
      type,
      label: "Extra",
      custom: true,
      ...(type === "reference" ? { target: "account" } : {}),
    };
    const transform = { text: "text", picklist: "picklist", email: "email" }[type as string] ?? type;
    const mapping = compile([row("extra", "extra__c", transform)], { kindFields: [field] });
    assert.deepEqual(mapping.vendorFields, ["extra__c"]);
  }
});

test("a document that is not one is refused with a pointer to each wrong place", () => {
  const error = refusal(() =>
    parseMappingDocument({ kind: "person", rows: [{ field: 5, record: "A", transform: "trim", drection: "in" }] }),
  );
  assert.deepEqual(error.problems.map(({ pointer }) => pointer).toSorted(), ["/rows/0", "/rows/0/field"]);
  for (const wrong of [
    null,
    "x",
    {},
    { kind: "person", rows: [] },
    { kind: "person", rows: [row("__proto__", "a")] },
    { kind: "person", rows: [row("a", "b\u0000")] },
  ])
    refusal(() => parseMappingDocument(wrong));
});

test("the kinds are what they are called, and their references lead to kinds", () => {
  assert.deepEqual(kindNamed("leads"), { kind: "person", stage: "lead" });
  assert.deepEqual(kindNamed("Contact"), { kind: "person", stage: "contact" });
  assert.deepEqual(kindNamed("deals"), { kind: "deal" });
  assert.deepEqual(kindNamed("activities"), { kind: "activity" });
  assert.equal(kindNamed("invoice"), undefined);
  for (const kind of Object.values(KINDS)) {
    const keys = kind.fields.map((field) => field.key);
    assert.equal(new Set(keys).size, keys.length);
    for (const field of kind.fields)
      if (field.type === "reference") assert.ok(Object.hasOwn(KINDS, field.target!), `${kind.key}.${field.key}`);
  }
});

test("the mapping in the reference page can be used as it stands", () => {
  const page = readFileSync(join(import.meta.dirname, "../../docs/reference/mappings.md"), "utf8");
  const example = JSON.parse(/```json\n([\s\S]*?)```/u.exec(page)![1]!) as unknown;
  const mapping = compileMapping({ document: parseMappingDocument(example), kindFields: standardFields("person") });
  assert.ok(mapping.twoWay.fields.has("rating"));
});

test("further values of a picklist must be written as something the table reads, and are not those it writes already", () => {
  const stage = (also: Record<string, string>) => ({
    field: "stage",
    record: "dealstage",
    transform: "picklist",
    options: { table: { won: "Closed Won", open: "Open" }, also },
  });
  const told = (also: Record<string, string>) =>
    refusal(() => compile([stage(also)], { kind: "deal" })).problems[0]!.message;
  assert.match(told({ Talking: "gone" }), /writes "Talking" as "gone", which the table does not read/u);
  assert.match(told({ Open: "won" }), /names "Open", which the table writes already/u);
  const mapping = compile([stage({ Talking: "open" })], { kind: "deal" });
  assert.deepEqual(write(mapping, { entity: { stage: "Talking" }, changed: ["stage"] }).values, { dealstage: "open" });
  assert.equal(mapping.equal("stage", "Talking", "Open"), true);
  assert.equal(mapping.equal("stage", "Talking", "Closed Won"), false);
});
