import assert from "node:assert/strict";
import { test } from "node:test";
import { WinstonError } from "../base/errors.ts";
import { compileMapping } from "./document.ts";
import { standardFields } from "./kinds.ts";
import { readFieldMappings } from "./specification.ts";

/** As the specification writes it. */
const EXAMPLE = {
  field_mappings: {
    crm: { "lead.email": "contact.email", "lead.name": "contact.full_name", "lead.company": "account.name" },
    winston: { "contact.email": "lead.email", "contact.name": "lead.name", "account.name": "lead.company" },
  },
};

function refusal(input: unknown): WinstonError {
  try {
    readFieldMappings(input);
  } catch (thrown) {
    assert.ok(thrown instanceof WinstonError && thrown.code === "mapping.invalid");
    return thrown;
  }
  assert.fail("nothing was refused");
}

test("the specification's own example is read as written", () => {
  const { documents } = readFieldMappings(EXAMPLE);
  assert.deepEqual(documents, [
    {
      object: "contact",
      document: {
        kind: "person",
        stage: "lead",
        rows: [
          { field: "email", record: "email", direction: "both", transform: "email" },
          { field: ["firstName", "lastName"], record: "full_name", direction: "out", transform: "fullName" },
          { field: ["firstName", "lastName"], record: "name", direction: "in", transform: "fullName" },
          { field: "company", record: "account.name", direction: "both", transform: "text" },
        ],
      },
    },
  ]);
});

test("its asymmetry and its leap to another object are said in words", () => {
  const { warnings } = readFieldMappings(EXAMPLE);
  assert.equal(warnings.length, 2);
  assert.match(
    warnings[0]!,
    /^lead\.name is written to contact\.full_name but read from contact\.name\. An edit in Winston is seen there again only if the CRM itself carries/u,
  );
  assert.match(
    warnings[1]!,
    /^account\.name is no field of contact, .*the connector must offer it as "account\.name"/u,
  );
});

test("each asymmetry comes with an example of what it does, worked out by the transforms", () => {
  const { warnings } = readFieldMappings({
    field_mappings: {
      crm: { "lead.name": "contact.full_name", "lead.doNotCall": "contact.silent", "lead.title": "contact.role" },
      winston: { "contact.name": "lead.name", "contact.mute": "lead.doNotCall", "contact.mail": "lead.email" },
    },
  });
  assert.deepEqual(
    warnings.map((words) => /For example: .*$/u.exec(words)?.[0]),
    [
      'For example: "Bo" and "Ray" set here makes full_name "Bo Ray"; name is "Ann Lee" still, and when that is read it is "Ann" and "Lee" here again.',
      'For example: "false" set here makes silent "false"; mute is "true" still, and when that is read it is "true" here again.',
      'For example: "old" was written, somebody makes role "new" there, and it is "old" here still.',
      'For example: with mail "ann@example.com" there, an edit to "Ann+x@example.com" here is refused.',
    ],
  );
});

test("what the example makes can be compiled, reads a record and writes one", () => {
  const [first] = readFieldMappings(EXAMPLE).documents;
  const mapping = compileMapping({ document: first!.document, kindFields: standardFields("person") });
  assert.deepEqual(mapping.read({ email: "ann@example.com", name: "Ann Lee", "account.name": "Acme" }).fields, {
    email: "ann@example.com",
    firstName: "Ann",
    lastName: "Lee",
    company: "Acme",
  });
  const { values } = mapping.write({
    entity: { firstName: "Ann", lastName: "Lee", company: "Acme" },
    changed: "all",
    forCreate: true,
    reference: () => undefined,
    related: () => undefined,
  });
  assert.deepEqual(values, { full_name: "Ann Lee", "account.name": "Acme" });
});

test("a field on one side only is one-way, and what that means is said", () => {
  const { documents, warnings } = readFieldMappings({
    field_mappings: { crm: { "deal.name": "opportunity.title" }, winston: { "opportunity.total": "deal.amount" } },
  });
  assert.deepEqual(
    documents[0]!.document.rows.map(({ field, direction, transform }) => [field, direction, transform]),
    [
      ["name", "out", "text"],
      ["amount", "in", "money"],
    ],
  );
  assert.match(warnings[0]!, /deal\.name is written to opportunity\.title and never read/u);
  assert.match(warnings[1]!, /deal\.amount is read from opportunity\.total and never written: Winston refuses edits/u);
});

test("names may be ours or in snake case, may go through a reference, and each kind makes a document", () => {
  const { documents, warnings } = readFieldMappings({
    field_mappings: {
      crm: {
        "contact.first_name": "person.given",
        "contact.account.name": "person.employer",
        "account.postalCode": "company.zip",
      },
      winston: {
        "person.given": "contact.first_name",
        "person.employer": "contact.account.name",
        "company.zip": "account.postal_code",
      },
    },
  });
  assert.deepEqual(
    documents.map(({ object, document }) => [
      object,
      document.kind,
      document.stage,
      document.rows.map((row) => row.field),
    ]),
    [
      ["person", "person", "contact", ["firstName", "account.name"]],
      ["company", "account", undefined, ["postalCode"]],
    ],
  );
  assert.deepEqual(warnings, []);
});

test("custom fields are known when they are given", () => {
  const fieldsOf = (kind: string) => [
    ...standardFields(kind),
    { key: "shoeSize", type: "number" as const, label: "Shoe size", custom: true },
  ];
  const { documents } = readFieldMappings({ field_mappings: { crm: { "lead.shoe_size": "contact.size" } } }, fieldsOf);
  assert.equal(documents[0]!.document.rows[0]!.transform, "number");
});

test("what cannot be understood is refused with the nearest names and a pointer", () => {
  const error = refusal({
    field_mappings: {
      crm: { "lead.emial": "contact.email", email: "contact.email", "led.email": "contact.x" },
      winston: { name: "lead.name" },
    },
  });
  assert.deepEqual(
    error.problems.map(({ pointer, message }) => [pointer, message]),
    [
      ["/field_mappings/crm/lead.emial", 'lead has no field "emial"; the nearest is email.'],
      ["/field_mappings/crm/email", '"email" does not say its kind; write it as lead.email.'],
      ["/field_mappings/crm/led.email", 'Winston has no kind "led"; the nearest is lead.'],
      ["/field_mappings/winston/name", '"name" does not say its object; write it as contact.name.'],
    ],
  );
  assert.match(
    refusal({ field_mappings: { winston: { "contact.a": "lead.title", "contact.b": "lead.title" } } }).message,
    /contact\.a and contact\.b are both read into lead\.title; keep one/u,
  );
  assert.match(
    refusal({ field_mappings: { crm: { "lead.city": "contact.a", "lead.title": "contact.a" } } }).message,
    /lead\.city and lead\.title are both written to contact\.a/u,
  );
  for (const wrong of [
    null,
    [],
    {},
    { field_mappings: {} },
    { field_mappings: { crm: { "lead.email": 5 } } },
    { mappings: {} },
  ])
    refusal(wrong);
});
