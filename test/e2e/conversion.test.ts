// A lead that is a HubSpot contact is converted in Salesforce: one person all the way, with its company and its deal in both.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createHub, type Hub } from "../support/hub.ts";

/** Requests since then that could make a contact in HubSpot, with the ids they name. */
const contactCreates = (hub: Hub, from: number): string[] =>
  hub
    .writes()
    .slice(from)
    .filter((line) => /\/objects\/.*contacts(?:\/batch\/(?:create|upsert))?$/u.test(line));

for (const withCompany of [false, true])
  test(`a lead that is a HubSpot contact ${withCompany ? "of a company" : "without a company"} is converted: one person, and it ${withCompany ? "keeps its company and" : "gains a company and"} gains its deal`, async () => {
    let [lead, contact, company] = ["", "", ""];
    await using hub = await createHub(({ org, portal }) => {
      lead = org.add("Lead", { FirstName: "Ann", LastName: "Lee", Company: "Globex", Email: "ann@globex.example" });
      contact = portal.add("contacts", { firstname: "Ann", lastname: "Lee", email: "ann@globex.example" });
      if (!withCompany) return;
      company = portal.add("companies", { name: "Globex", domain: "globex.example" });
      portal.associate("contacts", contact, "companies", company);
    });
    await hub.cycle();
    const [person] = await hub.list("person");
    assert.equal((await hub.list("person")).length, 1, "lead and contact are one person");
    const before = hub.writes().length;
    hub.clock.move(60_000);
    const account = withCompany ? hub.org.list("Account").find((one) => one["Name"] === "Globex") : undefined;
    const done = hub.org.convertLead({
      leadId: lead,
      convertedStatus: "Closed - Converted",
      opportunityName: "Globex pilot",
      ...(account ? { accountId: String(account["Id"]) } : {}),
    });
    await hub.cycle();
    await hub.cycle();

    const people = await hub.list("person");
    assert.deepEqual(
      people.map((one) => [one.id, one.stage]),
      [[person!.id, "contact"]],
      "the same person, at contact stage",
    );
    const { links } = await hub.winston.records.get("person", undefined, person!.id);
    assert.deepEqual(
      links!
        .filter((one) => one.state === "active")
        .map((one) => `${one.connection} ${one.stream} ${one.recordId}`)
        .toSorted((a, b) => a.localeCompare(b)),
      [`hubspot contact ${contact}`, `salesforce contact ${done.contactId}`],
    );
    assert.deepEqual(contactCreates(hub, before), [], "HubSpot is sent no contact to make");
    assert.equal(hub.portal.list("contacts").length, 1);
    const companies = hub.portal.list("companies");
    assert.deepEqual(
      companies.map((one) => one["name"]),
      ["Globex"],
      "one company, not doubled",
    );
    if (withCompany) assert.equal(companies[0]!.id, company, "the company it had");
    assert.deepEqual(
      hub.portal.associations("contacts", contact, "companies").map((one) => one.id),
      [companies[0]!.id],
    );
    const deals = hub.portal.list("deals");
    assert.deepEqual(
      deals.map((one) => one["dealname"]),
      ["Globex pilot"],
      "the deal that the conversion made, once",
    );
    assert.deepEqual(
      hub.portal.associations("deals", deals[0]!.id, "contacts").map((one) => one.id),
      [contact],
    );
    assert.deepEqual(
      hub.portal.associations("deals", deals[0]!.id, "companies").map((one) => one.id),
      [companies[0]!.id],
    );
    assert.deepEqual(
      [hub.org.list("Account").length, hub.org.list("Contact").length, hub.org.list("Opportunity").length],
      [1, 1, 1],
    );
    const quiet = hub.writes().length;
    await hub.cycle({ full: true });
    assert.deepEqual(hub.writes().slice(quiet), [], "and then all is quiet");
  });
