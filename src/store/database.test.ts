import assert from "node:assert/strict";
import { test } from "node:test";
import { createTestDatabase } from "../../test/support/database.ts";
import { sql } from "./sql.ts";

test("columns come back in the forms the house uses", async () => {
  await using database = await createTestDatabase();
  const row = await database.one(sql`
    select 9007199254740991::int8 as small, 9007199254740993::int8 as large, 1.10::numeric as amount, date '2026-01-05' as day,
      timestamptz '2026-01-05 09:00:00.1239+02' as at, 'infinity'::timestamptz as never, '{"a": [1]}'::jsonb as json,
      '\\x00ff'::bytea as bytes, array[1, null, 3]::int8[] as list, array[timestamptz '1969-12-31 23:59:59.5+00'] as times`);
  assert.deepEqual(row, {
    small: 9_007_199_254_740_991,
    large: "9007199254740993",
    amount: "1.10",
    day: "2026-01-05",
    at: Date.UTC(2026, 0, 5, 7, 0, 0, 123),
    never: Infinity,
    json: { a: [1] },
    bytes: Buffer.from([0, 255]),
    list: [1, null, 3],
    times: [-500],
  });
});
