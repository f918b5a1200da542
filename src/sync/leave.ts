// Leave to write: what a person lets go at a connection is asked again before each batch is made and before its first request is sent, so
// that a pause holds in every process at once, and also for what waits for room in the vendor's limits.
import { WinstonError } from "../base/errors.ts";
import type { LeavePort } from "../connector/ports.ts";
import type { ConnectionRow } from "../store/connection.ts";
import type { Queries } from "../store/database.ts";
import { leaveStands } from "../store/leave.ts";
import type { StreamContext } from "./context.ts";

/** Which Winston this is: one that is not the production one never writes to a production account. */
export const ENVIRONMENTS = ["production", "staging"] as const;
export type Environment = (typeof ENVIRONMENTS)[number];

/** Where a vendor's account is the real one (`environment` of a connector's identity). */
const REAL = "production";

/** Accounts of which environment a Winston of this one writes nothing to; null: it writes to all. */
export const closedTo = (environment: Environment): string | null => (environment === "production" ? null : REAL);

/** A connection as a Winston of this environment sees it: with the reason why nothing is written there, where that is its own. Pure. */
export function seenFrom(environment: Environment, connection: ConnectionRow): ConnectionRow {
  if (!isForeign(environment, connection)) return connection;
  const writeProblem = `This Winston is a ${environment} one (WINSTON_ENVIRONMENT), and ${connection.name} opens a production account: nothing is written there. Connect a sandbox of the vendor instead.`;
  return { ...connection, settings: { ...connection.settings, writeProblem } };
}

export const isForeign = (environment: Environment, connection: Pick<ConnectionRow, "environment">): boolean =>
  connection.environment !== null && connection.environment === closedTo(environment);

/** Why nothing is written at a connection although its mode lets it: null where it is. */
export function writeProblemOf({ settings }: Pick<ConnectionRow, "settings">): string | null {
  const problem = settings["writeProblem"];
  return typeof problem === "string" ? problem : null;
}

/** Throws write.withheld unless writing is let go as it was when the run began. */
export async function holdLeave(tx: Queries, { stream, connection }: StreamContext): Promise<void> {
  const stands = await leaveStands(tx, {
    streamId: stream.id,
    mode: connection.mode,
    approval: stream.approval,
    rolloutPercent: connection.rolloutPercent,
    // A connection in quarantine settles what is unknown, and nothing else goes on there.
    quarantined: connection.quarantinedAt !== null,
  });
  if (!stands)
    throw new WinstonError(
      "write.withheld",
      `Writing at ${connection.name} was paused, or is let go otherwise than when this run began. What was not sent is still owed, and goes when it may.`,
    );
}

/** What one call of a connector may change: asked about until its first request was answered. What follows that goes on, so that no record is left half written. */
export class Leave implements LeavePort {
  #check: (() => Promise<void>) | null = null;

  /** For the next call of the connector. */
  guard(check: () => Promise<void>): void {
    this.#check = check;
  }

  async ask(): Promise<void> {
    await this.#check?.();
  }

  begun(): void {
    this.#check = null;
  }
}
