// One person whom HubSpot merges and Salesforce converts, in either order: one record each, nothing made anew, nothing lost.
import assert from "node:assert/strict";
import { test } from "node:test";
import { sql } from "../../src/store/sql.ts";
import { createHub, type Hub } from "../support/hub.ts";

/** Ann and Bea are leads in Salesforce and contacts in HubSpot. */
async function createPair() {
  const leads: Record<string, string> = {};
  const hub = await createHub(({ org }) => {
    for (const [name, title] of [
      ["Ann", "First title"],
      ["Bea", "Second title"],
    ] as const)
      leads[name] = org.add("Lead", {
        FirstName: name,
        LastName: "Twice",
        Company: "Globex",
        Email: `${name.toLowerCase()}@globex.example`,
        Title: title,
      });
  });
  await hub.cycle();
  const contact = (name: string): string => hub.portal.list("contacts").find((one) => one["firstname"] === name)!.id;
  const read = (key: string, enabled: boolean): Promise<number> =>
    hub.database.run(
      sql`update stream set enabled = ${enabled} from connection where connection.id = stream.connection_id and connection.vendor = 'salesforce' and stream.key = ${key}`,
    );
  return {
    hub,
    leads: leads as { Ann: string; Bea: string },
    mergeInHubspot: async (): Promise<void> => {
      hub.clock.move(60_000);
      hub.portal.merge("contacts", contact("Ann"), contact("Bea"));
      await hub.cycle();
    },
    /** Whether Salesforce's leads are read: while they are not, a contact is read before the conversion that made it. */
    readLeads: (enabled: boolean): Promise<number> => read("lead", enabled),
    read,
    convert: async (leadId: string, into: { contactId?: string; accountId?: string } = {}): Promise<void> => {
      hub.clock.move(60_000);
      hub.org.convertLead({ leadId, convertedStatus: "Closed - Converted", doNotCreateOpportunity: true, ...into });
      await hub.cycle();
    },
    [Symbol.asyncDispose]: () => hub[Symbol.asyncDispose](),
  };
}

/** The one person: where it lives, and what both CRMs hold of it. */
async function oneOf(hub: Hub) {
  const people = await hub.list("person");
  assert.equal(people.length, 1);
  const [person] = people;
  const { links } = await hub.winston.records.get("person", undefined, person!.id);
  const active = links!.filter((one) => one.state === "active").map((one) => `${one.connection} ${one.stream}`);
  assert.deepEqual(
    [active.toSorted(), hub.org.list("Contact").length, hub.portal.list("contacts").length],
    [["hubspot contact", "salesforce contact"], 1, 1],
  );
  return person!;
}

/** An edit in either arrives in the other, and then all is quiet. */
async function inStep(hub: Hub): Promise<void> {
  const contact = () => hub.org.list("Contact")[0]!;
  const theirs = () => hub.portal.list("contacts")[0]!;
  hub.portal.edit("contacts", theirs().id, { jobtitle: "From HubSpot" });
  hub.org.edit("Contact", String(contact()["Id"]), { MobilePhone: "+12025550123" });
  await hub.cycle();
  await hub.cycle();
  assert.deepEqual([contact()["Title"], theirs()["mobilephone"]], ["From HubSpot", "+12025550123"]);
  const before = hub.writes().length;
  await hub.cycle({ full: true });
  assert.deepEqual([hub.writes().slice(before), hub.org.list("Contact").length], [[], 1]);
}

test("merged in HubSpot, then the lead that was swallowed is converted: the person is its contact, and the other lead stands aside until it is converted too", async () => {
  await using pair = await createPair();
  const { hub, leads } = pair;
  await pair.mergeInHubspot();
  assert.deepEqual(await hub.parked(), ["salesforce lead record.twin"]);
  await pair.convert(leads.Bea);
  const person = await oneOf(hub);
  assert.deepEqual([person.stage, await hub.parked()], ["contact", ["salesforce lead record.twin"]]);
  const [told] = await hub.winston.runs.parked({ limit: 1 });
  assert.equal(told!.subject, leads.Ann, "the lead that is still one");
  const lost = (await hub.winston.runs.conflicts({ limit: 50 })).map((one) => one.record);
  assert.ok(lost.includes("Second title") && lost.includes("bea@globex.example"), "what lost is in the ledger");
  assert.ok(hub.portal.list("contacts")[0]!["associatedcompanyid"] ?? person.fields["account"], "it has its company");
  await inStep(hub);
  const contact = hub.org.list("Contact")[0]!;
  await pair.convert(leads.Ann, { contactId: String(contact["Id"]), accountId: String(contact["AccountId"]) });
  await oneOf(hub);
  assert.deepEqual(await hub.parked(), []);
});

