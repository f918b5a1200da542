import assert from "node:assert/strict";
import { test } from "node:test";
import type { Json } from "../../base/json.ts";
import type { Few } from "../../connector/contract.ts";
import { hubspot } from "./index.ts";
import {
  asking,
  contact,
  createPortal,
  idsOf,
  never,
  NOW,
  pages,
  refuse,
  thrown,
  type Request,
} from "./test-portal.ts";

const { company, contact: contacts, deal, owner } = hubspot.streams;
const HOUR = 3_600_000;
const SINCE = NOW - HOUR;

test("a first load lists page after page until no page is named, asking only for what is mapped and what Winston needs", async () => {
  await using portal = await createPortal(({ query }) =>
    query.get("after") === null
      ? { results: [contact(1, SINCE), contact(2, SINCE)], paging: { next: { after: "2", link: "x" } } }
      : { results: [contact(3, SINCE, { winston_id: "0198a1b2-c3d4-7e5f-8a9b-000000000003" })] },
  );
  const list = await pages(contacts.pull(portal.api, asking()));
  assert.deepEqual(idsOf(list), ["1", "2", "3"]);
  assert.equal(portal.seen[0]!.fullPath, "/crm/objects/2026-09/contacts");
  assert.deepEqual(portal.seen[0]!.query.get("properties")!.split(",").toSorted(), [
    "email",
    "hs_merged_object_ids",
    "lastmodifieddate",
    "lifecyclestage",
    "winston_id",
  ]);
  assert.equal(portal.seen[0]!.query.get("limit"), "100");
  assert.equal(portal.seen[1]!.query.get("after"), "2");
  assert.deepEqual(list[0]!.records[0], {
    id: "1",
    changedAt: SINCE,
    version: "2026-01-05T08:00:00.000Z",
    fields: { email: "contact1@example.com" },
    handle: null,
    stage: "lead",
  });
  assert.equal(list[1]!.records[0]!.handle, "0198a1b2-c3d4-7e5f-8a9b-000000000003");
  assert.deepEqual([list[0]!.watermark, list[1]!.watermark], [undefined, NOW - contacts.overlapMs]);
});

test("a load cut short goes on behind its last page and keeps the time it began", async () => {
  await using portal = await createPortal(({ query }) =>
    query.get("after") === null
      ? { results: [contact(1, SINCE)], paging: { next: { after: "opaque==" } } }
      : { results: [contact(2, SINCE)] },
  );
  let cursor: Json = null;
  for await (const page of contacts.pull(portal.api, asking())) {
    cursor = JSON.parse(JSON.stringify(page.cursor)) as Json;
    break;
  }
  const rest = await pages(contacts.pull(portal.api, asking({ cursor, now: NOW + 9 * HOUR })));
  assert.deepEqual(idsOf(rest), ["2"]);
  assert.equal(portal.seen.at(-1)!.query.get("after"), "opaque==");
  assert.equal(rest[0]!.watermark, NOW - contacts.overlapMs);
});

test("a list of properties too long for an address is asked for in the body of a batch read", async () => {
  const fields = Array.from({ length: 400 }, (_, index) => `a_rather_long_property_${index}`);
  await using portal = await createPortal(({ path, body }) =>
    path.endsWith("/batch/read")
      ? { results: body.inputs.map(({ id }) => contact(id, SINCE, { a_rather_long_property_7: `seven of ${id}` })) }
      : { results: [contact(1, SINCE), contact(2, SINCE)] },
  );
  const [page] = await pages(contacts.pull(portal.api, asking({ fields })));
  assert.ok(portal.seen[0]!.query.toString().length < 200);
  assert.equal(portal.seen[1]!.body.properties.length, 404);
  assert.equal(page!.records[1]!.fields["a_rather_long_property_7"], "seven of 2");
});

