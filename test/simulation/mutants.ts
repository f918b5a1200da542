// Engines with one mistake each: a world that lets one of them pass would let the mistake pass.
import { NEWER } from "./newer-mutants.ts";

export interface Mutant {
  readonly name: string;
  /** Seeds of worlds in which what it does wrong is likely to matter: they are tried before the first ones. */
  readonly seeds?: readonly number[];
  /** Where no world shows it: why not, and tests of the engine of which one must fail with it instead. */
  readonly tests?: readonly string[];
  readonly why?: string;
  /** `find` stands once in the file, so that a patch that no longer fits is told and not passed over. */
  readonly changes: readonly { readonly file: string; readonly find: string; readonly replace: string }[];
}

/** Mistakes that other systems make, and some that this engine was built not to make. */
export const MUTANTS: readonly Mutant[] = [
  {
    // Whatever changes within two minutes of our own write is taken for that write.
    name: "echo window by time",
    changes: [
      {
        file: "sync/apply.ts",
        find: "  using newRows = new NewRows(tx, kind, linkOf);",
        replace:
          "  const echoes = await writtenSince(tx, ctx.stream.id, existing, of.now - 120_000);\n  using newRows = new NewRows(tx, kind, linkOf);",
      },
      {
        file: "sync/apply.ts",
        find: "    const { values, waiting } = valuesRead(reading, references, lookups);",
        replace:
          "    const { values: asRead, waiting } = valuesRead(reading, references, lookups);\n    const values: Record<string, Value> = echoes.has(item.entityId ?? '') ? {} : asRead;",
      },
    ],
  },
  {
    name: "cursor with > only",
    changes: [
      {
        file: "connectors/salesforce/soql.ts",
        find: "  return `(SystemModstamp > ${at} OR (SystemModstamp = ${at} AND Id > ${quote(position.id)}))`;",
        replace: "  return `SystemModstamp > ${at}`;",
      },
      {
        file: "connectors/salesforce/soql.ts",
        find: "SystemModstamp >= ${moment",
        replace: "SystemModstamp > ${moment",
      },
      {
        file: "connectors/hubspot/records.ts",
        find: 'stamp(position.step === "from" ? "GTE" : "GT")',
        replace: 'stamp("GT")',
      },
      // An overlap would hide it: the next run reads from the last stamp shown.
      {
        file: "connectors/salesforce/records.ts",
        find: "      if (answer.done) {\n        yield { records, cursor: null, watermark: began - OVERLAP_MS };",
        replace:
          "      if (answer.done) {\n        yield { records, cursor: null, watermark: behind ? Date.parse(behind.at) : (from ?? began) };",
      },
    ],
  },
  {
    name: "no overlap of two looks",
    changes: [
      {
        file: "connectors/salesforce/stream.ts",
        find: "export const OVERLAP_MS = 5 * 60_000;",
        replace: "export const OVERLAP_MS = 0;",
      },
      {
        file: "connectors/hubspot/stream.ts",
        find: "export const OVERLAP_MS = 5 * 60_000;",
        replace: "export const OVERLAP_MS = 0;",
      },
    ],
  },
  {
    // After a write the whole record, as the vendor shows it then, counts as agreed on.
    name: "baseline moved to the returned image",
    changes: [
      {
        file: "sync/push.ts",
        find: 'import { activeLinks, entitiesOfRecords, setLinkState } from "../store/link.ts";',
        replace: 'import { activeLinks, entitiesOfRecords, moveBaselines, setLinkState } from "../store/link.ts";',
      },
      {
        file: "sync/push.ts",
        find: "  if (stopped) throw stopped;\n  if (named.length > 0)",
        replace: `  if (stopped) throw stopped;
  const { read } = run.ctx.declaration;
  if (op === "update" && read) {
    const ids = attempts.map((attempt) => attempt.recordId!);
    const back = await read(parts.api, { ids, fields: run.ctx.mapping.vendorFields, signal: run.signal });
    await parts.database.transaction((tx) =>
      moveBaselines(tx, run.ctx.stream.id, back.flatMap((record) => record ? [{
        recordId: record.id, sent: JSON.stringify(run.ctx.mapping.read(record.fields).fields), written: [], fillers: "{}",
      }] : [])));
  }
  if (named.length > 0)`,
      },
    ],
  },
  {
    name: "baseline moved before the reply",
    changes: [
      {
        file: "sync/push.ts",
        find: 'import { activeLinks, entitiesOfRecords, setLinkState } from "../store/link.ts";',
        replace: 'import { activeLinks, entitiesOfRecords, moveBaselines, setLinkState } from "../store/link.ts";',
      },
      {
        file: "sync/push.ts",
        find: "    await insertAttempts(tx, made);\n",
        replace: `    await insertAttempts(tx, made);
    await moveBaselines(tx, ctx.stream.id, made.flatMap((one) => one.op === "update" ? [{
      recordId: one.recordId!, sent: JSON.stringify(one.sent), written: Object.keys(one.body), fillers: JSON.stringify(one.fillers),
    }] : []));
`,
      },
    ],
  },
  {
    // Every try is a new request to the vendor, and nobody looks whether the last one came to something.
    name: "blind retry of an unknown create",
    changes: [
      {
        file: "sync/push.ts",
        find: "          ...draft.attempt,\n          id: parts.newId(),",
        replace:
          "          ...draft.attempt,\n          handle: draft.attempt.handle && parts.newId(),\n          id: parts.newId(),",
      },
      {
        file: "sync/push.ts",
        find: "    if (creates.length > 0 && ctx.declaration.find) {",
        replace: "    if (creates.length < 0 && ctx.declaration.find) {",
      },
    ],
  },
  {
    name: "upsert by external id on update",
    changes: [
      {
        file: "sync/push.ts",
        find: "      const rows: UpdateRow[] = attempts.map((attempt) => ({ id: attempt.recordId!, values: attempt.body }));\n      outcomes = await declaration.update!(api, rows, signal);",
        replace:
          "      const rows: CreateRow[] = attempts.map((attempt) => ({ handle: attempt.entityId, values: attempt.body }));\n      outcomes = await declaration.create!(api, rows, signal);",
      },
    ],
  },
  {
    name: "unknown outcome taken for done",
    changes: [
      {
        file: "sync/outcome.ts",
        find: "    attempts.forEach((attempt, index) => {\n      const verdict = verdicts[index]!;",
        replace: `    attempts.forEach((attempt, index) => {
      const told = verdicts[index]!;
      const unknown = typeof told === "object" && "state" in told && told.state === "unknown" && attempt.recordId !== null;
      const verdict = unknown ? { state: "done", id: attempt.recordId!, created: false } as const : told;`,
      },
    ],
  },
  {
    name: "checkpoint committed apart from its page",
    changes: [
      {
        file: "sync/pull.ts",
        find: "  const counts = await parts.database.transaction(async (tx) => {\n    await holdOn(tx, run);\n    const of: StepOf",
        replace: `  await parts.database.transaction((tx) =>
    moveRun(tx, run.claim, { ...to, watermark: page.watermark ?? null, run: counted(run, run.counts) }));
  const counts = await parts.database.transaction(async (tx) => {
    await holdOn(tx, run);
    const of: StepOf`,
      },
      {
        file: "sync/pull.ts",
        find: "    await moveRun(tx, run.claim, { ...to, run: counted(run, total) });\n",
        replace: "",
      },
    ],
  },
  {
    // Of a push lane: what could not be sent now is left behind, and the lane goes on.
    name: "checkpoint past a failed record",
    changes: [
      {
        file: "sync/outcome.ts",
        find: '      if (verdict === "withdrawn") return close(attempt, "superseded");',
        replace:
          '      if (verdict === "withdrawn") {\n        settled.push({ entityId: attempt.entityId, version: attempt.version });\n        return close(attempt, "superseded");\n      }',
      },
    ],
  },
  {
    name: "no entity lock",
    changes: [
      {
        file: "store/entity.ts",
        find: "from entity where id = any(${uuid(ids)}::uuid[]) order by id for update`);",
        replace: "from entity where id = any(${uuid(ids)}::uuid[]) order by id`);",
      },
    ],
  },
  {
    name: "epoch not checked",
    changes: [
      {
        file: "store/lane.ts",
        find: "and lane = ${claim.lane} and epoch = ${claim.epoch} for share`",
        replace: "and lane = ${claim.lane} for share`",
      },
    ],
  },
  {
    name: "null treated as absent",
    changes: [
      {
        file: "sync/merge.ts",
        find: "  for (const field of Object.keys(sides.record)) {\n    const theirs = sides.record[field] ?? null;",
        replace:
          "  for (const field of Object.keys(sides.record)) {\n    if (sides.record[field] === null) continue;\n    const theirs = sides.record[field] ?? null;",
      },
    ],
  },
  {
    // What was emptied here is sent like what was never said: not at all.
    name: "cleared treated as null",
    changes: [
      {
        file: "mapping/write.ts",
        find: "} else if (raw !== null || (!input.forCreate && !plan.neverBlank)) into.values[name] = raw;",
        replace: "} else if (raw !== null) into.values[name] = raw;",
      },
    ],
  },
  {
    name: "first meeting takes the newer side blindly",
    changes: [
      {
        file: "sync/merge.ts",
        find: "    else if (!met && blank(ours)) accept(field, theirs);",
        replace:
          '    else if (!met && rules.newer(field) === "record") accept(field, theirs);\n    else if (!met) keep(field, theirs);',
      },
    ],
  },
  {
    name: "inner join in needs work",
    changes: [
      {
        file: "store/link.ts",
        find: "    left join link on link.stream_id = ${page.stream} and",
        replace: "    join link on link.stream_id = ${page.stream} and",
      },
    ],
  },
  {
    // What is sent is what stood here when the write was taken up; what counts as sent is what stands now.
    name: "intent carrying values",
    changes: [
      {
        file: "sync/push.ts",
        find: 'import { lockEntities } from "../store/entity.ts";',
        replace: 'import { lockEntities, readEntities } from "../store/entity.ts";',
      },
      {
        file: "sync/push.ts",
        find: "  const { fresh, merged, absent, given, lookedAt } = await lookAgain(parts, run, known, unread);\n",
        replace: `  const carried = new Map((await readEntities(parts.database, intents.map((one) => one.entityId))).map((row) => [row.id, row.fields]));
  const { fresh, merged, absent, given, lookedAt } = await lookAgain(parts, run, known, unread);
`,
      },
      {
        file: "sync/push.ts",
        find: "      const draft = drafts.get(entity.id)!;\n",
        replace: `      const draft = drafts.get(entity.id)!;
      const then = attemptFor(ctx, { ...entity, fields: carried.get(entity.id) ?? entity.fields }, link, held.get(entity.id), around);
      if (draft.attempt && then.attempt) Object.assign(draft.attempt, { body: { ...draft.attempt.body, ...then.attempt.body } });
`,
      },
    ],
  },
  {
    name: "deletion over an edit nobody saw",
    changes: [
      {
        file: "sync/ends.ts",
        find: "  if (along || ours || (await edited(tx, ctx, link, entity))) {",
        replace: "  if (link === undefined) {",
      },
    ],
  },
  {
    name: "what lost is not kept",
    changes: [
      {
        file: "sync/apply.ts",
        find: "  await insertConflicts(tx, { streamId: ctx.stream.id, runId: of.runId, at: of.now }, conflicts);\n",
        replace: "",
      },
    ],
  },
  {
    name: "our own write taken for an edit",
    changes: [
      {
        file: "sync/apply.ts",
        find: "    if (ours) own[field] = ours[field]!;\n    else if (leftOut",
        replace: "    if (ours === null) own[field] = null;\n    else if (leftOut",
      },
    ],
  },
  {
    name: "a deletion is not passed on",
    changes: [
      {
        file: "sync/ends.ts",
        find: "  intents.push(...(await deletionsOwed(tx, writers, { ...entity, version })));\n  return { deleted: 1 };",
        replace: "  void deletionsOwed;\n  void writers;\n  return { deleted: 1 };",
      },
    ],
  },
  {
    name: "keys not locked where a person is made",
    changes: [
      {
        file: "sync/match.ts",
        find: "  await lockKeys(tx, lockOf(kind), every.length, () => every.map(({ key }) => lockOf(kind, key)));\n",
        replace: "",
      },
    ],
  },
  {
    name: "plan mode writes as ever",
    changes: [
      {
        file: "sync/strategy.ts",
        find: '  connection.mode === "plan" || stream.approval === "plan";',
        replace: '  connection.mode === "observe" || stream.approval === "plan";',
      },
    ],
  },
  {
    name: "a pause stops nothing",
    changes: [
      { file: "sync/engine.ts", find: " || connection.paused || stream.direction", replace: " || stream.direction" },
      { file: "store/leave.ts", find: " and not connection.paused and", replace: " and" },
    ],
  },
  {
    name: "a plan that does not show what is made",
    changes: [
      {
        file: "store/plan-gather.ts",
        find: "      where write.outcome = 'done'`,",
        replace: "      where write.outcome = 'done' and write.op <> 'create'`,",
      },
    ],
  },
  {
    name: "a rehearsal that writes for real",
    changes: [
      {
        file: "sync/rehearse.ts",
        find: "        ...(update && {",
        replace: "        ...(update && key === null && {",
      },
      { file: "sync/rehearse.ts", find: "update, delete: remove, read, cost", replace: "delete: remove, read, cost" },
      {
        file: "sync/rehearse.ts",
        find: "    const made = (rows: readonly CreateRow[])",
        replace: "    const { update } = declaration;\n    const made = (rows: readonly CreateRow[])",
      },
    ],
  },
  {
    name: "an undo that forgets what was written",
    changes: [
      {
        file: "sync/undo.ts",
        find: "        else if (!equalJson(current, before)) editOf(",
        replace: "        else if (current === undefined) editOf(",
      },
    ],
  },
  {
    name: "an undo over what somebody touched since",
    changes: [
      {
        file: "sync/undo.ts",
        find: "        if (!equalJson(current, value)) leave(",
        replace: "        if (current === undefined) leave(",
      },
    ],
  },
  {
    name: "delete from an empty listing",
    seeds: [67],
    changes: absence("seen.size === 0"),
  },
  {
    name: "delete from one listing",
    seeds: [14],
    changes: absence("seen.size > 0"),
  },
  {
    // What stood here when somebody asked for it is taken, and the vendor is not asked.
    name: "hint trusted for data",
    tests: ["sync/parked.test.ts"],
    why: "what is asked for again in a world was parked as it was to be written, never as it was read",
    changes: [
      {
        file: "sync/pull.ts",
        find: "      const records = await ctx.declaration.read(parts.api, asked);\n",
        replace: `    const kept = await parts.database.transaction((tx) => imagesOf(tx, ctx.stream.id, asked.ids));
    const records = asked.ids.map((one) => {
      const known = kept.find((row) => row.recordId === one);
      return known ? { id: one, changedAt: known.changedAt, version: known.vendorVersion, fields: fieldsOf(known.image, ctx.mapping.vendorFields) } : null;
    });
`,
      },
    ],
  },
  {
    name: "weak key treated as strong",
    seeds: [27],
    changes: [
      { file: "sync/match.ts", find: "    if (free.length === 1) {", replace: "    if (free.length >= 1) {" },
      {
        file: "sync/match.ts",
        find: '    const sorted = Map.groupBy(possible, ([id]) => (areApart(item, id) ? "two" : verdictOf(item, id)));',
        replace: '    const sorted = Map.groupBy(possible, ([id]) => verdictOf(item, id) && ("one" as "one" | "ask"));',
      },
    ],
  },
  {
    name: "digest without mapping version",
    tests: ["sync/connections.test.ts"],
    why: "another mapping reads no value otherwise in a world: what changes there is who wins, and what is left out",
    changes: [
      {
        file: "store/link.ts",
        find: "       or link.mapping_version <> ${page.mapping} or link.digest",
        replace: "       or link.digest",
      },
    ],
  },
  {
    name: "reference pushed before its target",
    tests: ["sync/engine.test.ts", "sync/references.test.ts"],
    why: "accounts come before deals in the order of streams, so that they are there when their deals are written in every world that was tried",
    changes: [
      {
        file: "sync/engine.ts",
        find: "    if (busy.length === 0) return true;",
        replace: "    if (busy.length >= 0) return true;",
      },
      // And what could not be named when it was written is not named later.
      {
        file: "sync/push.ts",
        find: "        waiting.push({",
        replace: "        if (waiting.length < 0) waiting.push({",
      },
    ],
  },
  {
    // A lead that became a contact is read on as a lead, and the contact as somebody new.
    name: "conversion creating a second person",
    changes: [
      {
        file: "sync/apply.ts",
        find: "    if (record.deleted || record.mergedInto !== undefined || record.convertedTo)",
        replace: "    if (record.deleted || record.mergedInto !== undefined)",
      },
    ],
  },
  {
    // Who left is taken for deleted, and what they owned is nobody's.
    name: "owner blanked on deactivation",
    tests: ["connectors/hubspot/simulated.test.ts"],
    why: "what somebody owned who left stays theirs at either vendor, and a world judges owners there",
    changes: [
      {
        file: "connectors/hubspot/owners.ts",
        find: "    const records = answer.results.map((owner) => toRecord(owner, request.fields, archived));",
        replace:
          "    const records = answer.results.map((owner) => ({ ...toRecord(owner, request.fields, archived), ...(archived ? { deleted: true, fields: {} } : {}) }));",
      },
    ],
  },
  {
    // Neither the alias nor the link of the one merged away tells where it is now.
    name: "merge without alias",
    seeds: [30],
    changes: [
      {
        file: "store/link.ts",
        find: "    where stream_id = any(${integer(streams)}::int[]) and record_id = any(${text(ids)}::text[]) and state <> 'detached'\n    union all",
        replace:
          "    where stream_id = any(${integer(streams)}::int[]) and record_id = any(${text(ids)}::text[]) and state not in ('detached', 'merged')\n    union all",
      },
      {
        file: "sync/ends.ts",
        find: "  await insertAliases(tx, ctx.stream.id, [{ oldId: record.id, recordId: survivor }], of.now);\n  await setLinkState",
        replace: "  await setLinkState",
      },
    ],
  },
  {
    name: "filler read back as a value",
    seeds: [5],
    changes: [
      {
        file: "mapping/read.ts",
        find: "  if (!Object.hasOwn(fillers, name)) return false;",
        replace: "  if (Object.hasOwn(fillers, name)) return false;",
      },
    ],
  },
  {
    // Each process counts for itself.
    name: "budget not shared",
    tests: ["jobs/budget.test.ts"],
    why: "two processes send too little at once for that, and HubSpot's answers tell each what the other has spent",
    changes: [
      {
        file: "jobs/budget.ts",
        find: "if (found.swapped) answer = guess;",
        replace: "if (found.now) answer = guess;",
      },
    ],
  },
  ...NEWER,
];

