// Numbers, times and counts as people read them.

/** 1,234 */
export const count = (n: number): string => n.toLocaleString("en-US");

/** "1 lead", "2 leads". */
export const counted = (n: number, one: string, many: string = `${one}s`): string =>
  `${count(n)} ${n === 1 ? one : many}`;

/** 340 ms, 2.4 s, 3 min 20 s, 2 h 5 min. */
export function duration(ms: number): string {
  if (ms < 995) return `${Math.round(ms)} ms`;
  const seconds = ms / 1000;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const minutes = Math.floor(Math.round(seconds) / 60);
  if (minutes < 60) return `${minutes} min ${Math.round(seconds) % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** 512 bytes, 1.5 kB, 3.2 GB. */
export function bytes(n: number): string {
  for (const [unit, size] of [
    ["GB", 1e9],
    ["MB", 1e6],
    ["kB", 1e3],
  ] as const) {
    if (n >= size) return `${(n / size).toFixed(1)} ${unit}`;
  }
  return `${n} bytes`;
}

/** A time of the API as people read it, in UTC and to the second: 2026-01-05 09:00:00. */
export const moment = (iso: string | null | undefined): string =>
  iso === null || iso === undefined ? "" : iso.replace("T", " ").replace(/\.\d+Z$|Z$/u, "");

/** "a", "a and b", "a, b and c"; or "a or b". */
export function listed(words: readonly string[], joint: "and" | "or" = "and"): string {
  return words.length < 2 ? (words[0] ?? "") : `${words.slice(0, -1).join(", ")} ${joint} ${words.at(-1)}`;
}

/** What a value of a reference names, in place of its id; any other value as it is. */
export const nameFor = (value: unknown, names: Readonly<Record<string, string>>): unknown =>
  typeof value === "string" && Object.hasOwn(names, value) ? names[value] : value;

/** A value in words; of a reference, the name of what it names with its id. */
export function naming(value: unknown, names: Readonly<Record<string, string>>): string {
  if (value === null || value === undefined) return "(blank)";
  if (typeof value !== "string") return JSON.stringify(value);
  return Object.hasOwn(names, value) ? `${names[value]} (${value})` : value;
}
