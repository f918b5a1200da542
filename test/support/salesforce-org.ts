// Organisations of a few lines each, for tests of what must happen on the wire.
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { systemClock, type Clock } from "../../src/base/clock.ts";
import { isError, type WinstonError } from "../../src/base/errors.ts";
import { seededRandom } from "../../src/base/random.ts";
import type { Page, PullRequest } from "../../src/connector/contract.ts";
import { connectDirectly } from "../../src/connector/direct.ts";
import { salesforce } from "../../src/connectors/salesforce/index.ts";

export interface Request {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly text: string;
  readonly json: () => Record<string, unknown>;
}

export const DATE = "Mon, 05 Jan 2026 09:00:00 GMT";
export const NOW = Date.parse(DATE);
export const ID = (index: number): string => `00Q${String(index).padStart(12, "0")}EAA`;
export const never = new AbortController().signal;

/** An organisation that answers as `handler` says; everything it was asked is in `seen`. */
export async function createOrg(handler: (request: Request, response: ServerResponse) => unknown) {
  const seen: Request[] = [];
  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
    incoming.on("end", () => {
      const url = new URL(incoming.url!, "http://org");
      const text = Buffer.concat(chunks).toString();
      const request: Request = {
        method: incoming.method!,
        path: url.pathname,
        query: url.searchParams,
        headers: incoming.headers,
        text,
        json: () => JSON.parse(text) as Record<string, unknown>,
      };
      seen.push(request);
      response.setHeader("date", DATE);
      const answer = handler(request, response);
      if (answer === undefined || response.writableEnded || response.destroyed) return;
      response.setHeader("content-type", "application/json;charset=UTF-8");
      response.end(JSON.stringify(answer));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const hurried: Clock = {
    now: () => NOW,
    sleep: (ms, signal) => (ms < 100_000 ? Promise.resolve() : systemClock.sleep(ms, signal)),
  };
  const connection = connectDirectly({
    connector: salesforce,
    settings: { loginUrl: url, simulator: true, bulkAbove: 4 },
    secrets: { clientId: "id", clientSecret: "secret" },
    clock: hurried,
    random: seededRandom(1),
    simulator: true,
    grant: { access_token: "token", instance_url: url },
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

export const refuse = (response: ServerResponse, status: number, errorCode: string, message = errorCode): unknown => {
  response.statusCode = status;
  return [{ errorCode, message }];
};

export const row = (index: number, stamp: string, more: object = {}): object => ({
  attributes: { type: "Lead" },
  Id: ID(index),
  SystemModstamp: `${stamp}.000+0000`,
  IsDeleted: false,
  MasterRecordId: null,
  IsConverted: false,
  WinstonId__c: null,
  Email: `lead${index}@example.com`,
  ...more,
});

export async function pages(iterable: AsyncIterable<Page>): Promise<Page[]> {
  const list: Page[] = [];
  for await (const page of iterable) list.push(page);
  return list;
}

export const asking = (more: Partial<PullRequest> = {}): PullRequest => ({
  fields: ["Email"],
  since: null,
  cursor: null,
  now: NOW + 3_600_000,
  signal: never,
  ...more,
});

export async function thrown(promise: Promise<unknown>): Promise<WinstonError> {
  try {
    await promise;
  } catch (error) {
    if (isError(error)) return error;
    throw error;
  }
  throw new Error("it did not throw");
}
