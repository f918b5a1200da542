import assert from "node:assert/strict";
import { test } from "node:test";
import type { VendorField } from "../../connector/contract.ts";
import { compileMapping, parseMappingDocument } from "../../mapping/document.ts";
import { standardFields } from "../../mapping/kinds.ts";
import { mappingBreaksGetPut } from "../../mapping/laws.ts";
import type { JsonObject } from "../../base/json.ts";
import { hubspot } from "./index.ts";
import { mappings, withNewStages, withStages } from "./mappings.ts";

const compile = (kind: string, mapping: JsonObject) =>
  compileMapping({ document: parseMappingDocument(mapping), kindFields: standardFields(kind) });
const compiled = Object.fromEntries(
  Object.entries(hubspot.streams).map(([key, { kind, mapping }]) => [key, compile(kind, mapping)]),
);

test("every stream begins with a mapping that compiles, of its own kind and without a stage", () => {
  for (const [key, { document }] of Object.entries(compiled)) {
    const { kind } = hubspot.streams[key as keyof typeof hubspot.streams];
    assert.deepEqual([document.kind, document.stage], [kind, undefined], key);
  }
});

test("a company's texts become numbers and amounts, and go back as they came", () => {
  const record = {
    name: "Larkfield Robotics",
    website: "larkfield.example",
    numberofemployees: "120",
    annualrevenue: "1250000.50",
    "associations.parent": "88",
    hubspot_owner_id: "31",
  };
  const { fields, references, problems } = compiled["company"]!.read(record);
  assert.deepEqual(problems, []);
  assert.deepEqual([fields["employees"], fields["annualRevenue"]], [120, { amount: "1250000.5", currency: null }]);
  assert.deepEqual(references, { parent: "88", owner: "31" });
  assert.deepEqual(mappingBreaksGetPut(compiled["company"]!, record), []);
});

test("no default mapping reads or writes a lifecycle stage: it would go back where another system does", () => {
  for (const [key, { document }] of Object.entries(compiled))
    assert.deepEqual(
      document.rows.flatMap((row) => [row.record].flat()).filter((name) => /lifecycle/iu.test(String(name))),
      [],
      key,
    );
});

test("an opt-out is read and kept, and never written where HubSpot would refuse it", () => {
  const { fields } = compiled["contact"]!.read({ hs_email_optout: "true" });
  assert.equal(fields["doNotEmail"], true);
  assert.equal(compiled["contact"]!.read({ hs_email_optout: null }).fields["doNotEmail"], null);
  assert.equal(compiled["contact"]!.ruleOf("doNotEmail"), "restrictive");
  assert.equal(compiled["contact"]!.outbound.has("doNotEmail"), false);
});

test("a deal is read with its stage's name, and a stage that HubSpot lacks is a problem of that field alone", () => {
  const { fields, problems } = compiled["deal"]!.read({
    dealname: "Picking cell",
    amount: "4000.00",
    dealstage: "closedwon",
    "stage.probability": 100,
    "stage.closed": true,
    "stage.won": true,
    closedate: "2026-03-31",
  });
  assert.deepEqual(problems, []);
  assert.deepEqual(fields, {
    name: "Picking cell",
    amount: { amount: "4000", currency: null },
    stage: "Closed Won",
    probability: 100,
    isClosed: true,
    isWon: true,
    closeDate: "2026-03-31",
  });
  const writing = compiled["deal"]!.write({
    entity: { name: "Picking cell", stage: "Contract with the devil", probability: 30 },
    changed: "all",
    forCreate: true,
    reference: () => undefined,
    related: () => undefined,
  });
  assert.deepEqual(writing.values, { dealname: "Picking cell" });
  assert.deepEqual(
    writing.problems.map(({ pointer }) => pointer),
    ["/stage"],
  );
});

