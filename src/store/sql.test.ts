import assert from "node:assert/strict";
import { test } from "node:test";
import { createTestDatabase } from "../../test/support/database.ts";
import { bigint, boolean, bytea, integer, jsonb, sql, text, timestamp, uuid } from "./sql.ts";

const ID = "0198f3a1-5b7c-7def-8abc-0123456789ab";

test("arrays of every type arrive as they were, nulls, emptiness and every script included", async () => {
  await using database = await createTestDatabase({ empty: true });
  const words = ["plain", "", "日本語 🦆 Ωé", "a\"b\\c,{}'", null, "x".repeat(100_000), "é".repeat(40)];
  const times = [
    0,
    Date.UTC(2026, 0, 5, 9, 0, 0, 7),
    Date.UTC(1969, 11, 31, 23, 59, 59, 999),
    null,
    Date.UTC(1890, 5, 1),
  ];
  const row = await database.one(sql`
    select ${text(words)}::text[] as texts,
      ${bytea([Buffer.from([0, 1, 255]), null, Buffer.alloc(0)])}::bytea[] as bytes,
      ${jsonb(['{"a": "ü"}', "null", null, "[1]"])}::jsonb[] as jsons,
      ${uuid([ID, null])}::uuid[] as ids,
      ${integer([1, -2_147_483_648, 2_147_483_647, null])}::integer[] as integers,
      ${bigint([1, -1n, 9_007_199_254_740_991, 9_223_372_036_854_775_807n, null])}::bigint[] as bigints,
      ${boolean([true, false, null])}::boolean[] as booleans,
      ${timestamp(times)}::timestamptz[] as times`);
  assert.deepEqual(row, {
    texts: words,
    bytes: [Buffer.from([0, 1, 255]), null, Buffer.alloc(0)],
    jsons: [{ a: "ü" }, null, null, [1]],
    ids: [ID, null],
    integers: [1, -2_147_483_648, 2_147_483_647, null],
    bigints: [1, -1, 9_007_199_254_740_991, "9223372036854775807", null],
    booleans: [true, false, null],
    times,
  });
  const empty = await database.one<{ counts: number[] }>(sql`
    select array[cardinality(${text([])}::text[]), cardinality(${bytea([])}::bytea[]), cardinality(${jsonb([])}::jsonb[]),
      cardinality(${uuid([])}::uuid[]), cardinality(${integer([])}::integer[]), cardinality(${bigint([])}::bigint[]),
      cardinality(${boolean([])}::boolean[]), cardinality(${timestamp([])}::timestamptz[])] as counts`);
  assert.deepEqual(empty, { counts: [0, 0, 0, 0, 0, 0, 0, 0] });
});

test("the arrays of statements that wait for one connection do not mix", async () => {
  await using database = await createTestDatabase({ empty: true, connectionsMax: 1 });
  const lists = Array.from({ length: 20 }, (_, index) => Array.from({ length: 500 }, () => `value ${index}`));
  const sum = (list: string[]) =>
    database.transaction(async (tx) => {
      // Sent without waiting, so that both lie in the connection's queue with their arrays.
      const both = [list, list.toReversed()].map((one) =>
        tx.one<{ distinct: number }>(
          sql`select count(distinct value) as distinct, min(value) from unnest(${text(one)}::text[]) as value`,
        ),
      );
      return Promise.all(both);
    });
  const answers = await Promise.all(lists.map(sum));
  assert.deepEqual(
    answers,
    lists.map((_, index) => Array.from({ length: 2 }, () => ({ distinct: 1, min: `value ${index}` }))),
  );
});

test("single values keep their type: numbers, text, booleans, null, a time, bytes and an object", async () => {
  await using database = await createTestDatabase({ empty: true });
  const at = Date.UTC(1890, 5, 1, 12, 30, 0, 5);
  const row = await database.one(sql`
    select ${1.5}::float8 as number, ${"O'Neil; drop table"}::text as words, ${false}::boolean as no, ${null}::text as nothing,
      ${new Date(at)}::timestamptz as at, ${Buffer.from("é")}::bytea as bytes, ${{ a: [1, "ü"] }}::jsonb as object`);
  assert.deepEqual(row, {
    number: 1.5,
    words: "O'Neil; drop table",
    no: false,
    nothing: null,
    at,
    bytes: Buffer.from("é"),
    object: { a: [1, "ü"] },
  });
});

test("a value that was forgotten, or a bare array, is refused before anything is sent", async () => {
  await using database = await createTestDatabase({ empty: true });
  await assert.rejects(database.run(sql`select ${undefined}::text`), /parameter 1 of a statement is undefined/u);
  await assert.rejects(database.run(sql`select ${"a"}::text, ${["b"]}::text[]`), /parameter 2 is a bare array/u);
});
