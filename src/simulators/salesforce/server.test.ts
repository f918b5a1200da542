// Through real sockets and files: what faults do to a connection, what a state file keeps, the simulator as a process.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, test } from "node:test";
import { systemClock, VirtualClock } from "../../base/clock.ts";
import type { WinstonError } from "../../base/errors.ts";
import { seededRandom } from "../../base/random.ts";
import { startSalesforce, type SalesforceOptions, type SalesforceSimulator } from "./index.ts";
import { runSimulator } from "../shared/process.ts";
import { salesforce } from "./simulator.ts";

const folder = mkdtempSync(join(tmpdir(), "simulator-"));
after(() => rmSync(folder, { recursive: true, force: true }));

async function start(options: Partial<SalesforceOptions> = {}): Promise<SalesforceSimulator & AsyncDisposable> {
  const sim = await startSalesforce({ clock: new VirtualClock(), random: seededRandom(3), ...options });
  return { ...sim, [Symbol.asyncDispose]: () => sim.close() };
}

async function signIn(sim: Pick<SalesforceSimulator, "url" | "credentials">): Promise<string> {
  const { clientId, clientSecret } = sim.credentials;
  const body = new URLSearchParams({
    grant_type: "client_credentials",
    client_id: clientId,
    client_secret: clientSecret,
  });
  const answer = await fetch(`${sim.url}/services/oauth2/token`, { method: "POST", body });
  return ((await answer.json()) as { access_token: string }).access_token;
}

async function send(
  sim: SalesforceSimulator,
  method: string,
  path: string,
  body?: object,
  signal?: AbortSignal,
): Promise<Response> {
  const authorization = `Bearer ${await signIn(sim)}`;
  return fetch(`${sim.url}/services/data/v66.0${path}`, {
    method,
    headers: { authorization, "content-type": "application/json" },
    ...(body ? { body: JSON.stringify(body) } : {}),
    ...(signal ? { signal } : {}),
  });
}

const LEAD = { LastName: "Vale", Company: "Cedar" };
const NEW_LEADS = { match: { method: "POST", path: "/sobjects/Lead" } };

test("reset-before cuts the connection and nothing is done; reset-after cuts it and everything is", async () => {
  await using sim = await start();
  sim.dials.failNext({ kind: "reset-before", ...NEW_LEADS });
  await assert.rejects(send(sim, "POST", "/sobjects/Lead", LEAD));
  assert.equal(sim.data.list("Lead").length, 0);
  sim.dials.failNext({ kind: "reset-after", ...NEW_LEADS });
  await assert.rejects(send(sim, "POST", "/sobjects/Lead", LEAD));
  assert.equal(sim.data.list("Lead").length, 1);
  assert.equal((await send(sim, "POST", "/sobjects/Lead", LEAD)).status, 201);
  assert.deepEqual(
    sim.log.entries.filter((one) => one.fault).map((one) => [one.fault, one.status, one.mutating]),
    [
      ["reset-before", 0, false],
      ["reset-after", 0, true],
    ],
  );
});

test("a hang answers nothing until the caller gives up, and closing the simulator does not wait for it", async () => {
  await using sim = await start();
  sim.dials.failNext({ kind: "hang-after", ...NEW_LEADS });
  const giveUp = new AbortController();
  const pending = send(sim, "POST", "/sobjects/Lead", LEAD, giveUp.signal);
  while (sim.data.list("Lead").length === 0) await systemClock.sleep(5);
  giveUp.abort();
  await assert.rejects(pending, { name: "AbortError" });
  sim.dials.failNext({ kind: "hang", ...NEW_LEADS });
  const cut = send(sim, "POST", "/sobjects/Lead", LEAD);
  const rejected = assert.rejects(cut);
  while (!sim.log.entries.some((one) => one.fault === "hang")) await systemClock.sleep(5);
  await sim.close();
  await rejected;
  assert.equal(sim.data.list("Lead").length, 1);
});

test("bodies can be cut short, a web page, an error or nothing inside a 200", async () => {
  await using sim = await start();
  const match = { path: "/query" };
  const query = () => send(sim, "GET", "/query?q=SELECT+Id+FROM+User");
  sim.dials.failNext({ kind: "truncate", match });
  await assert.rejects(query().then((answer) => answer.text()));
  sim.dials.failNext({ kind: "html", match });
  const page = await query();
  assert.deepEqual([page.status, page.headers.get("content-type")], [200, "text/html;charset=UTF-8"]);
  sim.dials.failNext({ kind: "error-in-200", match });
  const hidden = await query();
  assert.deepEqual(
    [hidden.status, ((await hidden.json()) as { errorCode: string }[])[0]!.errorCode],
    [200, "SERVER_UNAVAILABLE"],
  );
  sim.dials.failNext({ kind: "empty-json", match });
  assert.deepEqual(await (await query()).json(), {});
  sim.dials.failNext({ kind: "status", status: 503, match });
  assert.equal((await query()).status, 503);
  assert.equal((await query()).status, 200);
});

test("faults strike each nth request, a share of them, or until they are cleared", async () => {
  await using sim = await start();
  const statuses = async (count: number): Promise<number[]> => {
    const list: number[] = [];
    for (let index = 0; index < count; index++) list.push((await send(sim, "GET", "/limits")).status);
    return list;
  };
  sim.dials.failNext({ kind: "status", status: 500, match: { path: "/limits" }, every: 3 });
  assert.deepEqual(await statuses(6), [200, 200, 500, 200, 200, 500]);
  sim.dials.clearFaults();
  sim.dials.set({ rate503: 0.5 });
  const share = await statuses(20);
  assert.ok(share.includes(503) && share.includes(200));
  assert.throws(() => sim.dials.failNext({ kind: "oops" as "hang" }), /There is no fault oops; there are: hang,/u);
  assert.throws(() => sim.dials.set({ speed: 1 } as object), /There is no dial speed; there are: latencyMs,/u);
  assert.throws(() => sim.dials.set({ pageSize: "many" } as object), /The dial pageSize takes a number, not "many"/u);
});

