// getUpdated and getDeleted: which ids changed or vanished between two times, and how far that answer can be trusted.
import type { Call } from "./call.ts";
import { Refusal, json, type VendorResponse } from "./exchange.ts";
import { objectOr404, vendorTime } from "./org.ts";
import type { ObjectDefinition } from "./schema.ts";

const DAY = 86_400_000;
const MINUTE = 60_000;
const IDS_MAX = 600_000;

interface Span {
  readonly definition: ObjectDefinition;
  readonly start: number;
  readonly end: number;
  /** No transaction that could still add to the span began before this. */
  readonly covered: number;
}

function readSpan(call: Call, reachMs: number, days: number): Span {
  const { org, request, path } = call;
  const definition = objectOr404(org, path[1]!);
  const read = (name: string): number => {
    const text = request.query.get(name);
    if (text === null) throw new Refusal(400, "MISSING_ARGUMENT", `The ${name} parameter is required`);
    const at = Date.parse(text.replace(" ", "+").replace(/([+-]\d\d)(\d\d)$/u, "$1:$2"));
    if (Number.isNaN(at)) throw new Refusal(400, "INVALID_REPLICATION_DATE", `${name}: invalid date: ${text}`);
    return Math.floor(at / MINUTE) * MINUTE; // Seconds are ignored.
  };
  const [start, end] = [read("start"), read("end")];
  const now = org.clock.now();
  if (end <= start)
    throw new Refusal(400, "INVALID_REPLICATION_DATE", "endDate must be at least one minute greater than startDate");
  if (start < now - reachMs)
    throw new Refusal(400, "INVALID_REPLICATION_DATE", `startDate cannot be more than ${days} days ago`);
  const open = org.tables.oldestWaiting(definition.name) ?? Infinity;
  return { definition, start, end, covered: Math.floor(Math.min(end, now, open) / MINUTE) * MINUTE };
}

/** GET /sobjects/{type}/updated/?start=&end= → {ids, latestDateCovered} */
export function updated(call: Call): VendorResponse {
  const { definition, start, end, covered } = readSpan(call, 30 * DAY, 30);
  const ids: string[] = [];
  for (const row of call.org.tables.table(definition.name).inOrder(start, end)) if (!row.IsDeleted) ids.push(row.Id);
  if (ids.length > IDS_MAX) throw tooMany();
  return json(200, { ids, latestDateCovered: vendorTime(covered) }, { rows: ids.length });
}

/** GET /sobjects/{type}/deleted/?start=&end= → {deletedRecords: [{id, deletedDate}], earliestDateAvailable, latestDateCovered} */
export function deleted(call: Call): VendorResponse {
  const { org } = call;
  const { recycleMs } = org.dials.settings;
  const { definition, start, end, covered } = readSpan(call, recycleMs, Math.round(recycleMs / DAY));
  const earliest = org.clock.now() - recycleMs;
  const deletedRecords = (org.tables.deletions.get(definition.name) ?? [])
    .filter((one) => one.deletedAt >= Math.max(start, earliest) && one.deletedAt <= end)
    .map((one) => ({ deletedDate: vendorTime(one.deletedAt), id: one.id }));
  if (deletedRecords.length > IDS_MAX) throw tooMany();
  return json(
    200,
    { deletedRecords, earliestDateAvailable: vendorTime(earliest), latestDateCovered: vendorTime(covered) },
    { rows: deletedRecords.length },
  );
}

const tooMany = (): Refusal =>
  new Refusal(400, "EXCEEDED_ID_LIMIT", "The request exceeds the maximum number of ids; ask for a shorter span");