test("converted in Salesforce, then merged in HubSpot with one who is still a lead: the contact stays the person's, and the lead joins it", async () => {
  await using pair = await createPair();
  const { hub, leads } = pair;
  await pair.convert(leads.Bea);
  await pair.mergeInHubspot();
  const person = await oneOf(hub);
  assert.deepEqual([person.stage, await hub.parked()], ["contact", ["salesforce lead record.twin"]]);
  assert.equal(person.fields["title"], "First title", "what HubSpot's merge kept");
  await inStep(hub);
  const contact = hub.org.list("Contact")[0]!;
  await pair.convert(leads.Ann, { contactId: String(contact["Id"]), accountId: String(contact["AccountId"]) });
  await oneOf(hub);
  assert.deepEqual(await hub.parked(), []);
  await inStep(hub);
});

test("both leads converted, each into a contact of its own, after HubSpot merged them: one is the person's, the other is told", async () => {
  await using pair = await createPair();
  const { hub, leads } = pair;
  await pair.mergeInHubspot();
  await pair.convert(leads.Ann);
  await pair.convert(leads.Bea);
  const people = await hub.list("person");
  assert.deepEqual([people.length, people[0]!.stage, hub.portal.list("contacts").length], [1, "contact", 1]);
  assert.deepEqual(await hub.parked(), ["salesforce contact record.twin"]);
  const [told] = await hub.winston.runs.parked({ limit: 1 });
  const kept = hub.org.list("Contact").find((one) => one["Id"] !== told!.subject)!;
  hub.clock.move(60_000);
  hub.org.merge("Contact", String(kept["Id"]), [told!.subject]);
  await hub.cycle();
  await oneOf(hub);
  assert.deepEqual(await hub.parked(), []);
});

test("a lead that was edited and then converted keeps that edit, also where its contact is read before its conversion is", async () => {
  await using pair = await createPair();
  const { hub, leads } = pair;
  hub.clock.move(60_000);
  hub.org.edit("Lead", leads.Ann, { Title: "Said before the conversion" });
  await pair.readLeads(false);
  await pair.convert(leads.Ann);
  await pair.readLeads(true);
  await hub.cycle();
  await hub.cycle();
  const contact = hub.org.list("Contact").find((one) => one["FirstName"] === "Ann")!;
  const there = hub.portal.list("contacts").find((one) => one["firstname"] === "Ann")!;
  const here = (await hub.list("person")).filter((one) => one.fields["firstName"] === "Ann");
  assert.deepEqual(
    [contact["Title"], there["jobtitle"], here.map((one) => [one.fields["title"], one.stage])],
    ["Said before the conversion", "Said before the conversion", [["Said before the conversion", "contact"]]],
  );
});

test("what was cleared here after a conversion stays cleared, also where the contact is read before the conversion is", async () => {
  await using pair = await createPair();
  const { hub, leads } = pair;
  const ann = async () => (await hub.list("person")).filter((one) => one.fields["firstName"] === "Ann");
  const [before] = await ann();
  await pair.readLeads(false);
  await pair.convert(leads.Ann);
  await hub.save("person", { title: null }, before!.id);
  await pair.readLeads(true);
  await hub.cycle();
  await hub.cycle();
  const contact = hub.org.list("Contact").find((one) => one["FirstName"] === "Ann")!;
  const there = hub.portal.list("contacts").find((one) => one["firstname"] === "Ann")!;
  assert.deepEqual(
    [contact["Title"] ?? null, there["jobtitle"] || null, (await ann()).map((one) => one.fields["title"] ?? null)],
    [null, null, [null]],
  );
  const lost = (await hub.winston.runs.conflicts({ limit: 50 })).filter((one) => one.field === "title");
  assert.deepEqual(lost, []);
});

