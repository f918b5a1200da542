// The composition root: builds everything from what comes in by the front door.
import type { Connections, Records, Runs } from "./sync/types.ts";

/** What the surfaces (HTTP, CLI) are given. */
export interface Winston {
  readonly records: Records;
  readonly connections: Connections;
  readonly runs: Runs;
}
