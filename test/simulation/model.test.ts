import assert from "node:assert/strict";
import { test } from "node:test";
import { Model } from "./model.ts";

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
