// GET /query, /queryAll and the pages behind their locators.
import { base, type Call } from "./call.ts";
import { Refusal, json, notAllowed, type VendorResponse } from "./exchange.ts";
import type { Locator, Org } from "./org.ts";
import { inBin } from "./org.ts";
import type { Row } from "./rows.ts";
import { malformed } from "./soql/grammar.ts";
import { runQuery } from "./soql/run.ts";

/** `/query?q=`, `/queryAll?q=` and `/query/{locator}`. */
export function query(call: Call): VendorResponse {
  const { org, request, path, version } = call;
  if (request.method !== "GET" && request.method !== "HEAD") throw notAllowed(request.method, "GET,HEAD");
  const all = path[0]!.toLowerCase() === "queryall";
  if (path.length === 2) return nextPage(call, path[1]!);
  if (path.length > 2) throw new Refusal(404, "NOT_FOUND", "The requested resource does not exist");
  if (request.query.has("explain")) throw malformed("the simulator does not explain queries");
  const text = request.query.get("q");
  if (text === null) throw malformed("A query string has to be specified");
  const answer = runQuery(org, text, { api: true, version, all });
  if (answer.kind === "count") return json(200, { totalSize: answer.count, done: true, records: [] });
  if (answer.kind === "aggregate") {
    const { records } = answer;
    return json(200, { totalSize: records.length, done: true, records }, { rows: records.length });
  }
  const { rows, project, object } = answer;
  const size = pageSize(call);
  const page = rows.slice(0, size).map(project);
  if (rows.length <= size)
    return json(200, { totalSize: rows.length, done: true, records: page }, { rows: page.length });
  const key = newLocator(org, {
    ids: rows.map((row) => row.Id),
    all,
    size,
    madeAt: org.clock.now(),
    object,
    project,
  });
  return json(
    200,
    {
      totalSize: rows.length,
      done: false,
      nextRecordsUrl: `${base(call)}/query/${key}-${size}`,
      records: page,
    },
    { rows: page.length },
  );
}

function nextPage(call: Call, text: string): VendorResponse {
  const { org } = call;
  const [, key, from] = /^(.+)-(\d+)$/u.exec(text) ?? [];
  const locator = key === undefined ? undefined : org.locators.get(key);
  if (!locator || locator.madeAt + org.dials.settings.locatorMs <= org.clock.now()) {
    if (key !== undefined) org.locators.delete(key);
    throw new Refusal(400, "INVALID_QUERY_LOCATOR", "invalid query locator");
  }
  const start = Number(from);
  const end = start + locator.size;
  const table = org.tables.table(locator.object.name);
  const records = locator.ids
    .slice(start, end)
    .map((id) => table.rows.get(id))
    .filter((row): row is Row => row !== undefined && (!row.IsDeleted || (locator.all && inBin(org, row))))
    .map(locator.project);
  const done = end >= locator.ids.length;
  return json(
    200,
    {
      totalSize: locator.ids.length,
      done,
      ...(done ? {} : { nextRecordsUrl: `${base(call)}/query/${key}-${end}` }),
      records,
    },
    { rows: records.length },
  );
}

/** Sforce-Query-Options: batchSize=200..2000 is a wish; the dial is the vendor's own mind. */
function pageSize(call: Call): number {
  const wish = /batchSize\s*=\s*(\d+)/iu.exec(call.request.headers["sforce-query-options"] ?? "")?.[1];
  const asked = wish === undefined ? 2_000 : Math.min(2_000, Math.max(200, Number(wish)));
  return Math.max(1, Math.min(asked, call.org.dials.settings.pageSize));
}

const LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

export function randomText(org: Org, length: number): string {
  let text = "";
  while (text.length < length) text += LETTERS[Math.floor(org.random.float() * LETTERS.length)];
  return text;
}

function newLocator(org: Org, locator: Locator): string {
  while (org.locators.size >= org.dials.settings.locatorsMax) {
    const oldest = org.locators.keys().next().value;
    if (oldest === undefined) break;
    org.locators.delete(oldest);
  }
  const key = `0r8Sm${randomText(org, 13)}`;
  org.locators.set(key, locator);
  return key;
}
