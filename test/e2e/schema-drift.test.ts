// A field that is taken from the integration user, or archived, at each pretend vendor: noticed, shown, and healed when it is back.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createHub, type Hub } from "../support/hub.ts";
import { dial, surfaces } from "../support/surfaces.ts";

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

test("fields that are removed, retyped, newly required, and not described any more are told by HTTP, on the command line and as alerts, and all is over when they are back", async () => {
  await using hub = await createHub(({ org, portal }) => {
    org.add("Account", { Name: "Larkfield", Website: "larkfield.example", Phone: "+44 20 7946 0000" });
    portal.add("companies", { name: "Ferris", domain: "ferris.example" });
  });
  const { get, cli, health, alerts } = await surfaces(hub);
  await alerts();
  await dial(hub, "salesforce", "PATCH", "fields/Account/Phone", { access: "hidden" });
  await dial(hub, "salesforce", "PATCH", "fields/Account/Website", { type: "double" });
  await dial(hub, "salesforce", "PATCH", "fields/Lead/Title", { nillable: false });
  const refuse = { kind: "status", status: 403, times: null, body: { status: "error", category: "MISSING_SCOPES" } };
  await dial(hub, "hubspot", "POST", "faults", { ...refuse, match: { path: "/crm/properties/2026-09/companies" } });
  hub.clock.move(7 * 3_600_000);
  await hub.cycle();

  const drifts = (await get("/api/schema/drifts")).map((one) =>
    [one["stream"], one["field"], one["cause"], one["pauses"] ? "paused" : "runs"].join(" "),
  );
  assert.deepEqual(drifts.toSorted(), [
    "account Phone gone paused",
    "account Website retyped paused",
    "lead Title required runs",
  ]);
  const table = await cli("schema", "diff");
  for (const line of [
    /account +Phone .* gone +paused/u,
    /account +Website .* retyped +paused/u,
    /lead +Title .* required +runs/u,
  ])
    assert.match(table, line);
  assert.match(await health("account"), /^Phone, Website changed at the vendor and are paused: winston schema diff/u);
  assert.match(await health("lead"), /^Title changed at the vendor: winston schema diff, in step/u);
  assert.match(await health("company"), /the vendor has not described its fields for .*: they are taken as they were/u);
  assert.match(await cli("connections", "show", "salesforce"), /Phone, Website changed at the vendor/u);
  const open = await alerts("salesforce drift", "hubspot undescribed");
  const drift = open.find((one) => one["kind"] === "drift")!;
  assert.deepEqual([...(drift["streams"] as string[])].toSorted(), ["account", "lead"]);
  assert.match(String(drift["message"]), /account: Website was of type url at the vendor and is of type number now/u);
  const listed = await cli("alerts", "list");
  assert.match(listed, /salesforce: fields changed there/u);
  assert.match(listed, /hubspot: does not say what its fields are/u);

  await dial(hub, "salesforce", "PATCH", "fields/Account/Phone", { access: "edit" });
  await dial(hub, "salesforce", "PATCH", "fields/Account/Website", { type: "url" });
  await dial(hub, "salesforce", "PATCH", "fields/Lead/Title", { nillable: true });
  await dial(hub, "hubspot", "DELETE", "faults");
  hub.clock.move(3_600_000);
  await hub.cycle();
  assert.deepEqual(await get("/api/schema/drifts"), []);
  assert.match(await health("account"), /^in step/u);
  assert.doesNotMatch(await health("company"), /described/u);
  await alerts();
});
