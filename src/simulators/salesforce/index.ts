// A Salesforce org in this process: an HTTP server that answers as the vendor documents it, with dials, a log and a story.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Clock } from "../../base/clock.ts";
import { WinstonError } from "../../base/errors.ts";
import type { Random } from "../../base/random.ts";
import { control } from "./control.ts";
import { Data } from "./data.ts";
import type { Dials } from "./dials.ts";
import type { VendorRequest, VendorResponse } from "./exchange.ts";
import { furnish, newOrg, type Credentials } from "./found.ts";
import type { RequestLog } from "./log.ts";
import { handle } from "./router.ts";
import { StateFile } from "./state.ts";
import { tellLarkfield } from "./story.ts";

export { Data, OrgRefusal, type Manner, type NewUser } from "./data.ts";
export { Dials, type DialSettings, type FaultKind, type FaultRule } from "./dials.ts";
export type { VendorRequest, VendorResponse } from "./exchange.ts";
export type { Credentials } from "./found.ts";
export { RequestLog, type LoggedRequest, type RequestCounts } from "./log.ts";
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

const BODY_MAX = 150 * 1024 * 1024;

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
  try {
    if (!state?.load()) {
      const larkfield = options.story === "larkfield";
      furnish(org, larkfield ? "Larkfield Robotics" : "Empty Org", credentials.refreshToken);
      if (larkfield) tellLarkfield(org, data);
    }
    state?.rewrite();
  } catch (cause) {
    if (state === undefined || !(cause instanceof Error && "code" in cause)) throw cause;
    throw new WinstonError(
      "start.failed",
      `The simulated org cannot be kept in ${options.stateFile}: ${cause.message}. Make the file writable or name another.`,
      { cause },
    );
  }
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
  const closing = new AbortController();
  const server = createServer({ maxHeaderSize: 256 * 1024, keepAliveTimeout: 65_000 }, (incoming, outgoing) => {
    void serve(org, options.clock, closing.signal, incoming, outgoing);
  });
  await listen(server, options.port ?? 0);
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  org.setUrl(url);
  let closed: Promise<void> | undefined;
  return {
    url,
    log: org.log,
    dials: org.dials,
    data: org.data,
    credentials: org.credentials,
    close: () => (closed ??= stop(server, org, closing)),
  };
}

async function stop(server: Server, org: SalesforceOrg, closing: AbortController): Promise<void> {
  closing.abort(new Error("the simulator was closed"));
  const ended = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  server.closeAllConnections();
  await ended;
  org.close();
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) => {
      const why = cause.code === "EADDRINUSE" ? `port ${port} is taken; name another` : cause.message;
      reject(new WinstonError("start.failed", `The Salesforce simulator cannot listen: ${why}.`, { cause }));
    });
    server.listen(port, "127.0.0.1", resolve);
  });
}

/** One request through the socket. Never rejects. */
async function serve(
  org: SalesforceOrg,
  clock: Clock,
  signal: AbortSignal,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  try {
    const body = await readBody(incoming);
    if (body === null) {
      outgoing.writeHead(413, { "content-type": "text/html", connection: "close" }).end("Request Entity Too Large");
      return;
    }
    const [path, ...rest] = (incoming.url ?? "/").split("?");
    const answer = org.handle({
      method: incoming.method ?? "GET",
      path: path!,
      query: new URLSearchParams(rest.join("?")),
      headers: incoming.headers as Record<string, string | undefined>,
      body,
    });
    if (answer.delayMs !== undefined && answer.delayMs > 0) await clock.sleep(answer.delayMs, signal);
    send(answer, incoming, outgoing);
  } catch (thrown) {
    if (signal.aborted || outgoing.headersSent || outgoing.destroyed) {
      incoming.destroy();
      return;
    }
    const message = `The simulator made a mistake: ${(thrown as Error).stack ?? String(thrown)}`;
    outgoing
      .writeHead(500, { "content-type": "application/json;charset=UTF-8" })
      .end(JSON.stringify([{ message, errorCode: "UNKNOWN_EXCEPTION" }]));
  }
}

function send(answer: VendorResponse, incoming: IncomingMessage, outgoing: ServerResponse): void {
  if (answer.cut === "hang") return; // Until the caller gives up or the simulator closes.
  if (answer.cut === "reset") {
    incoming.socket.resetAndDestroy();
    return;
  }
  const bytes = Buffer.from(answer.body, "utf8");
  outgoing.writeHead(answer.status, {
    ...answer.headers,
    ...(answer.status === 204 || answer.status === 304 ? {} : { "content-length": String(bytes.length) }),
  });
  if (answer.cut === "truncate") {
    outgoing.write(bytes.subarray(0, Math.floor(bytes.length / 2)), () => incoming.socket.destroy());
    return;
  }
  outgoing.end(incoming.method === "HEAD" ? undefined : bytes);
}

/** The body as text, or null when it is larger than the vendor takes. */
async function readBody(incoming: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > BODY_MAX) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
