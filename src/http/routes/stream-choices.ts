// What a person may choose of a stream, as it is given: with a connection, or later.
import { z } from "zod";
import type { Book } from "../schemas.ts";

export const STRATEGIES = ["realtime", "batch", "hybrid"] as const;
export const APPROVALS = ["auto", "plan"] as const;
export const DELETES = ["both", "in", "out", "none"] as const;
export const STRATEGY_SAID =
  "realtime: writes at once. batch: writes with its schedule. hybrid: what is critical at once, the rest with the schedule.";
export const APPROVAL_SAID =
  "auto: writes go by themselves. plan: nothing is written but what a plan says that somebody applied.";
export const DELETES_SAID = "Which deletions travel: those here to the vendor (out), those there to Winston (in).";
export const SINCE_SAID = "Records that changed last before this are not brought in, unless they are known already.";

export type StreamChange = ReturnType<typeof streamChange>;

/** Named once, however many routes take it. */
export function streamChange({ named, said }: Book) {
  const condition = said(
    z.string().min(1).max(4_000),
    "In Common Expression Language, over the fields of the stream's kind.",
    'source == "Web" && !doNotCall',
  );
  const interval = z
    .int()
    .min(60_000)
    .max(31 * 86_400_000);
  const choices = z.strictObject({
    enabled: z.boolean().optional(),
    direction: z.enum(["both", "in", "out"]).optional(),
    filter: said(
      z.strictObject({ in: condition.nullish(), out: condition.nullish() }).optional(),
      "Which records are synced. Null takes a condition away.",
    ),
    strategy: said(z.enum(STRATEGIES).optional(), STRATEGY_SAID),
    critical: said(condition.nullish(), "Of a hybrid stream: the condition on ours whose writes go at once."),
    schedule: said(
      z
        .union([
          z.strictObject({ everyMs: interval }),
          z.strictObject({ cron: z.string().min(1).max(200), zone: z.string().min(1).max(100).optional() }),
        ])
        .optional(),
      "When it reads, and writes what does not go at once: an interval, or five-part cron with a zone (UTC where none is given).",
    ),
    approval: said(z.enum(APPROVALS).optional(), APPROVAL_SAID),
    deletes: said(z.enum(DELETES).optional(), DELETES_SAID),
    backfillSince: said(z.iso.datetime({ offset: true }).nullish(), SINCE_SAID),
    lagTargetMs: said(
      interval.nullish(),
      "How old its last reading and its oldest owed write may get, in milliseconds; null for three of its intervals, and at least 15 minutes.",
    ),
  });
  return named("StreamChange", choices, {
    examples: [
      { filter: { in: 'source == "Web"' } },
      {
        strategy: "hybrid",
        critical: "amount.amount > 10000",
        schedule: { cron: "0 7 * * 1-5", zone: "Europe/Berlin" },
      },
    ],
  });
}

/** Times as milliseconds. */
export const readChoices = <Change extends { readonly backfillSince?: string | null | undefined }>({
  backfillSince,
  ...change
}: Change): Omit<Change, "backfillSince"> & { backfillSince?: number | null } => ({
  ...change,
  ...(backfillSince === undefined ? {} : { backfillSince: backfillSince === null ? null : Date.parse(backfillSince) }),
});
