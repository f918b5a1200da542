import assert from "node:assert/strict";
import { test } from "node:test";
import { standardFields } from "../mapping/kinds.ts";
import {
  camelCase,
  type CsvPlan,
  NO_MAPPING,
  planColumns,
  readCsvMapping,
  toItem,
  TypeGuess,
  withTypes,
} from "./csv-mapping.ts";

const lead = { word: "lead", kind: "person", fields: standardFields("person") };
const deal = { word: "deal", kind: "deal", fields: standardFields("deal") };

const plan = (mapping: object, headers: string[], kind = lead): CsvPlan =>
  planColumns(readCsvMapping(mapping), headers, kind);
const item = (made: CsvPlan, cells: string[]): unknown => {
  const read = toItem(made, cells);
  assert.ok("item" in read, JSON.stringify(read));
  return read.item;
};
const problem = (made: CsvPlan, cells: string[]): string => {
  const read = toItem(made, cells);
  assert.ok("problem" in read, JSON.stringify(read));
  return read.problem;
};

test("a mapped column goes into its field, an unmapped one into a custom field, and what means nothing is null", () => {
  const made = plan(
    {
      kind: "lead",
      externalId: "Prospect ID",
      nulls: ["Select", ""],
      columns: {
        Country: "country",
        "Lead Source": { field: "source" },
        TotalVisits: { field: "totalVisits", type: "number", custom: true },
      },
    },
    ["Prospect ID", "Country", "Lead Source", "TotalVisits", "Last Activity"],
  );
  assert.deepEqual(item(made, ["p1", "Select", "Google", "5", "Email Opened"]), {
    externalId: "p1",
    country: null,
    source: "Google",
    customFields: { totalVisits: "5", lastActivity: "Email Opened" },
  });
});

test("a reference is sent by the key that the mapping names", () => {
  const made = plan(
    { columns: { sales_agent: { field: "owner", by: "name" }, account: { field: "account", by: "name" }, mail: null } },
    ["sales_agent", "account", "mail"],
    deal,
  );
  assert.deepEqual(item(made, ["Moses Frase", "", "x"]), { owner: { name: "Moses Frase" }, account: null });
  assert.deepEqual(made.ignored, ["mail"]);
});

test("dates are read in the order that the mapping says, and not guessed without it", () => {
  const columns = { close_date: "closeDate" };
  const us = plan({ dateOrder: "monthFirst", columns }, ["close_date"], deal);
  assert.deepEqual(item(us, ["3/1/2017"]), { closeDate: "2017-03-01" });
  assert.deepEqual(item(us, ["2017-03-01"]), { closeDate: "2017-03-01" });
  assert.match(
    problem(us, ["13/1/2017"]),
    /^close_date: is "13\/1\/2017", which is no date when the month stands first$/u,
  );
  assert.deepEqual(item(plan({ dateOrder: "dayFirst", columns }, ["close_date"], deal), ["31.12.2016"]), {
    closeDate: "2016-12-31",
  });
  const activity = { word: "activity", kind: "activity", fields: standardFields("activity") };
  const timed = plan({ dateOrder: "monthFirst", columns: { at: "startsAt" } }, ["at"], activity);
  assert.deepEqual(item(timed, ["3/1/2017 9:05"]), { startsAt: "2017-03-01T09:05" });
  assert.match(problem(plan({ columns }, ["close_date"], deal), ["3/1/2017"]), /dateOrder/u);
});

test("without a mapping, plain names find their fields, the id column the external id, and the rest become custom fields", () => {
  const made = planColumns(NO_MAPPING, ["Lead ID", "First Name", "E-mail", "Lead Source", "Shoe size"], lead);
  assert.equal(made.externalId?.header, "Lead ID");
  assert.deepEqual(
    made.columns.map((column) => [column.header, column.field, column.custom]),
    [
      ["First Name", "firstName", false],
      ["E-mail", "email", false],
      ["Lead Source", "source", false],
      ["Shoe size", "shoeSize", true],
    ],
  );
});

test("a column that the mapping does not name finds the standard field of its name, except a reference, whose key must be said", () => {
  const made = plan({ columns: { A: "country" } }, ["A", "Do Not Email"]);
  assert.deepEqual(item(made, ["NO", "Yes"]), { country: "NO", doNotEmail: "Yes" });
  assert.throws(() => plan({}, ["account"], deal), /Column "account" has the name of a reference[^]*"by": "name"/u);
});

test("a name that a partial mapping does not tell of is still the person's name", () => {
  const mapping = { externalId: "Lead ID", columns: { Notes: "description" } };
  for (const header of ["Name", "Full Name", "Lead Name"])
    assert.deepEqual(item(plan(mapping, ["Lead ID", header, "Company", "Notes"]), ["1", "Ada Lovelace", "A", "n"]), {
      externalId: "1",
      name: "Ada Lovelace",
      company: "A",
      description: "n",
    });
});

