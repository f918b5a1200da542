// The simulator as a process of its own: `node src/simulators/salesforce/main.ts --port 4501 --story larkfield`.
import { readStart, runAsProcess } from "../shared/process.ts";
import { startSalesforce, type SalesforceSimulator } from "./index.ts";

/**
 * Starts a simulator from command-line arguments (see `readStart`) and prints one JSON line
 * `{url, clientId, clientSecret, refreshToken}`. Throws usage.wrong or start.failed.
 */
export async function runSalesforce(
  argv: readonly string[],
  print: (line: string) => void = (line) => process.stdout.write(`${line}\n`),
): Promise<SalesforceSimulator> {
  const simulator = await startSalesforce(readStart(argv));
  print(JSON.stringify({ url: simulator.url, ...simulator.credentials }));
  return simulator;
}

if (import.meta.main) await runAsProcess(() => runSalesforce(process.argv.slice(2)));
