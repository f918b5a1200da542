// Two records of one vendor that are one thing, merged there because a person said so; then followed like any merge seen at a vendor.
import { isError, WinstonError, type VendorWords } from "../base/errors.ts";
import type { JsonObject } from "../base/json.ts";
import type { Api } from "../connector/api.ts";
import type { RowOutcome, VendorRecord } from "../connector/contract.ts";
import { lockDuplicate, type DuplicateRow } from "../store/duplicate.ts";
import type { Tx } from "../store/database.ts";
import { lockEntities, readEntities, type EntityRow } from "../store/entity.ts";
import { closeAttempts, insertAttempts, type AttemptRow, underWay } from "../store/intent.ts";
import { activeLinks } from "../store/link.ts";
import { applyRecords } from "./apply.ts";
import type { ConnectionParts } from "./connect.ts";
import type { StreamContext } from "./context.ts";
import { writeProblemOf } from "./leave.ts";
import type { SaveParts } from "./save.ts";
import type { MergedAt } from "./types.ts";

export interface MergeParts extends SaveParts {
  readonly clock: { now(): number; sleep(ms: number, signal?: AbortSignal): Promise<void> };
  readonly open: ConnectionParts["open"];
}

/** The two records at one connection. */
interface Place {
  readonly ctx: StreamContext;
  readonly keep: string;
  readonly lose: string;
}

/** What is known of a merge that was asked for. `unclear`: the record is gone, and the vendor's deletions tell whether into the other. */
type Known =
  | { readonly state: "done"; readonly survivor: string }
  | { readonly state: "not done"; readonly words: VendorWords | null }
  | { readonly state: "unclear" };

/** A call that has no answer by then is given up; its attempt counts as lost a minute later, and the push lane settles it. */
const CALL_MS = 60_000;
export const MERGE_LOST_MS = 2 * CALL_MS;

/**
 * Merges the two records of a pair at every connection where both live, in the order the connections were made, and follows at once: one
 * entity takes in the other. Returns what was done where. Throws not.found, request.conflict where no vendor can or may do it,
 * vendor.refused and vendor.unknown_outcome; what was merged before that is followed, and the sentence says so.
 */
export async function mergeAtVendors(
  parts: MergeParts,
  of: { readonly id: string; readonly keep?: "left" | "right" | undefined; readonly actor: string },
): Promise<MergedAt[]> {
  const { database, clock } = parts;
  const { winner, loser, places } = await database.transaction((tx) => plan(parts, tx, of));
  const done: { place: Place; survivor: string }[] = [];
  const followAll = async (tx: Tx): Promise<void> => {
    for (const one of done) await follow(parts, tx, one.place, one.survivor, of.actor);
  };
  for (const [index, place] of places.entries()) {
    let known: Known;
    try {
      const attempt = await begin(parts, place, loser.id);
      known = await carryOut(parts, place, attempt);
      if (known.state === "done") done.push({ place, survivor: known.survivor });
      await database.transaction(async (tx) => {
        await closeAttempts(tx, [outcomeOf(attempt, place, known)], clock.now());
        if (index === places.length - 1 || known.state !== "done") await followAll(tx);
        if (known.state !== "not done") await wake(parts, tx, place.ctx);
      });
    } catch (thrown) {
      if (done.length === 0 || !isError(thrown)) throw thrown;
      await database.transaction(followAll);
      throw new WinstonError(thrown.code, `${told(done)}${thrown.message}`, { cause: thrown });
    }
    if (known.state !== "done") throw unfinished(place, known, done);
  }
  const [left] = await readEntities(database, [loser.id]);
  if (left && left.mergedInto === null)
    throw new WinstonError(
      "vendor.bad_answer",
      `${told(done)}The records it was about were moved meanwhile, so ${winner.id} and ${loser.id} are still two here. Winston reads them again; see winston duplicates list.`,
    );
  return done.map(shown);
}