test("what was cleared in a contact after its conversion stays cleared, also where the contact is read before the conversion is", async () => {
  await using pair = await createPair();
  const { hub, leads } = pair;
  await pair.readLeads(false);
  hub.clock.move(60_000);
  hub.org.convertLead({ leadId: leads.Ann, convertedStatus: "Closed - Converted", doNotCreateOpportunity: true });
  hub.clock.move(60_000);
  const contact = () => hub.org.list("Contact").find((one) => one["FirstName"] === "Ann")!;
  hub.org.edit("Contact", contact()["Id"] as string, { Title: null });
  await hub.cycle();
  await pair.readLeads(true);
  await hub.cycle();
  await hub.cycle();
  const there = hub.portal.list("contacts").find((one) => one["firstname"] === "Ann")!;
  const here = (await hub.list("person")).filter((one) => one.fields["firstName"] === "Ann");
  assert.deepEqual(
    [contact()["Title"] ?? null, there["jobtitle"] || null, here.map((one) => one.fields["title"] ?? null)],
    [null, null, [null]],
  );
});

test("what was cleared in a lead just before its conversion stays cleared, also where the contact is read before the conversion is", async () => {
  await using pair = await createPair();
  const { hub, leads } = pair;
  hub.clock.move(60_000);
  hub.org.edit("Lead", leads.Ann, { Title: null });
  await pair.readLeads(false);
  await pair.convert(leads.Ann);
  await pair.readLeads(true);
  await hub.cycle();
  await hub.cycle();
  const contact = hub.org.list("Contact").find((one) => one["FirstName"] === "Ann")!;
  const there = hub.portal.list("contacts").find((one) => one["firstname"] === "Ann")!;
  const here = (await hub.list("person")).filter((one) => one.fields["firstName"] === "Ann");
  assert.deepEqual(
    [contact["Title"] ?? null, there["jobtitle"] || null, here.map((one) => one.fields["title"] ?? null)],
    [null, null, [null]],
  );
});

for (const last of ["lead", "contact"])
  test(`the account that somebody chose as they converted a lead stands where another was given elsewhere before, also where the ${last} is read last`, async () => {
    await using pair = await createPair();
    const { hub, leads } = pair;
    const there = hub.portal.list("contacts").find((one) => one["firstname"] === "Ann")!;
    hub.clock.move(60_000);
    hub.portal.associate("contacts", there.id, "companies", hub.portal.add("companies", { name: "Earlier" }));
    await hub.cycle();
    hub.clock.move(60_000);
    const chosen = hub.org.add("Account", { Name: "Chosen" });
    await hub.cycle();
    await pair.read(last, false);
    await pair.convert(leads.Ann, { accountId: chosen });
    await hub.cycle();
    await pair.read(last, true);
    await hub.cycle();
    await hub.cycle();
    const contact = hub.org.list("Contact").find((one) => one["FirstName"] === "Ann")!;
    const account = (await hub.list("account")).find((one) => one.fields["name"] === "Chosen")!;
    const here = (await hub.list("person")).filter((one) => one.fields["firstName"] === "Ann");
    assert.deepEqual([contact["AccountId"], here.map((one) => one.fields["account"])], [chosen, [account.id]]);
  });

test("a lead that was made and converted before anybody looked is made elsewhere, also where its contact brings no news", async () => {
  await using hub = await createHub();
  // What would bring news: the account that the conversion made, and an owner who is known here.
  await hub.database.run(sql`update stream set enabled = false where key in ('account', 'company', 'user', 'owner')`);
  await hub.database.run(sql`delete from link using stream where stream.id = link.stream_id and stream.kind = 'user'`);
  const leadId = hub.org.add("Lead", { LastName: "Swift", Company: "Globex", Email: "swift@globex.example" });
  hub.clock.move(1_000);
  hub.org.convertLead({ leadId, convertedStatus: "Closed - Converted", doNotCreateOpportunity: true });
  const readContacts = (enabled: boolean): Promise<number> =>
    hub.database.run(
      sql`update stream set enabled = ${enabled} from connection where connection.id = stream.connection_id and connection.vendor = 'salesforce' and stream.key = 'contact'`,
    );
  await readContacts(false);
  await hub.cycle();
  await readContacts(true);
  await hub.cycle();
  assert.equal((await hub.list("person")).length, 1);
  assert.deepEqual(
    hub.portal.list("contacts").map((one) => one["lastname"]),
    ["Swift"],
  );
});

