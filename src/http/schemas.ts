// The schemas several routes share, and the book that gives schemas their names in the OpenAPI document.
import { z } from "zod";
import { ERRORS } from "../base/errors.ts";
import type { Field, FieldType } from "../mapping/types.ts";
import { explanationSchema } from "./explanation-schema.ts";
import type { Resource } from "./resources.ts";

export interface SchemaMeta {
  /** The name under #/components/schemas. */
  id?: string;
  description?: string;
  examples?: unknown[];
  /** JSON Schema's type, where a query parameter is read from text. */
  type?: string;
}

/** Names and descriptions of one API's schemas; a new book for every server, so that nothing is shared or done at import. */
export interface Book {
  readonly registry: z.core.$ZodRegistry<SchemaMeta>;
  /** A schema with a name of its own in the document. */
  readonly named: <S extends z.ZodType>(id: string, schema: S, meta?: Omit<SchemaMeta, "id">) => S;
  /** A schema with a sentence about it. */
  readonly said: <S extends z.ZodType>(schema: S, description: string, ...examples: unknown[]) => S;
}

export function newBook(): Book {
  const registry = z.registry<SchemaMeta>();
  return {
    registry,
    named: (id, schema, meta = {}) => {
      registry.add(schema, { id, ...meta });
      return schema;
    },
    said: (schema, description, ...examples) => {
      const copy = schema.clone() as typeof schema; // The same schema may be said otherwise elsewhere.
      registry.add(copy, { ...registry.get(schema), description, ...(examples.length > 0 ? { examples } : {}) });
      return copy;
    },
  };
}

export type Common = ReturnType<typeof commonSchemas>;

