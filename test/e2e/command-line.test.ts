// The command line against a Winston that runs, command by command: what is written where, and what the process would exit with.
import assert from "node:assert/strict";
import { realpathSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { systemClock } from "../../src/base/clock.ts";
import { silentLog } from "../../src/base/log.ts";
import { eraseDataFolder } from "../../src/cli/data-folder.ts";
import { exitOf, type Ran, runCommand, type Started, startCommand } from "../../src/cli/test-shell.ts";
import { readPostmaster } from "../../src/store/postgres/postmaster.ts";
import { createTestFolder } from "../support/folder.ts";

const folder = createTestFolder();
const data = join(folder.path, "data");
const env = { WINSTON_DATA_DIR: data };
const running: Started[] = [];
let simulator = "";

const run = (argv: readonly string[], more: { terminal?: number; stdin?: string } = {}): Promise<Ran> =>
  runCommand(argv, { env, clock: systemClock, ...more });
const json = (ran: Ran): Record<string, unknown> => JSON.parse(ran.out) as Record<string, unknown>;
/** Turns the pretend Salesforce by its own commands. */
const sandbox = async (...argv: readonly string[]): Promise<Ran> => {
  const ran = await run(["sandbox", ...argv, "--url", simulator]);
  assert.equal(exitOf(ran), 0, String(ran.thrown));
  return ran;
};
function start(argv: readonly string[], more: Record<string, string> = {}): Started {
  const started = startCommand(argv, { env: { ...env, ...more }, clock: systemClock });
  running.push(started);
  return started;
}

// A server that does not work, so that what is done here the worker beside it did.
before(async () => {
  const server = start(["start", "--port", "0"], { WINSTON_WORKERS: "0" });
  await server.seen(/is ready at http/u);
  const pretend = start(["sandbox"]);
  simulator = await pretend.seen(/^url\t(\S+)$/mu);
});

after(async () => {
  for (const one of running.toReversed()) await one.stop();
  await eraseDataFolder(data, silentLog);
  folder[Symbol.dispose]();
});

test("connecting a pretend vendor says what was seen, in every form; a wrong one is refused with the right exit code", async () => {
  const connected = await run(["connect", "salesforce", "--simulator", simulator, "--json"]);
  assert.equal(exitOf(connected), 0, String(connected.thrown));
  assert.equal(json(connected)["schema"], "winston.connection/v1");
  assert.match(connected.err, /ok {2}the account says it is Larkfield Robotics/u);
  for (const [argv, exit, said] of [
    [["connect", "salesfroce", "--simulator", simulator], 64, /There is no connector "salesfroce"/u],
    [["connect", "salesforce", "--mode", "reed"], 64, /There is no mode "reed"; there are observe, plan and write/u],
    [["connect", "salesforce", "--setting", "x=1"], 64, /--setting x=1: give key=value/u],
    [
      ["connect", "salesforce", "--simulator", "http://127.0.0.1:9"],
      64,
      /No simulator answers at http:\/\/127\.0\.0\.1:9/u,
    ],
    [["connect", "hubspot", "--simulator", simulator], 64, /plays another vendor than HubSpot/u],
  ] as const) {
    const ran = await run(argv);
    assert.equal(exitOf(ran), exit, argv.join(" "));
    assert.match(String(ran.thrown), said);
  }
});

test("a worker beside a server does all of its work, and is refused where both have no database in common", async () => {
  const alone = await run(["worker"]);
  assert.equal(exitOf(alone), 64);
  assert.match(String(alone.thrown), /A worker beside a server needs a database both can reach/u);
  const { socketFolder, port } = readPostmaster(realpathSync(join(data, "pg", "data")))!;
  const url = `postgresql://winston@localhost:${port}/winston?host=${encodeURIComponent(socketFolder)}`;
  const worker = start(["worker"], { DATABASE_URL: url });
  await worker.seen(/Worker ready, 4 lanes at a time/u);
  const watched = await run(["runs", "watch"]);
  assert.equal(exitOf(watched), 0, String(watched.thrown));
  assert.equal(exitOf(await run(["sync", "salesforce"])), 0);
  const connection = json(await run(["connections", "show", "salesforce", "--json"]));
  const lead = (connection["streams"] as { key: string; counts: { linked: number } }[]).find(
    (one) => one.key === "lead",
  );
  assert.ok(lead!.counts.linked > 1_500, `${lead!.counts.linked} leads`);
});

test("a person who connects sees the first load, and the next sync does not come too late for it", async () => {
  const ran = await run(["connect", "salesforce", "--simulator", simulator, "--name", "second"], { terminal: 120 });
  // What is there already in Winston is the same again: the two accounts are one.
  assert.equal(exitOf(ran), 6, ran.out);
  const removed = await run(["connections", "remove", "salesforce", "--yes", "--allow-delete"]);
  assert.equal(exitOf(removed), 0, String(removed.thrown));
  const first = await run(["connect", "salesforce", "--simulator", simulator], { terminal: 120 });
  assert.equal(first.thrown, undefined);
  assert.match(first.out, /^lead +[1-9],\d{3} /mu);
  assert.match(first.err, /The first load began/u);
  assert.match(first.out, /\nNext: winston \w+ list\n$/u);
  await sandbox("dials", "latencyMs=300");
  assert.equal(exitOf(await run(["sync", "salesforce", "--full", "--stream", "lead", "--no-wait"])), 0);
  await seenRunning();
  const joined = json(await run(["sync", "salesforce", "--stream", "lead", "--json"]));
  await sandbox("dials", "latencyMs=0");
  const [lead] = (joined["streams"] as { stream: string; read: number }[]).filter((one) => one.stream === "lead");
  assert.ok(lead!.read > 1_500, JSON.stringify(joined));
});

test("a run that fails is told with its reason in a pipe and in JSON", async () => {
  await sandbox("fault", "html", "--path", "query", "--times", "3");
  const ran = await run(["sync", "salesforce", "--stream", "lead", "--full"]);
  assert.equal(exitOf(ran), 1);
  assert.match(ran.err, /^winston: salesforce lead failed: .*the answer is a web page, not data/mu);
  assert.match(ran.out, /^lead\t0\t/u);
  await sandbox("fault", "--clear");
  await sandbox("fault", "html", "--path", "query", "--times", "3");
  const document = json(await run(["sync", "salesforce", "--stream", "lead", "--full", "--json"]));
  await sandbox("fault", "--clear");
  assert.equal(document["failed"], true);
  const [failure] = document["failures"] as { code: string; message: string; run: string }[];
  assert.equal(failure!.code, "vendor.bad_answer");
  assert.match(failure!.message, /web page/u);
  const shown = await run(["runs", "show", failure!.run]);
  assert.match(shown.out, /^state\tfailed$/mu);
  assert.equal(exitOf(await run(["sync", "salesforce", "--stream", "lead", "--full"])), 0);
});

// Before anything that raises an alert: one stays for minutes after its cause is gone.
test("a machine that is well is told so, line by line, and exits 0", async () => {
  const ran = await run(["doctor"]);
  assert.equal(exitOf(ran), 0, ran.out);
  for (const check of [
    "settings",
    "node",
    "data folder",
    "disk",
    "master key",
    "port",
    "database",
    "connection salesforce",
  ])
    assert.match(ran.out, new RegExp(`^ok\\t${check}\\t`, "mu"));
  assert.match(ran.out, /^ok\tconnection salesforce\t.*\d+ streams, none failing\t$/mu);
  const people = await run(["doctor"], { terminal: 100 });
  assert.match(people.out, /\nNext: winston connections\n$/u);
  const nowhere = await runCommand(["doctor"], { env: { WINSTON_PORT: "http" }, cwd: folder.path });
  assert.equal(exitOf(nowhere), 1);
  assert.match(nowhere.out, /^!!\tsettings\t.*WINSTON_PORT/mu);
});

test("a spent day exits 5 and says so, the doctor too; raised, the next sync goes on at once", async () => {
  await sandbox("dials", "dailyCap=10");
  const lead = JSON.stringify({ lastName: "Waits", company: "Patience" });
  assert.equal(exitOf(await run(["api", "POST", "/api/leads", "--body", lead])), 0);
  const ran = await run(["sync", "salesforce"]);
  assert.equal(exitOf(ran), 5);
  assert.match(ran.err, /^winston: not all is done: 0 wakes and 1 write wait\.$/mu);
  assert.match(ran.err, /^winston: salesforce .* failed: .*(?:allowance is used up|daily allowance is spent)/mu);
  assert.doesNotMatch(ran.err, /asked for a pause/u);
  const doctor = await run(["doctor"]);
  assert.equal(exitOf(doctor), 1);
  assert.match(doctor.out, /^!!\tconnection salesforce\t\d+ of \d+ streams failing \(.*allowance is/mu);
  const failing = [...doctor.out.matchAll(/(\d+) of (\d+) streams failing/gu)];
  assert.equal(
    failing.reduce((sum, one) => sum + Number(one[1]), 0),
    Number(failing[0]![2]),
    doctor.out,
  );
  await sandbox("dials", "dailyCap=100000");
  const again = await run(["sync", "salesforce"]);
  assert.equal(exitOf(again), 0, again.err);
  assert.match(again.out, /^lead\t(?:\d+\t){5}1\t/mu, "what waited is written");
});

test("parked records are listed whole, told by cause, counted before they are tried again, and a sync that parks exits 3", async () => {
  const ids = (await sandbox("data", "Lead", "--limit", "2")).out
    .trim()
    .split("\n")
    .map((row) => row.split("\t")[0]!);
  // No database keeps a NUL.
  for (const id of ids) await sandbox("data", "Lead", id, "--set", `Title="Cook\\u0000 ${id}"`);
  const ran = await run(["sync", "salesforce", "--json"]);
  assert.equal(exitOf(ran), 3, ran.err);
  const parked = json(ran)["parked"] as { count: number; reason: string; message: string; example: string }[];
  assert.deepEqual(
    parked.map((one) => one.count),
    [2],
    ran.out + ran.err,
  );
  const rows = (await run(["parked", "list"])).out
    .trim()
    .split("\n")
    .map((row) => row.split("\t"));
  assert.equal(rows.length, 2);
  const example = rows.find((row) => row[2] === parked[0]!.example)!;
  assert.equal(example[5], parked[0]!.message, "the words are those about the example");
  for (const width of [80, 120]) {
    const people = (await run(["parked", "list"], { terminal: width })).out;
    for (const row of rows) assert.ok(people.includes(row[2]!), people);
  }
  assert.match((await run(["parked", "retry", "--dry-run"])).out, /try 2 parked records again/u);
  const retried = await run(["parked", "retry", rows[0]![2]!, "--json"]);
  assert.equal(json(retried)["retried"], 1);
});

test("watching is told as a sync is: rows for pipes, one line each as --ndjson, one document as --json", async () => {
  await sandbox("dials", "latencyMs=150");
  try {
    for (const [flag, check] of [
      [[], (out: string) => assert.match(out, /^lead\t\d+\t\d+\t/mu)],
      [["--plain"], (out: string) => assert.doesNotMatch(out, /READ|,/u)],
      [
        ["--ndjson"],
        (out: string) =>
          assert.equal((JSON.parse(out.split("\n")[0]!) as { schema: string }).schema, "winston.streamSummary/v1"),
      ],
      [["--json"], (out: string) => assert.ok(Array.isArray((JSON.parse(out) as { runs: unknown[] }).runs))],
    ] as const) {
      assert.equal(exitOf(await run(["sync", "salesforce", "--stream", "lead", "--no-wait"])), 0);
      await seenRunning();
      const ran = await run(["runs", "watch", ...flag]);
      check(ran.out);
      assert.equal(ran.thrown, undefined);
    }
  } finally {
    await sandbox("dials", "latencyMs=0");
  }
});

test("a pause holds what is owed, and resuming shows it as a plan before it goes; a rollout lets go a part", async () => {
  const leads = async (name: string): Promise<number> =>
    (await sandbox("data", "Lead", "--limit", "5000")).out.split("\n").filter((row) => row.includes(name)).length;
  const make = async (lastName: string): Promise<void> => {
    const body = JSON.stringify({ lastName, company: "Patience" });
    assert.equal(exitOf(await run(["api", "POST", "/api/leads", "--body", body])), 0);
  };
  const synced = async (): Promise<void> => {
    const ran = await run(["sync", "salesforce"]);
    // Two records of an earlier test are parked.
    assert.ok([0, 3].includes(exitOf(ran)), ran.err);
  };
  assert.match((await run(["pause", "salesforce"])).out, /^salesforce\tpaused$/mu);
  await make("Pausewell");
  await synced();
  assert.equal(await leads("Pausewell"), 0);
  const asked = await run(["resume", "salesforce"]);
  assert.equal(exitOf(asked), 6, asked.err);
  assert.match(
    String(asked.thrown),
    /let writing go on at salesforce, which writes 1 record\. Nothing was changed: say --yes/u,
  );
  const resumed = await run(["resume", "salesforce", "--yes", "--json"]);
  assert.equal(exitOf(resumed), 0, String(resumed.thrown));
  const { schema, plan } = json(resumed) as { schema: string; plan: { totals: { op: string; count: number }[] } };
  assert.equal(schema, "winston.resumed/v1");
  assert.deepEqual(
    plan.totals.filter((one) => one.op === "create").map((one) => one.count),
    [1],
  );
  await synced();
  assert.equal(await leads("Pausewell"), 1);
  assert.match((await run(["resume"])).out, /^$/u);

  const none = await run(["connections", "rollout", "salesforce", "--percent", "0"]);
  assert.match(none.out, /^salesforce\tnothing$/mu);
  await make("Rollwell");
  await synced();
  assert.equal(await leads("Rollwell"), 0);
  assert.match((await run(["connections", "rollout", "salesforce", "--all"])).out, /^salesforce\tall things$/mu);
  await synced();
  assert.equal(await leads("Rollwell"), 1);
});

test("why is told in a pipe row by row; what why and undo do not know is refused with the option that says it", async () => {
  const saved = await run([
    "api",
    "POST",
    "/api/leads",
    "--body",
    JSON.stringify({ lastName: "Whywell", company: "Reasons" }),
  ]);
  assert.equal(exitOf(saved), 0, String(saved.thrown));
  const { id } = json(saved) as { id: string };

  const told = await run(["why", "lead", id, "lastName"]);
  assert.equal(exitOf(told), 0, String(told.thrown));
  assert.match(told.out, /^lastName\tWhywell\t\d{4}-\S+Z\tkey:\S+\t/mu);

  for (const [argv, exit, words] of [
    [["why", "lead", id, "lastName", "--as-of", "yesterday"], 64, /--as-of/u],
    // A field that there is, and that this thing never had, is no mistake of writing: what it has is told.
    [["why", "lead", id, "lastNaem"], 1, /never had a value of lastNaem\. It has company, lastName/u],
    [["undo", "--record", id, "--field", "lastNaem"], 64, /lastNaem.*lastName/su],
    [["undo", "--since", "yesterday"], 64, /--since/u],
  ] as const) {
    const ran = await run(argv);
    assert.equal(exitOf(ran), exit, `${argv.join(" ")}: ${String(ran.thrown)}`);
    assert.match(String(ran.thrown), words);
  }
});

test("refused credentials exit 4, in the sync that meets them and in the next", async () => {
  for (const control of ["tokens/revoke", "sessions/expire"])
    assert.ok((await fetch(`${simulator}/__winston/${control}`, { method: "POST", body: "{}" })).ok);
  const ran = await run(["sync", "salesforce"]);
  assert.equal(exitOf(ran), 4, ran.err);
  assert.match(
    ran.err,
    /^winston: salesforce .* failed: Connection "salesforce": Salesforce refuses the refresh token/mu,
  );
  assert.equal(exitOf(await run(["sync", "salesforce"])), 4);
  const doctor = await run(["doctor"]);
  assert.match(
    doctor.out,
    /^!!\tconnection salesforce\t.*refuses the refresh token .*\tConnect it again: winston connect salesforce/mu,
  );
});

test("the sandbox shows and turns what it has, and refuses what it does not know", async () => {
  assert.match((await sandbox("log", "--limit", "2")).out, /^\S+ \S+\t(?:GET|POST)\t\//u);
  assert.match((await sandbox("data", "Lead", "--limit", "1")).out, /^00Q/u);
  const rows = (await sandbox("data", "Lead", "--limit", "1")).out.split("\t");
  assert.match((await sandbox("data", "Lead", rows[0]!, "--set", "Title=Cook")).out, /^Title\tCook$/mu);
  for (const [argv, said] of [
    [["dials", "dailyCup=1"], /The simulator refuses: /u],
    [["fault", "explode"], /The simulator refuses: /u],
    [["fault"], /Name a kind of fault/u],
    [["data", "Lead", "00Qnone"], /The simulator refuses: /u],
  ] as const) {
    const ran = await run(["sandbox", ...argv, "--url", simulator]);
    assert.equal(exitOf(ran), 64, argv.join(" "));
    assert.match(String(ran.thrown), said);
  }
  assert.equal(exitOf(await run(["sandbox", "dials", "--url", "http://127.0.0.1:9"])), 64);
});

/** Until a run goes on: the worker has heard of the wake. */
async function seenRunning(): Promise<void> {
  for (let tries = 0; tries < 400; tries++) {
    const { data: runs } = json(await run(["runs", "list", "--state", "running", "--json"])) as { data: unknown[] };
    if (runs.length > 0) return;
    await systemClock.sleep(5);
  }
  assert.fail("no run began");
}
