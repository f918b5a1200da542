// Deal contacts with their roles, between Salesforce, Winston and HubSpot.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createHub, type Hub } from "../support/hub.ts";

interface Ids {
  account: string;
  opportunity: string;
  deal: string;
  /** By last name: the contact in each CRM. */
  sf: Record<string, string>;
  hs: Record<string, string>;
}

/** One deal and three people, known to both CRMs, and what `more` adds. */
async function createDeal(more: (hub: Pick<Hub, "org" | "portal">, ids: Ids) => unknown = () => {}) {
  const ids: Ids = { account: "", opportunity: "", deal: "", sf: {}, hs: {} };
  const hub = await createHub(({ org, portal }) => {
    ids.account = org.add("Account", { Name: "Acme", Website: "https://acme.example" });
    ids.opportunity = org.add("Opportunity", {
      Name: "Arm",
      AccountId: ids.account,
      StageName: "Prospecting",
      CloseDate: "2026-09-30",
    });
    const company = portal.add("companies", { name: "Acme", domain: "acme.example", website: "https://acme.example" });
    ids.deal = portal.add("deals", { dealname: "Arm", dealstage: "appointmentscheduled" });
    portal.associate("deals", ids.deal, "companies", company);
    for (const label of ["Decision maker", "Champion"]) portal.addLabel("deals", "contacts", label, `${label} of`);
    for (const name of ["Ann", "Bob", "Cy"]) {
      const email = `${name.toLowerCase()}@acme.example`;
      ids.sf[name] = org.add("Contact", { LastName: name, Email: email, AccountId: ids.account });
      ids.hs[name] = portal.add("contacts", { lastname: name, email });
    }
    more({ org, portal }, ids);
  });
  const names = new Map((await hub.list("person")).map((one) => [one.id, one.fields["lastName"] as string]));
  const nameOf = (contacts: Record<string, string>, id: unknown): string =>
    Object.keys(contacts).find((name) => contacts[name] === id) ?? String(id);
  return {
    ...hub,
    ...ids,
    person: (name: string): string => [...names].find(([, one]) => one === name)![0],
    dealId: async (): Promise<string> => (await hub.list("deal"))[0]!.id,
    role: (contact: string, values: object = {}): string =>
      hub.org.add("OpportunityContactRole", {
        OpportunityId: ids.opportunity,
        ContactId: ids.sf[contact],
        ...values,
      }),
    /** Who is tied to the deal in what role, as each of the three says. */
    told: async () => ({
      salesforce: hub.org
        .list("OpportunityContactRole")
        .map((one) => `${nameOf(ids.sf, one["ContactId"])} ${String(one["Role"])}`)
        .toSorted(),
      winston: (await hub.list("deal-contact"))
        .map(
          (one) =>
            `${names.get(one.fields["contact"] as string)} ${(one.fields["role"] as string | undefined) ?? null}`,
        )
        .toSorted(),
      hubspot: hub.portal
        .list("deals")
        .flatMap((deal) => hub.portal.associations("deals", deal.id, "contacts"))
        .map((one) => `${nameOf(ids.hs, one.id)} ${one.labels.join("+") || "null"}`)
        .toSorted(),
    }),
    async [Symbol.asyncDispose]() {
      await hub[Symbol.asyncDispose]();
    },
  };
}

type World = Awaited<ReturnType<typeof createDeal>>;

/** The same in all three, but for the words of a role. */
async function everywhere(world: World, ...people: string[]): Promise<void> {
  const hubspot = people.map((one) => one.replace("Decision Maker", "Decision maker"));
  assert.deepEqual(await world.told(), { salesforce: people, winston: people, hubspot });
}

/** Nothing more is written, and nothing waits for a person. */
async function quiet(world: World, parked: readonly string[] = []): Promise<void> {
  await world.cycle();
  const before = world.writes();
  await world.cycle({ full: true });
  assert.deepEqual(world.writes().slice(before.length), []);
  // That the other vendor's two records of one thing should be merged there too is another matter.
  const others = (await world.parked()).filter((one) => !/ (?:contact|deal|opportunity) record\.twin$/u.test(one));
  assert.deepEqual(others, parked);
}

test("two full CRMs meet: the same two are one tie, blanks fill, and each gets what only the other had", async () => {
  await using world = await createDeal(({ org, portal }, { opportunity, deal, sf, hs }) => {
    const role = (name: string, more: object): string =>
      org.add("OpportunityContactRole", { OpportunityId: opportunity, ContactId: sf[name], ...more });
    role("Ann", { Role: "Decision Maker", IsPrimary: true });
    role("Bob", {});
    portal.associate("deals", deal, "contacts", hs["Ann"]!);
    portal.associate("deals", deal, "contacts", hs["Cy"]!, "Champion");
  });
  await everywhere(world, "Ann Decision Maker", "Bob null", "Cy Champion");
  const primary = (await world.list("deal-contact")).filter((one) => one.fields["primary"] === true);
  assert.deepEqual(
    primary.map((one) => one.fields["contact"]),
    [world.person("Ann")],
  );
  await quiet(world);
});

