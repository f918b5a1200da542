// One authenticated API call on its way through the handlers.
import type { VendorRequest, VendorResponse } from "./exchange.ts";
import type { Actor, Org } from "./org.ts";

export interface Call {
  readonly org: Org;
  readonly request: VendorRequest;
  /** "66.0", as the path says it. */
  readonly version: string;
  /** Path segments after the version, decoded. */
  readonly path: readonly string[];
  readonly actor: Actor;
}

export type Handler = (call: Call) => VendorResponse;

/** "/services/data/v66.0": what URLs in answers begin with. */
export const base = (call: Call): string => `/services/data/v${call.version}`;
