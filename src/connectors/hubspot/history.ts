// When a deal entered each of its stages, as HubSpot itself wrote it down.
import type { Api } from "../../connector/api.ts";
import { expectedList } from "./errors.ts";
import { pathsOf, settingsOf } from "./settings.ts";

/** Read only where a mapping asks for it: it costs one more call for each fifty deals. */
export const HISTORY = { field: "history.dealstage", label: "Stages with the times they began", property: "dealstage" };

/** A batch read with history takes fewer inputs than one without (Objects guide). */
const HISTORY_MAX = 50;

interface Entry {
  /** The stage's id. */
  readonly value: string;
  /** ISO, UTC. */
  readonly at: string;
}

/** Stage histories by deal id, oldest first. */
export async function histories(
  api: Api,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, readonly Entry[]>> {
  const found = new Map<string, readonly Entry[]>();
  const path = pathsOf(settingsOf(api)).objects("deals", "/batch/read");
  for (let at = 0; at < ids.length; at += HISTORY_MAX) {
    const inputs = ids.slice(at, at + HISTORY_MAX).map((id) => ({ id }));
    const answer = await api.post<{
      results: readonly {
        id: string;
        propertiesWithHistory?: Readonly<Record<string, readonly { value: string; timestamp: string }[]>>;
      }[];
    }>(path, { inputs, properties: [], propertiesWithHistory: [HISTORY.property] }, { repeatable: true, signal });
    expectedList(answer?.results, "a list of records");
    for (const { id, propertiesWithHistory } of answer.results) {
      const entries = propertiesWithHistory?.[HISTORY.property];
      if (!entries) continue;
      // Nothing but milliseconds: the same moment must not be written in two ways.
      const list = entries.map(({ value, timestamp }) => ({ value, at: new Date(timestamp).toISOString() }));
      found.set(
        id,
        list.toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0)),
      );
    }
  }
  return found;
}