test("where processes died, what a page needs beside its first request is asked for few records at a time, and not for those of which they die", async () => {
  const fields = Array.from({ length: 400 }, (_, index) => `a_rather_long_property_${index}`);
  const asked: string[][] = [];
  await using portal = await createPortal(({ path, body }) => {
    if (!path.endsWith("/batch/read")) return { results: [1, 2, 3, 4].map((id) => contact(id, SINCE)) };
    asked.push(body.inputs.map(({ id }) => id));
    return { results: body.inputs.map(({ id }) => contact(id, SINCE, { a_rather_long_property_7: `seven of ${id}` })) };
  });
  const handed: string[][] = [];
  const few: Few = async (ids, ask) => {
    handed.push([...ids]);
    const left = ids.filter((id) => id !== "3");
    return [...(await ask(left.slice(0, 2))), ...(await ask(left.slice(2)))];
  };
  for (const since of [null, SINCE]) {
    const list = await pages(contacts.pull(portal.api, { ...asking({ fields, since }), few }));
    assert.deepEqual(idsOf(list), ["1", "2", "4"]);
    assert.equal(list[0]!.records[2]!.fields["a_rather_long_property_7"], "seven of 4");
    assert.deepEqual(handed.splice(0), [["1", "2", "3", "4"]]);
    assert.deepEqual(asked.splice(0), [["1", "2"], ["4"]]);
  }
});

/** An account whose search keeps to the vendor's rules: filters, one sort, pages of 200 from an offset, and no row beyond 10,000. */
function searching(rows: readonly { id: number; at: number }[], seenOffsets: string[] = []) {
  return ({ body }: Request): unknown => {
    seenOffsets.push(body.after ?? "0");
    const [sort] = body.sorts;
    const value = (row: { id: number; at: number }, name: string): number =>
      name === "hs_object_id" ? row.id : row.at;
    const found = rows.filter((row) =>
      body.filterGroups[0]!.filters.every(({ propertyName, operator, value: given }) => {
        const own = value(row, propertyName!);
        return operator === "GTE"
          ? own >= Number(given)
          : operator === "GT"
            ? own > Number(given)
            : own === Number(given);
      }),
    );
    // Within one key the order is anybody's: here it is against the order of ids.
    const sorted = found.toSorted((a, b) => value(a, sort!.propertyName) - value(b, sort!.propertyName) || b.id - a.id);
    const start = Number(body.after ?? 0);
    const page = sorted.slice(start, start + Number(body.limit));
    const more = start + page.length < sorted.length;
    return {
      total: sorted.length,
      results: page.map(({ id, at }) => contact(id, at)),
      ...(more ? { paging: { next: { after: String(start + page.length) } } } : {}),
    };
  };
}

test("changes are searched from stamp to stamp, and every one is shown once", async () => {
  const rows = Array.from({ length: 1_000 }, (_, index) => ({ id: 9_000 - index, at: SINCE + Math.floor(index / 3) }));
  const offsets: string[] = [];
  await using portal = await createPortal(searching(rows, offsets));
  const list = await pages(contacts.pull(portal.api, asking({ since: SINCE })));
  const ids = idsOf(list);
  assert.equal(ids.length, 1_000);
  assert.equal(new Set(ids).size, 1_000);
  assert.deepEqual([...new Set(offsets)], ["0"]);
  // Rows of a page's last stamp come twice: three at most here, so one page more than the least.
  assert.equal(portal.seen.length, 6);
  assert.deepEqual(portal.seen[0]!.body.filterGroups, [
    { filters: [{ propertyName: "lastmodifieddate", operator: "GTE", value: String(SINCE) }] },
  ]);
  assert.equal(list.at(-1)!.watermark, NOW - contacts.overlapMs);
});

