// A record that Winston made shows something in a field that its create left out: its vendor filled it in, or somebody gave it before
// anybody looked.
import type { Api } from "../connector/api.ts";
import type { VendorRecord } from "../connector/contract.ts";
import type { Fields } from "../mapping/types.ts";
import type { Queries } from "../store/database.ts";
import { changedSince } from "../store/change.ts";
import { unseenOf, type LeftOut } from "../store/intent.ts";
import type { EntityRow } from "../store/entity.ts";
import type { LinkRow } from "../store/link.ts";
import type { StreamContext } from "./context.ts";
import type { Conflict } from "./merge.ts";
import { originOf } from "./origin.ts";
import { AUTOMATION_MS } from "./revival.ts";

/** By record id, the fields of ours that a create left out, or of what was deleted here any that were blank, and that a person has given it there since. */
export type GivenByPeople = ReadonlyMap<string, ReadonlySet<string>>;

/** Asks the vendor, where it tells, before records are worked on: of those only that nobody has looked at yet and that have something there. */
export async function givenByPeople(
  { database, api }: { readonly database: Queries; readonly api: Api },
  { ctx, signal }: { readonly ctx: StreamContext; readonly signal: AbortSignal },
  records: readonly VendorRecord[],
): Promise<GivenByPeople> {
  const { declaration, mapping, stream } = ctx;
  if (!declaration.setByPeople || records.length === 0) return NOBODY;
  const recordIds = records.map((record) => record.id);
  const unseen = await unseenOf(database, stream.id, recordIds);
  const shown = records.flatMap(({ id, fields }) => {
    const { fields: left = [], deleted = null } = unseen.get(id) ?? {};
    // What was deleted here lives on for any value that somebody gave it there.
    const blank = deleted ? [...mapping.writtenTo.keys()].filter((field) => (deleted[field] ?? null) === null) : [];
    return [...new Set([...left, ...blank])].flatMap((field) =>
      (mapping.writtenTo.get(field) ?? []).flatMap((name) => ((fields[name] ?? "") === "" ? [] : { id, field, name })),
    );
  });
  if (shown.length === 0) return NOBODY;
  const ids = [...new Set(shown.map((one) => one.id))];
  const names = [...new Set(shown.map((one) => one.name))];
  const told = await declaration.setByPeople(api, { ids, fields: names, signal });
  const given = Map.groupBy(
    shown.filter(({ id, name }) => told.get(id)?.has(name)),
    (one) => one.id,
  );
  return new Map([...given].map(([id, some]) => [id, new Set(some.map(({ field }) => field))]));
}

const NOBODY: GivenByPeople = new Map();

/** What a create left out, without what a person has given since: that is an edit. */
export const notGiven = (left: LeftOut | undefined, given: ReadonlySet<string> | undefined): LeftOut | undefined =>
  left && given ? { ...left, fields: left.fields.filter((field) => !given.has(field)) } : left;

/** What a record that Winston made tells of when its values were set: no clock is asked for that. */
export interface FirstLook {
  /** A reference that our create had nothing for, and that its vendor filled in: it is no younger than the blank that it fills. */
  readonly isFill: (field: string) => boolean;
  /** Whose value came later, where that is known: theirs was set after the record was made of what still stands here. */
  readonly later: (field: string) => "record" | "winston" | undefined;
}

/** Pure. `sent`: what our create told of it; undefined where the record was looked at before. */
export function firstLook(
  { declaration, mapping }: Pick<StreamContext, "declaration" | "mapping">,
  of: { readonly sent: Fields | undefined; readonly setLater: ReadonlySet<string> | undefined },
): FirstLook {
  const isFill = (field: string): boolean =>
    of.sent !== undefined &&
    declaration.setByPeople === undefined &&
    mapping.references.has(field) &&
    !Object.hasOwn(of.sent, field);
  return { isFill, later: (field) => (of.setLater?.has(field) ? "record" : isFill(field) ? "winston" : undefined) };
}

/**
 * What was set in records that Winston made after all that still stands here as it did when each was made: what people gave before anybody
 * looked, and what is owed there still and shows otherwise since the last look. By record id.
 */
export async function setAfterMaking(
  tx: Queries,
  ctx: Pick<StreamContext, "mapping" | "stream">,
  items: readonly { readonly record: VendorRecord; readonly link: LinkRow | undefined }[],
  of: { readonly given: GivenByPeople | undefined; readonly entityOf: (id: string) => EntityRow | undefined },
): Promise<GivenByPeople> {
  const some = items.flatMap(({ record, link }) => {
    const entity = link && of.entityOf(link.entityId);
    if (!entity) return [];
    const fields = new Set([...(of.given?.get(record.id) ?? []), ...owedSinceMade(ctx, record, link, entity)]);
    return fields.size === 0 ? [] : { id: record.id, fields, entityId: link.entityId, since: link.linkedAt };
  });
  const changed = await changedSince(tx, some);
  return new Map(
    some.map(({ id, fields, entityId }) => [
      id,
      new Set([...fields].filter((field) => !changed.has(`${entityId} ${field}`))),
    ]),
  );
}

/**
 * Of a record that Winston made and has looked at since, the fields that are owed there still. Where it has changed since that look, which
 * is told by its vendor's clock held against nothing but itself, what it shows otherwise in them was set after it was made. Pure.
 */
function owedSinceMade(
  { mapping, stream }: Pick<StreamContext, "mapping" | "stream">,
  record: VendorRecord,
  link: LinkRow,
  entity: EntityRow,
): string[] {
  if (!link.made || !link.shown || link.state !== "active" || link.mappingVersion !== stream.mappingVersion) return [];
  if (record.changedAt === null || link.changedAt === null || record.changedAt <= link.changedAt) return [];
  // Another that took in what was made may have come later, with what it has.
  if (entity.createdAt > link.linkedAt) return [];
  const agreed = link.baseline as Fields;
  return [...mapping.outbound].filter(
    (field) =>
      !mapping.equal(field, (entity.fields as Fields)[field] ?? null, agreed[field] ?? null) &&
      // Said anew elsewhere since, with the same value, it is as new as that.
      originOf(entity.origin, field).from <= link.linkedAt,
  );
}

/**
 * What such a record has otherwise than stands here, for the ledger, where it was changed since it was made and nobody told who did it: a
 * vendor fills in what a create leaves out, and so may a person. What stands here stays either way, and nothing is lost by it. When it was
 * made is known by its vendor's own stamp, where the answer to the create told; else what was changed long after it was linked was. Pure.
 */
export function maybeGiven(
  { mapping }: Pick<StreamContext, "mapping">,
  { record, link }: { readonly record: Pick<VendorRecord, "changedAt">; readonly link: Pick<LinkRow, "linkedAt"> },
  { fields, madeAt }: LeftOut,
  { here, there }: { readonly here: Fields; readonly there: Fields },
): Conflict[] {
  if (record.changedAt === null || record.changedAt <= (madeAt ?? link.linkedAt + AUTOMATION_MS)) return [];
  return fields.flatMap((field): Conflict[] => {
    const [winston, given] = [here[field] ?? null, there[field] ?? null];
    if (winston === null || given === null || !mapping.outbound.has(field)) return [];
    if (mapping.equal(field, given, winston)) return [];
    return [{ field, winner: "winston", rule: "filled", baseline: null, winston, record: given }];
  });
}
