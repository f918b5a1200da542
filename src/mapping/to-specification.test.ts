import assert from "node:assert/strict";
import { test } from "node:test";
import { fc } from "../../test/support/fast-check.ts";
import { connectors } from "../connectors/index.ts";
import { parseMappingDocument } from "./document.ts";
import { standardFields } from "./kinds.ts";
import { readFieldMappings } from "./specification.ts";
import { writeFieldMappings } from "./to-specification.ts";
import type { MappingDocument } from "./types.ts";

/** As the specification writes it. */
const EXAMPLE = {
  field_mappings: {
    crm: { "lead.email": "contact.email", "lead.name": "contact.full_name", "lead.company": "account.name" },
    winston: { "contact.email": "lead.email", "contact.name": "lead.name", "account.name": "lead.company" },
  },
};

const around = (given: object) => writeFieldMappings(readFieldMappings(given).documents);

test("the specification's own example comes out as it went in, and nothing of it is lost", () => {
  assert.deepEqual(around(EXAMPLE), { document: EXAMPLE, notes: [] });
});

const names = standardFields("person").map(({ key }) => key);
/** Some of Winston's fields, each with the vendor's that it is written to and read from, or one of the two. */
const pairs = fc
  .uniqueArray(fc.constantFrom(...names, "name", "account.name", "owner.email"), { minLength: 1 })
  .chain((fields) =>
    fc.tuple(
      ...fields.map((field, index) =>
        fc.record({
          field: fc.constant(field),
          out: fc.constantFrom(null, `a${index}`, `other.a${index}`),
          in: fc.constantFrom(null, `a${index}`, `b${index}`, `other.a${index}`),
        }),
      ),
    ),
  )
  .filter((list) => list.some((one) => one.out !== null || one.in !== null));

const written = (list: readonly { field: string; out: string | null; in: string | null }[], word: string) => {
  const record = (name: string): string => (name.includes(".") ? name : `contact.${name}`);
  const [crm, winston]: [Record<string, string>, Record<string, string>] = [{}, {}];
  for (const one of list) {
    if (one.out !== null) crm[`${word}.${one.field}`] = record(one.out);
    if (one.in !== null) winston[record(one.in)] = `${word}.${one.field}`;
  }
  return { field_mappings: { crm, winston } };
};

test("whatever is read is written again as its normal form, and that is written as it is", () => {
  fc.assert(
    fc.property(pairs, fc.constantFrom("lead", "contact"), (list, word) => {
      const given = written(list, word);
      const once = around(given);
      assert.deepEqual(once.notes, []);
      // Where most fields are of another object, that is the one the reader takes for theirs: then they are its own.
      const { object } = readFieldMappings(given).documents[0]!;
      if (object === "contact") assert.deepEqual(once.document, given);
      assert.deepEqual(readFieldMappings(once.document).documents, readFieldMappings(given).documents);
      assert.deepEqual(around(once.document), once);
    }),
  );
});

test("other spellings come out in the normal form: our keys, name, the stage in the singular, the wrapper", () => {
  const given = {
    crm: {
      "leads.first_name": "contact.first",
      "leads.postal_code": "contact.zip",
      "leads.full_name": "contact.whole",
    },
    winston: { "contact.zip": "leads.postal_code" },
  };
  // One word for one kind: "leads" is "lead".
  assert.deepEqual(around(given).document, {
    field_mappings: {
      crm: { "lead.firstName": "contact.first", "lead.postalCode": "contact.zip", "lead.name": "contact.whole" },
      winston: { "contact.zip": "lead.postalCode" },
    },
  });
});

test("what the JSON cannot say is told row by row, and where nothing is told the same mapping is read again", () => {
  const document: MappingDocument = {
    kind: "person",
    stage: "lead",
    rows: [
      { field: "email", record: "Email", direction: "both", transform: "email", rule: "record" },
      { field: "lastName", record: "LastName", direction: "both", transform: "trim", onCreate: "[none]" },
      { field: "rating", record: "Rating", direction: "both", transform: "picklist", options: { table: { A: "a" } } },
      { field: ["firstName"], record: ["A", "B"], direction: "out", transform: "fullName" },
      { field: [], record: "Source", direction: "out", transform: "constant", options: { value: "Winston" } },
      { field: "title", record: "Title", direction: "out", transform: "text" },
      { field: "title", record: "Role", direction: "out", transform: "text" },
      { field: "title", record: "Title", direction: "in", transform: "text" },
    ],
  };
  const { notes, document: json } = writeFieldMappings([{ object: "lead", document }]);
  assert.deepEqual(notes, [
    "Row 1 (email): the JSON cannot say the rule record.",
    'Row 2 (lastName): the JSON cannot say the transform trim (it is read as text), onCreate "[none]".',
    'Row 3 (rating): the JSON cannot say options {"table":{"A":"a"}}.',
    "Row 4 (firstName) is left out: the JSON has no pair of one field with several of the vendor's.",
    "Row 5 (Source) is left out: the JSON has no constant.",
    "lead.title is written to lead.Title and to lead.Role; the JSON names only lead.Title.",
    "lead.title and Title are two rows, one each way; the JSON is read as one that goes both ways.",
  ]);
  assert.deepEqual(Object.keys(json.field_mappings.crm), ["lead.email", "lead.lastName", "lead.rating", "lead.title"]);
});

test("every default mapping of a connector is the same again but for what was told of it", () => {
  let [whole, told] = [0, 0];
  for (const connector of Object.values(connectors))
    for (const [object, { mapping }] of Object.entries(connector.streams)) {
      const document = parseMappingDocument(mapping);
      const { document: json, notes } = writeFieldMappings([{ object, document }]);
      for (const row of document.rows) {
        const alone = { ...document, rows: [row] };
        const one = writeFieldMappings([{ object, document: alone }]);
        told += one.notes.length;
        if (one.notes.length > 0) continue;
        whole += 1;
        assert.deepEqual(readFieldMappings(one.document).documents, [{ object, document: alone }]);
      }
      if (Object.keys(json.field_mappings.winston).length === 0) continue;
      const again = readFieldMappings(json).documents[0]!;
      assert.equal(again.object, object, notes.join("\n"));
    }
  assert.ok(whole > 50 && told > 10, `${whole} rows whole, ${told} told`);
});