test("where the properties make a search too long, it says which records changed, and batch reads say the rest", async () => {
  const fields = ["email", ...Array.from({ length: 130 }, (_, index) => `custom_property_number_${index}`)];
  const rows = Array.from({ length: 230 }, (_, index) => contact(index + 1, SINCE + 1_000 * index));
  await using portal = await createPortal((request, response) => {
    if (request.path.endsWith("/batch/read"))
      // In whatever order; one was archived meanwhile.
      return {
        results: rows
          .filter(({ id }) => id !== "7" && request.body.inputs.some((one) => one.id === id))
          .map((row) => ({ ...row, properties: { ...row.properties, custom_property_number_129: `x${row.id}` } }))
          .toReversed(),
        errors: [],
      };
    if (request.text.length > 3_000) return refuse(response, 400, "VALIDATION_ERROR");
    assert.deepEqual(request.body.properties, ["lastmodifieddate"]);
    const from = Number(request.body.filterGroups[0]!.filters[0]!["value"]);
    const left = rows.filter((row) => Date.parse(row.properties["lastmodifieddate"]!) >= from);
    return { results: left.slice(0, 200), ...(left.length > 200 ? { paging: { next: { after: "200" } } } : {}) };
  });
  const shown = await pages(contacts.pull(portal.api, asking({ fields, since: SINCE })));
  const records = shown.flatMap((page) => page.records);
  assert.deepEqual(
    records.map(({ id }) => Number(id)).toSorted((a, b) => a - b),
    rows.map(({ id }) => Number(id)).filter((id) => id !== 7),
  );
  assert.equal(records.find(({ id }) => id === "12")!.fields["custom_property_number_129"], "x12");
  assert.equal(portal.seen.filter(({ path }) => path.endsWith("/batch/read")).length, 3);
});

test("a row that changes while changes are read takes no other row away with it", async () => {
  const rows = Array.from({ length: 450 }, (_, index) => ({ id: index + 1, at: SINCE + index }));
  const answer = searching(rows);
  await using portal = await createPortal((request) => {
    const said = answer(request);
    // Somebody edits rows that were just shown: they move to the end of the order.
    for (const row of rows.slice(0, 20)) row.at = SINCE + 100_000 + row.id;
    return said;
  });
  const ids = idsOf(await pages(contacts.pull(portal.api, asking({ since: SINCE }))));
  assert.equal(new Set(ids).size, 450);
});

test("more rows of one stamp than a search can show are read by their ids, and what lies behind them too", async () => {
  const imported = Array.from({ length: 10_500 }, (_, index) => ({ id: 20_000 + index, at: SINCE + 5 }));
  const others = [
    { id: 1, at: SINCE + 1 },
    { id: 99_999, at: SINCE + 6 },
  ];
  await using portal = await createPortal(searching([...imported, ...others]));
  const ids = idsOf(await pages(contacts.pull(portal.api, asking({ since: SINCE }))));
  assert.equal(new Set(ids).size, 10_502);
  assert.ok(ids.includes("99999"));
});

test("an increment cut short within a stamp goes on at its last id", async () => {
  const rows = Array.from({ length: 700 }, (_, index) => ({ id: 1_000 + index, at: SINCE }));
  await using portal = await createPortal(searching(rows));
  const first: string[] = [];
  let cursor: Json = null;
  for await (const page of contacts.pull(portal.api, asking({ since: SINCE }))) {
    first.push(...page.records.map((record) => record.id));
    cursor = JSON.parse(JSON.stringify(page.cursor)) as Json;
    if (portal.seen.length === 2) break;
  }
  const rest = await pages(contacts.pull(portal.api, asking({ cursor })));
  assert.equal(new Set([...first, ...idsOf(rest)]).size, 700);
  assert.equal(portal.seen[2]!.body.filterGroups[0]!.filters[1]!["value"], "1199");
  assert.equal(rest.at(-1)!.watermark, NOW - contacts.overlapMs);
});

test("the watermark is the vendor's time less the overlap, and never ahead of our clock or of the vendor's", async () => {
  await using portal = await createPortal(() => ({ total: 0, results: [] }));
  const mark = async (since: number, now: number) =>
    (await pages(contacts.pull(portal.api, asking({ since, now }))))[0]!.watermark;
  assert.equal(await mark(SINCE, NOW + HOUR), NOW - contacts.overlapMs);
  assert.equal(await mark(SINCE, NOW - 600_000), NOW - 600_000 - contacts.overlapMs);
  // The connection was made by a clock that is ahead: what is changed until the vendor gets there must not be passed over.
  assert.equal(await mark(NOW + 3_000_000, NOW + HOUR), NOW - contacts.overlapMs);
});

