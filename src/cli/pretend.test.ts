import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { test } from "node:test";
import { createTestFolder } from "../../test/support/folder.ts";
import { systemClock } from "../base/clock.ts";
import { isError } from "../base/errors.ts";
import { seededRandom } from "../base/random.ts";
import { startHubspot } from "../simulators/hubspot/index.ts";
import { contentsOf, lookAtSimulator, openSimulator, PRETEND } from "./pretend.ts";

const shell = { self: "winston", signal: new AbortController().signal, clock: systemClock };

test("a running simulator is known by its vendor, and its private token is what the connection signs in with", async () => {
  const hubspot = await startHubspot({ clock: systemClock, random: seededRandom(1) });
  try {
    const found = await lookAtSimulator("hubspot", hubspot.url, shell);
    assert.equal(found.url, hubspot.url);
    assert.deepEqual(PRETEND.hubspot.secrets(found.credentials), { accessToken: hubspot.credentials.privateToken });
    await assert.rejects(lookAtSimulator("salesforce", hubspot.url, shell), /plays another vendor than Salesforce/u);
  } finally {
    await hubspot.close();
  }
  await assert.rejects(lookAtSimulator("hubspot", hubspot.url, shell), /No simulator answers .* sandbox hubspot/u);
  await assert.rejects(lookAtSimulator("hubspot", undefined, shell), /No pretend HubSpot is known here/u);
});

test("a simulator comes back on the port of last time, on another where that is taken, and fails where it was asked for", async () => {
  using folder = createTestFolder();
  const open = (port: number, before: string) =>
    openSimulator(shell, startHubspot, {
      vendor: "hubspot",
      dataDir: folder.path,
      port,
      before: { hubspot: before },
      story: false,
    });
  const first = await open(0, "http://127.0.0.1:1");
  await first.close();
  const second = await open(0, first.url);
  assert.equal(second.url, first.url);
  assert.equal(contentsOf("hubspot", second), "0 contacts, 0 companies and 0 deals");
  await second.close();

  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  const { port } = other.address() as { port: number };
  try {
    const third = await open(0, `http://127.0.0.1:${port}`);
    assert.notEqual(new URL(third.url).port, String(port));
    await third.close();
    await assert.rejects(
      open(port, first.url),
      (thrown) => isError(thrown, "start.failed") && /HubSpot/u.test(thrown.message),
    );
  } finally {
    other.close();
  }
});
