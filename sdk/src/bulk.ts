// Any number of records, a chunk at a time: what fails, fails alone; what is slow, slows the source.
import {
  AbortedError,
  ApiError,
  AuthenticationError,
  NotFoundError,
  PermissionError,
  ValidationError,
  WinstonError,
} from "./errors.ts";
import type { FieldProblem } from "./errors.ts";
import { contentId, isKnown } from "./identity.ts";
import type { Identity } from "./identity.ts";

export interface BulkOptions<T extends object = object> {
  /** Records per request, 1 to 2,000; 500 when absent. */
  readonly chunkSize?: number | undefined;
  /** Requests at one time; 4 when absent. With 1, records are stored in the order they come. */
  readonly concurrency?: number | undefined;
  /** Your own id of each record: the key that holds it, or a function that gives it. */
  readonly externalId?: string | ((record: T) => string | number | null | undefined) | undefined;
  /** What becomes of keys that are no field: `custom` (default) makes custom fields of them, `error` refuses the record. */
  readonly unknownKeys?: "custom" | "error" | undefined;
  /** After every chunk. */
  readonly onProgress?: ((progress: BulkProgress) => void) | undefined;
  /** Stops reading the source and the requests under way. */
  readonly signal?: AbortSignal | undefined;
  /** For one try of one chunk, in milliseconds. */
  readonly timeoutMs?: number | undefined;
  readonly maxRetries?: number | undefined;
}

/** Counts of records. */
export interface BulkProgress {
  readonly done: number;
  readonly created: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly failed: number;
}

export interface BulkFailure<T extends object = object> {
  /** Its place in what was given, from 0. */
  readonly index: number;
  readonly input: T;
  /** What was wrong; pointers lead into the record. */
  readonly errors: readonly FieldProblem[];
}

export type Records<T extends object> = Iterable<T> | AsyncIterable<T>;

/** What a chunk's request answers. */
export interface BulkAnswer {
  readonly results: readonly {
    readonly status: "created" | "updated" | "unchanged" | "failed";
    readonly errors?: readonly FieldProblem[];
  }[];
}

/** Sends one chunk: JSON text of the body. */
export type SendChunk = (
  json: string,
  options: BulkOptions,
) => Promise<{ data: BulkAnswer; requestId: string | undefined }>;

/** A chunk closes at this many characters of JSON, so that it stays below the server's 10 MiB even in long scripts. */
const CHUNK_CHARACTERS = 2_500_000;
/** Refused once, refused always. */
const STOPS = [AbortedError, AuthenticationError, PermissionError, NotFoundError];
/** After this many chunks in a row without an answer, the server counts as gone. */
const LOST_CHUNKS = 5;

/** What became of the records of one bulk call. */
export class BulkResult<T extends object = object> {
  created = 0;
  updated = 0;
  unchanged = 0;
  /** In the order they were given. */
  readonly failed: BulkFailure<T>[] = [];
  /** Of every chunk that was answered: they name the requests in Winston's log. */
  readonly requestIds: string[] = [];
  readonly #again: () => Promise<BulkResult<T>>;

  constructor(again: () => Promise<BulkResult<T>>) {
    this.#again = again;
  }

  /** How many were given. */
  get total(): number {
    return this.created + this.updated + this.unchanged + this.failed.length;
  }

  /** Throws a WinstonError that names the first failures, with this result as its `result`; returns itself when there are none. */
  throwIfFailed(): this {
    if (this.failed.length === 0) return this;
    const first = this.failed
      .slice(0, 3)
      .map(
        ({ index, errors }) =>
          `record ${index}: ${errors.map((one) => `${one.pointer} ${one.message}`.trim()).join(", ")}`,
      );
    const error = new WinstonError(
      `${this.failed.length} of ${this.total} records failed. ${first.join("; ")}${this.failed.length > 3 ? "; ..." : "."}`,
    );
    error.result = this;
    throw error;
  }

  /** Sends the failed ones again; their indexes stay those of the first call. */
  retryFailed(): Promise<BulkResult<T>> {
    return this.#again();
  }
}

interface Entry<T> {
  readonly index: number;
  readonly input: T;
  readonly json: string;
}

/**
 * Sends all records. Part failure is in the result and never thrown. Thrown is what makes going on useless: a refused token, an
 * aborted signal, a server that answers no chunk at all or several in a row not, and an error of the source
 * itself; a WinstonError thrown so carries the `result` so far.
 */
