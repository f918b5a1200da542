// A connection as it stands, in the words of a question about it.
import type { Client } from "../../sdk/src/index.ts";
import type { Shell } from "./shell.ts";
import { count, counted } from "./words.ts";

/** "the connection acme (mode observe): 8 streams, 2,890 records linked, 12 changes waiting to be written" */
export async function standing(client: Client, which: string, shell: Shell): Promise<string> {
  const connection = await client.connections.get(which, { signal: shell.signal });
  const streams = await client.streams.list({ connection: connection.id }, { signal: shell.signal });
  const sum = (of: "linked" | "waiting"): number => streams.reduce((all, one) => all + one.counts[of], 0);
  const mode = connection.paused ? `${connection.mode}, paused` : connection.mode;
  return `the connection ${connection.name} (mode ${mode}: ${counted(streams.length, "stream")}, ${counted(sum("linked"), "record")} linked, ${count(sum("waiting"))} waiting to be written)`;
}
