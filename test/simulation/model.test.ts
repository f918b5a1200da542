import assert from "node:assert/strict";
import { test } from "node:test";
import { Model } from "./model.ts";
import type { Site } from "./vendors.ts";

/** One who was made at both in one moment, and made once more at Salesforce from what HubSpot has, where somebody edited that one. */
function madeTwice(): { model: Model; tag: string } {
  const model = new Model(() => {});
  const tag = model.thing("person");
  model.edit({ thing: tag, field: "title", site: "salesforce", value: "title v1", sees: null });
  model.edit({ thing: tag, field: "city", site: "hubspot", value: "city v2", sees: null });
  model.edit({ thing: tag, field: "city", site: "salesforce", value: "city v3", sees: "city v2" });
  model.delivered("title v1 city v2 city v3", "UTC");
  return { model, tag };
}

test("where one of two was deleted, the other lives on as it was", () => {
  const { model, tag } = madeTwice();
  model.removal({ thing: tag, site: "salesforce", saw: { city: "city v3" }, twins: [{ title: "title v1" }] });

  assert.equal(
    model.fate(tag, () => false),
    "alive",
  );
  assert.ok(model.possible(tag, "city").has(undefined));
  assert.deepEqual([...model.possible(tag, "title")], ["title v1"]);
});

test("what was deleted as the only one leaves no blank, nor does a twin that was given something since", () => {
  const alone = madeTwice();
  alone.model.removal({ thing: alone.tag, site: "salesforce", saw: { city: "city v3" }, twins: [] });
  assert.ok(!alone.model.possible(alone.tag, "city").has(undefined));

  const given = madeTwice();
  given.model.removal({ thing: given.tag, site: "salesforce", saw: { city: "city v3" }, twins: [{}] });
  given.model.edit({ thing: given.tag, field: "city", site: "salesforce", value: "city v4", sees: null });
  assert.ok(!given.model.possible(given.tag, "city").has(undefined));
});

test("a twin's blank does not excuse a value that whoever deleted the other did not see", () => {
  const { model, tag } = madeTwice();
  model.removal({ thing: tag, site: "salesforce", saw: { city: "city v2" }, twins: [{ title: "title v1" }] });
  assert.ok(!model.possible(tag, "city").has(undefined));
});

test("one of two that was deleted before anybody saw it takes the other along only once it was seen", () => {
  for (const isSeen of [false, true]) {
    const model = new Model(() => {});
    const tag = model.thing("person");
    model.twice.set(tag, 0);
    if (isSeen) model.looked(`{"LastName":"${tag}"}`, "salesforce");
    const unknown = !model.wasSeen(tag, "salesforce");
    model.removal({ thing: tag, site: "salesforce", saw: {}, twins: [], unknown });
    assert.equal(
      model.fate(tag, () => false),
      isSeen ? "gone" : "alive",
    );
  }
});

test("what was deleted where a filter left it out may stay away there, and nothing else", () => {
  const model = new Model(() => {});
  const [tag, other] = [model.thing("account"), model.thing("account")];
  model.leaveOut(tag, "hubspot");
  for (const thing of [tag, other]) model.removal({ thing, site: "salesforce", saw: {} });
  model.removal({ thing: other, site: "hubspot", saw: {} });
  assert.ok(!model.mayStayAway(tag, "hubspot"), "it was deleted elsewhere");

  model.removal({ thing: tag, site: "hubspot", saw: {} });
  assert.ok(model.mayStayAway(tag, "hubspot"));
  assert.ok(!model.mayStayAway(tag, "salesforce"), "no filter left it out there");
  assert.ok(!model.mayStayAway(other, "hubspot"), "no filter left it out at all");
});

test("what somebody cleared who had seen it may stand in Salesforce only where the answer to its write was lost and a rule named it the winner", () => {
  const model = new Model(() => {});
  const tag = model.thing("account");
  model.edit({ thing: tag, field: "city", site: "hubspot", value: "city v1", sees: null });
  model.edit({ thing: tag, field: "city", site: "salesforce", value: null, sees: "city v1" });
  const write = { thing: tag, field: "city", site: "salesforce", wrote: "city v1", found: null } as const;

  assert.ok(!model.possible(tag, "city").has("city v1"));
  assert.ok(model.isUnanswered(tag, "city", "city v1", [write]));
  assert.ok(!model.isUnanswered(tag, "city", "city v1", []));
  assert.ok(!model.isUnanswered(tag, "city", undefined, [write]));
  for (const other of [{ thing: "Acct9" }, { site: "hubspot" }, { wrote: "city v0" }, { found: "city v2" }] as const)
    assert.ok(!model.isUnanswered(tag, "city", "city v1", [{ ...write, ...other }]), JSON.stringify(other));
  // Whoever replaces it once more saw it stand.
  model.edit({ thing: tag, field: "city", site: "hubspot", value: "city v3", sees: "city v1" });
  assert.ok(!model.isUnanswered(tag, "city", "city v3", [write]));
});

test("what was written over unseen in a record that was deleted, a blank too, leaves what stood before it as right; a blank that an answer may have shown does not", () => {
  for (const answer of [undefined, "at once", "with a value", "elsewhere"] as const) {
    const model = new Model(() => {});
    const tag = model.thing("person");
    const edit = (field: string, site: Site, value: string | null, sees: string | null) =>
      model.edit({ thing: tag, field, site, value, sees });
    edit("city", "hubspot", "city v1", null);
    model.delivered("city v1", "UTC");
    edit("city", "hubspot", null, "city v1");
    if (answer === "at once")
      model.looked(`{"lastname":"${tag}","city":null}, {"lastname":"Pers2","city":"city v12"}`, "hubspot");
    edit("city", "hubspot", "city v2", null);
    if (answer === "with a value") model.looked(`{"lastname":"${tag}","city":"city v1"}`, "hubspot");
    if (answer === "elsewhere") model.looked(`{"LastName":"${tag}"}`, "salesforce");
    edit("city", "hubspot", "city v3", "city v2");
    edit("title", "salesforce", "title v4", null);
    model.removal({ thing: tag, site: "hubspot", saw: { city: "city v3" } });
    assert.equal(model.possible(tag, "city").has("city v1"), answer !== "at once", answer);
  }
});

test("a blank that nobody made there, or that something was written into meanwhile, leads to nothing older", () => {
  for (const site of ["salesforce", "hubspot"] as const) {
    const model = new Model(() => {});
    const tag = model.thing("person");
    const edit = (at: Site, value: string | null, sees: string | null) =>
      model.edit({ thing: tag, field: "city", site: at, value, sees });
    edit("hubspot", "city v1", null);
    edit(site, null, "city v1");
    if (site === "hubspot") edit("salesforce", "city v2", null);
    edit("hubspot", "city v3", null);
    model.removal({ thing: tag, site: "hubspot", saw: { city: "city v3" } });
    assert.ok(!model.possible(tag, "city").has("city v1"), site);
  }
});
