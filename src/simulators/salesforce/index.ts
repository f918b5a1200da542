// A Salesforce org in this process: an HTTP server that answers as the vendor documents it, with dials, a log and a story.
import type { Clock } from "../../base/clock.ts";
import type { Random } from "../../base/random.ts";
import { withStateFile } from "../shared/lines.ts";
import type { RequestLog } from "../shared/log.ts";
import { serveVendor } from "../shared/server.ts";
import { control } from "./control.ts";
import { Data } from "./data.ts";
import type { Dials } from "./dials.ts";
import type { VendorRequest, VendorResponse } from "./exchange.ts";
import { furnish, newOrg, type Credentials } from "./found.ts";
import { handle } from "./router.ts";
import { StateFile } from "./state.ts";
import { tellLarkfield } from "./story.ts";

export { Data, OrgRefusal, type Manner, type NewUser } from "./data.ts";
export type { FaultKind, FaultRule } from "../shared/dials.ts";
export { Dials, type DialSettings } from "./dials.ts";
export type { VendorRequest, VendorResponse } from "./exchange.ts";
export type { Credentials } from "./found.ts";
export { RequestLog, type LoggedRequest, type RequestCounts } from "../shared/log.ts";
export type { CustomFieldRequest } from "./schema.ts";

export interface SalesforceOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** A free port by default. */
  readonly port?: number;
  /** What a new org is filled with; an org from a state file has its own story. "empty" by default. */
  readonly story?: "larkfield" | "empty";
  /** Keeps the org here between starts. */
  readonly stateFile?: string;
  readonly clientId?: string;
  readonly clientSecret?: string;
  readonly refreshToken?: string;
}

/** An org without a socket: `handle` is called with requests and answers at once; delays and cuts are in the answer. */
export interface SalesforceOrg {
  readonly log: RequestLog;
  readonly dials: Dials;
  readonly data: Data;
  readonly credentials: Credentials;
  /** The address the org calls its own, in token answers. */
  setUrl(url: string): void;
  handle(request: VendorRequest): VendorResponse;
  /** Saves what there is to save. */
  close(): void;
}

export interface SalesforceSimulator {
  /** http://127.0.0.1:PORT, also the instance_url. No trailing slash. */
  readonly url: string;
  readonly log: RequestLog;
  readonly dials: Dials;
  readonly data: Data;
  readonly credentials: Credentials;
  /** Stops listening, cuts what is open, saves. Closing again does nothing more. */
  close(): Promise<void>;
}

const DEFAULTS: Credentials = {
  clientId: "3MVG9winston-simulator",
  clientSecret: "simulated-client-secret",
  refreshToken: "5Aep861simulated-refresh-token",
};

/** Makes (or loads) an org. Throws `start.failed` when its state file cannot be read or written. */
export function createSalesforce(options: Omit<SalesforceOptions, "port">): SalesforceOrg {
  const credentials: Credentials = {
    clientId: options.clientId ?? DEFAULTS.clientId,
    clientSecret: options.clientSecret ?? DEFAULTS.clientSecret,
    refreshToken: options.refreshToken ?? DEFAULTS.refreshToken,
  };
  const org = newOrg({ clock: options.clock, random: options.random, credentials });
  const data = new Data(org);
  const state = options.stateFile === undefined ? undefined : new StateFile(options.stateFile, org);
  withStateFile(options.stateFile, () => {
    if (!state?.load()) {
      const larkfield = options.story === "larkfield";
      furnish(org, larkfield ? "Larkfield Robotics" : "Empty Org", credentials.refreshToken);
      if (larkfield) tellLarkfield(org, data);
    }
    state?.rewrite();
  });
  return {
    log: org.log,
    dials: org.dials,
    data,
    credentials,
    setUrl: (url) => {
      org.url = url;
    },
    handle: (request) => {
      const answer = request.path.startsWith("/__winston")
        ? control({ org, data, clock: options.clock, credentials }, request)
        : handle(org, request);
      state?.flush();
      return answer;
    },
    close: () => {
      org.tables.settle(Infinity);
      state?.rewrite();
    },
  };
}

/** Starts the simulator on 127.0.0.1. Throws `start.failed` when the port is taken or the state file unusable. */
export async function startSalesforce(options: SalesforceOptions): Promise<SalesforceSimulator> {
  const org = createSalesforce(options);
  const server = await serveVendor(
    {
      title: "Salesforce",
      clock: options.clock,
      handle: (request) => org.handle(request),
      close: () => org.close(),
      mistake: (message) => [{ message, errorCode: "UNKNOWN_EXCEPTION" }],
    },
    options.port ?? 0,
  );
  org.setUrl(server.url);
  return {
    url: server.url,
    log: org.log,
    dials: org.dials,
    data: org.data,
    credentials: org.credentials,
    close: () => server.close(),
  };
}
