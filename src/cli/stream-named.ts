// A stream as a person names it: by its key where only one connection has it, else as CONNECTION/STREAM.
import type { Client, Stream } from "../../sdk/src/index.ts";
import { WinstonError } from "../base/errors.ts";
import { nearestInWords } from "../mapping/nearest.ts";
import { quoted, type Shell } from "./shell.ts";
import { listed } from "./words.ts";

export type Named = Stream & {
  /** How this stream is named in a command as printed, so that no other can be meant. */
  readonly called: string;
};

/** Throws not.found for a connection that is not there, usage.wrong for a stream that is not, or that several connections have. */
export async function streamNamed(
  client: Client,
  name: string,
  connection: string | undefined,
  shell: Shell,
): Promise<Named> {
  const call = { signal: shell.signal };
  const connections = await client.connections.list(call);
  const named = (text: string) => connections.find((one) => one.id === text || one.name === text);
  const cut = name.lastIndexOf("/");
  const [before, key] = cut > 0 ? [name.slice(0, cut), name.slice(cut + 1)] : [undefined, name];
  const wanted = [before, connection].flatMap((text) => {
    if (text === undefined) return [];
    const found = named(text);
    if (found) return [found];
    const names = connections.map((one) => one.name);
    throw new WinstonError(
      "not.found",
      `There is no connection ${text}${nearestInWords(text, names) || `; there are ${listed(names) || "none"}`}.`,
    );
  });
  if (wanted[1] && wanted[0] !== wanted[1])
    throw new WinstonError("usage.wrong", `${name} is no stream of ${wanted[1].name}: name the connection once.`);
  const streams = await client.streams.list({}, call);
  const of = (one: Stream): string => connections.find(({ id }) => id === one.connectionId)?.name ?? one.connectionId;
  const within = streams.filter((one) => wanted.length === 0 || one.connectionId === wanted[0]!.id);
  const found = within.filter((one) => one.key === key);
  if (found.length === 1) {
    const alone = streams.filter((one) => one.key === key).length === 1;
    return { ...found[0]!, called: quoted(alone ? key : `${of(found[0]!)}/${key}`) };
  }
  const keys = [...new Set(within.map((one) => one.key))];
  if (found.length === 0)
    throw new WinstonError(
      "usage.wrong",
      `There is no stream "${key}"${wanted[0] ? ` of ${wanted[0].name}` : ""}${nearestInWords(key, keys) || `; there are ${listed(keys) || "none"}`}.`,
    );
  throw new WinstonError(
    "usage.wrong",
    `Several connections have a stream "${key}": say ${listed(
      found.map((one) => `${of(one)}/${key}`),
      "or",
    )}, or give --connection ${quoted(of(found[0]!))}.`,
  );
}
