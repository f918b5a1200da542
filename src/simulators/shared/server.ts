// The HTTP shell around a simulated vendor that is otherwise pure: sockets, delays, cuts, a clean stop.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Clock } from "../../base/clock.ts";
import { WinstonError } from "../../base/errors.ts";
import type { VendorRequest, VendorResponse } from "./exchange.ts";

export interface Served {
  /** For messages: "Salesforce". */
  readonly title: string;
  readonly clock: Clock;
  readonly handle: (request: VendorRequest) => VendorResponse;
  /** Saves what there is to save, once the server has stopped. */
  readonly close: () => void;
  /** The vendor's error body for a mistake of the simulator itself. */
  readonly mistake: (message: string) => unknown;
}

export interface Listening {
  /** http://127.0.0.1:PORT, no trailing slash. */
  readonly url: string;
  /** Stops listening, cuts what is open, saves. Closing again does nothing more. */
  close(): Promise<void>;
}

const BODY_MAX = 150 * 1024 * 1024;

/** Listens on 127.0.0.1; any free port for 0. Throws `start.failed` when the port is taken. */
export async function serveVendor(vendor: Served, port: number): Promise<Listening> {
  const closing = new AbortController();
  const server = createServer({ maxHeaderSize: 256 * 1024, keepAliveTimeout: 65_000 }, (incoming, outgoing) => {
    void serve(vendor, closing.signal, incoming, outgoing);
  });
  await listen(server, vendor.title, port);
  let closed: Promise<void> | undefined;
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => (closed ??= stop(server, vendor, closing)),
  };
}

async function stop(server: Server, vendor: Served, closing: AbortController): Promise<void> {
  closing.abort(new Error("the simulator was closed"));
  const ended = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  server.closeAllConnections();
  await ended;
  vendor.close();
}

function listen(server: Server, title: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) => {
      const why = cause.code === "EADDRINUSE" ? `port ${port} is taken; name another` : cause.message;
      reject(new WinstonError("start.failed", `The ${title} simulator cannot listen: ${why}.`, { cause }));
    });
    server.listen(port, "127.0.0.1", resolve);
  });
}

/** One request through the socket. Never rejects. */
async function serve(
  vendor: Served,
  signal: AbortSignal,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  try {
    const body = await readBody(incoming);
    if (body === null) {
      dated(vendor, outgoing)
        .writeHead(413, { "content-type": "text/html", connection: "close" })
        .end("Request Entity Too Large");
      return;
    }
    const [path, ...rest] = (incoming.url ?? "/").split("?");
    const answer = vendor.handle({
      method: incoming.method ?? "GET",
      path: path!,
      query: new URLSearchParams(rest.join("?")),
      headers: incoming.headers as Record<string, string | undefined>,
      body,
    });
    if (answer.delayMs !== undefined && answer.delayMs > 0) await vendor.clock.sleep(answer.delayMs, signal);
    send(answer, incoming, dated(vendor, outgoing));
  } catch (thrown) {
    if (signal.aborted || outgoing.headersSent || outgoing.destroyed) {
      incoming.destroy();
      return;
    }
    const message = `The simulator made a mistake: ${(thrown as Error).stack ?? String(thrown)}`;
    dated(vendor, outgoing)
      .writeHead(500, { "content-type": "application/json;charset=UTF-8" })
      .end(JSON.stringify(vendor.mistake(message)));
  }
}

/** Every answer says when it was given, by the vendor's clock and not by this computer's; an answer's own Date goes before. */
const dated = (vendor: Served, outgoing: ServerResponse): ServerResponse =>
  outgoing.setHeader("date", new Date(vendor.clock.now()).toUTCString());

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

/** The body as text, or null when it is larger than any vendor takes. */
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
