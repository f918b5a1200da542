// The pretend vendors that commands start, connect and look at, whichever they are.
import { join } from "node:path";
import { isError, WinstonError } from "../base/errors.ts";
import { seededRandom } from "../base/random.ts";
import { simulators } from "../simulators/index.ts";
import type { Running, Simulator } from "../simulators/shared/simulator.ts";
import type { Addresses } from "./remote.ts";
import type { Shell } from "./shell.ts";
import { count, listed } from "./words.ts";

/** The vendor's simulator; undefined where it has none. */
export const simulatorOf = (vendor: string): Simulator | undefined => simulators.find((one) => one.key === vendor);

/** Where one that Winston starts keeps its records, in the data folder. */
export const stateFileOf = ({ key }: Simulator): string => `${key}.jsonl`;

/** The command that starts one alone: the first has it for itself. */
export const sandboxOf = (simulator: Simulator): string =>
  simulator === simulators[0] ? "sandbox" : `sandbox ${simulator.key}`;

/** All begin their stories at this seed, so that they tell of the same people. */
const SEED = 1;

/** Starts one on the port of last time where that is still free, so that addresses stay. Throws `start.failed`. */
export async function openSimulator(
  shell: Pick<Shell, "clock">,
  simulator: Simulator,
  options: { dataDir: string; port: number; before: Addresses; story: boolean },
): Promise<Running> {
  const last = options.before[simulator.address];
  const port = options.port || (last === undefined ? 0 : Number(new URL(last).port));
  const at = (number: number): Promise<Running> =>
    simulator.start({
      clock: shell.clock,
      random: seededRandom(SEED),
      port: number,
      story: options.story ? "larkfield" : "empty",
      stateFile: join(options.dataDir, stateFileOf(simulator)),
    });
  try {
    return await at(port);
  } catch (thrown) {
    const taken = isError(thrown, "start.failed") && (thrown.cause as NodeJS.ErrnoException).code === "EADDRINUSE";
    if (!taken) throw thrown;
    if (options.port !== 0)
      throw new WinstonError("start.failed", `${thrown.message} It was asked for the pretend ${simulator.title}.`, {
        cause: thrown,
      });
    return at(0);
  }
}

/** "2,000 leads, 600 contacts and 150 accounts" */
export function contentsOf(simulator: Simulator, running: Running): string {
  const totals = totalsOf(simulator, running);
  return listed(simulator.told.map(([stream, name]) => `${count(totals.get(stream) ?? 0)} ${name}`));
}

/** How many records each stream has to read. */
export function totalsOf(simulator: Simulator, running: Running): Map<string, number> {
  const counts = running.counts();
  return new Map(Object.entries(simulator.objects).map(([stream, object]) => [stream, counts[object] ?? 0]));
}

/** A running simulator's address and credentials, from its control surface. Throws usage.wrong when there is none, or another vendor's. */
export async function lookAtSimulator(
  simulator: Simulator,
  url: string | undefined,
  shell: Pick<Shell, "self" | "signal">,
): Promise<Pick<Running, "url" | "credentials">> {
  const { title, mark } = simulator;
  const hint = `Start one with \`${shell.self} dev\` or \`${shell.self} ${sandboxOf(simulator)}\`, or give its address, such as http://127.0.0.1:PORT.`;
  if (url === undefined) throw new WinstonError("usage.wrong", `No pretend ${title} is known here. ${hint}`);
  let found: { url?: unknown; credentials?: unknown } | undefined;
  try {
    const answer = await fetch(`${url.replace(/\/+$/u, "")}/__winston/`, { signal: shell.signal });
    if (answer.ok) found = (await answer.json()) as typeof found;
  } catch (cause) {
    if (shell.signal.aborted) throw cause;
  }
  if (typeof found?.url !== "string" || typeof found.credentials !== "object")
    throw new WinstonError("usage.wrong", `No simulator answers at ${url}. ${hint}`);
  if (!Object.hasOwn(found, mark))
    throw new WinstonError("usage.wrong", `The simulator at ${url} plays another vendor than ${title}. ${hint}`);
  return { url: found.url, credentials: found.credentials as Record<string, string> };
}
