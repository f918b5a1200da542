import assert from "node:assert/strict";
import { test } from "node:test";
import type { FastifyInstance } from "fastify";
import { createTestHttp, TOKEN } from "./test-support.ts";

const asker =
  (app: FastifyInstance) =>
  async (method: "GET" | "POST" | "PATCH" | "PUT" | "DELETE", url: string, payload?: object) => {
    const answer = await app.inject({
      method,
      url,
      headers: { authorization: `Bearer ${TOKEN}` },
      ...(payload ? { payload } : {}),
    });
    return { status: answer.statusCode, headers: answer.headers, body: answer.body === "" ? undefined : answer.json() };
  };

test("a record created twice is one record: 201, then 200 unchanged, then 200 updated", async () => {
  const { app } = createTestHttp();
  const ask = asker(app);
  const lead = { leadId: "L1", email: "ada@example.com", name: "Ada Lovelace", company: "Engines", shoe_size: 38 };
  const first = await ask("POST", "/api/leads", lead);
  assert.equal(first.status, 201);
  assert.equal(first.headers.location, `/api/leads/${first.body.id}`);
  assert.deepEqual(
    [
      first.body.externalId,
      first.body.stage,
      first.body.name,
      first.body.firstName,
      first.body.lastName,
      first.body.customFields,
      first.body.phone,
      first.body.version,
    ],
    ["L1", "lead", "Ada Lovelace", "Ada", "Lovelace", { shoe_size: 38 }, null, 1],
  );
  const second = await ask("POST", "/api/leads", lead);
  assert.deepEqual(
    [second.status, second.headers["x-winston-status"], second.body.id],
    [200, "unchanged", first.body.id],
  );
  const third = await ask("POST", "/api/leads", { ...lead, company: "Mills" });
  assert.deepEqual([third.status, third.headers["x-winston-status"], third.body.company], [200, "updated", "Mills"]);
  const shown = await ask("POST", "/api/leads", third.body);
  assert.deepEqual([shown.status, shown.headers["x-winston-status"]], [200, "unchanged"]);
});

test("a record is reached by Winston's id and by external:<own id>, and only under its own resource", async () => {
  const { app } = createTestHttp();
  const ask = asker(app);
  const { body } = await ask("POST", "/api/leads", { leadId: "L/1 é", email: "a@example.com" });
  const external = `/api/leads/${encodeURIComponent("external:L/1 é")}`;
  assert.equal((await ask("GET", external)).body.id, body.id);
  assert.deepEqual((await ask("GET", `/api/leads/${body.id}`)).body.links, []);
  assert.equal((await ask("GET", `/api/contacts/${body.id}`)).status, 404);
  assert.equal((await ask("GET", `/api/accounts/${body.id}`)).status, 404);
  assert.match((await ask("GET", "/api/leads/L1")).body.detail, /as external:<your own id>/u);
});

test("PATCH changes what is sent, null clears, and history tells who did it", async () => {
  const { app } = createTestHttp();
  const ask = asker(app);
  await ask("POST", "/api/accounts", { accountId: "A1", name: "Acme", phone: "1", city: "Bonn" });
  const changed = await ask("PATCH", "/api/accounts/external:A1", { phone: null, city: "Kiel" });
  assert.deepEqual(
    [changed.status, changed.body.phone, changed.body.city, changed.body.name],
    [200, null, "Kiel", "Acme"],
  );
  const history = await ask("GET", "/api/accounts/external:A1/history");
  assert.equal(history.body.data[0].actor, `key:${TOKEN}`);
  assert.deepEqual(history.body.data[0].changes, {
    phone: { old: "1", new: null },
    city: { old: "Bonn", new: "Kiel" },
  });
});

test("origin tells of each field where it came from, with times as the API writes them, also of a deleted record", async () => {
  const { app } = createTestHttp();
  const ask = asker(app);
  const made = (await ask("POST", "/api/accounts", { accountId: "A1", name: "Acme" })).body;
  await ask("DELETE", "/api/accounts/external:A1");
  const { status, body } = await ask("GET", `/api/accounts/${made.id}/origin`);
  assert.equal(status, 200);
  const { field, value, source, actor, setTo, takenAt } = body.data[0];
  assert.deepEqual([field, value, source, actor, takenAt], ["name", "Acme", "here", "key:test", null]);
  assert.match(setTo, /^2026-.*Z$/u);
  assert.equal((await ask("GET", `/api/leads/${made.id}/origin`)).status, 404);
});

