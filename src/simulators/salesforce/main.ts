// The simulator as a process of its own: `node src/simulators/salesforce/main.ts --port 4501 --story larkfield`. It prints one JSON line,
// `{url, clientId, clientSecret, refreshToken}`.
import { runAsProcess, runSimulator } from "../shared/process.ts";
import { salesforce } from "./simulator.ts";

if (import.meta.main) await runAsProcess(() => runSimulator(salesforce, process.argv.slice(2)));
