// The conflict ledger: what both sides said, who won; and a person's word on what is open, or on what lost.
import { z } from "zod";
import { WinstonError } from "../../base/errors.ts";
import type { ConflictView, Take } from "../../sync/types.ts";
import { pageOf, readCursor } from "../cursor.ts";
import { isWinstonId } from "../input.ts";
import { isoOrNull, isoTime } from "../output.ts";
import type { HttpOptions } from "../ports.ts";
import { route } from "../route.ts";
import type { Caller, Route } from "../route.ts";
import type { Book, Common } from "../schemas.ts";

/** Conflicts that one call takes. */
const TAKEN_MAX = 2_000;

export function conflictRoutes(options: Pick<HttpOptions, "runs" | "conflicts">, book: Book, common: Common): Route[] {
  const { runs, conflicts } = options;
  const { named, said } = book;
  const conflict = named(
    "Conflict",
    z.object({
      id: z.string(),
      entityId: said(z.string(), "Winston's id of the record."),
      kind: z.string(),
      field: z.string(),
      connection: z.string(),
      stream: z.string(),
      recordId: z.string(),
      baseline: said(z.unknown(), "What both sides last agreed on."),
      winston: said(z.unknown(), "What Winston had."),
      record: said(z.unknown(), "What the vendor's record had."),
      winner: said(
        z.enum(["winston", "record", "given", "open", "moot"]),
        "open: a person is asked, and neither side moves. given: somebody gave a third value. moot: nobody need decide any more, because both sides agree, the record is gone, or it was asked anew about other values.",
      ),
      given: said(z.unknown(), "The third value, where that was taken."),
      rule: z.string(),
      at: common.time,
      decidedBy: said(z.string().nullable(), "Who decided an open one."),
      decidedAt: common.timeOrNull,
      restoredBy: said(z.string().nullable(), "Who put the losing value back."),
      restoredAt: common.timeOrNull,
      title: said(z.string().nullable(), "What a person knows the record by."),
      names: said(
        z.record(z.string(), z.string()),
        "Of the things that the values of a reference field name: by id, what a person knows them by.",
      ),
    }),
  );
  const taking = {
    take: said(
      z.enum(["winston", "record"]).optional(),
      "Whose value is taken. Without it and without `value` the losing value of a decided conflict is put back.",
    ),
    value: said(z.unknown().optional(), "Another value than both, for an open conflict; null clears the field."),
    force: said(z.boolean().optional(), "Put a losing value back also over a later edit."),
  };
  const whatToDo =
    "An open conflict is decided: the value becomes Winston's, the other side is written it, and the same question is not asked again. Of a decided one the losing value is put back, as an edit of yours; refused (409) where the field was edited since, unless forced.";

  return [
    route({
      method: "GET",
      url: "/api/conflicts",
      scope: "runs:read",
      operationId: "listConflicts",
      tag: "conflicts",
      summary: "List conflicts, newest first",
      query: z.strictObject({
        entityId: said(z.uuid().optional(), "Only those of this record, by Winston's id."),
        open: said(common.flag, "Only those that wait for a person."),
        limit: common.limit,
        cursor: common.cursor,
      }),
      answers: { 200: { description: "A page of conflicts.", schema: common.page("ConflictPage", conflict) } },
      handle: async ({ query }) => {
        const rows = await runs.conflicts({
          entityId: query.entityId,
          open: query.open,
          limit: query.limit + 1,
          after: readCursor("conflicts", query.cursor),
        });
        return {
          status: 200,
          body: pageOf(rows, { listing: "conflicts", limit: query.limit, mark: (row) => row.id, show: showConflict }),
        };
      },
    }),
    route({
      method: "GET",
      url: "/api/conflicts/:id",
      scope: "runs:read",
      operationId: "getConflict",
      tag: "conflicts",
      summary: "One conflict",
      params: z.object({ id: common.asked }),
      answers: { 200: { description: "The conflict.", schema: conflict } },
      handle: async ({ params: { id } }) => ({ status: 200, body: showConflict(await conflicts.get(known(id))) }),
    }),
    route({
      method: "POST",
      url: "/api/conflicts/:id/take",
      scope: "records:write",
      operationId: "takeConflict",
      tag: "conflicts",
      summary: "Decide an open conflict, or put a losing value back",
      description: whatToDo,
      params: z.object({ id: common.asked }),
      body: named("ConflictTaking", z.strictObject(taking), {
        examples: [{ take: "record" }, { value: "Ada" }],
      }).nullish(),
      answers: { 200: { description: "The conflict as it is now.", schema: conflict } },
      handle: async ({ params: { id }, body, caller }) => {
        const [taken] = await conflicts.take([known(id)], readTaking(body ?? {}), actor(caller));
        if (taken!.status === "failed") throw new WinstonError(taken!.code, taken!.message);
        return { status: 200, body: showConflict(taken!.conflict) };
      },
    }),
    route({
      method: "POST",
      url: "/api/conflicts/take",
      scope: "records:write",
      operationId: "takeConflicts",
      tag: "conflicts",
      summary: `The same for up to ${TAKEN_MAX} at once`,
      description: `${whatToDo} Always 200: all that can be taken are, in one transaction; \`results\` answers in the order of \`ids\`.`,
      body: named(
        "ConflictsTaking",
        z.strictObject({
          ids: z
            .array(z.string())
            .min(1, "must hold at least one id")
            .max(TAKEN_MAX, `must hold at most ${TAKEN_MAX} ids`),
          ...taking,
        }),
        { examples: [{ ids: ["01890a5d-ac96-774b-bcce-b302099a8057"], take: "winston" }] },
      ),
      answers: {
        200: {
          description: "What became of each.",
          schema: named(
            "ConflictsTaken",
            z.object({
              results: z.array(
                z.object({
                  id: z.string(),
                  status: said(z.enum(["taken", "unchanged", "failed"]), "unchanged: the value was there already."),
                  conflict: conflict.optional(),
                  errors: z.array(common.problem).optional(),
                }),
              ),
              counts: z.object({ taken: z.int(), unchanged: z.int(), failed: z.int() }),
            }),
          ),
        },
      },
      handle: async ({ body, caller }) => {
        const taken = await conflicts.take(body.ids, readTaking(body), actor(caller));
        const counts = { taken: 0, unchanged: 0, failed: 0 };
        const results = taken.map((one, index) => {
          counts[one.status] += 1;
          if (one.status !== "failed") return { ...one, conflict: showConflict(one.conflict) };
          const { id, status, code, message } = one;
          return { id, status, errors: [{ pointer: `/ids/${index}`, code, message }] };
        });
        return { status: 200, body: { results, counts } };
      },
    }),
  ];
}

const actor = (caller: Caller): string => `key:${caller.name}`;

function known(id: string): string {
  if (isWinstonId(id)) return id;
  throw new WinstonError(
    "not.found",
    `There is no conflict ${JSON.stringify(id)}; \`winston conflicts list\` (GET /api/conflicts) shows them.`,
  );
}

function readTaking(body: {
  readonly take?: "winston" | "record" | undefined;
  readonly value?: unknown;
  readonly force?: boolean | undefined;
}): Take {
  if (body.take !== undefined && body.value !== undefined)
    throw new WinstonError(
      "request.invalid",
      "Give `take` or `value`, not both: whose value is taken, or another one.",
      {
        problems: [{ pointer: "/value", code: "request.invalid", message: "stands beside take" }],
      },
    );
  const choice =
    body.take !== undefined ? { side: body.take } : body.value !== undefined ? { value: body.value } : undefined;
  return { choice, force: body.force };
}

const showConflict = (row: ConflictView): object => ({
  ...row,
  at: isoTime(row.at),
  decidedAt: isoOrNull(row.decidedAt),
  restoredAt: isoOrNull(row.restoredAt),
});
