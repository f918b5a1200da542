// The real server: `winston start` as a child on a free port and a data folder of its own, killed and started again at will.
import { type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Client, type Run } from "../../sdk/src/index.ts";
import { endChild, freePort, ROOT, startNode } from "../support/children.ts";

const MAIN = join(ROOT, "src", "main.ts");
const STARTED_WITHIN_MS = 60_000;
/** So long without any change in what is left, and it will not end by itself. */
const STUCK_MS = 120_000;

export class Server {
  readonly #data: string;
  readonly #logFile: string;
  readonly #port: number;
  #child: ChildProcess | undefined;
  #client: Client | undefined;

  private constructor(data: string, logFile: string, port: number) {
    this.#data = data;
    this.#logFile = logFile;
    this.#port = port;
  }

  /** Starts a server on this data folder. The port stays the same over restarts. */
  static async start(options: { data: string; logFile: string }): Promise<Server> {
    const server = new Server(options.data, options.logFile, await freePort());
    await server.start();
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get tokenFile(): string {
    return join(this.#data, "start.token");
  }

  get client(): Client {
    return this.#client!;
  }

  /** Starts it (again), and waits until it is ready. Throws when it ends instead. */
  async start(): Promise<void> {
    const child = startNode([MAIN, "start", "--data", this.#data, "--port", String(this.#port)], {
      logFile: this.#logFile,
    });
    this.#child = child;
    const deadline = performance.now() + STARTED_WITHIN_MS;
    while (!(existsSync(this.tokenFile) && (await this.#ready()))) {
      if (child.exitCode !== null) throw new Error(`The server ended with ${child.exitCode}: ${this.#lastWords()}`);
      if (performance.now() > deadline)
        throw new Error(`The server did not become ready within a minute: ${this.#lastWords()}`);
      await sleep(50);
    }
    this.#client = new Client({
      baseUrl: this.url,
      token: readFileSync(this.tokenFile, "utf8").trim(),
      timeoutMs: 60_000,
    });
  }

  async #ready(): Promise<boolean> {
    try {
      return (await fetch(`${this.url}/readyz`)).ok;
    } catch {
      return false;
    }
  }

  /** No signal handler runs, nothing is flushed, no connection is closed. */
  kill(): Promise<void> {
    return endChild(this.#child!, "SIGKILL");
  }

  stop(): Promise<void> {
    return endChild(this.#child!, "SIGTERM");
  }

  /** One command line against this server. Returns what it printed. Throws when it fails. */
  async command(args: readonly string[]): Promise<string> {
    const child = startNode([MAIN, ...args, "--api", this.url, "--token-file", this.tokenFile], {
      logFile: this.#logFile,
      stdout: "pipe",
    });
    let printed = "";
    child.stdout!.setEncoding("utf8").on("data", (text: string) => (printed += text));
    const [code] = (await once(child, "close")) as [number | null];
    if (code !== 0)
      throw new Error(`winston ${args.join(" ")} ended with ${code}: ${printed.slice(-2_000)} ${this.#lastWords()}`);
    return printed;
  }

  /** Waits until a connection owes nothing. Throws with what is left when nothing moves any more. */
  async quiet(connection: string): Promise<void> {
    let before = "";
    let movedAt = performance.now();
    for (;;) {
      const left = await this.client.connections.quiet(connection);
      if (left.quiet) return;
      const runs = await this.client.runs.list({ connection, state: "running" }).toArray({ limit: 20 });
      const state = JSON.stringify([left, runs.map((run) => [run.id, run.counts])]);
      if (state !== before) movedAt = performance.now();
      before = state;
      if (performance.now() - movedAt > STUCK_MS)
        throw new Error(
          `The sync does not come to rest. Left: ${JSON.stringify(left)}; running: ${runs.map(describe).join("; ") || "nothing"}. ${this.#lastWords()}`,
        );
      await sleep(200);
    }
  }

  #lastWords(): string {
    return `its log ends: ${readFileSync(this.#logFile, "utf8").slice(-1_500)}`;
  }
}

export const describe = (run: Run): string =>
  `run ${run.id} (${run.stream}, lane ${run.lane}, ${run.state}, so far ${JSON.stringify(run.counts)})`;
