// A mapping tried on what is held, beside a plan of the same mapping: both in one form, so that they can be compared.
import assert from "node:assert/strict";
import type { JsonObject } from "../../src/base/json.ts";
import { sql } from "../../src/store/sql.ts";
import type { BackTest, MappingTest } from "../../src/sync/mappings.ts";
import type { TernWorld } from "./world.ts";

export const row = (field: unknown, record: unknown, transform: string, more: object = {}) => ({
  field,
  record,
  direction: "both",
  transform,
  ...more,
});

/** The mapping in force with these rows instead of those of their fields. */
export async function withRows(world: TernWorld, rows: readonly { field: unknown }[]): Promise<JsonObject> {
  const { document } = await world.connections.mapping((await world.stream("person")).id);
  const names = new Set(rows.flatMap(({ field }) => field as string | string[]));
  const kept = (document["rows"] as { field: string | string[] }[]).filter(
    ({ field }) => ![field].flat().some((one) => names.has(one)),
  );
  return { ...document, rows: [...kept, ...rows] } as JsonObject;
}

export const everyRecord = async (world: TernWorld, document: JsonObject): Promise<MappingTest[]> => {
  const { id } = await world.stream("person");
  const trials: MappingTest[] = [];
  for (const [record] of world.tern.living("person")) trials.push(await world.mappings.test(id, record, document));
  return trials;
};

/** What a plan of the same change says of this stream and of what is here: lines as "record side field old new", and what is rejected. */
export async function planned(world: TernWorld, document: JsonObject) {
  const stream = await world.stream("person");
  const { id } = await world.plans.suppose(stream.id, { mapping: document }, "test");
  const plan = await world.plans.settled(id);
  assert.equal(plan.state, "ready", JSON.stringify(plan.error));
  const lines = await world.plans.items(id, { limit: 500 });
  const entries = lines.flatMap((line) => {
    if (line.class !== "here" && (line.class !== "write" || line.connection !== "tern")) return [];
    if (line.kind !== "person") return [];
    return Object.entries(line.fields).map(([field, value]) =>
      JSON.stringify([line.entityId, line.class === "here" ? "here" : "there", field, value.old, value.new]),
    );
  });
  const rejected = lines
    .filter((line) => line.class === "reject" && line.kind === "person")
    .map(({ recordId, entityId, detail }) => JSON.stringify([recordId ?? entityId, detail!["message"]]));
  return {
    entries: entries.toSorted(),
    rejected: rejected.toSorted(),
    conflicts: lines.filter((one) => one.class === "conflict").length,
  };
}

/** The same of a back-test. */
export function told(trials: readonly MappingTest[]) {
  const entries = trials.flatMap(({ entityId, rows }) =>
    rows.flatMap(({ effects }) =>
      effects.flatMap((one) =>
        one.side === "conflict" ? [] : [JSON.stringify([entityId, one.side, one.field, one.old, one.new])],
      ),
    ),
  );
  // A record is parked once for what cannot be read of it and once for what cannot be written, with the first of each.
  const rejected = trials.flatMap(({ recordId, entityId, rows }) => {
    const [read] = rows.filter((one) => one.in?.verdict === "rejected");
    const [written] = rows.filter((one) => one.verdict === "rejected" && one.in?.verdict !== "rejected");
    return [...(read ? [[recordId, read.message]] : []), ...(written ? [[entityId, written.message]] : [])].map((one) =>
      JSON.stringify(one),
    );
  });
  const conflicts = trials
    .flatMap(({ rows }) => rows.flatMap(({ effects }) => effects))
    .filter((one) => one.side === "conflict");
  return { entries: [...new Set(entries)].toSorted(), rejected, conflicts: conflicts.length };
}

/** Rejections by their first words: a plan adds what a person may do. */
export function assertSame(ours: ReturnType<typeof told>, plan: Awaited<ReturnType<typeof planned>>): void {
  assert.deepEqual(ours.entries, plan.entries);
  assert.equal(ours.conflicts, plan.conflicts);
  assert.equal(
    ours.rejected.length,
    plan.rejected.length,
    `${ours.rejected.join("\n")}\n---\n${plan.rejected.join("\n")}`,
  );
  const left = [...plan.rejected].map((one) => JSON.parse(one) as [string, string]);
  for (const [id, message] of ours.rejected.map((one) => JSON.parse(one) as [string, string]))
    assert.ok(
      left.some(([other, words]) => other === id && words.startsWith(message.replace(/\.$/u, ""))),
      `${id}: ${message}\n${JSON.stringify(left)}`,
    );
}

/** Of all records that are held, what a back-test of the whole says of them: entries as `planned` has them. */
export async function tallied(world: TernWorld, document: JsonObject, more: { records?: number } = {}) {
  const { id } = await world.stream("person");
  const found: BackTest = await world.mappings.backTest(id, { document, examples: 1_000, ...more });
  const entities = new Map(
    (
      await world.database.rows<{ record: string; entity: string }>(
        sql`select record_id as record, entity_id as entity from link where stream_id = ${id}`,
      )
    ).map((one) => [one.record, one.entity]),
  );
  const effects = found.rows.flatMap(({ examples }) =>
    examples.flatMap(({ recordId, effects: of }) => of.map((one) => ({ ...one, entityId: entities.get(recordId) }))),
  );
  const entries = effects.flatMap((one) =>
    one.side === "conflict" ? [] : [JSON.stringify([one.entityId, one.side, one.field, one.old, one.new])],
  );
  return { found, entries: [...new Set(entries)].toSorted() };
}
