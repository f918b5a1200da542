// Plans: what a sync would write, line by line; and writing exactly that.
import { z } from "zod";
import { WinstonError } from "../../base/errors.ts";
import type { JsonObject } from "../../base/json.ts";
import type { PlanItem, PlanView } from "../../sync/planned.ts";
import { pageOf, readCursor } from "../cursor.ts";
import { isWinstonId } from "../input.ts";
import { isoOrNull, isoTime } from "../output.ts";
import type { HttpOptions } from "../ports.ts";
import { route } from "../route.ts";
import type { Route } from "../route.ts";
import type { Book, Common } from "../schemas.ts";
import { readChoices, type StreamChange } from "./stream-choices.ts";

const CLASSES = ["write", "here", "link", "duplicate", "conflict", "reject", "leave"] as const;
const STATES = ["open", "done", "skipped", "excluded"] as const;

export function planRoutes(
  options: Pick<HttpOptions, "plans">,
  book: Book,
  common: Common,
  choices: StreamChange,
): Route[] {
  const { plans } = options;
  const { named, said } = book;
  const calls = {
    read: said(z.int(), "Sent to compute the plan."),
    first: said(z.int(), "Reading once more what changed, before anything is written, as a sync would do it."),
    toApply: said(z.int(), "What applying it takes: `again` and `writes`. Tries that must be repeated are not in it."),
    again: said(z.int(), "Reading once more what is to be written."),
    writes: said(z.int(), "The calls that write."),
    left: said(
      z.int().nullable(),
      "What the vendor says is left of its day; null where it does not tell, or lets nobody come to its end.",
    ),
  };
  const plan = named(
    "Plan",
    z.object({
      id: z.uuid(),
      state: said(
        z.enum(["computing", "ready", "failed", "applying", "applied"]),
        "ready: it may be applied. applied: every line of class write is done, skipped or excluded.",
      ),
      connection: said(z.string().nullable(), "What it was asked for; null for every connection."),
      stream: z.string().nullable(),
      createdBy: z.string(),
      createdAt: common.time,
      readyAt: common.timeOrNull,
      approvedBy: said(z.string().nullable(), "Who was named for it (`approvedBy` when it was applied), else the key."),
      appliedBy: said(
        z.string().nullable(),
        "The key that applied it, whoever was named; null of a plan that was applied before this was kept.",
      ),
      approvedAt: common.timeOrNull,
      appliedAt: common.timeOrNull,
      undoes: said(z.string().nullable(), "What it undoes, in words; null for the plan of a sync."),
      supposes: said(
        z.string().nullable(),
        "The change of a stream that it shows, in words: it was not made, and such a plan is not applied.",
      ),
      totals: said(
        z.array(
          z.object({
            class: z.enum(CLASSES),
            op: z.string(),
            kind: z.string(),
            connection: z.string().nullable(),
            stream: z.string().nullable(),
            state: z.enum(STATES),
            count: z.int(),
            blanks: said(z.int(), "Values that would be blank afterwards and are not now."),
          }),
        ),
        "How many lines of what.",
      ),
      requests: said(
        z.array(
          z.object({
            connection: z.string(),
            ...calls,
            classes: said(
              z.array(
                z.object({
                  class: z.string(),
                  ...calls,
                  runsDry: said(
                    z
                      .object({
                        afterMs: said(
                          z.int().nullable(),
                          "How long what is left lasts once applying begins; null where nothing tells.",
                        ),
                        renewsAt: said(
                          common.timeOrNull,
                          "When the vendor gives more; null where it does so bit by bit.",
                        ),
                      })
                      .nullable(),
                    "Where what is left does not suffice: the rest waits, and goes on by itself. Else null.",
                  ),
                }),
              ),
              "By limit of the vendor's; a call counts for each limit that it spends from.",
            ),
          }),
        ),
        "API calls, by connection.",
      ),
      waiting: said(
        z
          .object({
            held: said(z.int(), "Writes that wait for whether the record is there already."),
            parked: z.int(),
            conflicts: said(z.int(), "Fields about which a person is asked."),
            duplicates: said(z.int(), "Pairs that may be one thing each."),
            braked: said(z.int(), "Deletions and blankings that the brake holds."),
          })
          .nullable(),
        "What waited for a person in what was read when it was computed, and is therefore no line of it; null of an undo.",
      ),
      notes: z.array(z.string()),
      error: z.object({ code: z.string(), message: z.string() }).nullable(),
    }),
  );
  const change = named(
    "PlanChange",
    z.object({
      number: said(z.int(), "Of the line, from 1; `exclude` takes it."),
      class: said(
        z.enum(CLASSES),
        "write: at a vendor. here: of Winston's own. link: a record known as a thing that is here. duplicate: what may be one thing. conflict: both sides changed a field. reject: what would be parked. leave: what a change that is supposed would touch no longer; nothing of it is deleted or blanked.",
      ),
      op: said(
        z.string(),
        "create, update, delete, merge, match, ask; of a conflict, who wins; of a reject, its side; of a leave, record or field.",
      ),
      kind: z.string(),
      connection: z.string().nullable(),
      stream: z.string().nullable(),
      recordId: z.string().nullable(),
      entityId: z.string().nullable(),
      planned: said(z.boolean(), "The thing is not here yet: the plan itself would make it."),
      title: said(z.string().nullable(), "What a person knows it by."),
      fields: said(
        z.record(
          z.string(),
          z.object({
            old: z.unknown(),
            new: z.unknown(),
            from: said(z.string().nullable(), "As history names it: a connection, a key, an import.", "connection:crm"),
            rule: said(z.string().nullable(), "By which it stands, where both sides had changed the field.", "newest"),
          }),
        ),
        "By field of Winston's: what stands on the side that changes, what would stand, where that is from, and the rule that decided.",
      ),
      names: said(
        z.record(z.string(), z.string()),
        "Of the things that values of reference fields name: by id, what a person knows them by.",
      ),
      detail: z.record(z.string(), z.unknown()).nullable(),
      state: z.enum(STATES),
      reason: said(z.string().nullable(), "Why a line was left out when the plan was applied."),
    }),
  );
  const params = z.object({ id: common.asked });

  return [
    route({
      method: "POST",
      url: "/api/plans",
      scope: "runs:write",
      operationId: "createPlan",
      tag: "plans",
      summary: "Compute what a sync would write, without writing it",
      description:
        "Reads the vendors as a sync would, and carries everything out on a copy: no entity changes, and no vendor is sent a writing request. Answers at once; ask for the plan until it is `ready` or `failed`.",
      body: named(
        "PlanInput",
        z.strictObject({
          connection: said(
            common.asked.optional(),
            "Only this connection, by id or name, is read; what its sync would write anywhere is shown.",
          ),
          stream: said(common.asked.optional(), "Only streams of this key are read."),
          suppose: said(
            z
              .strictObject({
                streamId: z.int(),
                settings: choices.optional(),
                mapping: said(z.record(z.string(), z.unknown()).optional(), "As in PUT /api/streams/{id}/mapping."),
              })
              .optional(),
            "Show what a change of this stream would write anywhere, beside what is owed already. The change is not made. In place of `connection` and `stream`.",
          ),
        }),
        {
          examples: [
            { connection: "crm" },
            { suppose: { streamId: 3, settings: { filter: { in: "doNotCall == false" } } } },
          ],
        },
      ),
      answers: { 202: { description: "The plan, being computed.", schema: plan } },
      handle: async ({ body: { suppose, ...scope }, caller }) => {
        const by = `key:${caller.name}`;
        if (suppose === undefined) return { status: 202, body: showPlan(await plans.create(scope, by)) };
        if (scope.connection !== undefined || scope.stream !== undefined)
          throw new WinstonError(
            "request.invalid",
            "A plan of a change reads what the change needs: leave connection and stream out.",
          );
        const what = {
          ...(suppose.settings && { settings: readChoices(suppose.settings) }),
          ...(suppose.mapping && { mapping: suppose.mapping as JsonObject }),
        };
        return { status: 202, body: showPlan(await plans.suppose(suppose.streamId, what, by)) };
      },
    }),
    route({
      method: "POST",
      url: "/api/undo",
      scope: "runs:write",
      operationId: "planUndo",
      tag: "plans",
      summary: "Compute what would put back what was written",
      description:
        "A plan like any other, applied like any other. What somebody changed since stays, and is a line of class `reject`. What was made at a vendor, by a run or since a time, is taken away there; what was deleted is made anew. What a vendor takes no blank for is not emptied. Values are put back, not what a vendor did because of them. What is given narrows: all of it must hold. With none of `run`, `record` and `since`, and of a field that there is not, 400; further back than history reaches, also by a run or a plan, 409 with the earliest time.",
      body: named(
        "Undoing",
        z.strictObject({
          run: said(z.uuid().optional(), "A run, or an applied plan."),
          record: said(common.asked.optional(), "Winston's id of a thing, or `external:<your id>`."),
          field: said(z.string().max(200).optional(), "Only this field. Nothing is made or taken away then."),
          since: common.since("All that was changed at or after this time."),
        }),
        { examples: [{ run: "01890a5d-ac96-774b-bcce-b302099a8057" }] },
      ),
      answers: { 202: { description: "The plan, being computed.", schema: plan } },
      handle: async ({ body, caller }) => ({
        status: 202,
        body: showPlan(await plans.undo(body, `key:${caller.name}`)),
      }),
    }),
    route({
      method: "GET",
      url: "/api/plans",
      scope: "runs:read",
      operationId: "listPlans",
      tag: "plans",
      summary: "List plans, newest first",
      query: z.strictObject({ limit: common.limit, cursor: common.cursor }),
      answers: { 200: { description: "A page of plans.", schema: common.page("PlanPage", plan) } },
      handle: async ({ query }) => {
        const rows = await plans.list({ limit: query.limit + 1, after: readCursor("plans", query.cursor) });
        return {
          status: 200,
          body: pageOf(rows, { listing: "plans", limit: query.limit, mark: (row) => row.id, show: showPlan }),
        };
      },
    }),
    route({
      method: "GET",
      url: "/api/plans/:id",
      scope: "runs:read",
      operationId: "getPlan",
      tag: "plans",
      summary: "One plan: how far it is, its totals and what it costs",
      params,
      answers: { 200: { description: "The plan.", schema: plan } },
      handle: async ({ params: { id } }) => ({ status: 200, body: showPlan(await plans.get(planNamed(id))) }),
    }),
    route({
      method: "GET",
      url: "/api/plans/:id/changes",
      scope: "records:read",
      operationId: "listPlanChanges",
      tag: "plans",
      summary: "The lines of a plan, in its order",
      description:
        "A page of them; with `Accept: application/x-ndjson` all of them after `cursor`, one JSON document to a line, as fast as they are read (`limit` says nothing then). An answer that ends in the middle was cut off.",
      params,
      line: change,
      query: z.strictObject({
        class: z.enum(CLASSES).optional(),
        state: z.enum(STATES).optional(),
        limit: common.limit,
        cursor: common.cursor,
      }),
      answers: { 200: { description: "A page of lines.", schema: common.page("PlanChangePage", change) } },
      handle: async ({ params: { id }, query, asLines }) => {
        const cursor = readCursor("plan changes", query.cursor, isLineNumber);
        const of = { class: query.class, state: query.state };
        const read = (after: number | undefined, limit: number) => plans.items(planNamed(id), { ...of, after, limit });
        const after = cursor === undefined ? undefined : Number(cursor);
        if (asLines) return { status: 200, lines: pagesFrom(read, await read(after, LINES_AT_ONCE)) };
        const rows = await read(after, query.limit + 1);
        return {
          status: 200,
          body: pageOf(rows, {
            listing: "plan changes",
            limit: query.limit,
            mark: (row) => String(row.number),
            show: (row: PlanItem) => ({ ...row }),
          }),
        };
      },
    }),
    route({
      method: "POST",
      url: "/api/plans/:id/apply",
      scope: "connections:write",
      operationId: "applyPlan",
      tag: "plans",
      summary: "Write what a plan says, and nothing else",
      description:
        "A record that changed since the plan is left out, with the reason at its line. A connection in `plan` mode is written nothing else; one in `write` mode goes on with the rest as ever; lines at one that observes are left out (409 where there is no other). With `strict` the plan is computed once more first, and where it would differ nothing is written at all (409, plan.stale, with a new plan). Answers at once; ask for the plan until it is `applied`.",
      params,
      body: named(
        "PlanApplication",
        z.strictObject({
          strict: z.boolean().optional(),
          exclude: said(
            z.array(z.int().min(1)).max(10_000).optional(),
            "Numbers of lines that are not to be written; of an undo, all of the things that they are about. Refused (409) where the sync writes by itself, and would write them all the same, and (400) where the plan writes no such line.",
          ),
          excludeRecords: said(
            z.array(z.uuid()).max(10_000).optional(),
            "Winston's ids of things nothing of which is to be written. Refused (400) where the plan writes nothing of one.",
          ),
          approvedBy: said(
            z.string().min(1).max(200).optional(),
            "Who approved it, where that is not the key's own name. The key is kept beside it.",
          ),
          dryRun: said(
            z.boolean().optional(),
            "Do nothing, and answer the plan with the totals that it would begin with: without what is left out.",
          ),
        }),
        { examples: [{ strict: true, exclude: [3] }] },
      ),
      answers: {
        200: { description: "The plan as it would be applied (`dryRun`).", schema: plan },
        202: { description: "The plan, being applied.", schema: plan },
      },
      handle: async ({ params: { id }, body, caller }) => ({
        status: body.dryRun ? 200 : 202,
        body: showPlan(await plans.apply(planNamed(id), body, `key:${caller.name}`)),
      }),
    }),
  ];
}

