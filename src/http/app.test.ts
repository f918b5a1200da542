import assert from "node:assert/strict";
import { test } from "node:test";
import { WinstonError } from "../base/errors.ts";
import { createTestHttp, fakeRecords, TOKEN } from "./test-support.ts";

const json = { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" };

test("nothing but health and the description is answered without a key", async () => {
  const { app } = createTestHttp();
  for (const url of ["/healthz", "/readyz", "/openapi.json"])
    assert.equal((await app.inject(url)).statusCode, 200, url);
  for (const url of ["/api/leads", "/api/keys", "/api/no-such-thing", "/", "/healthz/x", "/api/connections"]) {
    const answer = await app.inject(url);
    assert.equal(answer.statusCode, 401, url);
    assert.equal(answer.json().code, "auth.missing", url);
  }
});

test("a 401 says which header was missing or wrong and how to get a token", async () => {
  const { app } = createTestHttp();
  const ask = async (authorization?: string) => {
    const answer = await app.inject({
      url: "/api/leads",
      headers: authorization === undefined ? {} : { authorization },
    });
    assert.equal(answer.statusCode, 401);
    assert.equal(answer.headers["www-authenticate"], 'Bearer realm="winston"');
    assert.match(answer.headers["content-type"] as string, /^application\/problem\+json/u);
    assert.match(answer.json().detail, /npm start/u);
    return answer.json();
  };
  assert.match((await ask()).detail, /Authorization header is missing/u);
  assert.match((await ask("Basic abc")).detail, /not of the form 'Bearer <token>'/u);
  const wrong = await ask("Bearer wk_live_nope");
  assert.equal(wrong.code, "auth.wrong");
  assert.match(wrong.detail, /token in the Authorization header is not a valid key/u);
});

test("a key without the scope is refused with the scope it needs", async () => {
  const { app, keys } = createTestHttp();
  keys.add("reader", ["records:read"]);
  const headers = { authorization: "Bearer reader" };
  assert.equal((await app.inject({ url: "/api/leads", headers })).statusCode, 200);
  const refused = await app.inject({ method: "POST", url: "/api/leads", headers, payload: {} });
  assert.equal(refused.statusCode, 403);
  assert.match(refused.json().detail, /records:write/u);
  keys.add("chief", ["admin"]);
  const chief = await app.inject({ url: "/api/keys", headers: { authorization: "Bearer chief" } });
  assert.equal(chief.statusCode, 200);
});

test("a route without a scope cannot be added", () => {
  const { app } = createTestHttp();
  assert.throws(() => app.get("/api/open-door", async () => ({})), /GET \/api\/open-door says no scope/u);
});

test("a key cannot give a scope it does not have, nor one that has expired already", async () => {
  const { app, keys, auth } = createTestHttp();
  keys.add("clerk", ["keys:write", "records:read"]);
  const headers = { authorization: "Bearer clerk" };
  const beyond = await app.inject({
    method: "POST",
    url: "/api/keys",
    headers,
    payload: { name: "x", scopes: ["admin", "records:read"] },
  });
  assert.equal(beyond.statusCode, 403);
  assert.match(beyond.json().detail, /cannot give what it does not have: admin/u);
  const late = await app.inject({
    method: "POST",
    url: "/api/keys",
    headers: auth,
    payload: { name: "x", scopes: ["admin"], expiresAt: "2001-01-01T00:00:00Z" },
  });
  assert.equal(late.json().errors[0].pointer, "/expiresAt");
  const made = await app.inject({
    method: "POST",
    url: "/api/keys",
    headers,
    payload: { name: "x", scopes: ["records:read"] },
  });
  assert.equal(made.statusCode, 201);
  const used = { authorization: `Bearer ${made.json().token}` };
  assert.equal((await app.inject({ url: "/api/leads", headers: used })).statusCode, 200);
  assert.equal(
    (await app.inject({ method: "DELETE", url: `/api/keys/${made.json().id}`, headers: auth })).statusCode,
    204,
  );
  assert.equal((await app.inject({ url: "/api/leads", headers: used })).statusCode, 401);
});

test("every answer carries its request id, no-store and the security headers", async () => {
  const { app, auth, accesses } = createTestHttp();
  for (const url of ["/healthz", "/api/leads", "/api/none", "/api/leads/%zz"]) {
    const { headers } = await app.inject({ url, headers: auth });
    assert.match(headers["x-request-id"] as string, /^request-\d+$/u, url);
    assert.equal(headers["cache-control"], "no-store", url);
    assert.equal(headers["x-content-type-options"], "nosniff", url);
    assert.match(headers["content-security-policy"] as string, /default-src 'none'/u, url);
  }
  assert.deepEqual(accesses.map((one) => [one.route, one.status]).slice(0, 3), [
    ["/healthz", 200],
    ["/api/leads", 200],
    ["(none)", 404],
  ]);
});

test("a body that is no JSON gets 400 with the line and column where it breaks", async () => {
  const { app } = createTestHttp();
  const send = async (payload: string | Buffer) => {
    const answer = await app.inject({ method: "POST", url: "/api/leads", headers: json, payload });
    assert.equal(answer.statusCode, 400);
    assert.equal(answer.json().code, "request.malformed");
    return answer.json().detail as string;
  };
  assert.match(await send('{"email": "a@example.com",\n  "name": oops}'), /line 2, column 11/u);
  assert.match(await send('{"email": "a@exa'), /line 1, column 17 \(byte 16\)/u);
  assert.match(await send('[{"é": [1, {}, []], "b": tru}]'), /line 1, column 26/u);
  assert.match(await send('{"a": "b\nc"}'), /column 9/u);
  assert.match(await send('{"a": "\\x"}'), /column 8/u);
  assert.match(await send("[1,]"), /column 4/u);
  assert.match(await send("{} {}"), /column 4/u);
  assert.match(await send("nul"), /column 1/u);
  assert.match(await send('{"a": 1'), /line 1, column 8/u);
  assert.match(await send(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])), /not UTF-8/u);
});

