// Opening the door: loopback only, unless told otherwise in so many words.
import { isIPv4 } from "node:net";
import type { AddressInfo } from "node:net";
import type { FastifyInstance } from "fastify";
import { WinstonError } from "../base/errors.ts";

/**
 * Listens on `host`:`port` (port 0: any free one) and returns the address as people type it. Throws start.failed, with what
 * to do, for a taken or forbidden port, and for a host that others could reach unless `allowRemote` is set.
 */
export async function listen(
  app: FastifyInstance,
  { host, port, allowRemote = false }: { host: string; port: number; allowRemote?: boolean },
): Promise<{ url: string; port: number }> {
  if (!isLoopback(host) && !allowRemote) {
    throw new WinstonError(
      "start.failed",
      `Winston will not listen on ${host}: others could reach its API there without TLS. Keep 127.0.0.1 and put a TLS proxy before it, or allow it explicitly (docs/reference/http.md, "Listening").`,
    );
  }
  try {
    await app.listen({ host, port });
  } catch (cause) {
    throw new WinstonError("start.failed", whyNot(cause, host, port), { cause });
  }
  const bound = (app.server.address() as AddressInfo).port;
  return { url: `http://${host.includes(":") ? `[${host}]` : host}:${bound}`, port: bound };
}

export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIPv4(host) && host.startsWith("127."));
}

function whyNot(cause: unknown, host: string, port: number): string {
  switch ((cause as NodeJS.ErrnoException).code) {
    case "EADDRINUSE":
      return `Port ${port} on ${host} is taken by another program, perhaps another Winston. Stop that one, or choose another port (--port, or WINSTON_PORT).`;
    case "EACCES":
      return `This user may not listen on port ${port}. Choose one above 1023 (--port, or WINSTON_PORT).`;
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return `${host} is no address of this machine. Use 127.0.0.1 (--host, or WINSTON_HOST).`;
    default:
      return `Winston cannot listen on ${host}:${port}: ${cause instanceof Error ? cause.message : String(cause)}.`;
  }
}
