import assert from "node:assert/strict";
import { test } from "node:test";
import type { VendorField } from "../connector/contract.ts";
import type { Known } from "./back-test.ts";
import { surveyOf } from "./survey.ts";

const vendorFields = ["A", "B", "C"].map((name): VendorField => ({
  name,
  label: name,
  type: "text",
  custom: false,
  required: false,
  createable: true,
  updateable: true,
  unique: false,
}));
const known = (record: Record<string, unknown>, fields: Record<string, unknown> = {}): Known =>
  ({ record, held: { entity: { fields } } }) as unknown as Known;

test("what a record does not carry says nothing; a blank says that it is blank; samples are the commonest, each once", () => {
  const found = surveyOf(
    [
      known({ A: "x", B: null }, { title: "t" }),
      known({ A: "y", B: "" }),
      known({ A: "y" }, { title: "t" }),
      known({ A: "z".repeat(500), B: 0 }, { title: null }),
    ],
    {
      vendorFields,
      kindFields: [{ key: "title", type: "text", label: "Title" }],
      rows: [
        { field: "title", record: "A", direction: "both", transform: "text" },
        { field: "annualRevenue", record: "D", direction: "in", transform: "money", options: { currencyField: "B" } },
      ],
      samples: 3,
    },
  );
  assert.deepEqual(
    found.vendor.map(({ name, read, filled, samples, mapped }) => [name, read, filled, samples, mapped]),
    [
      ["A", 4, 4, ["y", "x", `${"z".repeat(200)}…`], ["title"]],
      ["B", 3, 1, [0], ["annualRevenue"]],
      ["C", 0, 0, [], []],
    ],
  );
  const [title] = found.winston;
  assert.deepEqual([title!.read, title!.filled, title!.samples, title!.mapped], [4, 2, ["t"], ["A"]]);
});
