// What a configuration document may hold. Anything else is refused with its place.
import { z } from "zod";

const DAY_MS = 86_400_000;
const condition = z.string().min(1).max(4_000);
const interval = z
  .int()
  .min(60_000, "is at least 60000 (one minute)")
  .max(31 * DAY_MS, "is at most 31 days");

const stream = z.strictObject({
  enabled: z.boolean().optional(),
  direction: z.enum(["both", "in", "out"]).optional(),
  strategy: z.enum(["realtime", "batch", "hybrid"]).optional(),
  critical: condition.nullish(),
  schedule: z
    .union(
      [
        z.strictObject({ everyMs: interval }),
        z.strictObject({ cron: z.string().min(1).max(200), zone: z.string().min(1).max(100).optional() }),
      ],
      {
        error:
          "is { everyMs: … } from 60000 (one minute) to 2678400000 (31 days), or { cron: … } with or without a zone",
      },
    )
    .optional(),
  filter: z.strictObject({ in: condition.nullish(), out: condition.nullish() }).optional(),
  approval: z.enum(["auto", "plan"]).optional(),
  deletes: z.enum(["both", "in", "out", "none"]).optional(),
  backfillSince: z.iso.datetime({ offset: true, error: 'is a time such as "2026-01-01T00:00:00Z"' }).nullish(),
  lagTargetMs: interval.nullish(),
  mapping: z.record(z.string(), z.json()).optional(),
});

const connection = z.strictObject({
  vendor: z
    .string({
      error: ({ input }) =>
        input === undefined
          ? "is missing: every connection in a document says its vendor, as in `vendor: tern`"
          : undefined,
    })
    .min(1),
  mode: z.enum(["observe", "plan", "write"]).optional(),
  streams: z.record(z.string(), stream).optional(),
});

const field = z.strictObject({
  type: z.string().min(1),
  label: z.string().min(1).max(255).optional(),
  target: z.string().min(1).optional(),
});

export const ConfigDocumentSchema = z.strictObject({
  version: z.literal(1, "is 1"),
  fields: z.record(z.string(), z.record(z.string().min(1).max(255), field)).optional(),
  connections: z.record(z.string().min(1).max(100), connection).optional(),
});
