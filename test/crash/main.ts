// `npm run crash -- --rounds N [--seed S]`: real processes, killed again and again while people work on three sides; then the count of what is lost.
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { Client } from "../../sdk/src/index.ts";
import { seededRandom } from "../../src/base/random.ts";
import { endAllChildren } from "../support/children.ts";
import { judge, type Verdict } from "./checker.ts";
import { Journal } from "./journal.ts";
import { Killer } from "./kills.ts";
import { Load } from "./load.ts";
import { Processes } from "./processes.ts";
import { readAll } from "./read.ts";
import { percentile, Recovery } from "./recovery.ts";
import { startVendor, STREAMS, type VendorName, type VendorSide } from "./sides.ts";

const USAGE = `Usage: npm run crash -- [--rounds N] [--seed S] [--history FILE]
  --rounds   how often something is killed; 20 when absent
  --seed     which choices are made; 1 when absent
  --history  where each kill is noted, a JSON line each; a temporary file when absent\n`;

const FURNISHED = 60;
const ACKNOWLEDGED_PER_ROUND = 50;
/** A round lasts so long at least and at most, and ends as soon as enough was acknowledged and all is up again. */
const ROUND_MS = { least: 800, more: 1_500, most: 60_000 };
const RECOVERED_WITHIN_MS = 120_000;
/** So long without any change in what is left, and it will not end by itself. */
const STUCK_MS = 120_000;
const SHOWN_MAX = 60;
const LATENCY = { latencyMs: 15, jitterMs: 60 };

interface Options {
  readonly rounds: number;
  readonly seed: number;
  readonly historyFile: string;
  readonly say: (line: string) => void;
}

/** Returns whether everything held. Leaves its folder where it did not. `interrupted` rejects when nobody waits for it any more. */
async function crash(options: Options, interrupted: Promise<never>): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), "winston-crash-"));
  chmodSync(folder, 0o711); // Of root's folders the database, which is another account's, may only pass through.
  const vendors: VendorSide[] = [];
  let processes: Processes | undefined;
  let good = false;
  try {
    for (const name of ["salesforce", "hubspot"] as const)
      vendors.push(await startVendor(name, { logFile: join(folder, `${name}.log`), seed: options.seed }));
    processes = await Processes.start(folder);
    good = await Promise.race([play({ ...options, processes, vendors, folder }), interrupted]);
    return good;
  } finally {
    await processes?.close();
    for (const vendor of vendors) await vendor.stop();
    if (good) rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
    else options.say(`The logs of all processes and the journal stay in ${folder}.`);
  }
}

