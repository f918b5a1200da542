// From Salesforce's API to Winston's records and back, over everything that is between them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createLine } from "../support/line.ts";

const lead = (lastName: string, more: object = {}): Record<string, unknown> => ({
  FirstName: "Ann",
  LastName: lastName,
  Company: "Acme",
  Email: `${lastName.toLowerCase().replaceAll(/\W/gu, ".")}@example.com`,
  ...more,
});

test("leads live on both sides at once", async (t) => {
  let boss = "";
  await using line = await createLine(({ data }) => {
    boss = data.addUser({ lastName: "Boss", email: "boss@example.com" });
    data.addCustomField("Lead", { name: "Lead_Score__c", type: "Number", precision: 5, scale: 1 });
    for (let index = 0; index < 20; index++) data.add("Lead", lead(`Lee ${index}`, { Lead_Score__c: index }));
    const account = data.add("Account", { Name: "Acme" });
    data.add("Contact", { LastName: "Contact", AccountId: account, OwnerId: boss });
  });
  const { data } = line.org;

  await t.test("a first load brings every record with its references and custom fields", async () => {
    const leads = await line.list("person", "lead");
    assert.equal(leads.length, 20);
    const one = leads.find((person) => person.fields["lastName"] === "Lee 7")!;
    assert.deepEqual([one.fields["company"], one.fields["leadScore"]], ["Acme", 7]);
    const [contact] = await line.list("person", "contact");
    const [acme] = await line.list("account");
    assert.equal(contact!.fields["account"], acme!.id);
    const owner = await line.winston.records.get("user", undefined, contact!.fields["owner"] as string);
    assert.equal(owner.fields["email"], "boss@example.com");
    assert.equal(line.writes(), 0, "a first load writes no record");
  });

  await t.test("a lead made here is made there once, with our handle, its owner and its custom field", async () => {
    const id = await line.save("person", {
      externalId: "L1",
      lastName: "Okafor",
      email: "o@example.com",
      leadScore: 9.5,
      owner: { email: "boss@example.com" },
    });
    await line.settle();
    const [made, ...more] = line.named("Lead", "Okafor");
    assert.deepEqual(more, []);
    assert.deepEqual(
      [made!["WinstonId__c"], made!["OwnerId"], made!["Lead_Score__c"], made!["Company"]],
      [id, boss, 9.5, "[not provided]"],
    );
    await line.cycle();
    assert.equal((await line.winston.records.get("person", undefined, id)).fields["company"], undefined);
  });

  await t.test(
    "what an activity is related to is known by its id, and follows when it becomes another thing",
    async () => {
      const account = data.add("Account", { Name: "Target" });
      const deal = data.add("Opportunity", { Name: "O", StageName: "Prospecting", CloseDate: "2026-12-31" });
      const activity = data.add("Task", { Subject: "call", WhatId: deal });
      await line.cycle();
      const [ours, theirs] = [await line.of(deal), await line.of(account)];
      const targets = async () => {
        const { fields } = await line.of(activity);
        return [fields["deal"], fields["account"]];
      };
      assert.deepEqual(await targets(), [ours.id, undefined]);
      line.clock.move(60_000);
      data.edit("Task", activity, { WhatId: account });
      await line.cycle();
      assert.deepEqual(await targets(), [undefined, theirs.id]);
      // Named here, the deal stands before the account, and neither is lost by being read back.
      await line.save("activity", { deal: ours.id }, (await line.of(activity)).id);
      await line.settle();
      assert.equal(data.get("Task", activity)!["WhatId"], deal);
      line.clock.move(60_000);
      await line.cycle();
      assert.deepEqual(await targets(), [ours.id, theirs.id]);
    },
  );

  await t.test("edits of different fields on both sides at once both survive, a new owner among them", async () => {
    const row = line.named("Lead", "Lee 3")[0]!;
    const id = String(row["Id"]);
    const ours = await line.of(id);
    data.edit("Lead", id, { Title: "Head of picking", OwnerId: boss, Lead_Score__c: null });
    await line.save("person", { phone: "+49 30 901820", firstName: null }, ours.id);
    await line.cycle();
    const after = await line.of(id);
    const there = data.get("Lead", id)!;
    assert.deepEqual(
      [there["Phone"], there["FirstName"], there["Title"], there["OwnerId"]],
      ["+4930901820", null, "Head of picking", boss],
    );
    assert.deepEqual([after.fields["title"], after.fields["leadScore"]], ["Head of picking", undefined]);
    const owner = await line.winston.records.get("user", undefined, after.fields["owner"] as string);
    assert.equal(owner.fields["name"], "Boss");
  });

  await t.test("two more cycles and a full reading change and write nothing", async () => {
    const before = line.writes();
    const versions = (await line.list("person")).map((one) => one.version);
    await line.cycle();
    await line.cycle({ full: true });
    assert.equal(line.writes() - before, 0);
    assert.deepEqual(
      (await line.list("person")).map((one) => one.version),
      versions,
    );
    for (const stream of await line.winston.connections.streams()) assert.match(stream.health, /^in step/u, stream.key);
  });
});

