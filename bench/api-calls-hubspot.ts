// HubSpot under the bench of API calls: contacts, companies and deals. Run as a process, it is the simulator.
import { systemClock } from "../src/base/clock.ts";
import { seededRandom } from "../src/base/random.ts";
import { hubspot as connector } from "../src/connectors/hubspot/index.ts";
import { startHubspot } from "../src/simulators/hubspot/index.ts";
import { none, serveApart, startApart, type Logged, type Subject } from "./api-calls-apart.ts";
import { lead } from "./leads.ts";

export const hubspot: Subject = {
  ways: [{ title: "as it is", connector, settings: {} }],
  listed: 100,
  written: 100,
  objects: [
    {
      title: "contacts",
      stream: "contact",
      kind: "person",
      stage: "lead",
      input: (number) => {
        const { FirstName, LastName, Email, Company, Title, City } = lead(number);
        return { firstName: FirstName, lastName: LastName, email: Email, company: Company, title: Title, city: City };
      },
      edit: { title: "Edited in Winston" },
    },
    {
      title: "companies",
      stream: "company",
      kind: "account",
      input: (number) => ({ name: `Company ${number}`, city: lead(number)["City"], employees: number }),
      edit: { description: "Edited in Winston" },
    },
    {
      title: "deals",
      stream: "deal",
      kind: "deal",
      input: (number) => ({ name: `Deal ${number}`, stage: "Prospecting", amount: "1200.5", closeDate: "2026-12-01" }),
      edit: { nextStep: "Edited in Winston" },
    },
  ],
  start: (records) => startApart(import.meta.filename, records, (url) => ({ baseUrl: url })),
  purposes: (log, { object, listing }) => {
    const counts = none();
    const asked = connector.streams[object.stream as "contact"].title.toLowerCase();
    // Pages of an increment whose associations are not read yet; a read behind no page is one before a write.
    let pages = 0;
    for (const request of log) {
      const { method, path, query, rows } = request;
      const from = /\/(?:objects|associations)\/(?:v4\/|\d{4}-\d\d\/)?(\w+)/u.exec(path)?.[1];
      if (path.includes("/oauth/")) counts["sign-in"] += 1;
      else if (from === undefined) counts[path.includes("/owners") ? "increments" : "description"] += 1;
      else if (from !== asked || ofDealContacts(request)) counts.increments += 1;
      else if (path.includes("/associations/") && path.endsWith("/batch/read") && pages > 0) {
        pages -= 1;
        counts.increments += 1;
      } else if (path.endsWith("/search")) {
        if (rows > 0) pages += 1;
        counts.increments += 1;
      } else if (method === "GET" && (!listing || query.includes("archived=true"))) counts.increments += 1;
      else counts.work += 1;
    }
    return counts;
  },
  notes: [
    "no record has associations; contacts and companies show them in properties, deals are read again without them unless they are written",
    "deal contacts are a stream of their own, and with the increments: a list call for each 100 deals of a first load and a call for associations for each 900",
    "the windows of the account are dialled wide, for they cost time and no calls; search keeps its five a second",
    "apart: description (account, properties, pipelines, making the property of the handle) and increments (owners, archived records, what other streams ask, and this one each minute: all that was written comes back once by search, 200 a page, with one more call a page for deals' associations)",
  ],
};

/** Deal contacts are a stream of their own, which lists deals for their ids alone and reads what is associated with them. */
const ofDealContacts = ({ path, query, body = "" }: Logged): boolean =>
  /\/deals\/contacts\//u.test(path) ||
  (/\/deals(?:\/search)?$/u.test(path) && !query.includes("archived=true") && !(query + body).includes("dealname"));

if (import.meta.main) {
  const portal = await startHubspot({ clock: systemClock, random: seededRandom(1), story: "empty" });
  portal.dials.set({ privateCallsPer10s: 1_000_000, dailyCap: 1_000_000_000, searchLagMs: 0 });
  const numbers = Array.from({ length: Number(process.argv[2]) }, (_, number) => number);
  // A month ago, four a second.
  const began = systemClock.now() - 30 * 86_400_000;
  const load = (object: string, of: (number: number) => Record<string, unknown>): void => {
    const rows = numbers.map(of) as Record<string, string>[];
    portal.data.load(object, rows, (index) => began + Math.floor(index / 4) * 1000);
  };
  load("contacts", (number) => {
    const { FirstName, LastName, Email, Company, Title, City } = lead(number);
    return {
      firstname: FirstName,
      lastname: LastName,
      email: Email,
      company: Company,
      jobtitle: Title,
      city: City,
      lifecyclestage: "lead",
    };
  });
  load("companies", (number) => ({ name: `Company ${number}`, city: lead(number)["City"] }));
  load("deals", (number) => ({
    dealname: `Deal ${number}`,
    pipeline: "default",
    dealstage: "appointmentscheduled",
    amount: "1200.5",
  }));
  serveApart({ url: portal.url, secrets: { accessToken: portal.credentials.privateToken } });
}
