import assert from "node:assert/strict";
import { test } from "node:test";
import { createTestDatabase } from "../../test/support/database.ts";
import { column, Copy, type Column } from "./copy.ts";
import type { Database, Tx } from "./database.ts";
import { copyOfLinks, insertLinks, type LinkWrite } from "./link.ts";
import { sql } from "./sql.ts";

const ID = "0198f3a1-5b7c-7def-8abc-0123456789ab";

interface Sample {
  readonly word: string | null;
  readonly bytes: Buffer | null;
  readonly json: string | null;
  readonly id: string | null;
  readonly small: number | null;
  readonly large: number | bigint | null;
  readonly yes: boolean | null;
  readonly at: number | null;
}

const SAMPLE: Column<Sample>[] = [
  column("word", "text", (row) => row.word),
  column("bytes", "bytea", (row) => row.bytes),
  column("json", "jsonb", (row) => row.json),
  column("id", "uuid", (row) => row.id),
  column("small", "integer", (row) => row.small),
  column("large", "bigint", (row) => row.large),
  column("yes", "boolean", (row) => row.yes),
  column("at", "timestamp", (row) => row.at),
];

const full: Sample = {
  word: "日本語 🦆 \\N\t\n\\.",
  bytes: Buffer.from([0, 1, 255]),
  json: '{"a": ["ü", null]}',
  id: ID,
  small: -2_147_483_648,
  large: 9_223_372_036_854_775_807n,
  yes: true,
  at: Date.UTC(1890, 5, 1, 1, 2, 3, 4),
};
const blank: Sample = {
  word: null,
  bytes: null,
  json: null,
  id: null,
  small: null,
  large: null,
  yes: null,
  at: null,
};
const empty: Sample = { ...full, word: "", bytes: Buffer.alloc(0), json: "null", yes: false, at: 0 };

/** Copies the rows in parts of one, two, three and so on; the first two are added before the statement starts. */
async function copyInParts<Row>(tx: Tx, copy: Copy<Row>, rows: readonly Row[]): Promise<void> {
  using running = copy;
  for (let at = 0, size = 1; at < rows.length || size <= 3; at += size, size += 1) {
    if (size === 3) running.start(tx);
    running.add(rows.slice(at, at + size));
  }
  await running.end();
}

const samples = (table = "sample"): Copy<Sample> => new Copy(table, SAMPLE);

async function makeSample(database: Database): Promise<void> {
  await database.run(sql`
    create table sample (word text, bytes bytea, json jsonb, id uuid, small integer, large bigint, yes boolean, at timestamptz)`);
}

test("copied rows arrive as they were, nulls, emptiness and every script included", async () => {
  await using database = await createTestDatabase({ empty: true });
  await makeSample(database);
  const long = { ...full, word: "Ω".repeat(200_000), at: 1 };
  await database.transaction(async (tx) => {
    await copyInParts(tx, samples(), [full, blank]);
    await copyInParts(tx, samples(), []);
    await copyInParts(tx, samples(), [empty, long]);
  });
  const rows = await database.rows(sql`select * from sample order by at nulls last`);
  const read = { ...full, json: { a: ["ü", null] }, large: "9223372036854775807" };
  assert.deepEqual(rows, [
    read,
    { ...read, word: "", bytes: Buffer.alloc(0), json: null, yes: false, at: 0 },
    { ...read, word: long.word, at: 1 },
    blank,
  ]);
});

test("a COPY that is refused keeps nothing, and its connection goes on with the data still on its way", async () => {
  await using database = await createTestDatabase({ empty: true, connectionsMax: 1 });
  await makeSample(database);
  await database.run(sql`alter table sample add constraint no_blank check (word is not null)`);
  const many = Array.from({ length: 500 }, () => ({ ...full, word: "x".repeat(20_000) }));
  for (const [table, code] of [
    ["nowhere", "42P01"],
    ["sample", "23514"],
  ] as const) {
    await assert.rejects(
      database.transaction(async (tx) => {
        await copyInParts(tx, samples(table), [full]).catch((thrown: unknown) => {
          if (table === "sample") throw thrown;
        });
        await copyInParts(tx, samples(table), [blank, ...many]);
      }),
      { code: table === "nowhere" ? "25P02" : code },
    );
    assert.deepEqual(await database.rows(sql`select * from sample`), []);
  }
  await database.transaction((tx) => copyInParts(tx, samples(), many));
  assert.deepEqual(await database.one(sql`select count(*) as count from sample`), { count: 500 });
});

test("a transaction that fails while it copies is undone, and its connection goes on", async () => {
  await using database = await createTestDatabase({ empty: true, connectionsMax: 1 });
  await makeSample(database);
  await assert.rejects(
    database.transaction(async (tx) => {
      using copy = samples();
      copy.start(tx);
      copy.add([full, full]);
      throw new Error("changed my mind");
    }),
    { message: "changed my mind" },
  );
  assert.deepEqual(await database.rows(sql`select * from sample`), []);
});

const link: LinkWrite = {
  recordId: "r1",
  entityId: ID,
  state: "active",
  baseline: "{}",
  image: "{}",
  digest: Buffer.from([1]),
  fillers: null,
  vendorVersion: null,
  changedAt: 7,
  parked: false,
  reason: { is: "new" },
};
const of = { stream: 1, connectionId: ID, mapping: 1, at: 1_767_603_600_000 };

test("links that were copied and links that were inserted are the same", async () => {
  await using database = await createTestDatabase();
  const reason = { is: "keys" as const, of: { email: "ann@example.com" } };
  await database.transaction((tx) =>
    copyInParts(tx, copyOfLinks(of), [link, { ...link, recordId: "r2", state: "merged", reason }]),
  );
  const copied = await database.rows(sql`select * from link order by record_id`);
  await database.run(sql`delete from link`);
  await database.transaction((tx) => insertLinks(tx, of, [link, { ...link, recordId: "r2", state: "merged", reason }]));
  assert.equal(copied.length, 2);
  assert.deepEqual(copied, await database.rows(sql`select * from link order by record_id`));
});

test("copying a link that somebody else made meanwhile has the step decided again on what is there", async () => {
  await using database = await createTestDatabase();
  let tries = 0;
  await database.transaction(async (tx) => {
    tries += 1;
    const present = await tx.rows(sql`select 1 from link`);
    if (tries === 1) await database.transaction((other) => insertLinks(other, of, [link]));
    if (present.length === 0) await copyInParts(tx, copyOfLinks(of), [link]);
  });
  assert.equal(tries, 2);
});
