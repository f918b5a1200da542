// What a vendor refuses of one field, between two CRMs: that field is left out and told, and the rest of the record goes on.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createHub, type Hub } from "../support/hub.ts";

const parked = async (hub: Hub) =>
  (await hub.winston.runs.parked({ limit: 20 })).map(({ connection, stream, reason, field, message }) => ({
    which: `${connection} ${stream} ${reason} ${field}`,
    message,
  }));
const which = async (hub: Hub): Promise<string[]> => (await parked(hub)).map((one) => one.which).toSorted();
const idOf = async (hub: Hub, kind: string, field: string, value: string): Promise<string> =>
  (await hub.list(kind)).find((one) => one.fields[field] === value)!.id;
const dealThere = (hub: Hub, name: string) => hub.portal.list("deals").find((one) => one["dealname"] === name);

test("a stage whose pipeline was removed is left out, of a deal that changes and of one that is made, and all else arrives", async () => {
  let pipeline = "";
  await using hub = await createHub(({ org, portal }) => {
    const stages = [{ label: "Signed", displayOrder: 0, metadata: { probability: "0.9" } }];
    pipeline = portal.addPipeline("deals", { label: "Renewals", displayOrder: 1, stages });
    const soon = { StageName: "Prospecting", CloseDate: "2027-01-01" };
    org.add("Opportunity", { Name: "Robot arm", ...soon });
  });
  hub.portal.removePipeline("deals", pipeline);
  const before = dealThere(hub, "Robot arm")!["dealstage"];
  const arm = await idOf(hub, "deal", "name", "Robot arm");
  await hub.save("deal", { name: "Two robot arms", stage: "Renewals: Signed" }, arm);
  await hub.save("deal", { externalId: "g", name: "Gripper", stage: "Renewals: Signed" });
  await hub.settle();
  assert.equal(dealThere(hub, "Two robot arms")!["dealstage"], before, "the name arrived, and the stage is as it was");
  assert.ok(dealThere(hub, "Gripper"), "and the other deal was made");
  const REFUSED = "hubspot deal vendor.INVALID_OPTION dealstage";
  assert.deepEqual(await which(hub), [REFUSED, REFUSED]);
  for (const { message } of await parked(hub)) {
    assert.match(message, /^dealstage "\d+" was left out, and the rest of the record was written\./u);
    assert.match(message, /was not one of the allowed options: \[/u);
    assert.match(message, /Add the option in HubSpot, or translate the value by a table/u);
  }
  const stages = hub.org.list("Opportunity").map((one) => one["StageName"]);
  assert.deepEqual(stages, ["Renewals: Signed", "Renewals: Signed"], "nobody else is kept waiting");
  await hub.cycle();
  const writes = hub.writes().length;
  await hub.cycle();
  assert.deepEqual(
    [hub.writes().length, (await which(hub)).length],
    [writes, 2],
    "it is told once, and not tried for ever",
  );
  // The person chooses a stage that is there.
  for (const one of await hub.list("deal")) await hub.save("deal", { stage: "Closed Won" }, one.id);
  await hub.settle();
  assert.deepEqual(await which(hub), []);
  assert.deepEqual(
    hub.portal.list("deals").map((one) => one["dealstage"]),
    ["closedwon", "closedwon"],
  );
});

test("a property that became read-only and a company that is gone are left out of one record; each says what to do", async () => {
  await using hub = await createHub(({ org, portal }) => {
    const account = org.add("Account", { Name: "Old Ltd" });
    org.add("Account", { Name: "New Ltd" });
    org.add("Contact", { LastName: "Lee", Email: "lee@example.com", Phone: "1", Title: "Clerk", AccountId: account });
    portal.addOwner({ firstName: "A", lastName: "B", email: "a.b@example.com" });
  });
  const contact = () => hub.portal.list("contacts")[0]!;
  const company = (name: string) => hub.portal.list("companies").find((one) => one["name"] === name)!.id;
  hub.portal.changeProperty("contacts", "phone", { readOnlyValue: true });
  hub.portal.archive("companies", company("New Ltd"));
  const lee = await idOf(hub, "person", "lastName", "Lee");
  const account = await idOf(hub, "account", "name", "New Ltd");
  await hub.save("person", { title: "Boss", phone: "+1 555 0100", account }, lee);
  await hub.settle();
  assert.equal(contact()["jobtitle"], "Boss");
  const [told, ...more] = await parked(hub);
  assert.deepEqual(more, []);
  assert.match(told!.message, /phone ".*" was left out.*read only property.*Make its row inbound in the mapping/u);
  assert.match(told!.message, /associations\.company "\d+" was left out.*Choose another one here, or restore it/u);
  assert.equal(hub.portal.associations("contacts", contact().id, "companies")[0]!.id, company("Old Ltd"));
  assert.equal(hub.org.list("Contact")[0]!["Title"], "Boss");
});

test("Salesforce: a value outside a restricted picklist, a field that may not be edited and a parent in a circle are left out", async () => {
  await using hub = await createHub(({ org }) => {
    const top = org.add("Account", { Name: "Top" });
    org.add("Account", { Name: "Low", ParentId: top });
    org.add("Lead", { LastName: "Ray", Company: "X", Title: "Clerk" });
    org.add("Opportunity", { Name: "Arm", StageName: "Prospecting", CloseDate: "2027-01-01" });
  });
  const row = (object: string, name: string) => hub.org.list(object).find((one) => one["Name"] === name)!;
  hub.org.changeField("Opportunity", "StageName", { restricted: true });
  hub.org.setFieldAccess("Lead", "Title", "readonly");
  const [top, low] = [await idOf(hub, "account", "name", "Top"), await idOf(hub, "account", "name", "Low")];
  await hub.save("account", { parent: low, phone: "+1 555 0100" }, top);
  await hub.save("person", { title: "Boss", company: "Y" }, await idOf(hub, "person", "lastName", "Ray"));
  await hub.save("deal", { stage: "Nowhere", name: "Two arms" }, await idOf(hub, "deal", "name", "Arm"));
  await hub.settle();
  assert.deepEqual([row("Account", "Top")["ParentId"] ?? null, row("Account", "Top")["Phone"]], [null, "+1 555 0100"]);
  assert.deepEqual([row("Lead", "Ray")["Title"], row("Lead", "Ray")["Company"]], ["Clerk", "Y"]);
  assert.equal(row("Opportunity", "Two arms")["StageName"], "Prospecting");
  const mine = (await parked(hub)).filter((one) => one.which.startsWith("salesforce"));
  assert.deepEqual(mine.map((one) => one.which).toSorted(), [
    "salesforce account vendor.CIRCULAR_DEPENDENCY ParentId",
    "salesforce lead vendor.INVALID_FIELD_FOR_INSERT_UPDATE Title",
    "salesforce opportunity vendor.INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST StageName",
  ]);
  for (const { message } of mine) assert.match(message, /was left out.*\. (?:Choose|Let|Add) /u);
});
