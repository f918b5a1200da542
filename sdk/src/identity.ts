// By what a record is known again, so that sending it twice doubles nothing.
import { sha256 } from "./sha256.ts";

/** How a resource's records are known: names of their own id ("leadId", "lead_id"), whether an email address will do, and by names of references that will do together. */
export interface Identity {
  readonly ids: readonly string[];
  readonly email: boolean;
  readonly ends?: readonly (readonly string[])[];
}

/** "Lead ID", "lead_id" and "leadId" are one name. */
const loosely = (key: string): string => key.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, "");

/** Whether the record carries an id or an email address by which Winston knows it again. */
export function isKnown(record: object, identity: Identity): boolean {
  const said = new Set(
    Object.keys(record)
      .filter((key) => (record as Record<string, unknown>)[key])
      .map(loosely),
  );
  if (identity.ends?.every((names) => names.some((name) => said.has(name)))) return true;
  return Object.entries(record).some(([key, value]) => {
    if ((typeof value !== "string" && typeof value !== "number") || String(value).trim() === "") return false;
    const name = loosely(key);
    return (
      name === "id" || name === "externalid" || identity.ids.includes(name) || (identity.email && name === "email")
    );
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
