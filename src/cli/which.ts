// What one word on the command line means where it may name a connection, a stream, or a stream of a connection.
import type { Client } from "../../sdk/src/index.ts";
import { WinstonError } from "../base/errors.ts";
import type { Shell } from "./shell.ts";
import { listed } from "./words.ts";

export interface Which {
  readonly connection?: string;
  readonly stream?: string;
}

/** What a name on the command line means: "acme", "lead" or "acme/lead". Throws not.found. */
export async function meant(client: Client, name: string | undefined, shell: Shell): Promise<Which> {
  if (name === undefined) return {};
  const connections = await client.connections.list({ signal: shell.signal });
  const known = (text: string) => connections.find((one) => one.name === text || one.id === text);
  if (known(name)) return { connection: name };
  const cut = name.lastIndexOf("/");
  if (cut > 0 && known(name.slice(0, cut))) return { connection: name.slice(0, cut), stream: name.slice(cut + 1) };
  const streams = await client.streams.list({}, { signal: shell.signal });
  if (streams.some((one) => one.key === name)) return { stream: name };
  throw new WinstonError(
    "not.found",
    `There is no connection and no stream ${name}. Connections: ${listed(connections.map((one) => one.name)) || "none"}.`,
  );
}
