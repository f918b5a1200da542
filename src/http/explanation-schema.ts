// What the answer to "why" looks like.
import { z } from "zod";
import type { Book } from "./schemas.ts";

export function explanationSchema({ named, said }: Book, time: z.ZodType) {
  const request = z
    .object({
      at: time,
      method: z.string(),
      path: z.string(),
      status: said(z.int().nullable(), "null: no answer came."),
    })
    .nullable();
  return named(
    "Explanation",
    z.object({
      id: z.uuid(),
      kind: z.string(),
      version: z.int(),
      deletedAt: z.iso.datetime().nullable(),
      asOf: z.iso.datetime().nullable(),
      links: said(
        z.array(
          z.object({
            connection: z.string(),
            stream: z.string(),
            recordId: z.string(),
            state: z.string(),
            linkedAt: said(time, "When the record was linked first."),
            reason: said(
              z.enum(["new", "created", "handle", "keys", "person", "split", "merge", "conversion"]).nullable(),
              "null: it was linked before this was kept.",
            ),
            basis: said(
              z.record(z.string(), z.unknown()).nullable(),
              "What that rests on: the keys with their values, who said it, which records were made one.",
            ),
            because: said(z.string(), "The same in words."),
          }),
        ),
        "The records that are taken for it, and why. As they are now, also with asOf.",
      ),
      fields: z.array(
        z.object({
          field: z.string(),
          value: z.unknown(),
          set: said(
            z.object({
              at: time,
              version: z.int(),
              by: said(
                z.string(),
                "Who, as history names it: a connection, a key, an import, an undo.",
                "connection:crm",
              ),
              before: z.unknown(),
              stream: z.string().nullable(),
              run: z.string().nullable(),
              mappingVersion: z.int().nullable(),
              request,
              waitedSince: said(
                z.iso.datetime().nullable(),
                "Of a reference that waited for what it names: since when. Run and request are of the reading that brought it then.",
              ),
              observed: said(z.object({ from: time, to: time }), "When it happened, as far as it was observed."),
            }),
            "The change that set it.",
          ),
          rule: said(
            z
              .object({
                rule: z.string(),
                winner: z.string(),
                lost: z.unknown(),
                against: z.string().nullable(),
                conflict: z.string(),
                at: time,
              })
              .nullable(),
            "The decision by which the value stands, where two sides had changed it and nobody set it since; null where no rule decided. Winner `open`: a person is asked.",
          ),
          places: z.array(
            z.object({
              connection: z.string(),
              stream: z.string(),
              recordId: said(z.string().nullable(), "null: it has no record there; it would be made, or waits."),
              state: said(z.string(), "Of its link, or absent."),
              agreed: said(z.unknown(), "What both sides last agreed on; with asOf, had by then."),
              agreedTold: said(
                z.boolean(),
                "false: nothing that is kept tells what was agreed on at the time that is asked about.",
              ),
              sent: z
                .object({
                  at: time,
                  value: z.unknown(),
                  outcome: z.string(),
                  answer: z.record(z.string(), z.unknown()).nullable(),
                  run: z.string().nullable(),
                  request,
                })
                .nullable(),
              next: said(z.string(), "What the next sync would do about it; with asOf, that this is not told."),
            }),
          ),
        }),
      ),
      names: said(
        z.record(z.string(), z.string()),
        "Of the things that values of reference fields name: by id, what a person knows them by.",
      ),
    }),
  );
}
