import assert from "node:assert/strict";
import { test } from "node:test";
import type { RunView } from "../sync/types.ts";
import { createTestHttp, TOKEN } from "./test-support.ts";

function world() {
  const test = createTestHttp();
  const ask = async (method: "GET" | "POST" | "PATCH" | "PUT" | "DELETE", url: string, payload?: object) => {
    const answer = await test.app.inject({
      method,
      url,
      headers: { authorization: `Bearer ${TOKEN}` },
      ...(payload ? { payload } : {}),
    });
    return { status: answer.statusCode, body: answer.body === "" ? undefined : answer.json() };
  };
  return { ...test, ask };
}

test("a connection is made, shown by name, paused, synced and removed", async () => {
  const { ask, engine } = world();
  const made = await ask("POST", "/api/connections", { vendor: "tern", name: "acme", secrets: { key: "s3cret" } });
  assert.deepEqual([made.status, made.body.mode, made.body.createdAt], [201, "observe", "2026-01-05T09:00:00.000Z"]);
  assert.equal((await ask("GET", "/api/connections/acme")).body.id, made.body.id);
  assert.equal((await ask("PATCH", "/api/connections/acme", { paused: true })).body.paused, true);
  const sync = await ask("POST", "/api/connections/acme/sync");
  assert.deepEqual([sync.status, sync.body], [202, { since: "2026-01-05T09:00:00.000Z" }]);
  await ask("POST", "/api/connections/acme/sync", { stream: "lead", full: true });
  assert.deepEqual(engine.calls, [
    { id: made.body.id, trigger: `key:${TOKEN}` },
    { id: made.body.id, stream: "lead", full: true, trigger: `key:${TOKEN}` },
  ]);
  assert.equal((await ask("GET", "/api/connections/acme/quiet")).body.quiet, true);
  assert.equal(
    (await ask("GET", "/api/streams?connection=acme")).body.data[0].lanes[0].watermark,
    "2026-01-05T09:00:00.000Z",
  );
  assert.equal((await ask("DELETE", "/api/connections/acme")).status, 204);
  assert.equal((await ask("GET", "/api/connections/acme")).status, 404);
});

test("an unknown connector or an unknown key of a connection is refused", async () => {
  const { ask } = world();
  assert.deepEqual((await ask("POST", "/api/connections", { vendor: "nobody" })).body.code, "connector.unknown");
  const typo = await ask("POST", "/api/connections", { vendor: "tern", secret: {} });
  assert.deepEqual([typo.status, typo.body.errors[0].pointer], [400, "/secret"]);
});

test("a mapping is put in force as it was sent, in the caller's name", async () => {
  const { ask, engine } = world();
  const document = {
    kind: "person",
    rows: [{ field: "email", record: "Email", direction: "both", transform: "email" }],
  };
  const put = await ask("PUT", "/api/streams/7/mapping", document);
  assert.deepEqual(put.body, { version: 2, notes: ["Email is read-only there"] });
  assert.deepEqual(engine.calls, [{ streamId: 7, document, actor: `key:${TOKEN}` }]);
  const seven = await ask("PUT", "/api/streams/seven/mapping", document);
  assert.deepEqual(
    [seven.status, seven.body.detail, seven.body.errors[0].pointer],
    [400, 'The request is not valid: "id" in the address must be a number.', "/path/id"],
  );
  assert.equal((await ask("GET", "/api/streams/7/mapping")).body.version, 1);
});

test("runs and parked ones are paged, shown and tried again", async () => {
  const { ask, engine } = world();
  const run = (id: string): RunView => ({
    id,
    connectionId: id,
    connection: "acme",
    stream: "lead",
    lane: "batch",
    state: "done",
    trigger: "schedule",
    startedAt: 1000,
    endedAt: 2000,
    counts: { read: 3 },
    error: null,
  });
  const id = (end: number): string => `01890a5d-ac96-774b-bcce-b30209${String(end).padStart(6, "0")}`;
  engine.allRuns.push(run(id(1)), run(id(2)), run(id(3)));
  const first = await ask("GET", "/api/runs?limit=2");
  assert.deepEqual(
    first.body.data.map((one: RunView) => [one.id, one.startedAt]),
    [
      [id(1), "1970-01-01T00:00:01.000Z"],
      [id(2), "1970-01-01T00:00:01.000Z"],
    ],
  );
  const second = await ask("GET", `/api/runs?limit=2&cursor=${first.body.next}`);
  assert.deepEqual([second.body.data.length, second.body.next], [1, null]);
  assert.deepEqual((await ask("GET", `/api/runs/${id(2)}`)).body.parked, []);
  const nope = await ask("GET", "/api/runs/nope");
  assert.equal(nope.status, 404);
  assert.match(nope.body.detail, /winston runs list/u);

  for (const subject of ["a", "b", "c"])
    engine.allParked.push({
      connection: "acme",
      stream: "lead",
      side: "pull",
      subject,
      reason: "REQUIRED",
      message: "m",
      field: null,
      vendor: null,
      times: 1,
      firstAt: 0,
      lastAt: 0,
      cursor: JSON.stringify([1, "pull", subject]),
    });
  const page = await ask("GET", "/api/parked?limit=2");
  const rest = await ask("GET", `/api/parked?limit=2&cursor=${page.body.next}`);
  assert.deepEqual(
    [...page.body.data, ...rest.body.data].map((one: { subject: string }) => one.subject),
    ["a", "b", "c"],
  );
  assert.deepEqual((await ask("POST", "/api/parked/retry")).body, { retried: 3 });
});

