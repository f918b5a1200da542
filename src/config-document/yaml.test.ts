import assert from "node:assert/strict";
import { test } from "node:test";
import { fc } from "../../test/support/fast-check.ts";
import { isError } from "../base/errors.ts";
import { differences } from "./diff.ts";
import type { ConfigDocument } from "./types.ts";
import { readConfig, writeConfig } from "./yaml.ts";

const NAMES = { names: new Set(["clientNumber"]), shapes: [/\btrn-[a-z\d]{8}/u] };
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
    [
      "version: 1\nconnections: { acme: { mode: plan } }\n",
      /vendor: is missing: every connection in a document says its vendor/u,
    ],
    [`${base}    streams: { lead: { schedule: hourly } }\n`, /schedule: is \{ everyMs: … \} from 60000 /u],
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

test("a secret in a remark or in a label is refused by its look or by the name before it, and never said again", () => {
  const base = "version: 1\nconnections:\n  acme:\n    vendor: tern\n";
  const key = `wk_live_${"h1".repeat(18)}`;
  for (const remark of [
    `# ${key}`,
    `# the key of the CI is ${key}, do not lose it`,
    "# trn-12345678 is the token",
    "# token: hush-hush",
    "# password: hunter2",
    "# password: hunter",
    "# password=hush-hush",
    "# Ann's password is password: hunter2, she said",
    "#accessToken = a1b2c3d4e5 (since May)",
    "# clientSecret: hush-hush",
    "# client secret (test): Hush99-hush",
    `# "client_secret": "hush-hush",`,
    "# user: ann, password: hunter2",
    "# no token: none here; api key: 3f2504e0-4f89-41d3-9a0c-0305e82c3301",
    `# key = ${"h1".repeat(12)}`,
    "# token: a-token: hush-hush",
  ])
    for (const text of [
      `${base}${remark}\n`,
      `${base}    ${remark}\n    mode: plan\n`,
      `version: 1 ${remark}\n`,
      `${remark}\nversion: 1\n`,
    ]) {
      const message = refused(text);
      assert.match(message, /^Line \d+, column \d+, (?:what stands there|what this remark says) is a secret/u, text);
      assert.doesNotMatch(message, /hush|hunter|h1h1|a1b2|trn-|3f25/iu);
    }
  const fields = (label: string) => `version: 1\nfields:\n  person:\n    code: { type: text, label: "${label}" }\n`;
  for (const label of [key, "password: hunter2"])
    assert.match(refused(fields(label)), /^Line 4, column \d+, fields\.person\.code\.label is a secret/u);
  assert.equal(readConfig(fields("Loyalty token: which of them"), NAMES).document.version, 1);
});

test("remarks of ordinary documents pass, also where they speak of tokens, keys and passwords", () => {
  const text = `# The token of this account lies in the vault; whoever needs it asks Ann.
# Token: see the vault. Password: ask Ann (she has both). Credentials: none here
# API key: rotated 2026-01-05, by Ann
# token: \${WINSTON_TOKEN}, password: <yours>, secret: $CI_SECRET, apiKey: ********
# token = WINSTON_TOKEN
# key: email, then name; the primary key: externalId
# key: 01a22e2f-12e1-7c3d-9a0c-0305e82c3301 is the record that we tried
# access keys: https://wiki.example.com/keys
# if (token == "gold1234") or token != 'silver12' or token >= "bronze12"
# a secret: never in here. passwords: 12 of them
version: 1
fields:
  person:
    loyaltyToken: { type: text, label: "Token: loyalty" } # token: loyalty
    # apiToken: { type: text, label: "API token" }
    # rewardToken: Reward_Token__c
    tokens2026: { type: number } # tokens: 25 a month; keys: 3
connections:
  acme:
    vendor: tern # tokens of the vendor expire: connect again
    streams:
      lead:
        # filter: { in: 'token == "gold"' }
        filter: { in: 'loyaltyToken == "abc12345" && password != "hunter22"' }
        # the monkey: banana1234 is a test
        mapping: { kind: person, rows: [{ field: loyaltyToken, record: Token, options: { table: { token: "gold12345" } } }] } # "#" is no secret: text
`;
  assert.equal(readConfig(text, NAMES).document.version, 1);
  const long = `version: 1\n# ${"token".repeat(40_000)}\n# ${"token=x;".repeat(20_000)}\n# token${" ".repeat(90_000)}\n`;
  assert.equal(readConfig(long, NAMES).document.version, 1);
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
