import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { createTestFolder } from "../../test/support/folder.ts";
import { isError, WinstonError } from "../base/errors.ts";
import { parseSecrets } from "./ask.ts";
import { explain } from "./failure.ts";
import { runCommand } from "./test-shell.ts";

const TOKEN = "wk_live_token";

/** A server that answers each path as told, and keeps what it was asked. */
async function startServer(
  answers: Record<string, unknown>,
): Promise<{ url: string; asked: { method: string; url: string; token: string | undefined }[] } & AsyncDisposable> {
  const asked: { method: string; url: string; token: string | undefined }[] = [];
  const server = createServer((request: IncomingMessage, response) => {
    asked.push({ method: request.method!, url: request.url!, token: request.headers.authorization });
    const body = answers[request.url!.split("?")[0]!];
    const status = body === undefined ? 404 : 200;
    const problem = {
      type: "/problems/not.found",
      title: "none",
      status,
      detail: "There is no such thing.",
      code: "not.found",
      requestId: "r-1",
    };
    response.writeHead(status, { "content-type": status === 200 ? "application/json" : "application/problem+json" });
    response.end(JSON.stringify(body ?? problem));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    [Symbol.asyncDispose]: () => new Promise((resolve) => void server.close(() => resolve())),
  };
}

const KEY = {
  id: "k1",
  name: "nightly",
  prefix: "wk_live_abcd",
  scopes: ["records:read"],
  createdAt: "2026-01-05T09:00:00.000Z",
  usedAt: null,
  expiresAt: null,
  revokedAt: null,
};

test("every command describes itself, help names them all, and so does the reference", async () => {
  const { out } = await runCommand(["--help"]);
  const names = [...out.matchAll(/^ {2}([a-z]+) {2,}/gmu)].map((match) => match[1]!);
  assert.ok(names.length >= 18, out);
  const page = readFileSync(join(import.meta.dirname, "..", "..", "docs", "reference", "cli.md"), "utf8");
  for (const name of names.filter((one) => one !== "help")) {
    const help = await runCommand([name, "--help"]);
    assert.match(help.out, new RegExp(`^Usage: winston ${name}`, "u"), name);
    assert.ok(page.includes(`\`winston ${name}\``), `docs/reference/cli.md does not tell of ${name}`);
    assert.equal(explain(help.thrown, { aborted: false, logFile: undefined }).exit, 0);
  }
});

test("a slip of the hand is wrong usage, with the nearest command or what is missing", async () => {
  for (const [argv, said] of [
    [["recods"], /unknown command 'recods'[^]*Did you mean records/u],
    [["runs", "shwo"], /unknown command 'shwo'[^]*Did you mean show/u],
    [["runs", "show"], /missing required argument 'id'/u],
    [["sync", "--ful"], /unknown option '--ful'[^]*Did you mean --full/u],
    [["dev", "--port", "99999"], /whole number from 0 to 65535/u],
  ] as const) {
    const { err, thrown } = await runCommand(argv);
    assert.match(err, said);
    assert.equal(explain(thrown, { aborted: false, logFile: undefined }).exit, 64, argv.join(" "));
  }
});

test("a list is a table for people, tab-separated for pipes, one document as --json and a line per row as --ndjson", async () => {
  await using server = await startServer({ "/api/keys": { data: [KEY] } });
  const env = { WINSTON_URL: server.url, WINSTON_TOKEN: TOKEN };
  const people = await runCommand(["keys", "list"], { env, terminal: true });
  assert.match(people.out, /ID\s+NAME\s+TOKEN/u);
  assert.match(people.out, /Next: winston keys create NAME\n$/u);
  const row = "k1\tnightly\twk_live_abcd...\trecords:read\t2026-01-05 09:00:00\t\t\t\n";
  assert.equal((await runCommand(["keys", "list"], { env })).out, row);
  assert.equal((await runCommand(["keys", "list", "--plain"], { env, terminal: true })).out, row);
  const json = JSON.parse((await runCommand(["keys", "list", "--json"], { env, terminal: true })).out) as unknown;
  assert.deepEqual(json, { schema: "winston.keys/v1", data: [KEY] });
  const lines = (await runCommand(["keys", "list", "--ndjson"], { env })).out;
  assert.deepEqual(JSON.parse(lines), { schema: "winston.key/v1", ...KEY });
  assert.equal(server.asked.at(-1)!.token, `Bearer ${TOKEN}`);
});

test("what the server refuses is one sentence, with the exit code of its kind", async () => {
  await using server = await startServer({});
  const env = { WINSTON_URL: server.url, WINSTON_TOKEN: TOKEN };
  const { thrown, out } = await runCommand(["runs", "show", "x"], { env });
  assert.equal(out, "");
  assert.deepEqual(explain(thrown, { aborted: false, logFile: undefined }), {
    exit: 1,
    message: "There is no such thing.",
  });
  const missing = explain(new WinstonError("auth.missing", "No token."), { aborted: false, logFile: undefined });
  assert.equal(missing.exit, 4);
  const bug = explain(new TypeError("x is\u001b[31m not"), { aborted: false, logFile: "/data/winston.log" });
  assert.deepEqual(bug, {
    exit: 1,
    unexpected: true,
    message: "Winston made a mistake: x is\\u001b[31m not. /data/winston.log says more; please report it.",
  });
});

test("a full disk is said in plain words, also when it shows while something else is cleared up", () => {
  const full = Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
  for (const thrown of [full, new SuppressedError(full, new TypeError("x"), "x")]) {
    const said = explain(thrown, { aborted: false, logFile: undefined });
    assert.match(said.message, /^The disk is full\. Make room/u);
    assert.equal(said.exit, 1);
  }
});

test("the token of a data folder is found by commands beside it, and sent to its own server only", async () => {
  await using server = await startServer({ "/api/keys": { data: [] } });
  using folder = createTestFolder();
  writeFileSync(join(folder.path, "start.token"), `${TOKEN}\n`, { mode: 0o600 });
  writeFileSync(join(folder.path, "addresses.json"), JSON.stringify({ api: server.url }));
  const beside = await runCommand(["keys", "list", "--data", folder.path]);
  assert.equal(beside.thrown, undefined);
  assert.equal(server.asked.at(-1)!.token, `Bearer ${TOKEN}`);
  const elsewhere = await runCommand(["keys", "list", "--data", folder.path, "--api", "http://127.0.0.1:9"]);
  assert.ok(isError(elsewhere.thrown, "auth.missing"));
  assert.match(elsewhere.thrown.message, /is not sent elsewhere/u);
});

test("secrets are read as lines or as JSON, and never guessed", () => {
  const asked = [
    { key: "clientId", title: "Consumer key" },
    { key: "clientSecret", title: "Consumer secret", optional: true },
  ];
  assert.deepEqual(parseSecrets("abc\nxyz\n", asked), { clientId: "abc", clientSecret: "xyz" });
  assert.deepEqual(parseSecrets('{"clientId": " abc "}', asked), { clientId: "abc" });
  assert.throws(() => parseSecrets("", asked), /Consumer key \("clientId"\) is missing/u);
  assert.throws(() => parseSecrets("a\nb\nc", asked), /There are 3 lines/u);
  assert.throws(() => parseSecrets('{"clientid": "abc"}', asked), /"clientid" is not asked for/u);
  assert.throws(() => parseSecrets("{clientId", asked), /begins like JSON but is none/u);
});

test("a record's fields are told with where each came from, when it was set, and what stands behind it", async () => {
  const one = { connection: null, stream: null, recordId: null, actor: null, takenAt: null, version: null };
  const set = { setFrom: "2026-01-05T09:00:00.000Z", setTo: "2026-01-05T09:00:00.999Z", rule: "newest" };
  const rows = [
    { ...one, ...set, field: "city", value: "Ghent", source: "here", actor: "key:ops", version: 2, standing: "equal" },
    {
      ...one,
      ...set,
      field: "title",
      value: "Cook",
      source: "vendor",
      connection: "acme",
      stream: "lead",
      recordId: "r1",
      setTo: "2026-01-05T10:30:00.000Z",
      takenAt: "2026-01-05T10:31:00.000Z",
      standing: "owner",
    },
    { ...one, ...set, field: "email", value: null, source: "unknown", setFrom: null, setTo: null, standing: "equal" },
    { ...one, ...set, field: "phone", value: "1", source: "vendor", setFrom: null, standing: "yields" },
  ];
  await using server = await startServer({ "/api/leads/p-1/origin": { data: rows } });
  const env = { WINSTON_URL: server.url, WINSTON_TOKEN: TOKEN };
  const { out } = await runCommand(["records", "show", "lead", "p-1", "--origin"], { env });
  assert.deepEqual(out.trimEnd().split("\n"), [
    "city\tGhent\tkey:ops\t\t2026-01-05 09:00:00\t\t2\t\tnewest",
    "title\tCook\tacme lead\tr1\t2026-01-05 09:00:00 to 2026-01-05 10:30:00\t2026-01-05 10:31:00\t\towner\tnewest",
    "email\t\tnot known\t\t\t\t\t\tnewest",
    "phone\t1\ta connection that was removed\t\tuntil 2026-01-05 09:00:00\t\t\tyields\tnewest",
  ]);
  const json = await runCommand(["records", "show", "lead", "p-1", "--origin", "--json"], { env });
  assert.deepEqual(JSON.parse(json.out), { schema: "winston.origins/v1", data: rows });
});

test("a pair is listed with what both have, linked, dismissed, and a record is taken out", async () => {
  const side = (id: string, name: string, recordId: string): object => ({
    id,
    externalId: null,
    name,
    links: [{ connection: "acme", stream: "lead", recordId, state: "active" }],
  });
  const pair = {
    id: "d-1",
    kind: "person",
    state: "open",
    shared: [{ key: "email", value: "ada@example.com" }],
    connection: "acme",
    left: side("p-1", "Ada Lee", "r1"),
    right: side("p-2", "A. Lee", "r2"),
    foundAt: "2026-01-05T09:00:00.000Z",
  };
  await using server = await startServer({
    "/api/duplicates": { data: [pair], next: null },
    "/api/duplicates/d-1": { ...pair, state: "same" },
    "/api/duplicates/d-1/merge": {
      pair: { ...pair, state: "same" },
      merged: [{ connection: "acme", stream: "lead", kept: "r1", lost: "r2", survivor: "r9" }],
    },
    "/api/contacts/p-1/unlink": { id: "p-3" },
    "/api/duplicates/d-2": { ...pair, id: "d-2" },
  });
  const env = { WINSTON_URL: server.url, WINSTON_TOKEN: TOKEN };
  const run = (...argv: string[]) => runCommand(["duplicates", ...argv], { env });
  const list = await run("list");
  assert.equal(
    list.out,
    "d-1\tperson\tAda Lee\tacme r1\tA. Lee\tacme r2\temail ada@example.com\tacme\t2026-01-05 09:00:00\n",
  );
  assert.equal((JSON.parse((await run("link", "d-1", "--yes", "--json")).out) as { state: string }).state, "same");
  assert.equal((await run("dismiss", "d-1")).thrown, undefined);
  const many = await runCommand(["duplicates", "dismiss", "-", "--json"], { env, stdin: "d-2\nd-none\n d-1\n" });
  assert.deepEqual(JSON.parse(many.out), { schema: "winston.duplicatesDecided/v1", decided: 2, refused: 1 });
  assert.match(many.err, /^winston: d-none: There is no such thing\./mu);
  assert.equal(many.exitCode, 3);
  assert.match((await run("link", "d-1,d-2", "--dry-run")).out, /make one of the two of each of 2 pairs/u);
  const shown = await runCommand(["duplicates", "show", "d-2"], { env, terminal: true });
  assert.match(shown.out, /^name +Ada Lee +A\. Lee +yes$/mu);
  assert.match(shown.out, /^lives at +acme r1 +acme r2$/mu);
  assert.match(shown.out, /^Both have: +email ada@example\.com$/mu);
  const merged = await runCommand(["duplicates", "merge", "d-1", "--keep", "left", "--yes"], { env, terminal: true });
  assert.match(merged.out, /acme: r2 was merged into r1; both are r9 there now\.\n.*Ada Lee and A\. Lee are one now/u);
  assert.notEqual((await run("merge", "d-1", "--keep", "both")).thrown, undefined);
  assert.equal(
    (JSON.parse((await run("unlink", "contact", "p-1", "acme", "--yes", "--json")).out) as { id: string }).id,
    "p-3",
  );
  assert.deepEqual(
    server.asked.map((one) => `${one.method} ${one.url.split("?")[0]}`),
    [
      "GET /api/duplicates",
      "POST /api/duplicates/d-1",
      "POST /api/duplicates/d-1",
      "POST /api/duplicates/d-2",
      "POST /api/duplicates/d-none",
      "POST /api/duplicates/d-1",
      "GET /api/duplicates/d-2",
      "POST /api/duplicates/d-1/merge",
      "POST /api/contacts/p-1/unlink",
    ],
  );
});
