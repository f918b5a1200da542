// What only shows between two CRMs: owners who are not the same at both, conversions met halfway, consent, and records that lost their own.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createHub, type Hub } from "../support/hub.ts";

const contact = (hub: Hub, lastname: string) =>
  hub.portal.list("contacts").find((one) => one["lastname"] === lastname)!;
const lead = (hub: Hub, id: string) => hub.org.get("Lead", id)!;
const ownerHere = async (hub: Hub, lastName: string): Promise<unknown> => {
  const person = (await hub.list("person")).find((one) => one.fields["lastName"] === lastName)!;
  return (await hub.list("user")).find((one) => one.id === person.fields["owner"])?.fields["name"] ?? null;
};

test("an owner cleared where one may be is nobody here too; who must have one keeps the last, and nothing stops", async () => {
  let ann = "";
  let one = "";
  await using hub = await createHub(({ org, portal }) => {
    ann = org.addUser({ firstName: "Ann", lastName: "Owner", email: "ann.owner@example.com" });
    portal.addOwner({ firstName: "Ann", lastName: "Owner", email: "ann.owner@example.com" });
    one = org.add("Lead", { LastName: "One", Company: "X", Email: "one@example.com", OwnerId: ann });
  });
  hub.portal.edit("contacts", contact(hub, "One").id, { hubspot_owner_id: "" });
  await hub.cycle();
  hub.portal.edit("contacts", contact(hub, "One").id, { jobtitle: "Boss" });
  await hub.cycle();
  assert.deepEqual(await hub.parked(), []);
  assert.deepEqual([lead(hub, one)["Title"], lead(hub, one)["OwnerId"]], ["Boss", ann]);
  assert.equal(await ownerHere(hub, "One"), null);
  const before = hub.writes().length;
  await hub.cycle({ full: true });
  assert.equal(hub.writes().length, before, "and quiet stays quiet");
  const bob = hub.org.addUser({ firstName: "Bob", lastName: "Owner", email: "bob.owner@example.com" });
  hub.portal.addOwner({ firstName: "Bob", lastName: "Owner", email: "bob.owner@example.com" });
  await hub.cycle();
  hub.org.edit("Lead", one, { OwnerId: bob });
  await hub.cycle();
  assert.equal(await ownerHere(hub, "One"), "Bob Owner", "the next owner arrives");
  assert.ok(contact(hub, "One")["hubspot_owner_id"]);
});

test("an owner who is active again gets what waited for that, without another edit", async () => {
  let bob = "";
  await using hub = await createHub(({ org, portal }) => {
    const owner = org.addUser({ firstName: "Bob", lastName: "Owner", email: "bob.owner@example.com" });
    bob = portal.addOwner({ firstName: "Bob", lastName: "Owner", email: "bob.owner@example.com", active: false });
    org.add("Lead", { LastName: "Two", Company: "X", Email: "two@example.com", OwnerId: owner });
  });
  assert.ok(!contact(hub, "Two")["hubspot_owner_id"]);
  hub.portal.activateOwner(bob);
  await hub.cycle();
  assert.equal(String(contact(hub, "Two")["hubspot_owner_id"]), bob);
});

test("whom a person gives a contact in HubSpot that Winston has just made there is its owner everywhere; whom an integration gives it to is in the ledger", async () => {
  const ids: Record<string, string> = {};
  await using hub = await createHub(({ org, portal }) => {
    const ann = org.addUser({ firstName: "Ann", lastName: "Owner", email: "ann.owner@example.com" });
    ids["bob"] = org.addUser({ firstName: "Bob", lastName: "Owner", email: "bob.owner@example.com" });
    ids["his"] = portal.addOwner({ firstName: "Bob", lastName: "Owner", email: "bob.owner@example.com" });
    for (const name of ["One", "Two"])
      ids[name] = org.add("Lead", { LastName: name, Company: "X", Email: `${name}@example.com`, OwnerId: ann });
    ids["ann"] = ann;
  });
  hub.clock.move(1_000);
  hub.portal.edit("contacts", contact(hub, "One").id, { hubspot_owner_id: ids["his"]! });
  hub.portal.edit("contacts", contact(hub, "Two").id, { hubspot_owner_id: ids["his"]! }, { source: "INTEGRATION" });
  await hub.cycle();
  assert.deepEqual([await ownerHere(hub, "One"), lead(hub, ids["One"]!)["OwnerId"]], ["Bob Owner", ids["bob"]]);
  assert.deepEqual([await ownerHere(hub, "Two"), lead(hub, ids["Two"]!)["OwnerId"]], ["Ann Owner", ids["ann"]]);
  for (const name of ["One", "Two"]) assert.equal(String(contact(hub, name)["hubspot_owner_id"]), ids["his"]);
  const ledger = await hub.winston.runs.conflicts({ limit: 10 });
  assert.deepEqual(ledger.map(({ field, winner, rule }) => `${field} ${winner} ${rule}`).toSorted(), [
    "owner record newest",
    "owner winston filled",
  ]);
});

