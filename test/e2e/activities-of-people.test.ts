// An activity stays with its person, whatever becomes of the person: converted in Salesforce, merged in either CRM, or both.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createHub } from "../support/hub.ts";

/** Ann and Bea are leads in Salesforce and contacts in HubSpot; each has a task made in Salesforce and one made here. */
async function createPair() {
  const leads: Record<string, string> = {};
  const tasks: Record<string, string> = {};
  const hub = await createHub(({ org }) => {
    for (const name of ["Ann", "Bea"]) {
      const email = `${name.toLowerCase()}@globex.example`;
      leads[name] = org.add("Lead", { FirstName: name, LastName: "Twice", Company: "Globex", Email: email });
      tasks[name] = org.add("Task", { Subject: `Call ${name}`, WhoId: leads[name] });
    }
  });
  await hub.cycle();
  const personId = async (name: string): Promise<string> =>
    (await hub.list("person")).find((one) => one.fields["firstName"] === name)!.id;
  for (const name of Object.keys(leads))
    await hub.save("activity", { type: "task", subject: `Write to ${name}`, person: await personId(name) });
  await hub.settle();
  await hub.cycle();
  const contact = (name: string): string => hub.portal.list("contacts").find((one) => one["firstname"] === name)!.id;
  return {
    hub,
    leads: leads as { Ann: string; Bea: string },
    personId,
    mergeInHubspot: async (): Promise<void> => {
      hub.clock.move(60_000);
      hub.portal.merge("contacts", contact("Ann"), contact("Bea"));
      await hub.cycle();
    },
    convert: async (leadId: string, into: { contactId?: string; accountId?: string } = {}): Promise<string> => {
      hub.clock.move(60_000);
      const conversion = { leadId, convertedStatus: "Closed - Converted", doNotCreateOpportunity: true, ...into };
      const { contactId } = hub.org.convertLead(conversion);
      await hub.cycle();
      return contactId;
    },
    /** Whose each task is, here and in Salesforce, by its subject. */
    whose: async () => ({
      here: Object.fromEntries(
        (await hub.list("activity")).map(({ fields }) => [fields["subject"] as string, fields["person"]] as const),
      ),
      there: Object.fromEntries(hub.org.list("Task").map((one) => [String(one["Subject"]), one["WhoId"] ?? null])),
    }),
    /** Full cycles that change nothing more. */
    quiet: async (): Promise<void> => {
      await hub.cycle();
      const before = hub.writes().length;
      await hub.cycle({ full: true });
      assert.deepEqual(hub.writes().slice(before), []);
    },
    [Symbol.asyncDispose]: () => hub[Symbol.asyncDispose](),
  };
}

const every = (ann: string, bea: string) => ({
  "Call Ann": ann,
  "Write to Ann": ann,
  "Call Bea": bea,
  "Write to Bea": bea,
});

test("a lead is converted: its tasks are those of the contact it became, the same person, and one that is made then is too", async () => {
  await using pair = await createPair();
  const { hub, leads } = pair;
  const [ann, bea] = [await pair.personId("Ann"), await pair.personId("Bea")];
  assert.deepEqual(await pair.whose(), { here: every(ann, bea), there: every(leads.Ann, leads.Bea) });
  const contactId = await pair.convert(leads.Ann);
  assert.deepEqual(await pair.whose(), { here: every(ann, bea), there: every(contactId, leads.Bea) });
  await hub.save("activity", { type: "task", subject: "After", person: ann });
  await hub.settle();
  hub.clock.move(60_000);
  hub.portal.edit("contacts", hub.portal.list("contacts")[0]!.id, { jobtitle: "From HubSpot" });
  await hub.cycle();
  const { here, there } = await pair.whose();
  assert.deepEqual([here["After"], there["After"]], [ann, contactId]);
  assert.deepEqual(await hub.parked(), []);
  await pair.quiet();
});

test("a lead is converted while its task is edited here: the task is the contact's, and has the edit", async () => {
  await using pair = await createPair();
  const { hub, leads } = pair;
  const [ann, bea] = [await pair.personId("Ann"), await pair.personId("Bea")];
  const task = (await hub.list("activity")).find((one) => one.fields["subject"] === "Call Ann")!;
  hub.clock.move(60_000);
  const { contactId } = hub.org.convertLead({
    leadId: leads.Ann,
    convertedStatus: "Closed - Converted",
    doNotCreateOpportunity: true,
  });
  await hub.save("activity", { body: "Bring the plan" }, task.id);
  await hub.settle();
  await hub.cycle();
  assert.deepEqual(await pair.whose(), { here: every(ann, bea), there: every(contactId, leads.Bea) });
  const edited = hub.org.list("Task").find((one) => one["Subject"] === "Call Ann")!;
  assert.deepEqual([edited["Description"], await hub.parked()], ["Bring the plan", []]);
  await pair.quiet();
});

test("contacts are merged in HubSpot, then their leads converted into one contact: the tasks of both are that one person's all the way", async () => {
  await using pair = await createPair();
  const { hub, leads } = pair;
  const [ann, bea] = [await pair.personId("Ann"), await pair.personId("Bea")];
  await pair.mergeInHubspot();
  // Salesforce merged nothing: there each lead keeps its tasks, and the one that stands aside is told.
  assert.deepEqual(await pair.whose(), { here: every(ann, ann), there: every(leads.Ann, leads.Bea) });
  assert.deepEqual(await hub.parked(), ["salesforce lead record.twin"]);
  const call = (await hub.list("activity")).find((one) => one.fields["subject"] === "Call Bea")!;
  await hub.save("activity", { body: "Ask for the plan" }, call.id);
  await hub.save("activity", { type: "task", subject: "To who she was", person: bea });
  await hub.settle();
  await hub.cycle();
  const named = (subject: string) => hub.org.list("Task").find((one) => one["Subject"] === subject)!;
  assert.deepEqual([named("Call Bea")["Description"], named("Call Bea")["WhoId"]], ["Ask for the plan", leads.Bea]);
  assert.equal(named("To who she was")["WhoId"], leads.Ann, "a task of somebody who was merged away is the survivor's");

  const contactId = await pair.convert(leads.Ann);
  assert.deepEqual(await pair.whose(), {
    here: { ...every(ann, ann), "To who she was": ann },
    there: { ...every(contactId, leads.Bea), "To who she was": contactId },
  });
  const accountId = String(hub.org.list("Contact")[0]!["AccountId"]);
  await pair.convert(leads.Bea, { contactId, accountId });
  assert.deepEqual(await pair.whose(), {
    here: { ...every(ann, ann), "To who she was": ann },
    there: { ...every(contactId, contactId), "To who she was": contactId },
  });
  assert.deepEqual([await hub.parked(), (await hub.list("person")).length], [[], 1]);
  await pair.quiet();
});

test("contacts are merged in Salesforce: the tasks of both are the survivor's, and stay so when HubSpot merges them too", async () => {
  await using pair = await createPair();
  const { hub, leads } = pair;
  const ann = await pair.personId("Ann");
  const kept = await pair.convert(leads.Ann);
  const lost = await pair.convert(leads.Bea);
  hub.clock.move(60_000);
  hub.org.merge("Contact", kept, [lost]);
  await hub.cycle();
  const merged = { here: every(ann, ann), there: every(kept, kept) };
  assert.deepEqual([await pair.whose(), await hub.parked()], [merged, ["hubspot contact record.twin"]]);
  await pair.mergeInHubspot();
  assert.deepEqual([await pair.whose(), await hub.parked()], [merged, []]);
  assert.equal((await hub.list("person")).length, 1);
  await pair.quiet();
});
