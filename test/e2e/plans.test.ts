// Plans between two CRMs over HTTP: nothing is written for one, and what it says of its cost is what applying it takes.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createHub, type Hub } from "../support/hub.ts";

const CRMS = ["salesforce", "hubspot"] as const;

async function planned(hub: Hub) {
  hub.clock.move(11 * 60_000);
  hub.portal.indexNow();
  const { id } = await hub.winston.plans.create({}, "test");
  const plan = await hub.winston.plans.settled(id);
  assert.equal(plan.state, "ready", JSON.stringify(plan.error));
  return plan;
}

const requestsOf = (hub: Hub, crm: (typeof CRMS)[number]): number => hub.simulators[crm].log.entries.length;

interface Foretold {
  readonly forecast: number;
  readonly counted: number;
}

/** Applies a plan to its end. Of each CRM: the requests that were forecast for it, of either class, and those that the CRM's own log has. */
async function applied(hub: Hub, plan: Awaited<ReturnType<typeof planned>>) {
  const before = new Map(CRMS.map((crm) => [crm, requestsOf(hub, crm)]));
  const since = hub.clock.now();
  await hub.winston.plans.apply(plan.id, { strict: false }, "test");
  await hub.settle();
  for (let tries = 0; (await hub.winston.plans.get(plan.id)).state !== "applied"; tries++) {
    assert.ok(tries < 600, "the plan comes to its end");
    await hub.clock.sleep(100);
  }
  // A run that is still at work has told of none of its requests.
  await hub.settle();
  const runs = await hub.winston.runs.list({ since, limit: 500 });
  const { rows: sent } = await hub.database.pool.query<{
    crm: string;
    pushed: boolean;
    searches: boolean;
    count: number;
  }>(
    `select connection.name as crm, run.lane = 'push' as pushed, exchange.path like '%/search' as searches, count(*)::int as count
     from exchange join run on run.id = exchange.run_id join connection on connection.id = exchange.connection_id
     where run.started_at >= $1 and (run.lane = 'push' or run.id in (
       select distinct on (stream_id, lane) id from run where started_at >= $1 order by stream_id, lane, started_at))
     group by 1, 2, 3`,
    [new Date(since)],
  );
  return new Map(
    CRMS.map((crm) => {
      const ours = runs.filter((one) => one.connection === crm);
      const sum = (of: (lane: string) => boolean): number =>
        ours.reduce((total, { lane, counts }) => total + (of(lane) ? (counts.requests ?? 0) : 0), 0);
      const [pushed, pulled] = [sum((lane) => lane === "push"), sum((lane) => lane !== "push")];
      const logged = hub.simulators[crm].log.entries.slice(before.get(crm)!);
      assert.equal(pushed + pulled, logged.length, `${crm}: what was counted is what arrived`);
      const writes = logged.filter((one) => one.mutating).length;
      const foretold = plan.requests.find((one) => one.connection === crm)!;
      assert.equal(foretold.toApply, foretold.again + foretold.writes);
      return [
        crm,
        {
          all: { forecast: foretold.toApply, counted: pushed },
          again: { forecast: foretold.again, counted: pushed - writes },
          writes: { forecast: foretold.writes, counted: writes },
          // By class of limit: of the pushes, and of what was read first. That is less where a schedule read it meanwhile, and what the
          // schedule reads again while the plan is applied is not of it.
          classes: foretold.classes.map(({ class: limit, toApply, first }) => {
            const ours = sent.filter(
              (one) => one.crm === crm && (limit === "daily" || one.searches === (limit === "search")),
            );
            const counted = (pushed: boolean): number =>
              ours.reduce((total, one) => total + (one.pushed === pushed ? one.count : 0), 0);
            return {
              limit,
              toApply: { forecast: toApply, counted: counted(true) },
              first: { forecast: first, counted: counted(false) },
            };
          }),
        },
      ];
    }),
  );
}

/** Within 5 %, or within `most` where there are so few. */
const near = ({ forecast, counted }: Foretold, what: string, most = 0): void =>
  assert.ok(
    Math.abs(forecast - counted) <= Math.max(most, 0.05 * counted),
    `${what}: ${forecast} forecast, ${counted} counted`,
  );

type ByClass = { readonly limit: string; readonly toApply: Foretold; readonly first: Foretold };

function assertByClass(crm: string, classes: readonly ByClass[]): void {
  assert.deepEqual(
    classes.map((one) => one.limit),
    crm === "hubspot" ? ["calls", "search", "daily"] : ["daily"],
  );
  for (const { limit, toApply, first } of classes) {
    near(toApply, `${crm}: ${limit}`, 1);
    assert.ok(
      first.forecast > 0 && first.counted <= first.forecast + 1,
      `${crm}: ${limit}, read first: ${JSON.stringify(first)}`,
    );
  }
}