test("what was refused of a lead that turns out to be converted is owed by nobody any more, and arrives at the contact", async () => {
  let ray = "";
  await using hub = await createHub(({ org }) => {
    ray = org.add("Lead", { FirstName: "Bob", LastName: "Ray", Company: "Globex", Email: "bob@globex.example" });
  });
  hub.clock.move(60_000);
  hub.org.convertLead({ leadId: ray, convertedStatus: "Closed - Converted" });
  hub.portal.edit("contacts", contact(hub, "Ray").id, { jobtitle: "CFO" });
  hub.portal.indexNow();
  const [, hubspot] = await hub.winston.connections.list();
  await hub.winston.connections.sync(hubspot!.id, { trigger: "test" });
  await hub.settle();
  assert.deepEqual(await hub.parked(), ["salesforce lead vendor.CANNOT_UPDATE_CONVERTED_LEAD"]);
  await hub.cycle();
  assert.deepEqual(await hub.parked(), []);
  assert.equal(hub.org.list("Contact")[0]!["Title"], "CFO");
});

test("consent that is withheld where only people can give it is not given by an untick elsewhere, which is in the ledger", async () => {
  let mia = "";
  await using hub = await createHub(({ org }) => {
    mia = org.add("Lead", { FirstName: "Mia", LastName: "Case", Company: "X", Email: "mia@example.com" });
  });
  const here = async () => (await hub.list("person"))[0]!.fields["doNotEmail"];
  const inPortal = (value: "true" | "false") => {
    hub.portal.changeProperty("contacts", "hs_email_optout", { readOnlyValue: false });
    hub.portal.edit("contacts", contact(hub, "Case").id, { hs_email_optout: value });
    hub.portal.changeProperty("contacts", "hs_email_optout", { readOnlyValue: true });
  };
  hub.clock.move(60_000);
  inPortal("true");
  await hub.cycle();
  assert.deepEqual([await here(), lead(hub, mia)["HasOptedOutOfEmail"]], [true, true]);
  hub.org.edit("Lead", mia, { HasOptedOutOfEmail: false });
  await hub.cycle();
  await hub.cycle();
  assert.deepEqual([await here(), lead(hub, mia)["HasOptedOutOfEmail"]], [true, true]);
  assert.deepEqual(
    (await hub.winston.runs.conflicts({ limit: 10 })).map((one) => [one.field, one.rule, one.winner, one.record]),
    [["doNotEmail", "restrictive", "winston", false]],
  );
  inPortal("false");
  await hub.cycle();
  assert.deepEqual([await here(), lead(hub, mia)["HasOptedOutOfEmail"]], [false, false], "given there, it is given");
});

