import assert from "node:assert/strict";
import { test } from "node:test";
import { createTestDatabase } from "../../test/support/database.ts";
import {
  abandonIdempotent,
  ABANDONED_MS,
  ABANDONED_ONCE_MS,
  ANSWERS_KEPT_MS,
  beginIdempotent,
  deleteIdempotentBefore,
  doneBefore,
  finishIdempotent,
  noteDone,
} from "./idempotency.ts";

const NOW = Date.UTC(2026, 0, 5, 9);
const KEY = { keyId: "0198a000-0000-7000-8000-000000000001", key: "order-1" };
const digest = Buffer.from("one request");
const ask = { ...KEY, digest, now: NOW, once: false };

test("of twenty equal requests at once one is done, and later ones get its answer to the byte", async () => {
  await using database = await createTestDatabase();
  const beginnings = await Promise.all(Array.from({ length: 20 }, () => beginIdempotent(database, ask)));
  assert.deepEqual(beginnings.map((one) => one.kind).toSorted(), [
    "new",
    ...Array.from({ length: 19 }, () => "running"),
  ]);
  // What jsonb would refuse or reorder comes back as it was.
  const body = { zebra: 1, apple: "a\u0000b\uD800", list: [null, 1e21] };
  await finishIdempotent(database, { ...KEY, status: 201, body });
  const replay = await beginIdempotent(database, ask);
  assert.deepEqual(replay, { kind: "replay", status: 201, body });
  assert.equal(JSON.stringify(replay.kind === "replay" && replay.body), JSON.stringify(body));
});

test("a key that comes with another request is a mismatch, and another caller's equal key is not", async () => {
  await using database = await createTestDatabase();
  await beginIdempotent(database, ask);
  assert.deepEqual(await beginIdempotent(database, { ...ask, digest: Buffer.from("another") }), { kind: "mismatch" });
  const other = { ...ask, keyId: "0198a000-0000-7000-8000-000000000002" };
  assert.deepEqual(await beginIdempotent(database, other), { kind: "new" });
});

test("a request given up may begin again; one whose process died may too, after two minutes", async () => {
  await using database = await createTestDatabase();
  await beginIdempotent(database, ask);
  await abandonIdempotent(database, KEY);
  assert.deepEqual(await beginIdempotent(database, ask), { kind: "new" });
  assert.deepEqual(await beginIdempotent(database, { ...ask, now: NOW + ABANDONED_MS }), { kind: "running" });
  assert.deepEqual(await beginIdempotent(database, { ...ask, now: NOW + ABANDONED_MS + 1 }), { kind: "new" });
});

test("what was done is known before it is answered: a repeat takes over at once, and giving up does not forget it", async () => {
  await using database = await createTestDatabase();
  await beginIdempotent(database, ask);
  await database.transaction(async (tx) => {
    assert.equal(await doneBefore(tx, KEY), undefined);
    await noteDone(tx, KEY, [{ id: "1" }]);
  });
  await abandonIdempotent(database, KEY);
  assert.deepEqual(await beginIdempotent(database, { ...ask, now: NOW + 1 }), { kind: "new" });
  await database.transaction(async (tx) => assert.deepEqual(await doneBefore(tx, KEY), [{ id: "1" }]));
  // A day later the key is free for anything.
  assert.deepEqual(await beginIdempotent(database, { ...ask, now: NOW + ANSWERS_KEPT_MS + 2 }), { kind: "new" });
  await database.transaction(async (tx) => assert.equal(await doneBefore(tx, KEY), undefined));
});

test("a request that does nothing twice is taken over soon after its process died", async () => {
  await using database = await createTestDatabase();
  const once = { ...ask, once: true };
  await beginIdempotent(database, once);
  assert.deepEqual(await beginIdempotent(database, { ...once, now: NOW + ABANDONED_ONCE_MS }), { kind: "running" });
  assert.deepEqual(await beginIdempotent(database, { ...once, now: NOW + ABANDONED_ONCE_MS + 1 }), { kind: "new" });
});

test("an answer is kept for a day, and giving up does not remove it", async () => {
  await using database = await createTestDatabase();
  await beginIdempotent(database, ask);
  await finishIdempotent(database, { ...KEY, status: 200, body: null });
  await abandonIdempotent(database, KEY);
  assert.equal((await beginIdempotent(database, { ...ask, now: NOW + ANSWERS_KEPT_MS })).kind, "replay");
  assert.equal(await deleteIdempotentBefore(database, NOW), 0);
  const later = { ...ask, digest: Buffer.from("another"), now: NOW + ANSWERS_KEPT_MS + 1 };
  assert.deepEqual(await beginIdempotent(database, later), { kind: "new" });
  assert.equal(await deleteIdempotentBefore(database, later.now + 1), 1);
});
