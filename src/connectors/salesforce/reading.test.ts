import assert from "node:assert/strict";
import { test } from "node:test";
import type { ServerResponse } from "node:http";
import type { Json } from "../../base/json.ts";
import {
  asking,
  createOrg,
  ID,
  never,
  NOW,
  pages,
  refuse,
  type Request,
  row,
  thrown,
} from "../../../test/support/salesforce-org.ts";
import { salesforce } from "./index.ts";

const { lead } = salesforce.streams;

test("an incremental run reads deleted rows with the others, follows the locator whole and stops on done", async () => {
  await using org = await createOrg((request) =>
    request.path.endsWith("/queryAll")
      ? {
          totalSize: 3,
          done: false,
          nextRecordsUrl: "/services/data/v66.0/query/0r8xx5R2yF2gs3VASQ-2",
          records: [
            row(1, "2026-01-05T08:00:00"),
            row(2, "2026-01-05T08:00:01", { IsDeleted: true, MasterRecordId: ID(1) }),
          ],
        }
      : {
          totalSize: 3,
          done: true,
          records: [
            row(3, "2026-01-05T08:00:02", {
              IsConverted: true,
              ConvertedContactId: "003000000000001",
              ConvertedAccountId: "001000000000001AAA",
              ConvertedOpportunityId: null,
            }),
          ],
        },
  );
  const since = Date.parse("2026-01-05T07:00:00Z");
  const [first, last] = await pages(lead.pull(org.api, asking({ since })));
  assert.match(
    org.seen[0]!.query.get("q")!,
    /FROM Lead WHERE SystemModstamp >= 2026-01-05T07:00:00\.000Z ORDER BY SystemModstamp, Id$/u,
  );
  assert.equal(org.seen[1]!.path, "/services/data/v66.0/query/0r8xx5R2yF2gs3VASQ-2");
  assert.deepEqual(first!.records[0], {
    id: ID(1),
    changedAt: Date.parse("2026-01-05T08:00:00Z"),
    version: "2026-01-05T08:00:00.000+0000",
    fields: { Email: "lead1@example.com" },
    handle: null,
  });
  assert.equal(first!.records[1]!.deleted, true);
  assert.equal(first!.records[1]!.mergedInto, ID(1));
  assert.deepEqual(last!.records[0]!.convertedTo, {
    stream: "contact",
    id: "003000000000001AAA",
    related: [{ stream: "account", id: "001000000000001AAA" }],
  });
  assert.equal(last!.cursor, null);
});

test("the watermark is the vendor's time at the start less the overlap, also where our clock is an hour ahead", async () => {
  await using org = await createOrg(() => ({ totalSize: 0, done: true, records: [] }));
  const [page] = await pages(lead.pull(org.api, asking({ since: NOW - 7_200_000 })));
  assert.equal(page!.watermark, NOW - lead.overlapMs);
  const [behind] = await pages(lead.pull(org.api, asking({ since: NOW - 7_200_000, now: NOW - 3_600_000 })));
  assert.equal(behind!.watermark, NOW - 3_600_000 - lead.overlapMs);
  // The connection was made by a clock that is ahead: what is changed until the vendor gets there must not be passed over.
  const [ahead] = await pages(lead.pull(org.api, asking({ since: NOW + 3_000_000 })));
  assert.equal(ahead!.watermark, NOW - lead.overlapMs);
});

test("a run cut short goes on behind the last record of the last page, and keeps the time it began", async () => {
  await using org = await createOrg((request) =>
    request.query.get("q")?.includes("Id >")
      ? { totalSize: 1, done: true, records: [row(3, "2026-01-05T08:00:01")] }
      : {
          totalSize: 3,
          done: false,
          nextRecordsUrl: "/services/data/v66.0/query/x-2",
          records: [row(1, "2026-01-05T08:00:00"), row(2, "2026-01-05T08:00:01")],
        },
  );
  let cursor: Json = null;
  const since = NOW - 7_200_000;
  for await (const page of lead.pull(org.api, asking({ since }))) {
    cursor = JSON.parse(JSON.stringify(page.cursor)) as Json;
    break;
  }
  const rest = await pages(lead.pull(org.api, asking({ since: null, cursor, now: NOW + 9_000_000 })));
  assert.match(
    org.seen.at(-1)!.query.get("q")!,
    new RegExp(
      `SystemModstamp >= 2026-01-05T07:00:00.000Z AND \\(SystemModstamp > 2026-01-05T08:00:01.000Z OR \\(SystemModstamp = 2026-01-05T08:00:01.000Z AND Id > '${ID(2)}'\\)\\)`,
      "u",
    ),
  );
  assert.equal(rest[0]!.records[0]!.id, ID(3));
  assert.equal(rest[0]!.watermark, NOW - lead.overlapMs);
});

