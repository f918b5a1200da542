import assert from "node:assert/strict";
import { test } from "node:test";
import type { VendorRecord } from "../connector/contract.ts";
import { comparedInWords } from "./causes.ts";
import { judge, type JudgedAt, type Seen } from "./judge.ts";

const READ_TO = 1_000;
const OLD = 500;
const NEW = 1_500;

const shown = (changedAt: number | null, more: Partial<VendorRecord> = {}): VendorRecord => ({
  id: "1",
  changedAt,
  version: null,
  fields: {},
  ...more,
});
const apart = [{ field: "title", there: "a", here: "b" }];
const linked = (more: Partial<NonNullable<Seen["known"]>> = {}): Seen["known"] => ({
  state: "active",
  changedAt: OLD,
  underWay: false,
  wrote: false,
  moved: [],
  forgotten: [],
  ...more,
});
const verdictsOf = (seen: Partial<Seen>, at: Partial<JudgedAt> = {}): string[] =>
  judge(
    { record: shown(OLD), known: linked(), waits: false, wasGone: null, ...seen },
    { watermark: READ_TO, again: false, creating: false, ...at },
  ).map((one) => `${one.cause}${one.repair === null ? "" : ` ${one.repair}`}`);

test("a table of what a second look means", () => {
  const moved = linked({ moved: apart });
  const stamped = shown(OLD + 1);
  const again = { again: true };
  const table: [why: string, seen: Partial<Seen>, expected: string[], at?: Partial<JudgedAt>][] = [
    ["the same", {}, []],
    ["changed and not read", { record: stamped, known: moved }, ["missed.read read"]],
    ["otherwise under the same stamp", { known: moved }, ["missed.silent read"]],
    ["changed after what was read", { record: shown(NEW), known: moved }, ["moving"]],
    ["changed at the border of what was read", { record: shown(READ_TO), known: moved }, ["moving"]],
    ["nothing was read yet", { record: stamped, known: moved }, ["moving"], { watermark: null }],
    ["an older showing", { record: shown(OLD - 1), known: moved }, ["moving"]],
    ["a write under way", { record: stamped, known: linked({ moved: apart, underWay: true }) }, ["moving"]],
    ["no stamp, seen once", { record: shown(null), known: moved }, ["moving"]],
    ["no stamp, seen twice", { record: shown(null), known: moved }, ["missed.silent read"], again],
    [
      "no stamp, and written since",
      { record: shown(null), known: linked({ moved: apart, wrote: true }) },
      ["moving"],
      again,
    ],
    ["edited here, and owed by nobody", { known: linked({ forgotten: apart }) }, ["write.forgotten"]],
    ["deleted here, and owed by nobody", { known: linked({ forgotten: null }) }, ["write.forgotten"]],
    ["the same while a write is under way", { known: linked({ forgotten: null, underWay: true }) }, []],
    ["never read", { known: null }, ["missed.read read"]],
    ["just made there", { record: shown(NEW), known: null }, ["moving"]],
    ["what our own create may be making", { known: null }, ["moving"], { creating: true }],
    ["set aside, for a reason that is told", { known: null, waits: true }, []],
    ["there again", { known: linked({ state: "deleted" }) }, ["missed.read read"]],
    ["there again, a moment ago", { record: shown(NEW), known: linked({ state: "deleted" }) }, ["moving"]],
    ["ended, and not heard of", { record: shown(OLD, { mergedInto: "2" }) }, ["missed.end read"]],
    ["ended, and to be heard of", { record: shown(NEW, { deleted: true }) }, ["moving"]],
    ["ended on both sides", { record: shown(OLD, { deleted: true }), known: linked({ state: "deleted" }) }, []],
    ["not there, seen once", { record: null }, ["moving"]],
    ["not there, seen twice", { record: null }, ["gone"], again],
    ["not there, and not in an earlier listing", { record: null, wasGone: "long" }, ["gone ask"]],
    ["not there, as a moment ago", { record: null, wasGone: "short" }, ["gone"]],
    [
      "not there, and a deletion of ours is under way",
      { record: null, wasGone: "long", known: linked({ underWay: true }) },
      ["moving"],
    ],
    ["not there, and never known", { record: null, known: null }, []],
  ];
  for (const [why, seen, expected, at] of table) assert.deepEqual(verdictsOf(seen, at), expected, why);
});

test("what a comparison found is said in one line, with the day once it is not today", () => {
  const at = Date.UTC(2026, 0, 5, 3, 12);
  const said = (counts: Parameters<typeof comparedInWords>[0]["counts"], now = at + 60_000) =>
    comparedInWords({ endedAt: at, counts }, now);
  assert.equal(said({ listed: 12_044, differences: 0 }), "compared 03:12: 12,044 records, no difference");
  assert.equal(said({ listed: 1, differences: 1 }), "compared 03:12: 1 record, 1 difference");
  assert.equal(
    said({ listed: 9, differences: 3, repaired: 2 }, at + 86_400_000),
    "compared 2026-01-05 03:12: 9 records, 3 differences, 2 of them repaired",
  );
});
