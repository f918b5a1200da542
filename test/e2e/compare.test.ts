// Both sides beside each other, against the pretend Salesforce and HubSpot.
import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "../../src/base/clock.ts";
import type { ComparisonView } from "../../src/sync/types.ts";
import { createHub, type Hub } from "../support/hub.ts";

const MINUTE_MS = 60_000;

/** Salesforce's own user owns what was made there, and HubSpot has no such owner; a deal's contact who is a lead at Salesforce has no role there. Both are told. */
const isExplained = (line: string): boolean => / reference\.waits (?:owner|contact) /u.test(line);

async function createCompared() {
  const ids = { lead: "", contact: "", deal: "", company: "", other: "" };
  // Long ago by the vendors' own clocks, which the tests do not move.
  const long = { at: systemClock.now() - 60 * MINUTE_MS };
  const hub = await createHub(({ org, portal }) => {
    const account = org.add("Account", { Name: "Acme", Website: "https://acme.example" });
    ids.lead = org.add("Lead", { FirstName: "Ann", LastName: "Lee", Company: "Acme", Email: "ann@acme.example" }, long);
    org.add("Contact", { FirstName: "Bob", LastName: "Ray", Email: "bob@acme.example", AccountId: account });
    org.add("Opportunity", { Name: "Arm", AccountId: account, StageName: "Prospecting", CloseDate: "2026-09-30" });
    ids.company = portal.add("companies", { name: "Blue", domain: "blue.example" });
    ids.other = portal.add("companies", { name: "Cyan", domain: "cyan.example" });
    ids.contact = portal.add("contacts", { firstname: "Cy", lastname: "Fox", email: "cy@blue.example" }, long);
    portal.associate("contacts", ids.contact, "companies", ids.company, undefined, long);
    ids.deal = portal.add("deals", { dealname: "Leg", dealstage: "appointmentscheduled" });
    portal.associate("deals", ids.deal, "companies", ids.company);
    portal.associate("deals", ids.deal, "contacts", ids.contact, undefined, long);
  });
  await hub.cycle();
  await hub.cycle();
  const { comparisons } = hub.winston;
  const ended = async (all: readonly ComparisonView[]): Promise<ComparisonView[]> => {
    for (;;) {
      const now = await Promise.all(all.map((one) => comparisons.get(one.id)));
      const failed = now.find((one) => one.error !== null);
      if (failed) throw new Error(`${failed.stream}: ${failed.error!.message}`);
      if (now.every((one) => one.state === "done")) return now;
      await systemClock.sleep(20);
    }
  };
  return Object.assign(hub as Hub, {
    ids,
    compare: async (how: { repair?: boolean; depth?: "fields" | "versions" } = {}) => {
      const { repair = false, depth = "fields" } = how;
      const seen = await ended(await comparisons.start({}, { depth, repair }, "test"));
      await hub.settle();
      return seen;
    },
    found: async () =>
      (await comparisons.differences({ limit: 100 })).map(
        (one) => `${one.connection} ${one.stream} ${one.cause} ${one.field} ${one.recordId ?? one.entityId}`,
      ),
    requests: () =>
      [hub.simulators.salesforce, hub.simulators.hubspot].map(
        (side) => side.log.entries.filter((one) => !one.path.includes("oauth")).length,
      ),
  });
}

for (const depth of ["versions", "fields"] as const)
  test(`two CRMs in step show no difference by their ${depth}, nothing is written, and the cost is what it says`, async () => {
    await using hub = await createCompared();
    const before = { writes: hub.writes().length, requests: hub.requests() };
    const seen = await hub.compare({ depth });
    assert.deepEqual(
      (await hub.found()).filter((line) => !isExplained(line)),
      [],
    );
    assert.deepEqual(
      seen.filter((one) => one.note !== null || one.moving > 0),
      [],
    );
    assert.deepEqual(
      seen.filter((one) => one.there !== null && one.there !== one.listed).map((one) => one.stream),
      [],
    );
    assert.equal(hub.writes().length, before.writes);
    const told = (name: string) =>
      seen.filter((one) => one.connection === name).reduce((sum, one) => sum + one.requests, 0);
    const sent = hub.requests().map((count, index) => count - before.requests[index]!);
    assert.deepEqual([told("salesforce"), told("hubspot")], sent);
    // A count and a page for each of ten streams; HubSpot: an owner list in two parts, three counts, and associations where they are read apart.
    assert.ok(sent[0]! <= 24 && sent[1]! <= 20, `${sent.join(" and ")} requests`);
  });

test("what moved no time of change, a value at Salesforce and an association at HubSpot, is found and taken in", async () => {
  await using hub = await createCompared();
  const { ids } = hub;
  hub.simulators.hubspot.dials.set({ associationsTouch: false });
  hub.portal.dissociate("contacts", ids.contact, "companies", ids.company);
  hub.portal.associate("contacts", ids.contact, "companies", ids.other);
  hub.portal.dissociate("deals", ids.deal, "contacts", ids.contact);
  // As a formula does: another value under the stamp it had.
  const stamp = Date.parse(String(hub.org.get("Lead", ids.lead)!["SystemModstamp"]));
  hub.org.edit("Lead", ids.lead, { Title: "Silent" }, { at: stamp });
  hub.portal.indexNow();
  const person = async (last: string) => (await hub.list("person")).find((one) => one.fields["lastName"] === last)!;
  const before = hub.writes().length;
  await hub.compare();
  const found = await hub.found();
  assert.ok(found.includes(`salesforce lead missed.silent title ${ids.lead}`), found.join("\n"));
  assert.ok(found.includes(`hubspot contact missed.silent account ${ids.contact}`), found.join("\n"));
  assert.equal(hub.writes().length, before, "telling of it writes nothing");
  await hub.compare({ repair: true });
  await hub.cycle();
  assert.equal((await person("Lee")).fields["title"], "Silent");
  const cyan = (await hub.list("account")).find((one) => one.fields["name"] === "Cyan")!;
  assert.equal((await person("Fox")).fields["account"], cyan.id);

  // A tie has no time of change at all: it is looked at again when it has had its time.
  hub.clock.move(60 * MINUTE_MS);
  await hub.cycle();
  await hub.compare();
  const left = await hub.found();
  assert.deepEqual(
    left.filter((line) => !isExplained(line) && !line.includes("deal-contact")),
    [],
    left.join("\n"),
  );
});
