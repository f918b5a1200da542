// Restore (R18): a database that was set back reads first, and writes once every vendor's newer values are known again.
//
// While a connection is in quarantine nothing is written there. Every stream is read from its beginning, and what was under way is
// settled by reading. What differs from the restored baselines is an edit made there; what is owed is decided anew on what was read.
import type { Clock } from "../base/clock.ts";
import { WinstonError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import type { Jobs } from "../jobs/jobs.ts";
import type { Database, Tx } from "../store/database.ts";
import { insertDuplicates } from "../store/duplicate.ts";
import { beginEpoch, raiseMark, type Mark } from "../store/mark.ts";
import {
  endQuarantine,
  forgottenCreates,
  listQuarantines,
  quarantineAll,
  type QuarantineRow,
} from "../store/quarantine.ts";
import type { Quarantines } from "./types.ts";
import { wentBack } from "./went-back.ts";

export interface QuarantineParts {
  readonly database: Database;
  readonly jobs: Pick<Jobs, "wake">;
  readonly clock: Pick<Clock, "now">;
  readonly newId: () => string;
  readonly log: Log;
}

/** Where this machine keeps the mark it saw last. */
export interface Witness {
  read(): Mark | undefined;
  write(mark: Mark): void;
}

/** How often a process looks whether the database under it is still the one it knows. */
const LOOK_EVERY_MS = 10_000;

export function createQuarantines(
  parts: QuarantineParts & { witness: Witness; asks?: boolean },
): Quarantines & { look(): Promise<void> } {
  const { database, jobs, clock, log, witness } = parts;
  let known: Mark | undefined;
  let lookedAt = Number.NEGATIVE_INFINITY;

  /** False where another process began it. */
  const begin = async (reason: string, seen: string | null, asks: boolean): Promise<boolean> =>
    database.transaction(async (tx) => {
      if (!(await beginEpoch(tx, seen, parts.newId()))) return false;
      await jobs.wake(tx, await quarantineAll(tx, { at: clock.now(), reason, asks }), "restored");
      return true;
    });

  const remember = async (): Promise<void> => {
    known = await raiseMark(database, parts.newId());
    witness.write(known);
  };

  const compare = async (): Promise<void> => {
    // What is known before the count is raised must lie before it, whoever else looks meanwhile.
    const before = known ?? witness.read();
    const seen = await raiseMark(database, parts.newId());
    const reason = wentBack(before, seen);
    if (reason === null) {
      known = seen;
      witness.write(seen);
    } else {
      if (await begin(reason, seen.epoch, parts.asks ?? false))
        log.warn({ reason }, "the database was set back; everything is read before anything is written");
      // Only now: a process killed before this notices it again.
      await remember();
    }
    lookedAt = clock.now();
  };

  let looking: Promise<void> | undefined;
  const look = async (): Promise<void> => {
    if (Math.abs(clock.now() - lookedAt) < LOOK_EVERY_MS) return;
    await (looking ??= compare().finally(() => (looking = undefined)));
  };

  return {
    look,
    list: async () => (await listQuarantines(database, null)).map(viewOf),
    begin: async (by, { asks }) => {
      await begin(`${by} said that the database was restored.`, null, asks ?? parts.asks ?? false);
      await remember();
      return (await listQuarantines(database, null)).map(viewOf);
    },
    release: async (connectionId, { force }) => {
      const [row] = await listQuarantines(database, connectionId);
      if (!row)
        throw new WinstonError("not.found", "That connection is not in quarantine; nothing holds its writes back.");
      const lacks = lacking(row);
      if (lacks !== null && !force)
        throw new WinstonError(
          "request.conflict",
          `Not everything at ${row.connection} is known again: ${lacks}. Wait until it is, or force it; then older values of ours may be written over newer ones there.`,
        );
      await database.transaction((tx) => end(tx, parts, row));
    },
  };
}

/** Ends each quarantine in which all is read and settled, unless a person is to say so. */
export async function endProved(parts: QuarantineParts): Promise<void> {
  for (const row of await listQuarantines(parts.database, null)) {
    if (row.asks || lacking(row) !== null) continue;
    await parts.database.transaction((tx) => end(tx, parts, row));
    parts.log.info({ connection: row.connection }, "all is read after the restore; writing goes on");
  }
}

/** What may be there already, made by a create that nobody remembers, is asked about before it is made there again. */
async function end(tx: Tx, { jobs, clock, newId }: QuarantineParts, row: QuarantineRow): Promise<void> {
  const pairs = Map.groupBy(await forgottenCreates(tx, row.connectionId), (one) => one.kind);
  for (const [kind, found] of pairs)
    await insertDuplicates(
      tx,
      { kind, at: clock.now() },
      found.map(({ leftId, rightId }) => ({ id: newId(), leftId, rightId })),
    );
  await jobs.wake(tx, (await endQuarantine(tx, row.connectionId)).wakes, "quarantine ended");
}

/** What is not known yet, in words; null when all is. */
function lacking({ problem, unread, unsettled }: QuarantineRow): string | null {
  if (problem !== null) return problem;
  const parts = [
    ...(unread.length > 0 ? [`${unread.join(", ")} ${unread.length === 1 ? "is" : "are"} still to be read`] : []),
    ...(unsettled > 0 ? [`${unsettled} writes are still to be settled`] : []),
  ];
  return parts.length > 0 ? parts.join(", ") : null;
}

function viewOf(row: QuarantineRow): Awaited<ReturnType<Quarantines["list"]>>[number] {
  const { connectionId, connection, since, reason, asks, unread, unsettled } = row;
  const lacks = lacking(row);
  const next =
    lacks ?? (asks ? `all is read; a person lets it write: winston restored release ${connection}` : "all is read");
  return { connectionId, connection, since, reason, asks, unread, unsettled, next };
}
