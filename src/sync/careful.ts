// After processes died in a lane again and again without getting any further: what is about to be touched is stored first, a few at a time,
// so that the next process knows what killed the last one. Ordinary runs store nothing of this.
import type { Database, Tx } from "../store/database.ts";
import { deathsOf } from "../store/deaths.ts";
import { lockEntities } from "../store/entity.ts";
import { attemptsOf, closeAttempts, parkIntents, type IntentRow } from "../store/intent.ts";
import { holdLane, noteInHand, type Claim, type InHand } from "../store/lane.ts";
import { noteAnswered, park, parkedAs, type ParkedWrite } from "../store/parked.ts";
import type { StreamContext } from "./context.ts";
import { addCounts } from "./counts.ts";
import type { PullParts, PullRun } from "./pull.ts";
import type { PushParts, PushRun } from "./push.ts";

/** So many processes in a row die at one place before anything is cut smaller, and of one write as it is sent before it is set aside. */
export const CRASHES_MAX = 5;
/** Each death after that cuts what was in hand into so many pieces: a page of two hundred is down to one record after two more. */
const CUT = 16;
/** Deaths longer ago say nothing of what is sent now. */
const DEATHS_MS = 24 * 3_600_000;

/** Why something is set aside: processes that had it in hand, and nothing else, ended without a word. */
export const CRASHED = "record.crashes";

export interface Careful {
  /** What alone was in hand when the last process died. */
  readonly killer: InHand | undefined;
  /** How many are taken in hand at once, of so many. */
  size(of: number): number;
  /** Stores what is about to be touched; none: nothing is any more. */
  hold(ids: readonly InHand[]): Promise<void>;
}

/** How a run of a lane goes on in which processes died; undefined where it goes on as ever. */
export function carefulOf(parts: { readonly database: Database }, claim: Claim): Careful | undefined {
  if (claim.crashes < CRASHES_MAX) return undefined;
  const inHand = claim.inHand ?? [];
  const last = inHand.length > 1 ? inHand.length : undefined;
  return {
    killer: inHand.length === 1 ? inHand[0] : undefined,
    size: (of) => Math.max(1, Math.ceil(Math.min(last ?? of, of) / CUT)),
    hold: holding(parts, claim),
  };
}

/** Stores what is about to be touched, also in a run that goes on as ever: where what it got done before would hide that it dies again and again. */
export const holding =
  (parts: { readonly database: Database }, claim: Claim) =>
  (ids: readonly InHand[]): Promise<void> =>
    parts.database.transaction(async (tx: Tx) => {
      await holdLane(tx, claim);
      await noteInHand(tx, claim, ids);
    });

const DID = {
  record: "read this record ended without a word while it had nothing else in hand",
  write: "prepared to write this record ended without a word while it had nothing else in hand",
  sent: "sent this write ended without a word before it had the answer, the last of them with no other write under way",
} as const;

/** What a person is told of something that kills. */
const crashed = (subject: string, what: keyof typeof DID): ParkedWrite => ({
  subject,
  reason: CRASHED,
  message: `Each process that ${DID[what]}. It is left aside, and the rest goes on. Look into the log of the process that ended (memory, a crash of Node), or at the record's mapping; \`winston parked retry\` tries it once more.`,
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
    const [streamId, id] = typeof killer === "string" ? [ctx.stream.id, killer] : killer;
    const stream = [ctx.stream, ...ctx.siblings.values()].find((one) => one.id === streamId);
    await parts.database.transaction(async (tx) => {
      await holdLane(tx, claim);
      if (stream) {
        const of = { streamId, mapping: stream.mappingVersion, runId, at: parts.clock.now() };
        await park(tx, { ...of, side: "pull" }, [crashed(id, "record")]);
        await noteAnswered(tx, streamId, [id]);
      }
      await noteInHand(tx, claim, []);
    });
    if (stream) addCounts(counts, { parked: 1 });
    if (streamId === ctx.stream.id) ctx.parkedBefore = true;
  } else if (!careful && claim.inHand !== null) {
    // What an earlier process had in hand says nothing of where this one may die.
    await holding(parts, claim)([]);
  }
  return crashedIn(parts, ctx);
}

