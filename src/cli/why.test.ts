import assert from "node:assert/strict";
import { test } from "node:test";
import { whyLines } from "./why.ts";

test("the records of a thing are told after its values: when each was linked, its state, and why", () => {
  const linkedAt = "2026-11-30T02:06:31.000Z";
  const link = { connection: "crm", stream: "lead", linkedAt, reason: "new" as const, basis: null, because: "It." };
  const lines = whyLines({
    id: "0190a1b2-0000-7000-8000-000000000001",
    kind: "person",
    version: 1,
    deletedAt: null,
    asOf: null,
    links: [
      { ...link, recordId: "r1", state: "active" },
      { ...link, recordId: "r2", state: "merged" },
    ],
    fields: [],
    names: {},
  });
  assert.deepEqual(
    lines.map((line) => line.replace(/linked .*/u, "linked")),
    ["crm lead r1: linked", "  It.", "crm lead r2 (merged): linked", "  It."],
  );
});
