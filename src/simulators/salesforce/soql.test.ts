import assert from "node:assert/strict";
import { test } from "node:test";
import { fc } from "../../../test/support/fast-check.ts";
import { parse, tree } from "./soql/grammar.ts";
import { testOrg, type TestOrg } from "./test-org.ts";

/** Four accounts and some contacts, one second apart from 2026-01-05T09:00:00Z on. */
function small(): TestOrg {
  const made = testOrg();
  const { org, clock } = made;
  org.data.addCustomField("Account", {
    name: "Tags__c",
    type: "MultiselectPicklist",
    values: ["red", "green", "blue"],
  });
  const rows = [
    { Name: "Alpha", Industry: "Retail", AnnualRevenue: 100, Tags__c: "red;green" },
    { Name: "beta", Industry: null, AnnualRevenue: 300, Tags__c: "blue" },
    { Name: "Gämma_50%", Industry: "Retail", AnnualRevenue: null, Tags__c: null },
    { Name: "O'Neill \\ Co", Industry: "Energy", AnnualRevenue: 200, Tags__c: "green" },
  ];
  for (const values of rows) {
    const id = org.data.add("Account", values);
    org.data.add("Contact", { LastName: `Of ${values.Name.slice(0, 5)}`, AccountId: id });
    clock.advance(1_000);
  }
  org.data.add("Contact", { LastName: "Alone" });
  return made;
}

const names = ({ query }: TestOrg, where: string, rest = "ORDER BY CreatedDate"): string[] => {
  const answer = query(`SELECT Name FROM Account ${where} ${rest}`);
  assert.equal(answer.status, 200, answer.text);
  return (answer.body["records"] as unknown as { Name: string }[]).map((one) => one.Name);
};

const [A, B, G, O] = ["Alpha", "beta", "Gämma_50%", "O'Neill \\ Co"] as const;

const WHERE: [string, string[]][] = [
  ["WHERE Name = 'ALPHA'", [A]],
  ["WHERE Name != 'alpha'", [B, G, O]],
  ["WHERE Industry != 'Retail'", [B, O]],
  ["WHERE Industry = null", [B]],
  ["WHERE Industry IN ('retail', 'Energy')", [A, G, O]],
  ["WHERE Industry NOT IN ('Retail')", [B, O]],
  ["WHERE Name LIKE '%a'", [A, B]],
  ["WHERE Name LIKE 'Gämma\\_50\\%'", [G]],
  ["WHERE Name LIKE '_eta'", [B]],
  ["WHERE Name = 'O\\'Neill \\\\ Co'", [O]],
  ["WHERE Name = 'G\\u00e4mma_50%'", [G]],
  ["WHERE AnnualRevenue > 100", [B, O]],
  ["WHERE AnnualRevenue <= 100", [A]],
  ["WHERE Tags__c INCLUDES ('red;green', 'blue')", [A, B]],
  ["WHERE Tags__c EXCLUDES ('green')", [B, G]],
  ["WHERE Tags__c = 'red;green'", [A]],
  ["WHERE CreatedDate = TODAY", [A, B, G, O]],
  ["WHERE CreatedDate > 2026-01-05T09:00:01Z", [G, O]],
  ["WHERE CreatedDate >= 2026-01-05T10:00:01+01:00", [B, G, O]],
  ["WHERE CreatedDate < YESTERDAY", []],
  ["WHERE CALENDAR_YEAR(CreatedDate) = 2026 AND Name = 'beta'", [B]],
  ["WHERE (Name = 'Alpha' AND Industry = 'Retail') OR Name = 'beta'", [A, B]],
  ["WHERE NOT Name = 'Alpha'", [B, G, O]],
  ["WHERE AnnualRevenue > 100 AND (NOT (Name = 'beta' OR Industry = 'Retail'))", [O]],
  ["WHERE Id IN (SELECT AccountId FROM Contact WHERE LastName LIKE 'Of b%')", [B]],
  ["WHERE Id NOT IN (SELECT AccountId FROM Contact WHERE LastName LIKE 'Of b%')", [A, G, O]],
  ["WHERE Owner.Name = 'Integration User' AND Parent.Name = null AND Name = 'Alpha'", [A]],
  ["WHERE IsDeleted = false AND Name = 'beta'", [B]],
  ["WHERE SystemModstamp > 2026-01-05T09:00:00Z AND SystemModstamp <= 2026-01-05T09:00:02Z", [B, G]],
  [
    "WHERE SystemModstamp > 2026-01-05T09:00:01Z OR (SystemModstamp = 2026-01-05T09:00:01Z AND Id > '001000000000000AAA')",
    [B, G, O],
  ],
];

