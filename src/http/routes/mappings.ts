// Mappings before and after they are in force: versions, what one would do to the records that are held, fields at hand, suggestions.
import { z } from "zod";
import type { JsonObject } from "../../base/json.ts";
import { VERDICTS } from "../../sync/back-test.ts";
import { RECORDS, type MappingVersion } from "../../sync/mappings.ts";
import { isoTime } from "../output.ts";
import type { HttpOptions } from "../ports.ts";
import { route } from "../route.ts";
import type { Route } from "../route.ts";
import type { Book, Common } from "../schemas.ts";

/** More than this is a plan's work. */
const RECORDS_MAX = 2_000;
const EXAMPLES_MAX = 50;
const SAMPLES_MAX = 50;

export function mappingRoutes({ mappings }: Pick<HttpOptions, "mappings">, book: Book, common: Common): Route[] {
  const { named, said } = book;
  const json = z.record(z.string(), z.unknown());
  const streamId = z.object({ id: z.coerce.number().int().positive() });
  const given = said(
    json.optional(),
    "A mapping document, or the specification's field_mappings; the mapping in force where none is given.",
  );
  const names = z.union([z.string(), z.array(z.string())]);
  const row = {
    index: z.int(),
    field: names,
    record: names,
    direction: z.string(),
    transform: z.string(),
  };
  const trial = {
    method: "POST",
    scope: "records:read",
    tag: "streams",
    keepsAnswer: false,
    params: streamId,
  } as const;
  const version = z.object({
    version: z.int(),
    inForce: z.boolean(),
    createdAt: common.time,
    actor: said(z.string(), "Who put it there.", "key:start"),
    rows: said(z.int(), "How many rows it has."),
    filter: said(
      z.object({ in: z.string().nullable(), out: z.string().nullable() }),
      "The filter that goes with it; null: all.",
    ),
  });
  const way = (verdicts: readonly [string, ...string[]]) =>
    z.object({
      verdict: z.enum(verdicts),
      from: z.array(z.unknown()),
      to: z.array(z.unknown()),
      back: said(z.array(z.unknown()), "What the result would become on the way back; empty where it has none."),
      code: z.string().nullable(),
      message: z.string().nullable(),
    });
  const effect = z.object({
    field: z.string(),
    side: said(
      z.enum(["here", "there", "conflict"]),
      "here: Winston's value would change; there: the record's would; conflict: both differ, and `rule` says who would win.",
    ),
    old: z.unknown(),
    new: z.unknown(),
    rule: z.string().nullable(),
  });
  const verdict = said(
    z.enum(VERDICTS),
    "ok: something changes, and the value is taken as it is. coerced: the same in another form. rejected: it cannot be read, or cannot be written where it is to be. unchanged: nothing would change. unread: the record, as it is held, does not carry the field, or a write of it is under way; a plan asks the vendor.",
  );
  const tried = named(
    "MappingTest",
    z.object({
      version: said(z.int().nullable(), "The version in force; null where a mapping was given."),
      recordId: said(z.string(), "The vendor's id of the record."),
      entityId: z.string(),
      title: z.string().nullable(),
      outside: said(z.boolean(), "Whether the stream's filter leaves it alone under this mapping."),
      rows: z.array(
        z.object({
          ...row,
          verdict,
          rule: said(z.string().nullable(), "What refuses it: the row's transform."),
          code: z.string().nullable(),
          message: z.string().nullable(),
          in: said(
            way(["ok", "coerced", "rejected", "unread"]).nullable(),
            "Reading: the vendor's values to Winston's, and back.",
          ),
          out: said(
            way(["ok", "coerced", "rejected", "waits"]).nullable(),
            "Writing: Winston's values to the vendor's, and back. waits: a target that cannot be named there yet.",
          ),
          effects: z.array(effect),
        }),
      ),
      notes: z.array(z.string()),
    }),
  );
  const backTest = named(
    "BackTest",
    z.object({
      version: said(z.int().nullable(), "The version in force; null where a mapping was given."),
      records: said(z.int(), "How many were tried."),
      outside: said(z.int(), "Of them, those that the stream's filter leaves alone under this mapping."),
      rows: z.array(
        z.object({
          ...row,
          counts: said(
            z.object({ ok: z.int(), coerced: z.int(), rejected: z.int(), unchanged: z.int(), unread: z.int() }),
            "They add up to the records tried.",
          ),
          conflicts: z.int(),
          rejections: said(
            z.array(z.object({ rule: z.string(), code: z.string(), count: z.int(), message: z.string() })),
            "By what refuses, with the words of the first.",
          ),
          unwritable: said(
            z.object({ count: z.int(), message: z.string().nullable() }),
            "Values here that the row could not write, whether or not they are to be written now; asked of rows that the mapping in force does not have.",
          ),
          examples: z.array(
            z.object({
              verdict,
              recordId: z.string(),
              title: z.string().nullable(),
              there: z.array(z.unknown()),
              here: z.array(z.unknown()),
              effects: z.array(effect),
              message: z.string().nullable(),
            }),
          ),
        }),
      ),
      notes: z.array(z.string()),
    }),
  );
  const filling = {
    read: said(
      z.int(),
      "Records that say something of it. 0: not known, for a vendor's field is read while it is mapped.",
    ),
    filled: z.int(),
    samples: said(z.array(z.unknown()), "Some of its values, the commonest first."),
    mapped: said(z.array(z.string()), "The other side's fields in the rows that name it."),
  };
  const survey = named(
    "FieldSurvey",
    z.object({
      records: said(z.int(), "How many held records were looked at: the last ones."),
      vendor: z.array(
        z.looseObject({
          name: z.string(),
          label: z.string(),
          type: z.string(),
          custom: z.boolean(),
          required: said(z.boolean(), "Must be given when a record is made."),
          createable: z.boolean(),
          updateable: said(z.boolean(), "Neither createable nor updateable: it can only be read."),
          unique: z.boolean(),
          ...filling,
        }),
      ),
      winston: z.array(
        z.object({
          key: z.string(),
          label: z.string(),
          type: z.string(),
          custom: z.boolean(),
          target: z.string().nullable(),
          ...filling,
        }),
      ),
    }),
  );

  return [
    route({
      method: "GET",
      url: "/api/streams/:id/mapping/versions",
      scope: "connections:read",
      operationId: "listMappingVersions",
      tag: "streams",
      summary: "Every version of a mapping, newest first",
      params: streamId,
      answers: {
        200: {
          description: "The versions, without their rows.",
          schema: common.all("MappingVersionList", named("MappingVersion", version)),
        },
      },
      handle: async ({ params }) => ({
        status: 200,
        body: { data: (await mappings.versions(params.id)).map(showVersion) },
      }),
    }),
    route({
      method: "GET",
      url: "/api/streams/:id/mapping/versions/:version",
      scope: "connections:read",
      operationId: "getMappingVersion",
      tag: "streams",
      summary: "One version of a mapping",
      params: streamId.extend({ version: z.coerce.number().int().positive() }),
      answers: {
        200: {
          description: "The version, whole.",
          schema: named("MappingVersionWhole", version.extend({ document: json })),
        },
      },
      handle: async ({ params }) => {
        const found = await mappings.version(params.id, params.version);
        return { status: 200, body: { ...showVersion(found), document: found.document } };
      },
    }),
    route({
      method: "GET",
      url: "/api/streams/:id/field-mappings",
      scope: "connections:read",
      operationId: "getFieldMappings",
      tag: "streams",
      summary: "The mapping in force as the specification's field_mappings JSON",
      description:
        "In its normal form (docs/reference/mappings.md). What the JSON cannot say of a row is in the notes.",
      params: streamId,
      answers: {
        200: {
          description: "The JSON, and what it cannot say.",
          schema: named(
            "FieldMappings",
            z.object({
              document: z.object({
                field_mappings: z.object({
                  crm: z.record(z.string(), z.string()),
                  winston: z.record(z.string(), z.string()),
                }),
              }),
              notes: z.array(z.string()),
            }),
          ),
        },
      },
      handle: async ({ params }) => ({ status: 200, body: await mappings.fieldMappings(params.id) }),
    }),
    route({
      ...trial,
      url: "/api/streams/:id/mapping/test",
      operationId: "testMapping",
      summary: "What a mapping would do to one record, row by row and both ways",
      description: "As the record is held; the vendor is not asked, and nothing is stored.",
      body: z.strictObject({
        record: said(z.string().min(1), "Its id at the vendor, or Winston's id of what it is.", "00Q5e00001abcdEAA"),
        mapping: given,
      }),
      answers: { 200: { description: "Each row of the mapping, tried.", schema: tried } },
      handle: async ({ params, body }) => {
        const { document, rows, ...found } = await mappings.test(params.id, body.record, body.mapping as JsonObject);
        const shown = rows.map((one) => {
          const { field, record, direction, transform } = document.rows[one.index]!;
          return { ...one, field, record, direction, transform };
        });
        return { status: 200, body: { ...found, rows: shown } };
      },
    }),
    route({
      ...trial,
      url: "/api/streams/:id/mapping/back-test",
      operationId: "backTestMapping",
      summary: "What a mapping would do to the last records, counted row by row",
      description:
        "As the records are held; the vendor is not asked, and nothing is stored. A plan (POST /api/plans with `suppose`) says the same of all records, asks the vendors, and says what is written at the others.",
      body: z.strictObject({
        mapping: given,
        records: said(z.int().min(1).max(RECORDS_MAX).default(RECORDS), "How many of the last ones are tried."),
        examples: said(z.int().min(0).max(EXAMPLES_MAX).default(3), "How many examples of each row and verdict."),
      }),
      answers: { 200: { description: "Counts and examples per row.", schema: backTest } },
      handle: async ({ params, body }) => ({
        status: 200,
        body: await mappings.backTest(params.id, {
          document: body.mapping as JsonObject | undefined,
          records: body.records,
          examples: body.examples,
        }),
      }),
    }),
    route({
      method: "GET",
      url: "/api/streams/:id/fields",
      scope: "records:read",
      operationId: "listStreamFields",
      tag: "streams",
      summary: "Every field at hand for a mapping: type, permissions, how often filled, samples",
      params: streamId,
      query: z.strictObject({
        samples: said(z.coerce.number().int().min(0).max(SAMPLES_MAX).default(5), "How many values of each field."),
      }),
      answers: { 200: { description: "The vendor's fields and Winston's.", schema: survey } },
      handle: async ({ params, query }) => {
        const found = await mappings.fields(params.id, query);
        const winston = found.winston.map((one) => ({
          ...one,
          custom: one.custom ?? false,
          target: one.target ?? null,
        }));
        return { status: 200, body: { ...found, winston } };
      },
    }),
    route({
      method: "GET",
      url: "/api/streams/:id/mapping/suggestions",
      scope: "connections:read",
      operationId: "suggestMapping",
      tag: "streams",
      summary: "Pairs of fields that the mapping in force does not have, with reasons",
      description: "Nothing is put in force. `document` can be checked, tried and put like any mapping.",
      params: streamId,
      answers: {
        200: {
          description: "The pairs, and the mapping with them.",
          schema: named(
            "MappingSuggestions",
            z.object({
              suggestions: z.array(z.object({ row: json, reasons: z.array(z.string()) })),
              document: said(json, "The mapping in force with these rows after its own."),
            }),
          ),
        },
      },
      handle: async ({ params }) => ({ status: 200, body: await mappings.suggest(params.id) }),
    }),
  ];
}

const showVersion = ({ version, inForce, createdAt, actor, rows, filter }: MappingVersion): object => ({
  version,
  inForce,
  createdAt: isoTime(createdAt),
  actor,
  rows,
  filter,
});