test("a locator that died is replaced by a query from the last record shown", async () => {
  await using org = await createOrg((request, response) => {
    if (request.path.includes("/query/")) return refuse(response, 400, "INVALID_QUERY_LOCATOR");
    return request.query.get("q")!.includes("Id >")
      ? { totalSize: 1, done: true, records: [row(2, "2026-01-05T08:00:01")] }
      : {
          totalSize: 2,
          done: false,
          nextRecordsUrl: "/services/data/v66.0/query/dead-1",
          records: [row(1, "2026-01-05T08:00:00")],
        };
  });
  const list = await pages(lead.pull(org.api, asking({ since: NOW - 7_200_000 })));
  assert.deepEqual(
    list.flatMap((page) => page.records.map((record) => record.id)),
    [ID(1), ID(2)],
  );
});

test("a field that was hidden is left out, and reading goes on; before the handle's field exists it is left out too", async () => {
  await using org = await createOrg((request, response) => {
    if (request.path.endsWith("/describe")) return { fields: [{ name: "Email" }, { name: "Id" }] };
    const soql = request.query.get("q")!;
    if (soql.includes("WinstonId__c"))
      return refuse(
        response,
        400,
        "INVALID_FIELD",
        "SELECT WinstonId__c\n^\nERROR at Row:1:Column:8\nNo such column 'WinstonId__c' on entity 'Lead'.",
      );
    if (soql.includes("Secret__c"))
      return refuse(response, 400, "INVALID_FIELD", "No such column 'Secret__c' on entity 'Lead'.");
    return { totalSize: 1, done: true, records: [row(1, "2026-01-05T08:00:00", { WinstonId__c: undefined })] };
  });
  const [page] = await pages(lead.pull(org.api, asking({ fields: ["Email", "Secret__c"], since: NOW - 7_200_000 })));
  assert.deepEqual(page!.records[0]!.fields, { Email: "lead1@example.com" });
  assert.equal("handle" in page!.records[0]!, false);
  assert.equal(org.seen.length, 4);
});

test("a page that says it is not done and does not say where to go on stops the run", async () => {
  await using org = await createOrg(() => ({ totalSize: 9, done: false, records: [] }));
  assert.equal((await thrown(pages(lead.pull(org.api, asking())))).code, "vendor.bad_answer");
});

/** A Bulk 2.0 query of five rows behind a first REST page of one, in two pages of results. */
async function createBulkOrg(more: { results?: (locator: string | null, response: ServerResponse) => void } = {}) {
  const lines = (from: number, to: number): string =>
    [
      "Id,SystemModstamp,IsDeleted,Email,Amount__c",
      ...Array.from(
        { length: to - from + 1 },
        (_, at) => `"${ID(from + at)}","2026-01-05T08:00:05.000Z","false","","12.50"`,
      ),
    ].join("\n") + "\n";
  let polls = 0;
  return createOrg((request, response) => {
    if (request.path.endsWith("/query")) {
      if (request.method === "POST") return { id: "750x", state: "UploadComplete" };
      return {
        totalSize: 6,
        done: false,
        nextRecordsUrl: "/services/data/v66.0/query/x-1",
        records: [row(1, "2026-01-05T08:00:00")],
      };
    }
    if (request.path.endsWith("/describe"))
      return {
        fields: [
          { name: "IsDeleted", type: "boolean" },
          { name: "Email", type: "email" },
          { name: "SystemModstamp", type: "datetime" },
          { name: "Amount__c", type: "currency" },
          { name: "Address", type: "address" },
        ],
      };
    if (request.path.endsWith("/jobs/query/750x"))
      return { id: "750x", state: ++polls < 3 ? "InProgress" : "JobComplete" };
    if (request.path.endsWith("/results")) {
      const locator = request.query.get("locator");
      if (more.results) return more.results(locator, response);
      response.setHeader("content-type", "text/csv");
      response.setHeader("sforce-locator", locator === null ? "MTAw" : "null");
      response.setHeader("sforce-numberofrecords", locator === null ? "3" : "2");
      return void response.end(locator === null ? lines(2, 4) : lines(5, 6));
    }
    return refuse(response, 404, "NOT_FOUND");
  });
}