const world = small();
for (const [where, expected] of WHERE)
  test(`SOQL ${where}`, () => {
    assert.deepEqual(names(world, where), expected);
  });

test("ORDER BY puts nulls first unless told otherwise, and ignores case", () => {
  assert.deepEqual(names(world, "", "ORDER BY AnnualRevenue"), [G, A, O, B]);
  assert.deepEqual(names(world, "", "ORDER BY AnnualRevenue DESC NULLS LAST"), [B, O, A, G]);
  assert.deepEqual(names(world, "", "ORDER BY Name"), [A, B, G, O]);
  assert.deepEqual(names(world, "", "ORDER BY Industry NULLS LAST, AnnualRevenue DESC"), [O, G, A, B]);
  assert.deepEqual(names(world, "", "ORDER BY Name LIMIT 2 OFFSET 1"), [B, G]);
});

test("relationship fields come nested with their own attributes, a missing parent as null, children as a list or null", () => {
  const { body } = world.query(
    "SELECT Name, Account.Name, Account.Owner.Email FROM Contact WHERE LastName IN ('Of Alpha', 'Alone') ORDER BY LastName",
  );
  const [alone, alpha] = body["records"] as unknown as Record<string, Record<string, Record<string, unknown>>>[];
  assert.equal(alone!["Account"], null);
  assert.equal(alpha!["Account"]!["Name"], A);
  assert.match(String(alpha!["Account"]!["attributes"]!["url"]), /\/sobjects\/Account\/001/u);
  assert.equal(alpha!["Account"]!["Owner"]!["Email"], "integration@larkfield.example");
  const parents = world.query(
    "SELECT Id, (SELECT LastName FROM Contacts), (SELECT Id FROM Opportunities) FROM Account LIMIT 1",
  );
  const [first] = parents.body["records"] as unknown as Record<string, { totalSize: number; done: boolean } | null>[];
  const lead = testOrg();
  lead.org.data.add("Lead", { LastName: "L", Company: "C", OwnerId: lead.org.data.list("Group")[0]!["Id"] });
  const [owned] = lead.query("SELECT Owner.Name, Owner.Type FROM Lead").body["records"] as unknown as {
    Owner: Record<string, unknown>;
  }[];
  assert.deepEqual([owned!.Owner["Name"], owned!.Owner["Type"]], ["Unassigned Leads", "Group"]);
  assert.deepEqual([first!["Contacts"]!.totalSize, first!["Contacts"]!.done, first!["Opportunities"]], [1, true, null]);
});

test("aggregates count, group and filter groups", () => {
  const { body } = world.query(
    "SELECT Industry, COUNT(Id) n, SUM(AnnualRevenue) FROM Account GROUP BY Industry HAVING COUNT(Id) > 1",
  );
  assert.deepEqual(body["records"], [
    { attributes: { type: "AggregateResult" }, Industry: "Retail", n: 2, expr0: 100 },
  ]);
  const count = world.query("SELECT COUNT() FROM Account WHERE Industry = 'Retail'").body;
  assert.deepEqual(count, { totalSize: 2, done: true, records: [] });
  const none = world.query("SELECT MAX(AnnualRevenue), COUNT(Id) FROM Account WHERE Name = 'none'").body;
  assert.deepEqual(none["records"], [{ attributes: { type: "AggregateResult" }, expr0: null, expr1: 0 }]);
});

