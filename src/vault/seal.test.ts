import assert from "node:assert/strict";
import { test } from "node:test";
import { isError } from "../base/errors.ts";
import { seededRandom, systemRandom } from "../base/random.ts";
import { createSeal } from "./seal.ts";

const place = { table: "credential", row: "01", part: "grant" };
const key = (byte: number): Buffer => Buffer.alloc(32, byte);
const secret = Buffer.from('{"refresh_token":"canary-7f3a"}');

test("what was sealed opens, and the envelope shows nothing of it", () => {
  const seal = createSeal([key(1)], systemRandom);
  const sealed = seal.seal(secret, place);
  assert.deepEqual(seal.open(sealed, place), secret);
  assert.ok(!sealed.includes("canary"));
  assert.deepEqual(seal.open(seal.seal(Buffer.alloc(0), place), place), Buffer.alloc(0));
});

test("an envelope moved to another row, part or table does not open", () => {
  const seal = createSeal([key(1)], systemRandom);
  const sealed = seal.seal(secret, place);
  for (const other of [
    { ...place, row: "02" },
    { ...place, part: "secrets" },
    { ...place, table: "setting" },
    // The same letters, cut differently.
    { table: "credential0", row: "1", part: "grant" },
  ])
    assert.throws(
      () => seal.open(sealed, other),
      (thrown) => isError(thrown, "key.wrong"),
    );
});

test("no single changed, missing or added byte goes unnoticed", () => {
  const seal = createSeal([key(1)], systemRandom);
  const sealed = seal.seal(secret, place);
  for (let index = 0; index < sealed.length; index++) {
    const changed = Buffer.from(sealed);
    changed[index]! ^= 1;
    assert.throws(() => seal.open(changed, place), `byte ${index} of ${sealed.length}`);
    assert.throws(() => seal.open(sealed.subarray(0, index), place), `cut to ${index}`);
  }
  assert.throws(() => seal.open(Buffer.concat([sealed, Buffer.of(0)]), place));
});

test("content and key of two envelopes of one row cannot be mixed", () => {
  const seal = createSeal([key(1)], systemRandom);
  const [first, second] = [seal.seal(secret, place), seal.seal(secret, place)];
  const head = 1 + 8 + 12 + 32 + 16;
  assert.throws(() => seal.open(Buffer.concat([first.subarray(0, head), second.subarray(head)]), place));
});

test("another master key is named in the sentence, and an older one still opens", () => {
  const old = createSeal([key(1)], systemRandom);
  const sealed = old.seal(secret, place);
  assert.throws(
    () => createSeal([key(2)], systemRandom).open(sealed, place),
    (thrown) =>
      isError(thrown, "key.wrong") && thrown.message.includes(old.keyId) && !thrown.message.includes("canary"),
  );
  const both = createSeal([key(2), key(1)], systemRandom);
  assert.deepEqual(both.open(sealed, place), secret);
  const wrapped = both.rewrap(sealed, place);
  assert.deepEqual(createSeal([key(2)], systemRandom).open(wrapped, place), secret);
  assert.throws(() => old.open(wrapped, place));
});

test("nonces and data keys come from the source of chance and are drawn anew for every secret", () => {
  const seal = createSeal([key(1)], seededRandom(1));
  const seen = new Set<string>();
  for (let index = 0; index < 10_000; index++) {
    const sealed = seal.seal(secret, place);
    seen.add(sealed.toString("hex", 9, 21)).add(sealed.toString("hex", 69, 81));
  }
  assert.equal(seen.size, 20_000);
});