test("a first load above the threshold goes on by Bulk, with values as REST would give them", async () => {
  await using org = await createBulkOrg();
  const list = await pages(lead.pull(org.api, asking({ fields: ["Email", "Amount__c", "Address"] })));
  assert.deepEqual(
    list.map((page) => page.records.length),
    [1, 3, 2],
  );
  assert.deepEqual(list[1]!.records[0]!.fields, { Email: null, Amount__c: 12.5 });
  assert.equal(list[1]!.records[0]!.version, "2026-01-05T08:00:05.000+0000");
  assert.equal(list[2]!.cursor, null);
  assert.equal(list[2]!.watermark, NOW - lead.overlapMs);
  const job = org.seen.find((request) => request.method === "POST")!.json();
  assert.equal(job["operation"], "query");
  assert.match(String(job["query"]), /WHERE \(SystemModstamp > 2026-01-05T08:00:00\.000Z OR .*\)$/u);
  assert.doesNotMatch(String(job["query"]), /Address|ORDER BY/u);
});

test("a first load cut short goes on with the same job at the page it had reached", async () => {
  await using org = await createBulkOrg();
  let cursor: Json = null;
  let seen = 0;
  for await (const page of lead.pull(org.api, asking())) {
    cursor = JSON.parse(JSON.stringify(page.cursor)) as Json;
    if (++seen === 2) break;
  }
  const list = await pages(lead.pull(org.api, asking({ cursor })));
  assert.deepEqual(
    list.flatMap((page) => page.records.map((record) => record.id)),
    [ID(5), ID(6)],
  );
  assert.equal(org.seen.filter((request) => request.method === "POST").length, 1);
});

test("a results page with fewer rows than announced, or cut off, is not taken for the whole", async () => {
  for (const cut of [true, false]) {
    await using org = await createBulkOrg({
      results: (_locator, response) => {
        response.setHeader("content-type", "text/csv");
        response.setHeader("sforce-locator", "null");
        response.setHeader("sforce-numberofrecords", "5");
        response.write(`Id,SystemModstamp,Email\n${ID(2)},2026-01-05T08:00:05.000Z,a@example.com\n`);
        if (cut) setImmediate(() => response.destroy());
        else response.end();
      },
    });
    assert.equal((await thrown(pages(lead.pull(org.api, asking())))).code, "vendor.bad_answer");
  }
});

test("an organisation without Bulk reads its first load by pages", async () => {
  await using org = await createOrg((request, response) => {
    if (request.path.endsWith("/describe")) return { fields: [] };
    if (request.method === "POST") return refuse(response, 403, "API_DISABLED_FOR_ORG");
    if (request.path.includes("/query/")) return { totalSize: 9, done: true, records: [row(3, "2026-01-05T08:00:03")] };
    return request.query.get("q")!.includes("Id >")
      ? {
          totalSize: 9,
          done: false,
          nextRecordsUrl: "/services/data/v66.0/query/x",
          records: [row(2, "2026-01-05T08:00:02")],
        }
      : {
          totalSize: 9,
          done: false,
          nextRecordsUrl: "/services/data/v66.0/query/y",
          records: [row(1, "2026-01-05T08:00:00")],
        };
  });
  const list = await pages(lead.pull(org.api, asking()));
  assert.deepEqual(
    list.flatMap((page) => page.records.map((record) => record.id)),
    [ID(1), ID(2), ID(3)],
  );
});

