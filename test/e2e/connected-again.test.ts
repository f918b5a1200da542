// A connection that is removed, and the same account connected again: what was linked is known again, whatever it is known by.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createHub } from "../support/hub.ts";

/** Of both sides: what Winston made there and what is only known by its link. */
async function createLinked() {
  const hub = await createHub(({ org, portal }) => {
    const account = org.add("Account", { Name: "Globex", Website: "globex.example" });
    const ann = org.add("Contact", {
      FirstName: "Ann",
      LastName: "Lee",
      Email: "ann@globex.example",
      AccountId: account,
    });
    // No address: nothing but the link says who it is.
    const nameless = org.add("Lead", { LastName: "Ray", Company: "Bolt" });
    // Salesforce takes no lead without a last name: what is filled in there is not hers.
    portal.add("contacts", { firstname: "Cher", email: "cher@bolt.example" });
    org.add("Task", { Subject: "Call Ann", WhoId: ann });
    org.add("Task", { Subject: "Call Ann", WhoId: ann });
    org.add("Task", { Subject: "Call Ray", WhoId: nameless });
    org.add("Event", {
      Subject: "Visit",
      WhoId: ann,
      StartDateTime: "2026-01-06T09:00:00.000+0000",
      EndDateTime: "2026-01-06T10:00:00.000+0000",
    });
  });
  await hub.cycle();
  assert.ok(
    hub.org.list("Lead").some((one) => one["FirstName"] === "Cher" && one["LastName"] !== null),
    "filled in",
  );
  const person = (await hub.list("person")).find((one) => one.fields["firstName"] === "Ann")!;
  await hub.save("activity", { type: "task", subject: "Write to Ann", person: person.id });
  await hub.settle();
  await hub.cycle();
  return hub;
}

const KINDS = ["account", "person", "deal", "activity"];
const counted = async (hub: Awaited<ReturnType<typeof createLinked>>) => ({
  here: await Promise.all(KINDS.map(async (kind) => `${kind} ${(await hub.list(kind)).length}`)),
  salesforce: ["Account", "Contact", "Lead", "Opportunity", "Task", "Event"].map(
    (one) => `${one} ${hub.org.list(one).length}`,
  ),
  hubspot: ["contacts", "companies", "deals", "tasks", "meetings"].map(
    (one) => `${one} ${hub.portal.list(one).length}`,
  ),
});

for (const vendor of ["salesforce", "hubspot"] as const)
  test(`${vendor} that is removed and connected again comes to rest: nothing is made a second time, here or there, and edits go both ways`, async () => {
    await using hub = await createLinked();
    const before = await counted(hub);
    await hub.disconnect(vendor);
    await hub.reconnect(vendor);
    assert.deepEqual(await counted(hub), before);
    const wrote = hub.writes().length;
    await hub.cycle({ full: true });
    assert.deepEqual(hub.writes().slice(wrote), []);
    assert.deepEqual(await counted(hub), before);
    assert.deepEqual(
      (await hub.winston.runs.list({ limit: 200 })).filter((run) => run.state === "failed"),
      [],
    );
    const cher = (await hub.list("person")).find((one) => one.fields["firstName"] === "Cher")!;
    assert.deepEqual([cher.fields["lastName"], cher.fields["company"]], [undefined, undefined]);
    // Twins that only their links tell apart are still the same two.
    const calls = (await hub.list("activity")).filter((one) => one.fields["subject"] === "Call Ann");
    await hub.save("activity", { subject: "Call Ann today" }, calls[0]!.id);
    await hub.settle();
    await hub.cycle();
    const subjects = hub.org.list("Task").map((one) => String(one["Subject"]));
    assert.deepEqual(subjects.toSorted(), ["Call Ann", "Call Ann today", "Call Ray", "Write to Ann"]);
  });
