import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { createTestFolder } from "../../test/support/folder.ts";
import { type CsvRow, delimiterOf, openCsv } from "./csv-rows.ts";

async function read(content: string | Buffer): Promise<{ headers: readonly string[]; rows: CsvRow[] }> {
  using folder = createTestFolder();
  const path = join(folder.path, "a.csv");
  writeFileSync(path, content);
  const file = await openCsv(path);
  return { headers: file.headers, rows: await Array.fromAsync(file.rows()) };
}

test("rows carry the line they begin on, also after values with line ends in them", async () => {
  const { headers, rows } = await read('id,note\r\n1,"two\r\nlines, with ""quotes"""\r\n\r\n2,é\r\n');
  assert.deepEqual(headers, ["id", "note"]);
  assert.deepEqual(rows, [
    { line: 2, cells: ["1", 'two\r\nlines, with "quotes"'] },
    { line: 5, cells: ["2", "é"] },
  ]);
});

test("a row that does not parse is told with its line and reason, and every other row is read", async () => {
  const { rows } = await read('a,b\n1,x\n2,"y"z\n3,z\n\n\n4,"never closed\n5,v\n6,w,w\n7,ü\n');
  assert.deepEqual(rows, [
    { line: 2, cells: ["1", "x"] },
    { line: 3, problem: "has text after a closing quote", raw: '2,"y"z' },
    { line: 4, cells: ["3", "z"] },
    { line: 7, problem: "opens a quote that is never closed", raw: '4,"never closed' },
    { line: 8, cells: ["5", "v"] },
    { line: 9, problem: "has 3 columns, and the first line names 2", raw: "6,w,w" },
    { line: 10, cells: ["7", "ü"] },
  ]);
});

test("a byte order mark, semicolons and tabs are understood", async () => {
  assert.deepEqual((await read("\uFEFFid;name\n1;A\n")).headers, ["id", "name"]);
  assert.deepEqual((await read('"a,b"\tc\n1\t2\n')).rows, [{ line: 2, cells: ["1", "2"] }]);
  assert.equal(delimiterOf("alone"), ",");
});

test("bytes that are no UTF-8 spoil their row, not the file; UTF-16 is refused with what to do", async () => {
  const { rows } = await read(Buffer.concat([Buffer.from("a,b\n1,"), Buffer.from([0xe9]), Buffer.from("\n2,ok\n")]));
  assert.deepEqual(
    rows.map((row) => ("problem" in row ? row.problem : row.cells[1])),
    ["holds characters that are not UTF-8", "ok"],
  );
  await assert.rejects(read(Buffer.from("\uFEFFa,b\n1,2\n", "utf16le")), /not UTF-8 text[^]*CSV UTF-8/u);
  await assert.rejects(read(""), /is empty; its first line must name the columns/u);
  await assert.rejects(openCsv("/nowhere/a.csv"), /cannot be read/u);
});

test("a stray quote near the start of a large file costs one row", async () => {
  const lines = Array.from({ length: 60_000 }, (_, at) => `${at},${at === 5 ? '"open' : "value of some length"}`);
  const { rows } = await read(`n,v\n${lines.join("\n")}\n`);
  assert.equal(rows.length, 60_000);
  assert.deepEqual(
    rows.filter((row) => "problem" in row).map((row) => row.line),
    [7],
  );
  assert.deepEqual(rows.at(-1), { line: 60_001, cells: ["59999", "value of some length"] });
});
