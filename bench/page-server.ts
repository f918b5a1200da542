// A second process that serves prepared pages of leads in the shape of Salesforce's query answers: no work is left for when they are asked
// for. Everything else (sign-in, describe, users) is answered by the simulator. Started by `startPages`; ends when its parent does.
import { fork } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { systemClock } from "../src/base/clock.ts";
import { seededRandom } from "../src/base/random.ts";
import { createSalesforce } from "../src/simulators/salesforce/index.ts";
import { edited, lead, user, USERS, type LeadRow } from "./leads.ts";
import { PAGE } from "./prepared.ts";

export interface Pages extends Disposable {
  readonly url: string;
  readonly secrets: Readonly<Record<string, string>>;
  /** Which state of the leads is served from now on. */
  serve(state: "before" | "after"): Promise<void>;
}

/** Starts the server with so many leads, before and after the edit of 1 %. */
export async function startPages(records: number): Promise<Pages> {
  const child = fork(import.meta.filename, [String(records)], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const ready = async (): Promise<{ url: string; secrets: Record<string, string> }> => {
    const ended = once(child, "exit").then(([code]) => {
      throw new Error(`the server of pages ended with ${code}`);
    });
    return (await Promise.race([once(child, "message"), ended]))[0] as { url: string; secrets: Record<string, string> };
  };
  const { url, secrets } = await ready();
  return {
    url,
    secrets,
    serve: async (state) => {
      child.send(state);
      await once(child, "message");
    },
    [Symbol.dispose]: () => void child.kill(),
  };
}

const QUERY = "/services/data/v66.0/query";

if (import.meta.main) {
  const records = Number(process.argv[2]);
  const org = createSalesforce({ clock: systemClock, random: seededRandom(1), story: "empty" });
  const users = page(
    Array.from({ length: USERS }, (_, number) => user(number)),
    "User",
    USERS,
    null,
  );
  const changed = Array.from({ length: records }, (_, number) => number).filter((number) => edited(number) === 1);
  // What a reading of changes shows: nothing, or what was edited, in one page or several.
  const states = {
    before: { all: pagesOf(() => 0), changes: pagesOfRows([], "changes") },
    after: {
      all: pagesOf(edited),
      changes: pagesOfRows(
        changed.map((number) => lead(number, 1)),
        "changes",
      ),
    },
  };
  let served = states.before;

  const server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
    incoming.on("end", () => {
      const url = new URL(incoming.url!, "http://pages");
      const soql = [QUERY, `${QUERY}All`].includes(url.pathname) ? (url.searchParams.get("q") ?? "") : "";
      const [, of, at] = /\/query\/0r8-(all|changes)-(\d+)$/u.exec(url.pathname) ?? [];
      const prepared =
        at !== undefined
          ? served[of as keyof typeof served][Number(at)]
          : / FROM Lead\b/u.test(soql)
            ? served[/SystemModstamp >= /u.test(soql) ? "changes" : "all"][0]
            : / FROM User\b/u.test(soql)
              ? users
              : undefined;
      if (prepared) {
        outgoing.writeHead(200, {
          "content-type": "application/json;charset=UTF-8",
          "content-length": prepared.length,
        });
        outgoing.end(prepared);
        return;
      }
      const answer = org.handle({
        method: incoming.method!,
        path: url.pathname,
        query: url.searchParams,
        headers: incoming.headers as Record<string, string | undefined>,
        body: Buffer.concat(chunks).toString("utf8"),
      });
      outgoing.writeHead(answer.status, { ...answer.headers }).end(answer.body);
    });
  });
  server.listen(0, "127.0.0.1", () => {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    org.setUrl(url);
    process.send!({ url, secrets: org.credentials });
  });
  process.on("message", (state: keyof typeof states) => {
    served = states[state];
    process.send!("served");
  });
  process.on("disconnect", () => process.exit(0));

  function pagesOf(version: (number: number) => 0 | 1): Buffer[] {
    return Array.from({ length: Math.ceil(records / PAGE) }, (_, index) => {
      const start = index * PAGE;
      const rows = Array.from({ length: Math.min(PAGE, records - start) }, (_unused, offset) =>
        lead(start + offset, version(start + offset)),
      );
      const next = start + PAGE < records ? `${QUERY}/0r8-all-${index + 1}` : null;
      return page(rows, "Lead", records, next);
    });
  }

  function pagesOfRows(rows: readonly LeadRow[], name: string): Buffer[] {
    return Array.from({ length: Math.max(1, Math.ceil(rows.length / PAGE)) }, (_, index) => {
      const end = (index + 1) * PAGE;
      const next = end < rows.length ? `${QUERY}/0r8-${name}-${index + 1}` : null;
      return page(rows.slice(index * PAGE, end), "Lead", rows.length, next);
    });
  }
}

/** One answer. A lead carries everything Winston asks of one. */
function page(rows: readonly LeadRow[], type: string, totalSize: number, next: string | null): Buffer {
  const more =
    type === "Lead"
      ? {
          IsDeleted: false,
          MasterRecordId: null,
          IsConverted: false,
          ConvertedAccountId: null,
          ConvertedContactId: null,
          ConvertedOpportunityId: null,
          WinstonId__c: null,
        }
      : {};
  const records = rows.map((row) => ({
    attributes: { type, url: `/services/data/v66.0/sobjects/${type}/${row.Id}` },
    ...more,
    ...row,
  }));
  return Buffer.from(
    JSON.stringify({ totalSize, done: next === null, ...(next === null ? {} : { nextRecordsUrl: next }), records }),
  );
}
