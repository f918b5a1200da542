// The record resources: list, get, create, change, upsert, delete, bulk, history, origin; the same routes for each.
import { z } from "zod";
import { WinstonError } from "../../base/errors.ts";
import type { Problem } from "../../base/errors.ts";
import type { Field } from "../../mapping/types.ts";
import type { SaveInput, SaveOptions, SaveResult, StoredRecord } from "../../sync/types.ts";
import { pageOf, readCursor } from "../cursor.ts";
import { asSaid, inputReader, isWinstonId } from "../input.ts";
import { isoTime, recordShower } from "../output.ts";
import type { HttpOptions } from "../ports.ts";
import { failedInput } from "../problems.ts";
import { type Resource, withArticle } from "../resources.ts";
import { route } from "../route.ts";
import type { Route } from "../route.ts";
import { EXAMPLES, recordSchemas } from "../schemas.ts";
import type { Book, Common } from "../schemas.ts";
import { pastRoutes } from "./record-past.ts";

/** Items one bulk call may carry. */
export const BULK_MAX = 2000;

const EXTERNAL = "external:";

/** An id made of all that a record says, as the SDK makes it. */
const CONTENT_ID = z.string().regex(/^content:[\da-f]{32}$/u, "must be content: and 32 hexadecimal digits");

export function recordRoutes(
  options: Pick<HttpOptions, "records" | "duplicates" | "why">,
  resource: Resource,
  fields: readonly Field[],
  book: Book,
  common: Common,
): Route[] {
  const { records, duplicates, why } = options;
  const { name, one, kind, stage, schema } = resource;
  const aOne = withArticle(one);
  const { named, said } = book;
  const { record: recordSchema, input: inputSchema } = recordSchemas(book, common, resource, fields);
  const read = inputReader({ kind, stage, fields });
  const show = recordShower(fields);

  const params = z.object({
    id: said(
      common.asked,
      `Winston's id of the ${one}, or \`external:<your id>\` (percent-encoded).`,
      `external:${Object.values(EXAMPLES[name])[0]}`,
    ),
  });
  const unknownKeys = said(
    z.enum(["custom", "error"]).default("custom"),
    "What becomes of keys that are no field: `custom` makes custom fields of them, `error` refuses the record.",
  );
  const loose = z.record(z.string(), z.unknown(), { error: "must be a JSON object" });
  const saved = { description: `The ${one} as it is now.`, schema: recordSchema };

  async function find(id: string): Promise<StoredRecord> {
    const external = id.startsWith(EXTERNAL) && id.length > EXTERNAL.length;
    if (!external && !isWinstonId(id)) {
      throw new WinstonError(
        "not.found",
        `There is no ${one} ${JSON.stringify(id)}: name it by Winston's id, or as external:<your own id>.`,
      );
    }
    return records.get(kind, stage, id);
  }

  /** The same, for what may only be done to one that is there. */
  async function findAlive(id: string): Promise<StoredRecord> {
    const found = await find(id);
    if (found.deletedAt === null) return found;
    throw new WinstonError(
      "not.found",
      `The ${one} ${id} was deleted at ${isoTime(found.deletedAt)}; /api/${name}/${found.id}/history says by whom.`,
    );
  }

  /** Saves one record and shows it; a failed one is thrown. */
  async function save(
    item: unknown,
    rule: {
      id?: string;
      mode: "upsert" | "update";
      unknownKeys: "custom" | "error";
      actor: string;
      externalId?: string;
      claim?: SaveOptions["claim"];
    },
  ): Promise<{ status: "created" | "updated" | "unchanged"; body: Record<string, unknown> }> {
    const input = read(item);
    if (input.problems) throw failedInput(input.problems, `The ${one} is not valid`);
    if (
      rule.externalId !== undefined &&
      input.input.externalId !== undefined &&
      input.input.externalId !== rule.externalId
    ) {
      throw failedInput(
        [
          {
            pointer: "/externalId",
            code: "request.invalid",
            message: `is ${JSON.stringify(input.input.externalId)}, but the address says ${JSON.stringify(rule.externalId)}`,
          },
        ],
        `The ${one} is not valid`,
      );
    }
    const id = rule.id ?? input.id;
    const values = rule.externalId === undefined ? input.input : { ...input.input, externalId: rule.externalId };
    const [result] = await records.save([id === undefined ? { input: values } : { id, input: values }], {
      kind,
      stage,
      mode: id === undefined ? rule.mode : "update",
      unknownKeys: rule.unknownKeys,
      actor: rule.actor,
      claim: rule.claim,
    });
    if (result!.status === "failed") throw failedInput(asSaid(result!.problems, input.said), `The ${one} is not valid`);
    return { status: result!.status, body: show(await records.get(kind, stage, result!.id)) };
  }

  const actor = (caller: { name: string }): string => `key:${caller.name}`;
  const answerSaved = (done: { status: string; body: Record<string, unknown> }) => ({
    status: done.status === "created" ? 201 : 200,
    body: done.body,
    headers: { location: `/api/${name}/${String(done.body.id)}`, "x-winston-status": done.status },
  });

  return [
    route({
      method: "GET",
      url: `/api/${name}`,
      scope: "records:read",
      operationId: `list${plural(schema)}`,
      tag: name,
      summary: `List ${name}`,
      query: z.strictObject({
        limit: common.limit,
        cursor: common.cursor,
        email: said(common.asked.optional(), "Only those with this email address."),
        externalId: said(common.asked.optional(), "Only the one with this id of yours."),
        updatedSince: common.since("Only those changed at or after this time."),
        includeDeleted: said(common.flag, "Whether deleted ones are listed too; false when absent."),
      }),
      answers: {
        200: { description: `A page of ${name}, oldest first.`, schema: common.page(`${schema}Page`, recordSchema) },
      },
      handle: async ({ query }) => {
        const rows = await records.list({
          kind,
          stage,
          limit: query.limit + 1,
          after: readCursor(name, query.cursor),
          email: query.email,
          externalId: query.externalId,
          updatedSince: query.updatedSince,
          includeDeleted: query.includeDeleted,
        });
        return { status: 200, body: pageOf(rows, { listing: name, limit: query.limit, mark: (row) => row.id, show }) };
      },
    }),

    route({
      method: "POST",
      url: `/api/${name}`,
      scope: "records:write",
      operationId: `create${schema}`,
      tag: name,
      summary: `Create ${aOne}, or bring it up to date`,
      description:
        "A record that exists already, by its external id or else as the one person of its email address that it may be, is updated instead (200), so that running a script twice doubles nothing. The header x-winston-status says created, updated or unchanged.",
      query: z.strictObject({ unknownKeys }),
      body: loose,
      bodyDoc: inputSchema,
      answers: { 201: { ...saved, description: `The ${one} that was made.` }, 200: saved },
      once: true,
      handle: async ({ body, query, caller, claim }) =>
        answerSaved(await save(body, { mode: "upsert", unknownKeys: query.unknownKeys, actor: actor(caller), claim })),
    }),

    route({
      method: "POST",
      url: `/api/${name}/bulk`,
      scope: "records:write",
      operationId: `bulk${plural(schema)}`,
      tag: name,
      summary: `Create or update up to ${BULK_MAX} ${name}`,
      description:
        "Always 200: each item succeeds or fails alone, and `results` answers in the order of `items`. Items are matched as by POST; the good ones are stored together in one transaction.",
      body: z
        .strictObject({
          items: z
            .array(z.unknown())
            .min(1, "must hold at least one item")
            .max(BULK_MAX, `must hold at most ${BULK_MAX} items`),
          mode: z.enum(["upsert", "update"]).default("upsert"),
          unknownKeys,
          externalIdKey: z.string().min(1).max(255).optional(),
          contentIds: z.array(CONTENT_ID.nullable()).optional(),
        })
        .refine(({ items, contentIds }) => contentIds === undefined || contentIds.length === items.length, {
          path: ["contentIds"],
          error: "must hold one entry for each item",
        }),
      bodyDoc: named(
        `${schema}BulkInput`,
        z.object({
          items: said(z.array(inputSchema).min(1).max(BULK_MAX), `1 to ${BULK_MAX} records.`),
          mode: said(
            z.enum(["upsert", "update"]).optional(),
            "`update` changes only what exists; a stranger then fails. upsert when absent.",
          ),
          unknownKeys: unknownKeys.optional(),
          externalIdKey: said(
            z.string().optional(),
            "The key of each item that holds your own id, where it is not called externalId.",
            "Prospect ID",
          ),
          contentIds: said(
            z.array(CONTENT_ID.nullable()).optional(),
            "For each item an id made of its content, or null: by it an item without an id of yours is known again where nothing else names it for sure. The SDK sends it.",
          ),
        }),
        { examples: [{ items: [EXAMPLES[name]], unknownKeys: "custom" }] },
      ),
      answers: { 200: { description: "What became of each item.", schema: common.bulkAnswer } },
      once: true,
      handle: async ({ body, caller, claim }) => {
        const results: unknown[] = Array.from({ length: body.items.length });
        const counts = { created: 0, updated: 0, unchanged: 0, failed: 0 };
        const fail = (index: number, problems: readonly Problem[]): void => {
          counts.failed += 1;
          const errors = problems.map((problem) => ({ ...problem, pointer: `/items/${index}${problem.pointer}` }));
          results[index] = {
            index,
            status: "failed",
            id: null,
            externalId: ownId(body.items[index], body.externalIdKey),
            errors,
          };
        };
        const good: {
          index: number;
          item: SaveInput;
          said: Readonly<Record<string, string>> | undefined;
        }[] = [];
        for (const [index, item] of body.items.entries()) {
          const input = read(item, { externalIdKey: body.externalIdKey });
          if (input.problems) fail(index, input.problems);
          else
            good.push({
              index,
              item: { id: input.id, input: input.input, contentId: body.contentIds?.[index] ?? undefined },
              said: input.said,
            });
        }
        const rule = { kind, stage, mode: body.mode, unknownKeys: body.unknownKeys, actor: actor(caller), claim };
        const outcomes: readonly SaveResult[] =
          good.length === 0
            ? []
            : await records.save(
                good.map((one) => one.item),
                rule,
              );
        for (const [position, outcome] of outcomes.entries()) {
          const { index, said } = good[position]!;
          if (outcome.status === "failed") fail(index, asSaid(outcome.problems, said));
          else {
            counts[outcome.status] += 1;
            results[index] = { index, status: outcome.status, id: outcome.id, externalId: outcome.externalId };
          }
        }
        return { status: 200, body: { results, counts } };
      },
    }),

    route({
      method: "GET",
      url: `/api/${name}/:id`,
      scope: "records:read",
      operationId: `get${schema}`,
      tag: name,
      summary: `Get one ${one}`,
      params,
      answers: { 200: saved },
      handle: async ({ params: { id } }) => ({ status: 200, body: show(await findAlive(id)) }),
    }),

    route({
      method: "PATCH",
      url: `/api/${name}/:id`,
      scope: "records:write",
      operationId: `update${schema}`,
      tag: name,
      summary: `Change ${aOne}`,
      description: "Only the keys that are sent are changed; null clears a field.",
      params,
      query: z.strictObject({ unknownKeys }),
      body: loose,
      bodyDoc: inputSchema,
      answers: { 200: saved },
      once: true,
      handle: async ({ params: { id }, query, body, caller, claim }) => {
        const found = await findAlive(id);
        return answerSaved(
          await save(body, {
            id: found.id,
            mode: "update",
            unknownKeys: query.unknownKeys,
            actor: actor(caller),
            claim,
          }),
        );
      },
    }),

    route({
      method: "PUT",
      url: `/api/${name}/:id`,
      scope: "records:write",
      operationId: `upsert${schema}`,
      tag: name,
      summary: `Create or change the ${one} with this id of yours`,
      description: "The id must be `external:<your id>`. Keys that are not sent stay as they are.",
      params,
      query: z.strictObject({ unknownKeys }),
      body: loose,
      bodyDoc: inputSchema,
      answers: { 201: { ...saved, description: `The ${one} that was made.` }, 200: saved },
      handle: async ({ params: { id }, query, body, caller }) => {
        if (!id.startsWith(EXTERNAL) || id.length === EXTERNAL.length) {
          throw new WinstonError(
            "request.invalid",
            `PUT takes the ${one}'s id in your own system: /api/${name}/external:<your id>. To change one by Winston's id, use PATCH.`,
            { problems: [{ pointer: "/path/id", code: "request.invalid", message: "must begin with external:" }] },
          );
        }
        const rule = {
          mode: "upsert",
          unknownKeys: query.unknownKeys,
          actor: actor(caller),
          externalId: id.slice(EXTERNAL.length),
        } as const;
        return answerSaved(await save(body, rule));
      },
    }),

    route({
      method: "DELETE",
      url: `/api/${name}/:id`,
      scope: "records:write",
      operationId: `delete${schema}`,
      tag: name,
      summary: `Delete ${aOne}`,
      description: "Here, and at the vendors whose streams are two-way.",
      params,
      answers: { 204: { description: "It is deleted." } },
      handle: async ({ params: { id }, caller }) => {
        const found = await findAlive(id);
        await records.remove(kind, found.id, actor(caller));
        return { status: 204 };
      },
    }),

    ...pastRoutes({ records, why, said, resource, common, params, find }),

    route({
      method: "POST",
      url: `/api/${name}/:id/unlink`,
      scope: "records:write",
      operationId: `unlink${schema}`,
      tag: name,
      summary: `Take a vendor's record out of ${aOne} it does not belong to`,
      description:
        "The record at that connection becomes one of its own, with the values both sides last agreed on. Nothing is written for it; the next edit of either travels as ever. Refused (409) where Winston itself made the record.",
      params,
      body: z.strictObject({ connection: said(common.asked, "The connection's id or its name.", "acme") }),
      answers: { 201: { ...saved, description: `What the record is now: ${aOne} of its own.` } },
      handle: async ({ params: { id }, body, caller }) => {
        const found = await findAlive(id);
        const own = await duplicates.unlink(kind, found.id, body.connection, actor(caller));
        return {
          status: 201,
          body: show(await records.get(kind, undefined, own.id)),
          headers: { location: `/api/${name}/${own.id}` },
        };
      },
    }),
  ];
}

const plural = (schema: string): string => (schema.endsWith("y") ? `${schema.slice(0, -1)}ies` : `${schema}s`);

/** The caller's id of an item that could not be read, to find it again by. */
function ownId(item: unknown, key: string | undefined): string | null {
  if (typeof item !== "object" || item === null) return null;
  const value = (item as Record<string, unknown>)[key ?? "externalId"];
  return typeof value === "string" || typeof value === "number" ? String(value) : null;
}
