// Search: the index is late, the wall is near, the values have forms of their own.
import assert from "node:assert/strict";
import { test } from "node:test";
import { testPortal, type Reply, type TestPortal } from "./test-portal.ts";

const URL = "/crm/v3/objects/contacts/search";

const filter = (propertyName: string, operator: string, value?: unknown, more: object = {}) => ({
  filterGroups: [{ filters: [{ propertyName, operator, ...(value === undefined ? {} : { value }), ...more }] }],
});

const names = (reply: Reply): string[] =>
  (reply.body["results"] as unknown as { properties: { lastname: string } }[]).map((one) => one.properties.lastname);

const found = (world: TestPortal, body: object): string[] =>
  names(world.search("contacts", { properties: ["lastname"], ...body })).toSorted();

function people(): TestPortal {
  const world = testPortal();
  world.portal.data.load(
    "contacts",
    [
      { lastname: "Ada", city: "Kiel", email: "ada@one.example", numemployees: "1-5" },
      { lastname: "Bo", city: "KIEL", email: "bo@two.example" },
      { lastname: "Cy", jobtitle: "Plant Manager" },
    ],
    (index) => Date.UTC(2026, 0, 1) + index,
  );
  return world;
}

test("a change shows only after the lag, and search still shows the record as it was", () => {
  const world = testPortal();
  const id = world.portal.data.add("contacts", { lastname: "Old" });
  const seen = (): string[] => names(world.call("POST", URL, { properties: ["lastname"] }));
  assert.deepEqual(seen(), []);
  world.clock.advance(2_000);
  assert.deepEqual(seen(), ["Old"]);
  world.portal.data.edit("contacts", id, { lastname: "New" });
  assert.deepEqual(seen(), ["Old"]);
  world.clock.advance(2_000);
  assert.deepEqual(seen(), ["New"]);
});

test("a late change shows after changes with later stamps", () => {
  const world = testPortal();
  world.portal.data.add("contacts", { lastname: "Late" }, { lateMs: 30_000 });
  world.clock.advance(1_000);
  world.portal.data.add("contacts", { lastname: "Prompt" });
  assert.deepEqual(found(world, {}), ["Prompt"]);
  world.clock.advance(30_000);
  assert.deepEqual(found(world, {}), ["Late", "Prompt"]);
});

test("archived records are never found, at once, and restored ones come back", () => {
  const world = people();
  const [ada] = world.portal.data.list("contacts");
  world.portal.data.archive("contacts", ada!.id);
  assert.deepEqual(names(world.call("POST", URL, { properties: ["lastname"] })), ["Bo", "Cy"]);
  world.portal.data.restore("contacts", ada!.id);
  assert.deepEqual(found(world, {}), ["Ada", "Bo", "Cy"]);
});

test("each operator finds what it should", () => {
  const world = people();
  const stamp = String(Date.UTC(2026, 0, 1) + 1);
  const cases: [object, string[]][] = [
    [filter("city", "EQ", "kiel"), ["Ada", "Bo"]],
    [filter("city", "NEQ", "kiel"), ["Cy"]],
    [filter("city", "HAS_PROPERTY"), ["Ada", "Bo"]],
    [filter("city", "NOT_HAS_PROPERTY"), ["Cy"]],
    [filter("lastmodifieddate", "GTE", stamp), ["Bo", "Cy"]],
    [filter("lastmodifieddate", "GT", stamp), ["Cy"]],
    [filter("lastmodifieddate", "LT", stamp), ["Ada"]],
    [filter("lastmodifieddate", "LTE", stamp), ["Ada", "Bo"]],
    [filter("lastmodifieddate", "BETWEEN", stamp, { highValue: stamp }), ["Bo"]],
    [filter("city", "IN", undefined, { values: ["kiel"] }), ["Ada", "Bo"]],
    [filter("city", "IN", undefined, { values: ["Kiel"] }), []],
    [filter("lastname", "NOT_IN", undefined, { values: ["ada"] }), ["Bo", "Cy"]],
    [filter("email", "CONTAINS_TOKEN", "*@one.example"), []],
    [filter("email", "CONTAINS_TOKEN", "one"), ["Ada"]],
    [filter("jobtitle", "CONTAINS_TOKEN", "man*"), ["Cy"]],
    [filter("jobtitle", "NOT_CONTAINS_TOKEN", "plant"), ["Ada", "Bo"]],
    [{ query: "two.example" }, ["Bo"]],
    [
      {
        filterGroups: [
          { filters: [{ propertyName: "lastname", operator: "EQ", value: "Cy" }] },
          {
            filters: [
              { propertyName: "city", operator: "EQ", value: "kiel" },
              { propertyName: "email", operator: "EQ", value: "bo@two.example" },
            ],
          },
        ],
      },
      ["Bo", "Cy"],
    ],
  ];
  for (const [body, expected] of cases) assert.deepEqual(found(world, body), expected, JSON.stringify(body));
});

