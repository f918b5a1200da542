// Through real sockets and files: what faults do to a connection, what a state file keeps, the simulator as a process.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, test } from "node:test";
import { VirtualClock } from "../../base/clock.ts";
import type { WinstonError } from "../../base/errors.ts";
import { seededRandom } from "../../base/random.ts";
import { startHubspot, type HubspotOptions, type HubspotSimulator } from "./index.ts";
import { runSimulator } from "../shared/process.ts";
import { hubspot } from "./simulator.ts";

const folder = mkdtempSync(join(tmpdir(), "simulator-"));
after(() => rmSync(folder, { recursive: true, force: true }));

async function start(options: Partial<HubspotOptions> = {}): Promise<HubspotSimulator & AsyncDisposable> {
  const sim = await startHubspot({ clock: new VirtualClock(), random: seededRandom(3), ...options });
  return { ...sim, [Symbol.asyncDispose]: () => sim.close() };
}

const send = (sim: HubspotSimulator, method: string, path: string, body?: object, token?: string): Promise<Response> =>
  fetch(sim.url + path, {
    method,
    headers: { authorization: `Bearer ${token ?? sim.credentials.privateToken}`, "content-type": "application/json" },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });

const CONTACTS = "/crm/v3/objects/contacts";
const NEW = { properties: { lastname: "Vale" } };
const match = { method: "POST", path: CONTACTS };

test("reset-before cuts the connection and nothing is done; reset-after and truncate cut it and everything is", async () => {
  await using sim = await start();
  const count = (): number => sim.data.list("contacts").length;
  sim.dials.failNext({ kind: "reset-before", match });
  await assert.rejects(send(sim, "POST", CONTACTS, NEW));
  assert.equal(count(), 0);
  sim.dials.failNext({ kind: "reset-after", match });
  await assert.rejects(send(sim, "POST", CONTACTS, NEW));
  sim.dials.failNext({ kind: "truncate", match });
  await assert.rejects(send(sim, "POST", CONTACTS, NEW).then((answer) => answer.text()));
  assert.equal(count(), 2);
  assert.deepEqual(
    sim.log.entries.map((one) => [one.fault, one.status, one.mutating]),
    [
      ["reset-before", 0, false],
      ["reset-after", 0, true],
      ["truncate", 201, true],
    ],
  );
});

test("errors come as a status, a web page, an error or nothing inside a 200, and by chance", async () => {
  await using sim = await start();
  const ask = () => send(sim, "GET", CONTACTS);
  sim.dials.failNext({ kind: "status", status: 423 });
  const locked = await ask();
  assert.deepEqual([locked.status, ((await locked.json()) as { status: string }).status], [423, "error"]);
  sim.dials.failNext({ kind: "html" });
  assert.match(await (await ask()).text(), /^<html>/u);
  sim.dials.failNext({ kind: "error-in-200" });
  assert.equal(((await (await ask()).json()) as { status: string }).status, "error");
  sim.dials.failNext({ kind: "empty-json" });
  assert.deepEqual(await (await ask()).json(), {});
  sim.dials.set({ rate503: 1 });
  assert.equal((await ask()).status, 503);
});

test("a state file keeps records, associations, definitions, merges and tokens over a stop, a crash and a torn line", async () => {
  const stateFile = join(folder, "portal.jsonl");
  const clock = new VirtualClock();
  const first = await start({ stateFile, story: "larkfield", clock });
  const ids = first.data.list("contacts").map((one) => one.id);
  const property = { name: "key", label: "Key", type: "string", fieldType: "text", groupName: "contactinformation" };
  await send(first, "POST", "/crm/v3/properties/contacts", { ...property, hasUniqueValue: true });
  const made = (await (await send(first, "POST", CONTACTS, { properties: { lastname: "K", key: "k" } })).json()) as {
    id: string;
  };
  const company = first.data.list("companies")[0]!.id;
  await send(first, "PUT", `/crm/v4/objects/contacts/${made.id}/associations/default/companies/${company}`);
  const merge = { primaryObjectId: ids[0], objectIdToMerge: ids[1] };
  const merged = (await (await send(first, "POST", `${CONTACTS}/merge`, merge)).json()) as { id: string };
  await send(first, "DELETE", `${CONTACTS}/${ids[2]}`);
  await send(first, "POST", `${CONTACTS}/gdpr-delete`, { objectId: ids[3] });
  // No close: what a killed process leaves behind, with half a line at the end.
  appendFileSync(stateFile, '["record","contacts","15');
  await using second = await start({ stateFile, clock });
  assert.deepEqual(second.data.counts(), first.data.counts());
  assert.deepEqual(second.data.list("contacts"), first.data.list("contacts"));
  assert.deepEqual(second.data.list("deals"), first.data.list("deals"));
  assert.deepEqual(second.data.associations("contacts", made.id, "companies"), [{ id: company, labels: ["Primary"] }]);
  assert.equal(second.data.survivorOf("contacts", ids[1]!), merged.id);
  assert.equal(second.data.get("contacts", ids[3]!), undefined);
  assert.equal(second.data.owners().length, 8);
  const search = { filterGroups: [{ filters: [{ propertyName: "key", operator: "EQ", value: "k" }] }] };
  clock.advance(5_000);
  const found = (await (await send(second, "POST", `${CONTACTS}/search`, search)).json()) as { total: number };
  assert.equal(found.total, 1);
  const next = (await (await send(second, "POST", CONTACTS, NEW)).json()) as { id: string };
  assert.ok(Number(next.id) > Number(merged.id));
  const before = second.data.list("contacts");
  await second.close();
  await using third = await start({ stateFile, clock });
  assert.deepEqual(third.data.list("contacts"), before);
  await first.close();
});

