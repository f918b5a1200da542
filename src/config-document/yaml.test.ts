import assert from "node:assert/strict";
import { test } from "node:test";
import { fc } from "../../test/support/fast-check.ts";
import { isError } from "../base/errors.ts";
import { differences } from "./diff.ts";
import type { ConfigDocument } from "./types.ts";
import { readConfig, writeConfig } from "./yaml.ts";

const NAMES = new Set(["clientNumber"]);
const refused = (text: string): string => {
  try {
    readConfig(text, NAMES);
  } catch (thrown) {
    assert.ok(isError(thrown, "request.invalid"), String(thrown));
    return thrown.message;
  }
  return assert.fail("it was taken");
};
const words = fc.string({ unit: "grapheme", minLength: 1, maxLength: 30 }).filter((text) => text.isWellFormed());
const json = fc.jsonValue({ maxDepth: 3, stringUnit: "grapheme" });

test("what is written is read back as it was, and written again as the same text", () => {
  const row = fc.dictionary(words, json, { maxKeys: 4 });
  fc.assert(
    fc.property(words, words, fc.array(row, { maxLength: 4 }), (name, condition, rows) => {
      fc.pre(!["__proto__"].includes(name) && rows.every((one) => !Object.hasOwn(one, "__proto__")));
      const stream = { filter: { in: condition, out: null }, mapping: { kind: "person", rows } };
      const document = { version: 1, connections: { [name]: { vendor: "tern", streams: { lead: stream } } } };
      const text = writeConfig(document as unknown as ConfigDocument);
      const { document: read } = readConfig(text, NAMES);
      // JSON has no -0, and YAML has.
      assert.equal(JSON.stringify(read), JSON.stringify(document));
      assert.equal(writeConfig(read), text);
      assert.deepEqual(differences(document as unknown as ConfigDocument, read), []);
    }),
  );
});

test("what is wrong is said with its line, its column and its path", () => {
  const base = "version: 1\nconnections:\n  acme:\n    vendor: tern\n";
  for (const [text, said] of [
    ["version: 2\n", /^Line 1, column 10?, version: is 1/u],
    [`${base}    mode: fast\n`, /^Line 5, column 11, connections\.acme\.mode: /u],
    [`${base}    moode: plan\n`, /^Line 5, column 5, connections\.acme\.moode: there is no such part/u],
    [`${base}    vendor: other\n`, /^Line 5, column 5: .*unique/u],
    ["version: 1\nconnections: [\n", /^Line \d+, column \d+: /u],
    [
      `${base}    streams:\n      lead:\n        backfillSince: soon\n`,
      /^Line 7, column 24, .*backfillSince: is a time/u,
    ],
    ["", /^Line 1, column 1/u],
  ] as const)
    assert.match(refused(text), said);
});

test("a secret is refused with its place, and never said again", () => {
  const base = "version: 1\nconnections:\n  acme:\n    vendor: tern\n";
  const jwt = `eyJ${"a".repeat(20)}.${"b".repeat(20)}.${"c".repeat(20)}`;
  for (const [text, said] of [
    [`${base}    secrets: { a: hush-hush }\n`, /^Line 5, column 5, connections\.acme\.secrets is a secret/u],
    [`${base}    clientNumber: hush-hush\n`, /^Line 5, column 5, connections\.acme\.clientNumber is a secret/u],
    [`${base}    settings: { accessToken: hush-hush }\n`, /settings\.accessToken is a secret/u],
    [`${base}    streams: { lead: { mapping: { kind: ${jwt} } } }\n`, /column \d+, .*mapping\.kind is a secret/u],
    [`${base}# https://ann:hush-hush@example.com\n`, /^Line 5, column \d+, what stands there is a secret/u],
  ] as const) {
    const message = refused(text);
    assert.match(message, said);
    assert.doesNotMatch(message, /hush-hush|eyJ/u);
  }
});

test("names that people chose are no secrets", () => {
  const text =
    'version: 1\nfields: { person: { loyaltyToken: { type: text } } }\nconnections: { token: { vendor: tern, streams: { person: { mapping: { rows: [{ field: a, options: { table: { password: "x" } } }] } } } } }\n';
  assert.equal(readConfig(text, NAMES).document.version, 1);
});

test("a difference is told by the name of the thing: rows by their field, a schedule as a whole", () => {
  const of = (rows: object[], schedule: object): ConfigDocument =>
    ({
      version: 1,
      connections: { acme: { vendor: "tern", streams: { lead: { schedule, mapping: { kind: "person", rows } } } } },
    }) as unknown as ConfigDocument;
  const [a, b, c] = ["a", "b", "c"].map((field) => ({ field, record: field.toUpperCase(), transform: "text" }));
  const found = differences(of([a!, b!], { everyMs: 60_000 }), of([{ ...a!, rule: "ask" }, c!], { cron: "0 7 * * *" }));
  assert.deepEqual(
    found.map((one) => `${one.sign} ${one.path.replace("connections.acme.streams.lead.", "")}`),
    ["~ schedule", "~ mapping.rows[a]", "- mapping.rows[b]", "+ mapping.rows[c]"],
  );
  const turned = differences(of([a!, b!], {}), of([b!, a!], {}));
  assert.deepEqual(
    turned.map((one) => [one.sign, one.old, one.new]),
    [["~", "in order: a, b", "in order: b, a"]],
  );
});