test("a tie made, given another role and removed on each of the three sides arrives at the other two", async () => {
  await using world = await createDeal();
  const { org, portal, deal, hs } = world;
  // Made in each.
  const ann = world.role("Ann", { Role: "Decision Maker" });
  portal.associate("deals", deal, "contacts", hs["Bob"]!, "Champion");
  const cy = await world.save("deal-contact", {
    deal: await world.dealId(),
    contact: world.person("Cy"),
    role: "Decision Maker",
  });
  await world.cycle();
  await everywhere(world, "Ann Decision Maker", "Bob Champion", "Cy Decision Maker");
  await quiet(world);
  // Another role from each.
  portal.dissociate("deals", deal, "contacts", hs["Ann"]!);
  portal.associate("deals", deal, "contacts", hs["Ann"]!, "Champion");
  const bob = (await world.list("deal-contact")).find((one) => one.fields["contact"] === world.person("Bob"))!;
  await world.save("deal-contact", { role: "Decision Maker" }, bob.id);
  const cyThere = org.list("OpportunityContactRole").find((one) => one["ContactId"] === world.sf["Cy"])!;
  org.edit("OpportunityContactRole", String(cyThere["Id"]), { Role: null });
  await world.cycle();
  await everywhere(world, "Ann Champion", "Bob Decision Maker", "Cy null");
  await quiet(world);
  // Removed from each, crosswise.
  org.delete(ann);
  portal.dissociate("deals", deal, "contacts", hs["Bob"]!);
  await world.winston.records.remove("deal-contact", cy, "test");
  await world.cycle();
  await everywhere(world);
  await quiet(world);
});

test("what moves no stamp in HubSpot is found by the next full reading", async () => {
  await using world = await createDeal();
  world.role("Ann");
  await world.cycle();
  await everywhere(world, "Ann null");
  await world.cycle();
  world.simulators.hubspot.dials.set({ associationsTouch: false });
  world.portal.dissociate("deals", world.deal, "contacts", world.hs["Ann"]!);
  world.portal.associate("deals", world.deal, "contacts", world.hs["Bob"]!, "Champion");
  await world.cycle({ full: true });
  await everywhere(world, "Bob Champion");
  await quiet(world);
});

test("a tie made here and never shown by HubSpot is still known to be gone when the deal is shown without it", async () => {
  await using world = await createDeal();
  world.simulators.hubspot.dials.set({ associationsTouch: false });
  await world.save("deal-contact", { deal: await world.dealId(), contact: world.person("Ann"), role: "Champion" });
  await world.settle();
  await everywhere(world, "Ann Champion");
  world.clock.move(1_000);
  world.portal.dissociate("deals", world.deal, "contacts", world.hs["Ann"]!);
  world.portal.edit("deals", world.deal, { description: "changed" });
  await world.cycle();
  await everywhere(world);
});

test("a lead is tied to a deal in HubSpot, and in Salesforce once it is converted", async () => {
  let [lead, dee] = ["", ""];
  await using world = await createDeal(({ org, portal }, { deal }) => {
    lead = org.add("Lead", { LastName: "Dee", Company: "Acme", Email: "dee@acme.example" });
    dee = portal.add("contacts", { lastname: "Dee", email: "dee@acme.example" });
    portal.associate("deals", deal, "contacts", dee, "Champion");
  });
  const told = await world.told();
  assert.deepEqual([told.winston, told.salesforce], [["Dee Champion"], []]);
  await quiet(world);
  const { contactId } = world.org.convertLead({
    leadId: lead,
    convertedStatus: "Closed - Converted",
    accountId: world.account,
    doNotCreateOpportunity: true,
  });
  // The lead tells of it before the contact is seen.
  const { id } = await world.winston.connections.get("salesforce");
  await world.winston.connections.sync(id, { trigger: "test", stream: "lead" });
  await world.settle();
  assert.deepEqual(
    world.org.list("OpportunityContactRole").map((one) => [one["ContactId"], one["Role"]]),
    [[contactId, "Champion"]],
  );
  await quiet(world);
});

