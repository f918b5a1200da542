// A file that is written as its text comes, however long it is, and that only its owner may read.
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { WinstonError } from "../base/errors.ts";

/** Throws request.invalid where it cannot be written. */
export async function writeFile(
  file: string,
  body: (put: (text: string) => Promise<void>) => Promise<void>,
): Promise<void> {
  const stream = createWriteStream(file, { mode: 0o600 });
  const failed = once(stream, "error").then(([error]) => {
    throw new WinstonError("request.invalid", `${file} could not be written: ${(error as Error).message}`);
  });
  failed.catch(() => {});
  await Promise.race([
    failed,
    (async () => {
      await body(async (text) => {
        if (!stream.write(text)) await Promise.race([failed, once(stream, "drain")]);
      });
      stream.end();
      await once(stream, "finish");
    })(),
  ]);
}

/** Pieces of text, one after the other. */
export const writePieces = (file: string, pieces: AsyncIterable<string>): Promise<void> =>
  writeFile(file, async (put) => {
    for await (const piece of pieces) await put(piece);
  });
