// What a test or a person can turn: how the simulated portal behaves.
import type { Random } from "../../base/random.ts";
import { FaultDials } from "../shared/dials.ts";

export interface DialSettings {
  /** Added to every answer, in milliseconds. */
  latencyMs: number;
  /** Up to this many milliseconds more, at random. */
  jitterMs: number;
  /** Records per page of a list at most; the vendor's own most is 100. */
  pageSize: number;
  /** A new or changed record shows in search this much after its change, in milliseconds. */
  searchLagMs: number;
  /** Up to this many milliseconds more, at random for each change: a later change can show before an earlier one. */
  searchJitterMs: number;
  /** Search reads this far and no further; the vendor's wall is 10,000. */
  searchWall: number;
  /** Searches in any second, for the whole account. */
  searchesPerSecond: number;
  /** Calls of the OAuth app in any 10 seconds. */
  oauthCallsPer10s: number;
  /** Calls of the private app in any 10 seconds. */
  privateCallsPer10s: number;
  /** The account's time zone: its day begins at midnight there. */
  timeZone: string;
  /** Calls of all private apps from midnight to midnight of the account's zone. */
  dailyCap: number;
  /** Share of API calls answered 503, 0 to 1. */
  rate503: number;
  /** An access token lives this long, in milliseconds. */
  tokenMs: number;
  /** Each refresh returns a new refresh token and kills the old one. */
  rotateRefreshTokens: boolean;
  /** What the app was granted; everything when null. */
  scopes: string[] | null;
  /** A merge keeps the primary record's id instead of making a new one (the vendor's beta). */
  mergeKeepsPrimaryId: boolean;
  /** Reading or writing an id that was merged away leads to the record it is in now; otherwise it is not found. */
  mergedIdsRedirect: boolean;
  /** What an attempt to move lifecyclestage back does: nothing, with a 200, or a 400. */
  lifecycleBack: "ignore" | "refuse";
  /** A write that changes nothing still moves the last-modified stamp. */
  touchOnNoChange: boolean;
  /** Making or removing an association moves the last-modified stamps of both records. */
  associationsTouch: boolean;
  /** Writing a label takes away the other labels of that pair; otherwise it joins them. */
  labelsReplace: boolean;
  /** An upsert by e-mail address empties the properties it does not name. */
  emailUpsertLosesRest: boolean;
  /** Records may be given to an owner who was deactivated. */
  inactiveOwnersAssignable: boolean;
  /** Whether numbered paths (v1 to v4) still answer; the vendor switches them off in 2027. */
  numberedPaths: boolean;
  /** An administrator's rule: properties a new record must have, by object; enforced on the 2026-09 paths only. */
  requiredProperties: Record<string, string[]> | null;
  /** The same where one property has a value, of whatever is written: a write that leaves one of the others empty is refused (changelog of 2026-09). */
  conditionalProperties: { object: string; when: string; is: string; requires: string[] }[];
  /** Values that a property does not take, by an administrator's validation rule or because the vendor says so: any, where none is given. */
  valueRules: { object: string; property: string; value?: string; error: string; message: string }[];
}

export const defaultDials = (): DialSettings => ({
  latencyMs: 0,
  jitterMs: 0,
  pageSize: 100,
  searchLagMs: 2_000,
  searchJitterMs: 0,
  searchWall: 10_000,
  searchesPerSecond: 5,
  oauthCallsPer10s: 110,
  privateCallsPer10s: 190,
  timeZone: "UTC",
  dailyCap: 625_000,
  rate503: 0,
  tokenMs: 1_800_000,
  rotateRefreshTokens: false,
  scopes: null,
  mergeKeepsPrimaryId: false,
  mergedIdsRedirect: true,
  lifecycleBack: "ignore",
  touchOnNoChange: true,
  associationsTouch: true,
  labelsReplace: true,
  emailUpsertLosesRest: true,
  inactiveOwnersAssignable: false,
  numberedPaths: true,
  requiredProperties: null,
  conditionalProperties: [],
  valueRules: [],
});

export class Dials extends FaultDials<DialSettings> {
  constructor(random: Random) {
    super(defaultDials(), random);
  }
}
