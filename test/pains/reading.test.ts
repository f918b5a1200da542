// Pains of other systems that come from reading: what is skipped, read for ever, taken for gone, or wiped.
import assert from "node:assert/strict";
import { test } from "node:test";
import { WinstonError } from "../../src/base/errors.ts";
import { createHub } from "../support/hub.ts";
import { createLine } from "../support/line.ts";
import { ann, createTernWorld } from "../support/world.ts";

const MINUTE = 60_000;
const lead = (LastName: string) => ({ LastName, Company: "Acme", Email: `${LastName.toLowerCase()}@example.com` });
const contact = (lastname: string) => ({ lastname, email: `${lastname.toLowerCase()}@example.com` });

test("pain 1: records that an import stamped alike are all read, two on a page, though the place among them is lost at each", async () => {
  await using line = await createLine();
  line.org.dials.set({ pageSize: 2, locatorMs: -1 });
  const names = ["A", "B", "C", "D", "E", "F", "G"];
  const at = line.clock.now();
  line.org.data.load("Lead", names.map(lead), () => at);
  await line.cycle();
  const read = (await line.list("person")).map((one) => one.fields["lastName"] as string);
  assert.deepEqual(read.toSorted(), names);
});

test("pain 2: rows that become visible behind the newest one seen are read, of either CRM", async () => {
  await using hub = await createHub();
  const look = async (): Promise<unknown[]> => {
    for (const { id } of await hub.winston.connections.list())
      await hub.winston.connections.sync(id, { trigger: "test" });
    await hub.settle();
    return (await hub.list("person")).map((one) => one.fields["lastName"] as string).toSorted();
  };
  // Stamped before the others, and seen after them.
  const at = hub.clock.now() - MINUTE;
  hub.org.add("Lead", lead("SlowLead"), { at, lateMs: 3 * MINUTE });
  hub.portal.add("contacts", contact("SlowContact"), { at, lateMs: 3 * MINUTE });
  hub.org.add("Lead", lead("Lead"));
  hub.portal.add("contacts", contact("Contact"));
  assert.deepEqual(await look(), ["Contact", "Lead"]);
  hub.clock.move(3 * MINUTE);
  assert.deepEqual(await look(), ["Contact", "Lead", "SlowContact", "SlowLead"]);
});

test("pain 3: more contacts of one stamp than a HubSpot search can show are all read, and the reading ends", async () => {
  await using hub = await createHub();
  hub.simulators.hubspot.dials.set({ searchWall: 200 });
  hub.clock.move(MINUTE);
  const at = hub.clock.now();
  const names = Array.from({ length: 250 }, (_, index) => `Batch${String(index).padStart(3, "0")}`);
  hub.portal.load("contacts", names.map(contact), () => at);
  await hub.cycle();
  assert.deepEqual((await hub.list("person")).map((one) => one.fields["lastName"] as string).toSorted(), names);
  assert.deepEqual(
    hub.org
      .list("Lead")
      .map((row) => row["LastName"] as string)
      .toSorted(),
    names,
  );
  const runs = await hub.winston.runs.list({ limit: 100 });
  assert.deepEqual(
    runs.filter((run) => run.state !== "done"),
    [],
  );
});

test("pain 9: every later edit of a record that was seen before arrives, and it is made once", async () => {
  await using world = await createTernWorld((tern) => tern.add("person", ann));
  await world.connect("other");
  await world.settle();
  const [[id]] = world.tern.living("person") as [[string, unknown]];
  for (const tel of ["2", "3", "2"]) {
    world.clock.advance(1_000);
    world.tern.edit("person", id, { tel });
    await world.cycle();
    assert.deepEqual(
      world.other.living("person").map(([, row]) => row.fields["tel"]),
      [tel],
    );
  }
  assert.deepEqual(
    world.other.writes.map((one) => one.op),
    ["create", "update", "update", "update"],
  );
});

test("pain 11: a contact that is archived in HubSpot, where no search shows it, is deleted here and in Salesforce", async () => {
  await using hub = await createHub(({ org }) => {
    org.add("Lead", lead("Stays"));
    org.add("Lead", lead("Goes"));
  });
  const goes = hub.portal.list("contacts").find((one) => one["lastname"] === "Goes")!;
  hub.clock.move(MINUTE);
  hub.portal.archive("contacts", goes.id);
  await hub.cycle();
  assert.deepEqual(
    [await hub.list("person"), hub.portal.list("contacts"), hub.org.list("Lead")].map((side) => side.length),
    [1, 1, 1],
  );
  assert.equal(hub.org.list("Lead")[0]!["LastName"], "Stays");
});

test("pain 15: a rate limit in the middle of every run lets each go one page further, and no page is read twice", async () => {
  await using world = await createTernWorld((tern) => {
    for (let index = 0; index < 10; index++) tern.add("person", { ...ann, mail: `p${index}@example.com` });
  });
  world.tern.pageSize = 2;
  world.clock.advance(1_000);
  for (const [id] of world.tern.living("person")) world.tern.edit("person", id, { tel: "2" });
  world.tern.beforePage = (page) => {
    if (page === 1) throw new WinstonError("vendor.rate_limited", "Tern asks for a pause.", { retryAfterMs: 1_000 });
  };
  await world.cycle();
  assert.deepEqual(
    (await world.people()).map((one) => one.fields["title"]),
    Array.from({ length: 10 }, () => "2"),
  );
  const runs = (await world.runs.list({ limit: 50 })).filter((one) => one.stream === "person" && one.lane === "batch");
  assert.deepEqual(
    runs.map((one) => one.counts.read),
    [2, 2, 2, 2, 2],
  );
});

test("pain 19: a full reading that breaks off, and one that is answered with nothing, wipe nothing on any side", async () => {
  await using world = await createTernWorld((tern) => {
    for (let index = 0; index < 6; index++) tern.add("person", { ...ann, mail: `p${index}@example.com` });
  });
  await world.connect("other");
  await world.settle();
  const whole = async (): Promise<void> => {
    assert.deepEqual(
      (await world.people()).map((one) => one.fields["title"]),
      Array.from({ length: 6 }, () => "1"),
    );
    assert.equal(world.other.living("person").length, 6);
    assert.deepEqual(world.tern.writes, []);
  };
  world.tern.pageSize = 2;
  let cut = true;
  world.tern.beforePage = (page) => {
    if (page === 1 && cut) throw new Error("the page was cut off");
  };
  await world.connections.sync(world.connection.id, { trigger: "test", full: true });
  await world.settle(false);
  assert.match((await world.stream("person")).health, /^failing/u);
  await whole();
  cut = false;
  const there = [...world.tern.people];
  world.tern.people.clear();
  await world.sync(world.connection.id, true);
  await whole();
  for (const [id, row] of there) world.tern.people.set(id, row);
  await world.sync(world.connection.id, true);
  await whole();
});

test("pain 21: a value whose record keeps its stamp, as a formula's does, is found by reading all", async () => {
  await using world = await createTernWorld((tern) => tern.add("person", ann));
  await world.cycle();
  world.clock.advance(MINUTE);
  await world.cycle();
  world.tern.living("person")[0]![1].fields["tel"] = "computed anew";
  await world.cycle();
  assert.equal((await world.people())[0]!.fields["title"], "1", "no stamp tells of it");
  await world.sync(world.connection.id, true);
  assert.equal((await world.people())[0]!.fields["title"], "computed anew");
});
