// What a test or a person can turn: how the simulated org behaves, and what goes wrong on the way.
import type { Random } from "../../base/random.ts";
import { FaultDials } from "../shared/dials.ts";

export interface DialSettings {
  /** Added to every answer, in milliseconds. */
  latencyMs: number;
  /** Up to this many milliseconds more, at random. */
  jitterMs: number;
  /** Rows per query page at most; the vendor's own most is 2,000. */
  pageSize: number;
  /** A session dies after this long without use, in milliseconds. */
  sessionMs: number;
  /** Each refresh returns a new refresh token and kills the old one. */
  rotateRefreshTokens: boolean;
  /** API calls in any 24 hours. */
  dailyCap: number;
  /** Share of API calls answered 503, 0 to 1. */
  rate503: number;
  /** Rows written through the API are stamped this much before they can be seen, in milliseconds. */
  lateCommitMs: number;
  /** A query locator dies after this long, in milliseconds. */
  locatorMs: number;
  /** Query locators kept at one time; the oldest goes. */
  locatorsMax: number;
  /** How long the vendor works on a bulk job, in milliseconds. */
  bulkMs: number;
  /** Rows per page of a bulk query's results when the caller does not say. */
  bulkPageSize: number;
  /** How long deleted rows stay in the recycle bin and in the log of deletions, in milliseconds. */
  recycleMs: number;
  /** Whether the integration user may customise the application: make fields and grant permissions. */
  canCustomize: boolean;
  /** A duplicate rule: rows of `object` with an equal `field` are refused, or only reported (`alert`: a header lets them pass). */
  duplicateRule: { object: string; field: string; action: "block" | "alert" } | null;
  /**
   * What an administrator's rules, triggers and sharing refuse: rows of `object` that set `field` (to `value`, where one is given), with that
   * code and those words. `fields`: what the refusal names.
   */
  rowRules: {
    object: string;
    field: string;
    value?: string;
    code: string;
    message: string;
    fields?: string[];
  }[];
  /** An assignment rule for leads: it gives those it runs for to `ownerId`. One that is not active runs only when it is named. */
  assignmentRule: { id: string; ownerId: string; active: boolean } | null;
}

export const defaultDials = (): DialSettings => ({
  latencyMs: 0,
  jitterMs: 0,
  pageSize: 2_000,
  sessionMs: 2 * 3_600_000,
  rotateRefreshTokens: false,
  dailyCap: 108_000, // Enterprise: 100,000 and 1,000 for each of 8 licences.
  rate503: 0,
  lateCommitMs: 0,
  locatorMs: 2 * 86_400_000,
  locatorsMax: 50,
  bulkMs: 0,
  bulkPageSize: 50_000,
  recycleMs: 15 * 86_400_000,
  canCustomize: true,
  duplicateRule: null,
  rowRules: [],
  assignmentRule: null,
});

export class Dials extends FaultDials<DialSettings> {
  constructor(random: Random) {
    super(defaultDials(), random);
  }
}