test("an answer without its list is not an empty one", async () => {
  await using portal = await createPortal(() => ({}));
  assert.equal((await thrown(pages(contacts.pull(portal.api, asking({ since: SINCE }))))).code, "vendor.bad_answer");
});

test("ids that a merge swallowed are shown as leading to the survivor, in a page and when they are read", async () => {
  const survivor = contact(50, SINCE, { hs_merged_object_ids: "7;8" });
  await using portal = await createPortal(({ path }) =>
    path.endsWith("/search") ? { total: 1, results: [survivor] } : { status: "COMPLETE", results: [survivor] },
  );
  const [page] = await pages(contacts.pull(portal.api, asking({ since: SINCE })));
  assert.deepEqual(
    page!.records.map(({ id, mergedInto }) => [id, mergedInto]),
    [
      ["7", "50"],
      ["8", "50"],
      ["50", undefined],
    ],
  );
  const read = await contacts.read!(portal.api, { ids: ["8", "50", "9"], fields: ["email"], signal: never });
  assert.deepEqual(
    read.map((record) => record && [record.id, record.mergedInto]),
    [["8", "50"], ["50", undefined], null],
  );
});

test("a person is met as a contact when there is a deal or a sale, else as a lead", async () => {
  const stages = ["subscriber", "lead", "salesqualifiedlead", "opportunity", "customer", "4711", null];
  await using portal = await createPortal(() => ({
    results: stages.map((lifecyclestage, index) => contact(index + 1, SINCE, { lifecyclestage })),
  }));
  const [page] = await pages(contacts.pull(portal.api, asking()));
  assert.deepEqual(
    page!.records.map((record) => record.stage),
    ["lead", "lead", "lead", "contact", "contact", "lead", "lead"],
  );
});

test("archived records since the last look are shown as deleted, and the list is asked for once in ten minutes", async () => {
  const archived = (id: number, at: number) => ({
    ...contact(id, SINCE),
    archived: true,
    archivedAt: new Date(at).toISOString(),
  });
  await using portal = await createPortal(({ query }) =>
    query.get("after") === null
      ? { results: [archived(1, SINCE - HOUR), archived(2, SINCE)], paging: { next: { after: "2" } } }
      : { results: [{ ...archived(3, NOW), properties: { winston_id: "0198a1b2-c3d4-7e5f-8a9b-000000000003" } }] },
  );
  const list = await pages(contacts.pullDeleted!(portal.api, asking({ since: SINCE - 1, now: NOW })));
  assert.deepEqual(idsOf(list), ["2", "3"]);
  assert.ok(list.flatMap((page) => page.records).every((record) => record.deleted));
  assert.equal(portal.seen[0]!.query.get("archived"), "true");
  assert.match(portal.seen[0]!.query.get("properties")!, /winston_id/u);
  assert.deepEqual(
    list.flatMap((page) => page.records).map((record) => record.handle),
    [undefined, "0198a1b2-c3d4-7e5f-8a9b-000000000003"],
  );
  assert.equal(list.at(-1)!.watermark, NOW - contacts.overlapMs);
  const asked = portal.seen.length;
  const [soon] = await pages(
    contacts.pullDeleted!(portal.api, asking({ since: list.at(-1)!.watermark!, now: NOW + 60_000 })),
  );
  assert.deepEqual([portal.seen.length, soon!.records, soon!.watermark], [asked, [], list.at(-1)!.watermark]);
});

test("records that are not there are null, and any other trouble in a batch is not taken for that", async () => {
  let category = "OBJECT_NOT_FOUND";
  await using portal = await createPortal(({ body }, response) => {
    response.statusCode = 207;
    return {
      status: "COMPLETE",
      results: [contact(body.inputs[0]!.id, SINCE)],
      numErrors: 1,
      errors: [{ status: "error", category, message: "Could not get some objects", context: { ids: ["2"] } }],
    };
  });
  const asked = { ids: ["1", "2"], fields: ["email"], signal: never };
  assert.deepEqual(
    (await contacts.read!(portal.api, asked)).map((record) => record?.id ?? null),
    ["1", null],
  );
  category = "INTERNAL_ERROR";
  assert.equal((await thrown(contacts.read!(portal.api, asked))).code, "vendor.bad_answer");
});