test("custom fields are declared once and listed beside the standard ones", async () => {
  const { ask } = world();
  const declared = { kind: "person", key: "shoeSize", type: "number", label: "Shoe size" };
  assert.equal((await ask("POST", "/api/fields", declared)).status, 201);
  const { body } = await ask("GET", "/api/fields?kind=person");
  assert.deepEqual(body.data.at(-1), { ...declared, custom: true, target: null });
  assert.equal((await ask("POST", "/api/fields", { ...declared, type: "text" })).status, 409);
  const target = await ask("POST", "/api/fields", { kind: "deal", key: "partner", type: "reference" });
  assert.equal(target.body.errors[0].pointer, "/target");
});

test("pairs are paged and shown as their resources show them; a decision and an unlinking need what they say", async () => {
  const { ask, pairs } = world();
  const make = async (lead: object): Promise<string> =>
    ((await ask("POST", "/api/leads", lead)).body as { id: string }).id;
  const [ada, eda] = [await make({ leadId: "L1", name: "Ada L" }), await make({ leadId: "L2", name: "Eda L" })];
  const [first, second] = [pairs.add(ada, eda), pairs.add(eda, ada)];
  const page = await ask("GET", "/api/duplicates?limit=1");
  assert.deepEqual(
    page.body.data.map((one: { id: string; left: { name: string; externalId: string } }) => [one.id, one.left.name]),
    [[first.id, "Ada L"]],
  );
  const rest = await ask("GET", `/api/duplicates?limit=1&cursor=${page.body.next}`);
  assert.deepEqual([rest.body.data[0].id, rest.body.next], [second.id, null]);

  assert.deepEqual((await ask("GET", `/api/duplicates/${first.id}`)).body, page.body.data[0]);
  assert.equal((await ask("GET", `/api/duplicates/${ada}`)).status, 404);

  assert.equal((await ask("POST", `/api/duplicates/${first.id}`, { decision: "same" })).body.state, "same");
  assert.equal((await ask("POST", `/api/duplicates/${first.id}`, { decision: "perhaps" })).status, 400);
  const nope = await ask("POST", "/api/duplicates/nope", { decision: "same" });
  assert.deepEqual([nope.status, nope.body.code], [404, "not.found"]);
  assert.match(nope.body.detail, /winston duplicates list/u);

  const merged = await ask("POST", `/api/duplicates/${second.id}/merge`, { keep: "right" });
  assert.deepEqual([merged.status, merged.body.pair.state, merged.body.pair.left.name], [200, "same", "Eda L"]);
  assert.deepEqual(Object.keys(merged.body.merged[0]), ["connection", "stream", "kept", "lost", "survivor"]);
  assert.deepEqual(pairs.calls.at(-1), { id: second.id, keep: "right", actor: `key:${TOKEN}` });
  assert.equal((await ask("POST", `/api/duplicates/${second.id}/merge`, { keep: "both" })).status, 400);
  assert.equal((await ask("POST", "/api/duplicates/nope/merge", {})).status, 404);

  const own = await ask("POST", "/api/leads/external:L1/unlink", { connection: "acme" });
  assert.deepEqual([own.status, own.body.name, own.body.id === ada], [201, "Ada L", false]);
  assert.deepEqual(pairs.calls.at(-1), { kind: "person", id: ada, connection: "acme", actor: `key:${TOKEN}` });
  assert.equal((await ask("POST", "/api/leads/external:L1/unlink", {})).body.errors[0].pointer, "/connection");
});

test("what does not fit is told in words, not in those of the checker", async () => {
  const { ask } = world();
  for (const [url, body, said] of [
    ["/api/connections", {}, "/vendor is missing"],
    ["/api/connections", { vendor: 7 }, "/vendor must be text"],
    ["/api/connections", { vendor: "" }, "/vendor must have at least 1 characters"],
    ["/api/connections", { vendor: "tern", mode: "x" }, '/mode must be "observe" or "plan" or "write"'],
    ["/api/connections", { vendor: "tern", settings: [] }, "/settings must be a JSON object"],
    ["/api/leads/bulk", { items: 1 }, "/items must be a list"],
  ] as const)
    assert.equal((await ask("POST", url, body)).body.detail, `The request is not valid: ${said}.`);
  for (const [limit, said] of [
    ["x", "a number"],
    ["1.5", "a whole number"],
    ["0", "at least 1"],
    ["501", "at most 500"],
  ] as const)
    assert.equal(
      (await ask("GET", `/api/runs?limit=${limit}`)).body.detail,
      `The request is not valid: "limit" in the query must be ${said}.`,
    );
});

test("no custom field takes the name of what Winston itself says of a record", async () => {
  const { ask } = world();
  const declared = await ask("POST", "/api/fields", { kind: "person", key: "name", type: "text" });
  assert.deepEqual([declared.status, declared.body.code], [409, "request.conflict"]);
  assert.equal((await ask("POST", "/api/fields", { kind: "activity", key: "stage", type: "text" })).status, 201);
});