test("a row without its own id is refused, for a second import would double it", () => {
  assert.match(problem(plan({ externalId: "Id" }, ["Id", "City"]), [" ", "Oslo"]), /^Id is empty/u);
});

test("a mapping that cannot be used says every mistake, with the nearest names", () => {
  const mistakes = (mapping: object, headers: string[]): string => {
    try {
      plan(mapping, headers);
    } catch (error) {
      return (error as Error).message;
    }
    return assert.fail("it was accepted");
  };
  assert.match(mistakes({ colums: {} }, []), /"colums" is nothing a mapping file knows; the nearest is columns/u);
  assert.match(mistakes({ columns: { Emial: "email" } }, ["Email"]), /no column "Emial"; the nearest is Email/u);
  assert.match(mistakes({ columns: { Email: "emial" } }, ["Email"]), /no field "emial"; the nearest is email/u);
  assert.match(
    mistakes({ columns: { Email: { field: "email", type: "number" } } }, ["Email"]),
    /is of type email, not number/u,
  );
  assert.match(mistakes({ columns: { A: { field: "city", by: "name" } } }, ["A"]), /"by" is for references/u);
  assert.match(
    mistakes({ unmapped: "error", columns: { A: "city" } }, ["A", "B"]),
    /Column "B" is not in the mapping/u,
  );
  assert.match(
    mistakes({ columns: { A: "city", B: "city" } }, ["A", "B"]),
    /"A" and "B" would all become the field "city"/u,
  );
  assert.match(mistakes({}, ["A b", "A-b"]), /"A b" and "A-b" would all become the field "aB"/u);
  assert.match(mistakes({}, ["A", "A", ""]), /names "A" twice[^]*Column 3 has no name/u);
  assert.match(
    mistakes({ columns: { A: 5, B: { field: "x", type: "txt" } }, unmapped: "maybe" }, ["A"]),
    /"A" must name a field[^]*"B": type must be one of[^]*"unmapped" must be one of/u,
  );
});

test("the type of an unsaid custom field is what all its values allow", () => {
  const guess = (...texts: string[]): string => {
    const one = new TypeGuess();
    for (const text of texts) one.see(text);
    return one.type();
  };
  assert.equal(guess("1", "2.50", "-3"), "number");
  assert.equal(guess("1", "007"), "text");
  assert.equal(guess("1", "12345678901234567890"), "text");
  assert.equal(guess("Yes", "no"), "boolean");
  assert.equal(guess("2026-01-05"), "date");
  assert.equal(guess("1", "two"), "text");
  assert.equal(guess(), "text");
});

test("ids and codes stay text whatever they look like", () => {
  const made = plan({}, ["Lead Number", "Visits"]);
  const numbers = new TypeGuess();
  numbers.see("660737");
  const typed = withTypes(
    made,
    new Map([
      ["Lead Number", numbers],
      ["Visits", numbers],
    ]),
  );
  assert.deepEqual(
    typed.columns.map((column) => column.type),
    ["text", "number"],
  );
});

test("headers become field keys in camel case, in any script", () => {
  assert.equal(camelCase("Total Time Spent on Website"), "totalTimeSpentOnWebsite");
  assert.equal(camelCase("I agree to pay the amount through cheque"), "iAgreeToPayTheAmountThroughCheque");
  assert.equal(camelCase("close_value"), "closeValue");
  assert.equal(camelCase("TotalVisits"), "totalVisits");
  assert.equal(camelCase("Größe (cm)"), "größeCm");
  assert.equal(camelCase("!!!"), "");
});

test("a whole name of a person goes in as one, to be split, and never into a custom field of that name", () => {
  for (const header of ["name", "Name", "Full Name", "Lead Name"])
    assert.deepEqual(item(planColumns(NO_MAPPING, [header, "City"], lead), ["Ada Lovelace", "Oslo"]), {
      name: "Ada Lovelace",
      city: "Oslo",
    });
  assert.deepEqual(item(plan({ columns: { Who: "name" } }, ["Who"]), ["Ada Lovelace"]), { name: "Ada Lovelace" });
  const earlier = { ...lead, fields: [...lead.fields, { key: "name", type: "text", label: "name", custom: true }] };
  assert.deepEqual(item(plan({}, ["name"], earlier as typeof lead), ["Ada"]), { name: "Ada" });
  assert.deepEqual(item(plan({}, ["Name"], deal), ["Renewal"]), { name: "Renewal" });
});

test("a custom field does not take the name of what Winston itself says of a record", () => {
  const made = plan({}, ["Created At", "stage"]);
  assert.deepEqual(item(made, ["2026", "MQL"]), { customFields: { leadCreatedAt: "2026", leadStage: "MQL" } });
  assert.throws(
    () => plan({ columns: { Made: { field: "createdAt", custom: true } } }, ["Made"]),
    /"createdAt" is what Winston itself says of a lead\. Name the custom field otherwise/u,
  );
});
