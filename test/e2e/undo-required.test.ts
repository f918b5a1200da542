// An undo that would empty what HubSpot's administrator requires, which HubSpot does not describe.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createHub } from "../support/hub.ts";

test("an undo says which values it empties where HubSpot does not tell what it requires; one that is refused is parked with its words, and filling it again is enough", async () => {
  await using hub = await createHub(({ org }) => {
    for (const name of ["Lee", "Ray"])
      org.add("Lead", { LastName: name, Company: "Acme", Email: `${name}@example.com` });
  });
  const people = await hub.list("person");
  const [lee, ray] = ["Lee", "Ray"].map((name) => people.find((one) => one.fields["lastName"] === name)!.id);
  const since = hub.clock.now();
  hub.clock.move(1_000);
  for (const id of [lee, ray]) await hub.save("person", { title: "Boss" }, id);
  await hub.settle();
  hub.clock.move(60_000);
  hub.simulators.hubspot.dials.set({
    conditionalProperties: [{ object: "contacts", when: "lastname", is: "Lee", requires: ["jobtitle"] }],
  });
  const plan = await hub.winston.plans.settled((await hub.winston.plans.undo({ since }, "test")).id);
  assert.deepEqual(
    plan.notes.filter((note) => note.includes("does not tell")),
    [
      "2 values are emptied at hubspot (title), which does not tell what it requires. Where it takes no blank, it refuses that write, which is parked with its words: fill the field here again.",
    ],
  );
  await hub.winston.plans.apply(plan.id, {}, "test");
  await hub.settle();
  const titles = () => [
    ...hub.org.list("Lead").map((one) => `${String(one["LastName"])} ${String(one["Title"])}`),
    ...hub.portal.list("contacts").map((one) => `${one["lastname"]} ${one["jobtitle"] || null}`),
  ];
  assert.deepEqual(titles().toSorted(), ["Lee Boss", "Lee null", "Ray null", "Ray null"]);
  const [parked, ...more] = await hub.winston.runs.parked({ limit: 5 });
  assert.deepEqual([parked!.subject, parked!.connection, more], [lee, "hubspot", []]);
  assert.match(
    parked!.message,
    /^jobtitle \(to be emptied\) was not taken\. .*"jobtitle" is required when "lastname" is "Lee"\. Fill it here/u,
  );
  await hub.save("person", { title: "Head" }, lee);
  await hub.settle();
  assert.deepEqual([titles().toSorted(), await hub.parked()], [["Lee Head", "Lee Head", "Ray null", "Ray null"], []]);
});
