// Mistakes in what came later: filters, rules, refusals of one field, the brake, loops, other organisations, what kills.
import type { Mutant } from "./mutants.ts";

export const NEWER: readonly Mutant[] = [
  {
    name: "a filter not asked before writing",
    tests: ["sync/filter.test.ts"],
    why: "in the worlds that were tried nobody edits elsewhere the one thing that a filter leaves out",
    changes: [
      {
        file: "sync/filter.ts",
        find: '    if (answer !== "yes") left.add(id);\n    else if (!link)',
        replace: '    if (answer === "no" && id === "") left.add(id);\n    else if (!link)',
      },
    ],
  },
  {
    name: "a record outside the filter taken in",
    tests: ["sync/filter.test.ts"],
    why: "what is taken in too early is what would be taken in when the filter is lifted, and nobody in a world says when",
    changes: [
      {
        file: "sync/filter.ts",
        find: '    if (answer === "yes") continue;\n    aside.add(item);\n    if (answer !== "no") failed.push(undecided(record.id, condition!, values',
        replace:
          '    if (answer === "yes" || answer === "no") continue;\n    aside.add(item);\n    if (answer.failed !== "") failed.push(undecided(record.id, condition!, values',
      },
    ],
  },
  {
    name: "whose value it is forgotten by the rule",
    tests: ["sync/rules.test.ts"],
    why: "the model of a world does not say which of two values must win",
    changes: [
      {
        file: "sync/rules.ts",
        find: 'return theirs > ours ? "record" : theirs < ours ? "winston" : of.ruleOf(field);',
        replace: 'return theirs > ours && theirs > 1 ? "record" : theirs < -1 ? "winston" : of.ruleOf(field);',
      },
    ],
  },
  {
    // HubSpot answers a batch in any order.
    name: "answers of a batch taken in the order of its rows",
    changes: [
      {
        file: "connectors/hubspot/writes.ts",
        find: "    results.find((one) => one.objectWriteTraceId === row.trace) ??\n    results.find((one) => (byId ? one.id === row.id : one.properties[settings.handleProperty] === row.id));",
        replace: "    (settings && byId ? results[rows.indexOf(row)] : results[rows.indexOf(row)]);",
      },
    ],
  },
  {
    name: "one refused field holds back its record",
    tests: ["sync/leave-out.test.ts", "sync/parked.test.ts"],
    why: "when the rule is gone, all that waited is written after all",
    changes: [
      {
        file: "sync/leave-out.ts",
        find: '      const found = outcome.kind === "field" ? without(ctx, attempt, outcome.vendor) : null;',
        replace:
          '      const found = outcome.kind === "field" && index < 0 ? without(ctx, attempt, outcome.vendor) : null;',
      },
    ],
  },
  {
    name: "a loop that nobody breaks",
    tests: ["sync/freeze.test.ts"],
    why: "what a vendor's automation changes in a world it changes once",
    changes: [
      {
        file: "sync/freeze.ts",
        find: "const TURNS = 5;",
        replace: "const TURNS = 5_000;",
      },
    ],
  },
  {
    name: "a brake that is never on",
    tests: ["sync/brake.test.ts"],
    why: "many are deleted by mistake in one world of thirty, and none of these was tried: they are long",
    changes: [
      {
        file: "sync/brake.ts",
        find: "  lost > Math.max(LOST_AT_LEAST, records / LOST_ONE_IN);",
        replace: "  lost > Math.max(LOST_AT_LEAST, records * LOST_ONE_IN);",
      },
    ],
  },
  {
    name: "another organisation taken for the same",
    changes: [
      {
        file: "sync/connect.ts",
        find: "  if (was === null || was === found.id) return;",
        replace: "  if (organisationLabel === undefined || found.id !== name) return;",
      },
    ],
  },
  {
    name: "a write that kills sent for ever",
    tests: ["sync/careful.test.ts"],
    why: "what kills as it is sent dies between other faults in the worlds that were tried, and not ten times in a row",
    changes: [
      {
        file: "sync/careful.ts",
        find: "  if (deaths.size === 0) return [intents];",
        replace: "  if (deaths.size >= 0) return [intents];",
      },
    ],
  },
  {
    name: "what kills looked for among the purged",
    tests: ["sync/spared.test.ts"],
    why: "a purge and a thing that kills whoever reads it again met in no world that was tried",
    changes: [
      {
        file: "sync/gone.ts",
        find: "    const ids = known.filter((id) => !killers.has(id));",
        replace: "    const ids = known.filter((id) => !killers.has(`${id}?`));",
      },
    ],
  },
];
