import assert from "node:assert/strict";
import { test } from "node:test";
import { exitOf, runCommand, startAnswering } from "./test-shell.ts";

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
const CONNECTION = { id: "c1", name: "acme", vendor: "tern", mode: "write", paused: false, problem: null };
const STREAM = { id: 1, key: "lead", counts: { linked: 2000, parked: 0, waiting: 3, held: 0 } };

/** A server with one key and one connection, and what was changed there. */
async function createDesk() {
  const server = await startAnswering({
    "GET /api/keys": { data: [KEY] },
    "DELETE /api/keys/k1": {},
    "GET /api/connections/acme": CONNECTION,
    "GET /api/connections/c1": CONNECTION,
    "PATCH /api/connections/acme": { ...CONNECTION, paused: true },
    "DELETE /api/connections/c1": {},
    "GET /api/streams": { data: [STREAM] },
    "GET /api/parked": {
      data: [
        { stream: "lead", subject: "r1" },
        { stream: "deal", subject: "r2" },
      ],
      next: null,
    },
    "POST /api/parked/retry": { retried: 1 },
    "POST /api/fields": {},
  });
  return {
    changes: () => server.asked.filter((one) => !one.startsWith("GET ")),
    run: (argv: readonly string[], more: { answers?: readonly string[]; terminal?: true } = {}) =>
      runCommand(argv, { env: { WINSTON_URL: server.url, WINSTON_TOKEN: "wk_live_x" }, ...more }),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

test("a dry run says what would be done, and does nothing", async () => {
  await using desk = await createDesk();
  for (const [argv, said] of [
    [["keys", "revoke", "k1"], /revoke the key nightly \(k1, never used\)/u],
    [["keys", "create", "x"], /make a key x that may records:read and records:write/u],
    [
      ["connections", "remove", "acme"],
      /remove the connection acme \(mode write: 1 stream, 2,000 records linked, 3 wait/u,
    ],
    [["connections", "pause", "acme"], /pause the connection acme/u],
    [["connections", "mode", "acme", "observe"], /put into mode observe the connection acme/u],
    [["parked", "retry", "--stream", "lead"], /try 1 parked record again/u],
    [["fields", "add", "lead", "tier", "text"], /give person the custom field tier of type text/u],
  ] as const) {
    const ran = await desk.run([...argv, "--dry-run"]);
    assert.equal(exitOf(ran), 0, argv.join(" "));
    assert.match(ran.out, said);
    const json = JSON.parse((await desk.run([...argv, "--dry-run", "--json"])).out) as Record<string, unknown>;
    assert.equal(json["schema"], "winston.dryRun/v1");
    assert.match(String(json["wouldDo"]), said);
  }
  assert.deepEqual(desk.changes(), []);
});

test("what cannot be taken back needs --yes in a script, and deleting --allow-delete as well", async () => {
  await using desk = await createDesk();
  for (const [argv, missing] of [
    [["keys", "revoke", "k1"], "say --yes to do it"],
    [["connections", "remove", "acme"], "say --yes --allow-delete to do it"],
    [["connections", "remove", "acme", "--yes"], "say --allow-delete to do it"],
  ] as const) {
    const ran = await desk.run(argv);
    assert.equal(exitOf(ran), 6, argv.join(" "));
    assert.match(String(ran.thrown), new RegExp(missing, "u"));
  }
  assert.deepEqual(desk.changes(), []);
  assert.equal(exitOf(await desk.run(["keys", "revoke", "k1", "--yes"])), 0);
  assert.equal(exitOf(await desk.run(["connections", "remove", "acme", "--yes", "--allow-delete"])), 0);
  assert.deepEqual(desk.changes(), ["DELETE /api/keys/k1", "DELETE /api/connections/c1"]);
});

test("a person is asked; anything but yes changes nothing and exits 2", async () => {
  await using desk = await createDesk();
  for (const answer of ["", "no", "n"]) {
    const ran = await desk.run(["connections", "remove", "acme"], { terminal: true, answers: [answer] });
    assert.match(ran.err, /This will remove the connection acme .*Go on\? \[y\/N\]/u);
    assert.equal(exitOf(ran), 2);
  }
  assert.deepEqual(desk.changes(), []);
  const ran = await desk.run(["connections", "remove", "acme"], { terminal: true, answers: ["y"] });
  assert.equal(exitOf(ran), 0, String(ran.thrown));
  assert.deepEqual(desk.changes(), ["DELETE /api/connections/c1"]);
});
