// A field that is taken from the integration user, or archived, at each pretend vendor: noticed, shown, and healed when it is back.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createHub, type Hub } from "../support/hub.ts";

const drifts = async (hub: Hub) =>
  (await hub.winston.schema.diff()).map(({ connection, stream, field, cause }) =>
    [connection, stream, field, cause].join(" "),
  );

test("a field that Salesforce hides from its user is paused and left as it is everywhere, and heals when it is shown again", async () => {
  await using hub = await createHub(({ org }) => {
    org.add("Account", {
      Name: "Larkfield",
      Website: "larkfield.example",
      Industry: "Farming",
      Phone: "+44 20 7946 0000",
    });
  });
  const account = async () => (await hub.list("account"))[0]!;
  const phone = (await account()).fields["phone"];
  assert.ok(phone);
  hub.org.setFieldAccess("Account", "Phone", "hidden");
  await hub.cycle();
  await hub.cycle();
  assert.deepEqual(await drifts(hub), ["salesforce account Phone gone"]);
  await hub.save("account", { name: "Larkfield Ltd" }, (await account()).id);
  await hub.settle();
  assert.equal(hub.org.list("Account")[0]!["Name"], "Larkfield Ltd", "the rest of the stream runs");
  await hub.cycle({ full: true });
  assert.equal((await account()).fields["phone"], phone);
  assert.ok(hub.portal.list("companies")[0]!["phone"], "nor is it blanked at HubSpot");
  hub.org.setFieldAccess("Account", "Phone", "edit");
  hub.clock.move(7 * 3_600_000);
  await hub.cycle();
  assert.deepEqual(await drifts(hub), []);
  await hub.save("account", { phone: "+44 20 7946 0999" }, (await account()).id);
  await hub.settle();
  assert.match(String(hub.org.list("Account")[0]!["Phone"]), /0999/u, "it is written again");
});

test("a property that is archived at HubSpot, which then just does not show it, is paused, and heals when it is back", async () => {
  await using hub = await createHub(({ portal }) => {
    portal.add("companies", { name: "Larkfield", domain: "larkfield.example", phone: "+442079460000" });
  });
  const account = async () => (await hub.list("account"))[0]!;
  const phone = (await account()).fields["phone"];
  assert.ok(phone);
  hub.portal.changeProperty("companies", "phone", { archivedAt: hub.clock.now() });
  hub.portal.edit("companies", hub.portal.list("companies")[0]!["id"] as string, { name: "Larkfield Ltd" });
  await hub.cycle();
  await hub.cycle();
  assert.deepEqual(await drifts(hub), ["hubspot company phone gone"]);
  assert.deepEqual([(await account()).fields["name"], (await account()).fields["phone"]], ["Larkfield Ltd", phone]);
  assert.ok(hub.org.list("Account")[0]!["Phone"], "nor is it blanked at Salesforce");
  hub.portal.changeProperty("companies", "phone", { archivedAt: undefined } as never);
  hub.clock.move(7 * 3_600_000);
  await hub.cycle();
  assert.deepEqual(await drifts(hub), []);
  assert.equal((await account()).fields["phone"], phone);
});
