// Winston as an installation runs it: one server, two workers, its own PostgreSQL; with a supervisor that starts again what ended.
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { silentLog } from "../../src/base/log.ts";
import { eraseDataFolder } from "../../src/cli/data-folder.ts";
import { type Postmaster, runningPostmaster } from "../../src/store/postgres/postmaster.ts";
import { cleanEnvironment, freePort, ROOT, startNode } from "../support/children.ts";

const MAIN = join(ROOT, "src", "main.ts");
const READY_WITHIN_MS = 120_000;
/** A supervisor waits so long before it starts again what ended. */
const RESTART_MS = 100;

export const NAMES = ["server", "worker 1", "worker 2"] as const;
export type Name = (typeof NAMES)[number];

export class Processes {
  readonly #folder: string;
  readonly #port: number;
  readonly #lanes: number | undefined;
  readonly #children = new Map<Name, ChildProcess>();
  readonly #guards: Promise<void>[] = [];
  #closing = false;
  /** Ends that nobody here asked for: each in words. */
  readonly unasked: string[] = [];
  readonly #killed = new Set<ChildProcess>();

  private constructor(folder: string, port: number, lanes: number | undefined) {
    this.#folder = folder;
    this.#port = port;
    this.#lanes = lanes;
  }

  /**
   * Starts all of them on a folder, and resolves when the server is ready. From then on each is started again whenever it ends.
   * `lanes`: so many are worked on at one time by each of the three; without it the server leaves all work to the others.
   */
  static async start(folder: string, { lanes }: { lanes?: number } = {}): Promise<Processes> {
    const processes = new Processes(folder, await freePort(), lanes);
    processes.#guards.push(processes.#supervise("server"));
    await processes.ready();
    for (const name of ["worker 1", "worker 2"] as const) processes.#guards.push(processes.#supervise(name));
    return processes;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get data(): string {
    return join(this.#folder, "data");
  }

  get token(): string {
    return readFileSync(join(this.data, "start.token"), "utf8").trim();
  }

  pid(name: Name): number | undefined {
    return this.#children.get(name)?.pid;
  }

  /** The PostgreSQL that runs now. */
  get postmaster(): Postmaster | undefined {
    const cluster = join(this.data, "pg", "data");
    return existsSync(cluster) ? runningPostmaster(realpathSync(cluster)) : undefined;
  }

  /** How to reach the database, as a worker and an onlooker do. */
  get databaseUrl(): string | undefined {
    const now = this.postmaster;
    return now && `postgresql://winston@localhost:${now.port}/winston?host=${encodeURIComponent(now.socketFolder)}`;
  }

  /** Nothing is flushed, no handler runs. It is started again at once. */
  kill(name: Name): void {
    const child = this.#children.get(name);
    if (!child) return;
    this.#killed.add(child);
    child.kill("SIGKILL");
  }

  signal(name: Name, signal: "SIGSTOP" | "SIGCONT"): void {
    this.#children.get(name)?.kill(signal);
  }

  /** Whether it said of itself, since it was started last, that it works. */
  isUp(name: Name): boolean {
    const pid = this.pid(name);
    const ready = name === "server" ? "Winston is ready" : "the worker is ready";
    return (
      existsSync(this.#logFile(name)) &&
      readFileSync(this.#logFile(name), "utf8")
        .split("\n")
        .some((line) => line.includes(`"pid":${pid},`) && line.includes(ready))
    );
  }

  /** Resolves when the server says that it is ready. */
  async ready(): Promise<void> {
    const deadline = performance.now() + READY_WITHIN_MS;
    for (;;) {
      try {
        if (existsSync(join(this.data, "start.token")) && (await fetch(`${this.url}/readyz`)).ok) return;
      } catch {
        // Not listening yet.
      }
      if (performance.now() > deadline)
        throw new Error(`The server did not become ready within two minutes: ${this.lastWords("server")}`);
      await sleep(50);
    }
  }

  lastWords(name: Name): string {
    return `its log ends: ${readFileSync(this.#logFile(name), "utf8").slice(-2_000)}`;
  }

  /** Stops everything, the database too, and removes the data. */
  async close(): Promise<void> {
    this.#closing = true;
    for (const child of this.#children.values()) {
      child.kill("SIGCONT");
      child.kill("SIGTERM");
    }
    // Whoever does not heed that is ended: a server without its database, say.
    const over = new AbortController();
    const late = sleep(30_000, undefined, { signal: over.signal }).then(
      () => {
        for (const child of this.#children.values()) child.kill("SIGKILL");
      },
      () => {},
    );
    await Promise.all(this.#guards);
    over.abort();
    await late;
    await eraseDataFolder(this.data, silentLog);
  }

  async #supervise(name: Name): Promise<void> {
    while (!this.#closing) {
      const child = this.#spawn(name);
      if (child) {
        this.#children.set(name, child);
        const [code, signal] = (await once(child, "exit")) as [number | null, string | null];
        if (!this.#closing && !this.#killed.delete(child))
          this.unasked.push(`${name} ended by itself (${signal ?? code})`);
      }
      await sleep(RESTART_MS);
    }
  }

  #spawn(name: Name): ChildProcess | undefined {
    const lanes = this.#lanes === undefined ? {} : { WINSTON_WORKERS: String(this.#lanes) };
    const base = { ...cleanEnvironment(), WINSTON_LOG_LEVEL: "info", ...lanes };
    const logFile = this.#logFile(name);
    const args = ["--data", this.data];
    if (name === "server")
      return startNode([MAIN, "start", ...args, "--port", String(this.#port)], {
        logFile,
        env: { WINSTON_WORKERS: "0", ...base },
      });
    const url = this.databaseUrl;
    return url === undefined
      ? undefined
      : startNode([MAIN, "worker", ...args], { logFile, env: { ...base, DATABASE_URL: url } });
  }

  #logFile(name: Name): string {
    return join(this.#folder, `${name.replace(" ", "-")}.log`);
  }
}