const REFUSED: [string, string][] = [
  ["SELEC Id FROM Account", "MALFORMED_QUERY"],
  ["", "MALFORMED_QUERY"],
  ["SELECT Id FROM Account WHERE Name = 'a' AND Name = 'b' OR Name = 'c'", "MALFORMED_QUERY"],
  ["SELECT Id FROM Account WHERE Name = 'a' AND NOT Name = 'b'", "MALFORMED_QUERY"],
  ["SELECT Name n FROM Lead", "MALFORMED_QUERY"],
  ["SELECT Account.Name account FROM Contact", "MALFORMED_QUERY"],
  ["SELECT Id, (SELECT LastName n FROM Contacts) FROM Account", "MALFORMED_QUERY"],
  ["SELECT Id FROM Account ALL ROWS", "MALFORMED_QUERY"],
  ["SELECT Id FROM Account WITH SECURITY_ENFORCED", "MALFORMED_QUERY"],
  ["SELECT Id FROM Account USING SCOPE mine", "MALFORMED_QUERY"],
  ["SELECT Id FROM Account FOR UPDATE", "MALFORMED_QUERY"],
  ["SELECT TYPEOF What WHEN Account THEN Phone END FROM Task", "MALFORMED_QUERY"],
  ["SELECT DISTANCE(BillingAddress, GEOLOCATION(1,1), 'mi') FROM Account", "MALFORMED_QUERY"],
  ["SELECT Industry, COUNT(Id) FROM Account GROUP BY ROLLUP(Industry)", "MALFORMED_QUERY"],
  ["SELECT FIELDS(ALL) FROM Account", "MALFORMED_QUERY"],
  ["SELECT Id, Id FROM Account", "MALFORMED_QUERY"],
  ["SELECT SUM(Name) FROM Account", "MALFORMED_QUERY"],
  ["SELECT Id FROM Account WHERE Name = 'bad \\q'", "MALFORMED_QUERY"],
  ["SELECT Id FROM Nothing", "INVALID_TYPE"],
  ["SELECT Nope FROM Account", "INVALID_FIELD"],
  ["SELECT Nope.Name FROM Account", "INVALID_FIELD"],
  ["SELECT Name, COUNT(Id) FROM Account", "INVALID_FIELD"],
  ["SELECT Id FROM Account WHERE Name = 5", "INVALID_FIELD"],
  ["SELECT Id FROM Account WHERE AnnualRevenue = '5'", "INVALID_FIELD"],
  ["SELECT Id FROM Account WHERE CreatedDate > '2026-01-01T00:00:00Z'", "INVALID_FIELD"],
  ["SELECT Id FROM Account WHERE CreatedDate > 2026-01-01", "INVALID_FIELD"],
  ["SELECT Id FROM Account WHERE Description = 'long'", "INVALID_FIELD"],
  ["SELECT Id FROM Account ORDER BY Description", "INVALID_FIELD"],
  ["SELECT Id, (SELECT Id FROM Nopes) FROM Account", "INVALID_FIELD"],
  ["SELECT Id FROM Account WHERE Id = 'short'", "INVALID_QUERY_FILTER_OPERATOR"],
  ["SELECT Id FROM Account OFFSET 2001", "NUMBER_OUTSIDE_VALID_RANGE"],
];

for (const [soql, code] of REFUSED)
  test(`SOQL "${soql}" answers ${code} and no rows`, () => {
    const answer = world.query(soql);
    assert.equal(answer.status, 400, answer.text);
    assert.equal(answer.body[0]!["errorCode"], code, answer.text);
  });

test("a statement of more than 16,384 characters in the URL answers 414", () => {
  assert.equal(world.query(`SELECT Id FROM Account WHERE Name = '${"x".repeat(17_000)}'`).status, 414);
});

test("pages follow the locator to the end, smaller where the vendor wants, and the locator dies in its time", () => {
  const { org, call, query, clock } = testOrg();
  org.data.load(
    "Lead",
    Array.from({ length: 450 }, (_, index) => ({ LastName: `L${index}`, Company: "C" })),
  );
  const header = { "sforce-query-options": "batchSize=200" };
  const first = call("GET", "/query?q=SELECT+Id+FROM+Lead", undefined, header).body;
  assert.deepEqual(
    [first["totalSize"], first["done"], (first["records"] as unknown as unknown[]).length],
    [450, false, 200],
  );
  const next = String(first["nextRecordsUrl"]);
  assert.match(next, /^\/services\/data\/v66\.0\/query\/0r8[^/]+-200$/u);
  org.dials.set({ pageSize: 100 });
  assert.equal((query("SELECT Id FROM Lead").body["records"] as unknown as unknown[]).length, 100);
  const path = next.replace("/services/data/v66.0", "");
  const second = call("GET", path).body;
  assert.equal(second["done"], false);
  const third = call("GET", String(second["nextRecordsUrl"]).replace("/services/data/v66.0", "")).body;
  assert.deepEqual(
    [third["done"], third["nextRecordsUrl"], (third["records"] as unknown as unknown[]).length],
    [true, undefined, 50],
  );
  org.dials.set({ sessionMs: 5 * 86_400_000 });
  clock.advance(2 * 86_400_000);
  const dead = call("GET", path);
  assert.deepEqual([dead.status, dead.body[0]!["errorCode"]], [400, "INVALID_QUERY_LOCATOR"]);
});

