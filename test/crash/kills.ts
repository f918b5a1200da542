// What is killed, when, and what was going on at that moment. The choices are chance's, which a seed decides; the moments are the machine's.
import { execFileSync } from "node:child_process";
import { appendFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { pick, type Random } from "../../src/base/random.ts";
import { type Name, NAMES, type Processes } from "./processes.ts";
import type { AtWork, Recovery } from "./recovery.ts";
import type { VendorName, VendorSide } from "./sides.ts";

/** How often each is chosen, of all. */
const SHARES = { worker: 0.4, server: 0.2, postmaster: 0.15, session: 0.05, all: 0.12, pause: 0.08 } as const;
export type Kind = keyof typeof SHARES;

/** At least this share of all kills is to fall while an attempt is open; more are aimed at, because the moment may pass. */
const OPEN_SHARE = 0.3;
const AIM_MS = 8_000;
/** Writes that get no answer when a kill is aimed: an attempt is open for as long as they hang. */
const WRITES: Readonly<Record<VendorName, readonly string[]>> = {
  salesforce: ["/composite/sobjects"],
  hubspot: ["/batch/create", "/batch/update"],
};
/** A lease is 10 s: so long a paused worker stands still, and up to 3 s more. */
const PAUSE_MS = 11_000;

export interface Kill {
  readonly round: number;
  readonly kind: Kind;
  readonly who: readonly string[];
  /** Attempts that were stored and had no outcome at that moment, of whoever was struck. */
  readonly attempts: number;
  readonly lanes: readonly string[];
}

export class Killer {
  readonly #processes: Processes;
  readonly #recovery: Recovery;
  readonly #vendors: readonly VendorSide[];
  readonly #random: Random;
  readonly #historyFile: string;
  #paused: { readonly name: Name; readonly over: Promise<void> } | undefined;
  #struckAt = 0;
  readonly kills: Kill[] = [];

  constructor(parts: {
    processes: Processes;
    recovery: Recovery;
    vendors: readonly VendorSide[];
    random: Random;
    historyFile: string;
  }) {
    this.#vendors = parts.vendors;
    this.#processes = parts.processes;
    this.#recovery = parts.recovery;
    this.#random = parts.random;
    this.#historyFile = parts.historyFile;
  }

  /** Kills while an attempt was open. */
  get withAttempt(): number {
    return this.kills.filter((one) => one.attempts > 0).length;
  }

  /** Whether what is to be killed next is up, and something came to an end since the last kill: a kill of what is down anyway shows nothing. */
  async mayStrike(): Promise<boolean> {
    const up = (name: Name): boolean => name === this.#paused?.name || this.#processes.isUp(name);
    return NAMES.every(up) && (await this.#recovery.flowsSince(this.#struckAt));
  }

  async strike(round: number): Promise<Kill> {
    let kind = this.#choose();
    const aim = this.withAttempt < OPEN_SHARE * round;
    const atWork = aim ? await this.#momentWithAttempt() : await this.#recovery.atWork();
    if (aim && kind === "server") kind = "worker";
    const now = atWork ?? [];
    const struck = this.#kill(kind, now, aim);
    this.#struckAt = Date.now();
    this.#recovery.struck({ api: struck.api, lanes: struck.lanes });
    const kill: Kill = {
      round,
      kind,
      who: struck.who,
      attempts: struck.lanes.reduce((sum, one) => sum + one.attempts, 0),
      lanes: struck.lanes.map((one) => one.lane),
    };
    this.kills.push(kill);
    appendFileSync(this.#historyFile, `${JSON.stringify({ at: new Date().toISOString(), ...kill })}\n`);
    return kill;
  }

  /** Resolves when whoever is paused goes on. */
  async calm(): Promise<void> {
    await this.#paused?.over;
  }

  #choose(): Kind {
    let chance = this.#random.float();
    for (const [kind, share] of Object.entries(SHARES) as [Kind, number][]) {
      if (kind === "pause" && this.#paused) continue;
      if ((chance -= share) < 0) return kind;
    }
    return "worker";
  }

  /** Has the next write get no answer, done or not, and waits for it; what is at work when none comes. */
  async #momentWithAttempt(): Promise<AtWork[] | undefined> {
    const kind = this.#random.float() < 0.5 ? "hang-after" : "hang";
    for (const vendor of this.#vendors)
      for (const path of WRITES[vendor.name]) await vendor.dial("POST", "/faults", { kind, match: { path }, times: 1 });
    try {
      const until = performance.now() + AIM_MS;
      for (;;) {
        const atWork = await this.#recovery.atWork();
        const reachable = atWork?.some((one) => one.attempts > 0 && one.pid !== this.#pausedPid);
        if (reachable || performance.now() > until) return atWork;
        await sleep(5);
      }
    } finally {
      for (const vendor of this.#vendors) await vendor.dial("DELETE", "/faults");
    }
  }

  get #pausedPid(): number | undefined {
    return this.#paused && this.#processes.pid(this.#paused.name);
  }

  #kill(
    kind: Kind,
    atWork: readonly AtWork[],
    aim: boolean,
  ): { readonly who: string[]; readonly api: boolean; readonly lanes: readonly AtWork[] } {
    const processes = this.#processes;
    const of = (name: Name): AtWork[] => atWork.filter((one) => one.pid === processes.pid(name));
    if (kind === "server") {
      processes.kill("server");
      return { who: ["server"], api: true, lanes: [] };
    }
    if (kind === "worker" || kind === "pause") {
      const workers = NAMES.filter((name) => name !== "server" && name !== this.#paused?.name);
      const busy = workers.filter((name) => of(name).some((one) => one.attempts > 0));
      const name = pick(this.#random, aim && busy.length > 0 ? busy : workers);
      const lanes = of(name);
      if (kind === "worker") processes.kill(name);
      else this.#pause(name);
      return { who: [name], api: false, lanes };
    }
    const postmaster = processes.postmaster?.pid;
    if (kind === "all") for (const name of NAMES) processes.kill(name);
    if (postmaster !== undefined) {
      const sessions = childrenOf(postmaster);
      const victims =
        kind === "session"
          ? sessions.length > 0
            ? [pick(this.#random, sessions)]
            : []
          : kind === "all"
            ? [postmaster, ...sessions]
            : [postmaster];
      for (const pid of victims) endNow(pid);
    }
    const who = {
      session: ["one process of PostgreSQL"],
      postmaster: ["postmaster"],
      all: [...NAMES, "all of PostgreSQL"],
    };
    return { who: who[kind], api: true, lanes: atWork };
  }

  #pause(name: Name): void {
    this.#processes.signal(name, "SIGSTOP");
    const over = sleep(PAUSE_MS + this.#random.float() * 3_000).then(() => {
      this.#processes.signal(name, "SIGCONT");
      this.#paused = undefined;
    });
    this.#paused = { name, over };
  }
}

function endNow(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== "ESRCH") throw thrown; // Ended by itself in between.
  }
}

function childrenOf(pid: number): number[] {
  return execFileSync("ps", ["-A", "-o", "pid=,ppid="], { encoding: "utf8" })
    .split("\n")
    .map((line) => line.trim().split(/\s+/u).map(Number))
    .flatMap(([child, parent]) => (parent === pid ? [child!] : []));
}
