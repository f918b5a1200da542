// What else than its mapping decides about a value of a record that is held: consent that another system withholds, frozen fields, the brake,
// and what is our own write seen again. The engine's own questions, asked without a note of the answer.
import type { Fields, Reading } from "../mapping/types.ts";
import type { Queries } from "../store/database.ts";
import { frozenFields } from "../store/frozen.ts";
import type { HeldRecord } from "../store/held.ts";
import { unsentOf } from "../store/intent.ts";
import { ownValues, sentBefore } from "./apply.ts";
import { wouldBeHeld } from "./brake.ts";
import { withheldElsewhere } from "./consent.ts";
import type { StreamContext } from "./context.ts";
import { frozenName } from "./freeze.ts";
import type { Rules } from "./merge.ts";

export interface HeldBack {
  /** What a merge is told of this record. */
  readonly rulesOf: (held: HeldRecord) => Required<Pick<Rules, "withheld" | "waits">>;
  /** Of the values that it shows, those that Winston itself sent and nobody has settled. */
  readonly ownOf: (held: HeldRecord, values: Fields) => Fields;
  /** Fields of which Winston sent a value and nobody knows yet whether it arrived: only the vendor can say what the record has. */
  readonly unsettledOf: (held: HeldRecord) => ReadonlySet<string>;
  /** By field, how many of these records would be blanked of it, and wait at the brake instead. */
  readonly braked: ReadonlyMap<string, number>;
}

/** `sample`: these records stand for the rest of their stream. Reads only. */
export async function heldBack(
  tx: Queries,
  ctx: StreamContext,
  known: readonly { readonly held: HeldRecord; readonly reading: Reading }[],
  { now, sample }: { readonly now: number; readonly sample: boolean },
): Promise<HeldBack> {
  const fields = new Map(known.map(({ held }) => [held.entity.id, held.entity.fields as Fields]));
  const items = known.map(({ held, reading }) => ({
    record: { id: held.recordId },
    entityId: held.entity.id,
    link: { state: "active" as const, baseline: held.baseline },
    reading,
  }));
  const fieldsOf = (entityId: string): Fields | undefined => fields.get(entityId);
  const withheld = await withheldElsewhere(tx, ctx, items, fieldsOf);
  const frozen = new Set(
    (await frozenFields(tx, [...fields.keys()])).map(({ entityId, field }) => frozenName(entityId, field)),
  );
  const braked = await wouldBeHeld(tx, ctx, items, { fieldsOf, now, sample });
  const sent = await sentBefore(tx, ctx, items, now);
  const leftOut = await unsentOf(
    tx,
    ctx.stream.id,
    known.map(({ held }) => held.recordId),
  );
  return {
    rulesOf: ({ entity: { id } }) => ({
      withheld: (field) => withheld.get(id)?.has(field) ?? false,
      waits: (field, blanks) => frozen.has(frozenName(id, field)) || (blanks && (braked.get(field)?.has(id) ?? false)),
    }),
    ownOf: ({ entity: { id }, recordId }, values) => {
      const before = sent.get(id) ?? [];
      const left = [...(leftOut.get(recordId) ?? []), ...before.flatMap((one) => one.unsent)];
      return ownValues(
        ctx,
        values,
        before.map((one) => one.sent),
        left,
      );
    },
    unsettledOf: ({ entity: { id } }) => new Set((sent.get(id) ?? []).flatMap((one) => Object.keys(one.sent))),
    braked: new Map([...braked].map(([field, ids]) => [field, ids.size])),
  };
}
