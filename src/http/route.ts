// What a route is: one literal with its scope, schemas and handler. Fastify, the access rule and the OpenAPI document all read it.
import type { z } from "zod";
import type { Scope } from "./ports.ts";

/** Who calls. */
export interface Caller {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly string[];
}

/** What a key with this scope may do, and one that may do all. */
export const mayDo = ({ scopes }: Pick<Caller, "scopes">, scope: Route["scope"]): boolean =>
  scopes.includes(scope) || scopes.includes("admin");

export interface Call<Params, Query, Body> {
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  readonly caller: Caller;
  /** The caller asks for lines (NDJSON) instead of a page, of a route that has them. */
  readonly asLines?: boolean;
  /** The request's Idempotency-Key, for work that notes in its own transaction that it was done. */
  readonly claim?: { readonly keyId: string; readonly key: string } | undefined;
}

export interface Answer {
  readonly status: number;
  readonly body?: unknown;
  /** In place of a body: one JSON document to a line, made as fast as the other side takes them. */
  readonly lines?: AsyncIterable<readonly object[]>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** `public` routes need no key: only health and the API's own description. */
export interface Route {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Fastify's pattern, e.g. /api/leads/:id. */
  readonly url: string;
  readonly scope: Scope | "public";
  readonly operationId: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  /** What is checked at the door. Absent: the route takes no body. */
  readonly body?: z.ZodType;
  /** What is documented, where it says more than is checked at the door (single bad values are reported one by one, later). */
  readonly bodyDoc?: z.ZodType;
  /** false: the answer holds a secret, so it is not kept for a repeated Idempotency-Key. */
  readonly keepsAnswer?: boolean;
  /** Its work is done once for one claim, whoever asks for it again and when. */
  readonly once?: boolean;
  /** What one line is, of a route that also answers NDJSON (`Accept: application/x-ndjson`). */
  readonly line?: z.ZodType;
  readonly answers: Readonly<Record<number, { readonly description: string; readonly schema?: z.ZodType }>>;
  readonly handle: (call: Call<never, never, never>) => Promise<Answer>;
}

type Read<S> = S extends z.ZodType ? z.output<S> : undefined;

/** Gives a literal its type: the handler sees what its schemas let through. */
export function route<
  P extends z.ZodObject | undefined = undefined,
  Q extends z.ZodObject | undefined = undefined,
  B extends z.ZodType | undefined = undefined,
>(
  literal: Omit<Route, "params" | "query" | "body" | "handle"> & {
    readonly params?: P;
    readonly query?: Q;
    readonly body?: B;
    readonly handle: (call: Call<Read<P>, Read<Q>, Read<B>>) => Promise<Answer>;
  },
): Route {
  return literal as unknown as Route;
}