/** So many lines are read, and held, at a time. */
const LINES_AT_ONCE = 500;

/** The first page, which is there already, and those after it. */
async function* pagesFrom(
  read: (after: number, limit: number) => Promise<readonly PlanItem[]>,
  first: readonly PlanItem[],
): AsyncGenerator<readonly PlanItem[]> {
  for (let page = first; page.length > 0;) {
    yield page;
    if (page.length < LINES_AT_ONCE) return;
    page = await read(page.at(-1)!.number, LINES_AT_ONCE);
  }
}

/** A line is where a listing of them stands. */
const isLineNumber = (text: string): boolean => /^\d{1,9}$/u.test(text);

function planNamed(id: string): string {
  if (isWinstonId(id)) return id;
  throw new WinstonError(
    "not.found",
    `There is no plan ${JSON.stringify(id)}; \`winston plans list\` (GET /api/plans) shows them.`,
  );
}

const showPlan = ({ createdAt, readyAt, approvedAt, appliedAt, requests, ...plan }: PlanView): object => ({
  ...plan,
  requests: requests.map(({ classes, ...calls }) => ({
    ...calls,
    classes: classes.map(({ runsDry, ...of }) => ({
      ...of,
      runsDry: runsDry && { ...runsDry, renewsAt: isoOrNull(runsDry.renewsAt) },
    })),
  })),
  createdAt: isoTime(createdAt),
  readyAt: isoOrNull(readyAt),
  approvedAt: isoOrNull(approvedAt),
  appliedAt: isoOrNull(appliedAt),
});
