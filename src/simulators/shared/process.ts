// A simulator as a process of its own: its arguments, and a clean stop.
import { parseArgs } from "node:util";
import { VirtualClock, systemClock, type Clock } from "../../base/clock.ts";
import { WinstonError } from "../../base/errors.ts";
import { seededRandom, type Random } from "../../base/random.ts";
import type { Running, Simulator } from "./simulator.ts";

export interface StartOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly port: number;
  readonly story: "larkfield" | "empty";
  readonly stateFile?: string;
}

/**
 * --port N · --story larkfield|empty · --state FILE · --seed N · --clock real|ISO time (a virtual clock that stands there
 * until /__winston/clock moves it). Throws usage.wrong.
 */
export function readStart(argv: readonly string[]): StartOptions {
  const values = readArguments(argv);
  const port = Number(values.port ?? 0);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new WinstonError("usage.wrong", `--port takes a number from 0 to 65535, not ${values.port}.`);
  const seed = Number(values.seed ?? 1);
  if (!Number.isInteger(seed))
    throw new WinstonError("usage.wrong", `--seed takes a whole number, not ${values.seed}.`);
  const story = values.story ?? "larkfield";
  if (story !== "larkfield" && story !== "empty")
    throw new WinstonError("usage.wrong", `There is no story ${story}; there are: larkfield, empty.`);
  const clockAt = values.clock === undefined || values.clock === "real" ? undefined : Date.parse(values.clock);
  if (clockAt !== undefined && Number.isNaN(clockAt))
    throw new WinstonError(
      "usage.wrong",
      `--clock takes "real" or a time such as 2026-01-05T09:00:00Z, not ${values.clock}.`,
    );
  return {
    clock: clockAt === undefined ? systemClock : new VirtualClock(clockAt),
    random: seededRandom(seed),
    port,
    story,
    ...(values.state === undefined ? {} : { stateFile: values.state }),
  };
}

/** Starts a simulator from command-line arguments (see `readStart`) and prints one JSON line: `{url, ...credentials}`. Throws usage.wrong or start.failed. */
export async function runSimulator(
  simulator: Pick<Simulator, "start">,
  argv: readonly string[],
  print: (line: string) => void = (line) => process.stdout.write(`${line}\n`),
): Promise<Running> {
  const running = await simulator.start(readStart(argv));
  print(JSON.stringify({ url: running.url, ...running.credentials }));
  return running;
}

/** Starts and runs until SIGINT or SIGTERM; a known mistake is one sentence and its exit code. */
export async function runAsProcess(start: () => Promise<{ close(): Promise<void> }>): Promise<void> {
  try {
    const simulator = await start();
    const stop = (): void => {
      simulator.close().then(
        () => process.exit(0),
        () => process.exit(1),
      );
    };
    process.once("SIGINT", stop);
    process.once("SIGTERM", stop);
  } catch (thrown) {
    const known = thrown instanceof WinstonError;
    process.stderr.write(`${known ? thrown.message : String((thrown as Error).stack)}\n`);
    process.exit(known ? thrown.row.exit : 1);
  }
}

function readArguments(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        port: { type: "string" },
        story: { type: "string" },
        state: { type: "string" },
        seed: { type: "string" },
        clock: { type: "string" },
      },
    }).values;
  } catch (cause) {
    throw new WinstonError("usage.wrong", `${(cause as Error).message} Known: --port --story --state --seed --clock.`, {
      cause,
    });
  }
}