test("a plan sends neither CRM a writing request, its cost is what applying it takes, and afterwards all is in step", async () => {
  const leads: string[] = [];
  await using hub = await createHub(({ org, portal }) => {
    for (let index = 0; index < 150; index++)
      leads.push(
        org.add("Lead", {
          LastName: `Lead ${index}`,
          Company: `Firm ${index}`,
          Email: `lead${index}@example.com`,
          Title: "old",
        }),
      );
    for (let index = 0; index < 130; index++)
      portal.add("contacts", { lastname: `Contact ${index}`, email: `contact${index}@example.com`, jobtitle: "old" });
  });
  for (const connection of await hub.winston.connections.list())
    await hub.winston.connections.update(connection.id, { mode: "plan" });
  for (const id of leads.slice(0, 120)) hub.org.edit("Lead", id, { Title: "changed there" });
  for (const one of hub.portal
    .list("contacts")
    .filter((row) => row["lastname"]!.startsWith("Contact"))
    .slice(0, 110))
    hub.portal.edit("contacts", one.id, { jobtitle: "changed there too" });
  for (let index = 0; index < 40; index++)
    hub.org.add("Lead", { LastName: `New ${index}`, Company: "New", Email: `new${index}@example.com` });

  const before = hub.writes().length;
  const plan = await planned(hub);
  assert.equal(hub.writes().length, before, "nothing was written for the plan");
  const writes = plan.totals.filter((one) => one.class === "write");
  assert.deepEqual(
    writes.map((one) => [one.connection, one.stream, one.op, one.count]),
    [
      ["hubspot", "contact", "create", 40],
      ["hubspot", "contact", "update", 120],
      ["salesforce", "lead", "update", 110],
    ],
  );

  for (const [crm, { again, writes, classes }] of await applied(hub, plan)) {
    // One batch more or less: where batches are cut hangs on the order of ids.
    near(again, `${crm}: reading again`, 1);
    near(writes, `${crm}: writes`, 1);
    assertByClass(crm, classes);
  }
  const items = await hub.winston.plans.items(plan.id, { class: "write", limit: 500 });
  assert.deepEqual([...new Set(items.map((one) => one.reason ?? one.state))], ["done"]);
  assert.equal((await planned(hub)).totals.length, 0, "and the next plan is empty");
});

test("of thousands of records the forecast is within 5 % of what each CRM counts: creates, updates, clears, references and deletions, read and written", async () => {
  const [leads, contacts, accounts]: [string[], string[], string[]] = [[], [], []];
  await using hub = await createHub(({ org, portal }) => {
    for (let index = 0; index < 150; index++) accounts.push(org.add("Account", { Name: `Firm ${index}` }));
    for (let index = 0; index < 1_000; index++)
      contacts.push(
        org.add("Contact", {
          LastName: `Contact ${index}`,
          AccountId: accounts[index % 150],
          Email: `contact${index}@example.com`,
          Title: "old",
        }),
      );
    for (let index = 0; index < 1_000; index++)
      leads.push(
        org.add("Lead", {
          LastName: `Lead ${index}`,
          Company: `Firm of ${index}`,
          Email: `lead${index}@example.com`,
          Title: "old",
        }),
      );
    for (let index = 0; index < 800; index++)
      portal.add("contacts", { lastname: `Person ${index}`, email: `person${index}@example.com`, jobtitle: "old" });
  });
  for (const connection of await hub.winston.connections.list())
    await hub.winston.connections.update(connection.id, { mode: "plan" });
  // Blanked and deleted are fewer than the brake asks about.
  for (const id of leads.slice(0, 45)) hub.org.edit("Lead", id, { Title: null });
  for (const id of leads.slice(45, 700)) hub.org.edit("Lead", id, { Title: "changed there" });
  for (const id of leads.slice(960)) hub.org.delete(id);
  contacts
    .slice(0, 450)
    .forEach((id, index) => hub.org.edit("Contact", id, { AccountId: accounts[(index + 1) % 150]! }));
  contacts.slice(400, 800).forEach((id) => hub.org.edit("Contact", id, { Title: "changed there" }));
  for (let index = 0; index < 640; index++)
    hub.org.add("Contact", {
      LastName: `New ${index}`,
      AccountId: accounts[index % 150],
      Email: `new${index}@example.com`,
    });
  const persons = hub.portal.list("contacts").filter((row) => row["lastname"]!.startsWith("Person"));
  for (const { id } of persons.slice(0, 40)) hub.portal.edit("contacts", id, { jobtitle: "" });
  for (const { id } of persons.slice(40, 620)) hub.portal.edit("contacts", id, { jobtitle: "changed there too" });
  for (let index = 0; index < 560; index++)
    hub.portal.add("contacts", { lastname: `Newer ${index}`, email: `newer${index}@example.com` });

  const plan = await planned(hub);
  const ops = (crm: string) =>
    plan.totals
      .filter((one) => one.class === "write" && one.connection === crm)
      .map((one) => [one.stream, one.op, one.count]);
  assert.deepEqual(ops("salesforce"), [
    ["lead", "create", 560],
    ["lead", "update", 620],
  ]);
  assert.deepEqual(ops("hubspot"), [
    ["contact", "create", 640],
    ["contact", "delete", 40],
    ["contact", "update", 1_500],
  ]);
  for (const [crm, { all, again, writes, classes }] of await applied(hub, plan)) {
    assert.ok(all.counted >= 10, `so few requests say little: ${all.counted}`);
    near(all, `${crm}: all`);
    near(again, `${crm}: reading again`);
    near(writes, `${crm}: writes`);
    assertByClass(crm, classes);
  }
});

