// Pairs that may be one thing, and what a person says about them. Taking a record out again stands with the records.
import { z } from "zod";
import { WinstonError } from "../../base/errors.ts";
import { KINDS } from "../../mapping/kinds.ts";
import type { DuplicateView, StoredRecord } from "../../sync/types.ts";
import { pageOf, readCursor } from "../cursor.ts";
import { isWinstonId } from "../input.ts";
import { isoTime, recordShower } from "../output.ts";
import type { HttpOptions } from "../ports.ts";
import { route } from "../route.ts";
import type { Route } from "../route.ts";
import type { Book, Common } from "../schemas.ts";

const STATES = ["open", "same", "different"] as const;

export function duplicateRoutes(options: Pick<HttpOptions, "duplicates">, book: Book, common: Common): Route[] {
  const { duplicates } = options;
  const { named, said } = book;
  const side = said(
    z.looseObject({ id: z.uuid(), externalId: z.string().nullable() }),
    "One of the two, as its own resource shows it, with where it lives at vendors.",
  );
  const duplicate = named(
    "Duplicate",
    z.object({
      id: z.uuid(),
      kind: z.string(),
      state: said(z.enum(STATES), "open: nobody has said yet what they are."),
      shared: said(
        z.array(z.object({ key: z.string(), value: z.string() })),
        "Why they may be one: what both are known by.",
      ),
      connection: said(
        z.string().nullable(),
        "The connection that keeps only one of the two and refused the other; null where they look alike by themselves.",
      ),
      left: side,
      right: side,
      foundAt: common.time,
    }),
  );

  const merged = z.object({
    connection: z.string(),
    stream: z.string(),
    kept: said(z.string(), "The vendor's id of the record that took in the other."),
    lost: z.string(),
    survivor: said(z.string(), "Where both are now: the record kept, unless the vendor made a new one of both."),
  });

  return [
    route({
      method: "GET",
      url: "/api/duplicates",
      scope: "records:read",
      operationId: "listDuplicates",
      tag: "duplicates",
      summary: "List pairs that may be one thing, oldest first",
      query: z.strictObject({
        state: said(z.enum(STATES).default("open"), "Those nobody has decided yet when absent."),
        limit: common.limit,
        cursor: common.cursor,
      }),
      answers: { 200: { description: "A page of pairs.", schema: common.page("DuplicatePage", duplicate) } },
      handle: async ({ query }) => {
        const rows = await duplicates.list({
          state: query.state,
          limit: query.limit + 1,
          after: readCursor("duplicates", query.cursor),
        });
        return {
          status: 200,
          body: pageOf(rows, { listing: "duplicates", limit: query.limit, mark: (row) => row.id, show: showDuplicate }),
        };
      },
    }),
    route({
      method: "GET",
      url: "/api/duplicates/:id",
      scope: "records:read",
      operationId: "getDuplicate",
      tag: "duplicates",
      summary: "One pair, with both records whole",
      params: z.object({ id: common.asked }),
      answers: { 200: { description: "The pair, whatever was decided.", schema: duplicate } },
      handle: async ({ params: { id } }) => ({
        status: 200,
        body: showDuplicate(await duplicates.get(pairNamed(id))),
      }),
    }),
    route({
      method: "POST",
      url: "/api/duplicates/:id",
      scope: "records:write",
      operationId: "decideDuplicate",
      tag: "duplicates",
      summary: "Say whether a pair is one thing",
      description:
        "`same`: one takes in the other; blanks fill, and every value that loses is in the conflict ledger. Refused (409) where both live at one connection: they are merged there, by POST /api/duplicates/{id}/merge where the vendor offers it. `different`: nobody is asked again.",
      params: z.object({ id: common.asked }),
      body: named("DuplicateDecision", z.strictObject({ decision: z.enum(["same", "different"]) }), {
        examples: [{ decision: "same" }],
      }),
      answers: { 200: { description: "The pair as it is now.", schema: duplicate } },
      handle: async ({ params, body, caller }) => {
        const pair = await duplicates.decide(pairNamed(params.id), body.decision, `key:${caller.name}`);
        return { status: 200, body: showDuplicate(pair) };
      },
    }),
    route({
      method: "POST",
      url: "/api/duplicates/:id/merge",
      scope: "records:write",
      operationId: "mergeDuplicate",
      tag: "duplicates",
      summary: "Merge the two records of a pair at their vendor",
      description:
        "At every connection where both live, in the order the connections were made; then the pair is one, and no value is lost. Refused (409) before anything is sent where they live at no connection together, or one of the connections cannot or may not merge: the sentence says what to do. A vendor's own refusal (502) says what was merged before it.",
      params: z.object({ id: common.asked }),
      body: named(
        "DuplicateMergeInput",
        z.strictObject({
          keep: said(
            z.enum(["left", "right"]).optional(),
            "Which of the two stays. By itself the older does, except that a contact takes in a lead.",
          ),
        }),
        { examples: [{ keep: "left" }] },
      ),
      answers: {
        200: {
          description: "The pair as it is now, and what was merged where.",
          schema: named("DuplicateMerge", z.object({ pair: duplicate, merged: z.array(merged) })),
        },
      },
      handle: async ({ params, body, caller }) => {
        const done = await duplicates.merge(pairNamed(params.id), body.keep, `key:${caller.name}`);
        return { status: 200, body: { pair: showDuplicate(done.pair), merged: done.merged } };
      },
    }),
  ];
}

/** The id of a pair. Throws not.found for what cannot be one. */
function pairNamed(id: string): string {
  if (isWinstonId(id)) return id;
  throw new WinstonError(
    "not.found",
    `There is no pair ${JSON.stringify(id)}; \`winston duplicates list\` (GET /api/duplicates) shows them.`,
  );
}

const showSide = (record: StoredRecord): object =>
  recordShower(KINDS[record.kind as keyof typeof KINDS].fields)(record);

const showDuplicate = ({ left, right, foundAt, ...pair }: DuplicateView): object => ({
  ...pair,
  left: showSide(left),
  right: showSide(right),
  foundAt: isoTime(foundAt),
});
