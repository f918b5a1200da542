import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { test } from "node:test";
import { isError } from "../base/errors.ts";
import { CLOSE_GRACE_MS } from "./closing.ts";
import { isLoopback, listen } from "./listen.ts";
import { createTestHttp, TOKEN } from "./test-support.ts";

test("the server answers on the loopback port it names", async () => {
  const { app } = createTestHttp();
  const { url, port } = await listen(app, { host: "127.0.0.1", port: 0 });
  try {
    assert.equal(url, `http://127.0.0.1:${port}`);
    const answer = await fetch(`${url}/api/leads`, { headers: { authorization: `Bearer ${TOKEN}` } });
    assert.deepEqual(await answer.json(), { data: [], next: null });
  } finally {
    await app.close();
  }
});

test("a taken port is one sentence that names it and says what to do", async () => {
  const [first, second] = [createTestHttp(), createTestHttp()];
  const { port } = await listen(first.app, { host: "127.0.0.1", port: 0 });
  try {
    await assert.rejects(listen(second.app, { host: "127.0.0.1", port }), (error) => {
      assert.ok(isError(error, "start.failed"));
      assert.match(error.message, new RegExp(`Port ${port} on 127\\.0\\.0\\.1 is taken.*--port`, "u"));
      return true;
    });
  } finally {
    await first.app.close();
    await second.app.close();
  }
});

test("a host that others can reach is refused unless it is allowed explicitly", async () => {
  const { app } = createTestHttp();
  await assert.rejects(listen(app, { host: "0.0.0.0", port: 0 }), /will not listen on 0\.0\.0\.0/u);
  await app.close();
  assert.deepEqual(["127.0.0.1", "127.9.9.9", "::1", "localhost"].map(isLoopback), [true, true, true, true]);
  assert.deepEqual(["0.0.0.0", "::", "10.0.0.1", "example.com", "127.evil.example"].map(isLoopback), [
    false,
    false,
    false,
    false,
    false,
  ]);
});

/** A listening server whose list of leads is answered when `answer` is called; `asked` resolves when it is asked for. */
async function slowServer(change: Parameters<typeof createTestHttp>[0] = {}) {
  const world = createTestHttp(change);
  const asked = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<readonly never[]>();
  world.records.list = () => (asked.resolve(), answer.promise);
  const { url, port } = await listen(world.app, { host: "127.0.0.1", port: 0 });
  return { ...world, url, port, asked: asked.promise, answer: () => answer.resolve([]) };
}

// Where a stop waits for its guests it does so for a minute or more; the limit ends such a test.
const soon = { timeout: 20_000 };

test("a stop does not wait for those who opened a line and never asked, or asked and keep it", soon, async () => {
  const { app, port } = await slowServer();
  const silent = connect(port, "127.0.0.1");
  const half = connect(port, "127.0.0.1", () => half.write("GET /healthz HTTP/1.1\r\nHost:"));
  const kept = connect(port, "127.0.0.1", () => kept.write("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"));
  for (const socket of [silent, half]) socket.on("error", () => {});
  await Promise.all([once(silent, "connect"), once(half, "connect"), once(kept, "data")]);
  const ended = Promise.all([silent, half, kept].map((socket) => once(socket.resume(), "close")));
  await app.close();
  await ended;
});

test("what is asked when the server stops is answered, and the line is not kept for more", soon, async () => {
  const { app, port, asked, answer } = await slowServer();
  const socket = connect(port, "127.0.0.1", () =>
    socket.write(`GET /api/leads HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${TOKEN}\r\n\r\n`),
  );
  let said = "";
  socket.setEncoding("utf8").on("data", (more: string) => (said += more));
  await asked;
  const closed = app.close();
  answer();
  await Promise.all([closed, once(socket, "close")]);
  assert.match(said, /^HTTP\/1\.1 200 OK/u);
  assert.match(said, /"data":\[\]/u);
});

test("a request that takes longer than a stop can wait is cut", soon, async () => {
  const waits: number[] = [];
  const clock = { now: () => 0, sleep: async (ms: number) => void waits.push(ms) };
  const { app, url, asked, answer, auth } = await slowServer({ clock });
  const cut = assert.rejects(fetch(`${url}/api/leads`, { headers: auth }));
  await asked;
  await Promise.all([cut, app.close()]);
  assert.deepEqual(waits, [CLOSE_GRACE_MS]);
  answer();
});