export function commonSchemas(book: Book) {
  const { named, said } = book;
  const problem = named(
    "FieldProblem",
    z.object({
      pointer: said(
        z.string(),
        "JSON pointer to what is wrong; into the query or the path it begins with /query or /path.",
        "/items/3/email",
      ),
      code: z.string(),
      message: z.string(),
    }),
  );
  const problemDocument = named(
    "Problem",
    z.object({
      type: z.string(),
      title: z.string(),
      status: z.int(),
      detail: said(z.string(), "What went wrong, which thing, and what to do next."),
      code: z.enum(Object.keys(ERRORS) as [keyof typeof ERRORS]),
      requestId: z.string(),
      errors: z.array(problem),
      retryAfterMs: z.number().optional(),
    }),
    {
      description: "What went wrong (RFC 9457).",
      examples: [
        {
          type: "/problems/request.invalid",
          title: ERRORS["request.invalid"].title,
          status: 400,
          detail: 'The lead is not valid: "not an address" is not an email address',
          code: "request.invalid",
          requestId: "01890a5d-ac96-774b-bcce-b302099a8057",
          errors: [{ pointer: "/email", code: "request.invalid", message: '"not an address" is not an email address' }],
        },
      ],
    },
  );
  const time = z.iso.datetime();
  const bulkAnswer = named(
    "BulkAnswer",
    z.object({
      results: z.array(
        z.object({
          index: said(z.int(), "Of the item, from 0."),
          status: z.enum(["created", "updated", "unchanged", "failed"]),
          id: z.string().nullable(),
          externalId: z.string().nullable(),
          errors: z.array(problem).optional(),
        }),
      ),
      counts: z.object({ created: z.int(), updated: z.int(), unchanged: z.int(), failed: z.int() }),
    }),
  );
  const history = named(
    "History",
    z.object({
      data: z.array(
        z.object({
          version: z.int(),
          at: time,
          actor: said(z.string(), "Who: a key, an import, a connection.", "key:start"),
          runId: z.string().nullable(),
          changes: z.record(z.string(), z.object({ old: z.unknown(), new: z.unknown() })),
        }),
      ),
    }),
  );
  const origins = named(
    "Origins",
    z.object({
      data: z.array(
        z.object({
          field: z.string(),
          value: z.unknown(),
          source: said(
            z.enum(["vendor", "here", "unknown"]),
            "vendor: it was read from a vendor's record. here: `actor` set it in Winston. unknown: nobody wrote it down.",
          ),
          connection: said(z.string().nullable(), "Null also where the connection was removed since.", "acme"),
          stream: z.string().nullable(),
          recordId: said(z.string().nullable(), "The vendor's id of the record; null where it is linked no more."),
          actor: said(z.string().nullable(), "Who here: a key, an import.", "key:start"),
          setFrom: said(
            time.nullable(),
            "The span in which it was set begins here, as far as it was observed: an edit here is a moment, a vendor's stamp is as exact as the vendor says. Null where nobody had looked before.",
          ),
          setTo: said(time.nullable(), "And ends here."),
          takenAt: said(
            time.nullable(),
            "When it came to stand in Winston; null where the history no longer reaches back so far.",
          ),
          version: said(z.int().nullable(), "With which version of the record: see its history."),
          standing: said(
            z.enum(["owner", "equal", "yields"]),
            "Against a value from elsewhere: its system owns the field, or yields it to everybody; else all are equal.",
          ),
          rule: said(
            z.enum(["ask", "restrictive", "nonBlank", "newest"]),
            "What decides between values of equal standing.",
          ),
        }),
      ),
    }),
  );
  const flag = z.stringbool({ truthy: ["true", "1"], falsy: ["false", "0"] }).optional();
  book.registry.add(flag, { type: "boolean" });
  const limit = said(z.coerce.number().int().min(1).max(500).default(50), "How many on a page, 1 to 500.");
  const cursor = said(z.string().optional(), "Where to go on: `next` of the page before. Opaque.");
  return {
    problem,
    problemDocument,
    limit,
    cursor,
    flag,
    since: (what: string) =>
      said(
        z.iso
          .datetime({ offset: true, error: "must be a time such as 2026-01-05T09:00:00Z" })
          .transform((text) => Date.parse(text))
          .optional(),
        what,
        "2026-01-05T09:00:00Z",
      ),
    time,
    timeOrNull: z.iso.datetime().nullable(),
    bulkAnswer,
    explanation: explanationSchema(book, time),
    history,
    origins,
    page: <S extends z.ZodType>(id: string, item: S) =>
      named(
        id,
        z.object({
          data: z.array(item),
          next: said(z.string().nullable(), "Cursor of the next page; null on the last."),
        }),
      ),
    all: <S extends z.ZodType>(id: string, item: S) => named(id, z.object({ data: z.array(item) })),
    /** Text that can be asked for: PostgreSQL knows no NUL. */
    asked: z
      .string()
      .max(1024)
      .refine((text) => !text.includes("\u0000") && text.isWellFormed(), "must be plain text"),
  };
}

/** What a record of a resource looks like, out and in. */
export function recordSchemas(book: Book, common: Common, resource: Resource, fields: readonly Field[]) {
  const { named, said } = book;
  const person = resource.kind === "person";
  const out: Record<string, z.ZodType> = {};
  const into: Record<string, z.ZodType> = {};
  for (const field of fields) {
    out[field.key] = said(shown(field.type).nullable(), describe(field));
    into[field.key] = said(taken(field.type).nullable().optional(), describe(field));
  }
  const record = named(
    resource.schema,
    z.object({
      id: said(z.uuid(), "Winston's id."),
      externalId: said(z.string().nullable(), "The id it has in the system of whoever sent it; unique among its kind."),
      ...(person
        ? {
            stage: said(z.enum(["lead", "contact"]), "A contact is a lead that was converted: one person, one id."),
            name: said(z.string().nullable(), "First and last name together."),
          }
        : {}),
      ...out,
      customFields: said(z.record(z.string(), z.unknown()), "Fields that are not standard, by key."),
      version: said(z.int(), "Counts the changes, from 1."),
      createdAt: common.time,
      updatedAt: common.time,
      deletedAt: common.timeOrNull,
      links: said(
        z
          .array(z.object({ connection: z.string(), stream: z.string(), recordId: z.string(), state: z.string() }))
          .optional(),
        "Where it lives at vendors; only when one record is asked for.",
      ),
    }),
  );
  const input = named(
    `${resource.schema}Input`,
    z.looseObject({
      externalId: said(
        z.union([z.string(), z.number()]).nullable().optional(),
        `Your own id of it; "${resource.schema[0]!.toLowerCase()}${resource.schema.slice(1)}Id" says the same.`,
      ),
      ...(person
        ? {
            name: said(
              z.string().nullable().optional(),
              "A whole name; split into firstName and lastName where those are not given.",
            ),
          }
        : {}),
      ...into,
      customFields: said(
        z.record(z.string(), z.unknown()).optional(),
        "Fields that are not standard, by key. Unknown keys beside it are taken as such too.",
      ),
    }),
    {
      description:
        'Keys may also be written in snake_case. Values are read loosely and kept in one canonical form; null clears. A reference is a Winston id, your own id of the target, or {"externalId": "..."}, {"email": "..."} or {"name": "..."}.',
      examples: [EXAMPLES[resource.name]],
    },
  );
  return { record, input };
}

