import assert from "node:assert/strict";
import { test } from "node:test";
import { isError } from "../base/errors.ts";
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
