// Salesforce under the bench of API calls: leads. Run as a process, it is the simulator.
import { systemClock } from "../src/base/clock.ts";
import { seededRandom } from "../src/base/random.ts";
import type { Connector, StreamDeclaration } from "../src/connector/contract.ts";
import { salesforce as connector } from "../src/connectors/salesforce/index.ts";
import { startSalesforce } from "../src/simulators/salesforce/index.ts";
import { none, serveApart, startApart, type Logged, type Purpose, type Subject } from "./api-calls-apart.ts";
import { lead } from "./leads.ts";

export const salesforce: Subject = {
  ways: [
    { title: "as it is", connector, settings: { bulkAbove: 2_000 } },
    { title: "without Bulk", connector: withoutBulk(connector), settings: { bulkAbove: 1_000_000_000 } },
  ],
  listed: 2_000,
  written: 200,
  objects: [
    {
      title: "leads",
      stream: "lead",
      kind: "person",
      stage: "lead",
      input: (number) => {
        const { FirstName, LastName, Email, Company, Title, City } = lead(number);
        return { firstName: FirstName, lastName: LastName, email: Email, company: Company, title: Title, city: City };
      },
      edit: { title: "Edited in Winston" },
    },
  ],
  start: (records) => startApart(import.meta.filename, records, (url) => ({ loginUrl: url })),
  purposes: (log, { listing }) => {
    const counts = none();
    for (const entry of log) counts[purposeOf(entry, listing)] += 1;
    return counts;
  },
  notes: [
    "a ratio below 1 is Bulk API 2.0, which Winston reads and creates many by; the same is measured without it",
    "the simulator does a bulk job at once, so its state is asked for once or twice; the vendor needs longer, and is asked every 0.5 to 10 seconds",
    "apart: sign-in, description (versions, organisation, fields, making the external-id fields) and increments (what other streams ask, and this one each minute)",
  ],
};

/** The connector as it would be if the vendor had no Bulk API. */
function withoutBulk(whole: Connector): Connector {
  const streams = Object.entries(whole.streams).map(([key, stream]): [string, StreamDeclaration] => {
    const { read, create, update, delete: remove } = stream.batch as Required<StreamDeclaration["batch"]>;
    const plain: { -readonly [Slot in keyof StreamDeclaration]: StreamDeclaration[Slot] } = {
      ...stream,
      batch: { read, create, update, delete: remove },
    };
    delete plain.createMany;
    return [key, plain];
  });
  return { ...whole, streams: Object.fromEntries(streams) };
}

/** `listing`: pages behind a locator belong to the first load, else to an increment. */
function purposeOf({ path, query }: Logged, listing: boolean): Purpose {
  if (path.endsWith("/oauth2/token")) return "sign-in";
  if (/\/(?:describe|deleted)\/?$/u.test(path)) return path.includes("/deleted") ? "increments" : "description";
  if (/\/query(?:All)?\/0r8/u.test(path)) return listing ? "work" : "increments";
  if (/\/query(?:All)?\/?$/u.test(path) && !path.includes("/tooling/")) {
    const soql = new URLSearchParams(query).get("q") ?? "";
    if (/ FROM (?:Organization|PermissionSet\w*)\b/u.test(soql)) return "description";
    if (!/ FROM Lead\b/u.test(soql)) return "increments";
    return /SystemModstamp >= /u.test(soql) ? "increments" : "work";
  }
  return /\/(?:jobs|composite)\//u.test(path) ? "work" : "description";
}

if (import.meta.main) {
  const org = await startSalesforce({ clock: systemClock, random: seededRandom(1), story: "empty" });
  const rows = Array.from({ length: Number(process.argv[2]) }, (_, number) => {
    const { Id: _id, SystemModstamp: _stamp, OwnerId: _owner, ...values } = lead(number);
    return values;
  });
  // A month ago, four a second.
  const began = systemClock.now() - 30 * 86_400_000;
  org.data.load("Lead", rows, (index) => began + Math.floor(index / 4) * 1000);
  const { clientId, clientSecret, refreshToken } = org.credentials;
  serveApart({ url: org.url, secrets: { clientId, clientSecret, refreshToken } });
}