test("owners who have other addresses in the other system are one by the mapping's table, both ways", async () => {
  const ids: Record<string, string> = {};
  await using hub = await createHub(({ org, portal }) => {
    for (const name of ["Ann", "Bob"])
      ids[name] = org.addUser({ firstName: name, lastName: "Owner", email: `${name.toLowerCase()}@firm.example` });
    ids["theirAnn"] = portal.addOwner({ firstName: "A.", lastName: "Owner", email: "ann@private.example" });
    ids["theirBob"] = portal.addOwner({
      firstName: "B.",
      lastName: "Owner",
      email: "bob@private.example",
      active: false,
    });
    for (const [name, owner] of [
      ["One", "Ann"],
      ["Two", "Bob"],
    ] as const)
      ids[name] = org.add("Lead", { LastName: name, Company: "X", Email: `${name}@example.com`, OwnerId: ids[owner] });
  });
  assert.ok(!contact(hub, "One")["hubspot_owner_id"], "nobody knows who that is there");
  const { connections } = hub.winston;
  const [, hubspot] = await connections.list();
  const stream = (await connections.streams(hubspot!.id)).find((one) => one.key === "contact")!;
  const { document } = await connections.mapping(stream.id);
  const rows = (document["rows"] as { field: unknown }[]).map((row) =>
    row.field === "owner"
      ? { ...row, options: { table: { [ids["theirAnn"]!]: "ann@firm.example", "bob@private.example": "Bob Owner" } } }
      : row,
  );
  await connections.putMapping(stream.id, { ...document, rows } as never, "test");
  await hub.cycle();
  await hub.cycle();
  assert.equal(String(contact(hub, "One")["hubspot_owner_id"]), ids["theirAnn"]);
  assert.ok(!contact(hub, "Two")["hubspot_owner_id"], "not active there");
  hub.portal.activateOwner(ids["theirBob"]!);
  await hub.cycle();
  assert.equal(String(contact(hub, "Two")["hubspot_owner_id"]), ids["theirBob"], "active now");
  hub.portal.edit("contacts", contact(hub, "One").id, { hubspot_owner_id: ids["theirBob"]! });
  await hub.cycle();
  assert.equal(await ownerHere(hub, "One"), "Bob Owner");
  assert.equal(lead(hub, ids["One"]!)["OwnerId"], ids["Bob"]);
  assert.deepEqual(await hub.parked(), []);
});

test("where a table of owners and their addresses say otherwise the table counts, both ways", async () => {
  const ids: Record<string, string> = {};
  await using hub = await createHub(({ org, portal }) => {
    for (const name of ["Ann", "Bob"]) {
      const email = `${name.toLowerCase()}@firm.example`;
      ids[name] = org.addUser({ firstName: name, lastName: "Owner", email });
      ids[`their${name}`] = portal.addOwner({ firstName: name, lastName: "Owner", email });
    }
    ids["One"] = org.add("Lead", { LastName: "One", Company: "X", Email: "one@example.com", OwnerId: ids["Ann"] });
  });
  assert.equal(String(contact(hub, "One")["hubspot_owner_id"]), ids["theirAnn"], "by address, while nobody says more");
  const { connections } = hub.winston;
  const stream = (await connections.streams(hub.connections.hubspot)).find((one) => one.key === "contact")!;
  const { document } = await connections.mapping(stream.id);
  const rows = (document["rows"] as { field: unknown }[]).map((row) =>
    row.field === "owner" ? { ...row, options: { table: { [ids["theirBob"]!]: "ann@firm.example" } } } : row,
  );
  await connections.putMapping(stream.id, { ...document, rows } as never, "test");
  await hub.cycle();
  hub.portal.edit("contacts", contact(hub, "One").id, { hubspot_owner_id: ids["theirBob"]! });
  await hub.cycle();
  assert.equal(await ownerHere(hub, "One"), "Ann Owner", "Bob there is Ann's");
  const two = hub.org.add("Lead", { LastName: "Two", Company: "X", Email: "two@example.com", OwnerId: ids["Ann"]! });
  await hub.cycle();
  assert.equal(String(contact(hub, "Two")["hubspot_owner_id"]), ids["theirBob"], "and what is Ann's is Bob's there");
  assert.deepEqual([lead(hub, two)["OwnerId"], await hub.parked()], [ids["Ann"], []]);
});

