// Stopping: requests in hand are answered, and whoever else holds a line is hung up on.
import type { Socket } from "node:net";
import type { FastifyInstance } from "fastify";
import type { Clock } from "../base/clock.ts";

/** How long requests in hand may still take once the server stops. */
export const CLOSE_GRACE_MS = 5_000;

/**
 * Lets `app.close()` end soon, whoever is connected. Node waits for a socket that never sent a request as long as for one that is
 * about to (`headersTimeout`, a minute), and for one that is kept alive until its other side lets go.
 */
export function hangUpOnClose(app: FastifyInstance, clock: Pick<Clock, "sleep">): void {
  /** Open sockets, and how many requests of each are in hand. */
  const inHand = new Map<Socket, number>();
  let closing = false;
  const release = (socket: Socket): void => {
    if (closing && inHand.get(socket) === 0) socket.destroySoon();
  };
  app.server.on("connection", (socket) => {
    inHand.set(socket, 0);
    socket.once("close", () => inHand.delete(socket));
    release(socket);
  });
  app.server.on("request", ({ socket }, response) => {
    inHand.set(socket, (inHand.get(socket) ?? 0) + 1);
    response.once("close", () => {
      if (!inHand.has(socket)) return;
      inHand.set(socket, inHand.get(socket)! - 1);
      release(socket);
    });
  });
  const closed = new AbortController();
  app.addHook("preClose", async () => {
    closing = true;
    for (const socket of inHand.keys()) release(socket);
    clock.sleep(CLOSE_GRACE_MS, closed.signal).then(
      () => app.server.closeAllConnections(),
      () => {},
    );
  });
  app.addHook("onClose", async () => closed.abort());
}