test("a second role of one person in one deal is parked for HubSpot with a sentence, and follows nothing else", async () => {
  await using world = await createDeal(({ org }, { opportunity, sf }) => {
    for (const Role of ["Decision Maker", "Evaluator"])
      org.add("OpportunityContactRole", { OpportunityId: opportunity, ContactId: sf["Ann"], Role });
  });
  const told = await world.told();
  assert.deepEqual(told.winston, ["Ann Decision Maker", "Ann Evaluator"]);
  assert.equal(told.hubspot.length, 1);
  const [parked] = await world.winston.runs.parked({ limit: 10 });
  assert.match(parked!.message, /associated already, and HubSpot keeps one association for a pair/u);
  assert.deepEqual(await world.winston.duplicates.list({ limit: 10 }), []);
  await quiet(world, ["hubspot deal-contact vendor.ALREADY_ASSOCIATED"]);
});

test("a role that HubSpot has no label for: the contact is tied, the label is asked for, and comes when it is there", async () => {
  await using world = await createDeal();
  world.role("Ann", { Role: "Evaluator" });
  await world.cycle();
  assert.deepEqual((await world.told()).hubspot, ["Ann null"]);
  const [parked] = await world.winston.runs.parked({ limit: 10 });
  assert.deepEqual([parked!.field, parked!.reason], ["label", "vendor.NO_SUCH_LABEL"]);
  assert.match(parked!.message, /no label "Evaluator".*Add the label in HubSpot/u);
  await quiet(world, ["hubspot deal-contact vendor.NO_SUCH_LABEL"]);
  world.portal.addLabel("deals", "contacts", "Evaluator", "Evaluates");
  await world.winston.runs.retryParked({});
  await world.settle();
  await everywhere(world, "Ann Evaluator");
  await quiet(world);
});

for (const side of ["salesforce", "hubspot", "winston"] as const)
  test(`a deal deleted in ${side} takes its ties along everywhere, and a contact its own`, async () => {
    await using world = await createDeal();
    for (const name of ["Ann", "Bob"]) world.role(name, { Role: "Decision Maker" });
    await world.cycle();
    await everywhere(world, "Ann Decision Maker", "Bob Decision Maker");
    if (side === "salesforce") world.org.delete(world.sf["Ann"]!);
    else if (side === "hubspot") world.portal.archive("contacts", world.hs["Ann"]!);
    else await world.winston.records.remove("person", world.person("Ann"), "test");
    await world.cycle();
    await everywhere(world, "Bob Decision Maker");
    await quiet(world);
    if (side === "salesforce") world.org.delete(world.opportunity);
    else if (side === "hubspot") world.portal.archive("deals", world.deal);
    else await world.winston.records.remove("deal", await world.dealId(), "test");
    await world.cycle();
    await everywhere(world);
    assert.deepEqual([world.org.list("Opportunity"), world.portal.list("deals")], [[], []]);
    await quiet(world);
  });

for (const side of ["hubspot", "salesforce"] as const)
  test(`a deal that was deleted in ${side} and is restored in HubSpot has its contacts again, everywhere`, async () => {
    await using world = await createDeal();
    world.role("Ann", { Role: "Decision Maker" });
    await world.cycle();
    if (side === "hubspot") world.portal.archive("deals", world.deal);
    else world.org.delete(world.opportunity);
    await world.cycle();
    await everywhere(world);
    world.clock.move(1_000);
    world.portal.restore("deals", world.deal);
    world.portal.edit("deals", world.deal, { description: "back" });
    await world.cycle();
    await world.cycle();
    await everywhere(world, "Ann Decision Maker");
    await quiet(world);
  });

test("a deal that was edited here while HubSpot deleted it is made again there, with its contacts", async () => {
  await using world = await createDeal();
  for (const name of ["Ann", "Bob"]) world.role(name, { Role: "Decision Maker" });
  await world.cycle();
  await world.winston.connections.update("hubspot", { paused: true });
  world.portal.archive("deals", world.deal);
  world.org.edit("Opportunity", world.opportunity, { NextStep: "Call" });
  world.clock.move(11 * 60_000);
  const [salesforce] = (await world.winston.connections.list()).filter((one) => one.name === "salesforce");
  await world.winston.connections.sync(salesforce!.id, { trigger: "test" });
  await world.settle();
  await world.winston.connections.update("hubspot", { paused: false });
  await world.cycle();
  await everywhere(world, "Ann Decision Maker", "Bob Decision Maker");
  assert.equal(world.portal.list("deals").length, 1);
  await quiet(world);
});

test("contacts merged in HubSpot keep their ties elsewhere", async () => {
  await using world = await createDeal();
  for (const name of ["Ann", "Bob"]) world.role(name, { Role: name === "Ann" ? "Decision Maker" : null });
  await world.cycle();
  await everywhere(world, "Ann Decision Maker", "Bob null");
  world.hs["Both"] = world.portal.merge("contacts", world.hs["Ann"]!, world.hs["Bob"]!);
  await world.cycle();
  await world.cycle();
  assert.deepEqual(await world.told(), {
    salesforce: ["Ann Decision Maker", "Bob null"],
    winston: ["Ann Decision Maker"],
    hubspot: ["Both Decision maker"],
  });
  await quiet(world);
});