test("bodies that are too large, too deep, of another type or aimed at a prototype are refused", async () => {
  const { app } = createTestHttp({ bodyLimit: 2000 });
  const send = (payload: string, type = "application/json") =>
    app.inject({ method: "POST", url: "/api/leads", headers: { ...json, "content-type": type }, payload });
  const large = await send(JSON.stringify({ name: "x".repeat(3000) }));
  assert.deepEqual([large.statusCode, large.json().code], [413, "request.too_large"]);
  const deep = await send(`{"a":${"[".repeat(40)}${"]".repeat(40)}}`);
  assert.deepEqual([deep.statusCode, deep.json().errors[0].code], [400, "too_deep"]);
  const text = await send("email=a", "application/x-www-form-urlencoded");
  assert.deepEqual([text.statusCode, text.json().code], [415, "request.unsupported"]);
  const trap = await send('{"ok":{"__proto__":{"admin":true}}}');
  assert.deepEqual([trap.statusCode, trap.json().errors[0].pointer], [400, "/ok/__proto__"]);
  assert.equal((await send('{"ok":{"\\u005f_proto__":1}}')).statusCode, 400);
  assert.equal((await send("")).json().errors[0].message, "must be a JSON object");
});

test("a mistake of ours says only its request id", async () => {
  const logged: object[] = [];
  const world = createTestHttp();
  const { app } = createTestHttp({
    records: {
      ...world.records,
      list: () => Promise.reject(new Error("relation entity at /var/secret does not exist")),
    },
    log: { debug() {}, info() {}, warn() {}, error: (fields) => void logged.push(fields) },
  });
  const answer = await app.inject({ url: "/api/leads", headers: json });
  assert.equal(answer.statusCode, 500);
  assert.doesNotMatch(answer.body, /secret|relation|app\.test/u);
  assert.match(answer.json().detail, /request-1/u);
  assert.equal((logged[0] as { requestId: string }).requestId, "request-1");
});

test("an error with a wait says it in Retry-After and in the body", async () => {
  const world = createTestHttp();
  const list = () =>
    Promise.reject(new WinstonError("store.unavailable", "The database does not answer.", { retryAfterMs: 1500 }));
  const { app } = createTestHttp({ records: { ...world.records, list } });
  const answer = await app.inject({ url: "/api/leads", headers: json });
  assert.deepEqual([answer.statusCode, answer.headers["retry-after"], answer.json().retryAfterMs], [503, "2", 1500]);
});