export async function bulk<T extends object>(
  records: Records<T> | Iterable<readonly [number, T]>,
  setup: { name: string; identity: Identity; send: SendChunk; numbered?: boolean },
  options: BulkOptions<T> = {},
): Promise<BulkResult<T>> {
  const { chunkSize = 500, concurrency = 4 } = options;
  atLeastOne("chunkSize", chunkSize, 2000);
  atLeastOne("concurrency", concurrency, 64);
  const result: BulkResult<T> = new BulkResult<T>(() => {
    const again = result.failed.map(({ index, input }) => [index, input] as const);
    return bulk(again, { ...setup, numbered: true }, options);
  });
  const stop = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, stop.signal]) : stop.signal;
  const under = new Set<Promise<void>>();
  let fatal: { readonly error: unknown } | undefined;
  /** Chunks in a row without an answer, and why the last one had none. */
  let lost = 0;
  let unanswered: { readonly error: unknown } | undefined;

  const settle = (): void => {
    const { created, updated, unchanged, failed } = result;
    options.onProgress?.({ done: result.total, created, updated, unchanged, failed: failed.length });
  };
  const failAll = (chunk: readonly Entry<T>[], errors: readonly FieldProblem[]): void => {
    for (const { index, input } of chunk) result.failed.push({ index, input, errors });
  };

  const send = async (chunk: readonly Entry<T>[]): Promise<void> => {
    const head = {
      unknownKeys: options.unknownKeys,
      externalIdKey: typeof options.externalId === "string" ? options.externalId : undefined,
    };
    const json = `${JSON.stringify(head).slice(0, -1)}${JSON.stringify(head) === "{}" ? "" : ","}"items":[${chunk.map((entry) => entry.json).join(",")}]}`;
    try {
      const { data, requestId } = await setup.send(json, { ...(options as BulkOptions), signal });
      lost = 0;
      if (requestId !== undefined) result.requestIds.push(requestId);
      for (const [position, { index, input }] of chunk.entries()) {
        const { status, errors = [] } = data.results[position]!;
        if (status === "failed")
          result.failed.push({
            index,
            input,
            errors: errors.map((one) => ({ ...one, pointer: one.pointer.replace(/^\/items\/\d+/u, "") })),
          });
        else result[status] += 1;
      }
    } catch (error) {
      if (STOPS.some((one) => error instanceof one) || !(error instanceof WinstonError)) throw error;
      if (error instanceof ValidationError && chunk.length > 1) {
        // Too large, or one record the server cannot even read: find out which. Anything else is wrong with the call itself.
        if (error.status !== 413 && !error.errors.some((one) => one.pointer.startsWith("/items/"))) throw error;
        const middle = chunk.length >> 1;
        await send(chunk.slice(0, middle));
        await send(chunk.slice(middle));
        return;
      }
      const said = error instanceof ApiError && error.errors.length > 0 ? error.errors : undefined;
      const errors = said ?? [
        { pointer: "", code: error instanceof ApiError ? error.code : error.name, message: error.message },
      ];
      failAll(chunk, errors);
      if (error instanceof ValidationError) return;
      unanswered = { error };
      lost += 1;
      if (lost >= LOST_CHUNKS) throw error;
    }
  };
  const start = (chunk: readonly Entry<T>[]): void => {
    const one = send(chunk)
      .then(settle)
      .catch((error: unknown) => {
        fatal ??= { error };
        stop.abort();
      })
      .finally(() => under.delete(one));
    under.add(one);
  };

  let chunk: Entry<T>[] = [];
  let characters = 0;
  let next = 0;
  const take = async (input: T, index: number): Promise<void> => {
    let json: string | undefined;
    try {
      json = JSON.stringify(identified(input, setup.identity, options.externalId));
    } catch (error) {
      failAll(
        [{ index, input, json: "" }],
        [
          {
            pointer: "",
            code: "request.invalid",
            message: `cannot be written as JSON: ${error instanceof Error ? error.message : String(error)}`,
          },
        ],
      );
      return;
    }
    json ??= "null";
    if (chunk.length > 0 && characters + json.length > CHUNK_CHARACTERS) await flush();
    chunk.push({ index, input, json });
    characters += json.length + 1;
    if (chunk.length >= chunkSize) await flush();
  };
  const flush = async (): Promise<void> => {
    while (under.size >= concurrency && !fatal) await Promise.race(under);
    if (!fatal && chunk.length > 0) start(chunk);
    chunk = [];
    characters = 0;
  };

  try {
    for await (const one of iterable(records, setup.name)) {
      if (fatal) break;
      if (options.signal?.aborted)
        throw new AbortedError("The bulk call was stopped by its signal.", { cause: options.signal.reason });
      if (setup.numbered) await take((one as readonly [number, T])[1], (one as readonly [number, T])[0]);
      else await take(one as T, next++);
    }
    await flush();
  } catch (error) {
    fatal ??= { error };
    stop.abort();
  }
  await Promise.all(under);
  if (result.requestIds.length === 0) fatal ??= unanswered;
  result.failed.sort((a, b) => a.index - b.index);
  if (fatal) {
    if (fatal.error instanceof WinstonError) fatal.error.result = result;
    throw fatal.error;
  }
  return result;
}

/** The record with an id by which it is known again; its own where it has one. */
function identified<T extends object>(
  record: T,
  identity: Identity,
  externalId: BulkOptions<T>["externalId"],
): unknown {
  if (typeof record !== "object" || record === null || Array.isArray(record)) return record;
  const given = typeof externalId === "function" ? externalId(record) : undefined;
  if (given !== undefined && given !== null && given !== "") return { ...record, externalId: given };
  const named = typeof externalId === "string" ? (record as Record<string, unknown>)[externalId] : undefined;
  if ((typeof named === "string" && named.trim() !== "") || typeof named === "number") return record;
  return isKnown(record, identity) ? record : { ...record, externalId: contentId(record) };
}

function iterable<T>(records: unknown, name: string): AsyncIterable<T> | Iterable<T> {
  const one = records as { [Symbol.iterator]?: unknown; [Symbol.asyncIterator]?: unknown } | null | undefined;
  if (typeof one === "object" && one !== null && (one[Symbol.iterator] || one[Symbol.asyncIterator]))
    return one as Iterable<T>;
  const got =
    one === null
      ? "null"
      : typeof (one as { then?: unknown } | undefined)?.then === "function"
        ? "a promise; await it first"
        : `a value of type ${typeof one}`;
  throw new TypeError(`client.${name} takes an array, an iterable or an async iterable of records; it got ${got}.`);
}

function atLeastOne(name: string, value: number, most: number): void {
  if (!Number.isInteger(value) || value < 1 || value > most)
    throw new RangeError(`${name} must be a whole number from 1 to ${most}; it is ${value}.`);
}
