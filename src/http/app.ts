// The HTTP surface under /api: who may enter, what a body may be, and every answer's headers. Routes are in routes/.
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import Fastify from "fastify";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { validatorCompiler } from "fastify-type-provider-zod";
import { WinstonError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import { KINDS } from "../mapping/kinds.ts";
import { parseBody } from "./body.ts";
import { hangUpOnClose } from "./closing.ts";
import { openApi } from "./openapi.ts";
import type { HttpOptions, Scope } from "./ports.ts";
import { PROBLEM_TYPE, problemOf } from "./problems.ts";
import { RESOURCES } from "./resources.ts";
import { type Caller, mayDo, type Route } from "./route.ts";
import { alertRoutes } from "./routes/alerts.ts";
import { comparisonRoutes } from "./routes/comparisons.ts";
import { configRoutes } from "./routes/config.ts";
import { conflictRoutes } from "./routes/conflicts.ts";
import { guardRoutes } from "./routes/guards.ts";
import { connectionRoutes } from "./routes/connections.ts";
import { streamChange } from "./routes/stream-choices.ts";
import { streamRoutes } from "./routes/streams.ts";
import { duplicateRoutes } from "./routes/duplicates.ts";
import { keyRoutes } from "./routes/keys.ts";
import { mappingRoutes } from "./routes/mappings.ts";
import { planRoutes } from "./routes/plans.ts";
import { quarantineRoutes } from "./routes/quarantines.ts";
import { schemaRoutes } from "./routes/schema.ts";
import { recordRoutes } from "./routes/records.ts";
import { runRoutes } from "./routes/runs.ts";
import { systemRoutes } from "./routes/system.ts";
import { commonSchemas, newBook } from "./schemas.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** What a key must be allowed; `public` needs no key. A route without one cannot be added. */
    scope?: Scope | "public";
  }
  interface FastifyRequest {
    caller: Caller | null;
    /** The body's bytes as they came. */
    rawBody: Buffer | null;
    startedAt: number;
  }
}

export const BODY_LIMIT = 10 * 1024 * 1024;

/**
 * Builds the server without listening (see `listen`). Denies by default: whatever is asked for, a key comes first,
 * except for /healthz, /readyz, /flowz and /openapi.json.
 */
export function createHttp(options: HttpOptions): FastifyInstance {
  const app = Fastify({
    logger: false,
    bodyLimit: options.bodyLimit ?? BODY_LIMIT,
    genReqId: options.requestId,
    requestTimeout: 120_000,
    routerOptions: { maxParamLength: 1024 },
    frameworkErrors: (error, request, reply) => {
      dress(reply, request.id);
      fail(options.log, error, request, reply as FastifyReply);
    },
  });
  app.setValidatorCompiler(validatorCompiler);
  app.decorateRequest("caller", null);
  app.decorateRequest("rawBody", null);
  app.decorateRequest("startedAt", 0);
  readJsonOnly(app);
  hangUpOnClose(app, options.clock);
  app.addHook("onRoute", ({ method, url, config }) => {
    if (config?.scope === undefined) throw new Error(`${String(method)} ${url} says no scope; add one to its literal.`);
  });
  app.addHook("onRequest", async (request, reply) => {
    request.startedAt = options.clock.now();
    dress(reply, request.id);
    await admit(options, request);
  });
  app.addHook("onResponse", async (request, reply) => {
    const entry = {
      at: request.startedAt,
      requestId: request.id,
      keyId: request.caller?.id ?? null,
      method: request.method,
      route: request.routeOptions.url ?? "(none)",
      status: reply.statusCode,
      ms: Math.max(0, Math.round(options.clock.now() - request.startedAt)),
      remote: request.ip,
    };
    options.log.debug(entry, "answered");
    options.access?.(entry);
  });
  app.setErrorHandler((error, request, reply) => fail(options.log, error, request, reply));
  app.setNotFoundHandler((request) => {
    throw new WinstonError(
      "not.found",
      `There is no ${request.method} ${request.url.split("?", 1)[0]!}; /openapi.json lists what there is.`,
    );
  });
  for (const route of apiRoutes(options).routes) add(app, options, route);
  return app;
}

