// What a person chooses about a stream: checked against what is there before anything is stored, then stored in one step.
import { WinstonError } from "../base/errors.ts";
import type { StreamDeclaration } from "../connector/contract.ts";
import {
  readMapping,
  setStreamSetting,
  updateStream,
  type RulesRow,
  type StreamChoices,
  type StreamRow,
} from "../store/connection.ts";
import type { Tx } from "../store/database.ts";
import { forgetUrgency } from "../store/intent.ts";
import type { Lane } from "../store/lane.ts";
import type { Catalog } from "./catalog.ts";
import { LAG_TARGET } from "./health.ts";
import { longestGapMs } from "./schedule.ts";
import type { StreamChange } from "./types.ts";
import { replaceRules, type VersionBy } from "./versions.ts";

/** Puts a change in force, and returns the lanes that are due then. Throws request.invalid and rule.invalid; then nothing was changed. */
export async function changeStream(
  tx: Tx,
  catalog: Pick<Catalog, "compile" | "compileFilter" | "compileCritical">,
  { stream, declaration }: { readonly stream: StreamRow; readonly declaration: StreamDeclaration | undefined },
  change: StreamChange,
  by: VersionBy,
): Promise<readonly Lane[]> {
  const rules = rulesAfter(stream.rules, change.filter);
  const to = choicesAfter(stream, change, by.at);
  const mayWrite = declaration?.create !== undefined || declaration?.update !== undefined;
  if (to.direction !== "in" && stream.direction === "in" && !mayWrite)
    throw invalid("/direction", `Stream ${stream.key} can only be read: the vendor takes nothing there.`);
  if (change.filter) {
    const document = await readMapping(tx, stream.id, stream.mappingVersion);
    await catalog.compileFilter(tx, stream, rules, await catalog.compile(tx, stream, document, "skip"));
  }
  if (change.critical) await catalog.compileCritical(tx, { ...stream, ...to });

  await updateStream(tx, stream.id, to);
  if (change.lagTargetMs !== undefined) await setStreamSetting(tx, stream.id, LAG_TARGET, change.lagTargetMs);
  if (to.critical !== stream.critical) await forgetUrgency(tx, stream.id);
  const after = { ...stream, ...to };
  const readsAnew =
    rules.in !== stream.rules.in ||
    rules.out !== stream.rules.out ||
    to.direction !== stream.direction ||
    to.backfillSince !== stream.backfillSince;
  const lanes: Lane[] = [];
  if (readsAnew)
    lanes.push(...(await replaceRules(tx, after, rules, { ...by, creates: Boolean(declaration?.create) })));
  if (after.direction !== "out") lanes.push("batch");
  if (after.direction !== "in") lanes.push("push");
  return lanes;
}

/** Absent: as it was. Null: none. */
function rulesAfter(before: RulesRow, change: StreamChange["filter"]): RulesRow {
  const part = (key: "in" | "out"): string | undefined =>
    change?.[key] === undefined ? before[key] : (change[key] ?? undefined);
  const after = { in: part("in"), out: part("out") };
  return Object.fromEntries(Object.entries(after).filter(([, text]) => text !== undefined));
}

function choicesAfter(stream: StreamRow, change: StreamChange, now: number): StreamChoices {
  const strategy = change.strategy ?? stream.strategy;
  const critical = strategy === "hybrid" ? (change.critical ?? stream.critical) : null;
  if (strategy === "hybrid" && critical === null)
    throw invalid(
      "/critical",
      'A hybrid stream needs a condition that says what is critical, as critical: "amount.amount > 10000".',
    );
  if (strategy !== "hybrid" && change.critical)
    throw invalid("/critical", `Only a hybrid stream has critical records, and stream ${stream.key} is ${strategy}.`);
  return {
    strategy,
    critical,
    ...scheduleAfter(stream, change.schedule, now),
    direction: change.direction ?? stream.direction,
    approval: change.approval ?? stream.approval,
    deletes: change.deletes ?? stream.deletes,
    backfillSince: change.backfillSince === undefined ? stream.backfillSince : change.backfillSince,
    enabled: change.enabled ?? stream.enabled,
  };
}

function scheduleAfter(
  before: StreamRow,
  change: StreamChange["schedule"],
  now: number,
): Pick<StreamRow, "everyMs" | "cron" | "zone"> {
  if (change === undefined) return { everyMs: before.everyMs, cron: before.cron, zone: before.zone };
  if ("everyMs" in change) return { everyMs: change.everyMs, cron: null, zone: null };
  const { cron, zone = "UTC" } = change;
  return { everyMs: longestGapMs(cron, zone, now), cron, zone };
}

const invalid = (pointer: string, message: string): WinstonError =>
  new WinstonError("request.invalid", message, { problems: [{ pointer, code: "stream", message }] });