/** What a full reading does not show, where `when` holds of what it showed, is deleted. */
function absence(when: string): Mutant["changes"] {
  return [
    {
      file: "sync/pull.ts",
      find: 'import { entitiesOfRecords, imagesOf, linksBesides, lockLinks } from "../store/link.ts";',
      replace:
        'import { activeRecords, entitiesOfRecords, imagesOf, linksBesides, lockLinks } from "../store/link.ts";',
    },
    {
      file: "sync/pull.ts",
      find: '  if (at.phase === "records") {\n',
      replace: '  const seen = new Set<string>();\n  if (at.phase === "records") {\n',
    },
    {
      file: "sync/pull.ts",
      find: "      mostNew = await commitPage(parts, run, page, at, lastLook);\n",
      replace: `      for (const one of page.records) seen.add(one.id);
      const all = claim.lane === "backfill" && page.cursor === null && (${when})
        ? await activeRecords(parts.database, ctx.stream.id, { after: null, limit: 100_000 }) : [];
      const gone = all.filter((id) => !seen.has(id)).map((id) => ({ id, changedAt: null, version: null, fields: {}, deleted: true }));
      mostNew = await commitPage(parts, run, { ...page, records: [...page.records, ...gone] }, at, lastLook);
`,
    },
  ];
}

/** Mistakes that neither a world nor a test can show: what they would do comes to nothing, or is within what is promised. */
export const NOT_SHOWN: Readonly<Record<string, string>> = {
  "written without a second look": "a value that no answer carried to Winston is not held against it",
  "an older showing taken for news": "the next look puts it right before anybody checks",
};