test("a record that HubSpot merged into another is written nothing until the merge is read: not what a plan said of it, nor anything else", async () => {
  await using pair = await createPair();
  const { hub } = pair;
  const { plans, connections } = hub.winston;
  const contact = (name: string) => hub.portal.list("contacts").find((one) => one["firstname"] === name)!;
  const bea = (await hub.list("person")).find((one) => one.fields["firstName"] === "Bea")!;
  await connections.update(hub.connections.hubspot, { mode: "plan" });
  await hub.save("person", { title: "Planned" }, bea.id);
  await hub.settle();
  const { id } = await plans.create({}, "test");
  await plans.settled(id);
  // No search shows the merge for a while.
  hub.simulators.hubspot.dials.set({ searchLagMs: 3_600_000 });
  hub.portal.merge("contacts", contact("Ann").id, contact("Bea").id);
  await plans.apply(id, { strict: false }, "test");
  for (let tries = 0; (await plans.get(id)).state !== "applied"; tries++) {
    assert.ok(tries < 600, "the plan comes to its end");
    await hub.clock.sleep(100);
  }
  assert.equal(contact("Ann")["jobtitle"], "First title");
  const lines = (await plans.items(id, { class: "write", limit: 100 })).filter((one) => one.connection === "hubspot");
  assert.deepEqual(
    lines.map(({ state, reason }) => [state, reason]),
    [["skipped", "The record was merged into another there by now."]],
  );
  hub.simulators.hubspot.dials.set({ searchLagMs: 0 });
  await connections.update(hub.connections.hubspot, { mode: "write" });
  await hub.cycle();
  await hub.cycle();
  const people = await hub.list("person");
  const lost = (await hub.winston.runs.conflicts({ limit: 100 })).filter((one) => one.field === "title");
  assert.deepEqual(
    [people.map((one) => one.fields["title"]), contact("Ann")["jobtitle"], lost.map((one) => one.record)],
    [["First title"], "First title", ["Planned"]],
  );
});

for (const [held, when] of [
  [false, "has been made there anew before the conversion is read"],
  [true, "is still owed there when the conversion is read"],
] as const)
  test(`who was deleted in one system while their lead was converted in the other lives as the contact, also where that ${when}`, async () => {
    await using pair = await createPair();
    const { hub, leads, readLeads } = pair;
    const annAt = (list: readonly Readonly<Record<string, unknown>>[], name: string) =>
      list.filter((one) => one[name] === "Ann");
    const later = async (): Promise<void> => {
      hub.clock.move(11 * 60_000);
      await hub.cycle();
    };
    await readLeads(false);
    hub.clock.move(60_000);
    hub.portal.archive("contacts", String(annAt(hub.portal.list("contacts"), "firstname")[0]!["id"]));
    if (held) await hub.winston.connections.update("hubspot", { paused: true });
    await pair.convert(leads.Ann);
    await later();
    await readLeads(true);
    if (held) {
      await later();
      await hub.winston.connections.update("hubspot", { paused: false });
    }
    for (let round = 0; round < 3; round++) await later();
    const [ann, ...more] = (await hub.list("person")).filter((one) => one.fields["firstName"] === "Ann");
    assert.ok(ann, "she is not gone here while she lives in both systems");
    const { links } = await hub.winston.records.get("person", undefined, ann.id);
    const active = links!.filter((one) => one.state === "active").map((one) => `${one.connection} ${one.stream}`);
    assert.deepEqual([active.toSorted(), more.length], [["hubspot contact", "salesforce contact"], 0]);
    assert.deepEqual(
      [annAt(hub.org.list("Contact"), "FirstName").length, annAt(hub.portal.list("contacts"), "firstname").length],
      [1, 1],
    );
  });

