// npm run simulate -- --seed N [--history | --about NAME] | --seeds N [--from S] [--minutes M] | --mutants [--only NAME]... [--seeds N]
import { spawn } from "node:child_process";
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { systemClock } from "../../src/base/clock.ts";
import { SERVER_VARIABLE, startTestServer } from "../support/server.ts";
import { catchMutants } from "./catch.ts";
import type { Fault } from "./faults.ts";
import type { Act } from "./operators.ts";
import { openWorlds, shrink } from "./run.ts";
import { tableOf, wordsOf } from "./table.ts";
import type { Outcome } from "./world.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string" },
    seeds: { type: "string" },
    from: { type: "string" },
    minutes: { type: "string" },
    history: { type: "boolean" },
    about: { type: "string" },
    mutants: { type: "boolean" },
    only: { type: "string", multiple: true },
    /** Of the processes that this one starts: seeds come in by standard input, outcomes go out as lines of JSON. */
    child: { type: "boolean" },
  },
});
/** Of so many worlds one line of progress is told, beside the outcomes. */
const PROGRESS = 25;
const say = (line: string): void => void process.stdout.write(`${line}\n`);

if (values.child) await child();
else {
  const server = await startTestServer();
  process.env[SERVER_VARIABLE] = JSON.stringify(server.connection);
  try {
    process.exitCode = values.mutants
      ? await mutants()
      : values.seed === undefined
        ? await many()
        : await one(Number(values.seed));
  } finally {
    await server.stop();
  }
}

/** One world, with its history where it went wrong: shrunk first to what is needed for that. */
async function one(seed: number): Promise<number> {
  await using worlds = await openWorlds();
  const lines: string[] = [];
  let outcome = await worlds.simulate(seed, { onLine: (line) => lines.push(line) });
  if (values.about !== undefined) {
    const told = await worlds.about(values.about);
    for (const line of [...lines.filter((one) => told.pattern.test(one)), ...told.lines]) say(line);
  } else if (values.history) for (const line of lines) say(line);
  else if (outcome.violations.length > 0) {
    const small = await shrink(worlds, outcome, (words) => say(`shrinking: ${words}`));
    for (const line of small.lines) say(line);
    outcome = small.outcome;
  }
  tell(outcome);
  last([outcome]);
  return outcome.violations.length > 0 ? 1 : 0;
}

/** Whether worlds notice engines with one mistake each. */
function mutants(): Promise<number> {
  return catchMutants(say, { only: values.only, seeds: values.seeds === undefined ? undefined : Number(values.seeds) });
}

/** Seeds one after another in as many processes as there are cores. */
async function many(): Promise<number> {
  const from = Number(values.from ?? 1);
  const count = values.seeds === undefined ? (values.minutes === undefined ? 40 : Infinity) : Number(values.seeds);
  const until = values.minutes === undefined ? Infinity : systemClock.now() + Number(values.minutes) * 60_000;
  const outcomes: Outcome[] = [];
  let next = from;
  const work = async (): Promise<void> => {
    const process_ = spawn(process.execPath, [import.meta.filename, "--child"], { stdio: ["pipe", "pipe", "inherit"] });
    // It has connections to a server that is stopped when all are done.
    const ended = once(process_, "exit");
    const lines = createInterface({ input: process_.stdout })[Symbol.asyncIterator]();
    while (next < from + count && systemClock.now() < until) {
      process_.stdin.write(`${next++}\n`);
      const { value, done } = await lines.next();
      if (done) throw new Error("a process that ran worlds ended before its time");
      const told = JSON.parse(value as string) as Outcome & { faults: [Fault, number][]; acts: [Act, number][] };
      const outcome: Outcome = { ...told, faults: new Map(told.faults), acts: new Map(told.acts) };
      outcomes.push(outcome);
      if (outcomes.length % PROGRESS === 0) process.stderr.write(`simulate: ${outcomes.length} worlds are over\n`);
      if (outcome.violations.length > 0) tell(outcome);
    }
    process_.stdin.end();
    await ended;
  };
  await Promise.all(Array.from({ length: Math.min(count, availableParallelism()) }, work));
  last(outcomes);
  return outcomes.some((outcome) => outcome.violations.length > 0) ? 1 : 0;
}

async function child(): Promise<void> {
  await using worlds = await openWorlds();
  for await (const line of createInterface({ input: process.stdin })) {
    const outcome = await worlds.simulate(Number(line)).catch((error: unknown) => {
      process.stderr.write(`seed ${line} ended with an error\n`);
      throw error;
    });
    say(JSON.stringify({ ...outcome, faults: [...outcome.faults], acts: [...outcome.acts] }));
  }
}

function tell(outcome: Outcome): void {
  for (const line of wordsOf(outcome)) say(line);
}

function last(outcomes: readonly Outcome[]): void {
  for (const line of tableOf(outcomes)) say(line);
}
