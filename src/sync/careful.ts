// After processes died in a lane again and again without getting any further: what is about to be touched is stored first, a few at a time,
// so that the next process knows what killed the last one. Ordinary runs store nothing of this.
import type { Database, Tx } from "../store/database.ts";
import { holdLane, noteInHand, type Claim } from "../store/lane.ts";
import type { ParkedWrite } from "../store/parked.ts";

/** So many processes in a row die at one place before anything is cut smaller. */
export const CRASHES_MAX = 5;
/** Each death after that cuts what was in hand into so many pieces: a page of two hundred is down to one record after two more. */
const CUT = 16;

/** Why something is set aside: processes that had it in hand, and nothing else, ended without a word. */
export const CRASHED = "record.crashes";

export interface Careful {
  /** What alone was in hand when the last process died. */
  readonly killer: string | undefined;
  /** How many are taken in hand at once, of so many. */
  size(of: number): number;
  /** Stores what is about to be touched; none: nothing is any more. */
  hold(ids: readonly string[]): Promise<void>;
}

/** How a run of a lane goes on in which processes died; undefined where it goes on as ever. */
export function carefulOf(parts: { readonly database: Database }, claim: Claim): Careful | undefined {
  if (claim.crashes < CRASHES_MAX) return undefined;
  const inHand = claim.inHand ?? [];
  const last = inHand.length > 1 ? inHand.length : undefined;
  return {
    killer: inHand.length === 1 ? inHand[0] : undefined,
    size: (of) => Math.max(1, Math.ceil(Math.min(last ?? of, of) / CUT)),
    hold: (ids) =>
      parts.database.transaction(async (tx: Tx) => {
        await holdLane(tx, claim);
        await noteInHand(tx, claim, ids);
      }),
  };
}

/** What a person is told of something that kills. */
export const crashed = (subject: string, what: "record" | "write"): ParkedWrite => ({
  subject,
  reason: CRASHED,
  message: `Each process that ${what === "record" ? "read" : "prepared to write"} this record ended without a word while it had nothing else in hand. It is left aside, and the rest goes on. Look into the log of the process that ended (memory, a crash of Node), or at the record's mapping; \`winston parked retry\` tries it once more.`,
  field: null,
  vendor: null,
});
