// Versions of a vendor's API that a connection speaks and that end: told months before, for whoever runs Winston must do something. Pure.
import type { JsonObject } from "../base/json.ts";
import type { Connector } from "../connector/contract.ts";

export interface VersionEnding {
  readonly version: string;
  /** Milliseconds. */
  readonly endsAt: number;
  /** What ends when, and the one thing a person can do. */
  readonly message: string;
  /** So near that it cannot wait, or over. */
  readonly near: boolean;
}

const DAY_MS = 86_400_000;
/** So long before its end a version is told of, and so long before it is urgent. */
const TOLD_MS = 180 * DAY_MS;
const NEAR_MS = 30 * DAY_MS;

/** Those of a connection that are to be told of now, the nearest first. */
export function versionEndings(
  connector: Pick<Connector, "title" | "versionEnds"> | undefined,
  settings: JsonObject,
  now: number,
): readonly VersionEnding[] {
  const ends = connector?.versionEnds?.(settings) ?? [];
  return ends
    .filter(({ endsAt }) => endsAt - now <= TOLD_MS)
    .toSorted((a, b) => a.endsAt - b.endsAt)
    .map(({ version, endsAt, instead }) => ({
      version,
      endsAt,
      message: `${connector!.title} ${endsAt <= now ? "ended" : "ends"} version ${version} of its API on ${new Date(endsAt).toISOString().slice(0, 10)}, which this connection speaks. ${instead}`,
      near: endsAt - now <= NEAR_MS,
    }));
}
