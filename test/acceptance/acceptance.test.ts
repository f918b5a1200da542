// The acceptance run itself on a small generated set, plain and with kills; and that its checker sees what is wrong.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { createTestFolder } from "../support/folder.ts";
import { compare, compareLedger } from "./checker.ts";
import { type Cell, KINDS, LEADS, type Row } from "./columns.ts";
import { cleanEnvironment, ROOT } from "../support/children.ts";
import { readFiles } from "./data.ts";
import type { Entry } from "./edits.ts";
import { expectedState, inSalesforce } from "./expected.ts";
import { writeSample } from "./sample.ts";

const SIZE = { leads: 300, accounts: 12, deals: 120 };
const folder = createTestFolder();
before(() => writeSample(folder.path, SIZE, 7));
after(() => folder[Symbol.dispose]());

/** Lines that a run printed, when it ended well. */
async function run(...args: string[]): Promise<string[]> {
  const child = spawn(process.execPath, [join(import.meta.dirname, "main.ts"), folder.path, ...args], {
    env: cleanEnvironment(),
    stdio: ["ignore", "pipe", "pipe"],
  });
  let printed = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => (printed += text));
  const [code] = (await once(child, "close")) as [number | null];
  assert.equal(code, 0, printed);
  return printed.trimEnd().split("\n");
}

const LAST =
  /^acceptance: leads 300\/300 accounts 12\/12 deals 120\/120 fields (\d+)\/\1 conflicts found ([1-9]\d*) of \2 provoked differences 0 duplicates 0 writes-when-quiet 0$/u;

test("a small set goes through the server to Salesforce and back, edited on both sides, without a difference", async () => {
  const lines = await run();
  assert.match(lines.at(-1)!, LAST);
  assert.ok(
    lines.some((line) => /Lead\.LastName = "\[not provided\]": \d+ records/u.test(line)),
    lines.join("\n"),
  );
});

test("the same with the server killed while records are created, updated and read", async () => {
  const lines = await run("--kill", "--seed", "2");
  assert.match(lines.at(-1)!, LAST);
  const killed = lines.filter((line) => line.startsWith("killed while ")).map((line) => /lane (\w+)/u.exec(line)![1]);
  assert.deepEqual(killed, ["push", "push", "batch"]);
  assert.equal(lines.filter((line) => line.includes("an attempt was open")).length, 2);
  const ends = lines.filter((line) => line.startsWith("killed: "));
  assert.equal(ends.filter((line) => /^killed: run .* stopped/u.test(line)).length, 3, ends.join("\n"));
});

test("the acceptance run imports nothing of src/", () => {
  const files = globSync("**/*.ts", { cwd: import.meta.dirname }).filter((file) => !file.endsWith(".test.ts"));
  const imports = files.flatMap((file) =>
    [...readFileSync(join(import.meta.dirname, file), "utf8").matchAll(/from "([^"]+)"/gu)].map((match) =>
      match[1]!.startsWith(".") ? join(import.meta.dirname, dirname(file), match[1]!) : match[1]!,
    ),
  );
  assert.ok(imports.includes("@jsforce/jsforce-node") && imports.includes("@hubspot/api-client"));
  assert.deepEqual(
    imports.filter((name) => name.startsWith(join(ROOT, "src"))),
    [],
  );
});

const key = LEADS.key;
const filesWith = (lead: Row) => ({
  rows: { leads: new Map([["p1", { [key]: "p1", ...lead }]]), accounts: new Map(), deals: new Map() },
});
const edit = (side: Entry["side"], at: number, set: Row, op: Entry["op"] = "change"): Entry => ({
  side,
  op,
  kind: "leads",
  key: "p1",
  set,
  at,
});
const city = (journal: Entry[]): Cell | undefined =>
  expectedState(filesWith({ City: "Pune" }), journal).rows.leads.get("p1")?.["City"];