test("a lead that moves to a queue is the queue's, stays whose it was where there is none, and goes on to whom it is given", async () => {
  const ids: Record<string, string> = {};
  await using hub = await createHub(({ org, portal }) => {
    ids["queue"] = String(org.list("Group")[0]!["Id"]);
    ids["ann"] = org.addUser({ firstName: "Ann", lastName: "Owner", email: "ann.owner@example.com" });
    ids["hers"] = portal.addOwner({ firstName: "Ann", lastName: "Owner", email: "ann.owner@example.com" });
    ids["Moved"] = org.add("Lead", { LastName: "Moved", Company: "X", Email: "m@example.com", OwnerId: ids["ann"] });
    ids["Queued"] = org.add("Lead", {
      LastName: "Queued",
      Company: "X",
      Email: "q@example.com",
      OwnerId: ids["queue"],
    });
  });
  const there = (name: string) => contact(hub, name)["hubspot_owner_id"] || null;
  const queue = String(hub.org.get("Group", ids["queue"]!)!["Name"]);
  assert.deepEqual([await ownerHere(hub, "Queued"), there("Queued")], [queue, null]);
  hub.org.edit("Lead", ids["Moved"]!, { OwnerId: ids["queue"]! });
  await hub.cycle();
  assert.deepEqual([await ownerHere(hub, "Moved"), there("Moved")], [queue, ids["hers"]]);
  hub.portal.edit("contacts", contact(hub, "Moved").id, { jobtitle: "T" });
  hub.portal.edit("contacts", contact(hub, "Queued").id, { hubspot_owner_id: ids["hers"]! });
  await hub.cycle();
  assert.deepEqual([lead(hub, ids["Moved"]!)["OwnerId"], lead(hub, ids["Moved"]!)["Title"]], [ids["queue"], "T"]);
  assert.equal(await ownerHere(hub, "Queued"), "Ann Owner");
  assert.equal(lead(hub, ids["Queued"]!)["OwnerId"], ids["ann"]);
  assert.deepEqual(await hub.parked(), []);
});

test("whose record was swallowed by a merge at one vendor is told of at the other, until it is merged or deleted there", async () => {
  await using hub = await createHub(({ portal }) => {
    for (const firstname of ["a", "b"])
      portal.add("contacts", { firstname, lastname: "X", email: `${firstname}@example.com` });
  });
  const [one, other] = hub.portal.list("contacts");
  hub.clock.move(60_000);
  hub.portal.merge("contacts", one!.id, other!.id);
  await hub.cycle();
  assert.equal((await hub.list("person")).length, 1);
  const [told] = await hub.winston.runs.parked({ limit: 10 });
  const swallowed = hub.org.list("Lead").find((lead) => lead["FirstName"] === "b")!;
  assert.deepEqual([told!.reason, told!.subject], ["record.twin", swallowed["Id"]]);
  assert.match(told!.message, /since the two were merged at hubspot\. Merge the two at salesforce too/u);
  hub.org.delete(String(swallowed["Id"]));
  await hub.cycle();
  assert.deepEqual(await hub.parked(), []);
  assert.equal((await hub.list("person")).length, 1, "and nobody goes with it");
});

test("what both make within one poll is one, or two and a question: companies, people, deals with a company and without one", async () => {
  await using hub = await createHub(({ org }) => org.add("Account", { Name: "Acme" }));
  const [acme, there] = [String(hub.org.list("Account")[0]!["Id"]), hub.portal.list("companies")[0]!.id];
  await hub.cycle();
  const globex = hub.org.add("Account", { Name: "Globex" });
  const theirs = hub.portal.add("companies", { name: "Globex" });
  hub.org.add("Lead", { FirstName: "Al", LastName: "Kay", Company: "X", Email: "al@example.com" });
  hub.portal.add("contacts", { firstname: "Al", lastname: "Kay", email: "al@example.com" });
  for (const [name, accountId, company] of [
    ["Of one", acme, there],
    ["Of nobody", null, null],
    ["Of what is new too", globex, theirs],
  ] as const) {
    const given = accountId === null ? {} : { AccountId: accountId };
    hub.org.add("Opportunity", { Name: name, StageName: "Prospecting", CloseDate: "2026-12-31", ...given });
    const deal = hub.portal.add("deals", { dealname: name, dealstage: "appointmentscheduled" });
    if (company !== null) hub.portal.associate("deals", deal, "companies", company);
  }
  hub.portal.indexNow();
  // Salesforce is read, and HubSpot given all of it, before anybody looks at HubSpot.
  const [salesforce] = await hub.winston.connections.list();
  await hub.winston.connections.sync(salesforce!.id, { trigger: "test" });
  await hub.settle();
  await hub.cycle();
  await hub.cycle();
  assert.deepEqual(
    (await hub.winston.duplicates.list({ limit: 10 }))
      .map((one) => `${one.kind} ${one.left.fields["name"] as string}`)
      .toSorted(),
    ["account Globex", "deal Of nobody", "deal Of one", "deal Of what is new too"],
  );
  assert.deepEqual(
    [hub.org.list("Account").length, hub.org.list("Opportunity").length, hub.org.list("Lead").length],
    [2, 3, 1],
    "nothing is made a second time where nobody looked yet",
  );
  assert.equal(hub.portal.list("contacts").length, 1, "an address is one contact");
});
