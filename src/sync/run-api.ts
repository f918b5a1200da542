// A connection's way out for one run.
import type { Api, Grant } from "../connector/api.ts";

export interface RunApi {
  readonly api: Api;
  /** How many were sent. */
  requests(): number;
  /** The same by the limit of the connector that they spent from. */
  spent(): ReadonlyMap<string, number>;
  /** Where it was opened with secrets that are tried: what the vendor granted for them. */
  readonly granted?: () => Grant | null;
  /** What is asked before the first request of the connector's next call that may change something there; what it throws ends the call. */
  readonly guard?: (check: () => Promise<void>) => void;
  /** What the first so many of them brought, and no earlier step took, is stored by the step of this moment: so it can be told which one brought a value. */
  readonly took?: (requests: number, at: number) => void;
  /** Stores what is still to be stored. */
  close(): Promise<void>;
}