test("queries that are not understood are refused by name", async () => {
  const { app, auth } = createTestHttp();
  const ask = async (query: string) => {
    const answer = await app.inject({ url: `/api/leads?${query}`, headers: auth });
    assert.equal(answer.statusCode, 400, query);
    return answer.json().errors[0];
  };
  assert.deepEqual(await ask("emial=x"), {
    pointer: "/query/emial",
    code: "unknown_key",
    message: '"emial" is not known here',
  });
  assert.equal((await ask("limit=0")).pointer, "/query/limit");
  assert.equal((await ask("limit=501")).pointer, "/query/limit");
  assert.equal((await ask("updatedSince=yesterday")).message, "must be a time such as 2026-01-05T09:00:00Z");
  assert.equal((await ask("cursor=abc")).pointer, "/query/cursor");
  assert.equal((await ask("email=%00")).pointer, "/query/email");
});

test("a repeated Idempotency-Key gets the first answer and does nothing again", async () => {
  const { app, records } = createTestHttp();
  const send = (payload: object, key = "k1") =>
    app.inject({ method: "POST", url: "/api/activities", headers: { ...json, "idempotency-key": key }, payload });
  const first = await send({ subject: "Call" });
  const second = await send({ subject: "Call" });
  assert.equal(second.statusCode, 201);
  assert.equal(second.headers["idempotency-replayed"], "true");
  assert.deepEqual(second.json(), first.json());
  assert.equal(records.saves.length, 1);
  const other = await send({ subject: "Mail" });
  assert.deepEqual([other.statusCode, other.json().code], [422, "request.mismatch"]);
  assert.equal((await send({ subject: "Call" }, "has space")).statusCode, 400);
});

test("a repeat that comes while the first is under way waits for it with 409", async () => {
  const { clock, records } = createTestHttp();
  const { promise: gate, resolve: open } = Promise.withResolvers<void>();
  const slow = fakeRecords(clock, () => "0");
  const { app } = createTestHttp({
    records: { ...records, save: async (...args) => gate.then(() => slow.save(...args)) },
  });
  const send = () =>
    app.inject({
      method: "POST",
      url: "/api/leads/bulk",
      headers: { ...json, "idempotency-key": "k" },
      payload: { items: [{}] },
    });
  const first = send();
  await new Promise((resolve) => setImmediate(resolve));
  const second = await send();
  assert.deepEqual(
    [second.statusCode, second.json().code, second.headers["retry-after"]],
    [409, "request.conflict", "1"],
  );
  open();
  assert.equal((await first).statusCode, 200);
  assert.equal((await send()).headers["idempotency-replayed"], "true");
});

test("a failed request gives its Idempotency-Key back", async () => {
  const { app } = createTestHttp();
  const send = () =>
    app.inject({
      method: "POST",
      url: "/api/leads",
      headers: { ...json, "idempotency-key": "k" },
      payload: { email: "nope" },
    });
  assert.equal((await send()).statusCode, 400);
  const again = await send();
  assert.deepEqual([again.statusCode, again.headers["idempotency-replayed"]], [400, undefined]);
});

test("the token of a new key is never kept for a repeat", async () => {
  const { app, idempotency } = createTestHttp();
  const payload = { name: "n", scopes: ["admin"] };
  await app.inject({ method: "POST", url: "/api/keys", headers: { ...json, "idempotency-key": "k" }, payload });
  assert.equal(idempotency.claims.size, 0);
});

test("what watches Winston reads from outside, without a key, whether what should flow does", async () => {
  const streams = { ok: 3, failing: 1 };
  const alerts = { warning: 0, critical: 1 };
  const ready = async () => ({ ok: true, checks: {} });
  const broken = createTestHttp({ health: { ready, flow: async () => ({ ok: false, streams, alerts }) } });
  const answer = await broken.app.inject("/flowz");
  assert.deepEqual([answer.statusCode, answer.json()], [503, { status: "does not flow", streams, alerts }]);
  assert.equal((await createTestHttp().app.inject("/flowz")).statusCode, 200);
});

test("readiness is 503 with the check that fails", async () => {
  const { app } = createTestHttp({
    health: {
      flow: () => Promise.reject(new Error("not asked")),
      ready: async () => ({ ok: false, checks: { database: { ok: false, detail: "does not answer" } } }),
    },
  });
  const answer = await app.inject("/readyz");
  assert.deepEqual(
    [answer.statusCode, answer.json()],
    [503, { status: "not ready", checks: { database: { ok: false, detail: "does not answer" } } }],
  );
});
