// The files that decide, each with the tests that decide about it, the quickest first. `first`: quick ones, and what they notice the others
// need not meet. `also`: tests that are too slow to meet each change, and count for branches only. `store`: they need a PostgreSQL.
export const DECIDING = {
  // Merge: what becomes of two sides of a field, and whose value stands.
  "src/sync/merge.ts": { tests: ["src/sync/merge.test.ts", "src/sync/merge-rules.test.ts"] },
  "src/sync/origin.ts": { tests: ["src/sync/origin.test.ts"] },
  // Match: who is who.
  "src/sync/names.ts": { tests: ["src/sync/names.test.ts"] },
  "src/sync/keys.ts": { tests: ["src/sync/keys.test.ts"], store: true },
  "src/sync/match.ts": {
    first: ["src/sync/match-known.test.ts"],
    tests: [
      "src/sync/match-known.test.ts",
      "src/sync/match-rules.test.ts",
      "src/sync/match.test.ts",
      "src/sync/own-ids.test.ts",
      "src/sync/deals.test.ts",
      "src/sync/references.test.ts",
    ],
    store: true,
  },
  // Cursors: where a reading goes on.
  "src/connectors/salesforce/soql.ts": { tests: ["src/connectors/salesforce/soql.test.ts"] },
  "src/connectors/hubspot/records.ts": {
    tests: ["src/connectors/hubspot/reading.test.ts"],
    also: ["src/connectors/hubspot/simulated.test.ts"],
  },
  "src/connectors/salesforce/records.ts": {
    tests: ["src/connectors/salesforce/reading.test.ts"],
    also: ["src/connectors/salesforce/simulated.test.ts"],
  },
  "src/sync/resumed.ts": { tests: ["src/sync/resumed.test.ts"] },
  // Outcome: what became of each row that was sent.
  "src/sync/outcome.ts": {
    tests: [
      "src/sync/outcome.test.ts",
      "src/sync/inflight.test.ts",
      "src/sync/leave-out.test.ts",
      "src/sync/twins.test.ts",
      "src/sync/parked.test.ts",
      "src/sync/engine.test.ts",
    ],
    store: true,
  },
  // Plan: what is written, which a plan shows and its applying does.
  "src/sync/draft.ts": {
    first: ["src/sync/draft-attempt.test.ts"],
    tests: [
      "src/sync/draft-attempt.test.ts",
      "src/sync/draft.test.ts",
      "src/sync/owners.test.ts",
      "src/sync/references.test.ts",
      "src/sync/ties.test.ts",
    ],
    store: true,
  },
  "src/sync/applying.ts": { tests: ["src/sync/applying.test.ts"], store: true },
  // Transforms: what a value is on either side.
  "src/mapping/transforms.ts": {
    first: ["src/mapping/transform-rules.test.ts"],
    tests: ["src/mapping/transforms.test.ts", "src/mapping/transform-rules.test.ts"],
  },
  "src/mapping/read.ts": { tests: ["src/mapping/document.test.ts", "src/mapping/composition.test.ts"] },
  "src/mapping/write.ts": { tests: ["src/mapping/document.test.ts", "src/mapping/composition.test.ts"] },
};
