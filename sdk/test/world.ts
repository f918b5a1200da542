// A real server over the engine in memory, and a client of it.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { listen } from "../../src/http/listen.ts";
import type { HttpOptions } from "../../src/http/ports.ts";
import { createTestHttp, TOKEN } from "../../src/http/test-support.ts";
import { Client } from "../src/index.ts";
import type { ClientOptions } from "../src/index.ts";

export async function createWorld(http: Partial<HttpOptions> = {}, client: ClientOptions = {}) {
  const test = createTestHttp(http);
  const { url } = await listen(test.app, { host: "127.0.0.1", port: 0 });
  return {
    ...test,
    url,
    client: new Client({ token: TOKEN, baseUrl: url, backoffMs: 1, ...client }),
    [Symbol.asyncDispose]: () => test.app.close(),
  };
}

/**
 * A network between client and server that misbehaves as told. `next` holds what happens to the coming requests, in order:
 * "cut" drops the connection after the server has done its work, "hang" never answers, a number is answered as that status.
 */
export async function createNetwork(upstream: string) {
  const next: ("cut" | "hang" | number)[] = [];
  const hold: { before?: (path: string) => Promise<void> | undefined; after?: (path: string) => void } = {};
  const seen: { method: string; path: string; key: string | undefined; body: string }[] = [];
  let during = 0;
  const most = { under: 0 };
  const server = createServer((request, response) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const body = Buffer.concat(chunks);
      const { host: _, connection: __, "content-length": ___, ...headers } = request.headers;
      seen.push({
        method: request.method!,
        path: request.url!,
        key: headers["idempotency-key"] as string | undefined,
        body: body.toString(),
      });
      most.under = Math.max(most.under, ++during);
      const fate = next.shift();
      if (fate === "hang") return;
      if (typeof fate === "number") {
        response.writeHead(fate, { "retry-after": "0" }).end();
        during -= 1;
        return;
      }
      await hold.before?.(request.url!);
      const answer = await fetch(upstream + request.url!, {
        method: request.method!,
        headers: headers as Record<string, string>,
        ...(body.length > 0 ? { body } : {}),
      });
      const text = await answer.text();
      during -= 1;
      hold.after?.(request.url!);
      if (fate === "cut") request.socket.destroy();
      else
        response
          .writeHead(
            answer.status,
            Object.fromEntries(
              [...answer.headers].filter(([name]) => name !== "transfer-encoding" && name !== "content-length"),
            ),
          )
          .end(text);
    })().catch(() => request.socket.destroy()); // The server behind is gone.
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    next,
    /** `before` holds a request back until its promise resolves; `after` is told of answers. */
    hold,
    seen,
    /** The most requests that were under way at one time. */
    most,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
