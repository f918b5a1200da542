// What the shell around a simulated vendor adds to its answers, through real sockets.
import assert from "node:assert/strict";
import { test } from "node:test";
import { VirtualClock } from "../../base/clock.ts";
import { empty, json, type VendorRequest, type VendorResponse } from "./exchange.ts";
import { serveVendor } from "./server.ts";

async function start(handle: (request: VendorRequest) => VendorResponse) {
  const clock = new VirtualClock(Date.UTC(2031, 4, 6, 7, 8, 9, 999));
  const mistake = (message: string) => ({ message });
  const server = await serveVendor({ title: "Pretend", clock, handle, close: () => {}, mistake }, 0);
  return {
    clock,
    ask: async (path: string): Promise<{ status: number; date: string | null }> => {
      const answer = await fetch(server.url + path);
      await answer.arrayBuffer();
      return { status: answer.status, date: answer.headers.get("date") };
    },
    [Symbol.asyncDispose]: () => server.close(),
  };
}

test("every answer is dated by the vendor's own clock, whatever this computer's says: refusals and mistakes too", async () => {
  await using vendor = await start(({ path }) => {
    if (path === "/mistake") throw new Error("on purpose");
    return path === "/none" ? empty(204) : json(path === "/refused" ? 403 : 200, {});
  });
  const at = "Tue, 06 May 2031 07:08:09 GMT";
  assert.deepEqual(await vendor.ask("/"), { status: 200, date: at });
  vendor.clock.advance(86_400_000);
  const next = "Wed, 07 May 2031 07:08:09 GMT";
  assert.deepEqual(await vendor.ask("/none"), { status: 204, date: next });
  assert.deepEqual(await vendor.ask("/refused"), { status: 403, date: next });
  assert.deepEqual(await vendor.ask("/mistake"), { status: 500, date: next });
});

test("an answer that takes its time is dated when it is given", async () => {
  let asked = (): void => {};
  const arrived = new Promise<void>((resolve) => (asked = resolve));
  await using vendor = await start(() => {
    queueMicrotask(asked);
    return json(200, {}, { delayMs: 60_000 });
  });
  const answer = vendor.ask("/");
  await arrived;
  vendor.clock.advance(60_000);
  assert.deepEqual(await answer, { status: 200, date: "Tue, 06 May 2031 07:09:09 GMT" });
});

test("an answer that brings a Date of its own keeps it: a vendor whose clock is wrong", async () => {
  const date = "Mon, 05 May 2031 00:00:00 GMT";
  await using vendor = await start(() => json(200, {}, { headers: { date } }));
  assert.deepEqual(await vendor.ask("/"), { status: 200, date });
});
