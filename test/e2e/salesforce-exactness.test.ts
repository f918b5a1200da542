// A vendor that holds less than Winston: what comes back coarser, and what is refused.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createLine } from "../support/line.ts";

const exact = { amount: "1234567.89", currency: null };

test("an amount that a page at the vendor rounds stays exact here, and another that a person types there arrives", async () => {
  await using line = await createLine();
  const id = await line.save("account", { name: "Larkfield", annualRevenue: exact });
  await line.settle();
  const there = (): Record<string, unknown> => line.org.data.list("Account")[0]!;
  const here = async (): Promise<unknown> =>
    (await line.list("account")).find((one) => one.id === id)!.fields["annualRevenue"];
  assert.equal(there()["AnnualRevenue"], 1234567.89, "the API keeps what it is sent");
  await line.cycle();

  line.clock.move(60_000);
  line.org.data.edit("Account", String(there()["Id"]), { AnnualRevenue: 1234567.89, Phone: "+1 415 555 0100" });
  assert.equal(there()["AnnualRevenue"], 1234568, "a page that is saved rounds it");
  const writes = line.writes();
  await line.cycle();
  const [account] = await line.list("account");
  assert.deepEqual([account!.fields["annualRevenue"], account!.fields["phone"]], [exact, "+14155550100"]);
  await line.save("account", { name: "Larkfield Robotics" }, id);
  await line.settle();
  await line.cycle();
  assert.deepEqual([await here(), there()["AnnualRevenue"]], [exact, 1234568]);
  assert.equal(line.writes(), writes + 1, "the name was written, and nothing else");

  line.clock.move(60_000);
  line.org.data.edit("Account", String(there()["Id"]), { AnnualRevenue: 1234570 });
  await line.cycle();
  assert.deepEqual(await here(), { amount: "1234570", currency: null });
});

test("a time that the vendor cuts to the second stays exact here", async () => {
  await using line = await createLine();
  const times = { startsAt: "2026-01-05T09:00:00.750Z", endsAt: "2026-01-05T09:30:00.000Z" };
  await line.save("activity", { type: "meeting", subject: "Review", ...times });
  await line.settle();
  await line.cycle();
  assert.equal(line.org.data.list("Event")[0]!["StartDateTime"], "2026-01-05T09:00:00.000+0000");
  const [meeting] = await line.list("activity");
  assert.equal(meeting!.fields["startsAt"], times.startsAt);
  line.clock.move(60_000);
  line.org.data.edit("Event", String(line.org.data.list("Event")[0]!["Id"]), { StartDateTime: "2026-01-05T09:10:00Z" });
  await line.cycle();
  assert.equal((await line.list("activity"))[0]!.fields["startsAt"], "2026-01-05T09:10:00.000Z");
});

test("an address that the vendor keeps in lower case and text that it trims stay here as they were written", async () => {
  await using line = await createLine();
  const written = { lastName: "Lovelace", company: "Analytical", email: "Ada.L@example.com", description: "line\n" };
  const id = await line.save("person", written);
  await line.settle();
  const writes = line.writes();
  await line.cycle();
  const [lead] = line.org.data.list("Lead");
  assert.deepEqual([lead!["Email"], lead!["Description"]], ["ada.l@example.com", "line"]);
  const [person] = await line.list("person");
  assert.deepEqual([person!.fields["email"], person!.fields["description"]], [written.email, written.description]);
  await line.save("person", { title: "Countess" }, id);
  await line.settle();
  assert.equal(line.writes(), writes + 1);
  line.clock.move(60_000);
  line.org.data.edit("Lead", String(lead!["Id"]), { Email: "countess@example.com" });
  await line.cycle();
  assert.equal((await line.list("person"))[0]!.fields["email"], "countess@example.com");
});

test("what a field there cannot hold is parked with the field's name, cut nowhere, and the rest goes on", async () => {
  await using line = await createLine();
  await line.save("person", { lastName: "Long", company: "A", title: "x".repeat(200) });
  await line.save("person", { lastName: "Split", company: "B", employees: 12.5, title: "Head" });
  await line.save("person", { lastName: "Plain", company: "C", employees: 12 });
  await line.settle();
  const leads = line.org.data
    .list("Lead")
    .toSorted((a, b) => String(a["LastName"]).localeCompare(String(b["LastName"])));
  assert.deepEqual(
    leads.map((one) => [one["LastName"], one["NumberOfEmployees"], one["Title"]]),
    [
      ["Long", null, null],
      ["Plain", 12, null],
      ["Split", null, "Head"],
    ],
  );
  const parked = await line.winston.runs.parked({ limit: 10 });
  assert.deepEqual(
    new Map(parked.map((one) => [one.reason, one.field])),
    new Map([
      ["value.unwritable", "employees"],
      ["vendor.STRING_TOO_LONG", "Title"],
    ]),
  );
  const long = (await line.list("person")).find((one) => one.fields["lastName"] === "Long")!;
  assert.equal((long.fields["title"] as string).length, 200);
});