test("PUT external:<id> makes or changes, and refuses another id in the body", async () => {
  const { app } = createTestHttp();
  const ask = asker(app);
  assert.equal((await ask("PUT", "/api/deals/external:D1", { name: "One" })).status, 201);
  assert.equal((await ask("PUT", "/api/deals/external:D1", { name: "Two" })).body.name, "Two");
  const other = await ask("PUT", "/api/deals/external:D1", { dealId: "D2" });
  assert.deepEqual([other.status, other.body.errors[0].pointer], [400, "/externalId"]);
  const { body } = await ask("GET", "/api/deals/external:D1");
  assert.equal((await ask("PUT", `/api/deals/${body.id}`, {})).status, 400);
});

test("a deleted record is gone from the listing unless asked for", async () => {
  const { app } = createTestHttp();
  const ask = asker(app);
  const { body: made } = await ask("POST", "/api/users", { userId: "U1", name: "Grace" });
  assert.equal((await ask("DELETE", "/api/users/external:U1")).status, 204);
  for (const url of ["/api/users/external:U1", `/api/users/${made.id}`]) {
    for (const [method, payload] of [["GET"], ["PATCH", {}], ["DELETE"]] as const)
      assert.equal((await ask(method, url, payload)).status, 404, `${method} ${url}`);
  }
  assert.match((await ask("GET", `/api/users/${made.id}`)).body.detail, /was deleted at 2026-/u);
  assert.equal((await ask("GET", `/api/users/${made.id}/history`)).status, 200);
  assert.equal((await ask("GET", "/api/users")).body.data.length, 0);
  const all = await ask("GET", "/api/users?includeDeleted=true");
  assert.match(all.body.data[0].deletedAt, /Z$/u);
});

test("pages follow their cursor to the end, each record once, and Link says the next address", async () => {
  const { app } = createTestHttp();
  const ask = asker(app);
  await ask("POST", "/api/leads/bulk", {
    items: Array.from({ length: 7 }, (_, index) => ({ leadId: index, company: "x" })),
  });
  const seen: string[] = [];
  let url: string | null = "/api/leads?limit=3&updatedSince=2020-01-01T00:00:00Z";
  let pages = 0;
  while (url) {
    const page = await ask("GET", url);
    pages += 1;
    seen.push(...page.body.data.map((one: { externalId: string }) => one.externalId));
    url = /^<(.*)>; rel="next"$/u.exec((page.headers.link as string | undefined) ?? "")?.[1] ?? null;
    assert.equal(url === null, page.body.next === null);
  }
  assert.deepEqual([pages, seen], [3, ["0", "1", "2", "3", "4", "5", "6"]]);
  const { next } = (await ask("GET", "/api/leads?limit=3")).body;
  assert.equal((await ask("GET", `/api/deals?cursor=${next}`)).status, 400);
  const forged = Buffer.from(JSON.stringify(["leads", "'; --"])).toString("base64url");
  assert.equal((await ask("GET", `/api/leads?cursor=${forged}`)).status, 400);
});

test("one bad item of a bulk call fails alone, with a pointer to what is wrong", async () => {
  const { app, records } = createTestHttp();
  const ask = asker(app);
  const items = [
    { leadId: "1", email: "a@example.com" },
    "text",
    { leadId: "3", email: "nope" },
    { leadId: { a: 1 } },
    { leadId: "1", email: "b@example.com" },
    { leadId: "6", "bad\u0000": 1 },
  ];
  const { status, body } = await ask("POST", "/api/leads/bulk", { items });
  assert.equal(status, 200);
  assert.deepEqual(body.counts, { created: 1, updated: 1, unchanged: 0, failed: 4 });
  assert.deepEqual(
    body.results.map((one: { index: number; status: string }) => [one.index, one.status]),
    [
      [0, "created"],
      [1, "failed"],
      [2, "failed"],
      [3, "failed"],
      [4, "updated"],
      [5, "failed"],
    ],
  );
  assert.deepEqual(body.results[1].errors[0], {
    pointer: "/items/1",
    code: "invalid_type",
    message: "must be an object with the record's values",
  });
  assert.equal(body.results[2].errors[0].pointer, "/items/2/email");
  assert.equal(body.results[3].errors[0].pointer, "/items/3/leadId");
  assert.deepEqual(records.saves, [3], "the good ones are saved in one call");
});

