import assert from "node:assert/strict";
import { test } from "node:test";
import { createTestDatabase } from "../../test/support/database.ts";
import { insertAccess, type AccessRow } from "./access-log.ts";
import { sql } from "./sql.ts";

test("many requests go into the access log at once, also those without a key", async () => {
  await using database = await createTestDatabase();
  const row: AccessRow = {
    at: Date.UTC(2026, 0, 5, 9),
    requestId: "r1",
    keyId: "0198a000-0000-7000-8000-000000000001",
    method: "GET",
    route: "/api/leads/:id",
    status: 200,
    ms: 3,
    remote: "127.0.0.1",
  };
  const stranger = { ...row, at: row.at + 1_000, requestId: "r2", keyId: null, status: 401, remote: null };
  await insertAccess(database, [row, stranger]);
  await insertAccess(database, []);
  const read = sql`
    select at, request_id as "requestId", key_id as "keyId", method, route, status, ms, remote from access_log order by at`;
  assert.deepEqual(await database.rows(read), [row, stranger]);
});