/** Settles what a process left behind that was killed while it merged: both records are read, and what is found is followed. */
export async function settleMerges(
  parts: Pick<MergeParts, "database" | "jobs" | "newId"> & { clock: { now(): number }; api: Api },
  run: { readonly ctx: StreamContext; readonly signal: AbortSignal; readonly hold: (tx: Tx) => Promise<void> },
  attempts: readonly AttemptRow[],
): Promise<void> {
  for (const attempt of attempts) {
    const place = { ctx: run.ctx, keep: attempt.body["keep"] as string, lose: attempt.recordId! };
    const known = await look(parts.api, place, run.signal);
    await parts.database.transaction(async (tx) => {
      await run.hold(tx);
      await closeAttempts(tx, [outcomeOf(attempt, place, known)], parts.clock.now());
      if (known.state === "done") await follow(parts, tx, place, known.survivor, null);
      if (known.state !== "not done") await wake(parts, tx, run.ctx);
    });
  }
}

/** Which records are to be merged where, on locked rows; refused before anything is sent where one of the places cannot. */
async function plan(
  parts: MergeParts,
  tx: Tx,
  of: { id: string; keep?: "left" | "right" | undefined },
): Promise<{ winner: EntityRow; loser: EntityRow; places: Place[] }> {
  const pair = await lockDuplicate(tx, of.id);
  if (!pair) throw new WinstonError("not.found", `There is no pair ${of.id}; \`winston duplicates list\` shows them.`);
  const { winner, loser } = sidesOf(pair, await lockEntities(tx, [pair.leftId, pair.rightId].toSorted()), of.keep);
  if (await underWay(tx, [winner.id, loser.id])) throw busy();
  const links = await activeLinks(tx, [winner.id, loser.id], null);
  const places: Place[] = [];
  for (const kept of links.filter((link) => link.entityId === winner.id)) {
    const lost = links.find((link) => link.entityId === loser.id && link.connectionId === kept.connectionId);
    if (!lost) continue;
    const ctx = await parts.catalog.context(tx, kept.streamId).catch((thrown: unknown) => {
      if (isError(thrown, "not.found")) return undefined; // Its connection was removed.
      throw thrown;
    });
    if (!ctx) continue;
    const place = { ctx, keep: kept.recordId, lose: lost.recordId };
    refuseWhereItCannot(place, lost.streamId);
    places.push(place);
  }
  if (places.length === 0)
    throw new WinstonError(
      "request.conflict",
      `The two of pair ${of.id} do not live at one connection, so no vendor has anything to merge. \`winston duplicates link ${of.id}\` makes them one here.`,
    );
  const age = ({ ctx: { connection } }: Place): string =>
    `${String(connection.createdAt).padStart(16, "0")} ${connection.id}`;
  return { winner, loser, places: places.toSorted((a, b) => (age(a) < age(b) ? -1 : 1)) };
}

/** Which of the two stays: the one a person named, else the older, except that a contact takes in a lead. Throws request.conflict where one is gone. */
export function sidesOf(
  pair: DuplicateRow,
  rows: readonly EntityRow[],
  keep?: "left" | "right",
): { winner: EntityRow; loser: EntityRow } {
  if (pair.state === "same") throw madeOne(pair.id);
  if (rows.length < 2 || rows.some((row) => row.deletedAt !== null))
    throw new WinstonError(
      "request.conflict",
      `One of the pair ${pair.id} is no longer there, so there is nothing to make one; dismiss the pair.`,
    );
  const [older, younger] = rows as [EntityRow, EntityRow];
  const named = keep === undefined ? undefined : keep === "left" ? pair.leftId : pair.rightId;
  const isYounger =
    named === undefined ? younger.stage === "contact" && older.stage !== "contact" : named === younger.id;
  return isYounger ? { winner: younger, loser: older } : { winner: older, loser: younger };
}

export const madeOne = (id: string): WinstonError =>
  new WinstonError(
    "request.conflict",
    `The pair ${id} was made one already; unlink takes a vendor's record out of it again.`,
  );

export const busy = (): WinstonError =>
  new WinstonError(
    "request.conflict",
    "A write of it is under way at a vendor. Ask again when it is done; `winston runs watch` shows when.",
  );