test("a content id knows a record again that nothing else names, and stands beside its item", async () => {
  const ask = asker(createTestHttp().app);
  const items = [{ company: "A" }, { leadId: "1" }];
  const contentIds = [`content:${"0a".repeat(16)}`, null];
  const statuses = async (sent: object) =>
    (await ask("POST", "/api/leads/bulk", sent)).body.results.map((one: { status: string }) => one.status);
  assert.deepEqual(await statuses({ items, contentIds }), ["created", "created"]);
  assert.deepEqual(await statuses({ items, contentIds }), ["unchanged", "unchanged"]);
  assert.deepEqual(await statuses({ items }), ["created", "unchanged"], "without it what nothing names is new");
  for (const wrong of [["content:short", null], [null]]) {
    const { status, body } = await ask("POST", "/api/leads/bulk", { items, contentIds: wrong });
    assert.equal(status, 400);
    assert.match(body.errors[0].pointer, /^\/contentIds/u);
  }
});

test("a pointer leads into the item as it was given, whatever its keys are called", async () => {
  const { app } = createTestHttp();
  const ask = asker(app);
  const items = [{ "E-Mail": "nope" }, { name: "A \u0000" }];
  const { body } = await ask("POST", "/api/leads/bulk", { items });
  const pointers = body.results.map((one: { errors: { pointer: string }[] }) => one.errors[0]!.pointer);
  assert.deepEqual(pointers, ["/items/0/E-Mail", "/items/1/name"]);
  assert.equal((await ask("POST", "/api/leads", items[0])).body.errors[0].pointer, "/E-Mail");
});

test("unknown keys become custom fields, or fail the item where the caller says so", async () => {
  const { app } = createTestHttp();
  const ask = asker(app);
  const item = { leadId: "1", hat: "bowler" };
  const strict = await ask("POST", "/api/leads/bulk", { items: [item], unknownKeys: "error" });
  assert.equal(strict.body.results[0].errors[0].pointer, "/items/0/hat");
  assert.equal((await ask("POST", "/api/leads?unknownKeys=error", item)).status, 400);
  await ask("POST", "/api/leads/bulk", { items: [item] });
  assert.deepEqual((await ask("GET", "/api/leads/external:1")).body.customFields, { hat: "bowler" });
});

test("a bulk call changes by Winston's id, and mode update makes nothing", async () => {
  const { app } = createTestHttp();
  const ask = asker(app);
  const { body: lead } = await ask("POST", "/api/leads", { leadId: "1", company: "A" });
  const { body } = await ask("POST", "/api/leads/bulk", {
    mode: "update",
    items: [
      { id: lead.id, company: "B" },
      { leadId: "2", company: "C" },
    ],
  });
  assert.deepEqual(body.counts, { created: 0, updated: 1, unchanged: 0, failed: 1 });
  assert.equal((await ask("GET", "/api/leads/external:1")).body.company, "B");
});

test("a bulk call takes 1 to 2,000 items", async () => {
  const { app } = createTestHttp();
  const ask = asker(app);
  for (const items of [[], Array.from({ length: 2001 }, () => ({}))]) {
    const { status, body } = await ask("POST", "/api/leads/bulk", { items });
    assert.deepEqual([status, body.errors[0].pointer], [400, "/items"]);
  }
});

test("a reference is given by the target's own id and shown as Winston's", async () => {
  const { app } = createTestHttp();
  const ask = asker(app);
  const { body: lead } = await ask("POST", "/api/leads", { leadId: "L1", email: "a@example.com" });
  const { body: call } = await ask("POST", "/api/activities", {
    activityId: "T1",
    type: "call",
    subject: "Hello",
    leadId: "L1",
  });
  assert.equal(call.person, lead.id);
  const lost = await ask("POST", "/api/activities", { activityId: "T2", leadId: "L9" });
  assert.deepEqual([lost.status, lost.body.errors[0].pointer], [400, "/leadId"]);
});

test("numbers longer than a double keep every digit", async () => {
  const { app } = createTestHttp();
  const answer = await app.inject({
    method: "POST",
    url: "/api/deals",
    headers: { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" },
    payload: '{"dealId": 12345678901234567890, "name": "x"}',
  });
  assert.equal(answer.json().externalId, "12345678901234567890");
});
