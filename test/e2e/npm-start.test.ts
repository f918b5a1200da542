// `npm start`, as a person has it: the real process on free ports and a folder of its own.
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, realpathSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { systemClock } from "../../src/base/clock.ts";
import { eraseDataFolder } from "../../src/cli/data-folder.ts";
import { silentLog } from "../../src/base/log.ts";
import { isAlive, readPostmaster } from "../../src/store/postgres/postmaster.ts";
import { createHome, NPM } from "../support/started.ts";

/** Spaces, marks of other scripts, and longer than a socket's path may be. */
const { home, data, start, end } = createHome("a folder with spaces", "ünï", "x".repeat(100));
after(end);

const databasePid = (): number | undefined => readPostmaster(realpathSync(join(data, "pg", "data")))?.pid;

async function gone(pid: number): Promise<void> {
  for (let tries = 0; isAlive(pid); tries++) {
    assert.ok(tries < 500, `process ${pid} is still there`);
    await systemClock.sleep(20);
  }
}

test("a first start sets everything up, syncs the story both ways, says what it did and leaves nothing running", async () => {
  const first = start(["dev", "--once", "--port", "0", "--data", data]);
  assert.equal(await first.ended(), 0, first.err());
  const out = first.out();
  assert.match(out, /^API: +http:\/\/127\.0\.0\.1:\d+$/mu);
  assert.match(out, /^Salesforce: +http:\/\/127\.0\.0\.1:\d+ \(pretend: Larkfield Robotics\)$/mu);
  assert.match(out, /^HubSpot: +http:\/\/127\.0\.0\.1:\d+ \(pretend: HubSpot account \d+\)$/mu);
  assert.match(out, /^CONNECTION +STREAM +READ +CREATED +UPDATED .*PARKED +API CALLS$/mu);
  const streams = [...out.matchAll(/^(salesforce|hubspot) +([\w-]+) +\d/gmu)].map((row) => `${row[1]} ${row[2]}`);
  assert.deepEqual(streams, [
    ..."user queue account campaign contact lead opportunity contact-role task event"
      .split(" ")
      .map((one) => `salesforce ${one}`),
    ...["owner", "company", "contact", "deal", "deal-contact"].map((one) => `hubspot ${one}`),
  ]);
  assert.match(out, /^salesforce +lead +[\d,]+ +1,\d{3} /mu);
  assert.match(out, /12 leads made here are in Salesforce and HubSpot too/u);
  assert.match(first.err(), /title of .* changed in Salesforce; in HubSpot \d[\d.]* m?s later/u);
  assert.match(first.err(), /title of .* changed in HubSpot; in Salesforce \d[\d.]* m?s later/u);
  assert.match(out, /^Parked, by cause; [^]*^ .* hubspot contact .*give this person another address[^]*parked list$/mu);
  assert.match(out, /Both sides changed the title of .* won \(newest\)/u);
  assert.match(out, /First record in step .* after the start; all in step/u);
  assert.match(out, /\nNext, in another terminal: .* records list lead\n$/u);
  const token = readFileSync(join(data, "start.token"), "utf8").trim();
  assert.ok(out.includes(token));
  assert.equal(statSync(join(data, "start.token")).mode & 0o777, 0o600);
  assert.equal(databasePid(), undefined);
});