/** Records of a stream that are left aside because processes died of them. */
export async function crashedIn(
  parts: { readonly database: Database },
  { stream, parkedBefore }: Pick<StreamContext, "stream" | "parkedBefore">,
): Promise<ReadonlySet<string>> {
  return parkedBefore
    ? parkedAs(parts.database, stream.id, { reason: CRASHED, mapping: stream.mappingVersion })
    : new Set();
}

/** What alone was in hand when the last process died is parked; what became of a try of it stays unknown. */
export async function setKillerAside(parts: PushParts, run: PushRun, { killer }: Careful): Promise<void> {
  if (typeof killer !== "string") return;
  const { ctx, claim } = run;
  await parts.database.transaction(async (tx) => {
    await holdLane(tx, claim);
    const now = parts.clock.now();
    await parkWrites(tx, run, { ids: [killer], what: "write", now });
    const open = await attemptsOf(tx, ctx.stream.id, killer);
    const unknown = { outcome: "unknown", recordId: null, returned: null, vendor: null } as const;
    await closeAttempts(
      tx,
      open.map((attempt) => ({ attempt, ...unknown })),
      now,
    );
    await noteInHand(tx, claim, []);
  });
  addCounts(run.counts, { parked: 1 });
}

async function parkWrites(
  tx: Tx,
  { ctx, runId }: PushRun,
  { ids, what, now }: { readonly ids: readonly string[]; readonly what: keyof typeof DID; readonly now: number },
): Promise<void> {
  const entities = await lockEntities(tx, ids.toSorted());
  const of = { streamId: ctx.stream.id, side: "push", mapping: ctx.stream.mappingVersion, runId, at: now } as const;
  await park(
    tx,
    of,
    ids.map((id) => crashed(id, what)),
  );
  await parkIntents(
    tx,
    ctx.stream.id,
    entities.map(({ id, version }) => ({ entityId: id, version })),
  );
}

/** How many processes in a row died while each of these was on its way, without those of which none did. */
export async function deathsAmong(
  parts: Pick<PushParts, "database" | "clock">,
  { ctx }: Pick<PushRun, "ctx">,
  intents: readonly IntentRow[],
): Promise<ReadonlyMap<string, number>> {
  // Whose try ended without an outcome was put off: of any other there is nothing to ask.
  const tried = intents.flatMap(({ entityId, tries }) => (tries > 0 ? [entityId] : []));
  return deathsOf(parts.database, ctx.stream.id, tried, parts.clock.now() - DEATHS_MS);
}

/**
 * The batches in which these go. What was on its way when a process died goes by few, after the rest, and then alone; what five in a row
 * died of is parked. An attempt that was stored before a death is found not to be done by the next process, which comes to its end well:
 * so this is counted for each write, and not for the lane.
 */
export async function inBatches(
  parts: PushParts,
  run: PushRun,
  intents: readonly IntentRow[],
): Promise<(readonly IntentRow[])[]> {
  const deaths = await deathsAmong(parts, run, intents);
  if (deaths.size === 0) return [intents];
  const killers = [...deaths].flatMap(([id, times]) => (times >= CRASHES_MAX ? [id] : []));
  if (killers.length > 0) {
    await parts.database.transaction(async (tx) => {
      await holdLane(tx, run.claim);
      await parkWrites(tx, run, { ids: killers, what: "sent", now: parts.clock.now() });
    });
    addCounts(run.counts, { parked: killers.length });
  }
  const rest = Map.groupBy(
    intents.filter(({ entityId }) => !killers.includes(entityId)),
    ({ entityId }) => Math.min(2, deaths.get(entityId) ?? 0),
  );
  const [whole = [], once = [], more = []] = [0, 1, 2].map((times) => rest.get(times));
  const size = Math.ceil(once.length / CUT);
  const few = Array.from({ length: Math.ceil(once.length / Math.max(1, size)) }, (_, at) =>
    once.slice(at * size, (at + 1) * size),
  );
  return [whole, ...few, ...more.map((one) => [one])].filter((batch) => batch.length > 0);
}
