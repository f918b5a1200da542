// The simulator as a process of its own: `node src/simulators/hubspot/main.ts --port 4502 --story larkfield`.
import { readStart, runAsProcess } from "../shared/process.ts";
import { startHubspot, type HubspotSimulator } from "./index.ts";

/**
 * Starts a simulator from command-line arguments (see `readStart`) and prints one JSON line
 * `{url, clientId, clientSecret, refreshToken, privateToken}`. Throws usage.wrong or start.failed.
 */
export async function runHubspot(
  argv: readonly string[],
  print: (line: string) => void = (line) => process.stdout.write(`${line}\n`),
): Promise<HubspotSimulator> {
  const simulator = await startHubspot(readStart(argv));
  print(JSON.stringify({ url: simulator.url, ...simulator.credentials }));
  return simulator;
}

if (import.meta.main) await runAsProcess(() => runHubspot(process.argv.slice(2)));