test("handles are found by a batch read, which knows at once what a search shows late", async () => {
  await using portal = await createPortal(({ body }) => ({
    results: body.inputs.map(({ id }, index) => contact(60 + index, SINCE, { winston_id: id })),
  }));
  const handles = Array.from(
    { length: 150 },
    (_, index) => `0198a1b2-c3d4-7e5f-8a9b-${String(index).padStart(12, "0")}`,
  );
  const found = await contacts.find!(portal.api, { handles, fields: [], signal: never });
  assert.deepEqual(
    found.map((record) => record.handle),
    handles,
  );
  assert.equal(portal.seen[0]!.body["idProperty"], "winston_id");
  assert.deepEqual(
    portal.seen.map(({ body }) => body.inputs.length),
    [100, 50],
  );
});

test("the primary company is read from the property where the account shows it", async () => {
  await using portal = await createPortal(() => ({
    results: [contact(1, SINCE, { associatedcompanyid: "700" }), contact(2, SINCE, { associatedcompanyid: null })],
  }));
  const [page] = await pages(contacts.pull(portal.api, asking({ fields: ["associations.company"] })));
  assert.deepEqual(
    page!.records.map((record) => record.fields),
    [{ "associations.company": "700" }, { "associations.company": null }],
  );
  assert.equal(portal.seen.length, 1);
});

test("without that property a list brings associations along, and only what it leaves open is read", async () => {
  const tied = (...list: [string, string][]) => ({ companies: { results: list.map(([id, type]) => ({ id, type })) } });
  await using portal = await createPortal(({ path }) =>
    path.startsWith("/associations")
      ? {
          results: [
            {
              from: { id: "4" },
              to: [
                { toObjectId: 900, associationTypes: [{ typeId: 279 }] },
                { toObjectId: 901, associationTypes: [{ typeId: 1 }, { typeId: 279 }] },
              ],
            },
          ],
        }
      : {
          results: [
            {
              ...contact(1, SINCE),
              associations: tied(
                ["800", "contact_to_company"],
                ["800", "contact_to_company_unlabeled"],
                ["801", "contact_to_company_unlabeled"],
              ),
            },
            contact(2, SINCE),
            { ...contact(3, SINCE), associations: tied(["802", "contact_to_company_unlabeled"]) },
            {
              ...contact(4, SINCE),
              associations: {
                companies: { ...tied(["900", "contact_to_company"]).companies, paging: { next: { after: "1" } } },
              },
            },
          ],
        },
  );
  const [page] = await pages(contacts.pull(portal.api, asking({ fields: ["associations.company"] })));
  assert.deepEqual(
    page!.records.map((record) => record.fields["associations.company"]),
    ["800", null, null, "901"],
  );
  assert.equal(portal.seen[0]!.query.get("associations"), "companies");
  assert.deepEqual(
    portal.seen[1]!.body.inputs.map(({ id }) => id),
    ["4"],
  );
});

test("a search's associations are read in one batch; none is null, and trouble with one says nothing", async () => {
  let subCategory = "crm.associations.NO_ASSOCIATIONS_FOUND";
  await using portal = await createPortal(({ path }, response) => {
    if (path.endsWith("/search")) return { total: 2, results: [contact(1, SINCE), contact(2, SINCE)] };
    response.statusCode = 207;
    return {
      results: [
        {
          from: { id: "1" },
          to: [{ toObjectId: "800", associationTypes: [{ category: "HUBSPOT_DEFINED", typeId: 1, label: "Primary" }] }],
        },
      ],
      errors: [
        { status: "error", category: "OBJECT_NOT_FOUND", subCategory, message: "x", context: { fromObjectId: ["2"] } },
      ],
    };
  });
  const fields = ["associations.company"];
  const [page] = await pages(contacts.pull(portal.api, asking({ fields, since: SINCE })));
  assert.deepEqual(
    page!.records.map((record) => record.fields),
    [{ "associations.company": "800" }, { "associations.company": null }],
  );
  assert.equal(portal.seen[1]!.fullPath, "/crm/associations/2026-09/contacts/companies/batch/read");
  subCategory = "crm.associations.NOBODY_KNOWS";
  await using other = await createPortal(({ path }, response) => {
    if (path.endsWith("/search")) return { total: 2, results: [contact(1, SINCE)] };
    response.statusCode = 207;
    return { results: [], errors: [{ category: "INTERNAL_ERROR", subCategory, message: "x" }] };
  });
  const [open] = await pages(contacts.pull(other.api, asking({ fields, since: SINCE })));
  assert.deepEqual(open!.records[0]!.fields, {});
});

