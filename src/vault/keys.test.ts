import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { VirtualClock } from "../base/clock.ts";
import { isError } from "../base/errors.ts";
import { seededRandom, systemRandom } from "../base/random.ts";
import type { Database } from "../store/database.ts";
import { sql } from "../store/sql.ts";
import { createTestDatabase } from "../../test/support/database.ts";
import { isToken, makeToken, openKeys, START_TOKEN_FILE } from "./keys.ts";
import { createSeal } from "./seal.ts";

const seal = createSeal([Buffer.alloc(32, 7)], systemRandom);
const open = (database: Database, clock = new VirtualClock()) =>
  openKeys({ database, seal, clock, random: systemRandom });

test("a token has the form that scanners know, and one wrong character shows without a look-up", () => {
  const token = makeToken(seededRandom(4));
  assert.match(token, /^wk_live_[0-9A-Za-z]{36}$/u);
  assert.ok(isToken(token));
  for (let index = 0; index < token.length; index++) {
    const other = token[index] === "x" ? "y" : "x";
    assert.ok(!isToken(token.slice(0, index) + other + token.slice(index + 1)), `character ${index}`);
  }
  assert.ok(!isToken(token.slice(1)) && !isToken(`${token}0`) && !isToken("") && !isToken(`${token}\n`));
});

test("each of the 62 digits is drawn as often as the others", () => {
  const random = seededRandom(11);
  const counts = new Map<string, number>();
  for (let index = 0; index < 4_000; index++)
    for (const digit of makeToken(random).slice(8, 38)) counts.set(digit, (counts.get(digit) ?? 0) + 1);
  const expected = (4_000 * 30) / 62;
  assert.equal(counts.size, 62);
  const chiSquare = [...counts.values()].reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  assert.ok(chiSquare < 110, `chi square ${chiSquare} with 61 degrees of freedom`); // p ≈ 0.0001
});

test("a key is verified with its scopes, and neither its token nor an unkeyed hash of it is in the database", async () => {
  await using database = await createTestDatabase();
  const keys = await open(database);
  const { id, token } = await keys.create({ name: "ci", scopes: ["records:read"] });
  assert.deepEqual(await keys.verify(token), { id, name: "ci", scopes: ["records:read"] });
  assert.equal(await keys.verify(makeToken(systemRandom)), undefined);
  assert.equal(await keys.verify("wk_live_nonsense"), undefined);

  const dump = JSON.stringify(await database.rows(sql`select to_jsonb(api_key) as row from api_key`));
  assert.ok(!dump.includes(token) && !dump.includes(token.slice(12)));
  // The pepper decides: with another one the same token is nobody's.
  await database.run(sql`delete from setting`);
  assert.equal(await (await open(database)).verify(token), undefined);
});

test("a revoked key stops at once here and within 5 seconds in other processes", async () => {
  await using database = await createTestDatabase();
  const clock = new VirtualClock();
  const [here, there] = [await open(database, clock), await open(database, clock)];
  const { id, token } = await here.create({ name: "old", scopes: [] });
  assert.ok((await here.verify(token)) && (await there.verify(token)));
  await here.revoke(id);
  assert.equal(await here.verify(token), undefined);
  clock.advance(5_000);
  assert.equal(await there.verify(token), undefined);
  assert.notEqual((await here.list())[0]!.revokedAt, null);
  await assert.rejects(here.revoke("018f0000-0000-7000-8000-000000000000"), (thrown) => isError(thrown, "not.found"));
  await assert.rejects(here.revoke("nonsense"), (thrown) => isError(thrown, "not.found"));
});

test("a clock set back does not make a revoked key live longer", async () => {
  await using database = await createTestDatabase();
  const clock = new VirtualClock();
  const [here, there] = [await open(database, clock), await open(database, clock)];
  const { id, token } = await here.create({ name: "old", scopes: [] });
  await there.verify(token);
  await here.revoke(id);
  clock.advance(-3_600_000);
  assert.equal(await there.verify(token), undefined);
});

test("a key expires to the millisecond, also while it is remembered", async () => {
  await using database = await createTestDatabase();
  const clock = new VirtualClock();
  const keys = await open(database, clock);
  const { token } = await keys.create({ name: "short", scopes: [], expiresAt: clock.now() + 1_000 });
  clock.advance(999);
  assert.ok(await keys.verify(token));
  clock.advance(1);
  assert.equal(await keys.verify(token), undefined);
  await assert.rejects(keys.create({ name: "late", scopes: [], expiresAt: clock.now() }), (thrown) =>
    isError(thrown, "request.invalid"),
  );
});

test("the last use is kept to the minute", async () => {
  await using database = await createTestDatabase();
  const clock = new VirtualClock(Date.UTC(2026, 0, 5, 9, 30, 12));
  const keys = await open(database, clock);
  const { token } = await keys.create({ name: "used", scopes: [] });
  assert.equal((await keys.list())[0]!.usedAt, null);
  await keys.verify(token);
  clock.advance(30_000);
  await keys.verify(token);
  assert.equal((await keys.list())[0]!.usedAt, Date.UTC(2026, 0, 5, 9, 30));
  clock.advance(30_000);
  await keys.verify(token);
  assert.equal((await keys.list())[0]!.usedAt, Date.UTC(2026, 0, 5, 9, 31));
});

test("the start token lives as long as its folder, and a new one ends the old", async (t) => {
  await using database = await createTestDatabase();
  const dataDir = mkdtempSync(join(tmpdir(), "winston-token-"));
  t.after(() => rmSync(dataDir, { recursive: true }));
  const first = await (await open(database)).startToken(dataDir, ["admin"]);
  const keys = await open(database);
  assert.equal(await keys.startToken(dataDir, ["admin"]), first);
  assert.equal(statSync(join(dataDir, START_TOKEN_FILE)).mode & 0o777, 0o600);
  assert.deepEqual((await keys.verify(first))?.scopes, ["admin"]);

  rmSync(join(dataDir, START_TOKEN_FILE));
  const second = await keys.startToken(dataDir, ["admin"]);
  assert.notEqual(second, first);
  assert.equal(await (await open(database)).verify(first), undefined);

  await keys.revoke((await keys.verify(second))!.id);
  const third = await keys.startToken(dataDir, ["admin"]);
  assert.ok(third !== second && (await keys.verify(third)));
  const wider = await keys.startToken(dataDir, ["admin", "keys:write"]);
  assert.deepEqual((await keys.verify(wider))?.scopes, ["admin", "keys:write"]);

  chmodSync(join(dataDir, START_TOKEN_FILE), 0o644);
  await assert.rejects(keys.startToken(dataDir, ["admin"]), (thrown) => isError(thrown, "start.failed"));
});
