import assert from "node:assert/strict";
import { test } from "node:test";
import { WinstonError } from "../base/errors.ts";
import type { Json } from "../base/json.ts";
import type { Page } from "../connector/contract.ts";
import { resumed } from "./resumed.ts";

/** What a reading came to: the ids it showed, from which places it was begun, what it said had died, and what it threw. */
async function reading(from: Json, pages: (cursor: Json) => Iterable<string | Error>) {
  const begun: Json[] = [];
  const died: string[] = [];
  const shown: string[] = [];
  let threw: unknown;
  const all = resumed(
    from,
    async function* (cursor): AsyncGenerator<Page> {
      begun.push(cursor);
      for (const id of pages(cursor)) {
        if (id instanceof Error) throw id;
        yield { records: [{ id, changedAt: null, version: null, fields: {} }], cursor: null };
      }
    },
    (why) => died.push(why),
  );
  try {
    for await (const page of all) shown.push(...page.records.map((record) => record.id));
  } catch (thrown) {
    threw = thrown;
  }
  return { begun, died, shown, threw };
}

const refused = new WinstonError("vendor.refused", "This place is not known any more.");
const away = new WinstonError("vendor.unavailable", "The vendor is out of reach.");

test("without a place to go on from all is read, once", async () => {
  const { begun, died, shown, threw } = await reading(null, () => ["a", "b"]);
  assert.deepEqual([begun, died, shown, threw], [[null], [], ["a", "b"], undefined]);
});

test("a reading goes on where it stood, and does not begin again when it has ended", async () => {
  const { begun, died, shown, threw } = await reading("there", () => ["b"]);
  assert.deepEqual([begun, died, shown, threw], [["there"], [], ["b"], undefined]);
});

test("a place that the vendor refuses is told, and all is read again", async () => {
  const { begun, died, shown, threw } = await reading("there", (cursor) => (cursor === null ? ["a", "b"] : [refused]));
  assert.deepEqual([begun, died, shown, threw], [["there", null], [refused.message], ["a", "b"], undefined]);
});

test("what is refused behind the first page, or from the beginning, is no place that died", async () => {
  const behind = await reading("there", () => ["b", refused]);
  assert.deepEqual([behind.begun, behind.died, behind.shown, behind.threw], [["there"], [], ["b"], refused]);
  const anew = await reading(null, () => [refused]);
  assert.deepEqual([anew.begun, anew.died, anew.threw], [[null], [], refused]);
});

test("a vendor that is out of reach has forgotten nothing", async () => {
  const { begun, died, shown, threw } = await reading("there", () => [away]);
  assert.deepEqual([begun, died, shown, threw], [["there"], [], [], away]);
});
