import assert from "node:assert/strict";
import { test } from "node:test";
import { type Column, drawTable, drawTsv, shorten, textWidth, visible } from "./table.ts";

interface Row {
  readonly id: string;
  readonly name: string | null;
  readonly n: number;
}

const columns: Column<Row>[] = [
  { title: "ID", of: (row) => row.id, cut: "middle" },
  { title: "NAME", of: (row) => row.name },
  { title: "READ", of: (row) => row.n, right: true },
];

test("columns line up, numbers stand right, and null is blank", () => {
  const lines = drawTable(
    columns,
    [
      { id: "a", name: "Ada", n: 1200 },
      { id: "bbb", name: null, n: 7 },
    ],
    { width: 80 },
  );
  assert.deepEqual(lines, ["ID   NAME   READ", "a    Ada   1,200", "bbb            7"]);
});

test("a table never passes the terminal's width, and ids are cut in the middle", () => {
  const row = { id: "01890a5d-ac96-774b-bcce-b302099a8057", name: "A very long name of somebody or other", n: 3 };
  const lines = drawTable(columns, [row], { width: 50 });
  for (const line of lines) assert.ok(textWidth(line) <= 50, line);
  assert.match(lines[1]!, /^01890a5\S*\.\.\.\S*8057 /u);
});

test("an id that the next command takes is never cut; spare columns go first, and the message gets what is left", () => {
  const id = "01890a5d-ac96-774b-bcce-b302099a8057";
  const row = {
    id,
    stream: "contact",
    said: "This address is taken by another contact of yours.",
    calls: 12,
    none: null,
  };
  const wide: Column<typeof row>[] = [
    { title: "ID", of: (one) => one.id, whole: true },
    { title: "STREAM", of: (one) => one.stream },
    { title: "CALLS", of: (one) => one.calls, right: true, spare: 2 },
    { title: "SAID", of: (one) => one.said, least: 20 },
    { title: "FIELD", of: (one) => one.none },
  ];
  assert.deepEqual(drawTable(wide, [row], { width: 80 }), [
    `ID                                    STREAM   CALLS  SAID`,
    `${id}  contact     12  This address is taken b...`,
  ]);
  assert.deepEqual(drawTable(wide, [row], { width: 72 }), [
    `ID                                    STREAM   SAID`,
    `${id}  contact  This address is taken ...`,
  ]);
  const long = { ...row, stream: "a stream whose name is very long", calls: 3 };
  assert.equal(drawTable(wide, [long], { width: 84 })[1], `${id}  a stream whose...      3  This address is t...`);
  assert.ok(drawTable(wide, [row], { width: 30 })[1]!.startsWith(id), "also where the terminal is too narrow for it");
});

test("wide characters and emoji count two columns, joining marks none", () => {
  assert.equal(textWidth("abc"), 3);
  assert.equal(textWidth("山田"), 4);
  assert.equal(textWidth("e\u0301"), 1);
  assert.equal(textWidth("👩‍👩‍👧"), 2);
  const lines = drawTable(
    columns,
    [
      { id: "1", name: "山田", n: 1 },
      { id: "2", name: "José", n: 1 },
    ],
    { width: 80 },
  );
  assert.equal(textWidth(lines[1]!), textWidth(lines[2]!));
});

test("what a stranger wrote cannot steer the terminal", () => {
  assert.equal(visible("a\u001b[31mb\u202E"), "a\\u001b[31mb\\u202e");
  const [, line] = drawTable(columns, [{ id: "1", name: "x\u001b]0;pwned\u0007\r\ny", n: 1 }], { width: 80 });
  // eslint-disable-next-line no-control-regex
  assert.doesNotMatch(line!, /[\u0000-\u001f]/u);
});

test("as TSV nothing is cut and a row stays one line", () => {
  const long = "x".repeat(300);
  assert.deepEqual(drawTsv(columns, [{ id: long, name: "a\tb\nc\\n", n: 5 }]), [`${long}\ta\\tb\\nc\\\\n\t5`]);
});

test("shortening keeps whole characters", () => {
  assert.equal(shorten("abcdefghij", 8), "abcde...");
  assert.equal(shorten("abcdefghij", 8, "middle"), "abc...ij");
  assert.equal(shorten("山田太郎さん", 8), "山田...");
});
