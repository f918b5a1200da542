// Winston's own PostgreSQL: started, adopted or replaced, and stopped.
import { type ChildProcess, spawn } from "node:child_process";
import {
  closeSync,
  constants,
  existsSync,
  fchownSync,
  fstatSync,
  openSync,
  readFileSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  statfsSync,
} from "node:fs";
import { dirname, join } from "node:path";
import pg from "pg";
import { systemClock } from "../../base/clock.ts";
import { WinstonError } from "../../base/errors.ts";
import type { Log } from "../../base/log.ts";
import { isDiskFull, saysDiskFull } from "../failures.ts";
import { prepareCluster } from "./cluster.ts";
import { linkInto, type Place, removeShort, takePlace } from "./place.ts";
import {
  disownStalePid,
  hasEnded,
  type Postmaster,
  readPostmaster,
  runningPostmaster,
  stopPostmaster,
} from "./postmaster.ts";
import { findPrograms, spawnOptions } from "./programs.ts";

export interface PostgresServer {
  /** How to connect, as pg and pg-boss take it; the database named in it may not exist yet. */
  readonly connection: Readonly<pg.PoolConfig>;
  /** The postmaster's at this moment: one that ends by itself is started again. */
  readonly pid: number;
  /** Why it cannot be reached, while it cannot and that is known: what ended it, or kept it from being started again. */
  readonly trouble: WinstonError | undefined;
  /** Ends all sessions, writes everything out, and gives the folder free. */
  stop(): Promise<void>;
}

const PORT = 5432;

/** How long a server may take to come up, recovery from a crash included. */
const START_MS = 300_000;

/**
 * Runs PostgreSQL on a data folder, which is made where missing. A server that a killed Winston left there is taken over when it
 * is healthy and runs as it would be started now, else stopped and replaced.
 *
 * Throws `store.busy` (another Winston has the folder), `store.newer`, `store.full`, `start.failed` (with the server's own words).
 * `unsafeForTests` gives up durability for speed.
 */
export async function startPostgres(options: {
  dataDir: string;
  log: Log;
  unsafeForTests?: boolean;
}): Promise<PostgresServer> {
  const { log } = options;
  let place: Place | undefined;
  try {
    place = takePlace(options.dataDir);
    const taken = place;
    const programs = findPrograms(place.account);
    await prepareCluster(place, programs, options.unsafeForTests === true);
    const args = serverArguments(place, options.unsafeForTests === true);
    const left = runningPostmaster(place.cluster);
    const adopted =
      left &&
      (await adopt(left, `${realpathSync(programs.postgres)} ${args.map((one) => `"${one}"`).join(" ")}`, place, log));
    const running = adopted ?? (await start(programs.postgres, args, place, log));
    return guarded(running, () => start(programs.postgres, args, taken, log), taken, log);
  } catch (thrown) {
    place?.release();
    if (isDiskFull(thrown)) {
      throw new WinstonError("store.full", `The disk with ${options.dataDir} is full. Make room and start again.`, {
        cause: thrown,
      });
    }
    throw thrown;
  }
}

/** The server, started again whenever it ends without having been told to: killed for its memory, say. */
function guarded(first: Postmaster, startAgain: () => Promise<Postmaster>, place: Place, log: Log): PostgresServer {
  let running = first;
  let trouble: WinstonError | undefined;
  let saidBefore = 0;
  const held = (): void => {
    trouble = undefined;
    saidBefore = readLog(place).length;
  };
  const ending = new AbortController();
  const { signal } = ending;
  const guard = async (): Promise<void> => {
    held();
    while (!signal.aborted) {
      await sessionEnd(running, signal, held);
      if (signal.aborted) return;
      if (saysDiskFull(wordsSince(place, saidBefore))) trouble = fullDisk(place);
      try {
        // It may only have ended its sessions, to recover from the crash of one.
        if (runningPostmaster(place.cluster)) await systemClock.sleep(200, signal);
        else {
          log.error({ pid: running.pid }, "the database server ended by itself; it is started again");
          running = await startAgain();
        }
      } catch (thrown) {
        if (signal.aborted) return;
        if (thrown instanceof WinstonError) trouble = thrown;
        log.error({ error: (thrown as Error).message }, "the database server could not be started again yet");
        await systemClock.sleep(2_000, signal).catch(() => {});
      }
    }
  };
  const guarding = guard();
  const stop = async (): Promise<void> => {
    ending.abort();
    await guarding;
    const now = runningPostmaster(place.cluster);
    if (now) await stopPostmaster(now.pid, log);
    removeShort(place.short);
    place.release();
  };
  let stopped: Promise<void> | undefined;
  return {
    connection: connectionTo(first),
    get pid() {
      return running.pid;
    },
    get trouble() {
      return trouble;
    },
    stop: () => (stopped ??= stop()),
  };
}

