// What a plan means before anybody says yes: how much of each stream it writes beside what is usual, and how long that takes. Pure, but for
// the last function, which looks it up.
import { limitsOf, type Connector } from "../connector/contract.ts";
import { readConnections, readStreams } from "../store/connection.ts";
import type { Queries } from "../store/database.ts";
import { linkedRecords, requestTimes, writtenByDay } from "../store/outlook.ts";
import { planTotals } from "../store/plan.ts";
import { applying, applyingMs, spentAs, type Spent } from "./plan-cost.ts";
import type { Spending } from "./rehearse.ts";

/** Writes of one stream: what the plan has, how many records there are, and what was written on days so far. */
export interface Radius {
  readonly place: string;
  readonly writes: number;
  readonly records: number;
  readonly days: readonly number[];
}

const DAY_MS = 24 * 3_600_000;
const USUAL_DAYS = 28;
/** From fewer days nobody can tell what is usual. */
const TELLS_DAYS = 3;
/** A plan is unusual that writes so many times what a day does, and more than this share of the records. */
const UNUSUAL_TIMES = 5;
const UNUSUAL_SHARE = 0.05;
/** Where nobody can tell what is usual, one is unusual that writes more than this and more than that share, as the brake holds deletions. */
const MANY = 50;

/** "acme lead: 1,189 records, 41 % of 2,900; usual is 23 a day (0.8 %)." What is far beyond it says so first. */
export function radiusTold({ place, writes, records, days }: Radius): string {
  const share = records === 0 ? "" : `, ${percent(writes / records)} of ${number(records)}`;
  const told = `${place}: ${number(writes)} ${writes === 1 ? "record" : "records"}${share}`;
  if (days.length < TELLS_DAYS) {
    const many = writes > Math.max(MANY, UNUSUAL_SHARE * records);
    return `${many ? "Unusual: " : ""}${told}; what is usual there is not known yet${many ? ", and this is much at once" : ""}.`;
  }
  const usual = medianOf(days);
  const unusual = writes > UNUSUAL_TIMES * usual && writes > UNUSUAL_SHARE * records;
  const beside = records === 0 ? "" : ` (${percent(usual / records)})`;
  return `${unusual ? "Unusual: " : ""}${told}; usual is ${number(usual)} a day${beside}.`;
}

export function applyingTold(connection: string, ms: number): string {
  const seconds = Math.max(1, Math.ceil(ms / 1_000));
  const length =
    seconds < 90
      ? `${seconds} s`
      : seconds < 5_400
        ? `${Math.round(seconds / 60)} min`
        : `${(seconds / 3_600).toFixed(1)} h`;
  return `${connection}: applying takes about ${length}, once it begins.`;
}

/** Sentences about a plan whose lines are there, and what it spends, by connection. */
export async function outlook(
  tx: Queries,
  planId: string,
  of: {
    readonly requests: ReadonlyMap<string, Spending>;
    readonly connectors: Readonly<Record<string, Connector>>;
    readonly now: number;
  },
): Promise<{ readonly notes: readonly string[]; readonly spent: Readonly<Record<string, Spent>> }> {
  const writes = (await planTotals(tx, planId)).filter((one) => one.class === "write");
  const connections = await readConnections(tx, null);
  const names = new Map(connections.map((one) => [one.id, one.name]));
  const byPlace = Map.groupBy(writes, (one) => `${one.connection} ${one.stream}`);
  const streams = (await readStreams(tx, {})).filter((one) => byPlace.has(`${names.get(one.connectionId)} ${one.key}`));
  const ids = streams.map((one) => one.id);
  const today = of.now - (of.now % DAY_MS);
  const records = await linkedRecords(tx, ids);
  const days = await writtenByDay(tx, ids, { from: today - USUAL_DAYS * DAY_MS, to: today });
  const times = await requestTimes(tx, of.now - USUAL_DAYS * DAY_MS);
  const spent: Record<string, Spent> = {};
  const lengths: string[] = [];
  for (const { name, vendor, settings } of connections) {
    const spending = of.requests.get(name);
    if (!spending) continue;
    const requests = new Map([...spending].map(([limitClass, one]) => [limitClass, applying(one)]));
    const all = [...requests.values()].reduce((sum, one) => sum + one, 0);
    const connector = of.connectors[vendor];
    const limits = connector ? limitsOf(connector, settings) : [];
    const ms = applyingMs(requests, { requestMs: times.get(name), limits });
    spent[name] = spentAs(spending, ms === null ? null : ms / all);
    const isWritten = [...spending.values()].some((one) => one.again + one.write > 0);
    if (ms !== null && isWritten) lengths.push(applyingTold(name, ms));
  }
  const radii = streams.map(({ id, connectionId, key }) => {
    const place = `${names.get(connectionId)} ${key}`;
    const sum = byPlace.get(place)!.reduce((all, one) => all + one.count, 0);
    return radiusTold({ place, writes: sum, records: records.get(id) ?? 0, days: days.get(id) ?? [] });
  });
  return { notes: writes.length === 0 ? [] : [...radii, ...lengths], spent };
}

function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return Number.isInteger(middle) ? (sorted[middle - 1]! + sorted[middle]!) / 2 : sorted[Math.floor(middle)]!;
}

const number = (value: number): string => Math.round(value).toLocaleString("en");

function percent(share: number): string {
  if (share > 0 && share < 0.001) return "less than 0.1 %";
  return `${share < 0.1 ? (share * 100).toFixed(1) : Math.round(share * 100)} %`;
}