test("a taken port and an unusable state file are one clear sentence", async () => {
  await using sim = await start();
  const port = Number(new URL(sim.url).port);
  await assert.rejects(start({ port }), (error: WinstonError) => {
    assert.match(error.message, new RegExp(`HubSpot simulator cannot listen: port ${port} is taken`, "u"));
    return error.code === "start.failed";
  });
  await assert.rejects(start({ stateFile: join(folder, "no\0pe") }), { code: "start.failed" });
  await assert.rejects(runSimulator(hubspot, ["--port", "many"]), { code: "usage.wrong" });
  await assert.rejects(
    runSimulator(hubspot, ["--story", "none"]),
    /There is no story none; there are: larkfield, empty/u,
  );
});

test("as a process of its own it prints where it is, can be steered over HTTP, and stops on SIGTERM", async () => {
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, "main.ts"), "--story", "empty", "--clock", "2026-03-01T00:00:00Z"],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  try {
    const [line] = (await once(createInterface(child.stdout), "line")) as [string];
    const { url, privateToken } = JSON.parse(line) as { url: string; privateToken: string };
    const ask = async (method: string, path: string, body?: object): Promise<Record<string, unknown>> => {
      const answer = await fetch(`${url}/__winston${path}`, {
        method,
        ...(body ? { body: JSON.stringify(body) } : {}),
      });
      return { status: answer.status, ...((await answer.json()) as object) };
    };
    const row = async (object: string, values: object): Promise<unknown> =>
      (await ask("POST", `/rows/${object}`, { values }))["id"];
    assert.equal((await ask("PATCH", "/dials", { searchLagMs: 250 }))["searchLagMs"], 250);
    assert.match(String((await ask("PATCH", "/dials", { nope: 1 }))["error"]), /There is no dial nope/u);
    assert.match(String((await ask("PATCH", "/dials", { searchWall: "far" }))["error"]), /takes a number/u);
    const [a, b] = [await row("contacts", { lastname: "A" }), await row("contacts", { lastname: "B" })];
    assert.match(String((await ask("POST", "/rows/contacts", { values: { nope: "x" } }))["error"]), /does not exist/u);
    const company = await row("companies", { name: "C" });
    await ask("POST", "/associate", { object: "contacts", id: a, other: "companies", otherId: company });
    const { id } = await ask("POST", "/merge", { object: "contacts", primaryId: a, otherId: b });
    assert.equal((await ask("GET", `/rows/contacts/${String(id)}`))["associatedcompanyid"], company);
    await ask("PATCH", `/rows/contacts/${String(id)}`, { values: { city: "Kiel" } });
    await ask("DELETE", `/rows/contacts/${String(id)}`);
    assert.equal((await ask("GET", "/counts"))["contacts"], 0);
    await ask("POST", `/rows/contacts/${String(id)}/restore`);
    assert.equal((await ask("GET", "/counts"))["contacts"], 1);
    const owner = await ask("POST", "/owners", { firstName: "O", lastName: "W", email: "ow@example.com" });
    await ask("POST", `/owners/${String(owner["id"])}/deactivate`);
    await ask("POST", "/index");
    const found = await fetch(`${url}${CONTACTS}/search`, {
      method: "POST",
      headers: { authorization: `Bearer ${privateToken}` },
      body: "{}",
    });
    assert.equal(((await found.json()) as { total: number }).total, 1);
    assert.equal((await ask("POST", "/clock", { advanceMs: 1_000 }))["now"], Date.UTC(2026, 2, 1, 0, 0, 1));
    assert.equal(((await ask("GET", "/log"))["counts"] as { requests: number }).requests, 1);
    assert.equal((await ask("GET", "/nothing"))["status"], 404);
    child.kill("SIGTERM");
    const [code] = (await once(child, "exit")) as [number | null];
    assert.equal(code, 0);
  } finally {
    child.kill("SIGKILL");
  }
});
