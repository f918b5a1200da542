// What later starts make of earlier ones: a story that was cut short, and a pretend HubSpot that is left out and comes back.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { createHome } from "../support/started.ts";

const { data, start, end } = createHome("later");
after(end);

/** The connection as the running server has it. */
async function hubspot(): Promise<{ paused: boolean }> {
  const asked = start(["connections", "list", "--json", "--data", data]);
  assert.equal(await asked.ended(), 0, asked.err());
  const list = JSON.parse(asked.out()) as { data: { name: string; paused: boolean }[] };
  return list.data.find((one) => one.name === "hubspot")!;
}

test("a first start that was interrupted tells the rest of its story at the next one, and that only once", async () => {
  const first = start(["dev", "--port", "0", "--data", data]);
  // Salesforce is connected by now and being read; nothing is written yet.
  await first.seen(/pretend HubSpot ready/u);
  first.child.kill("SIGINT");
  assert.equal(await first.ended(), 130, first.err());
  assert.doesNotMatch(first.out(), /leads made here/u);

  const second = start(["dev", "--once", "--port", "0", "--data", data]);
  assert.equal(await second.ended(), 0, second.err());
  assert.match(second.err(), /the first sync goes on where it was stopped/u);
  assert.match(second.out(), /12 leads made here are in Salesforce and HubSpot too/u);
  assert.match(second.out(), /Both sides changed the title of .* won \(newest\)/u);
  assert.match(second.err(), /title of .* changed in Salesforce; in HubSpot \d[\d.]* m?s later/u);
  assert.match(second.err(), /title of .* changed in HubSpot; in Salesforce \d[\d.]* m?s later/u);

  const third = start(["dev", "--once", "--port", "0", "--data", data]);
  assert.equal(await third.ended(), 0, third.err());
  assert.match(third.err(), /syncing what changed since the last start/u);
  assert.doesNotMatch(third.out(), /leads made here/u);
});

test("a pretend HubSpot that is left out is paused, said so, and goes on when it is back; one that a person paused stays so", async () => {
  const without = start(["dev", "--no-hubspot", "--port", "0", "--data", data]);
  await without.seen(/Next, in another terminal/u);
  assert.match(without.err(), /The connection hubspot is paused, as its pretend HubSpot is left out/u);
  assert.doesNotMatch(without.out(), /^HubSpot:/mu);
  assert.equal((await hubspot()).paused, true);
  const alone = start(["connect", "hubspot", "--simulator", "--data", data]);
  assert.equal(await alone.ended(), 64);
  assert.match(alone.err(), /No simulator answers at http:\S+ Start one with/u);
  without.child.kill("SIGINT");
  await without.ended();

  const again = start(["dev", "--no-hubspot", "--once", "--port", "0", "--data", data]);
  assert.equal(await again.ended(), 0, again.err());
  assert.doesNotMatch(again.err(), /is paused/u, "said once");

  const back = start(["dev", "--port", "0", "--data", data]);
  await back.seen(/Next, in another terminal/u);
  assert.match(back.err(), /The connection hubspot goes on: its pretend HubSpot is back/u);
  assert.equal((await hubspot()).paused, false);
  const pause = start(["connections", "pause", "hubspot", "--data", data]);
  assert.equal(await pause.ended(), 0, pause.err());
  back.child.kill("SIGINT");
  await back.ended();

  const held = start(["dev", "--once", "--port", "0", "--data", data]);
  assert.equal(await held.ended(), 0, held.err());
  assert.match(held.err(), /hubspot is paused; to go on: .* connections resume hubspot/u);
});