test("the deletion log is asked once in ten minutes, and one brought back is not told as deleted", async () => {
  await using org = await createOrg((request) =>
    request.path.endsWith("/deleted/")
      ? {
          deletedRecords: [
            { id: ID(1), deletedDate: "2026-01-05T08:10:00.000+0000" },
            { id: ID(2), deletedDate: "2026-01-05T08:11:00.000+0000" },
            { id: ID(3), deletedDate: "2026-01-05T08:12:00.000+0000" },
          ],
          earliestDateAvailable: "2025-12-01T00:00:00.000+0000",
          latestDateCovered: "2026-01-05T08:58:00.000+0000",
        }
      : {
          totalSize: 2,
          done: true,
          records: [
            row(1, "2026-01-05T08:10:00"),
            row(2, "2026-01-05T08:11:00", { IsDeleted: true, MasterRecordId: ID(9) }),
          ],
        },
  );
  const [page] = await pages(lead.pullDeleted!(org.api, asking({ since: NOW - 3_600_000, now: NOW + 20_000 })));
  assert.deepEqual(
    page!.records.map(({ id, deleted, mergedInto }) => [id, deleted, mergedInto]),
    [
      [ID(2), true, ID(9)],
      [ID(3), true, undefined],
    ],
  );
  assert.equal(page!.watermark, Date.parse("2026-01-05T08:58:00Z"));
  const asked = org.seen.length;
  const [again] = await pages(lead.pullDeleted!(org.api, asking({ since: NOW, now: NOW + 500_000 })));
  assert.deepEqual([again!.records.length, again!.watermark, org.seen.length], [0, NOW, asked]);
});

const HOUR = 3_600_000;

/** An organisation's deletion log: one entry an hour, at half past, and at most `most` in one answer. */
const logOf = (most: number, earliest: number) => (request: Request, response: ServerResponse) => {
  if (!request.path.endsWith("/deleted/")) return { totalSize: 0, done: true, records: [] };
  const [start, end] = ["start", "end"].map((name) => Date.parse(request.query.get(name)!)) as [number, number];
  const deletedRecords = [];
  for (let at = Math.floor(start / HOUR) * HOUR + HOUR / 2; at < end; at += HOUR)
    if (at >= start)
      deletedRecords.push({ id: ID((at - NOW) / HOUR + 499.5), deletedDate: new Date(at).toISOString() });
  if (deletedRecords.length > most) return refuse(response, 400, "EXCEEDED_ID_LIMIT");
  const [earliestDateAvailable, latestDateCovered] = [earliest, end].map((at) => new Date(at).toISOString());
  return { deletedRecords, earliestDateAvailable, latestDateCovered };
};

test("a span with more deletions than one answer may hold is asked for in parts, and each part is kept", async () => {
  await using org = await createOrg(logOf(3, 0));
  const since = NOW - 10 * HOUR;
  const list = await pages(lead.pullDeleted!(org.api, asking({ since, now: NOW })));
  const ids = (some: typeof list) => some.flatMap((page) => page.records.map((one) => one.id));
  assert.deepEqual(
    ids(list),
    Array.from({ length: 10 }, (_, index) => ID(490 + index)),
  );
  assert.deepEqual([list.length > 3, list.at(-1)!.cursor, list.at(-1)!.watermark], [true, null, NOW]);
  assert.deepEqual(new Set(list.map((page) => page.missed)), new Set([undefined]));
  for (const [index, page] of list.slice(0, -1).entries()) {
    const rest = await pages(lead.pullDeleted!(org.api, asking({ since, now: NOW, cursor: page.cursor })));
    assert.deepEqual(ids(rest), ids(list.slice(index + 1)), "a run cut short goes on after the part it kept");
    assert.deepEqual(
      ids(await pages(lead.pullDeleted!(org.api, asking({ since: page.watermark!, now: NOW })))),
      ids(rest),
    );
  }
});

test("a log that does not reach back as far as is asked for says so, but not for what is never purged", async () => {
  const missed = async (since: number, earliest: number): Promise<unknown[]> => {
    await using org = await createOrg(logOf(1_000, earliest));
    return (await pages(lead.pullDeleted!(org.api, asking({ since, now: NOW })))).map((page) => page.missed);
  };
  assert.deepEqual(await missed(NOW - 5 * HOUR, NOW - 6 * HOUR), [undefined]);
  assert.deepEqual(await missed(NOW - 5 * HOUR, NOW - 3 * HOUR), [true]);
  assert.deepEqual(await missed(NOW - HOUR, NOW), [undefined]);
  assert.deepEqual(await missed(NOW - 20 * 24 * HOUR, 0), [true], "longer ago than the log lasts");
  await using short = await createOrg((request, response) =>
    Date.parse(request.query.get("start") ?? "") < NOW - 4 * HOUR
      ? refuse(response, 400, "INVALID_REPLICATION_DATE")
      : logOf(1_000, 0)(request, response),
  );
  const [page, ...more] = await pages(lead.pullDeleted!(short.api, asking({ since: NOW - 5 * HOUR, now: NOW })));
  assert.deepEqual([page!.missed, page!.records.length, page!.watermark, more], [true, 2, NOW, []]);
});

