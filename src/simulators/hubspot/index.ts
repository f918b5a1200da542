// A HubSpot portal in this process: an HTTP server that answers as the vendor documents it, with dials, a log and a story.
import type { Clock } from "../../base/clock.ts";
import type { Random } from "../../base/random.ts";
import type { VendorRequest, VendorResponse } from "../shared/exchange.ts";
import { withStateFile } from "../shared/lines.ts";
import type { RequestLog } from "../shared/log.ts";
import { serveVendor } from "../shared/server.ts";
import { control } from "./control.ts";
import { Data } from "./data.ts";
import type { Dials } from "./dials.ts";
import { newPortal, type Credentials } from "./found.ts";
import { handle } from "./router.ts";
import { StateFile } from "./state.ts";
import { tellLarkfield } from "./story.ts";

export type { FaultKind, FaultRule } from "../shared/dials.ts";
export type { VendorRequest, VendorResponse } from "../shared/exchange.ts";
export { RequestLog, type LoggedRequest, type RequestCounts } from "../shared/log.ts";
export { Data, type Manner, type NewOwner, type Shown } from "./data.ts";
export { Dials, type DialSettings } from "./dials.ts";
export type { Credentials } from "./found.ts";
export { Refusal } from "./refusal.ts";

export interface HubspotOptions {
  readonly clock: Clock;
  /** For stories: the seed of a Salesforce simulator gives people that are there, too. */
  readonly random: Random;
  /** A free port by default. */
  readonly port?: number;
  /** What a new portal is filled with; a portal from a state file has its own story. "empty" by default. */
  readonly story?: "larkfield" | "empty";
  /** Keeps the portal here between starts. */
  readonly stateFile?: string;
  readonly portalId?: number;
  readonly clientId?: string;
  readonly clientSecret?: string;
  readonly refreshToken?: string;
  readonly privateToken?: string;
}

/** A portal without a socket: `handle` is called with requests and answers at once; delays and cuts are in the answer. */
export interface HubspotPortal {
  readonly log: RequestLog;
  readonly dials: Dials;
  readonly data: Data;
  readonly credentials: Credentials;
  /** The address the portal calls its own, in links. */
  setUrl(url: string): void;
  handle(request: VendorRequest): VendorResponse;
  /** Saves what there is to save. */
  close(): void;
}

export interface HubspotSimulator {
  /** http://127.0.0.1:PORT, in place of https://api.hubapi.com. No trailing slash. */
  readonly url: string;
  readonly log: RequestLog;
  readonly dials: Dials;
  readonly data: Data;
  readonly credentials: Credentials;
  /** Stops listening, cuts what is open, saves. Closing again does nothing more. */
  close(): Promise<void>;
}

const DEFAULTS: Credentials = {
  clientId: "0d6cbd7b-0000-4000-8000-simulated000",
  clientSecret: "simulated-client-secret",
  refreshToken: "na1-simulated-refresh-token",
  privateToken: "pat-na1-00000000-0000-4000-8000-simulated0000",
};

const PORTAL_ID = 48_123_770;

/** Makes (or loads) a portal. Throws `start.failed` when its state file cannot be read or written. */
export function createHubspot(options: Omit<HubspotOptions, "port">): HubspotPortal {
  const credentials: Credentials = {
    clientId: options.clientId ?? DEFAULTS.clientId,
    clientSecret: options.clientSecret ?? DEFAULTS.clientSecret,
    refreshToken: options.refreshToken ?? DEFAULTS.refreshToken,
    privateToken: options.privateToken ?? DEFAULTS.privateToken,
  };
  const { clock, random } = options;
  const portal = newPortal({ clock, random, credentials, portalId: options.portalId ?? PORTAL_ID });
  const data = new Data(portal);
  const state = options.stateFile === undefined ? undefined : new StateFile(options.stateFile, portal);
  withStateFile(options.stateFile, () => {
    if (!state?.load() && options.story === "larkfield") tellLarkfield(portal, data);
    state?.rewrite();
  });
  return {
    log: portal.log,
    dials: portal.dials,
    data,
    credentials,
    setUrl: (url) => {
      portal.url = url;
    },
    handle: (request) => {
      const answer = request.path.startsWith("/__winston")
        ? control({ portal, data, clock, credentials }, request)
        : handle(portal, request);
      state?.flush();
      return answer;
    },
    close: () => state?.rewrite(),
  };
}

/** Starts the simulator on 127.0.0.1. Throws `start.failed` when the port is taken or the state file unusable. */
export async function startHubspot(options: HubspotOptions): Promise<HubspotSimulator> {
  const portal = createHubspot(options);
  const server = await serveVendor(
    {
      title: "HubSpot",
      clock: options.clock,
      handle: (request) => portal.handle(request),
      close: () => portal.close(),
      mistake: (message) => ({ status: "error", message, category: "INTERNAL_ERROR" }),
    },
    options.port ?? 0,
  );
  portal.setUrl(server.url);
  return {
    url: server.url,
    log: portal.log,
    dials: portal.dials,
    data: portal.data,
    credentials: portal.credentials,
    close: () => server.close(),
  };
}