test("a deal's stage history has a field, for whoever maps it", () => {
  const { rows } = mappings.deal as unknown as { rows: readonly object[] };
  const row = { field: "stageHistory", record: "history.dealstage", direction: "in", transform: "json" };
  const history = [{ value: "closedwon", at: "2026-03-31T00:00:00.000Z" }];
  const { read } = compile("deal", { ...mappings.deal, rows: [...rows, row] as never });
  assert.deepEqual(read({ "history.dealstage": history }).fields["stageHistory"], history);
});

test("a step that HubSpot lacks is written as the stage that stands for it, and stays what it is when that comes back", () => {
  const { write, read, equal } = compiled["deal"]!;
  const asking = { changed: "all", forCreate: true, reference: () => undefined, related: () => undefined } as const;
  assert.deepEqual(write({ ...asking, entity: { stage: "Needs Analysis" } }).values, { dealstage: "qualifiedtobuy" });
  const back = read({ dealstage: "qualifiedtobuy" }).fields["stage"]!;
  assert.equal(back, "Qualification");
  assert.equal(equal("stage", "Needs Analysis", back), true);
  assert.equal(equal("stage", "Needs Analysis", "Prospecting"), false);
});

test("stages made later are added to a table, which keeps what it says of the others; a step that is a stage now stands for itself", () => {
  const stage = (value: string, label: string) => ({ value, label, active: true });
  const field = (options: readonly ReturnType<typeof stage>[]): VendorField[] => [
    {
      name: "dealstage",
      label: "Stage",
      type: "picklist",
      custom: false,
      required: false,
      createable: true,
      updateable: true,
      unique: false,
      options,
    },
  ];
  const first = [stage("closedwon", "Won"), stage("qualifiedtobuy", "Qualified")];
  const before = withStages(mappings.deal, field(first));
  const optionsOf = (mapping: JsonObject) =>
    (mapping["rows"] as { record: string; options: Record<string, Record<string, string>> }[]).find(
      (row) => row.record === "dealstage",
    )!.options;
  optionsOf(before)["table"]!["closedwon"] = "Mine";
  assert.equal(withNewStages(before, field(first)), before);
  const more = [...first, stage("7", "Needs Analysis"), stage("8", "Mine")];
  const after = withNewStages(before, field(more));
  assert.deepEqual(optionsOf(after)["table"], {
    closedwon: "Mine",
    qualifiedtobuy: "Qualification",
    "7": "Needs Analysis",
    "8": "Mine (8)",
  });
  assert.equal(optionsOf(before)["also"]!["Needs Analysis"], "qualifiedtobuy");
  assert.equal("Needs Analysis" in optionsOf(after)["also"]!, false);
  assert.equal(withNewStages(mappings.company, field(more)), mappings.company);
});

test("the table of stages is made of the account's own, and stages of one name are told apart", () => {
  const field = (options: [string, string][]): VendorField => ({
    name: "dealstage",
    label: "Deal stage",
    type: "picklist",
    custom: false,
    required: false,
    createable: true,
    updateable: true,
    unique: false,
    options: options.map(([value, label]) => ({ value, label, active: true })),
  });
  const options: [string, string][] = [
    ["closedwon", "Gewonnen"],
    ["9911", "Renewals: Open"],
    ["9912", "Renewals: Open"],
    ["qualifiedtobuy", "Qualified"],
    ["9913", "Needs Analysis"],
  ];
  const { fit, mapping } = hubspot.streams.deal;
  const own = compile("deal", fit!(mapping, [field(options)]));
  const stage = (dealstage: string) => own.read({ dealstage }).fields["stage"];
  assert.deepEqual(["closedwon", "9911", "9912"].map(stage), ["Closed Won", "Renewals: Open", "Renewals: Open (9912)"]);
  // A step that is a stage of the account's own goes there.
  assert.deepEqual(
    own.write({
      entity: { stage: "Needs Analysis" },
      changed: "all",
      forCreate: true,
      reference: () => undefined,
      related: () => undefined,
    }).values,
    { dealstage: "9913" },
  );
  assert.deepEqual(fit!(mapping, []), mapping);
});
