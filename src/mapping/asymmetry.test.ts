import assert from "node:assert/strict";
import { test } from "node:test";
import { splitFields } from "./asymmetry.ts";
import { standardFields } from "./kinds.ts";
import type { MappingRow } from "./types.ts";

const split = (rows: readonly MappingRow[]): string[] =>
  splitFields({ kind: "person", rows }, { kindFields: standardFields("person"), fieldsOf: standardFields });

test("a field that is written in one place and read from another is said with what an edit of it becomes", () => {
  const table = { Hot: "hot", Cold: "cold" };
  const said = split([
    { field: "email", record: "Email", direction: "both", transform: "email" },
    { field: "rating", record: "Rating", direction: "out", transform: "picklist", options: { table } },
    { field: "rating", record: "Heat", direction: "in", transform: "picklist", options: { table } },
  ]);
  assert.deepEqual(said, [
    'rating is written to Rating but read from Heat: an edit in Winston is seen there again only if the vendor itself carries one over to the other. For example: "cold" set here makes Rating "Cold"; Heat is "Hot" still, and when that is read it is "hot" here again.',
  ]);
});

test("a field that is written to a second place beside its own, or one way by intent, is no asymmetry of that kind", () => {
  assert.deepEqual(
    split([
      { field: "email", record: "Email", direction: "in", transform: "email" },
      { field: "title", record: "Title", direction: "out", transform: "text" },
      { field: "phone", record: "Phone", direction: "out", transform: "phone" },
      { field: "phone", record: "Phone", direction: "in", transform: "phone" },
    ]),
    [],
  );
});