/** Holds a session with the server (`held` is called when it has one) and resolves when it ends, or none can be had. Does not keep this process from ending. */
async function sessionEnd(server: Postmaster, signal: AbortSignal, held: () => void): Promise<void> {
  const client = new pg.Client({ ...connectionTo(server), database: "postgres", application_name: "winston guard" });
  client.on("error", () => {});
  const ended = new Promise<void>((done) => client.once("end", done));
  const socket = client as unknown as { ref(): void; unref(): void };
  // Held again while it ends: a process with nothing else to do must not end before its stop has.
  const leave = (): void => {
    socket.ref();
    client.end().catch(() => {});
  };
  try {
    await client.connect();
  } catch {
    return;
  }
  held();
  socket.unref();
  signal.addEventListener("abort", leave, { once: true });
  if (signal.aborted) leave();
  await ended;
  signal.removeEventListener("abort", leave);
}

/** Removes a database and what belongs to it from a data folder, stopping a server that was left on it. Throws `store.busy` while a Winston uses it. */
export async function eraseData(dataDir: string, log: Log): Promise<void> {
  if (!existsSync(dataDir)) return;
  const place = takePlace(dataDir);
  try {
    const left = runningPostmaster(place.cluster);
    if (left) await stopPostmaster(left.pid, log);
    removeShort(place.short);
    // Only what is Winston's: a data folder may have been pointed at a folder with other things in it.
    for (const folder of new Set([dirname(place.cluster), place.folder, place.lockedAt])) {
      for (const name of readdirSync(folder)) {
        if (/^(?:data|unfinished-\w+|postgres\.log(?:\.1)?|lock|holder)$/u.test(name))
          rmSync(join(folder, name), { recursive: true, force: true });
      }
      if (readdirSync(folder).length === 0) rmSync(folder, { recursive: true, force: true });
    }
  } finally {
    place.release();
  }
}

const connectionTo = ({ socketFolder, port }: Postmaster): pg.PoolConfig => ({
  host: socketFolder,
  port,
  user: "winston",
  database: "winston",
  // Said, so that no PGSSLMODE or PGOPTIONS of the surroundings says otherwise.
  ssl: false,
  options: "-c timezone=UTC",
});

function serverArguments(place: Place, unsafeForTests: boolean): string[] {
  const settings = {
    listen_addresses: "",
    port: PORT,
    unix_socket_directories: place.short,
    unix_socket_permissions: "0700",
    cluster_name: "winston",
    max_connections: 60,
    max_locks_per_transaction: 256,
    shared_buffers: "256MB",
    max_wal_size: "2GB",
    checkpoint_timeout: "15min",
    random_page_cost: 1.1,
    jit: "off",
    timezone: "UTC",
    log_timezone: "UTC",
    // The log says what the server met, never what is in the rows.
    log_min_messages: "warning",
    log_min_error_statement: "panic",
    log_error_verbosity: "terse",
    log_checkpoints: "off",
    fsync: "on",
    full_page_writes: "on",
    synchronous_commit: "on",
    // A commit still reaches the operating system, so tests may kill the server; only a power cut is not survived.
    ...(unsafeForTests
      ? {
          fsync: "off",
          full_page_writes: "off",
          // In the data folder, so that killed servers leave nothing in /dev/shm.
          dynamic_shared_memory_type: "mmap",
          shared_buffers: "64MB",
          max_connections: 200,
          max_wal_size: "1GB",
          // What it finds depends on when it comes, and a test's database is gone before it would help.
          autovacuum: "off",
        }
      : {}),
  };
  return [
    "-D",
    join(place.short, "data"),
    ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]),
  ];
}

/** Takes over a server that is there already; stops it and returns undefined where it does not answer or was started otherwise. */
async function adopt(left: Postmaster, command: string, place: Place, log: Log): Promise<Postmaster | undefined> {
  const started = readFileSync(join(place.cluster, "postmaster.opts"), "utf8").trim();
  if (started === command && (await answers(left, place))) {
    log.info({ pid: left.pid }, "took over the database server that was left running");
    return readPostmaster(place.cluster);
  }
  log.info({ pid: left.pid }, "replacing the database server that was left running");
  await stopPostmaster(left.pid, log);
  return undefined;
}

