// Following a sync until nothing is owed any more, with progress on standard error.
import type { Client, Run } from "../../sdk/src/index.ts";
import { ProgressBlock } from "./progress.ts";
import { redraws, type Shell } from "./shell.ts";
import { progressOf } from "./summary.ts";

export interface Followed {
  /** All runs since the beginning, newest first; those that parked something with its causes. */
  readonly runs: readonly Run[];
  /** False when work is left that does not go on: `left` says how much. */
  readonly quiet: boolean;
  readonly left: { readonly running: number; readonly owed: number; readonly intents: number };
  /** When the first record was in step, in milliseconds since 1970 UTC; undefined when none was. */
  readonly firstAt: number | undefined;
}

const POLL_MS = 200;
/** With work left, nothing running, and nothing changed for this long, nobody works on it. */
const STUCK_MS = 30_000;

/**
 * Resolves when `connection` (or all of Winston) is quiet, or when its work has stood still for half a minute: an account that
 * must be reconnected, or no worker. `since` is what `sync` answered. Rejects when the shell's signal aborts.
 */
export async function follow(
  shell: Shell,
  client: Client,
  options: { connection?: string | undefined; since: string; totals?: ReadonlyMap<string, number> },
): Promise<Followed> {
  const { connection, since } = options;
  const { signal, clock } = shell;
  const block = new ProgressBlock(shell);
  const call = { signal };
  let firstAt: number | undefined;
  let before = "";
  let changedAt = clock.now();
  try {
    for (;;) {
      // Asked first: what ends while we list the runs is listed in the next turn.
      const state = await client.connections.quiet(connection, call);
      const runs = await client.runs
        .list({ since, ...(connection === undefined ? {} : { connection }) }, call)
        .toArray();
      const now = clock.now();
      if (
        firstAt === undefined &&
        runs.some(({ counts }) => (counts.created ?? 0) + (counts.linked ?? 0) + (counts.updated ?? 0) > 0)
      )
        firstAt = now;
      if (redraws(shell) || now - changedAt > 1_000) {
        const streams = await client.streams.list(connection === undefined ? {} : { connection }, call);
        block.draw(progressOf(runs, streams, options.totals));
      }
      const left = { running: state.running, owed: state.owed, intents: state.intents };
      const picture = JSON.stringify([left, runs.map((run) => [run.id, run.state, run.counts])]);
      if (picture !== before) [before, changedAt] = [picture, now];
      if (state.quiet || (state.running === 0 && now - changedAt > STUCK_MS))
        return { runs: await withCauses(client, runs, signal), quiet: state.quiet, left, firstAt };
      await clock.sleep(POLL_MS, signal);
    }
  } finally {
    block.end();
  }
}

/** Runs that parked something, asked for one by one: only then they carry the causes. */
async function withCauses(client: Client, runs: readonly Run[], signal: AbortSignal): Promise<Run[]> {
  return Promise.all(
    runs.map((run) => ((run.counts.parked ?? 0) > 0 ? client.runs.get(run.id, { signal }) : Promise.resolve(run))),
  );
}
