// Any number of records, a chunk at a time: what fails, fails alone; what is slow, slows the source.
import { BulkResult } from "./bulk-result.ts";
import type { BulkFailure, BulkProgress } from "./bulk-result.ts";
import type { Calls } from "./calls.ts";
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
import { contentId, hasOwnId } from "./identity.ts";
import { readAll } from "./source.ts";
import type { Records } from "./source.ts";

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

export interface BulkSetup {
  /** "leads". */
  readonly resource: string;
  /** As people call it: "bulkCreate". */
  readonly method: string;
  /** Names of the records' own id. */
  readonly ids: readonly string[];
  readonly send: SendChunk;
  readonly calls: Calls;
  /** For one try of one chunk, where the caller says nothing. */
  readonly timeoutMs: number;
  /** The records come with their indexes. */
  readonly numbered?: boolean;
}

/** A chunk closes at this many characters of JSON, so that it stays below the server's 10 MiB even in long scripts. */
const CHUNK_CHARACTERS = 2_500_000;
/** Refused once, refused always. */
const STOPS = [AbortedError, AuthenticationError, PermissionError, NotFoundError];
/** After this many chunks in a row without an answer, the server counts as gone. */
const LOST_CHUNKS = 5;
/** What names something that is not there may be right once that is. */
const UNKNOWN_REFERENCE = "reference.unknown";
/** So many times, each of one chunk's time limit, other calls that move and help nothing are waited for. */
const WAITS_MAX = 5;

interface Entry<T> {
  readonly index: number;
  readonly input: T;
  readonly json: string;
  /** An id made of its content, where it has none of its own. */
  readonly contentId: string | null;
}

/**
 * Sends all records; at the end those again that refer to what was not there, when other calls of this client have sent theirs, and while
 * that makes progress. Part failure is in the result and never thrown. Thrown is what makes going on useless: a refused token, an
 * aborted signal, a server that answers no chunk at all or several in a row not, and an error of the source
 * itself; a WinstonError thrown so carries the `result` so far.
 */
