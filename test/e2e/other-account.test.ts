import assert from "node:assert/strict";
import { test } from "node:test";
import { isError } from "../../src/base/errors.ts";
import { seededRandom } from "../../src/base/random.ts";
import { startHubspot, type HubspotSimulator } from "../../src/simulators/hubspot/index.ts";
import { createHub } from "../support/hub.ts";

test("credentials of another account are never stored, so that nobody writes with them; the right ones bring the connection back", async () => {
  await using hub = await createHub();
  const ours = hub.simulators.hubspot;
  const other = await startHubspot({
    clock: hub.clock,
    random: seededRandom(8),
    portalId: 66_000_001,
    privateToken: "pat-na1-of-another-account",
  });
  await using closing = new AsyncDisposableStack();
  closing.defer(() => other.close());
  const connect = (portal: HubspotSimulator) =>
    hub.winston.connections.connect({
      vendor: "hubspot",
      name: "hubspot",
      mode: "write",
      settings: { baseUrl: portal.url, simulator: true },
      secrets: { accessToken: portal.credentials.privateToken },
    });
  const stored = async () => {
    const { rows } = await hub.database.pool.query(
      "select settings ->> 'baseUrl' as url, part, credential.version, sealed from credential join connection on connection.id = connection_id order by connection_id, part",
    );
    return rows;
  };
  const before = await stored();
  await assert.rejects(connect(other), (thrown) => isError(thrown, "organisation.changed"));
  assert.deepEqual(await stored(), before);
  const there = await hub.winston.connections.get("hubspot");
  assert.match(there.problem ?? "", /belonged to organisation .* and these credentials open 66000001/u);
  await connect(ours);
  await hub.save("account", { name: "Larkfield" });
  await hub.settle();
  assert.equal((await hub.winston.connections.get("hubspot")).problem, null);
  assert.deepEqual([ours.data.list("companies").length, other.data.list("companies").length], [1, 0]);
});
