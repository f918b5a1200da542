// Whether anybody notices: each mutant lives through fixed seeds, in a process of its own, until one of them violates an invariant; one
// whose mistake cannot happen in a world meets the engine's own tests instead.
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { MUTANTS, NOT_SHOWN, type Mutant } from "./mutants.ts";
import { sizeOf, SIZES } from "./size.ts";
import type { Outcome } from "./world.ts";

/** Worlds of two processes at one time. */
const AT_ONCE = 2;
const SEEDS = 120;
/** A world of an engine that runs in circles is ended after so much real time; it shows nothing then. */
const WORLD_MS = 8 * 60_000;

interface Result {
  readonly state: "caught" | "survived" | "broken";
  readonly words: string;
}

/** Tells a line for each mutant as it ends, then the table's last line. `seeds` are 1 to that number. Returns the exit code. */
export async function catchMutants(
  say: (line: string) => void,
  of: { readonly only?: readonly string[] | undefined; readonly seeds?: number | undefined } = {},
): Promise<number> {
  // In the order in which they were asked for.
  const chosen = of.only?.flatMap((name) => MUTANTS.filter((one) => one.name === name)) ?? MUTANTS;
  const names = MUTANTS.map((one) => one.name);
  const strange = of.only?.filter((name) => !names.includes(name)) ?? [];
  if (strange.length > 0)
    throw new Error(`There is no mutant "${strange.join('", "')}". There are: ${names.join(", ")}`);
  // Small worlds of one kind take least: what they do not notice the others may.
  const costOf = (seed: number): number => {
    const { name, kinds } = sizeOf(seed);
    return SIZES.indexOf(name) * 10 + kinds.length;
  };
  const seeds = Array.from({ length: of.seeds ?? SEEDS }, (_, index) => index + 1).toSorted(
    (one, other) => costOf(one) - costOf(other),
  );
  const sound = new Map<number, Promise<boolean>>();
  // A seed in which the engine itself fails shows nothing of a mutant.
  const isSound = (seed: number): Promise<boolean> => {
    const known = sound.get(seed) ?? lives(undefined, seed);
    sound.set(seed, known);
    return known;
  };
  const results = new Map<Mutant, Result>();
  const left = [...chosen];
  const work = async (): Promise<void> => {
    for (let mutant = left.shift(); mutant; mutant = left.shift()) {
      const result = await judge(mutant, [...new Set([...(mutant.seeds ?? []), ...seeds])], isSound);
      results.set(mutant, result);
      say(`${result.state.padEnd(9)} ${mutant.name}: ${result.words}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  if (of.only === undefined) for (const [name, why] of Object.entries(NOT_SHOWN)) say(`not tried ${name}: ${why}`);
  const caught = [...results.values()].filter((one) => one.state === "caught").length;
  say(`mutants: caught ${caught}/${chosen.length}`);
  return caught === chosen.length ? 0 : 1;
}

/** Whether the world of this seed holds without a mutant. */
async function lives(mutant: undefined, seed: number): Promise<boolean> {
  using worlds = new Worlds(mutant);
  const told = await worlds.run(seed);
  return "violations" in told && told.violations.length === 0;
}

async function judge(
  mutant: Mutant,
  seeds: readonly number[],
  isSound: (seed: number) => Promise<boolean>,
): Promise<Result> {
  if (mutant.tests) return meetTests(mutant, mutant.tests);
  using worlds = new Worlds(mutant);
  let ran = 0;
  const threw: string[] = [];
  for (const seed of seeds) {
    const told = await worlds.run(seed);
    if ("ended" in told) {
      if (/ no longer fits /u.test(told.ended)) return { state: "broken", words: told.ended };
      if (!told.ended.includes(RESTLESS)) {
        threw.push(`seed ${seed}: ${told.ended}`);
        continue;
      }
    } else ran += 1;
    const why = "ended" in told ? RESTLESS : told.violations[0]?.invariant;
    if (why !== undefined && (await isSound(seed))) return { state: "caught", words: `seed ${seed}, ${why}` };
  }
  if (ran === 0) return { state: "broken", words: threw[0] ?? "no world ran" };
  return { state: "survived", words: [`${ran} seeds`, ...threw].join("; ") };
}

/** Whether one of these tests, which hold without the mutant, fails with it. */
async function meetTests(mutant: Mutant, files: readonly string[]): Promise<Result> {
  for (const file of files) {
    const failed = await failing(file, mutant);
    if (failed === undefined) continue;
    if (/ no longer fits /u.test(failed)) return { state: "broken", words: failed };
    const sound = await failing(file, undefined);
    if (sound !== undefined) return { state: "broken", words: `src/${file} fails without it, too: ${sound}` };
    return { state: "caught", words: `src/${file}, "${failed}"` };
  }
  return { state: "survived", words: files.map((one) => `src/${one}`).join(", ") };
}

/** The first test of a file that fails; undefined where all hold. */
async function failing(file: string, mutant: Mutant | undefined): Promise<string | undefined> {
  const place = join(import.meta.dirname, "../../src", file);
  const running = spawn(process.execPath, [...hookOf(mutant), "--test-reporter=tap", place], {
    stdio: ["ignore", "pipe", "pipe"],
    env: environmentOf(mutant),
  });
  let told = "";
  for (const stream of [running.stdout, running.stderr]) stream.on("data", (part: Buffer) => (told += part.toString()));
  const [code] = (await once(running, "close")) as [number | null];
  if (code === 0) return undefined;
  return (
    /^.* no longer fits .*$/mu.exec(told)?.[0] ??
    /^ *not ok \d+ - (.*)$/mu.exec(told)?.[1] ??
    (told.trim().split("\n").at(-1) || "it ended without a word")
  );
}

const hookOf = (mutant: Mutant | undefined): string[] =>
  mutant ? ["--import", pathToFileURL(join(import.meta.dirname, "mutate.ts")).href] : [];

/** Tests of tests tell in words, also where this process is itself one of a test runner's. */
const environmentOf = (mutant: Mutant | undefined): NodeJS.ProcessEnv => ({
  ...process.env,
  NODE_TEST_CONTEXT: undefined,
  ...(mutant ? { WINSTON_MUTANT: mutant.name } : {}),
});

/** As World.settle says it. */
const RESTLESS = "does not come to rest";

/** A process that runs worlds, one after another; begun when it is first asked, and again after one that ended it. */
class Worlds implements Disposable {
  readonly #mutant: Mutant | undefined;
  #process: ChildProcess | undefined;
  #lines: AsyncIterator<string> | undefined;
  #trouble = "";
  #closed: Promise<unknown> | undefined;

  constructor(mutant: Mutant | undefined) {
    this.#mutant = mutant;
  }

  /** What a world came to, or how its process ended. */
  async run(seed: number): Promise<Pick<Outcome, "violations"> | { readonly ended: string }> {
    const running = (this.#process ??= this.#begin());
    const timer = setTimeout(() => {
      this.#trouble = `no end within ${WORLD_MS / 60_000} minutes`;
      running.kill("SIGKILL");
    }, WORLD_MS);
    running.stdin!.write(`${seed}\n`);
    const { value, done } = await this.#lines!.next();
    clearTimeout(timer);
    if (!done) return JSON.parse(value as string) as Outcome;
    this.#process = undefined;
    // Its last words come by another pipe.
    await this.#closed;
    const error = /^\w*Error.*$/mu.exec(this.#trouble)?.[0];
    return { ended: error ?? (this.#trouble.trim().split("\n").at(-1) || "it ended without a word") };
  }

  [Symbol.dispose](): void {
    this.#process?.kill("SIGKILL");
  }

  #begin(): ChildProcess {
    const running = spawn(
      process.execPath,
      [...hookOf(this.#mutant), join(import.meta.dirname, "main.ts"), "--child"],
      {
        stdio: ["pipe", "pipe", "pipe"],
        env: environmentOf(this.#mutant),
      },
    );
    this.#trouble = "";
    running.stderr.on("data", (part: Buffer) => (this.#trouble += part.toString()));
    // One that ended before it was written to says why on its standard error.
    running.stdin.on("error", () => {});
    this.#closed = once(running, "close");
    this.#lines = createInterface({ input: running.stdout })[Symbol.asyncIterator]();
    return running;
  }
}