test("records end on either side: converted, deleted, brought back, merged", async (t) => {
  await using line = await createLine(({ data }) => {
    for (const name of ["Convert", "Into", "Gone", "Removed"]) data.add("Lead", lead(name));
    const [kept, old] = ["Kept Ltd", "Old Ltd"].map((Name) => data.add("Account", { Name }));
    data.add("Contact", { LastName: "Child", AccountId: old, Email: "child@example.com" });
    data.add("Contact", { LastName: "Met before", AccountId: kept, Email: "into@example.com", Title: "Buyer" });
    data.add("Contact", { LastName: "Twin", AccountId: kept, Email: "twin@example.com", Phone: "+49301234567" });
    data.add("Contact", { LastName: "Twin", AccountId: kept, Email: "twin2@example.com" });
  });
  const { data } = line.org;
  const idOf = (object: string, lastName: string): string => String(line.named(object, lastName)[0]!["Id"]);
  const converted = { convertedStatus: "Closed - Converted" };

  await t.test(
    "a converted lead stays one person, at its next stage, and its later edits arrive both ways",
    async () => {
      const leadId = idOf("Lead", "Convert");
      const before = await line.of(leadId);
      const made = data.convertLead({ leadId, ...converted, opportunityName: "First order" });
      await line.cycle();
      const person = await line.of(made.contactId);
      assert.deepEqual([person.id, person.stage], [before.id, "contact"]);
      assert.equal(
        (await line.winston.records.list({ kind: "person", email: "convert@example.com", limit: 10 })).length,
        1,
      );
      assert.equal(person.fields["account"], (await line.of(made.accountId)).id);
      const deal = await line.of(made.opportunityId!);
      assert.deepEqual([deal.fields["name"], deal.fields["account"]], ["First order", person.fields["account"]]);

      data.edit("Contact", made.contactId, { Title: "Buyer" });
      await line.save("person", { phone: "+49301234568" }, person.id);
      await line.cycle();
      assert.equal((await line.of(made.contactId)).fields["title"], "Buyer");
      assert.equal(data.get("Contact", made.contactId)!["Phone"], "+49301234568");
      assert.equal(line.named("Lead", "Convert").length, 1, "no new lead is made of the contact");
    },
  );

  await t.test("a lead converted into a contact that was here already makes one person of two", async () => {
    const contactId = idOf("Contact", "Met before");
    const [asLead, asContact] = [await line.of(idOf("Lead", "Into")), await line.of(contactId)];
    assert.notEqual(asLead.id, asContact.id);
    const accountId = String(data.get("Contact", contactId)!["AccountId"]);
    data.convertLead({
      leadId: asLead.links![0]!.recordId,
      contactId,
      accountId,
      doNotCreateOpportunity: true,
      ...converted,
    });
    await line.cycle();
    const person = await line.of(contactId);
    assert.deepEqual([person.stage, person.fields["title"]], ["contact", "Buyer"]);
    for (const { id } of [asLead, asContact])
      assert.equal((await line.winston.records.get("person", undefined, id)).id, person.id);
  });

  await t.test(
    "a deletion on either side is carried out on the other, and one that is undone there is undone here",
    async () => {
      const [gone, removed] = [idOf("Lead", "Gone"), idOf("Lead", "Removed")];
      const [one, other] = [await line.of(gone), await line.of(removed)];
      data.delete(gone);
      await line.winston.records.remove("person", other.id, "test");
      await line.cycle();
      assert.notEqual((await line.winston.records.get("person", undefined, one.id)).deletedAt, null);
      assert.equal(data.get("Lead", removed)!["IsDeleted"], true);
      data.undelete(gone);
      await line.cycle();
      const back = await line.of(gone);
      assert.deepEqual([back.id, back.deletedAt], [one.id, null]);
    },
  );

  await t.test(
    "merges there are merges here: contacts become one, and an account's contacts follow the survivor",
    async () => {
      const [master, loser] = line.named("Contact", "Twin").map((row) => String(row["Id"]));
      const [one, two] = [await line.of(master!), await line.of(loser!)];
      data.merge("Contact", master!, [loser!]);
      const accounts = new Map(data.list("Account").map((row) => [row["Name"], String(row["Id"])]));
      data.merge("Account", accounts.get("Kept Ltd")!, [accounts.get("Old Ltd")!]);
      await line.cycle();
      await line.cycle();
      assert.equal((await line.winston.records.get("person", undefined, two.id)).id, one.id);
      const lost = (await line.winston.runs.conflicts({ entityId: one.id, limit: 10 })).map((line) => [
        line.field,
        line.record,
      ]);
      assert.deepEqual(lost, [["email", "twin2@example.com"]]);
      const child = await line.of(idOf("Contact", "Child"));
      assert.equal(child.fields["account"], (await line.of(accounts.get("Kept Ltd")!)).id);
    },
  );

  await t.test("and then nothing is owed and nothing is written", async () => {
    const before = line.writes();
    await line.cycle();
    await line.cycle({ full: true });
    assert.equal(line.writes() - before, 0);
    assert.deepEqual(await line.winston.runs.parked({ limit: 10 }), []);
  });
});

