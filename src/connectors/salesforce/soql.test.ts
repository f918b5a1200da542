import assert from "node:assert/strict";
import { test } from "node:test";
import { fc } from "../../../test/support/fast-check.ts";
import { after, chunksForUrl, moment, quote, select, since } from "./soql.ts";

const AT = Date.UTC(2026, 0, 5, 9, 0, 0, 7);

test("a text goes in as a literal that ends where it ends, whatever signs it holds", () => {
  assert.equal(quote("O'Brien"), String.raw`'O\'Brien'`);
  assert.equal(quote('a\\b"c'), String.raw`'a\\b\"c'`);
  assert.equal(quote("\n\r\t\b\f"), String.raw`'\n\r\t\b\f'`);
  assert.equal(quote(""), "''");
  const unescaped = (literal: string): string =>
    literal
      .slice(1, -1)
      .replace(/\\(.)/gu, (_, sign: string) => ({ n: "\n", r: "\r", t: "\t", b: "\b", f: "\f" })[sign] ?? sign);
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom("a", "'", '"', "\\", "\n", "\r", "\t", "\b", "\f", "é") }),
      (given) => {
        assert.equal(unescaped(quote(given)), given);
        assert.match(quote(given), /^'(?:[^'\\\n\r]|\\.)*'$/u);
      },
    ),
  );
});

test("a run asks for what changed at its moment and later, to the millisecond", () => {
  assert.equal(moment(AT), "2026-01-05T09:00:00.007Z");
  assert.equal(since(AT), "SystemModstamp >= 2026-01-05T09:00:00.007Z");
});

test("behind a record are those of a later stamp, and those of its own stamp with a greater id", () => {
  assert.equal(
    after({ at: "2026-01-05T09:00:00.000+0000", id: "00Q'1" }),
    String.raw`(SystemModstamp > 2026-01-05T09:00:00.000Z OR (SystemModstamp = 2026-01-05T09:00:00.000Z AND Id > '00Q\'1'))`,
  );
});

test("a query names its fields, its object, its condition and its order, and nothing that was not asked for", () => {
  const [fields, object] = [["Id", "Name"], "Account"];
  assert.equal(select({ fields, object }), "SELECT Id, Name FROM Account");
  assert.equal(select({ fields, object, where: "Id = '1'" }), "SELECT Id, Name FROM Account WHERE Id = '1'");
  assert.equal(
    select({ fields, object, where: since(AT), ordered: true }),
    "SELECT Id, Name FROM Account WHERE SystemModstamp >= 2026-01-05T09:00:00.007Z ORDER BY SystemModstamp, Id",
  );
  assert.equal(select({ fields, object, ordered: true }), "SELECT Id, Name FROM Account ORDER BY SystemModstamp, Id");
});

test("a list of values is parted so that no address is too long, and no sooner", () => {
  // Each of these takes ten signs: 'a'%2C and a little room.
  assert.deepEqual(chunksForUrl(["a", "b", "c", "d", "e"], 10, 30), [["a", "b"], ["c", "d"], ["e"]]);
  assert.deepEqual(chunksForUrl(["a", "b"], 11, 30), [["a"], ["b"]]);
  assert.deepEqual(chunksForUrl([], 10, 30), []);
  assert.deepEqual(chunksForUrl(["too long for any address", "b"], 10, 30), [["too long for any address"], ["b"]]);
  assert.deepEqual(
    chunksForUrl(
      Array.from({ length: 1_200 }, () => "a"),
      0,
    ).map((one) => one.length),
    [1_200],
  );
  assert.deepEqual(
    chunksForUrl(
      Array.from({ length: 1_201 }, () => "a"),
      0,
    ).map((one) => one.length),
    [1_200, 1],
  );
  // What is longer in an address than in a text counts as it is there.
  assert.deepEqual(chunksForUrl(["é", "é"], 0, 30), [["é", "é"]]);
  assert.deepEqual(chunksForUrl(["é", "é"], 0, 29), [["é"], ["é"]]);
});
