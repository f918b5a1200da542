// What a person chooses about a stream: checked against what is there before anything is stored, then stored in one step.
import { WinstonError } from "../base/errors.ts";
import type { Connector } from "../connector/contract.ts";
import { readConnections, readMapping, readStreams, setStreamSetting, type RulesRow } from "../store/connection.ts";
import type { Database } from "../store/database.ts";
import type { Lane } from "../store/lane.ts";
import type { Jobs } from "../jobs/jobs.ts";
import type { Catalog } from "./catalog.ts";
import { LAG_TARGET } from "./health.ts";
import type { StreamChange } from "./types.ts";
import { replaceRules } from "./versions.ts";

export interface StreamSettingsParts {
  readonly database: Database;
  readonly jobs: Pick<Jobs, "wake">;
  readonly catalog: Catalog;
  readonly connectors: Readonly<Record<string, Connector>>;
  readonly clock: { now(): number };
}

/** Throws not.found and rule.invalid; then nothing was changed. */
export async function changeStream(
  parts: StreamSettingsParts,
  streamId: number,
  change: StreamChange,
  actor: string,
): Promise<void> {
  const { database, catalog } = parts;
  const [stream] = await readStreams(database, { id: streamId });
  const [connection] = stream ? await readConnections(database, stream.connectionId) : [];
  if (!stream || !connection) throw new WinstonError("not.found", `There is no stream ${streamId}.`);
  const declaration = parts.connectors[connection.vendor]?.streams[stream.key];

  const rules = rulesAfter(stream.rules, change.filter);
  if (change.filter) {
    const document = await readMapping(database, stream.id, stream.mappingVersion);
    await catalog.compileFilter(database, stream, rules, await catalog.compile(database, stream, document, "skip"));
  }
  const at = parts.clock.now();
  await database.transaction(async (tx) => {
    const lanes: Lane[] = [];
    if (change.lagTargetMs !== undefined) await setStreamSetting(tx, stream.id, LAG_TARGET, change.lagTargetMs);
    if (rules.in !== stream.rules.in || rules.out !== stream.rules.out)
      lanes.push(...(await replaceRules(tx, stream, rules, { actor, at, creates: declaration?.create !== undefined })));
    await parts.jobs.wake(
      tx,
      lanes.map((lane) => ({ streamId: stream.id, lane })),
      "settings",
    );
  });
  catalog.forget();
}

/** Absent: as it was. Null: none. */
function rulesAfter(before: RulesRow, change: StreamChange["filter"]): RulesRow {
  const part = (key: "in" | "out"): string | undefined =>
    change?.[key] === undefined ? before[key] : (change[key] ?? undefined);
  const after = { in: part("in"), out: part("out") };
  return Object.fromEntries(Object.entries(after).filter(([, text]) => text !== undefined));
}