test("a deal says its contact only where it has one, and a company its parent", async () => {
  const to = (ids: number[], typeId: number) =>
    ids.map((toObjectId) => ({ toObjectId, associationTypes: [{ typeId }] }));
  await using portal = await createPortal(({ path }) => {
    if (path === "/associations/deals/contacts/batch/read")
      return {
        results: [
          { from: { id: "1" }, to: to([70], 3) },
          { from: { id: "2" }, to: to([70, 71], 3) },
        ],
      };
    if (path === "/associations/companies/companies/batch/read")
      return { results: [{ from: { id: "1" }, to: [...to([90], 13), ...to([91], 14)] }] };
    return {
      total: 3,
      results: [1, 2, 3].map((id) => ({ ...contact(id, SINCE), properties: { hs_lastmodifieddate: String(SINCE) } })),
    };
  });
  const [deals] = await pages(deal.pull(portal.api, asking({ fields: ["associations.contact"], since: SINCE })));
  assert.deepEqual(
    deals!.records.map((record) => record.fields),
    [{ "associations.contact": "70" }, {}, { "associations.contact": null }],
  );
  assert.equal(deals!.records[0]!.changedAt, SINCE);
  const [companies] = await pages(company.pull(portal.api, asking({ fields: ["associations.parent"], since: SINCE })));
  assert.deepEqual(
    companies!.records.map((record) => record.fields["associations.parent"]),
    ["91", null, null],
  );
});

const PIPELINES = {
  results: [
    {
      id: "default",
      label: "Sales",
      displayOrder: 0,
      stages: [
        { id: "closedwon", label: "Closed Won", displayOrder: 1, metadata: { isClosed: "true", probability: "1.0" } },
        {
          id: "appointmentscheduled",
          label: "First talk",
          displayOrder: 0,
          metadata: { isClosed: "false", probability: "0.07" },
        },
      ],
    },
    {
      id: "881",
      label: "Renewals",
      displayOrder: 1,
      stages: [
        { id: "9911", label: "Closed Lost", displayOrder: 0, metadata: { isClosed: "true", probability: "0.0" } },
      ],
    },
  ],
};

test("a deal's stage tells its probability in percent, and whether it is closed and won; one that was removed tells nothing", async () => {
  await using portal = await createPortal(({ path }) =>
    path.startsWith("/pipelines")
      ? PIPELINES
      : {
          results: ["appointmentscheduled", "closedwon", "9911", "removed", null].map((dealstage, index) => ({
            id: String(index),
            properties: { hs_lastmodifieddate: "2026-01-05T08:00:00Z", dealstage },
          })),
        },
  );
  const fields = ["stage.label", "stage.pipeline", "stage.probability", "stage.closed", "stage.won"];
  const list = await pages(deal.pull(portal.api, asking({ fields })));
  assert.deepEqual(
    list[0]!.records.map((record) => fields.map((name) => record.fields[name])),
    [
      ["First talk", "Sales", 7, false, false],
      ["Closed Won", "Sales", 100, true, true],
      ["Closed Lost", "Renewals", 0, true, false],
      [undefined, undefined, undefined, undefined, undefined],
      [null, null, null, null, null],
    ],
  );
  await pages(deal.pull(portal.api, asking({ fields })));
  assert.equal(portal.seen.filter(({ path }) => path.startsWith("/pipelines")).length, 1);
});

