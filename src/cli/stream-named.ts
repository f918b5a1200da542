// A stream as a person names it: by its key, at the one connection or the one they say.
import type { Client, Stream } from "../../sdk/src/index.ts";
import { WinstonError } from "../base/errors.ts";
import { nearestInWords } from "../mapping/nearest.ts";
import type { Shell } from "./shell.ts";
import { chooseConnection } from "./sync.ts";
import { listed } from "./words.ts";

/** Throws usage.wrong. */
export async function streamNamed(
  client: Client,
  key: string,
  connection: string | undefined,
  shell: Shell,
): Promise<Stream> {
  const { id } = await chooseConnection(client, connection, shell);
  const streams = await client.streams.list({ connection: id }, { signal: shell.signal });
  const found = streams.find((one) => one.key === key);
  if (found !== undefined) return found;
  const keys = streams.map((one) => one.key);
  throw new WinstonError(
    "usage.wrong",
    `There is no stream "${key}"${nearestInWords(key, keys) || `; there are ${listed(keys)}`}.`,
  );
}
