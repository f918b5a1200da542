// The simulator as a process of its own: `node src/simulators/hubspot/main.ts --port 4502 --story larkfield`. It prints one JSON line,
// `{url, clientId, clientSecret, refreshToken, privateToken}`.
import { runAsProcess, runSimulator } from "../shared/process.ts";
import { hubspot } from "./simulator.ts";

if (import.meta.main) await runAsProcess(() => runSimulator(hubspot, process.argv.slice(2)));
