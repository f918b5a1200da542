// Why a record and a thing of ours are taken for the same: what is kept of it with the link, and how it is told. Pure.
import type { JsonObject } from "../base/json.ts";
import type { LinkReason } from "../store/link.ts";
import type { StepOf, StreamContext } from "./context.ts";
import { DEAL_NAME, JOINED, type IdentityKey } from "./keys.ts";

/** Nobody knew the record: the thing here was made of it. */
export const NEW: LinkReason = { is: "new" };
/** Winston made the record, and the vendor said so or showed it. */
export const CREATED: LinkReason = { is: "created" };
/** The record carries Winston's id of the thing. */
export const HANDLE: LinkReason = { is: "handle" };
/** A tie is what it joins. */
export const ENDS: LinkReason = { is: "keys", of: { [JOINED]: null } };

/** The values by which the one free candidate was known. */
export function knownBy(keys: readonly IdentityKey[]): LinkReason {
  return { is: "keys", of: Object.fromEntries(keys.map(({ key, value }) => [key, value])) };
}

export function mergeAt(
  { connection }: Pick<StreamContext, "connection">,
  records: { readonly lost: string; readonly kept: string },
  { actor }: Pick<StepOf, "actor">,
): LinkReason {
  return { is: "merge", of: { at: connection.name, ...records, ...(actor === undefined ? {} : { by: actor }) } };
}

export function conversionAt(
  { connection }: Pick<StreamContext, "connection">,
  records: { readonly from: string; readonly to: string },
): LinkReason {
  return { is: "conversion", of: { at: connection.name, ...records } };
}

/** The reason in a sentence. null: the link is older than what is kept. */
export function reasonTold(is: LinkReason["is"] | null, of: JsonObject | null): string {
  const said = (name: string): string => {
    const value = of?.[name];
    return typeof value === "string" ? value : "?";
  };
  switch (is) {
    case null:
      return "It was linked before Winston kept why.";
    case "new":
      return "It was the first record of it: the thing here was made of this record.";
    case "created":
      return "Winston made this record of it.";
    case "handle":
      return "The record carries Winston's id of it.";
    case "keys":
      return keysTold(of ?? {});
    case "person":
      return `${said("by")} said that two were one, which brought this record along (pair ${said("pair")}).`;
    case "split":
      return `${said("by")} took this record out of ${said("entity")}, of which it is none.`;
    case "merge":
      return `${said("lost")} was merged into ${said("kept")} at ${said("at")}${of?.["by"] === undefined ? "" : `, as ${said("by")} asked`}.`;
    case "conversion":
      return `${said("from")} was converted into ${said("to")} at ${said("at")}.`;
  }
}

/** What a plan keeps of a link that it would make, with the sentence. */
export function withBecause(detail: JsonObject | null): JsonObject {
  const { reason = null, basis = null } = detail ?? {};
  return { reason, basis, because: reasonTold(reason as LinkReason["is"] | null, basis as JsonObject | null) };
}

const KEY_WORDS: Readonly<Record<string, string>> = { nameAndAccount: "name and account" };

function keysTold(of: JsonObject): string {
  const keys = Object.keys(of);
  if (keys.includes(JOINED)) return "It joins the same two.";
  const words = keys
    .filter((key) => key !== DEAL_NAME || !keys.includes("nameAndAccount"))
    .map((key) => (key in KEY_WORDS ? KEY_WORDS[key]! : `${key} ${JSON.stringify(of[key])}`));
  return `By its ${words.join(" and ")}, which only one thing without a record there had.`;
}
