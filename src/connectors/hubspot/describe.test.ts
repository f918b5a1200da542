import assert from "node:assert/strict";
import { test } from "node:test";
import { VirtualClock } from "../../base/clock.ts";
import { seededRandom } from "../../base/random.ts";
import type { StreamDeclaration } from "../../connector/contract.ts";
import { connectDirectly } from "../../connector/direct.ts";
import { startHubspot } from "../../simulators/hubspot/index.ts";
import { hubspot } from "./index.ts";

test("a description marks what costs a call of its own, and without that a record is read by one call", async () => {
  const clock = new VirtualClock();
  const portal = await startHubspot({ clock, random: seededRandom(7), story: "larkfield" });
  await using connection = connectDirectly({
    connector: hubspot,
    settings: { baseUrl: portal.url, simulator: true },
    secrets: { accessToken: portal.credentials.privateToken },
    clock,
    random: seededRandom(1),
    simulator: true,
  });
  const { api, signal } = { api: connection.api, signal: new AbortController().signal };
  const described = async (stream: StreamDeclaration, apart: boolean): Promise<string[]> =>
    (await stream.describe(api)).filter((one) => (one.apart ?? false) === apart).map(({ name }) => name);
  assert.deepEqual(await described(hubspot.streams.contact, true), [], "contacts show their company's id");
  assert.deepEqual(await described(hubspot.streams.company, true), [], "companies show their parent's id");
  const dear = await described(hubspot.streams.deal, true);
  assert.deepEqual(
    dear.filter((name) => /company|history/u.test(name)),
    ["associations.company", "history.dealstage"],
  );

  const [{ id }] = portal.data.list("deals") as [{ id: string }];
  const callsFor = async (fields: readonly string[]): Promise<number> => {
    portal.log.clear();
    const [record] = await hubspot.streams.deal.read!(api, { ids: [id], fields, signal });
    assert.deepEqual(Object.keys(record!.fields).toSorted(), fields.toSorted());
    return portal.log.entries.length;
  };
  const cheap = (hubspot.streams.deal.mapping["rows"] as { record: string }[])
    .map(({ record }) => record)
    .filter((name) => !dear.includes(name));
  await callsFor(cheap);
  assert.equal(await callsFor(cheap), 1, "stages are known by now");
  for (const name of ["associations.company", "history.dealstage"]) assert.equal(await callsFor([name]), 2, name);
  await portal.close();
});
