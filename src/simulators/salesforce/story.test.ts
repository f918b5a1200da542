import assert from "node:assert/strict";
import { test } from "node:test";
import { VirtualClock } from "../../base/clock.ts";
import { seededRandom } from "../../base/random.ts";
import { createSalesforce } from "./index.ts";

const tell = (seed: number) =>
  createSalesforce({ clock: new VirtualClock(), random: seededRandom(seed), story: "larkfield" });
const { data } = tell(5);
const [leads, contacts, accounts] = [data.list("Lead"), data.list("Contact"), data.list("Account")];

test("Larkfield has 2,000 leads, 600 contacts, 150 accounts, 200 deals and 8 users", () => {
  const { Lead, Contact, Account, Opportunity, User, Campaign } = data.counts();
  assert.deepEqual([Lead, Contact, Account, Opportunity, User, Campaign], [2_000, 600, 150, 200, 8, 6]);
});

test("the same seed tells the same story, another seed another", () => {
  assert.deepEqual(tell(5).data.list("Lead"), leads);
  assert.notDeepEqual(tell(6).data.list("Lead"), leads);
});

test("every address lies in a reserved domain and every telephone in a range kept for fiction", () => {
  const reserved = /@(?:[a-z0-9-]+\.example|example\.(?:com|net|org))$/u;
  const fiction = /^(?:n\/a|.*555[ .-]01\d\d(?: x4)?|(?:07700|\+44 7700) 900\d{3})$/u;
  for (const one of [...leads, ...contacts, ...accounts, ...data.list("User")]) {
    if (one["Email"]) assert.match(one["Email"] as string, reserved);
    for (const phone of [one["Phone"], one["MobilePhone"]]) if (phone) assert.match(phone as string, fiction);
    if (one["Website"]) assert.match(one["Website"] as string, /\.example$|^example\.(?:com|net|org)$/u);
  }
});

test("it has the dirt of a real org", () => {
  const name = (one: Record<string, unknown>): string => String(one["Name"]);
  assert.ok(leads.filter((one) => name(one) === "John Smith").length >= 2);
  assert.ok(leads.filter((one) => one["Email"] === null).length > 100);
  assert.ok(leads.some((one) => String(one["Email"]).startsWith("info@")));
  assert.ok(leads.some((one) => name(one).endsWith("\u00a0")));
  assert.ok(leads.some((one) => /\p{Script=Arabic}/u.test(name(one))));
  assert.ok(leads.some((one) => /\p{Script=Hebrew}/u.test(name(one))));
  assert.ok(leads.some((one) => /\p{Script=Han}/u.test(name(one))));
  assert.ok(leads.some((one) => /\p{Extended_Pictographic}/u.test(String(one["Company"]))));
  assert.ok(leads.some((one) => /[łñüé]/u.test(name(one))));
  assert.equal(leads.filter((one) => one["IsConverted"] === true).length, 110);
  assert.ok(data.list("User").some((one) => one["IsActive"] === false));
  const queue = data.list("Group")[0]!["Id"];
  assert.ok(leads.some((one) => one["OwnerId"] === queue));
});

test("two of three deals have contacts of their account in roles, never two primaries, and one person stands in two roles", () => {
  const roles = data.list("OpportunityContactRole");
  const pairs = new Set(roles.map((one) => `${String(one["OpportunityId"])} ${String(one["ContactId"])}`));
  assert.equal(pairs.size, roles.length - 1);
  const primaries = roles.filter((one) => one["IsPrimary"] === true).map((one) => one["OpportunityId"]);
  assert.equal(new Set(primaries).size, primaries.length);
  assert.ok(primaries.length > 100 && primaries.length < 170, String(primaries.length));
  assert.ok(roles.some((one) => one["Role"] === null) && roles.some((one) => one["Role"] === "Champion"));
});

test("stamps lie in the last eighteen months, and mass imports share one", () => {
  const now = Date.UTC(2026, 0, 5, 9);
  const byStamp = new Map<string, number>();
  for (const one of leads) {
    const stamp = String(one["SystemModstamp"]);
    const at = Date.parse(stamp.replace("+0000", "Z"));
    assert.ok(at <= now && at > now - 550 * 86_400_000, stamp);
    byStamp.set(stamp, (byStamp.get(stamp) ?? 0) + 1);
  }
  assert.ok(Math.max(...byStamp.values()) >= 10);
});