test("a lead that is converted, and deleted as the contact before its conversion is read, is deleted everywhere", async () => {
  await using pair = await createPair();
  const { hub, leads, readLeads } = pair;
  const later = async (): Promise<void> => {
    hub.clock.move(11 * 60_000);
    await hub.cycle();
  };
  await readLeads(false);
  hub.clock.move(60_000);
  hub.org.convertLead({ leadId: leads.Ann, convertedStatus: "Closed - Converted", doNotCreateOpportunity: true });
  hub.org.delete(String(hub.org.list("Contact")[0]!["Id"]));
  // Told while nobody here knows whose contact it was.
  for (let round = 0; round < 2; round++) await later();
  await readLeads(true);
  for (let round = 0; round < 2; round++) await later();
  const names = (await hub.list("person")).map((one) => one.fields["firstName"]);
  assert.deepEqual([names, hub.portal.list("contacts").map((one) => one["firstname"])], [["Bea"], ["Bea"]]);
});

for (const [fate, edited] of [
  ["is deleted everywhere", false],
  ["lives where an edit elsewhere was unseen", true],
] as const)
  test(`a lead that is converted, and deleted as the contact that was read before its conversion, ${fate}`, async () => {
    await using pair = await createPair();
    const { hub, leads, readLeads } = pair;
    const later = async (): Promise<void> => {
      hub.clock.move(11 * 60_000);
      await hub.cycle();
    };
    const annAt = (list: readonly Readonly<Record<string, unknown>>[], name: string) =>
      list.filter((one) => one[name] === "Ann");
    await readLeads(false);
    await pair.convert(leads.Ann);
    if (edited) {
      const [there] = annAt(hub.portal.list("contacts"), "firstname");
      hub.portal.edit("contacts", String(there!["id"]), { jobtitle: "Nobody saw this in Salesforce" });
    }
    hub.org.delete(String(hub.org.list("Contact")[0]!["Id"]));
    await later();
    await readLeads(true);
    for (let round = 0; round < 4; round++) await later();
    const here = (await hub.list("person")).filter((one) => one.fields["firstName"] === "Ann");
    assert.deepEqual(
      [
        here.map((one) => [one.stage, one.fields["title"]]),
        annAt(hub.org.list("Contact"), "FirstName").map((one) => one["Title"]),
        annAt(hub.portal.list("contacts"), "firstname").map((one) => one["jobtitle"]),
      ],
      edited
        ? [
            [["contact", "Nobody saw this in Salesforce"]],
            ["Nobody saw this in Salesforce"],
            ["Nobody saw this in Salesforce"],
          ]
        : [[], [], []],
    );
  });

test("a name that only stands in at Salesforce is no name when its lead is converted, also where the contact is read before the conversion is", async () => {
  for (const contactFirst of [false, true]) {
    await using pair = await createPair();
    const { hub } = pair;
    hub.clock.move(60_000);
    hub.portal.add("contacts", { firstname: "Cid", email: "cid@globex.example" });
    await hub.cycle();
    const lead = hub.org.list("Lead").find((one) => one["FirstName"] === "Cid")!;
    assert.equal(lead["LastName"], "[not provided]");
    if (contactFirst) await pair.readLeads(false);
    await pair.convert(String(lead["Id"]));
    await pair.readLeads(true);
    await hub.cycle();
    await hub.cycle();
    const contact = () => hub.org.list("Contact").find((one) => one["FirstName"] === "Cid")!;
    const there = () => hub.portal.list("contacts").filter((one) => one["firstname"] === "Cid");
    const here = async () => (await hub.list("person")).filter((one) => one.fields["firstName"] === "Cid");
    assert.deepEqual(
      [contact()["LastName"], there().map((one) => one["lastname"] || null)],
      ["[not provided]", [null]],
    );
    assert.deepEqual(
      (await here()).map((one) => [one.fields["lastName"] ?? null, one.stage]),
      [[null, "contact"]],
    );
    hub.clock.move(60_000);
    hub.org.edit("Contact", String(contact()["Id"]), { LastName: "Known by now" });
    await hub.cycle();
    assert.deepEqual(
      there().map((one) => one["lastname"]),
      ["Known by now"],
    );
  }
});