export async function bulk<T extends object>(
  records: Records<T> | Iterable<readonly [number, T]>,
  setup: BulkSetup,
  options: BulkOptions<T> = {},
): Promise<BulkResult<T>> {
  const { chunkSize = 500, concurrency = 4, timeoutMs: waitMs = setup.timeoutMs } = options;
  atLeastOne("chunkSize", chunkSize, 2000);
  atLeastOne("concurrency", concurrency, 64);
  const result: BulkResult<T> = new BulkResult<T>(() => {
    const again = result.failed.map(({ index, input }) => [index, input] as const);
    return bulk(again, { ...setup, numbered: true }, options);
  });
  const call = setup.calls.begin(setup.resource);
  const stop = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, stop.signal]) : stop.signal;
  const under = new Set<Promise<void>>();
  /** Refused only because what they name was not there, when so many records `before` them had been stored. */
  let waiting: (BulkFailure<T> & { readonly before: number })[] = [];
  let fatal: { readonly error: unknown } | undefined;
  /** Chunks in a row without an answer, and why the last one had none. */
  let lost = 0;
  let unanswered: { readonly error: unknown } | undefined;

  const settle = (): void => {
    call.moves += 1;
    const { created, updated, unchanged, failed } = result;
    options.onProgress?.({ done: result.total, created, updated, unchanged, failed: failed.length });
  };
  const failAll = (chunk: readonly Entry<T>[], errors: readonly FieldProblem[]): void => {
    for (const { index, input } of chunk) result.failed.push({ index, input, errors });
  };
  const send = async (chunk: readonly Entry<T>[]): Promise<void> => {
    let before = call.storedByAll;
    try {
      const { data, requestId } = await setup.send(bodyOf(chunk, options), { ...(options as BulkOptions), signal });
      lost = 0;
      if (requestId !== undefined) result.requestIds.push(requestId);
      const stored = data.results.filter((one) => one.status !== "failed").length;
      call.store(stored);
      before += stored;
      for (const [position, { index, input }] of chunk.entries()) {
        const { status, errors: said = [] } = data.results[position]!;
        if (status !== "failed") {
          result[status] += 1;
          continue;
        }
        const errors = said.map((one) => ({ ...one, pointer: one.pointer.replace(/^\/items\/\d+/u, "") }));
        const waits = errors.length > 0 && errors.every((one) => one.code === UNKNOWN_REFERENCE);
        if (waits) waiting.push({ index, input, errors, before });
        else result.failed.push({ index, input, errors });
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
  const take = async (input: T, index: number): Promise<void> => {
    let entry: Entry<T>;
    try {
      entry = entryOf(input, index, setup.ids, options.externalId);
    } catch (error) {
      const message = `cannot be written as JSON: ${error instanceof Error ? error.message : String(error)}`;
      result.failed.push({ index, input, errors: [{ pointer: "", code: "request.invalid", message }] });
      return;
    }
    if (chunk.length > 0 && characters + entry.json.length > CHUNK_CHARACTERS) await flush();
    chunk.push(entry);
    characters += entry.json.length + 1;
    if (chunk.length >= chunkSize) await flush();
  };
  const flush = async (): Promise<void> => {
    while (under.size >= concurrency && !fatal) await Promise.race(under);
    if (!fatal && chunk.length > 0) start(chunk);
    chunk = [];
    characters = 0;
  };

  /** Sends again what named something that was not there, in its order. */
  const sendWaiting = async (): Promise<void> => {
    const again = waiting.sort((a, b) => a.index - b.index);
    waiting = [];
    for (const { input, index } of again) await take(input, index);
    await flush();
    await Promise.all(under);
  };
  const settleWaiting = async (): Promise<void> => {
    let helped = true;
    let known = -1;
    for (let waits = 0; waiting.length > 0 && !fatal;) {
      const others = await call.quiet(waitMs, signal);
      throwIfAborted(options.signal);
      if (others === "moving") {
        if (!helped && ++waits >= WAITS_MAX) return;
      } else if (!helped && call.storedByOthers === known) return;
      known = call.storedByOthers;
      const before = call.stored;
      if (waiting.some((one) => one.before < call.storedByAll)) await sendWaiting();
      else if (others !== "moving") return;
      helped = call.stored > before;
      if (helped) waits = 0;
    }
  };

  try {
    let next = 0;
    const name = `${setup.resource}.${setup.method}`;
    await readAll<T | readonly [number, T]>(records, { name, signal }, async (one) => {
      call.moves += 1;
      if (setup.numbered) await take((one as readonly [number, T])[1], (one as readonly [number, T])[0]);
      else await take(one as T, next++);
      return !fatal;
    });
    throwIfAborted(options.signal);
    await flush();
    call.allRead();
    await Promise.all(under);
    await settleWaiting();
    if (!fatal) await call.through(waitMs, signal);
  } catch (error) {
    fatal ??= { error };
    stop.abort();
  } finally {
    call.end();
  }
  await Promise.all(under);
  if (waiting.length > 0) {
    for (const { index, input, errors } of waiting) result.failed.push({ index, input, errors });
    if (!fatal) settle();
  }
  if (result.requestIds.length === 0) fatal ??= unanswered;
  result.failed.sort((a, b) => a.index - b.index);
  if (fatal) {
    if (fatal.error instanceof WinstonError) fatal.error.result = result;
    throw fatal.error;
  }
  return result;
}

function bodyOf<T extends object>(chunk: readonly Entry<T>[], options: BulkOptions<T>): string {
  const head = JSON.stringify({
    unknownKeys: options.unknownKeys,
    externalIdKey: typeof options.externalId === "string" ? options.externalId : undefined,
    contentIds: chunk.some((entry) => entry.contentId !== null) ? chunk.map((entry) => entry.contentId) : undefined,
  });
  return `${head.slice(0, -1)}${head === "{}" ? "" : ","}"items":[${chunk.map((entry) => entry.json).join(",")}]}`;
}

/** The record as it is sent, with an id by which it is known again where it has none of its own. */
function entryOf<T extends object>(
  input: T,
  index: number,
  ids: readonly string[],
  externalId: BulkOptions<T>["externalId"],
): Entry<T> {
  const isRecord = typeof input === "object" && input !== null && !Array.isArray(input);
  const given = isRecord && typeof externalId === "function" ? externalId(input) : undefined;
  const own = given !== undefined && given !== null && given !== "";
  const json = JSON.stringify(own ? { ...input, externalId: given } : input) ?? "null";
  const named = own || !isRecord || hasOwnId(input, typeof externalId === "string" ? [externalId] : [], ids);
  return { index, input, json, contentId: named ? null : contentId(input) };
}

function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new AbortedError("The bulk call was stopped by its signal.", { cause: signal.reason });
}

function atLeastOne(name: string, value: number, most: number): void {
  if (!Number.isInteger(value) || value < 1 || value > most)
    throw new RangeError(`${name} must be a whole number from 1 to ${most}; it is ${value}.`);
}