test("deals merged in HubSpot keep their ties elsewhere", async () => {
  await using world = await createDeal();
  world.role("Ann", { Role: "Decision Maker" });
  await world.cycle();
  const other = world.portal.add("deals", { dealname: "Other", dealstage: "appointmentscheduled" });
  world.portal.associate("deals", other, "contacts", world.hs["Cy"]!, "Champion");
  await world.cycle();
  world.portal.merge("deals", world.deal, other);
  await world.cycle();
  await world.cycle();
  const told = await world.told();
  assert.deepEqual(told.hubspot, ["Ann Decision maker", "Cy Champion"]);
  assert.deepEqual(told.winston, ["Ann Decision Maker", "Cy Champion"]);
  assert.deepEqual(told.salesforce, ["Ann Decision Maker", "Cy Champion"]);
  await quiet(world);
});

test("contacts merged in Salesforce leave two roles with one person there, and HubSpot's two contacts as they are", async () => {
  await using world = await createDeal();
  for (const name of ["Ann", "Bob"]) world.role(name, { Role: "Decision Maker" });
  await world.cycle();
  world.org.merge("Contact", world.sf["Ann"]!, [world.sf["Bob"]!]);
  await world.cycle();
  await world.cycle();
  const told = await world.told();
  assert.deepEqual(told.salesforce, ["Ann Decision Maker", "Ann Decision Maker"]);
  assert.equal(told.winston.length, 2);
  assert.deepEqual(told.hubspot, ["Ann Decision maker", "Bob Decision maker"]);
  await quiet(world);
});

test("a role in Salesforce that is given another contact becomes that contact's association in HubSpot", async () => {
  await using world = await createDeal();
  const role = world.role("Ann", { Role: "Decision Maker" });
  await world.cycle();
  world.org.edit("OpportunityContactRole", role, { ContactId: world.sf["Cy"] });
  await world.cycle();
  await everywhere(world, "Cy Decision Maker");
  await quiet(world);
});

for (const kind of ["reset-after", "reset-before"] as const)
  test(`a tie whose answer was lost (${kind}) is there once, in its role`, async () => {
    await using world = await createDeal();
    world.simulators.hubspot.dials.failNext({ kind, match: { path: "deals/contacts/batch/create" } });
    world.role("Ann", { Role: "Decision Maker" });
    await world.cycle();
    await everywhere(world, "Ann Decision Maker");
    await quiet(world);
  });

test("in the story of both CRMs every tie stands in both, or waits for a contact, or says why not; then nothing more is written", async () => {
  await using hub = await createHub(() => {}, { story: "larkfield" });
  const { rows } = await hub.database.pool.query<Record<"stream" | "all" | "linked" | "waiting" | "refused", number>>(`
    select stream.key as stream, count(*)::int as all, count(link.entity_id)::int as linked,
      count(*) filter (where exists (select from pending_push where stream_id = stream.id and entity_id = entity.id))::int as waiting,
      count(*) filter (where link.entity_id is null and exists (select from parked where stream_id = stream.id and subject = entity.id::text))::int as refused
    from stream join entity on entity.kind = stream.kind and entity.deleted_at is null
    left join link on link.entity_id = entity.id and link.stream_id = stream.id and link.state = 'active'
    where stream.kind = 'deal-contact' group by 1 order by 1`);
  const [salesforce, hubspot] = rows;
  for (const { all, linked, waiting, refused } of rows) assert.equal(linked + waiting + refused, all);
  // HubSpot has one association for a person in two roles; Salesforce ties no leads.
  assert.deepEqual([hubspot!.refused, salesforce!.refused], [1, 0]);
  // Ties wait for deals that a person is asked about, too: as many in both.
  assert.ok(salesforce!.waiting > hubspot!.waiting + 50, JSON.stringify(rows));
  assert.equal(hub.org.list("OpportunityContactRole").length, salesforce!.linked);
  const associations = hub.portal.list("deals").flatMap(({ id }) => hub.portal.associations("deals", id, "contacts"));
  assert.equal(associations.length, hubspot!.linked);
  const parked = (await hub.parked()).filter((one) => one.includes("deal-contact"));
  assert.deepEqual([...new Set(parked)].toSorted(), [
    "hubspot deal-contact vendor.ALREADY_ASSOCIATED",
    "hubspot deal-contact vendor.NO_SUCH_LABEL",
  ]);
  const before = hub.writes().length;
  await hub.cycle();
  await hub.cycle({ full: true });
  assert.equal(hub.writes().length, before);
});