/** Whether the server lets us in, waiting for one that still starts; one that is stopping, or cannot be reached, does not. */
async function answers(left: Postmaster, place: Place): Promise<boolean> {
  const until = systemClock.now() + START_MS;
  while (systemClock.now() < until) {
    const now = readPostmaster(place.cluster);
    if (!now || now.pid !== left.pid || now.status === "stopping" || (await hasEnded(left.pid, 0))) return false;
    if (now.status === "ready") {
      const client = new pg.Client({ ...connectionTo(now), database: "postgres", connectionTimeoutMillis: 5_000 });
      client.on("error", () => {});
      try {
        await client.connect();
        await client.query("select 1");
        return true;
      } catch (thrown) {
        // "Starting up" is asked again: it recovers from a crash of one of its processes.
        if ((thrown as { code?: string }).code !== "57P03") return false;
      } finally {
        await client.end().catch(() => {});
      }
    }
    await systemClock.sleep(20);
  }
  return false;
}

/** Starts the server and waits until it is ready. */
async function start(postgres: string, args: string[], place: Place, log: Log): Promise<Postmaster> {
  linkInto(place.short, "data", place.cluster);
  const orphansUntil = systemClock.now() + 10_000;
  for (;;) {
    disownStalePid(place.cluster);
    for (const name of [`.s.PGSQL.${PORT}`, `.s.PGSQL.${PORT}.lock`]) rmSync(join(place.short, name), { force: true });
    const output = openLog(place);
    const from = fstatSync(output).size;
    const child = spawn(postgres, args, {
      ...spawnOptions(place.account),
      detached: true,
      stdio: ["ignore", output, output],
    });
    closeSync(output);
    const ready = await becomesReady(child, place, log);
    if (ready) return ready;
    const words = wordsSince(place, from);
    // Sessions of a server that was killed end within moments of it.
    if (/pre-existing shared memory block/u.test(words) && systemClock.now() < orphansUntil) {
      await systemClock.sleep(100);
      continue;
    }
    throw startFailure(words, place);
  }
}

async function becomesReady(child: ChildProcess, place: Place, log: Log): Promise<Postmaster | undefined> {
  let ended = false;
  let failed: Error | undefined;
  child.once("exit", () => (ended = true));
  child.once("error", (error) => ((failed = error), (ended = true)));
  const [begun, until] = [systemClock.now(), systemClock.now() + START_MS];
  let told = false;
  while (!ended) {
    const now = readPostmaster(place.cluster);
    if (now?.pid === child.pid && now?.status === "ready") {
      child.unref();
      return now;
    }
    if (systemClock.now() > until) {
      await stopPostmaster(child.pid!, log);
      throw new WinstonError(
        "start.failed",
        `The database did not become ready within ${START_MS / 1000} s; ${logHint(place)}`,
      );
    }
    if (!told && systemClock.now() > begun + 5_000) {
      told = true;
      log.info({ pid: child.pid }, "the database recovers from its last stop; this can take some minutes");
    }
    await systemClock.sleep(4);
  }
  if (failed)
    throw new WinstonError("start.failed", `The database could not be started: ${failed.message}`, { cause: failed });
  return undefined;
}

function startFailure(words: string, place: Place): WinstonError {
  const cause = new Error(words.trim());
  if (saysDiskFull(words) || (words === "" && statfsSync(place.cluster).bavail === 0)) return fullDisk(place, cause);
  const said = /(?:FATAL|PANIC):\s+(.*)/u.exec(words)?.[1] ?? words.trim().split("\n").at(-1) ?? "";
  return new WinstonError(
    "start.failed",
    `The database did not start: ${said || "it said nothing"}; ${logHint(place)}`,
    { cause },
  );
}

const fullDisk = (place: Place, cause?: Error): WinstonError =>
  new WinstonError(
    "store.full",
    `The disk with ${place.folder} is full, so the database cannot run. Make room and start again; nothing was damaged.`,
    { cause },
  );

/** What the server said, from a byte of its log on. */
const wordsSince = (place: Place, from: number): string => readLog(place).subarray(from).toString("utf8");

function readLog({ folder }: Place): Buffer {
  try {
    return readFileSync(join(folder, "postgres.log"));
  } catch {
    return Buffer.alloc(0); // Somebody tidied it away.
  }
}

const logHint = (place: Place): string => `${join(place.folder, "postgres.log")} says more.`;

/** The log of this start, after the last one's unless that grew beyond 1 MB. Never opened through a link. */
function openLog(place: Place): number {
  const file = join(place.folder, "postgres.log");
  if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) > 1_000_000) renameSync(file, `${file}.1`);
  const handle = openSync(
    file,
    constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW,
    0o600,
  );
  const folder = statSync(place.folder);
  if (place.account.other) fchownSync(handle, folder.uid, folder.gid);
  return handle;
}