async function play(
  stage: Options & { processes: Processes; vendors: readonly VendorSide[]; folder: string },
): Promise<boolean> {
  const { processes, vendors, rounds, seed, say } = stage;
  const random = seededRandom(seed);
  const journal = new Journal();
  const client = new Client({ baseUrl: processes.url, token: processes.token, timeoutMs: 30_000 });
  const load = new Load({ journal, vendors, client, seed: seed + 1 });
  await load.furnish(FURNISHED);
  for (const vendor of vendors) await connect(client, vendor);
  for (const vendor of vendors) await quiet(client, vendor.name);
  say(`${journal.things.size} things stood at the vendors, and are in step; now the load begins`);
  for (const vendor of vendors) await vendor.dial("PATCH", "/dials", LATENCY);

  const recovery = new Recovery(processes);
  load.onAcknowledged = (one) => recovery.acknowledged(one);
  const killer = new Killer({ processes, recovery, vendors, random, historyFile: stage.historyFile });
  recovery.begin();
  load.begin();
  const begunAt = performance.now();
  const before = journal.acknowledged;
  for (let round = 1; round <= rounds; round++) {
    const enough = (): boolean => journal.acknowledged - before >= ACKNOWLEDGED_PER_ROUND * round;
    await atWorkUntil(async () => enough() && (await killer.mayStrike()), random.float());
    const { kind, who, attempts } = await killer.strike(round);
    if (rounds <= 30 || round % 10 === 0)
      say(
        `${seconds(performance.now() - begunAt)} round ${round}: ${kind} (${who.join(", ")}) with ${attempts} attempts open; acknowledged ${journal.acknowledged - before}`,
      );
  }
  await killer.calm();
  const unrecovered = await recovered(recovery);
  await load.end();
  await recovery.end();
  const acknowledged = journal.acknowledged - before;
  say(`${seconds(performance.now() - begunAt)} the last kill is over and nobody edits any more`);

  for (const vendor of vendors) await vendor.dial("PATCH", "/dials", { latencyMs: 0, jitterMs: 0 });
  for (let cycles = 0; cycles < 3; cycles++) await cycle(client, vendors);
  await client.parked.retry({});
  await cycle(client, vendors, { full: true });
  const standing = await readAll({ journal, client, vendors });
  writeFileSync(
    join(stage.folder, "journal.json"),
    JSON.stringify({ edits: journal.edits, things: [...journal.things.values()] }),
  );
  const verdict = judge(journal, standing);
  const writes = await idleWrites(client, vendors);
  const left = await leftOpen(client);
  say(`${seconds(performance.now() - begunAt)} compared ${verdict.compared} values of ${journal.things.size} things`);

  report({ verdict, killer, recovery, processes, load, say });
  const violations = [...load.refused, ...unrecovered, ...left, ...verdict.lost, ...verdict.doubled];
  for (const line of violations.slice(0, SHOWN_MAX)) say(`violation: ${line}`);
  if (violations.length > SHOWN_MAX) say(`... and ${violations.length - SHOWN_MAX} more`);
  const aimed = killer.withAttempt * 5 >= rounds;
  if (!aimed) say(`violation: of ${rounds} kills only ${killer.withAttempt} fell while an attempt was open`);
  const lost = violations.length - verdict.doubled.length;
  const p99 = percentile(
    recovery.measuredMs.map((one) => one.ms),
    0.99,
  );
  process.stdout.write(
    `crash: rounds ${rounds} acknowledged ${acknowledged} lost ${lost} doubled ${verdict.doubled.length} writes-when-quiet ${writes} recovery-p99 ${(p99 / 1000).toFixed(1)} s\n`,
  );
  return violations.length === 0 && writes === 0 && aimed;
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1).padStart(6)} s `;

function connect(client: Client, { name, url, secrets }: VendorSide): Promise<unknown> {
  const how = {
    salesforce: { settings: { loginUrl: url, simulator: true }, secrets: { ...secrets } },
    hubspot: { settings: { baseUrl: url, simulator: true }, secrets: { accessToken: secrets["privateToken"]! } },
  } as const satisfies Record<VendorName, object>;
  return client.connections.create({ vendor: name, name, mode: "write", ...how[name] });
}

/** Lets the load work for a while: until enough is acknowledged, and never for ever. */
async function atWorkUntil(enough: () => Promise<boolean>, chance: number): Promise<void> {
  const startedAt = performance.now();
  await sleep(ROUND_MS.least + chance * ROUND_MS.more);
  while (!(await enough()) && performance.now() - startedAt < ROUND_MS.most) await sleep(50);
}

/** Waits until all that was struck works again; what does not, in words. */
async function recovered(recovery: Recovery): Promise<string[]> {
  const until = performance.now() + RECOVERED_WITHIN_MS;
  while (recovery.open.length > 0 && performance.now() < until) await sleep(100);
  return recovery.open.map((one) => `${one} did not go on within ${RECOVERED_WITHIN_MS / 1000} s after the last kill`);
}

async function cycle(client: Client, vendors: readonly VendorSide[], what: { full?: boolean } = {}): Promise<void> {
  // HubSpot's search is late.
  await vendors.find((one) => one.name === "hubspot")!.dial("POST", "/index");
  for (const { name } of vendors)
    for (const stream of STREAMS[name]) await client.connections.sync(name, { stream, ...what });
  for (const { name } of vendors) await quiet(client, name);
}

/** Waits until a connection owes nothing. Throws with what is left when nothing moves any more. */
async function quiet(client: Client, connection: string): Promise<void> {
  let before = "";
  let movedAt = performance.now();
  for (;;) {
    const left = await client.connections.quiet(connection);
    if (left.quiet) return;
    const runs = await client.runs.list({ connection, state: "running" }).toArray({ limit: 50 });
    const state = JSON.stringify([left, runs.map((run) => [run.id, run.counts])]);
    if (state !== before) movedAt = performance.now();
    before = state;
    if (performance.now() - movedAt > STUCK_MS) throw new Error(`The sync does not come to rest. Left: ${state}.`);
    await sleep(100);
  }
}

/** Two cycles and a full comparison with nothing to do. Returns the writing requests that the vendors saw. */
async function idleWrites(client: Client, vendors: readonly VendorSide[]): Promise<number> {
  for (const vendor of vendors) await vendor.dial("DELETE", "/log");
  await cycle(client, vendors);
  await cycle(client, vendors);
  await cycle(client, vendors, { full: true });
  let writes = 0;
  for (const vendor of vendors)
    writes += (await vendor.dial<{ counts: { mutating: number } }>("GET", "/log?mutating=true")).counts.mutating;
  return writes;
}

/** What a quiet Winston should not have: in words. */
async function leftOpen(client: Client): Promise<string[]> {
  const parked = await client.parked.list().toArray({ limit: 1_000 });
  const asked = await client.conflicts.list({ open: true }).toArray({ limit: 1_000 });
  const pairs = await client.duplicates.list({}).toArray({ limit: 1_000 });
  return [
    ...parked.map((one) => `parked: ${one.stream} ${one.side} ${one.subject}: ${one.message}`),
    ...asked.map((one) => `an open conflict that no rule asks for: ${one.stream} ${one.recordId} ${one.field}`),
    ...pairs.map((one) => `asked whether two are one, which nobody made alike: ${JSON.stringify(one)}`),
  ];
}

function report(of: {
  verdict: Verdict;
  killer: Killer;
  recovery: Recovery;
  processes: Processes;
  load: Load;
  say: (line: string) => void;
}): void {
  const { verdict, killer, recovery, processes, load, say } = of;
  const byKind = Map.groupBy(killer.kills, (one) => one.kind);
  say(`kills: ${[...byKind].map(([kind, kills]) => `${kind} ${kills.length}`).join(", ")}`);
  say(`  while an attempt was open: ${killer.withAttempt}`);
  say(`ended by themselves: ${processes.unasked.length}`);
  for (const line of new Set(processes.unasked)) say(`  ${line}`);
  const of99 = (values: readonly number[]): string =>
    [0.5, 0.99, 1].map((share) => `${(percentile(values, share) / 1000).toFixed(1)} s`).join(", ");
  const api = recovery.measuredMs.filter((one) => one.what === "the API").map((one) => one.ms);
  const lanes = recovery.measuredMs.filter((one) => one.what !== "the API").map((one) => one.ms);
  say(`recovery of the API (${api.length}): half within, 99 of 100 within, longest: ${of99(api)}`);
  say(`recovery of lanes (${lanes.length}): ${of99(lanes)}; struck again before that: ${recovery.restruck}`);
  say(`silence of a lane over all kills that struck it: ${of99(recovery.silencesMs)}`);
  say(`longest edit by the API with all its tries: ${seconds(load.longestMs).trim()}`);
  say(`replaced at a vendor before any answer showed it: ${verdict.unseen.length}`);
  for (const line of verdict.unseen.slice(0, 10)) say(`  ${line}`);
}

async function main(): Promise<number> {
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  let options: Options;
  try {
    const { values } = parseArgs({
      options: { rounds: { type: "string" }, seed: { type: "string" }, history: { type: "string" } },
    });
    const [rounds, seed] = [Number(values.rounds ?? 20), Number(values.seed ?? 1)];
    if (!Number.isInteger(rounds) || rounds < 1) throw new Error("--rounds takes a whole number above 0.");
    if (!Number.isInteger(seed)) throw new Error("--seed takes a whole number.");
    const historyFile =
      values.history === undefined
        ? join(mkdtempSync(join(tmpdir(), "winston-crash-history-")), "kills.jsonl")
        : resolve(process.env["INIT_CWD"] ?? process.cwd(), values.history);
    writeFileSync(historyFile, "");
    options = { rounds, seed, historyFile, say };
  } catch (thrown) {
    process.stderr.write(`crash: ${(thrown as Error).message}\n${USAGE}`);
    return 64;
  }
  say(`seed ${options.seed}; each kill is noted in ${options.historyFile}`);
  let stopped = false;
  const { promise: interrupted, reject } = Promise.withResolvers<never>();
  interrupted.catch(() => {});
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, () => {
      stopped = true;
      reject(new Error("Interrupted."));
    });
  try {
    return (await crash(options, interrupted)) ? 0 : 1;
  } catch (thrown) {
    // What was under way ends with this process: everything that it speaks to is gone.
    if (stopped) process.exit(130);
    process.stderr.write(`crash: ${(thrown as Error).stack}\n`);
    return 1;
  } finally {
    await endAllChildren();
  }
}

process.exitCode = await main();
