// The second look before a write: records are read again, without what costs more than it tells. A field whose reading costs a call of its
// own is looked at only where it is to be written; nothing is said of it otherwise, so neither the merge nor the image takes it for blank.
import type { VendorRecord } from "../connector/contract.ts";
import type { Tx } from "../store/database.ts";
import { readEntities } from "../store/entity.ts";
import type { AttemptRow, IntentRow } from "../store/intent.ts";
import { activeLinks, imagesOf, lockLinks } from "../store/link.ts";
import type { StreamContext } from "./context.ts";
import { givenByPeople, type GivenByPeople } from "./filled.ts";
import { fieldsOf, imageOf } from "./image.ts";
import type { PushParts, PushRun } from "./push.ts";
import type { Ready } from "./ready.ts";

export const NOTHING: ReadonlySet<string> = new Set();

/** Whether records of this stream are read again before they are written: not where they are never read, or never change by others. */
const readsAgain = ({ declaration, mapping, stream }: StreamContext): boolean =>
  declaration.read !== undefined && stream.direction !== "out" && mapping.inbound.size > 0;

/** Vendor fields that cost a call of their own to read and that these intents leave alone, as far as can be told without a lock. */
export async function leftAlone(
  parts: Pick<PushParts, "database">,
  { ctx }: PushRun,
  intents: readonly IntentRow[],
): Promise<ReadonlySet<string>> {
  const { apart, writtenTo, equal } = ctx.mapping;
  if (apart.size === 0 || !readsAgain(ctx)) return NOTHING;
  const entityIds = intents.flatMap((intent) => (intent.recordId === null ? [] : [intent.entityId]));
  const links = new Map(
    (await activeLinks(parts.database, entityIds, ctx.connection.id)).map((link) => [link.entityId, link]),
  );
  const costly = [...writtenTo].filter(([, names]) => names.some((name) => apart.has(name)));
  const written = new Set<string>();
  for (const { id, fields, deletedAt } of await readEntities(parts.database, entityIds)) {
    // What is deleted here lives where it was edited there, so all of it is looked at.
    if (deletedAt !== null) return NOTHING;
    for (const [field, names] of costly)
      if (!equal(field, fields[field], links.get(id)?.baseline[field])) for (const name of names) written.add(name);
  }
  return apart.difference(written);
}

export const writesUnread = ({ op, body }: Pick<AttemptRow, "op" | "body">, unread: ReadonlySet<string>): boolean =>
  unread.size > 0 && (op === "delete" || (op === "update" && Object.keys(body).some((name) => unread.has(name))));

/**
 * Records read without these fields, with images that keep what the former ones said of them. Not among them are records that must be
 * read whole: those never pulled so far, parked, or last read by another mapping. Call with their entities locked.
 */
export async function readyInPart(
  tx: Tx,
  ctx: StreamContext,
  records: readonly VendorRecord[],
  unread: ReadonlySet<string>,
): Promise<Map<VendorRecord, Ready>> {
  const { vendorFields, read } = ctx.mapping;
  const ids = records.map((record) => record.id);
  const sound = new Set(
    (await lockLinks(tx, ctx.stream.id, ids)).flatMap(({ recordId, mappingVersion, parked }) =>
      mappingVersion === ctx.stream.mappingVersion && !parked ? [recordId] : [],
    ),
  );
  const images = new Map((await imagesOf(tx, ctx.stream.id, ids)).map(({ recordId, image }) => [recordId, image]));
  const ready = new Map<VendorRecord, Ready>();
  for (const record of records) {
    const image = images.get(record.id);
    if (!image || !sound.has(record.id)) continue;
    const former = Object.entries(fieldsOf(image, vendorFields)).filter(([name]) => unread.has(name));
    ready.set(record, {
      image: imageOf({ ...Object.fromEntries(former), ...record.fields }, vendorFields),
      reading: read(record.fields),
    });
  }
  return ready;
}

/** What took longer, because the vendor did not answer or the budget let nothing go, shows a record as it was and not as it is. */
const LOOK_MS = 30_000;
/** A vendor that is slow each time is written all the same. */
const LOOKS_MAX = 3;

/** The last look before a write: what `readAgain` tells, and whom people gave these records. One that took long is taken again. */
export async function lookAgain(
  parts: Pick<PushParts, "api" | "clock" | "database">,
  run: PushRun,
  ids: readonly string[],
  unread: ReadonlySet<string>,
): Promise<Awaited<ReturnType<typeof readAgain>> & { readonly given: GivenByPeople; readonly lookedAt: number }> {
  for (let looks = 1; ; looks++) {
    const lookedAt = parts.clock.now();
    const read = await readAgain(parts, run, ids, unread);
    const given = await givenByPeople(parts, run, read.fresh);
    if (looks === LOOKS_MAX || parts.clock.now() - lookedAt <= LOOK_MS) return { ...read, given, lookedAt };
  }
}

/**
 * The records of these ids as they are now, without the fields in `unread`; the ids of those that were merged into others, which are
 * not written: a vendor that leads their ids on would write over what nobody has looked at; and of those that are not there.
 */
async function readAgain(
  parts: Pick<PushParts, "api">,
  run: PushRun,
  ids: readonly string[],
  unread: ReadonlySet<string>,
): Promise<{ fresh: readonly VendorRecord[]; merged: ReadonlySet<string>; absent: ReadonlySet<string> }> {
  const { declaration, mapping } = run.ctx;
  const fresh: VendorRecord[] = [];
  const merged = new Set<string>();
  const absent = new Set<string>();
  if (ids.length === 0 || !declaration.read || !readsAgain(run.ctx)) return { fresh, merged, absent };
  const fields = mapping.vendorFields.filter((name) => !unread.has(name));
  const size = declaration.batch.read ?? 200;
  for (let start = 0; start < ids.length; start += size) {
    const asked = ids.slice(start, start + size);
    const records = await declaration.read(parts.api, { ids: asked, fields, signal: run.signal });
    for (const [index, record] of records.entries())
      if (record?.mergedInto !== undefined) merged.add(record.id);
      else if (!record || record.deleted) absent.add(asked[index]!);
      else if (!record.convertedTo) fresh.push(record);
  }
  return { fresh, merged, absent };
}
