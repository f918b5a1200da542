// The body of an answer, read whole or as it comes, and never taken for data when it is something else.
import { pipeline, type Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import type { Dispatcher } from "undici";
import { WinstonError } from "../base/errors.ts";
import type { Answer, Call } from "./api.ts";
import { parseLossless } from "./lossless.ts";

export function parse(
  call: Call,
  status: number,
  headers: Answer["headers"],
  text: string,
): { body: unknown; problem?: string } {
  const start = text.slice(0, 200).trimStart();
  const html = /html/iu.test(String(headers["content-type"] ?? "")) || /^<(?:!doctype|html)/iu.test(start);
  if (html) return { body: null, problem: "the answer is a web page, not data" };
  if (call.as === "text") return { body: text };
  if (text === "") {
    // "No content" and "created" may be empty; a plain 200 without its JSON is an answer cut short.
    return status === 200 ? { body: null, problem: "the answer is empty" } : { body: null };
  }
  try {
    return { body: parseLossless(text) };
  } catch (error) {
    return { body: null, problem: `the answer is not JSON (${(error as Error).message.slice(0, 120)})` };
  }
}

/** The body of a refusal: JSON where it is, else text. */
export function loose(text: string): unknown {
  if (text === "") return null;
  try {
    return parseLossless(text);
  } catch {
    return text;
  }
}

export function unpacked(response: Dispatcher.ResponseData): Readable {
  if (!/gzip/iu.test(String(response.headers["content-encoding"] ?? ""))) return response.body;
  // An archive cut short ends in an error, which destroys both sides.
  return pipeline(response.body, createGunzip(), () => {}) as unknown as Readable;
}

export class TooLarge extends Error {}

export async function collect(body: Readable, bytesMax: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bytesMax) throw new TooLarge(`the answer is larger than ${bytesMax} bytes`);
    chunks.push(chunk);
  }
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, bytes);
}

/** The chunks of a long answer. Its end is its end: a connection cut short throws vendor.bad_answer. */
export async function* streamed(
  body: Readable,
  title: string,
  call: Call,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* body as AsyncIterable<Uint8Array>;
  } catch (error) {
    call.signal?.throwIfAborted();
    throw new WinstonError(
      "vendor.bad_answer",
      `${title} broke off its answer to ${call.method} ${call.path.split("?")[0]}.`,
      {
        cause: error,
      },
    );
  }
}

/** null when the bytes are not UTF-8: a character replaced is a value lost. */
export function utf8(bytes: Buffer): string | null {
  try {
    return strict.decode(bytes);
  } catch {
    return null;
  }
}
const strict = new TextDecoder("utf-8", { fatal: true });