function refuseWhereItCannot({ ctx, keep, lose }: Place, otherStream: number): void {
  const { connection, stream, declaration, connector } = ctx;
  const both = `Both live at the connection ${connection.name}, as ${keep} and ${lose}`;
  const refuse = (why: string): never => {
    throw new WinstonError("request.conflict", `${both}, ${why}`);
  };
  if (otherStream !== stream.id) {
    const other = [...ctx.siblings.values()].find((one) => one.id === otherStream);
    refuse(
      `one of them among its ${stream.key}s and the other among its ${other?.key ?? "other"}s, and ${connector.title} merges only records of one kind. Make them the same kind there first, for example by converting the lead to that contact; Winston follows.`,
    );
  }
  if (!declaration.merge)
    refuse(`and ${connector.title} offers programs no way to merge them. Merge them there; Winston follows.`);
  if (connection.mode !== "write")
    refuse(
      `and Winston may not write there (its mode is ${connection.mode}). Merge them there, or let Winston write: winston connections mode ${connection.name} write`,
    );
  if (stream.approval === "plan")
    refuse(
      `where writes of the stream ${stream.key} wait for a plan that somebody approves, and no plan holds a merge. Merge them there; Winston follows. Or let the stream write by itself: winston streams set ${stream.key} --connection ${connection.name} --approval auto`,
    );
  if (connection.paused) refuse(`which is paused. Let it go on first: winston connections resume ${connection.name}`);
  const withheld = writeProblemOf(connection);
  if (withheld !== null) refuse(`where nothing may be written: ${withheld}`);
  if (connection.quarantinedAt !== null)
    refuse("where Winston only reads until all is known again after a restore. See when it is: winston restored");
  if (connection.problem !== null || !stream.enabled || stream.direction === "in")
    refuse(`which Winston cannot write to now${connection.problem === null ? "" : `: ${connection.problem}`}`);
}

/** The attempt is stored before the call, on locked entities: nobody else writes to them at this stream meanwhile. */
function begin({ database, clock, newId }: MergeParts, place: Place, loserId: string): Promise<AttemptRow> {
  return database.transaction(async (tx) => {
    const [loser] = await lockEntities(tx, [loserId]);
    if (await underWay(tx, [loserId])) throw busy();
    const attempt: AttemptRow = {
      id: newId(),
      streamId: place.ctx.stream.id,
      epoch: 0,
      op: "merge",
      entityId: loserId,
      recordId: place.lose,
      handle: null,
      version: loser!.version,
      sent: {},
      body: { keep: place.keep },
      fillers: {},
      unsent: [],
      before: null,
      runId: null,
      at: clock.now(),
    };
    await insertAttempts(tx, [attempt]);
    return attempt;
  });
}

/** Calls the vendor. An outcome that is not known is settled by reading both records. */
async function carryOut(parts: MergeParts, place: Place, attempt: AttemptRow): Promise<Known> {
  const { database, clock } = parts;
  const way = parts.open(place.ctx, { lane: "interactive", runId: null });
  const [late, done] = [new AbortController(), new AbortController()];
  clock.sleep(CALL_MS, done.signal).then(
    () => late.abort(new WinstonError("vendor.unavailable", `${place.ctx.connector.title} did not answer in time.`)),
    () => {},
  );
  try {
    const outcome = await callMerge(way.api, place, late.signal);
    if (outcome.state === "done") return { state: "done", survivor: outcome.id };
    if (outcome.state === "failed") return { state: "not done", words: outcome.vendor };
    return await look(way.api, place, undefined);
  } catch (thrown) {
    // Certainly not sent, or it can be read what came of it; where it cannot be read now, the attempt stays for the push lane.
    if (isError(thrown, "vendor.unknown_outcome")) throw thrown;
    await database.transaction((tx) =>
      closeAttempts(tx, [outcomeOf(attempt, place, { state: "not done", words: null })], clock.now()),
    );
    throw thrown;
  } finally {
    done.abort();
    await way.close();
  }
}

async function callMerge(api: Api, { ctx, keep, lose }: Place, signal: AbortSignal): Promise<RowOutcome> {
  try {
    return await ctx.declaration.merge!(api, { keep, lose, signal });
  } catch (thrown) {
    if (isError(thrown, "vendor.unknown_outcome", "vendor.bad_answer"))
      return { state: "unknown", why: thrown.message };
    throw thrown;
  }
}

