// What Winston stopped by itself until a person decides: mass deletions and blankings at the brake, and fields that two writers set to and fro.
import { z } from "zod";
import { WinstonError } from "../../base/errors.ts";
import type { BrakeView, FrozenView } from "../../sync/stopped.ts";
import { pageOf, readCursor } from "../cursor.ts";
import { isWinstonId } from "../input.ts";
import { isoOrNull, isoTime } from "../output.ts";
import type { HttpOptions } from "../ports.ts";
import { route } from "../route.ts";
import type { Route } from "../route.ts";
import type { Book, Common } from "../schemas.ts";

export function guardRoutes(options: Pick<HttpOptions, "brakes" | "frozen">, book: Book, common: Common): Route[] {
  const { brakes, frozen } = options;
  const { named, said } = book;
  const brake = named(
    "Brake",
    z.object({
      id: z.uuid(),
      connection: z.string(),
      stream: z.string(),
      kind: z.string(),
      direction: said(
        z.enum(["pull", "push"]),
        "pull: the vendor deleted or blanked. push: it was done here, and is not carried out at the vendor yet.",
      ),
      what: z.enum(["deletion", "blanking"]),
      field: said(z.string().nullable(), "Of blankings: the field."),
      state: said(
        z.enum(["on", "released", "restored", "over"]),
        "on: a person is asked. over: nothing waits any more, because all of it is back.",
      ),
      lost: said(z.int(), "How many within an hour, when it came on."),
      records: said(z.int(), "Of how many records, as far as that was counted."),
      waits: said(z.int(), "How many wait."),
      went: said(z.int(), "How many had gone before it came on."),
      says: said(z.string(), "The same in words."),
      at: common.time,
      decidedBy: z.string().nullable(),
      decidedAt: common.timeOrNull,
      examples: said(
        z
          .array(
            z.object({
              entityId: z.uuid(),
              recordId: z.string(),
              name: z.string().nullable(),
              value: said(z.unknown(), "The value that is lost, of a blanking."),
              state: z.string(),
            }),
          )
          .optional(),
        "The first of them; only when one is asked for.",
      ),
    }),
  );
  const frozenField = named(
    "FrozenField",
    z.object({
      id: z.uuid(),
      entityId: z.uuid(),
      kind: z.string(),
      name: z.string().nullable(),
      field: z.string(),
      state: z.enum(["on", "released"]),
      writers: said(
        z.array(
          z.object({
            actor: said(z.string(), "As history names it."),
            connection: z.string().nullable(),
            stream: z.string().nullable(),
            mapping: said(z.int().nullable(), "The version of the stream's mapping."),
            recordField: said(z.string().nullable(), "The vendor's field, by that mapping."),
            value: said(z.unknown(), "What it sets."),
          }),
        ),
        "Both who set it.",
      ),
      says: said(z.string(), "The same in words."),
      at: common.time,
      releasedBy: z.string().nullable(),
      releasedAt: common.timeOrNull,
    }),
  );
  const query = (what: string) =>
    z.strictObject({ on: said(common.flag, what), limit: common.limit, cursor: common.cursor });

  const decide = (decision: "release" | "restore", summary: string, description: string) =>
    route({
      method: "POST",
      url: `/api/brakes/:id/${decision}`,
      scope: "records:write",
      operationId: `${decision}Brake`,
      tag: "guards",
      summary,
      description: `${description} Refused (409) where somebody decided already.`,
      params: z.object({ id: common.asked }),
      answers: { 200: { description: "The brake as it is now.", schema: brake } },
      handle: async ({ params: { id }, caller }) => ({
        status: 200,
        body: showBrake(await brakes.decide(known(id, BRAKE), decision, `key:${caller.name}`)),
      }),
    });

  return [
    route({
      method: "GET",
      url: "/api/brakes",
      scope: "runs:read",
      operationId: "listBrakes",
      tag: "guards",
      summary: "List mass deletions and blankings that were stopped, newest first",
      query: query("Only those that wait for a person."),
      answers: { 200: { description: "A page of brakes.", schema: common.page("BrakePage", brake) } },
      handle: async ({ query: { on, limit, cursor } }) => {
        const rows = await brakes.list({ on, limit: limit + 1, after: readCursor("brakes", cursor) });
        return {
          status: 200,
          body: pageOf(rows, { listing: "brakes", limit, mark: (row) => row.id, show: showBrake }),
        };
      },
    }),
    route({
      method: "GET",
      url: "/api/brakes/:id",
      scope: "runs:read",
      operationId: "getBrake",
      tag: "guards",
      summary: "One of them, with examples",
      params: z.object({ id: common.asked }),
      answers: { 200: { description: "The brake.", schema: brake } },
      handle: async ({ params: { id } }) => ({ status: 200, body: showBrake(await brakes.get(known(id, BRAKE))) }),
    }),
    decide(
      "release",
      "Let what waits be carried out",
      "It was meant. Of the vendor's deletions each record is asked for once more first: one that is there is not deleted.",
    ),
    decide(
      "restore",
      "Put back what was lost",
      "It was a mistake. What the vendor lost is made or written there again; what was lost here lives or has its value again. So is what had gone before the brake came on, everywhere.",
    ),
    route({
      method: "GET",
      url: "/api/frozen",
      scope: "runs:read",
      operationId: "listFrozen",
      tag: "guards",
      summary: "List fields that two writers set to and fro, newest first",
      query: query("Only those that are frozen now."),
      answers: { 200: { description: "A page of them.", schema: common.page("FrozenPage", frozenField) } },
      handle: async ({ query: { on, limit, cursor } }) => {
        const rows = await frozen.list({ on, limit: limit + 1, after: readCursor("frozen", cursor) });
        return {
          status: 200,
          body: pageOf(rows, { listing: "frozen", limit, mark: (row) => row.id, show: showFrozen }),
        };
      },
    }),
    route({
      method: "GET",
      url: "/api/frozen/:id",
      scope: "runs:read",
      operationId: "getFrozen",
      tag: "guards",
      summary: "One of them",
      params: z.object({ id: common.asked }),
      answers: { 200: { description: "The frozen field.", schema: frozenField } },
      handle: async ({ params: { id } }) => ({ status: 200, body: showFrozen(await frozen.get(known(id, FROZEN))) }),
    }),
    route({
      method: "POST",
      url: "/api/frozen/:id/release",
      scope: "records:write",
      operationId: "releaseFrozen",
      tag: "guards",
      summary: "Let a frozen field be taken and written again",
      description:
        "Each system's record is looked at once more, and what stands then is written everywhere. Turns are counted anew. Refused (409) where it was released already.",
      params: z.object({ id: common.asked }),
      answers: { 200: { description: "The field, released.", schema: frozenField } },
      handle: async ({ params: { id }, caller }) => ({
        status: 200,
        body: showFrozen(await frozen.release(known(id, FROZEN), `key:${caller.name}`)),
      }),
    }),
  ];
}

const BRAKE = { one: "brake", list: "`winston brake list` (GET /api/brakes)" };
const FROZEN = { one: "frozen field", list: "`winston frozen list` (GET /api/frozen)" };

/** An id that can be one. Throws not.found. */
function known(id: string, { one, list }: typeof BRAKE): string {
  if (isWinstonId(id)) return id;
  throw new WinstonError("not.found", `There is no ${one} ${JSON.stringify(id)}; ${list} shows them.`);
}

const showBrake = (row: BrakeView): object => ({ ...row, at: isoTime(row.at), decidedAt: isoOrNull(row.decidedAt) });

const showFrozen = (row: FrozenView): object => ({
  ...row,
  at: isoTime(row.at),
  releasedAt: isoOrNull(row.releasedAt),
});
