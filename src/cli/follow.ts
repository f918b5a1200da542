// Following a sync until nothing is owed any more, with progress on standard error.
import type { Client, Run, Stream } from "../../sdk/src/index.ts";
import { ProgressBlock } from "./progress.ts";
import { redraws, type Shell } from "./shell.ts";
import { failuresOf, inOrder, progressOf } from "./summary.ts";

export interface Followed {
  /** All runs since the beginning, those of a connection newest first; those that parked something with its causes. */
  readonly runs: readonly Run[];
  /** The streams that were followed, in the order of a summary. */
  readonly streams: readonly Stream[];
  /** False when work is left that does not go on: `left` says how much. */
  readonly quiet: boolean;
  readonly left: { readonly running: number; readonly owed: number; readonly intents: number };
  /** When the first record was in step, in milliseconds since 1970 UTC; undefined when none was. */
  readonly firstAt: number | undefined;
}

const POLL_MS = 200;
/** With work left, nothing running, and nothing changed for this long, nobody works on it. */
const STUCK_MS = 30_000;
/** The same where something failed: what stopped it is known, and waiting changes nothing. */
const FAILED_MS = 3_000;

/**
 * Resolves when the connections are quiet, or when their work has stood still for half a minute (no worker), or for a moment after
 * something failed. `since` is what `sync` answered; `totals` what there is to read, by `keyOf` of
 * summary.ts. Rejects when the shell's signal aborts.
 */
export async function follow(
  shell: Shell,
  client: Client,
  options: {
    connections: readonly { readonly id: string; readonly name: string }[];
    since: string;
    totals?: ReadonlyMap<string, number>;
  },
): Promise<Followed> {
  const { connections, since, totals } = options;
  const { signal, clock } = shell;
  const block = new ProgressBlock(shell);
  const call = { signal };
  const ids = connections.map((one) => one.id);
  const names = ids.length > 1 ? new Map(connections.map((one) => [one.id, one.name])) : undefined;
  const listStreams = async (): Promise<Stream[]> =>
    inOrder((await Promise.all(ids.map((connection) => client.streams.list({ connection }, call)))).flat());
  let firstAt: number | undefined;
  let before = "";
  let changedAt = clock.now();
  try {
    for (;;) {
      // Asked first: what ends while we list the runs is listed in the next turn.
      const state = await quiet(client, ids, signal);
      const runs = (
        await Promise.all(ids.map((connection) => client.runs.list({ since, connection }, call).toArray()))
      ).flat();
      const now = clock.now();
      firstAt ??= firstInStep(runs, now);
      if (redraws(shell) || now - changedAt > 1_000)
        block.draw(progressOf(runs, await listStreams(), { totals, names }));
      const { quiet: isQuiet, ...left } = state;
      const picture = JSON.stringify([left, runs.map((run) => [run.id, run.state, run.counts])]);
      if (picture !== before) [before, changedAt] = [picture, now];
      const patienceMs = failuresOf(runs).length > 0 ? FAILED_MS : STUCK_MS;
      if (isQuiet || (left.running === 0 && now - changedAt > patienceMs)) {
        const [withThem, streams] = await Promise.all([withCauses(client, runs, signal), listStreams()]);
        return { runs: withThem, streams, quiet: isQuiet, left, firstAt };
      }
      await clock.sleep(POLL_MS, signal);
    }
  } finally {
    block.end();
  }
}

/** When the first record was in step: seen now, or earlier when a run that brought some has ended before. */
function firstInStep(runs: readonly Run[], now: number): number | undefined {
  const brought = runs.filter(({ counts }) => (counts.created ?? 0) + (counts.linked ?? 0) + (counts.updated ?? 0) > 0);
  if (brought.length === 0) return undefined;
  return Math.min(now, ...brought.flatMap(({ endedAt }) => (endedAt === null ? [] : [Date.parse(endedAt)])));
}

/** What is left of all of them together. */
async function quiet(
  client: Client,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<{ quiet: boolean } & Followed["left"]> {
  const states = await Promise.all(ids.map((id) => client.connections.quiet(id, { signal })));
  const sum = { quiet: states.every((state) => state.quiet), running: 0, owed: 0, intents: 0 };
  for (const state of states) for (const key of ["running", "owed", "intents"] as const) sum[key] += state[key];
  return sum;
}

/** Runs that parked something, asked for one by one: only then they carry the causes. */
async function withCauses(client: Client, runs: readonly Run[], signal: AbortSignal): Promise<Run[]> {
  return Promise.all(
    runs.map((run) => ((run.counts.parked ?? 0) > 0 ? client.runs.get(run.id, { signal }) : Promise.resolve(run))),
  );
}
