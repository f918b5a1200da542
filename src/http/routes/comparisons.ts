// Comparisons of streams with their vendors, and what they found to be different.
import { z } from "zod";
import { CAUSES } from "../../sync/causes.ts";
import type { ComparisonView, DifferenceView } from "../../sync/types.ts";
import { pageOf, readCursor } from "../cursor.ts";
import { isoOrNull, isoTime } from "../output.ts";
import type { HttpOptions } from "../ports.ts";
import { route } from "../route.ts";
import type { Route } from "../route.ts";
import type { Book, Common } from "../schemas.ts";

export function comparisonRoutes(options: Pick<HttpOptions, "comparisons">, book: Book, common: Common): Route[] {
  const { comparisons } = options;
  const { named, said } = book;
  const causes = Object.keys(CAUSES) as [keyof typeof CAUSES];
  const which = {
    connection: said(common.asked.optional(), "Only streams of this connection, by id or name."),
    stream: said(common.asked.optional(), "Only streams of this key, such as lead."),
  };
  const comparison = named(
    "Comparison",
    z.object({
      id: z.uuid(),
      connection: z.string(),
      stream: z.string(),
      state: said(z.enum(["asked", "running", "done"]), "asked: not begun yet."),
      askedBy: said(z.string(), "Who asked; schedule: the clock, once a day."),
      depth: said(
        z.enum(["versions", "fields"]),
        "versions: records are told apart by what the vendor says of their version. fields: all fields of all records are read.",
      ),
      repair: said(
        z.enum(["none", "reads", "all"]),
        "reads: what was missed is read, as the daily one does. all: what is owed is tried again, too.",
      ),
      askedAt: common.time,
      startedAt: common.timeOrNull,
      endedAt: common.timeOrNull,
      againAt: said(common.timeOrNull, "When what was being edited is looked at again."),
      there: said(z.int().nullable(), "Records as the vendor counts them; null where it does not tell."),
      listed: said(z.int(), "Records as the vendor listed them."),
      differences: z.int(),
      repaired: said(z.int(), "Of the differences, those that something was done about."),
      moving: said(z.int(), "Records that were being edited: no differences."),
      requests: said(z.int(), "API calls it cost."),
      note: said(z.string().nullable(), "What could not be judged."),
      error: said(
        z.object({ code: z.string(), message: z.string() }).nullable(),
        "Why its last run failed, while it is under way; it is tried again by itself.",
      ),
      causes: said(
        z.array(
          z.object({
            cause: z.string(),
            title: z.string(),
            words: z.string(),
            act: said(z.string().nullable(), "What to do about it."),
            count: z.int(),
            repaired: z.int(),
          }),
        ),
        "What it found by cause; of the last comparison of its stream.",
      ),
    }),
  );
  const difference = named(
    "Difference",
    z.object({
      id: z.string(),
      comparisonId: z.uuid(),
      connection: z.string(),
      stream: z.string(),
      kind: z.string(),
      cause: z.string(),
      message: z.string(),
      act: z.string().nullable(),
      field: z.string().nullable(),
      recordId: said(z.string().nullable(), "The vendor's id."),
      entityId: said(z.string().nullable(), "Winston's id."),
      there: said(z.unknown(), "The vendor's value, where it is one field."),
      here: said(z.unknown(), "Winston's."),
      firstAt: said(common.time, "When a comparison found it first."),
      foundAt: common.time,
      repairedAt: said(common.timeOrNull, "When something was done about it."),
    }),
  );
  const started = common.all("ComparisonList", comparison);

  return [
    route({
      method: "POST",
      url: "/api/comparisons",
      scope: "runs:write",
      operationId: "startComparisons",
      tag: "comparisons",
      summary: "Compare streams with their vendors",
      description:
        "One comparison for each stream that is meant; without a body, all there are. It lists what the vendor has, reads what is not the same once more, and tells each difference with its cause. Nothing is written, unless `repair` lets what is owed be tried again.",
      body: named(
        "CompareInput",
        z.strictObject({
          ...which,
          repair: said(
            z.boolean().optional(),
            "What was missed is read, what is owed is tried again. What a person must decide is only listed.",
          ),
          depth: said(z.enum(["versions", "fields"]).optional(), "fields when absent."),
        }),
        { examples: [{ connection: "acme", stream: "lead" }] },
      ).nullish(),
      answers: { 202: { description: "The comparisons, which run now.", schema: started } },
      handle: async ({ body, caller }) => {
        const { repair = false, depth = "fields", ...streams } = body ?? {};
        const found = await comparisons.start(streams, { repair, depth }, `key:${caller.name}`);
        return { status: 202, body: { data: found.map(showComparison) } };
      },
    }),
    route({
      method: "GET",
      url: "/api/comparisons",
      scope: "runs:read",
      operationId: "listComparisons",
      tag: "comparisons",
      summary: "List comparisons, newest first",
      query: z.strictObject({
        ...which,
        last: said(common.flag, "Of each stream only the newest that has begun."),
        limit: common.limit,
        cursor: common.cursor,
      }),
      answers: { 200: { description: "A page of comparisons.", schema: common.page("ComparisonPage", comparison) } },
      handle: async ({ query: { limit, cursor, last = false, ...streams } }) => {
        const after = readCursor("comparisons", cursor);
        const rows = await comparisons.list({ ...streams, last, limit: limit + 1, after });
        return {
          status: 200,
          body: pageOf(rows, { listing: "comparisons", limit, mark: (row) => row.id, show: showComparison }),
        };
      },
    }),
    route({
      method: "GET",
      url: "/api/comparisons/:id",
      scope: "runs:read",
      operationId: "getComparison",
      tag: "comparisons",
      summary: "One comparison",
      params: z.object({ id: common.asked }),
      answers: { 200: { description: "The comparison.", schema: comparison } },
      handle: async ({ params: { id } }) => ({ status: 200, body: showComparison(await comparisons.get(id)) }),
    }),
    route({
      method: "GET",
      url: "/api/differences",
      scope: "runs:read",
      operationId: "listDifferences",
      tag: "comparisons",
      summary: "List what the last comparison of each stream found",
      query: z.strictObject({
        ...which,
        cause: said(z.enum(causes).optional(), "Only those of this cause."),
        limit: common.limit,
        cursor: common.cursor,
      }),
      answers: { 200: { description: "A page of differences.", schema: common.page("DifferencePage", difference) } },
      handle: async ({ query: { limit, cursor, ...query } }) => {
        const after = readCursor("differences", cursor, (text) => /^\d{1,18}$/u.test(text));
        const rows = await comparisons.differences({ ...query, limit: limit + 1, after });
        return {
          status: 200,
          body: pageOf(rows, { listing: "differences", limit, mark: (row) => row.id, show: showDifference }),
        };
      },
    }),
  ];
}

const showComparison = (one: ComparisonView): object => ({
  ...one,
  askedAt: isoTime(one.askedAt),
  startedAt: isoOrNull(one.startedAt),
  endedAt: isoOrNull(one.endedAt),
  againAt: isoOrNull(one.againAt),
});
const showDifference = (one: DifferenceView): object => ({
  ...one,
  firstAt: isoTime(one.firstAt),
  foundAt: isoTime(one.foundAt),
  repairedAt: isoOrNull(one.repairedAt),
});
