import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fc } from "../../test/support/fast-check.ts";
import { createTestDatabase } from "../../test/support/database.ts";
import { VirtualClock } from "../base/clock.ts";
import { idMaker } from "../base/ids.ts";
import { seededRandom } from "../base/random.ts";
import type { Fields } from "../mapping/types.ts";
import { insertEntities } from "../store/entity.ts";
import { identitiesOf } from "../store/identity.ts";
import { EXTERNAL, identityFields, identityValue, lockOf, matchKeys, weakKeys } from "./keys.ts";

test("case, spaces and the way accents are encoded do not tell two people apart", () => {
  assert.equal(identityValue("email", "  Ann@Example.COM "), "ann@example.com");
  assert.equal(identityValue("name", "Zoe\u0308  \t Müller"), identityValue("name", "zoë müller"));
  assert.notEqual(identityValue("name", "Ann"), identityValue("name", "Anne"));
});

test("a caller's own id is taken to the letter", () => {
  assert.equal(identityValue(EXTERNAL, "A-1 "), "A-1 ");
  assert.notEqual(identityValue(EXTERNAL, "a-1"), identityValue(EXTERNAL, "A-1"));
  assert.equal(identityValue(EXTERNAL, ""), null);
});

test("a website is known by its host", () => {
  for (const url of ["https://www.Acme.example/about?x=1", "acme.example", "http://acme.example/#top"])
    assert.equal(identityValue("website", url), "acme.example");
});

test("blanks and what is no text are no identity", () => {
  for (const value of [undefined, null, "", "   ", 5, true, ["a"]])
    assert.equal(identityValue("email", value), null, JSON.stringify(value));
});

test("values of any length fit an index entry, and different ones stay different", () => {
  const long = "x".repeat(5_000);
  assert.ok(identityValue("name", long)!.length <= 300);
  assert.notEqual(identityValue("name", `${long}1`), identityValue("name", `${long}2`));
  assert.ok(identityValue(EXTERNAL, long)!.length <= 300);
  assert.notEqual(identityValue(EXTERNAL, `${long}1`), identityValue(EXTERNAL, `${long}2`));
});

test("each kind is known by its own weak keys, and a kind without any by none", () => {
  assert.deepEqual(weakKeys("person", { email: "A@b.example", firstName: "Ann" }), [
    { key: "email", value: "a@b.example", strong: false },
  ]);
  assert.deepEqual(
    weakKeys("account", { name: "Acme", website: "acme.example" }).map((one) => one.key),
    ["name", "website"],
  );
  assert.deepEqual(
    weakKeys("deal", { name: "Big one" }).map((one) => one.key),
    ["name"],
  );
  assert.deepEqual(weakKeys("activity", { subject: "Call" }), []);
  assert.deepEqual(identityFields("person"), ["email"]);
});

test("a tie is known by both of its ends together, and found by each of them", () => {
  const [deal, contact] = ["018f0000-0000-7000-8000-00000000000d", "018f0000-0000-7000-8000-00000000000c"];
  assert.deepEqual(
    weakKeys("deal-contact", { deal, contact, role: "Judge" }).map((one) => [one.key, one.value]),
    [
      ["deal", deal],
      ["contact", contact],
      ["joined", `${deal} ${contact}`],
    ],
  );
  assert.deepEqual(
    matchKeys("deal-contact", { deal, contact }).map((one) => one.key),
    ["joined"],
  );
  assert.deepEqual(matchKeys("deal-contact", { deal }), [], "one end says nothing");
  assert.deepEqual(identityFields("deal-contact"), ["deal", "contact"]);
});

test("a lock number is the same for the same key, fits in 64 bits, and differs between kinds and keys", () => {
  fc.assert(
    fc.property(fc.string(), (value) => {
      const key = { key: "email", value, strong: false };
      const lock = lockOf("person", key);
      assert.equal(lock, lockOf("person", { ...key, strong: true }));
      assert.equal(lock, BigInt.asIntN(64, lock));
      assert.notEqual(lock, lockOf("user", key));
      assert.notEqual(lock, lockOf("person", { ...key, key: "name" }));
      assert.notEqual(lock, lockOf("person"));
    }),
  );
});

test("deals that were here before have the key of their name, as if they had come today", async () => {
  await using database = await createTestDatabase();
  const names = ["Pilot", "  ÄRGER  \t of \n Many ", "long ".repeat(100), ""];
  const ids = idMaker(new VirtualClock(), seededRandom(1));
  const rows = names.map((name) => ({
    id: ids(),
    stage: null,
    fields: JSON.stringify(name === "" ? {} : { name }),
    origin: "{}",
  }));
  await insertEntities(database, "deal", rows, 0);
  const file = new URL("../store/migrations/0008-names-of-deals.sql", import.meta.url);
  await database.pool.query(readFileSync(file, "utf8"));
  const found = await identitiesOf(
    database,
    rows.map((row) => row.id),
  );
  assert.deepEqual(
    rows.map((row) => found.get(row.id)?.[0]),
    names.map((name) => {
      const [key] = weakKeys("deal", { name });
      return key && { key: key.key, value: key.value };
    }),
  );
});

test("a deal is told by its account where that is known, a user by the address alone, and a shared mailbox tells nobody", () => {
  const keys = (kind: string, fields: Fields, mailboxes?: ReadonlySet<string>) =>
    matchKeys(kind, fields, mailboxes).map(({ key, value }) => `${key} ${value}`);
  assert.deepEqual(keys("deal", { name: "Renewal" }), ["name renewal"]);
  assert.deepEqual(keys("deal", { name: "Renewal", account: "a1" }), ["nameAndAccount renewal a1", "name renewal"]);
  assert.deepEqual(keys("deal", { account: "a1" }), []);
  assert.deepEqual(keys("user", { name: "Ann", email: "ann@example.com" }), ["email ann@example.com"]);
  assert.deepEqual(keys("campaign", { name: "Fair" }), ["name fair"]);
  assert.deepEqual(keys("person", { email: "info+web@example.com" }), []);
  assert.deepEqual(keys("person", { email: "information@example.com" }), ["email information@example.com"]);
  assert.deepEqual(keys("person", { email: "lobby@example.com" }, new Set(["lobby"])), []);
  assert.deepEqual(keys("person", { email: "info@example.com" }, new Set(["lobby"])), ["email info@example.com"]);
  assert.deepEqual([identityFields("deal"), identityFields("activity")], [["name", "account"], []]);
});