test("an error inside a 200, an empty object and a row without an id are never taken for records", async () => {
  const since = NOW - 7_200_000;
  for (const body of [[{ errorCode: "UNKNOWN_EXCEPTION", message: "oops" }], {}, [{}], { done: true, records: [{}] }]) {
    await using org = await createOrg(() => body);
    // One after the other: a refusal that nobody waits for yet ends the test.
    const ways: (() => Promise<unknown>)[] = [
      () => pages(lead.pull(org.api, asking({ since }))),
      () => pages(lead.pullDeleted!(org.api, asking({ since }))),
      () => lead.read!(org.api, { ids: [ID(1)], fields: ["Email"], signal: never }),
      () => lead.describe(org.api),
    ];
    for (const way of ways) assert.match((await thrown(way())).code, /^vendor\.(?:bad_answer|refused)$/u);
  }
});

test("records are read by id in one call, in order, null where there is none", async () => {
  await using org = await createOrg(() => [row(2, "2026-01-05T08:00:00"), null]);
  const list = await lead.read!(org.api, { ids: [ID(1), ID(2)], fields: ["Email"], signal: never });
  assert.deepEqual(
    list.map((record) => record?.id ?? null),
    [null, ID(2)],
  );
  assert.equal(org.seen[0]!.method, "POST");
  assert.equal(org.seen[0]!.path, "/services/data/v66.0/composite/sobjects/Lead");
});

test("ids of fifteen characters are those of eighteen: of the record that was asked for, and of what it refers to", async () => {
  const short = (id: string): string => id.slice(0, 15);
  await using org = await createOrg(() => [
    { ...row(2, "2026-01-05T08:00:00"), Id: short(ID(2)), OwnerId: short("005000000000001AAA") },
  ]);
  const [record] = await lead.read!(org.api, { ids: [ID(2)], fields: ["OwnerId"], signal: never });
  assert.deepEqual([record?.id, record?.fields["OwnerId"]], [ID(2), "005000000000001AAA"]);

  // One that was brought back, and one that was merged, are told as that and not as deleted.
  const deletedDate = "2026-01-05T08:10:00.000+0000";
  await using log = await createOrg((request) =>
    request.path.endsWith("/deleted/")
      ? {
          deletedRecords: [1, 2].map((one) => ({ id: ID(one), deletedDate })),
          earliestDateAvailable: "2025-12-01T00:00:00.000+0000",
          latestDateCovered: "2026-01-05T08:58:00.000+0000",
        }
      : {
          totalSize: 2,
          done: true,
          records: [
            { ...row(1, "2026-01-05T08:10:00"), Id: short(ID(1)) },
            { ...row(2, "2026-01-05T08:10:00", { IsDeleted: true, MasterRecordId: short(ID(9)) }), Id: short(ID(2)) },
          ],
        },
  );
  const [page] = await pages(lead.pullDeleted!(log.api, asking({ since: NOW - 3_600_000, now: NOW + 20_000 })));
  assert.deepEqual(
    page!.records.map(({ id, mergedInto }) => [id, mergedInto]),
    [[ID(2), ID(9)]],
  );
});

test("handles are looked up in queries short enough for a URL", async () => {
  await using org = await createOrg(() => ({ totalSize: 0, done: true, records: [] }));
  const handles = Array.from(
    { length: 400 },
    (_, index) => `0198a1b2-c3d4-7e5f-8a9b-${String(index).padStart(12, "0")}`,
  );
  assert.deepEqual(await lead.find!(org.api, { handles, fields: ["Email"], signal: never }), []);
  assert.equal(org.seen.length, 2);
  const asked = org.seen.flatMap((request) =>
    request.query
      .get("q")!
      .match(/'[^']+'/gu)!
      .map((one) => one.slice(1, -1)),
  );
  assert.deepEqual(asked, handles);
});
