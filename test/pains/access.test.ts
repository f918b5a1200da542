// Pains of other systems that come from the account: calls that are used up, and tokens that kill each other.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createLine } from "../support/line.ts";

const MINUTE = 60_000;
const lead = (LastName: string) => ({ LastName, Company: "Acme", Email: `${LastName.toLowerCase()}@example.com` });

test("pain 16: a day that others have nearly used up: reading leaves what is left to writing, and goes on when there is room", async () => {
  let id = "";
  await using line = await createLine(({ data }) => {
    id = data.add("Lead", lead("Lee"));
  });
  const { counts } = line.org.log;
  const ours = (await line.of(id)).id;
  line.org.data.edit("Lead", id, { City: "Ghent" });
  // What was taken in hand is given back, and one write brings the news of how little is left.
  line.clock.move(2_000);
  line.org.dials.set({ dailyCap: counts.apiCalls + 15 });
  await line.save("person", { title: "CEO" }, ours);
  await line.settle();
  await line.winston.connections.sync(line.connection.id, { trigger: "test" });
  await line.until("a reading waits for the day", async () =>
    (await line.winston.runs.list({ limit: 50 })).some((run) => run.error?.code === "vendor.budget_spent"),
  );
  await line.save("person", { title: "CFO" }, ours);
  await line.until("the edit is written", async () => line.org.data.get("Lead", id)!["Title"] === "CFO");
  assert.deepEqual(
    line.org.log.entries.filter((one) => one.status === 403),
    [],
    "Salesforce never had to refuse",
  );
  line.org.dials.set({ dailyCap: 100_000 });
  line.clock.move(16 * MINUTE);
  await line.cycle();
  await line.until("the reading goes on", async () => (await line.of(id)).fields["city"] === "Ghent");
});

test("pain 16: a cycle in which nothing changed costs two calls a stream, whatever the number of records", async () => {
  const cost: number[] = [];
  for (const records of [3, 60]) {
    await using line = await createLine(({ data }) => {
      for (let index = 0; index < records; index++) data.add("Lead", lead(`Lee${index}`));
    });
    line.clock.move(15 * MINUTE);
    await line.cycle();
    line.clock.move(15 * MINUTE);
    const before = line.org.log.counts.apiCalls;
    await line.cycle();
    cost.push(line.org.log.counts.apiCalls - before);
    const streams = (await line.winston.connections.streams()).length;
    assert.ok(cost.at(-1)! <= 2 * streams, `${cost.at(-1)} calls for ${streams} streams`);
  }
  assert.equal(cost[0], cost[1]);
});

test("pain 17: streams that find the session ended all at once renew it once, and the vendor's rotated refresh token is the one used next", async () => {
  let id = "";
  await using line = await createLine((org) => {
    org.dials.set({ rotateRefreshTokens: true });
    id = org.data.add("Lead", lead("Lee"));
  });
  const renewals = (): number => line.org.log.entries.filter((one) => one.path === "/services/oauth2/token").length;
  for (const city of ["Ghent", "Bruges", "Antwerp"]) {
    const before = renewals();
    line.org.data.edit("Lead", id, { City: city });
    line.org.data.expireSessions();
    await line.cycle();
    assert.equal(renewals() - before, 1, city);
    assert.equal((await line.of(id)).fields["city"], city);
  }
  assert.equal((await line.winston.connections.get(line.connection.id)).problem, null);
  const runs = await line.winston.runs.list({ limit: 500 });
  assert.deepEqual(
    runs.filter((run) => run.state === "failed"),
    [],
  );
});