/** Every route, and the document that describes them. */
export function apiRoutes(options: HttpOptions): { routes: readonly Route[]; describe: () => object } {
  const book = newBook();
  const common = commonSchemas(book);
  const change = streamChange(book);
  let document: object | undefined;
  const describe = (): object => (document ??= openApi(routes, book, common, options.version));
  const routes: readonly Route[] = [
    ...RESOURCES.flatMap((resource) => recordRoutes(options, resource, KINDS[resource.kind].fields, book, common)),
    ...connectionRoutes(options, book, common, change),
    ...streamRoutes(options, book, common, change),
    ...configRoutes(options, book),
    ...runRoutes(options, book, common),
    ...comparisonRoutes(options, book, common),
    ...conflictRoutes(options, book, common),
    ...duplicateRoutes(options, book, common),
    ...planRoutes(options, book, common, change),
    ...guardRoutes(options, book, common),
    ...schemaRoutes(options, book, common),
    ...mappingRoutes(options, book, common),
    ...alertRoutes(options, book, common),
    ...quarantineRoutes(options, book, common),
    ...keyRoutes(options, book, common),
    ...systemRoutes(options, book, common, describe),
  ];
  return { routes, describe };
}

/** Bodies are JSON or refused; the bytes are kept for the digest of a repeatable request. */
function readJsonOnly(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", { parseAs: "buffer" }, (request, body, done) => {
    const bytes = body as Buffer;
    request.rawBody = bytes;
    try {
      done(null, bytes.length === 0 ? undefined : parseBody(bytes));
    } catch (error) {
      done(error as Error);
    }
  });
}

/** Headers every answer has, refusals too. */
function dress(reply: { headers: (values: Record<string, string>) => unknown }, requestId: string): void {
  reply.headers({
    "x-request-id": requestId,
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
  });
}

const HOW = "`npm start` prints a token, and POST /api/keys makes more";

/** Throws auth.missing, auth.wrong or auth.forbidden unless the caller may ask for this. */
async function admit({ keys }: HttpOptions, request: FastifyRequest): Promise<void> {
  const scope = request.routeOptions.config.scope;
  if (scope === "public" && !request.is404) return;
  const header = request.headers.authorization;
  if (header === undefined) {
    throw new WinstonError(
      "auth.missing",
      `The Authorization header is missing. Send 'Authorization: Bearer <token>'; ${HOW}.`,
    );
  }
  const token = /^bearer +(\S+) *$/iu.exec(header)?.[1];
  if (token === undefined) {
    throw new WinstonError("auth.wrong", `The Authorization header is not of the form 'Bearer <token>'; ${HOW}.`);
  }
  const caller = token.length > 512 ? undefined : await keys.verify(token);
  if (!caller) {
    throw new WinstonError(
      "auth.wrong",
      `The token in the Authorization header is not a valid key here: mistyped, expired, revoked, or of another Winston; ${HOW}.`,
    );
  }
  request.caller = caller;
  if (scope !== undefined && !mayDo(caller, scope)) {
    throw new WinstonError(
      "auth.forbidden",
      `The key "${caller.name}" may not do this: it needs the scope ${scope} and has ${caller.scopes.join(", ") || "none"}. Make a key with that scope.`,
    );
  }
}

/** The answer to anything thrown. */
function fail(log: Log, error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const problem = problemOf(error, request.id);
  if (problem.status >= 500) {
    log.error(
      {
        requestId: request.id,
        method: request.method,
        route: request.routeOptions.url,
        code: problem.code,
        err: error,
      },
      "failed",
    );
  }
  if (problem.status === 401) void reply.header("www-authenticate", 'Bearer realm="winston"');
  if (problem.retryAfterMs !== undefined)
    void reply.header("retry-after", String(Math.ceil(problem.retryAfterMs / 1000)));
  return reply.status(problem.status).type(PROBLEM_TYPE).send(JSON.stringify(problem));
}