/** One record of each resource as a caller might send it. */
export const EXAMPLES = {
  leads: { leadId: "L-1001", email: "ada@example.com", name: "Ada Lovelace", company: "Analytical Engines" },
  contacts: { contactId: "C-17", email: "grace@example.com", firstName: "Grace", lastName: "Hopper", accountId: "A-3" },
  accounts: { accountId: "A-3", name: "Analytical Engines", website: "https://example.com", employees: 42 },
  deals: {
    dealId: "D-9",
    name: "Engine no. 2",
    amount: "12000.50",
    stage: "Proposal",
    closeDate: "2026-09-30",
    accountId: "A-3",
  },
  "deal-contacts": { dealId: "D-9", contactId: "C-17", role: "Decision Maker", primary: true },
  campaigns: { campaignId: "K-1", name: "Spring fair", status: "Planned", startDate: "2026-04-01" },
  activities: {
    activityId: "T-5",
    type: "call",
    subject: "First call",
    leadId: "L-1001",
    startsAt: "2026-01-05T09:00:00Z",
  },
  users: { userId: "U-2", name: "Grace Hopper", email: "grace@example.com", active: true },
} satisfies Record<Resource["name"], Record<string, unknown>>;

const describe = (field: Field): string =>
  field.type === "reference" ? `${field.label}: the ${field.target ?? "record"} it refers to.` : `${field.label}.`;

/** Canonical values as JSON (src/mapping/types.ts). */
function shown(type: FieldType): z.ZodType {
  switch (type) {
    case "number":
      return z.union([z.number(), z.string()]);
    case "boolean":
      return z.boolean();
    case "date":
      return z.iso.date();
    case "datetime":
      return z.iso.datetime();
    case "money":
      return z.object({ amount: z.string(), currency: z.string().nullable() });
    case "multipicklist":
      return z.array(z.string());
    case "reference":
      return z.uuid();
    case "json":
      return z.unknown();
    default:
      return z.string();
  }
}

/** What may be sent for it; the engine reads these loosely and says which it could not. */
function taken(type: FieldType): z.ZodType {
  switch (type) {
    case "number":
      return z.union([z.number(), z.string()]);
    case "boolean":
      return z.union([z.boolean(), z.string(), z.number()]);
    case "money":
      return z.union([
        z.number(),
        z.string(),
        z.object({ amount: z.union([z.string(), z.number()]), currency: z.string().nullable().optional() }),
      ]);
    case "multipicklist":
      return z.union([z.array(z.string()), z.string()]);
    case "reference":
      return z.union([
        z.string(),
        z.number(),
        z.object({ id: z.string() }),
        z.object({ externalId: z.union([z.string(), z.number()]) }),
        z.object({ email: z.string() }),
        z.object({ name: z.string() }),
      ]);
    case "json":
      return z.unknown();
    default:
      return z.union([z.string(), z.number()]);
  }
}
