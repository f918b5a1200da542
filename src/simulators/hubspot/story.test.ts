import assert from "node:assert/strict";
import { test } from "node:test";
import { VirtualClock } from "../../base/clock.ts";
import { seededRandom } from "../../base/random.ts";
import { createSalesforce } from "../salesforce/index.ts";
import { createHubspot } from "./index.ts";

const tell = (seed: number) =>
  createHubspot({ clock: new VirtualClock(), random: seededRandom(seed), story: "larkfield" }).data;
const data = tell(5);
const there = createSalesforce({ clock: new VirtualClock(), random: seededRandom(5), story: "larkfield" }).data;
const text = (value: unknown): string => (value ?? "") as string;
const [contacts, companies, deals] = [data.list("contacts"), data.list("companies"), data.list("deals")];

test("Larkfield's portal has 1,200 contacts, 150 companies, 150 deals and 8 owners", () => {
  assert.deepEqual(data.counts(), { contacts: 1_200, companies: 150, deals: 150, owners: 8 });
});

test("the same seed tells the same story, another seed another", () => {
  assert.deepEqual(tell(5).list("contacts"), contacts);
  assert.notDeepEqual(tell(6).list("contacts"), contacts);
});

test("some people are also in the Salesforce story of the same seed, most with the same name; others are only here", () => {
  const names = new Map<string, string>();
  for (const one of [...there.list("Lead"), ...there.list("Contact")])
    if (one["Email"] && !text(one["Email"]).startsWith("info@"))
      names.set(text(one["Email"]), `${text(one["FirstName"])} ${text(one["LastName"])}`);
  const shared = contacts.filter((one) => names.has(one["email"] ?? ""));
  assert.ok(shared.length > 500 && shared.length < 750, String(shared.length));
  const alike = shared.filter((one) => names.get(one["email"]!) === `${one["firstname"] ?? ""} ${one["lastname"]}`);
  assert.ok(alike.length > shared.length / 2 && alike.length < shared.length - 20, `${alike.length}`);
});

test("companies and deals overlap, too", () => {
  const sites = new Set(there.list("Account").map((one) => text(one["Website"]).replace("https://www.", "")));
  assert.ok(companies.filter((one) => one["domain"] && sites.has(one["domain"])).length > 50);
  const names = new Set(
    there.list("Opportunity").map((one) => `${text(one["Name"])} ${String(one["Amount"] as number | null)}`),
  );
  assert.ok(deals.filter((one) => names.has(`${one["dealname"]} ${one["amount"]}`)).length > 30);
});

test("its owners have the addresses of the Salesforce users, and another one of them has left", () => {
  const users = there.list("User");
  assert.deepEqual(
    data
      .owners()
      .map((one) => one.email)
      .toSorted(),
    users.map((one) => text(one["Email"])).toSorted(),
  );
  const left = data
    .owners()
    .filter((one) => one.archived)
    .map((one) => one.email);
  assert.deepEqual(left, ["nadia.rahman@larkfield.example"]);
  assert.equal(users.find((one) => one["Email"] === left[0])!["IsActive"], true);
  const owner = data.owners().find((one) => one.archived)!.id;
  assert.ok(contacts.some((one) => one["hubspot_owner_id"] === owner));
});

test("it has the dirt of a real portal", () => {
  assert.ok(contacts.filter((one) => one["email"] === null).length > 100);
  assert.ok(contacts.filter((one) => one["email"]?.startsWith("info@")).length > 10);
  const stamps = new Map<string, number>();
  for (const one of contacts) stamps.set(one["createdate"]!, (stamps.get(one["createdate"]!) ?? 0) + 1);
  assert.equal(Math.max(...stamps.values()), 150);
  const domains = companies.flatMap((one) => one["domain"] ?? []);
  assert.ok(new Set(domains).size < domains.length);
  assert.ok(companies.some((one) => one["hs_parent_company_id"] !== null));
  assert.ok(contacts.some((one) => /\p{Script=Han}/u.test(one["lastname"] ?? "")));
});

test("every address lies in a reserved domain and every telephone in a range kept for fiction", () => {
  for (const one of contacts) {
    if (one["email"]) assert.match(one["email"], /@(?:[a-z0-9-]+\.example|example\.(?:com|net|org))$/u);
    for (const phone of [one["phone"], one["mobilephone"]])
      if (phone)
        assert.match(
          phone.replaceAll(/[^\da-z/]/gu, ""),
          /^(?:n\/a|1?\d{3}55501\d\d(?:x?4)?|(?:07|447)7009000?\d{2,3})$/u,
        );
  }
});

test("some deals have the same people as in Salesforce, and some of those the same role", () => {
  const mails = new Map(there.list("Contact").map((one) => [one["Id"], text(one["Email"]).toLowerCase()]));
  const names = new Map(there.list("Opportunity").map((one) => [one["Id"], text(one["Name"])]));
  const roles = new Map(
    there
      .list("OpportunityContactRole")
      .map((one) => [`${names.get(one["OpportunityId"])} ${mails.get(one["ContactId"])}`, text(one["Role"])]),
  );
  let [people, alike] = [0, 0];
  for (const { id, dealname } of deals)
    for (const tie of data.associations("deals", id, "contacts")) {
      const role = roles.get(`${dealname} ${data.get("contacts", tie.id)!["email"]}`);
      if (role === undefined) continue;
      people += 1;
      if (tie.labels.some((label) => label.toLowerCase() === role.toLowerCase())) alike += 1;
    }
  assert.ok(people > 15 && alike > 3, `${people} ${alike}`);
});

test("deals have a company, a valid stage and people with roles", () => {
  let roles = 0;
  for (const { id, dealstage, pipeline } of deals) {
    assert.equal(data.associations("deals", id, "companies").length, 1);
    assert.ok(pipeline === "default" && dealstage);
    roles += data.associations("deals", id, "contacts").flatMap((one) => one.labels).length;
  }
  assert.ok(roles > 20);
});