test("what goes by a job of the vendor's own is forecast, but for one look more or less at whether it is done", async () => {
  await using hub = await createHub();
  for (const connection of await hub.winston.connections.list())
    await hub.winston.connections.update(connection.id, { mode: "plan" });
  for (let index = 0; index < 2_300; index++)
    hub.portal.add("contacts", { lastname: `New ${index}`, email: `new${index}@example.com` });
  const plan = await planned(hub);
  const { all, writes } = (await applied(hub, plan)).get("salesforce")!;
  assert.ok(writes.counted <= 6, "one job and no batches");
  near(all, "salesforce", 1);
});

test("whatever is planned, the logs of both CRMs hold no request that set out to change anything", async () => {
  const leads: string[] = [];
  await using hub = await createHub(({ org, portal }) => {
    for (let index = 0; index < 6; index++)
      leads.push(org.add("Lead", { LastName: `Lead ${index}`, Company: "Acme", Email: `lead${index}@example.com` }));
    for (let index = 0; index < 3; index++) portal.add("companies", { name: `Company ${index}` });
  });
  const { org, portal, winston } = hub;
  const [one, two, three] = (await hub.list("person")).map(({ id }) => id) as [string, string, string];
  await hub.save("person", { title: "said here" }, one);
  await hub.settle();
  const [run] = (await winston.runs.list({ limit: 50 })).filter(
    (each) => each.lane === "push" && (each.counts.updated ?? 0) > 0,
  );
  for (const { id } of await winston.connections.list()) await winston.connections.update(id, { mode: "plan" });
  // Of everything that a sync can do, something waits.
  await hub.save("person", { title: "waits" }, two);
  await hub.save("person", { lastName: "Made here", company: "Here" });
  await winston.records.remove("person", three, "test");
  org.edit("Lead", leads[4]!, { Title: "there" });
  org.delete(leads[5]!);
  org.add("Lead", { LastName: "Made there", Company: "There" });
  portal.add("contacts", { lastname: "Made elsewhere", email: "elsewhere@example.com" });
  portal.edit("companies", portal.list("companies")[0]!.id, { city: "Zurich" });
  hub.clock.move(11 * 60_000);
  portal.indexNow();
  await hub.settle();

  const seen = new Map(CRMS.map((crm) => [crm, requestsOf(hub, crm)]));
  const lead = (await winston.connections.streams(hub.connections.salesforce)).find((each) => each.key === "lead")!;
  const { document } = await winston.connections.mapping(lead.id);
  const rows = (document["rows"] as { field: unknown }[]).filter((row) => row.field !== "title");
  const plans = [
    await winston.plans.create({}, "test"),
    await winston.plans.create({ connection: "hubspot" }, "test"),
    await winston.plans.create({ connection: "salesforce", stream: "lead" }, "test"),
    await winston.plans.undo({ run: run!.id }, "test"),
    await winston.plans.undo({ record: one }, "test"),
    await winston.plans.suppose(lead.id, { mapping: { ...document, rows } as never }, "test"),
    await winston.plans.suppose(lead.id, { settings: { filter: { in: 'company == "Acme"' } } }, "test"),
  ];
  const did = new Set<string>();
  for (const { id } of plans) {
    const plan = await winston.plans.settled(id);
    assert.equal(plan.state, "ready", JSON.stringify(plan.error));
    for (const total of plan.totals) if (total.class === "write") did.add(`${total.connection} ${total.op}`);
  }
  for (const op of ["create", "update", "delete"])
    for (const crm of CRMS) assert.ok(did.has(`${crm} ${op}`), `${crm} ${op} is among ${[...did].join(", ")}`);
  for (const crm of CRMS) {
    const since = hub.simulators[crm].log.entries.slice(seen.get(crm));
    assert.ok(since.length > 0, `${crm} was read`);
    assert.deepEqual(
      since.filter((each) => each.mutating).map((each) => `${each.method} ${each.path}`),
      [],
      crm,
    );
  }
});