test("latency is waited on the simulator's clock", async () => {
  const clock = new VirtualClock();
  await using sim = await start({ clock });
  sim.dials.set({ latencyMs: 5_000 });
  let answered = false;
  const pending = fetch(`${sim.url}/services/data`).then(() => (answered = true));
  while (sim.log.entries.length === 0) await systemClock.sleep(5);
  assert.equal(answered, false);
  clock.advance(5_000);
  await pending;
});

test("a state file keeps records, fields, tokens and deletions over a stop, a crash and a torn line", async () => {
  const stateFile = join(folder, "org.jsonl");
  const first = await start({ stateFile, story: "larkfield" });
  first.data.addCustomField("Lead", { name: "Key__c", type: "Text", externalId: true });
  const id = ((await (await send(first, "POST", "/sobjects/Lead", { ...LEAD, Key__c: "k" })).json()) as { id: string })
    .id;
  const gone = String(first.data.list("Account")[0]!["Id"]);
  await send(first, "DELETE", `/sobjects/Account/${gone}`);
  const token = await signIn(first);
  // No close: what a killed process leaves behind, with half a line at the end.
  appendFileSync(stateFile, '["row","Lead","00Q');
  await using second = await start({ stateFile, story: "larkfield" });
  assert.equal(second.data.list("Lead").length, 2_001);
  assert.equal(second.data.get("Lead", id)!["Key__c"], "k");
  assert.equal(second.data.get("Account", gone)!["IsDeleted"], true);
  const headers = { authorization: `Bearer ${token}` };
  const query = `q=${encodeURIComponent(`SELECT Id FROM Lead WHERE Key__c = 'K'`)}`;
  const answer = await fetch(`${second.url}/services/data/v66.0/query?${query}`, { headers });
  assert.equal(((await answer.json()) as { totalSize: number }).totalSize, 1);
  const next = ((await (await send(second, "POST", "/sobjects/Lead", LEAD)).json()) as { id: string }).id;
  assert.notEqual(next, id);
  const before = second.data.list("Lead");
  await second.close();
  await using third = await start({ stateFile });
  assert.deepEqual(third.data.list("Lead"), before);
  await first.close();
});

test("a taken port and an unusable state file are one clear sentence", async () => {
  await using sim = await start();
  const port = Number(new URL(sim.url).port);
  await assert.rejects(start({ port }), (error: WinstonError) => {
    assert.match(error.message, new RegExp(`port ${port} is taken`, "u"));
    return error.code === "start.failed";
  });
  await assert.rejects(start({ stateFile: join(folder, "no\0pe") }), { code: "start.failed" });
  await assert.rejects(runSimulator(salesforce, ["--port", "many"]), { code: "usage.wrong" });
  await assert.rejects(
    runSimulator(salesforce, ["--story", "none"]),
    /There is no story none; there are: larkfield, empty/u,
  );
  await assert.rejects(runSimulator(salesforce, ["--prot", "1"]), { code: "usage.wrong" });
});

test("as a process of its own it prints where it is, can be steered over HTTP, and stops on SIGTERM", async () => {
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, "main.ts"), "--story", "empty", "--clock", "2026-03-01T00:00:00Z"],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  try {
    const [line] = (await once(createInterface(child.stdout), "line")) as [string];
    const { url } = JSON.parse(line) as { url: string };
    const ask = async (method: string, path: string, body?: object): Promise<Record<string, unknown>> => {
      const answer = await fetch(`${url}/__winston${path}`, {
        method,
        ...(body ? { body: JSON.stringify(body) } : {}),
      });
      return { status: answer.status, ...((await answer.json()) as object) };
    };
    assert.equal((await ask("PATCH", "/dials", { pageSize: 250 }))["pageSize"], 250);
    assert.match(String((await ask("PATCH", "/dials", { nope: 1 }))["error"]), /There is no dial nope/u);
    await ask("POST", "/fields/Lead", { name: "Key__c", type: "Text", externalId: true });
    const { id } = await ask("POST", "/rows/Lead", { values: { ...LEAD, Key__c: "k" } });
    const refused = await ask("POST", "/rows/Lead", { values: { LastName: "x" } });
    assert.match(String(refused["error"]), /REQUIRED_FIELD_MISSING/u);
    const user = await ask("POST", "/users", { lastName: "New", email: "new@example.com" });
    assert.match(String(user["id"]), /^005/u);
    const converted = await ask("POST", "/convert", { leadId: id, convertedStatus: "Closed - Converted" });
    assert.match(String(converted["contactId"]), /^003/u);
    assert.equal((await ask("GET", "/counts"))["Contact"], 1);
    assert.equal((await ask("POST", "/clock", { advanceMs: 1_000 }))["now"], Date.UTC(2026, 2, 1, 0, 0, 1));
    assert.equal(((await ask("GET", "/log"))["counts"] as { requests: number }).requests, 0);
    assert.equal((await ask("GET", "/nothing"))["status"], 404);
    child.kill("SIGTERM");
    const [code] = (await once(child, "exit")) as [number | null];
    assert.equal(code, 0);
  } finally {
    child.kill("SIGKILL");
  }
});
