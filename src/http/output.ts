// Records as people see them: one flat object per record, times as ISO 8601 text in UTC, custom fields apart.
import type { Field } from "../mapping/types.ts";
import type { Explanation, WhyRequest } from "../sync/explained.ts";
import type { StoredRecord } from "../sync/types.ts";

export const isoTime = (ms: number): string => new Date(ms).toISOString();
export const isoOrNull = (ms: number | null | undefined): string | null =>
  typeof ms === "number" ? isoTime(ms) : null;

/** What Winston itself says of every record of a kind: no custom field may take such a name. */
export function computedNames(kind: string): ReadonlySet<string> {
  const all = ["id", "externalId", "customFields", "version", "createdAt", "updatedAt", "deletedAt", "links"];
  return new Set(kind === "person" ? [...all, "name", "stage"] : all);
}

/** Makes the function that shows records of one kind. Every standard field is there, null where it is blank or unknown. */
export function recordShower(fields: readonly Field[]): (record: StoredRecord) => Record<string, unknown> {
  const standard = new Set(fields.map((field) => field.key));
  return (record) => {
    const person = record.kind === "person";
    const shown: Record<string, unknown> = { id: record.id, externalId: record.externalId };
    if (person) {
      const { firstName, lastName } = record.fields;
      shown.stage = record.stage;
      shown.name =
        [firstName, lastName]
          .filter((part): part is string => typeof part === "string")
          .join(" ")
          .trim() || null;
    }
    for (const key of standard) shown[key] = record.fields[key] ?? null;
    shown.customFields = Object.fromEntries(Object.entries(record.fields).filter(([key]) => !standard.has(key)));
    shown.version = record.version;
    shown.createdAt = isoTime(record.createdAt);
    shown.updatedAt = isoTime(record.updatedAt);
    shown.deletedAt = isoOrNull(record.deletedAt);
    if (record.links) shown.links = record.links;
    return shown;
  };
}

/** Why a thing is as it is, with times as text. */
export function showExplanation({ deletedAt, asOf, links, fields, ...rest }: Explanation): object {
  const request = (one: WhyRequest | null): object | null => (one === null ? null : { ...one, at: isoTime(one.at) });
  return {
    ...rest,
    deletedAt: isoOrNull(deletedAt),
    asOf: isoOrNull(asOf),
    links: links.map((link) => ({ ...link, linkedAt: isoTime(link.linkedAt) })),
    fields: fields.map(({ set, rule, places, ...field }) => ({
      ...field,
      set: {
        ...set,
        at: isoTime(set.at),
        request: request(set.request),
        waitedSince: isoOrNull(set.waitedSince),
        observed: { from: isoTime(set.observed.from), to: isoTime(set.observed.to) },
      },
      rule: rule === null ? null : { ...rule, at: isoTime(rule.at) },
      places: places.map(({ sent, ...place }) => ({
        ...place,
        sent: sent === null ? null : { ...sent, at: isoTime(sent.at), request: request(sent.request) },
      })),
    })),
  };
}
