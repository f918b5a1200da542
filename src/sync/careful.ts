// After processes died in a lane again and again without getting any further: what is about to be touched is stored first, a few at a time,
// so that the next process knows what killed the last one. Ordinary runs store nothing of this.
import type { Database, Tx } from "../store/database.ts";
import { lockEntities } from "../store/entity.ts";
import { attemptsOf, closeAttempts, parkIntents } from "../store/intent.ts";
import { holdLane, noteInHand, type Claim } from "../store/lane.ts";
import { park, parkedAs, type ParkedWrite } from "../store/parked.ts";
import { addCounts } from "./counts.ts";
import type { PullParts, PullRun } from "./pull.ts";
import type { PushParts, PushRun } from "./push.ts";

/** So many processes in a row die at one place before anything is cut smaller. */
export const CRASHES_MAX = 5;
/** Each death after that cuts what was in hand into so many pieces: a page of two hundred is down to one record after two more. */
const CUT = 16;

/** Why something is set aside: processes that had it in hand, and nothing else, ended without a word. */
export const CRASHED = "record.crashes";

export interface Careful {
  /** What alone was in hand when the last process died. */
  readonly killer: string | undefined;
  /** How many are taken in hand at once, of so many. */
  size(of: number): number;
  /** Stores what is about to be touched; none: nothing is any more. */
  hold(ids: readonly string[]): Promise<void>;
}

/** How a run of a lane goes on in which processes died; undefined where it goes on as ever. */
export function carefulOf(parts: { readonly database: Database }, claim: Claim): Careful | undefined {
  if (claim.crashes < CRASHES_MAX) return undefined;
  const inHand = claim.inHand ?? [];
  const last = inHand.length > 1 ? inHand.length : undefined;
  return {
    killer: inHand.length === 1 ? inHand[0] : undefined,
    size: (of) => Math.max(1, Math.ceil(Math.min(last ?? of, of) / CUT)),
    hold: (ids) =>
      parts.database.transaction(async (tx: Tx) => {
        await holdLane(tx, claim);
        await noteInHand(tx, claim, ids);
      }),
  };
}

/** What a person is told of something that kills. */
const crashed = (subject: string, what: "record" | "write"): ParkedWrite => ({
  subject,
  reason: CRASHED,
  message: `Each process that ${what === "record" ? "read" : "prepared to write"} this record ended without a word while it had nothing else in hand. It is left aside, and the rest goes on. Look into the log of the process that ended (memory, a crash of Node), or at the record's mapping; \`winston parked retry\` tries it once more.`,
  field: null,
  vendor: null,
});

/** Records that are not touched, because processes died of them: parked before, or found now. One that a person asks for is tried by itself. */
export async function leftAside(
  parts: PullParts,
  { ctx, claim, runId, counts }: PullRun,
  careful: Careful | undefined,
): Promise<ReadonlySet<string>> {
  const killer = careful?.killer;
  if (killer !== undefined) {
    await parts.database.transaction(async (tx) => {
      await holdLane(tx, claim);
      const of = { streamId: ctx.stream.id, mapping: ctx.stream.mappingVersion, runId, at: parts.clock.now() };
      await park(tx, { ...of, side: "pull" }, [crashed(killer, "record")]);
      await noteInHand(tx, claim, []);
    });
    addCounts(counts, { parked: 1 });
    ctx.parkedBefore = true;
  }
  if (!ctx.parkedBefore) return new Set();
  return parkedAs(parts.database, ctx.stream.id, { reason: CRASHED, mapping: ctx.stream.mappingVersion });
}

/** What alone was in hand when the last process died is parked; what became of a try of it stays unknown. */
export async function setKillerAside(
  parts: PushParts,
  { ctx, claim, runId, counts }: PushRun,
  careful: Careful,
): Promise<void> {
  const { killer } = careful;
  if (killer === undefined) return;
  await parts.database.transaction(async (tx) => {
    await holdLane(tx, claim);
    const now = parts.clock.now();
    const [entity] = await lockEntities(tx, [killer]);
    const open = await attemptsOf(tx, ctx.stream.id, killer);
    const unknown = { outcome: "unknown", recordId: null, returned: null, vendor: null } as const;
    await closeAttempts(
      tx,
      open.map((attempt) => ({ attempt, ...unknown })),
      now,
    );
    const of = { streamId: ctx.stream.id, side: "push", mapping: ctx.stream.mappingVersion, runId, at: now } as const;
    await park(tx, of, [crashed(killer, "write")]);
    await parkIntents(tx, ctx.stream.id, [{ entityId: killer, version: entity?.version ?? 0 }]);
    await noteInHand(tx, claim, []);
  });
  addCounts(counts, { parked: 1 });
}