function add(app: FastifyInstance, options: HttpOptions, route: Route): void {
  app.route({
    method: route.method,
    url: route.url,
    config: { scope: route.scope },
    schema: {
      ...(route.params ? { params: route.params } : {}),
      ...(route.query ? { querystring: route.query } : {}),
      ...(route.body ? { body: route.body } : {}),
    },
    handler: async (request, reply) => {
      const call = {
        params: request.params,
        query: request.query,
        body: request.body,
        caller: request.caller ?? { id: "", name: "nobody", scopes: [] },
        asLines: route.line !== undefined && asksForLines(request.headers.accept),
      };
      const answer = await once(options, route, request, (claim) => route.handle({ ...call, claim } as never));
      const next = (answer.body as { next?: unknown } | undefined)?.next;
      if (typeof next === "string") void reply.header("link", `<${withCursor(request.url, next)}>; rel="next"`);
      reply.status(answer.status).headers(answer.headers ?? {});
      // What fails on the way cuts the answer off: nobody takes a part of it for the whole.
      if (answer.lines) return reply.type(NDJSON).send(Readable.from(textOf(answer.lines)));
      return answer.body === undefined
        ? reply.send()
        : reply.type("application/json; charset=utf-8").send(JSON.stringify(answer.body));
    },
  });
}

const NDJSON = "application/x-ndjson; charset=utf-8";

/** Whether a caller names NDJSON; one that takes anything gets JSON. */
const asksForLines = (accept: string | undefined): boolean =>
  (accept ?? "").split(",").some((one) => {
    const [type, ...rest] = one.split(";").map((part) => part.trim().toLowerCase());
    return type === "application/x-ndjson" && !rest.some((part) => /^q=0(?:\.0*)?$/u.test(part));
  });

/** A page of lines as one piece of text: no more than one is held. */
async function* textOf(pages: AsyncIterable<readonly object[]>): AsyncGenerator<string> {
  for await (const page of pages) if (page.length > 0) yield page.map((one) => `${JSON.stringify(one)}\n`).join("");
}

type Answer = Awaited<ReturnType<Route["handle"]>>;

/** Does a POST or PATCH that carries an Idempotency-Key once, and answers its repeats with what the first one got. */
async function once(
  options: HttpOptions,
  route: Route,
  request: FastifyRequest,
  act: (claim?: { keyId: string; key: string }) => Promise<Answer>,
): Promise<Answer> {
  const key = request.headers["idempotency-key"];
  const honoured = (route.method === "POST" || route.method === "PATCH") && route.keepsAnswer !== false;
  if (key === undefined || !honoured || !request.caller) return act();
  if (typeof key !== "string" || !/^[\x21-\x7e]{1,255}$/u.test(key)) {
    throw new WinstonError(
      "request.invalid",
      "The Idempotency-Key header must be 1 to 255 visible ASCII characters, such as a UUID.",
    );
  }
  const { idempotency, log } = options;
  const keyId = request.caller.id;
  const digest = createHash("sha256")
    .update(`${request.method} ${request.url}\n`)
    .update(request.rawBody ?? "")
    .digest();
  const claim = await idempotency.begin(keyId, key, digest, route.once === true);
  if (claim.kind === "replay") {
    return { status: claim.status, body: claim.body ?? undefined, headers: { "idempotency-replayed": "true" } };
  }
  if (claim.kind === "running") {
    throw new WinstonError(
      "request.conflict",
      "A request with this Idempotency-Key is under way; ask again for its answer in a moment.",
      { retryAfterMs: 1000 },
    );
  }
  if (claim.kind === "mismatch") {
    throw new WinstonError(
      "request.mismatch",
      "This Idempotency-Key came before with another request; use a new key for a new request.",
    );
  }
  /** Losing the record of an answer must not lose the answer: a repeat then meets what the work itself noted, or the upsert rule. */
  const finish = (kept: { status: number; body: unknown } | null): Promise<void> =>
    idempotency.finish(keyId, key, kept).catch((error: unknown) => {
      log.warn({ requestId: request.id, err: error }, "an Idempotency-Key could not be finished");
    });
  try {
    const answer = await act({ keyId, key });
    await finish({ status: answer.status, body: answer.body ?? null });
    return answer;
  } catch (error) {
    await finish(null);
    throw error;
  }
}

function withCursor(url: string, cursor: string): string {
  const [path, query = ""] = url.split("?", 2);
  const search = new URLSearchParams(query);
  search.set("cursor", cursor);
  return `${path!}?${search.toString()}`;
}