/** What became of a merge, by what both records are now. Throws vendor.unknown_outcome where they cannot be read. */
async function look(api: Api, { ctx, keep, lose }: Place, signal: AbortSignal | undefined): Promise<Known> {
  const asked = { ids: [keep, lose], fields: ctx.mapping.vendorFields, signal: signal ?? new AbortController().signal };
  let found: VendorRecord | null;
  try {
    found = (await ctx.declaration.read!(api, asked))[1] ?? null;
  } catch (thrown) {
    signal?.throwIfAborted();
    throw new WinstonError(
      "vendor.unknown_outcome",
      `Whether ${ctx.connector.title} merged ${lose} into ${keep} is not known, and it cannot be read now. Winston looks again in some minutes and follows what happened.`,
      { cause: thrown },
    );
  }
  if (found?.mergedInto !== undefined) return { state: "done", survivor: found.mergedInto };
  if (found === null || found.deleted) return { state: "unclear" };
  return found.id === lose ? { state: "not done", words: null } : { state: "done", survivor: found.id };
}

/** As if the vendor had told: the record that stays first, which may have a new id, so that its entity takes in the other. */
async function follow(
  parts:
    | Pick<MergeParts, "clock" | "newId" | "jobs">
    | { clock: { now(): number }; newId: () => string; jobs: MergeParts["jobs"] },
  tx: Tx,
  { ctx, keep, lose }: Place,
  survivor: string,
  actor: string | null,
): Promise<void> {
  const ids = [keep, lose].filter((id) => id !== survivor);
  const of = {
    now: parts.clock.now(),
    runId: null,
    lastLook: null,
    newId: parts.newId,
    ...(actor === null ? {} : { actor }),
  };
  const owing = new Set<number>();
  for (const id of ids) {
    const gone: VendorRecord = { id, changedAt: null, version: null, fields: {}, mergedInto: survivor };
    for (const streamId of (await applyRecords(tx, ctx, [gone], of)).owing) owing.add(streamId);
  }
  await parts.jobs.wake(
    tx,
    [...owing].map((streamId) => ({ streamId, lane: "push" as const })),
    "merged",
  );
}

async function wake(parts: Pick<MergeParts, "jobs">, tx: Tx, { stream }: StreamContext): Promise<void> {
  if (stream.direction !== "out") await parts.jobs.wake(tx, [{ streamId: stream.id, lane: "batch" }], "merged");
}

function outcomeOf(
  attempt: AttemptRow,
  { keep, lose }: Place,
  known: Known,
): Parameters<typeof closeAttempts>[1][number] {
  const survivor = known.state === "done" ? known.survivor : null;
  return {
    attempt,
    outcome: known.state === "done" ? "done" : known.state === "unclear" ? "unknown" : "failed",
    recordId: lose,
    returned: { keep, survivor },
    vendor: known.state === "not done" && known.words !== null ? (known.words as unknown as JsonObject) : null,
  };
}

const shown = ({ place, survivor }: { place: Place; survivor: string }): MergedAt => ({
  connection: place.ctx.connection.name,
  stream: place.ctx.stream.key,
  kept: place.keep,
  lost: place.lose,
  survivor,
});

const told = (done: readonly { place: Place }[]): string =>
  done.map(({ place }) => `${place.lose} was merged into ${place.keep} at ${place.ctx.connection.name}. `).join("");

/** What to tell where a merge did not go through; what was merged elsewhere stands. */
function unfinished(
  { ctx, keep, lose }: Place,
  known: Exclude<Known, { state: "done" }>,
  done: readonly { place: Place; survivor: string }[],
): WinstonError {
  const { title } = ctx.connector;
  if (known.state === "unclear")
    return new WinstonError(
      "vendor.unknown_outcome",
      `${told(done)}${title} did not say whether it merged ${lose} into ${keep}; ${lose} is no longer there. Winston reads its deletions now and follows what happened.`,
    );
  const words = known.words === null ? "did not carry it out" : `refused: ${known.words.code}: ${known.words.message}`;
  const rest = done.length > 0 ? `merge ${lose} into ${keep} there, and Winston follows` : "nothing was changed";
  return new WinstonError(
    "vendor.refused",
    `${told(done)}${title} ${words}; ${rest}.`,
    known.words === null ? {} : { vendor: known.words },
  );
}
