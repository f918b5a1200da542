// What a plan costs in API calls, by limit of each connection, and what that is of what the vendor says is left of its day. Pure, but for the
// last function, which looks it up.
import type { JsonObject } from "../base/json.ts";
import { limitsOf, type Connector } from "../connector/contract.ts";
import { endsAt, inWindow } from "../jobs/counted.ts";
import { LONG_MS, type Limit } from "../jobs/spending.ts";
import { listBudgets, type BudgetRow } from "../store/budget.ts";
import { readConnections } from "../store/connection.ts";
import type { Queries } from "../store/database.ts";
import type { PlanView } from "./planned.ts";
import type { Requests, Spending } from "./rehearse.ts";

export type Cost = PlanView["requests"][number];

/** As it is kept with a plan. `requestMs`: how long one request takes while it is applied, on average; null where nothing tells. */
export interface Spent {
  readonly requestMs: number | null;
  readonly classes: Readonly<Record<string, Requests>>;
}

export const spentAs = (spending: Spending, requestMs: number | null): Spent => ({
  requestMs,
  classes: Object.fromEntries(spending),
});

/** Requests that applying takes, what changed being read first. */
export const applying = ({ first, again, write }: Requests): number => first + again + write;

/** How long a connection needs for so many requests by limit, one after the other; null where nothing tells. */
export function applyingMs(
  requests: ReadonlyMap<string, number>,
  { requestMs, limits }: { readonly requestMs: number | undefined; readonly limits: readonly Limited[] },
): number | null {
  let [all, told] = [0, false];
  for (const [limitClass, count] of requests) {
    const limit = limits.find((one) => one.class === limitClass && one.perMs < LONG_MS);
    const pace = limit && limit.perMs / limit.requests;
    told ||= count > 0 && (pace !== undefined || requestMs !== undefined);
    all += count * Math.max(requestMs ?? 0, pace ?? 0);
  }
  return told ? all : null;
}

/** One connection's cost as it stands now. `budgets`: what is known of its limits, by their classes. */
export function costOf(
  connection: string,
  { requestMs, classes }: Spent,
  of: { readonly limits: readonly Limited[]; readonly budgets: ReadonlyMap<string, BudgetRow>; readonly now: number },
): Cost {
  const { limits, now } = of;
  const spent = Object.entries(classes);
  const rows = limits.flatMap((limit): Cost["classes"][number][] => {
    const among = spent.filter(([own]) => own === limit.class || feeds(limits, own, limit.class));
    if (among.length === 0) return [];
    const left = leftOf(limit, of);
    const isShort = left !== null && left < totalOf(among, applying);
    const afterMs = isShort && requestMs !== null ? Math.round(left * requestMs) : null;
    const ends = endsAt(limit, now);
    const runsDry = isShort ? { afterMs, renewsAt: Number.isFinite(ends) ? ends : null } : null;
    return [{ class: limit.class, ...sums(among), left, runsDry }];
  });
  // What was spent of a limit that is declared no more is told as well.
  const lost = spent.filter(([own]) => !limits.some((limit) => limit.class === own));
  const lefts = rows.flatMap((one) => one.left ?? []);
  return {
    connection,
    ...sums(spent),
    left: lefts.length === 0 ? null : Math.min(...lefts),
    classes: [...rows, ...lost.map((one) => ({ class: one[0], ...sums([one]), left: null, runsDry: null }))],
  };
}

type Among = readonly (readonly [string, Requests])[];

const totalOf = (among: Among, what: (one: Requests) => number): number =>
  among.reduce((all, [, one]) => all + what(one), 0);

function sums(among: Among) {
  const [again, writes] = [totalOf(among, (one) => one.again), totalOf(among, (one) => one.write)];
  const [read, first] = [totalOf(among, (one) => one.read), totalOf(among, (one) => one.first)];
  return { read, first, toApply: again + writes, again, writes };
}

type Limited = Limit & { readonly also?: readonly string[] | undefined };

const feeds = (limits: readonly Limited[], from: string, into: string): boolean =>
  limits.some((one) => one.class === from && (one.also ?? []).includes(into));

/** What the vendor says is left of a long window; null where it does not tell, or where the short windows let nobody come to its end. */
function leftOf(
  limit: Limited,
  { limits, budgets, now }: { limits: readonly Limited[]; budgets: ReadonlyMap<string, BudgetRow>; now: number },
): number | null {
  const row = budgets.get(limit.class);
  if (limit.perMs < LONG_MS || !row) return null;
  const { used, allowed } = inWindow(row, limit, now);
  if (used === null || allowed === null) return null;
  const feeders = limits.filter((one) => one.perMs < LONG_MS && feeds(limits, one.class, limit.class));
  const most = feeders.reduce((sum, one) => {
    const inOne = Math.max(one.requests, budgets.get(one.class)?.allowed ?? 0);
    return sum + (inOne * limit.perMs) / one.perMs;
  }, 0);
  return feeders.length > 0 && allowed > most ? null : Math.max(0, allowed - used);
}

/** What a plan costs, by connection. */
export async function costsOf(
  tx: Queries,
  stored: JsonObject,
  { connectors, now }: { readonly connectors: Readonly<Record<string, Connector>>; readonly now: number },
): Promise<Cost[]> {
  const names = Object.keys(stored).toSorted();
  if (names.length === 0) return [];
  const connections = new Map((await readConnections(tx, null)).map((one) => [one.name, one]));
  const budgets = await listBudgets(tx, null);
  return names.map((name) => {
    const connection = connections.get(name);
    const connector = connection && connectors[connection.vendor];
    const limits = connector ? limitsOf(connector, connection.settings) : [];
    const own = budgets.filter((one) => one.connectionId === connection?.id);
    const spent = spentOf(stored[name] as JsonObject, limits[0]?.class ?? "requests");
    return costOf(name, spent, { limits, budgets: new Map(own.map((one) => [one.class, one])), now });
  });
}

/** Of plans that knew no limits the requests are taken for those of the first. */
function spentOf(stored: JsonObject, firstLimit: string): Spent {
  if (stored["classes"] !== undefined) return stored as unknown as Spent;
  const { read, again, write } = stored as unknown as Requests;
  return { requestMs: null, classes: { [firstLimit]: { read, first: 0, again, write } } };
}
