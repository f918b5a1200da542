// What HubSpot itself wrote down of a property: when a deal entered each of its stages, and whether a person set what stands there.
import type { Api } from "../../connector/api.ts";
import { expectedList } from "./errors.ts";
import { pathsOf, settingsOf } from "./settings.ts";
import { isProperty, type ObjectFacts } from "./stream.ts";

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

/** One value that a property had. */
interface Version {
  readonly value: string;
  readonly timestamp: string;
  /** `userId:` and a number where somebody set it in HubSpot's own pages or apps (developer changelog, "CRM property change source"). */
  readonly sourceId?: string | null;
}

/** Stage histories by deal id, oldest first. */
export async function histories(
  api: Api,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, readonly Entry[]>> {
  const found = new Map<string, readonly Entry[]>();
  for await (const [id, versions] of versionsOf(api, "deals", { ids, properties: [HISTORY.property], signal })) {
    const entries = versions[HISTORY.property];
    if (!entries) continue;
    // Nothing but milliseconds: the same moment must not be written in two ways.
    const list = entries.map(({ value, timestamp }) => ({ value, at: new Date(timestamp).toISOString() }));
    found.set(
      id,
      list.toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0)),
    );
  }
  return found;
}

/** Of these records, the properties whose value a person set last. Of associations HubSpot does not tell. */
export async function setByPeople(
  api: Api,
  { object }: Pick<ObjectFacts, "object">,
  { ids, fields, signal }: { ids: readonly string[]; fields: readonly string[]; signal: AbortSignal },
): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const found = new Map<string, ReadonlySet<string>>();
  const properties = fields.filter(isProperty);
  if (properties.length === 0) return found;
  for await (const [id, versions] of versionsOf(api, object, { ids, properties, signal })) {
    const isByPerson = (name: string): boolean => {
      const newest = versions[name]?.toSorted((a, b) => Date.parse(b.timestamp) - Date.parse(a.timestamp))[0];
      return /^userId:\d+$/u.test(newest?.sourceId ?? "");
    };
    found.set(id, new Set(properties.filter(isByPerson)));
  }
  return found;
}

async function* versionsOf(
  api: Api,
  object: string,
  asked: { ids: readonly string[]; properties: readonly string[]; signal: AbortSignal },
): AsyncGenerator<[string, Readonly<Record<string, readonly Version[]>>]> {
  const { ids, properties, signal } = asked;
  const path = pathsOf(settingsOf(api)).objects(object, "/batch/read");
  for (let at = 0; at < ids.length; at += HISTORY_MAX) {
    const inputs = ids.slice(at, at + HISTORY_MAX).map((id) => ({ id }));
    const answer = await api.post<{
      results: readonly { id: string; propertiesWithHistory?: Readonly<Record<string, readonly Version[]>> }[];
    }>(path, { inputs, properties: [], propertiesWithHistory: [...properties] }, { repeatable: true, signal });
    expectedList(answer?.results, "a list of records");
    for (const { id, propertiesWithHistory } of answer.results) yield [id, propertiesWithHistory ?? {}];
  }
}
