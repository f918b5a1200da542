import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { isError } from "../base/errors.ts";
import { systemRandom } from "../base/random.ts";
import { openDatabase } from "../store/database.ts";
import { silentLog } from "../base/log.ts";
import { createTestDatabase } from "../../test/support/database.ts";
import { openSeal } from "./master-key.ts";

const place = { table: "credential", row: "01", part: "grant" };

function folder(t: TestContext): string {
  const dataDir = mkdtempSync(join(tmpdir(), "winston-key-"));
  t.after(() => rmSync(dataDir, { recursive: true }));
  return dataDir;
}

test("the first start makes a key file that only its owner reads, and later starts use it", async (t) => {
  await using database = await createTestDatabase();
  const dataDir = folder(t);
  const open = () => openSeal({ database, source: { dataDir }, random: systemRandom });
  const sealed = (await open()).seal(Buffer.from("x"), place);
  assert.equal(statSync(join(dataDir, "master.key")).mode & 0o777, 0o600);
  assert.deepEqual((await open()).open(sealed, place), Buffer.from("x"));
});

test("processes that start at once on an empty folder agree on one key", async (t) => {
  await using database = await createTestDatabase();
  await using other = openDatabaseAgain(database);
  const dataDir = folder(t);
  const seals = await Promise.all(
    [database, other, database, other].map((one) =>
      openSeal({ database: one, source: { dataDir }, random: systemRandom }),
    ),
  );
  assert.equal(new Set(seals.map((seal) => seal.keyId)).size, 1);
});

test("a lost key file is not replaced by a new key that opens nothing", async (t) => {
  await using database = await createTestDatabase();
  const dataDir = folder(t);
  const { keyId } = await openSeal({ database, source: { dataDir }, random: systemRandom });
  rmSync(join(dataDir, "master.key"));
  await assert.rejects(
    openSeal({ database, source: { dataDir }, random: systemRandom }),
    (thrown) =>
      isError(thrown, "key.wrong") && thrown.message.includes(keyId) && thrown.message.includes("Put the file back"),
  );
  assert.ok(!existsSync(join(dataDir, "master.key")));
});

test("the key of another installation is refused, naming both and where it came from", async (t) => {
  await using database = await createTestDatabase();
  const dataDir = folder(t);
  const { keyId } = await openSeal({ database, source: { dataDir }, random: systemRandom });
  const other = Buffer.from(systemRandom.bytes(new Uint8Array(32))).toString("hex");
  await assert.rejects(
    openSeal({ database, source: { dataDir, key: other }, random: systemRandom }),
    (thrown) =>
      isError(thrown, "key.wrong") &&
      thrown.message.includes(keyId) &&
      thrown.message.includes("WINSTON_KEY") &&
      !thrown.message.includes(other),
  );
  // With the old one kept as a second, it is let in.
  const both = `${other}\n${readFileSync(join(dataDir, "master.key"), "utf8")}`;
  assert.notEqual((await openSeal({ database, source: { dataDir, key: both }, random: systemRandom })).keyId, keyId);
});

test("a key file that others can read is refused with the command that closes it", async (t) => {
  await using database = await createTestDatabase();
  const dataDir = folder(t);
  const keyFile = join(dataDir, "my.key");
  writeFileSync(keyFile, Buffer.alloc(32, "abcdefgh").toString("base64"));
  for (const mode of [0o640, 0o604, 0o660]) {
    chmodSync(keyFile, mode);
    await assert.rejects(
      openSeal({ database, source: { dataDir, keyFile }, random: systemRandom }),
      (thrown) => isError(thrown, "start.failed") && thrown.message.includes(`chmod 600 ${keyFile}`),
    );
  }
  chmodSync(keyFile, 0o400);
  await openSeal({ database, source: { dataDir, keyFile }, random: systemRandom });
  assert.ok(!existsSync(join(dataDir, "master.key")));
});

test("a key that is missing, short, not a key, or no secret at all says how to make one, and is not repeated", async (t) => {
  await using database = await createTestDatabase();
  const dataDir = folder(t);
  const start = (source: { key?: string; keyFile?: string }) =>
    openSeal({ database, source: { dataDir, ...source }, random: systemRandom });
  for (const key of [
    "",
    "hunter2",
    "ab".repeat(31),
    "AA".repeat(32),
    `${"A".repeat(43)}=`,
    "not/a+key but several words",
  ])
    await assert.rejects(
      start({ key }),
      (thrown) =>
        isError(thrown, "start.failed") &&
        thrown.message.includes("openssl rand -base64 32") &&
        (key === "" || !thrown.message.includes(key)),
    );
  await assert.rejects(
    start({ keyFile: join(dataDir, "nowhere") }),
    (thrown) => isError(thrown, "start.failed") && thrown.message.includes("There is no key file"),
  );
});

function openDatabaseAgain(database: { connection: object }) {
  const again = openDatabase(database.connection, silentLog);
  return { ...again, [Symbol.asyncDispose]: () => again.close() };
}