test("records are found by what they are associated with", () => {
  const world = people();
  const [ada] = world.portal.data.list("contacts");
  const company = world.portal.data.add("companies", { name: "C" });
  world.portal.data.associate("contacts", ada!.id, "companies", company);
  assert.deepEqual(found(world, filter("associations.company", "EQ", company)), ["Ada"]);
});

test("a sort orders numbers as numbers, and only one is allowed", () => {
  const world = testPortal();
  world.portal.data.load(
    "companies",
    ["9", "100", "20"].map((numberofemployees) => ({ name: numberofemployees, numberofemployees })),
  );
  const sorted = (sorts: unknown): Reply => world.search("companies", { sorts, properties: ["name"] });
  const order = (reply: Reply): string[] =>
    (reply.body["results"] as unknown as { properties: { name: string } }[]).map((one) => one.properties.name);
  const up = [{ propertyName: "numberofemployees", direction: "ASCENDING" }];
  assert.deepEqual(order(sorted(up)), ["9", "20", "100"]);
  assert.deepEqual(order(sorted(["-numberofemployees"])), ["100", "20", "9"]);
  assert.equal(sorted(["name", "numberofemployees"]).status, 400);
  assert.equal(sorted(["nope"]).status, 400);
});

test("pages go on by offset, and the wall answers 400", () => {
  const world = testPortal();
  world.portal.dials.set({ searchWall: 40 });
  world.portal.data.load(
    "contacts",
    Array.from({ length: 60 }, (_, index) => ({ lastname: `L${index}` })),
  );
  const page = (limit: number, after?: string): Reply =>
    world.search("contacts", { limit, ...(after === undefined ? {} : { after }) });
  const first = page(20);
  assert.deepEqual([first.body["total"], first.body["paging"]!["next"]!["after"]], [60, "20"]);
  assert.equal(page(20, "20").body["paging"]!["next"]!["after"], "40");
  assert.equal(page(1, "40").status, 400);
  assert.equal(page(201).status, 400);
  assert.equal(page(20, "x").status, 400);
});

test("the wall stands at 10,000", () => {
  const world = testPortal();
  assert.equal(world.search("contacts", { limit: 200, after: "9800" }).status, 200);
  assert.equal(world.search("contacts", { limit: 200, after: "9801" }).status, 400);
});

test("among equal stamps the order is not that of ids, but it is the same on every page", () => {
  const world = testPortal();
  const ids = world.portal.data.load(
    "contacts",
    Array.from({ length: 50 }, () => ({ lastname: "L" })),
    () => Date.UTC(2026, 0, 1),
  );
  const seen: string[] = [];
  for (const after of ["0", "20", "40"]) {
    const { body } = world.search("contacts", { sorts: ["lastmodifieddate"], limit: 20, after });
    seen.push(...(body["results"] as unknown as { id: string }[]).map((one) => one.id));
  }
  assert.deepEqual(seen.toSorted(), ids);
  assert.notDeepEqual(seen, ids);
  const rest = world.search("contacts", {
    ...filter("hs_object_id", "GT", ids[44]),
    sorts: ["hs_object_id"],
  });
  assert.deepEqual(
    (rest.body["results"] as unknown as { id: string }[]).map((one) => one.id),
    ids.slice(45),
  );
});

test("five groups, six filters each, eighteen in all, a body of 3,000 characters: more is refused", () => {
  const world = testPortal();
  const one = { propertyName: "city", operator: "EQ", value: "x" };
  const groups = (...sizes: number[]): number =>
    world.search("contacts", {
      filterGroups: sizes.map((size) => ({ filters: Array.from({ length: size }, () => one) })),
    }).status;
  assert.deepEqual([groups(1, 1, 1, 1, 1), groups(6), groups(6, 6, 6)], [200, 200, 200]);
  assert.deepEqual([groups(1, 1, 1, 1, 1, 1), groups(7), groups(6, 6, 6, 1)], [400, 400, 400]);
  assert.equal(world.search("contacts", { query: "x".repeat(3_000) }).status, 400);
  assert.equal(world.search("contacts", filter("nope", "EQ", "x")).status, 400);
  assert.equal(world.search("contacts", filter("city", "LIKE", "x")).status, 400);
  assert.equal(world.search("contacts", filter("city", "EQ")).status, 400);
});
