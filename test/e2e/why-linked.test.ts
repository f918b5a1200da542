// Why records of both CRMs are taken for one thing: said of every link of the story, and borne out by what else is known.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createHub, type Hub } from "../support/hub.ts";

interface Told {
  readonly stream: string;
  readonly recordId: string;
  readonly state: string;
  readonly reason: string;
  readonly basis: Record<string, string | null> | null;
  readonly entityId: string;
  readonly made: boolean;
}

/** Every link, and whether a create of ours made the record. */
async function allLinks(hub: Hub): Promise<Told[]> {
  const { rows } = await hub.database.pool.query<Told>(`
    select connection.name || ' ' || stream.key as stream, link.record_id as "recordId", link.state, link.reason, link.reason_of as basis,
      link.entity_id as "entityId",
      exists (select from write where write.stream_id = link.stream_id and write.record_id = link.record_id and op = 'create' and outcome = 'done') as made
    from link join stream on stream.id = link.stream_id join connection on connection.id = stream.connection_id`);
  return rows;
}

const linksOf = async (hub: Hub, id: string): Promise<Record<string, string>> =>
  Object.fromEntries(
    (await hub.winston.why.explain(id, {})).links.map((one) => [
      `${one.connection} ${one.stream} ${one.recordId}`,
      one.because,
    ]),
  );

test("every link of the two stories says why it is there, and it is so", async () => {
  await using hub = await createHub(() => {}, { story: "larkfield" });
  const links = await allLinks(hub);
  assert.ok(links.length > 3_000, String(links.length));
  const seen = new Map<string, number>();
  const begun = new Set<string>();
  const portal = new Map(hub.portal.list("contacts").map((one) => [one.id, one]));
  for (const link of links) {
    const { reason, basis } = link;
    const told = `${link.stream} ${link.recordId} ${reason} ${JSON.stringify(basis)}`;
    seen.set(reason, (seen.get(reason) ?? 0) + 1);
    if (reason === "new") {
      assert.deepEqual([link.made, basis], [false, null], told);
      assert.ok(!begun.has(link.entityId), `${told}: a thing is made of one record`);
      begun.add(link.entityId);
    } else if (reason === "created") assert.deepEqual([link.made, basis], [true, null], told);
    else if (reason === "keys") {
      assert.equal(link.made, false, told);
      if (link.stream === "hubspot contact")
        assert.equal(basis!["email"], String(portal.get(link.recordId)!["email"]).toLowerCase(), told);
      else assert.ok(Object.keys(basis!).length > 0, told);
    } else if (reason === "conversion") {
      const lead = hub.org.get("Lead", basis!["from"]!)!;
      assert.deepEqual([lead["IsConverted"], lead["ConvertedContactId"]], [true, basis!["to"]], told);
    } else assert.fail(told);
  }
  assert.deepEqual([...seen.keys()].toSorted(), ["conversion", "created", "keys", "new"]);
});

test("a lead that is converted says of its contact what it was converted from, and a tie that it joins the same two", async () => {
  const ids: Record<string, string> = {};
  await using hub = await createHub(({ org, portal }) => {
    ids["lead"] = org.add("Lead", { FirstName: "Al", LastName: "Kay", Company: "X", Email: "al@example.com" });
    ids["account"] = org.add("Account", { Name: "Acme" });
    const role = { AccountId: ids["account"], StageName: "Prospecting", CloseDate: "2026-09-30" };
    ids["opportunity"] = org.add("Opportunity", { Name: "Arm", ...role });
    ids["contact"] = org.add("Contact", { LastName: "Ann", Email: "ann@example.com", AccountId: ids["account"] });
    ids["role"] = org.add("OpportunityContactRole", {
      OpportunityId: ids["opportunity"],
      ContactId: ids["contact"],
    });
    ids["company"] = portal.add("companies", { name: "acme" });
    ids["deal"] = portal.add("deals", { dealname: "Arm", dealstage: "appointmentscheduled" });
    ids["hers"] = portal.add("contacts", { lastname: "Ann", email: "Ann@example.com" });
    portal.associate("deals", ids["deal"], "companies", ids["company"]);
    portal.associate("deals", ids["deal"], "contacts", ids["hers"]);
  });
  hub.clock.move(60_000);
  const done = hub.org.convertLead({ leadId: ids["lead"]!, convertedStatus: "Closed - Converted" });
  await hub.cycle();
  const person = (await hub.list("person")).find((one) => one.fields["lastName"] === "Kay")!;
  const links = await linksOf(hub, person.id);
  assert.equal(
    links[`salesforce contact ${done.contactId}`],
    `${ids["lead"]} was converted into ${done.contactId} at salesforce.`,
  );
  assert.match(links[`salesforce lead ${ids["lead"]}`]!, /^It was the first record of it/u);

  const [tie] = await hub.list("deal-contact");
  const ends = Object.entries(await linksOf(hub, tie!.id)).map(([of, told]) => [of.split(" ")[0], told]);
  assert.deepEqual(Object.fromEntries(ends), {
    salesforce: "It was the first record of it: the thing here was made of this record.",
    hubspot: "It joins the same two.",
  });
});
