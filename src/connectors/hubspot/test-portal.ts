// Accounts of a few lines each, for tests of what must happen on the wire.
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { systemClock, type Clock } from "../../base/clock.ts";
import { isError, type WinstonError } from "../../base/errors.ts";
import type { JsonObject } from "../../base/json.ts";
import { seededRandom } from "../../base/random.ts";
import type { Page, PullRequest, RowOutcome } from "../../connector/contract.ts";
import { connectDirectly } from "../../connector/direct.ts";
import { hubspot } from "./index.ts";

export interface Request {
  readonly method: string;
  /** Without the version: "/objects/contacts/search", "/associations/contacts/companies/batch/read". */
  readonly path: string;
  readonly fullPath: string;
  readonly query: URLSearchParams;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly text: string;
  readonly body: Sent;
}

/** A request's body, loosely. */
export interface Sent {
  readonly inputs: readonly {
    readonly id: string;
    readonly idProperty?: string;
    readonly objectWriteTraceId?: string;
    readonly properties: Readonly<Record<string, string>>;
    readonly from: { readonly id: string };
    readonly to: { readonly id: string };
    readonly types: readonly { readonly associationTypeId: number }[];
  }[];
  readonly properties: readonly string[];
  readonly filterGroups: readonly { readonly filters: readonly Record<string, string>[] }[];
  readonly sorts: readonly { readonly propertyName: string; readonly direction: string }[];
  readonly after?: string;
  readonly limit?: number;
  readonly [key: string]: unknown;
}

export const DATE = "Mon, 05 Jan 2026 09:00:00 GMT";
export const NOW = Date.parse(DATE);
export const never = new AbortController().signal;

/** An account that answers as `handler` says; everything it was asked is in `seen`. */
export async function createPortal(
  handler: (request: Request, response: ServerResponse) => unknown,
  settings: JsonObject = {},
) {
  const seen: Request[] = [];
  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
    incoming.on("end", () => {
      const url = new URL(incoming.url!, "http://portal");
      const text = Buffer.concat(chunks).toString();
      const json = text.startsWith("{");
      const request: Request = {
        method: incoming.method!,
        path: url.pathname.replace(/^\/crm\/v[34]|^\/crm/u, "").replace(/\/\d{4}-\d{2}(?=\/|$)/u, ""),
        fullPath: url.pathname,
        query: url.searchParams,
        headers: incoming.headers,
        text,
        body: (json ? JSON.parse(text) : {}) as Sent,
      };
      seen.push(request);
      response.setHeader("date", DATE);
      const answer = handler(request, response);
      if (answer === undefined || response.writableEnded || response.destroyed) return;
      response.setHeader("content-type", "application/json;charset=utf-8");
      response.end(answer === null ? undefined : JSON.stringify(answer));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  // Short waits take no time; the guards of a call's whole length are real.
  let now = NOW;
  const hurried: Clock = {
    now: () => now,
    sleep: (ms, signal) => {
      if (ms >= 100_000) return systemClock.sleep(ms, signal);
      now += ms;
      return Promise.resolve();
    },
  };
  const connection = connectDirectly({
    connector: hubspot,
    settings: { baseUrl: url, simulator: true, ...settings },
    secrets: { accessToken: "pat" },
    clock: hurried,
    random: seededRandom(1),
    simulator: true,
  });
  return {
    ...connection,
    url,
    seen,
    [Symbol.asyncDispose]: async () => {
      await connection[Symbol.asyncDispose]();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A refusal in HubSpot's shape. */
export function refuse(response: ServerResponse, status: number, category: string, message = category, more = {}) {
  response.statusCode = status;
  return { status: "error", message, correlationId: "0a0a0a0a-0000-4000-8000-000000000000", category, ...more };
}

/** A contact as answers show it; `null` says that it was asked for and is empty. */
export const contact = (
  id: number | string,
  stamp: number | string,
  properties: Record<string, string | null> = {},
) => ({
  id: String(id),
  properties: {
    lastmodifieddate: typeof stamp === "number" ? new Date(stamp).toISOString() : stamp,
    winston_id: null,
    hs_merged_object_ids: null,
    lifecyclestage: null,
    email: `contact${id}@example.com`,
    ...properties,
  },
  createdAt: "2025-01-01T00:00:00.000Z",
  updatedAt: "2026-01-05T08:00:00.000Z",
  archived: false,
});

export async function pages(iterable: AsyncIterable<Page>): Promise<Page[]> {
  const list: Page[] = [];
  for await (const page of iterable) list.push(page);
  return list;
}

export const idsOf = (list: readonly Page[]): string[] =>
  list.flatMap((page) => page.records.map((record) => record.id));

export const asking = (more: Partial<PullRequest> = {}): PullRequest => ({
  fields: ["email"],
  since: null,
  cursor: null,
  now: NOW + 3_600_000,
  signal: never,
  ...more,
});

export const states = (outcomes: readonly RowOutcome[]): string[] =>
  outcomes.map((one) => (one.state === "failed" ? `${one.kind} ${one.vendor.code}` : one.state));

export async function thrown(promise: Promise<unknown>): Promise<WinstonError> {
  try {
    await promise;
  } catch (error) {
    if (isError(error)) return error;
    throw error;
  }
  throw new Error("it did not throw");
}