test("a second start continues; beside it commands find the server, others are refused the folder and the port, and Ctrl-C stops all", async () => {
  const second = start(["dev", "--port", "0", "--data", data]);
  await second.seen(/Next, in another terminal/u);
  assert.doesNotMatch(second.err(), /Installing/u);
  const total = /^total +(.*)$/mu.exec(second.out())![1]!.split(/ +/u);
  // HubSpot's search is asked again for the last minutes; nothing of that is new.
  assert.deepEqual(total.slice(1, 3), ["0", "0"], second.out());
  assert.doesNotMatch(second.out(), /SENT/u);
  const pid = databasePid()!;

  const sync = start(["sync", "hubspot", "--json", "--data", data]);
  assert.equal(await sync.ended(), 0, sync.err());
  const synced = JSON.parse(sync.out()) as { schema: string; quiet: boolean; total: { requests: number } };
  assert.equal(synced.schema, "winston.sync/v1");
  assert.ok(synced.quiet && synced.total.requests > 0);

  // A long answer arrives whole, and nothing of the two systems' first meeting was lost or stopped.
  const compared = start(["compare", "--limit", "5000", "--json", "--data", data]);
  assert.equal(await compared.ended(), 0, compared.err());
  const { found } = JSON.parse(compared.out()) as { found: { cause: string; field: string | null }[] };
  assert.ok(compared.out().length > 500_000);
  assert.deepEqual(
    found.filter(({ cause }) => cause.startsWith("missed") || cause === "write.forgotten"),
    [],
  );
  const brakes = start(["brake", "list", "--json", "--data", data]);
  assert.equal(await brakes.ended(), 0, brakes.err());
  assert.deepEqual((JSON.parse(brakes.out()) as { data: unknown[] }).data, []);

  const busy = start(["dev", "--once", "--port", "0", "--data", data]);
  assert.equal(await busy.ended(), 1);
  assert.match(busy.err(), /winston: Another Winston \(process \d+\) is using the data/u);
  const fresh = start(["dev", "--once", "--fresh", "--data", data]);
  assert.equal(await fresh.ended(), 1);
  assert.match(fresh.err(), /winston: Another Winston/u);

  const port = await second.seen(/server ready: http:\/\/127\.0\.0\.1:(\d+)/u);
  const other = join(home, "other");
  const taken = start(["dev", "--once", "--port", port, "--data", other]);
  assert.equal(await taken.ended(), 1);
  assert.match(
    taken.err(),
    new RegExp(`winston: Port ${port} on 127.0.0.1 is taken by another program[^]*--port`, "u"),
  );
  assert.equal(readPostmaster(realpathSync(join(other, "pg", "data"))), undefined);
  await eraseDataFolder(other, silentLog);

  assert.ok(isAlive(pid), "refusing the others did not stop it");
  second.child.kill("SIGINT");
  assert.equal(await second.ended(), 130, second.err());
  assert.match(second.err(), /Stopping/u);
  await gone(pid);
});

test("when the process that started it is killed, Winston stops by itself and leaves no database running", async () => {
  const started = start(["dev", "--port", "0", "--data", data]);
  await started.seen(/server ready/u);
  const pid = databasePid()!;
  started.child.kill("SIGKILL");
  await started.ended();
  await gone(pid);
});

test("--fresh removes what Winston made and nothing else, and refuses a folder that is not Winston's", async () => {
  writeFileSync(join(data, "notes.txt"), "mine");
  const before = readFileSync(join(data, "master.key"), "utf8");
  const fresh = start(["start", "--check", "--data", data]);
  assert.equal(await fresh.ended(), 0, fresh.err());
  const begun = start(["dev", "--once", "--fresh", "--no-story", "--port", "0", "--data", data]);
  assert.equal(await begun.ended(), 0, begun.err());
  assert.match(begun.err(), /with 0 leads/u);
  assert.match(begun.err(), /with 0 contacts, 0 companies/u);
  assert.equal(readFileSync(join(data, "notes.txt"), "utf8"), "mine");
  assert.notEqual(readFileSync(join(data, "master.key"), "utf8"), before);

  const foreign = join(home, "foreign");
  mkdirSync(foreign);
  writeFileSync(join(foreign, "precious.txt"), "mine");
  const refused = start(["dev", "--once", "--fresh", "--data", foreign]);
  assert.equal(await refused.ended(), 1);
  assert.match(
    refused.err(),
    /winston: .* holds no data of Winston \(there is precious\.txt\), so nothing was removed/u,
  );
  assert.ok(existsSync(join(foreign, "precious.txt")));
});

test("through npm, exit codes pass", async () => {
  const usage = start(["run", "winston", "--", "runs", "shwo"], NPM);
  assert.equal(await usage.ended(), 64, usage.err());
  assert.match(usage.err(), /Did you mean show/u);
});

test("through npm, Ctrl-C on a terminal stops everything, and so does telling npm alone to end", async () => {
  const interrupted = start(["start", "--", "--port", "0", "--data", data], NPM);
  await interrupted.seen(/server ready/u);
  const first = databasePid()!;
  process.kill(-interrupted.child.pid!, "SIGINT");
  assert.equal(await interrupted.ended(), 130, interrupted.err());
  await gone(first);

  const ended = start(["start", "--", "--port", "0", "--data", data], NPM);
  await ended.seen(/server ready/u);
  const second = databasePid()!;
  ended.child.kill("SIGTERM");
  await ended.ended();
  await gone(second);
});
