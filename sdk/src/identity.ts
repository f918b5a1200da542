// By what a record is known again, so that sending it twice doubles nothing.
import { sha256 } from "./sha256.ts";

/** "Lead ID", "lead_id" and "leadId" are one name. */
const loosely = (key: string): string => key.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, "");

/** Whether the record carries an id of its own: under one of the `exact` keys, or under "id", "externalId" or one of the `ids`, however written. */
export function hasOwnId(record: object, exact: readonly string[], ids: readonly string[]): boolean {
  return Object.entries(record).some(([key, value]) => {
    if ((typeof value !== "string" && typeof value !== "number") || String(value).trim() === "") return false;
    if (exact.includes(key)) return true;
    const name = loosely(key);
    return name === "id" || name === "externalid" || ids.includes(name);
  });
}

/** "content:" and the first 128 bits of the SHA-256 of what the record says, whatever the order of its keys. */
export function contentId(record: object): string {
  return `content:${sha256(JSON.stringify(sorted(JSON.parse(JSON.stringify(record))))).slice(0, 32)}`;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, one]) => [key, sorted(one)]));
}
