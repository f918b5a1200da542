// Whether two deals of one name are one: by their account, amount and close date. Systems give deals nothing by which they are known.
import type { Fields } from "../mapping/types.ts";
import type { Queries } from "../store/database.ts";
import { openPairs } from "../store/duplicate.ts";
import { readEntities, survivorsOf } from "../store/entity.ts";

/** Whose deal it is, as far as two of one name are compared. */
export type AccountOf = "same" | "other" | "doubtful" | "unknown";

/**
 * Of one account, `one`, unless amount and close date are both known and both other: then last year's renewal may meet this year's, and a
 * person says. Of two accounts, `two`. Where an account is not known, or the two accounts may be one themselves, only the same amount and
 * the same day speak for `one` (docs/decisions/deals-of-one-name.md).
 */
export function compareDeals(account: AccountOf, one: Fields, other: Fields): "one" | "two" | "ask" {
  if (account === "other") return "two";
  const terms = [compare(amountOf(one), amountOf(other)), compare(one["closeDate"], other["closeDate"])];
  if (account === "same") return terms.every((term) => term === "other") ? "ask" : "one";
  return account === "unknown" && terms.every((term) => term === "same") ? "one" : "ask";
}

type Verdict = ReturnType<typeof compareDeals>;

/** Compares deals of one name, with their accounts as they stand: one that was taken in is the one that took it in. */
export async function dealComparer(
  tx: Queries,
  of: { readonly records: readonly Fields[]; readonly entityIds: readonly string[] },
): Promise<(record: Fields, entityId: string) => Verdict> {
  if (of.entityIds.length === 0) return () => "two";
  const entities = new Map((await readEntities(tx, of.entityIds)).map((row) => [row.id, row.fields as Fields]));
  const named = [...of.records, ...entities.values()].flatMap((fields) => accountIdOf(fields) ?? []);
  const survivors = await survivorsOf(tx, [...new Set(named)]);
  const accountOf = (fields: Fields): string | undefined => {
    const id = accountIdOf(fields);
    return id === undefined ? undefined : (survivors.get(id) ?? id);
  };
  const accounts = [...new Set(named.map((id) => survivors.get(id) ?? id))];
  const asked = new Set((await openPairs(tx, accounts)).flatMap(([a, b]) => [`${a} ${b}`, `${b} ${a}`]));
  return (record, entityId) => {
    const fields = entities.get(entityId) ?? {};
    const [theirs, ours] = [accountOf(record), accountOf(fields)];
    const account =
      theirs === undefined || ours === undefined
        ? "unknown"
        : theirs === ours
          ? "same"
          : asked.has(`${theirs} ${ours}`)
            ? "doubtful"
            : "other";
    return compareDeals(account, record, fields);
  };
}

const accountIdOf = (fields: Fields): string | undefined =>
  typeof fields["account"] === "string" ? fields["account"] : undefined;

function compare(one: unknown, other: unknown): "same" | "other" | "unknown" {
  if (typeof one !== "string" || typeof other !== "string") return "unknown";
  return one === other ? "same" : "other";
}

/** Without its currency, which many systems leave to a setting. */
const amountOf = (fields: Fields): unknown => (fields["amount"] as { amount?: unknown } | null | undefined)?.amount;