test("what goes wrong between the two loses nothing and doubles nothing", async (t) => {
  await using line = await createLine(({ data }) => {
    data.addCustomField("Lead", { name: "Interest__c", type: "Picklist", values: ["Arm", "Grip"], restricted: true });
    for (let index = 0; index < 5; index++) data.add("Lead", lead(`Lee ${index}`, { Title: "kept" }));
  });
  const { data, dials, log } = line.org;
  const { winston } = line;
  const first = (): string => String(line.named("Lead", "Lee 0")[0]!["Id"]);

  await t.test(
    "a value outside a restricted picklist is left out with the vendor's words, and the rest of the record and of the batch goes",
    async () => {
      const bad = await line.save("person", { externalId: "bad", lastName: "Bad", interest: "Spaceship" });
      await line.save("person", { externalId: "good", lastName: "Good", interest: "Grip" });
      await line.settle();
      assert.equal(line.named("Lead", "Good").length, 1);
      assert.deepEqual(
        line.named("Lead", "Bad").map((row) => row["Interest__c"] ?? null),
        [null],
      );
      const [parked, ...more] = await winston.runs.parked({ limit: 10 });
      assert.deepEqual(more, []);
      assert.deepEqual(
        [parked!.subject, parked!.reason, parked!.field],
        [bad, "vendor.INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "Interest__c"],
      );
      assert.match(parked!.message, /bad value for restricted picklist field: Spaceship/u);
      const shown = await Promise.all((await line.runs("lead")).map((run) => winston.runs.get(run.id)));
      assert.deepEqual(
        shown.flatMap((run) => run.parked!).map((one) => [one.field, one.count, one.example]),
        [["Interest__c", 1, bad]],
      );
      await line.save("person", { interest: "Arm" }, bad);
      await line.settle();
      assert.equal(line.named("Lead", "Bad")[0]!["Interest__c"], "Arm");
      assert.deepEqual(await winston.runs.parked({ limit: 10 }), []);
    },
  );

  await t.test("a session that expired is renewed once for all workers, and nothing is lost on the way", async () => {
    const tokens = (): number => log.entries.filter((one) => one.path === "/services/oauth2/token").length;
    const before = tokens();
    data.edit("Lead", first(), { Title: "after expiry" });
    data.expireSessions();
    await line.cycle();
    assert.equal(tokens() - before, 1);
    assert.equal((await line.of(first())).fields["title"], "after expiry");
    assert.deepEqual(
      (await line.runs("lead")).filter((run) => run.state === "failed"),
      [],
    );
  });

  await t.test("an answer lost after the write was done makes no second record and no false conflict", async () => {
    for (const kind of ["reset-after", "truncate"] as const) {
      dials.failNext({ kind, match: { method: "PATCH", path: "/composite/sobjects/Lead/WinstonId__c" } });
      const id = await line.save("person", { externalId: kind, lastName: `Made ${kind}` });
      await line.settle();
      assert.equal(line.named("Lead", `Made ${kind}`).length, 1, kind);
      dials.failNext({ kind, match: { method: "PATCH", path: "/composite/sobjects" } });
      await line.save("person", { title: `edited ${kind}` }, id);
      await line.settle();
      await line.cycle();
      const [row, ...more] = line.named("Lead", `Made ${kind}`);
      assert.deepEqual([row!["Title"], more], [`edited ${kind}`, []]);
    }
    assert.deepEqual(await winston.runs.conflicts({ limit: 10 }), []);
  });

  await t.test(
    "a page that is no page fails its run and deletes nothing; the next run reads what it missed",
    async () => {
      const people = (await line.list("person")).length;
      for (const kind of ["html", "empty-json"] as const) {
        dials.failNext({ kind, match: { method: "GET", path: "FROM Lead" } });
        data.edit("Lead", first(), { Title: `during ${kind}` });
        await line.cycle();
        const [failed] = (await line.runs("lead")).filter((run) => run.lane === "batch");
        assert.equal(failed!.state, "failed", kind);
        const health = (await winston.connections.streams()).find((stream) => stream.key === "lead")!.health;
        assert.match(health, /^failing \(batch\): Salesforce/u, kind);
        assert.equal((await line.list("person")).length, people, kind);
        await line.cycle();
        assert.equal((await line.of(first())).fields["title"], `during ${kind}`);
      }
      // These two are asked for again at once.
      for (const kind of ["truncate", "error-in-200"] as const) {
        dials.failNext({ kind, match: { method: "GET", path: "FROM Lead" } });
        data.edit("Lead", first(), { Title: `during ${kind}` });
        await line.cycle();
        assert.equal((await line.of(first())).fields["title"], `during ${kind}`);
      }
      assert.equal((await line.list("person")).length, people);
    },
  );

  await t.test("a locked row goes through by itself when the lock is gone", async () => {
    data.lockRow(first(), 700);
    await line.save("person", { title: "patient" }, (await line.of(first())).id);
    await line.settle();
    assert.equal(data.get("Lead", first())!["Title"], "patient");
    assert.deepEqual(await winston.runs.parked({ limit: 10 }), []);
  });

  await t.test("a field that becomes hidden is not cleared here, and not there when it is shown again", async () => {
    const before = line.writes();
    data.setFieldAccess("Lead", "Title", "hidden");
    data.edit("Lead", first(), { Company: "Hidden Title Ltd" });
    await line.cycle();
    const person = await line.of(first());
    assert.deepEqual([person.fields["title"], person.fields["company"]], ["patient", "Hidden Title Ltd"]);
    data.setFieldAccess("Lead", "Title", "edit");
    await line.cycle({ full: true });
    assert.equal(data.get("Lead", first())!["Title"], "patient");
    assert.equal(line.writes() - before, 0);
  });

  await t.test("when the day's allowance is spent the work waits, says so, and goes on the next day", async () => {
    const used = (): number => log.counts.apiCalls;
    dials.set({ dailyCap: 1 });
    data.edit("Lead", first(), { Title: "tomorrow" });
    await line.save("person", { company: "Tomorrow Ltd" }, (await line.of(first())).id);
    await winston.connections.sync(line.connection.id, { trigger: "test", stream: "lead" });
    await line.until("a run says why it waits", async () =>
      (await line.runs("lead")).some((run) => run.error?.code === "vendor.budget_spent"),
    );
    const spent = used();
    await winston.connections.sync(line.connection.id, { trigger: "test", stream: "lead" });
    await line.until("it was looked at again", async () => (await winston.connections.quiet()).owed === 0);
    assert.ok(used() - spent <= 1, "no request is wasted on a closed door");
    assert.notEqual(data.get("Lead", first())!["Company"], "Tomorrow Ltd");

    dials.set({ dailyCap: 100_000 });
    line.clock.move(25 * 3_600_000);
    await line.cycle();
    await line.until("both edits arrived", async () => {
      const there = data.get("Lead", first())!;
      return there["Company"] === "Tomorrow Ltd" && (await line.of(first())).fields["title"] === "tomorrow";
    });
  });
});

test("thousands of records go by the bulk way, in few requests, once", async (t) => {
  await using line = await createLine(({ data }) => {
    data.load(
      "Lead",
      Array.from({ length: 2_300 }, (_, index) => lead(`Lee ${index}`) as Record<string, string>),
    );
  });
  const { log } = line.org;
  const calls = (path: string): number =>
    Object.entries(log.counts.byCall).reduce((sum, [call, count]) => (call.includes(path) ? sum + count : sum), 0);

  await t.test("a first load of more than 2,000 leads is a bulk query", async () => {
    assert.equal((await line.list("person", "lead")).length, 2_300);
    assert.ok(calls("GET /jobs/query/{id}/results") > 0);
    const loads = (await line.runs("lead")).filter((run) => run.lane === "backfill");
    assert.deepEqual(
      loads.map((run) => [run.counts.created, run.counts.read]),
      [[2_300, 2_300]],
      "read once, though several parents woke it",
    );
  });

  await t.test("two thousand new leads are one bulk ingest, each with our handle", async () => {
    const results = await line.winston.records.save(
      Array.from({ length: 2_000 }, (_, index) => ({
        input: { externalId: `N${index}`, lastName: `New ${index}`, company: "x" },
      })),
      { kind: "person", stage: "lead", mode: "upsert", unknownKeys: "error", actor: "test" },
    );
    await line.settle();
    assert.equal(calls("POST /jobs/ingest"), 1);
    assert.equal(calls("/composite/sobjects/Lead/WinstonId__c"), 0);
    const handles = new Set(line.org.data.list("Lead").map((row) => row["WinstonId__c"]));
    assert.ok(results.every((one) => one.status === "created" && handles.has(one.id)));
  });

  await t.test("read back, they are known: nothing is made, changed or written", async () => {
    const before = line.writes();
    await line.cycle();
    const versions = async (): Promise<number[]> => (await line.list("person")).map((one) => one.version);
    const known = await versions();
    assert.equal(known.length, 4_300);
    await line.cycle();
    assert.deepEqual(await versions(), known);
    assert.equal(line.writes() - before, 0);
  });
});
