// What differs between two configurations, thing by thing. Pure.
import { equalJson, type Json, type JsonObject } from "../base/json.ts";
import type { ConfigChange, ConfigDocument } from "./types.ts";

/** Blank (absent, null) to a value is `+`, the other way `-`. What equals gives nothing. */
export function differences(before: ConfigDocument, after: ConfigDocument): ConfigChange[] {
  return below("", before as unknown as Json, after as unknown as Json);
}

function below(path: string, old: Json | undefined, next: Json | undefined): ConfigChange[] {
  const [from, to] = [old ?? null, next ?? null];
  if (equalJson(from, to)) return [];
  if (isObject(from) && isObject(to)) {
    if (path.endsWith(".mapping")) return mappings(path, from, to);
    // A schedule is one thing: half of one says nothing.
    if (!path.endsWith(".schedule"))
      return [...new Set([...Object.keys(from), ...Object.keys(to)])].flatMap((key) =>
        below(path === "" ? key : `${path}.${key}`, from[key], to[key]),
      );
  }
  return [{ sign: from === null ? "+" : to === null ? "-" : "~", path, old: from, new: to }];
}

function mappings(path: string, from: JsonObject, to: JsonObject): ConfigChange[] {
  const [old, next] = [rowsByName(from), rowsByName(to)];
  const others = [...new Set([...Object.keys(from), ...Object.keys(to)])].filter((key) => key !== "rows");
  const found = [
    ...others.flatMap((key) => below(`${path}.${key}`, from[key], to[key])),
    ...[...new Set([...old.keys(), ...next.keys()])].flatMap((name) =>
      rowChange(`${path}.rows[${name}]`, old.get(name) ?? null, next.get(name) ?? null),
    ),
  ];
  if (found.length > 0) return found;
  const names = (rows: ReadonlyMap<string, Json>): string => [...rows.keys()].join(", ");
  return [{ sign: "~", path: `${path}.rows`, old: `in order: ${names(old)}`, new: `in order: ${names(next)}` }];
}

function rowChange(path: string, from: Json, to: Json): ConfigChange[] {
  if (equalJson(from, to)) return [];
  return [{ sign: from === null ? "+" : to === null ? "-" : "~", path, old: from, new: to }];
}

/** By the name of Winston's field; of several rows of one field, also by the vendor's. */
function rowsByName(document: JsonObject): Map<string, Json> {
  const named = new Map<string, Json>();
  for (const row of (document["rows"] ?? []) as JsonObject[]) {
    const names = [row["field"], row["record"]].map((one) => ([one].flat() as string[]).join(" + "));
    const free = [
      names[0]!,
      names.join(" / "),
      ...Array.from({ length: 1000 }, (_, at) => `${names.join(" / ")} ${at + 2}`),
    ];
    named.set(
      free.find((name) => !named.has(name))!,
      row,
    );
  }
  return named;
}

const isObject = (value: Json): value is JsonObject =>
  value !== null && typeof value === "object" && !Array.isArray(value);