test("old finished activities are archived: only queryAll shows them", () => {
  const { org, call, query } = testOrg();
  org.data.add("Task", { Subject: "old", Status: "Completed", ActivityDate: "2024-06-01" });
  org.data.add("Task", { Subject: "open", Status: "Not Started", ActivityDate: "2024-06-01" });
  assert.equal(query("SELECT Id FROM Task").body["totalSize"], 1);
  const all = call("GET", "/queryAll?q=SELECT+Subject+FROM+Task+WHERE+IsArchived=true").body["records"]!;
  assert.equal(all[0]!["Subject"], "old");
});

test("walking by (SystemModstamp, Id) finds every row once, however many share a stamp", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 60 }),
      fc.integer({ min: 1, max: 7 }),
      (seconds, limit) => {
        const { org, query } = testOrg();
        const start = Date.UTC(2026, 0, 1);
        const ids = org.data.load(
          "Lead",
          seconds.map((_, index) => ({ LastName: `L${index}`, Company: "C" })),
          (index) => start + seconds[index]! * 1_000,
        );
        const found: string[] = [];
        let where = "";
        for (;;) {
          const { body } = query(
            `SELECT Id, SystemModstamp FROM Lead ${where} ORDER BY SystemModstamp, Id LIMIT ${limit}`,
          );
          const records = body["records"] as unknown as { Id: string; SystemModstamp: string }[];
          found.push(...records.map((one) => one.Id));
          const last = records.at(-1);
          if (!last) break;
          const stamp = last.SystemModstamp.replace("+0000", "Z");
          where = `WHERE SystemModstamp > ${stamp} OR (SystemModstamp = ${stamp} AND Id > '${last.Id}')`;
        }
        assert.deepEqual([...found].sort(), [...ids].sort());
      },
    ),
    { numRuns: 60 },
  );
});

test("an indexed look-up gives what a scan gives", () => {
  const { org, query } = testOrg();
  fc.assert(
    fc.property(fc.array(fc.constantFrom("a", "B", "b ", "É", "é", "x'y"), { maxLength: 12 }), (values) => {
      for (const Title of values) org.data.add("Lead", { LastName: "L", Company: "C", Title });
      for (const value of ["a", "b", "É", "x'y"]) {
        const quoted = `'${value.replaceAll("'", "\\'")}'`;
        const looked = query(`SELECT Id FROM Lead WHERE Title = ${quoted}`).body["totalSize"];
        const scanned = query(`SELECT Id FROM Lead WHERE Title LIKE ${quoted}`).body["totalSize"];
        assert.equal(looked, scanned);
      }
    }),
    { numRuns: 25 },
  );
});

test("SOQL of one shape is read once, and each statement by its own times", () => {
  const at = (from: string, to: string) =>
    tree(parse(`SELECT Id FROM Contact WHERE SystemModstamp >= ${from} AND SystemModstamp < ${to}`).where);
  const times = (expression: unknown): string[] =>
    [...JSON.stringify(expression).matchAll(/"text":"([^"]+)"/gu)].map(([, text]) => text!);
  const [one, other] = [
    ["2026-01-05T09:00:00Z", "2026-01-06T09:00:00.000+0000"],
    ["2026-02-05T09:00:00Z", "2026-02-05T09:00:00Z"],
  ] as const;
  assert.deepEqual([times(at(...one)), times(at(...other)), times(at(...one))], [one, other, one]);
});
