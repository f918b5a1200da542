// Engines with one mistake each: a world that lets one of them pass would let the mistake pass.

export interface Mutant {
  readonly name: string;
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
        find: "    const values: Record<string, Value> = { ...reading.fields };",
        replace:
          "    const values: Record<string, Value> = echoes.has(item.entityId ?? '') ? {} : { ...reading.fields };",
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
        find: '  if (stopped) throw stopped;\n  if (op === "create"',
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
  if (op === "create"`,
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
        find: "  const counts = await parts.database.transaction(async (tx) => {\n    await holdLane(tx, run.claim);\n    const of: StepOf",
        replace: `  await parts.database.transaction((tx) =>
    saveCheckpoint(tx, run.claim, { checkpoint: checkpoint as unknown as Json, watermark: page.watermark ?? null }));
  const counts = await parts.database.transaction(async (tx) => {
    await holdLane(tx, run.claim);
    const of: StepOf`,
      },
      {
        file: "sync/pull.ts",
        find: "    await saveCheckpoint(tx, run.claim, { checkpoint: checkpoint as unknown as Json, watermark: null });\n",
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
        find: "  const fresh = await readAgain(parts, run, known, unread);\n",
        replace: `  const carried = new Map((await readEntities(parts.database, intents.map((one) => one.entityId))).map((row) => [row.id, row.fields]));
  const fresh = await readAgain(parts, run, known, unread);
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
        find: "  if (await edited(tx, ctx, link, entity)) {",
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
        find: '      intents.push({ streamId: other.streamId, entityId: entity.id, op: "delete", version });',
        replace: "      continue;",
      },
    ],
  },
  {
    name: "keys not locked where a person is made",
    changes: [
      {
        file: "sync/match.ts",
        find: "  await lockKeys(tx, lockOf(kind), asked.length, () => asked.map(({ key }) => lockOf(kind, key)));\n",
        replace: "",
      },
    ],
  },
];

/** Mistakes that no world can show yet: what they would do does not happen there. */
export const NOT_SHOWN: Readonly<Record<string, string>> = {
  "delete from an empty listing": "no stream of a world takes absence for deletion",
  "delete from one listing": "no stream of a world takes absence for deletion",
  "hint trusted for data": "hints carry no data yet",
  "weak key treated as strong": "no two people of a world share an address, and nobody answers questions there",
  "digest without mapping version": "nobody changes a mapping",
  "reference pushed before its target": "nothing in a world refers to anything",
  "conversion creating a second person": "nobody converts a lead",
  "owner blanked on deactivation": "no record of a world has an owner",
  "merge without alias": "nobody merges records",
  "filler read back as a value": "the fields that are filled are not among those that are compared",
  "written without a second look": "a value that no answer carried to Winston is not held against it",
  "an older showing taken for news": "the next look puts it right before anybody checks",
  "budget not shared": "how often a vendor was asked is not among the invariants",
};