test("the later edit of one field wins; within the vendor's second Winston does", () => {
  const ours = (at: number) => edit("winston", at, { City: "Thane" });
  const theirs = (at: number) => edit("salesforce", at, { City: "Mumbai" });
  assert.equal(city([ours(5_000), theirs(6_000)]), "Mumbai");
  assert.equal(city([theirs(5_000), ours(6_000)]), "Thane");
  assert.equal(city([ours(5_400), theirs(5_000)]), "Thane");
  assert.equal(city([theirs(5_000), ours(5_000)]), "Thane");
  const { conflicts } = expectedState(filesWith({ City: "Pune" }), [ours(5_400), theirs(5_000)]);
  assert.deepEqual(conflicts, [
    { kind: "leads", key: "p1", column: "City", winner: "winston", tie: true, winston: "Thane", salesforce: "Mumbai" },
  ]);
});

test("edits of different fields both live, and a deletion yields to an edit", () => {
  const { rows, conflicts } = expectedState(filesWith({ City: "Pune", Tags: null }), [
    edit("winston", 1, { City: null }),
    edit("salesforce", 2, { Tags: "Ringing" }),
  ]);
  assert.deepEqual([rows.leads.get("p1"), conflicts], [{ [key]: "p1", City: null, Tags: "Ringing" }, []]);
  assert.equal(city([edit("salesforce", 0, {}, "delete")]), undefined);
  assert.equal(city([edit("salesforce", 0, {}, "delete"), edit("winston", 1, { City: "Thane" })]), "Thane");
});

test("a filler is expected in Salesforce only", () => {
  const row = { [key]: "p1", company: null, "last name": "Kim" };
  const there = inSalesforce(LEADS, row);
  assert.deepEqual([there["company"], there["last name"], there["City"]], ["[not provided]", "Kim", null]);
});

test("the checker tells a cell that differs, a record that is missing, one too many and one twice", () => {
  const row: Row = { [key]: "p1", City: "Pune" };
  const wanted = new Map([["p1", row]]);
  const cells = LEADS.columns.length;
  const whole = compare(LEADS, "Winston", wanted, [row]);
  assert.deepEqual([whole.equal, whole.all, whole.differences, whole.duplicates], [cells, cells, [], []]);
  const differs = compare(LEADS, "Winston", wanted, [{ ...row, City: "Thane" }]);
  assert.deepEqual(
    [differs.equal, differs.differences],
    [cells - 1, ['Winston: lead p1: City is "Thane" and should be "Pune"']],
  );
  assert.deepEqual(compare(LEADS, "Winston", wanted, []).differences, ["Winston: lead p1 is missing"]);
  const more = compare(LEADS, "Salesforce", wanted, [row, row, { [key]: null }]);
  assert.deepEqual(
    [more.differences, more.duplicates],
    [["Salesforce: lead null is there and should not be"], ["Salesforce: lead p1 exists 2 times"]],
  );
});

test("the checker tells a losing value that is not in the ledger, and an entry that nobody provoked", () => {
  const provoked = [
    { kind: "leads", key: "p1", column: "City", winner: "winston", tie: false, winston: "Thane", salesforce: "Mumbai" },
  ] as const;
  const state = { ids: { leads: new Map([["p1", "e1"]]), accounts: new Map(), deals: new Map() }, names: new Map() };
  const entry = {
    id: "c1",
    entityId: "e1",
    kind: "person",
    field: "city",
    connection: "salesforce",
    stream: "lead",
    recordId: "00Q1",
    baseline: "Pune",
    winston: "Thane",
    record: "Mumbai",
    winner: "winston",
    given: null,
    rule: "newest",
    at: "2026-01-05T09:00:00.000Z",
    decidedBy: null,
    decidedAt: null,
    restoredBy: null,
    restoredAt: null,
    title: null,
    names: {},
  } as const;
  assert.deepEqual(compareLedger(provoked, [entry], state), { found: 1, provoked: 1, differences: [] });
  assert.equal(compareLedger(provoked, [], state).found, 0);
  const other = compareLedger(provoked, [{ ...entry, record: "Delhi" }], state);
  assert.deepEqual([other.found, other.differences.length], [0, 2]);
});

test("files of another shape are refused by name", () => {
  using other = createTestFolder();
  assert.throws(() => readFiles(other.path), /has no x-education-leads\.csv/u);
  assert.equal(readFiles(folder.path).rows.leads.size, SIZE.leads);
  assert.equal(
    KINDS.every((kind) => kind.columns.every((column) => column.salesforce.replace(/__c$/u, "").length <= 40)),
    true,
  );
});
