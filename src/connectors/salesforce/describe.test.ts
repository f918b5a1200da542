import assert from "node:assert/strict";
import { test } from "node:test";
import { VirtualClock } from "../../base/clock.ts";
import { seededRandom } from "../../base/random.ts";
import { connectDirectly } from "../../connector/direct.ts";
import { startSalesforce } from "../../simulators/salesforce/index.ts";
import { salesforce } from "./index.ts";

test("a description says how exactly numbers, amounts, times and texts are kept, and which numbers are whole", async () => {
  const clock = new VirtualClock();
  const org = await startSalesforce({ clock, random: seededRandom(1) });
  org.data.addCustomField("Opportunity", { name: "Margin__c", type: "Number", precision: 8, scale: 3 });
  const { clientId, clientSecret, refreshToken } = org.credentials;
  await using connection = connectDirectly({
    connector: salesforce,
    settings: { loginUrl: org.url, simulator: true },
    secrets: { clientId, clientSecret, refreshToken },
    clock,
    random: seededRandom(1),
    simulator: true,
  });
  const described = async (stream: "lead" | "opportunity" | "event", names: readonly string[]) => {
    const fields = await salesforce.streams[stream].describe(connection.api);
    return names.map((name) => {
      const { scale, integer, precisionMs } = fields.find((one) => one.name === name)!;
      return [name, scale ?? null, integer ?? null, precisionMs ?? null];
    });
  };
  const leadFields = await salesforce.streams.lead.describe(connection.api);
  assert.deepEqual(await described("lead", ["AnnualRevenue", "NumberOfEmployees", "Title"]), [
    ["AnnualRevenue", 0, null, null],
    ["NumberOfEmployees", null, true, null],
    ["Title", null, null, null],
  ]);
  assert.deepEqual(await described("opportunity", ["Amount", "Margin__c", "CloseDate"]), [
    ["Amount", 2, null, null],
    ["Margin__c", 3, null, null],
    ["CloseDate", null, null, null],
  ]);
  const [address, title] = ["Email", "Title"].map((name) => leadFields.find((one) => one.name === name)!.tidies);
  assert.deepEqual([address, title], [["trim", "lowerCase"], ["trim"]]);
  const opportunityFields = await salesforce.streams.opportunity.describe(connection.api);
  assert.deepEqual(
    ["OwnerId", "AccountId"].map((name) => opportunityFields.find((one) => one.name === name)!.neverBlank),
    [true, undefined],
    "nobody can take an owner away and give none",
  );
  const filled = ["Status", "LastName", "Title", "DoNotCall"].map((name) =>
    leadFields.find((one) => one.name === name)!,
  );
  assert.deepEqual(
    filled.map(({ required, unclearable }) => [required, unclearable ?? false]),
    [
      [false, true],
      [true, false],
      [false, false],
      [false, false],
    ],
    "a status is given to whoever has none, and nobody can empty it",
  );
  const told = ["DoNotCall", "AnnualRevenue", "Title"].map((name) => leadFields.find((one) => one.name === name)!);
  assert.deepEqual(
    told.map(({ blank, double }) => [blank, double]),
    [
      [false, undefined],
      [undefined, true],
      [undefined, undefined],
    ],
    "a checkbox knows no blank, and an amount is a double",
  );
  assert.deepEqual(await described("event", ["StartDateTime"]), [["StartDateTime", null, null, 1_000]]);
  await org.close();
});
