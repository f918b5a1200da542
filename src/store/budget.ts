// What a connection may still spend at its vendor, by limit class: one row, shared by all processes.
import type { Queries, Tx } from "./database.ts";
import { sql } from "./sql.ts";

/** Times are milliseconds since 1970 UTC. */
export interface BudgetRow {
  /** Requests left in Winston's own bucket, when it was last filled. */
  readonly tokens: number;
  readonly filledAt: number;
  /** Share of the declared rate in use: 1 is all of it. */
  readonly pace: number;
  /** Nothing is sent before. */
  readonly blockedUntil: number | null;
  /** The vendor's own account of its window and when it gave it; null where it gives none. */
  readonly used: number | null;
  readonly allowed: number | null;
  readonly seenAt: number | null;
  /** Answers in the present window and how many were errors, of limits whose vendor wants few; null where none was counted. */
  readonly countedFrom: number | null;
  readonly answers: number;
  readonly errors: number;
}

const when = (ms: number | null): Date | null => (ms === null ? null : new Date(ms));

/** The row, locked until the transaction ends; made as `initial` when it is not there. */
export async function lockBudget(
  tx: Tx,
  connectionId: string,
  limitClass: string,
  initial: BudgetRow,
): Promise<BudgetRow> {
  const read = (): Promise<BudgetRow | undefined> =>
    tx.one<BudgetRow>(sql`
      select tokens, filled_at as "filledAt", pace, blocked_until as "blockedUntil", used, allowed, seen_at as "seenAt",
        counted_from as "countedFrom", answers, errors
      from budget where connection_id = ${connectionId}::uuid and class = ${limitClass} for update`);
  const present = await read();
  if (present) return present;
  await tx.run(sql`
    insert into budget (connection_id, class, tokens, filled_at, pace)
    values (${connectionId}::uuid, ${limitClass}, ${initial.tokens}, ${new Date(initial.filledAt)}, ${initial.pace})
    on conflict do nothing`);
  return (await read())!;
}

export async function putBudget(tx: Queries, connectionId: string, limitClass: string, row: BudgetRow): Promise<void> {
  await tx.run(sql`
    update budget set tokens = ${row.tokens}, filled_at = ${when(row.filledAt)}, pace = ${row.pace}, blocked_until = ${when(row.blockedUntil)},
      used = ${row.used}, allowed = ${row.allowed}, seen_at = ${when(row.seenAt)},
      counted_from = ${when(row.countedFrom)}, answers = ${row.answers}, errors = ${row.errors}
    where connection_id = ${connectionId}::uuid and class = ${limitClass}`);
}

/** Puts the row where it still is as it was seen, in one statement. Returns the row as it is where it is not: another process was there. */
export async function swapBudget(
  tx: Queries,
  connectionId: string,
  limitClass: string,
  seen: BudgetRow,
  row: BudgetRow,
): Promise<{ readonly swapped: boolean; readonly now: BudgetRow | undefined }> {
  const found = await tx.one<BudgetRow & { readonly swapped: boolean }>(sql`
    with swapped as (
    update budget set tokens = ${row.tokens}, filled_at = ${when(row.filledAt)}, pace = ${row.pace}, blocked_until = ${when(row.blockedUntil)},
      used = ${row.used}, allowed = ${row.allowed}, seen_at = ${when(row.seenAt)},
      counted_from = ${when(row.countedFrom)}, answers = ${row.answers}, errors = ${row.errors}
    where connection_id = ${connectionId}::uuid and class = ${limitClass} and tokens = ${seen.tokens} and pace = ${seen.pace}
      and filled_at = ${when(seen.filledAt)} and blocked_until is not distinct from ${when(seen.blockedUntil)}::timestamptz
      and used is not distinct from ${seen.used}::bigint and allowed is not distinct from ${seen.allowed}::bigint
      and seen_at is not distinct from ${when(seen.seenAt)}::timestamptz
      and counted_from is not distinct from ${when(seen.countedFrom)}::timestamptz and answers = ${seen.answers} and errors = ${seen.errors} returning 1)
    select tokens, filled_at as "filledAt", pace, blocked_until as "blockedUntil", used, allowed, seen_at as "seenAt",
      counted_from as "countedFrom", answers, errors, exists (select from swapped) as swapped
    from budget where connection_id = ${connectionId}::uuid and class = ${limitClass}`);
  if (!found) return { swapped: false, now: undefined };
  const { swapped, ...now } = found;
  return { swapped, now };
}

/** Lets one request look at once whether a vendor that called a window used up has room again; a time that the vendor named stands. */
export async function lookAgain(tx: Queries, connectionId: string): Promise<void> {
  await tx.run(sql`
    update budget set seen_at = ${new Date(0)}
    where connection_id = ${connectionId}::uuid and seen_at is not null and used >= allowed`);
}

export interface BudgetView extends BudgetRow {
  readonly connectionId: string;
  readonly class: string;
}

/** All budgets, or those of one connection. */
export async function listBudgets(tx: Queries, connectionId: string | null): Promise<BudgetView[]> {
  return tx.rows<BudgetView>(sql`
    select connection_id as "connectionId", class, tokens, filled_at as "filledAt", pace, blocked_until as "blockedUntil", used, allowed, seen_at as "seenAt",
        counted_from as "countedFrom", answers, errors
    from budget where ${connectionId}::uuid is null or connection_id = ${connectionId}::uuid order by connection_id, class`);
}