test("a deal's stages are read with the times they began, where a mapping asks for them", async () => {
  await using portal = await createPortal(({ path, body }) =>
    path.endsWith("/batch/read")
      ? {
          results: body.inputs.map(({ id }) => ({
            id,
            properties: {},
            propertiesWithHistory: {
              dealstage: [
                { value: "closedwon", timestamp: "2026-01-04T10:00:00Z", sourceType: "CRM_UI" },
                { value: "appointmentscheduled", timestamp: "2026-01-02T10:00:00.5Z", sourceType: "CRM_UI" },
              ],
            },
          })),
        }
      : { results: [{ id: "1", properties: { hs_lastmodifieddate: "2026-01-05T08:00:00Z" } }] },
  );
  const [page] = await pages(deal.pull(portal.api, asking({ fields: ["history.dealstage"] })));
  assert.deepEqual(page!.records[0]!.fields["history.dealstage"], [
    { value: "appointmentscheduled", at: "2026-01-02T10:00:00.500Z" },
    { value: "closedwon", at: "2026-01-04T10:00:00.000Z" },
  ]);
  assert.deepEqual(portal.seen[1]!.body["propertiesWithHistory"], ["dealstage"]);
});

test("a close date is the day it was in the account's zone", async () => {
  await using portal = await createPortal(
    () => ({
      results: ["2026-03-31T23:30:00Z", "1774994400000", "2026-03-31", null].map((closedate, index) => ({
        id: String(index),
        properties: { hs_lastmodifieddate: "2026-01-05T08:00:00Z", closedate },
      })),
    }),
    { timeZone: "Europe/Berlin" },
  );
  const [page] = await pages(deal.pull(portal.api, asking({ fields: ["closedate"] })));
  assert.deepEqual(
    page!.records.map((record) => record.fields["closedate"]),
    ["2026-04-01", "2026-04-01", "2026-03-31", null],
  );
});

test("owners who left are listed apart and shown as inactive; all are read whole each time", async () => {
  const person = (id: string, more = {}) => ({
    id,
    email: `${id}@example.com`,
    type: "PERSON",
    firstName: "Ada",
    lastName: id,
    userId: 5,
    updatedAt: "2026-01-01T00:00:00Z",
    ...more,
  });
  await using portal = await createPortal(({ query }) => {
    if (query.get("archived") === "true")
      return { results: [person("3", { userId: null, userIdIncludingInactive: 6, archived: true })] };
    return query.get("after")
      ? { results: [person("2", { type: "QUEUE", firstName: "", lastName: "" })] }
      : { results: [person("1")], paging: { next: { after: "x" } } };
  });
  const list = await pages(
    owner.pull(portal.api, asking({ fields: ["name", "email", "active", "userId"], since: SINCE })),
  );
  assert.deepEqual(
    list.flatMap((page) => page.records.map((record) => [record.id, ...Object.values(record.fields)])),
    [
      ["1", "Ada 1", "1@example.com", true, "5"],
      ["2", null, null, true, "5"],
      ["3", "Ada 3", "3@example.com", false, "6"],
    ],
  );
  const read = await owner.read!(portal.api, { ids: ["3", "9"], fields: ["active"], signal: never });
  assert.deepEqual(
    read.map((record) => record?.fields["active"] ?? null),
    [false, null],
  );
});

test("a search that the account's window refuses waits and goes on", async () => {
  let refusals = 2;
  await using portal = await createPortal((_request, response) =>
    refusals-- > 0
      ? refuse(response, 429, "RATE_LIMITS", "You have reached your secondly limit.", {
          policyName: "SECONDLY",
          errorType: "RATE_LIMIT",
        })
      : { total: 1, results: [contact(1, SINCE)] },
  );
  assert.deepEqual(idsOf(await pages(contacts.pull(portal.api, asking({ since: SINCE })))), ["1"]);
  assert.equal(portal.seen.length, 3);
});
