// Timed workloads, each beside its limit: npm run bench -- NAME [--rounds 3] [--records N] [--vendor V]
import { parseArgs } from "node:util";
import { apiCalls } from "./api-calls.ts";
import { backTest } from "./back-test.ts";
import { firstLoad } from "./first-load.ts";
import { planMemory } from "./plan-memory.ts";
import { plan } from "./plan.ts";
import { pull } from "./pull.ts";
import { reRead } from "./re-read.ts";
import { realtime } from "./realtime.ts";
import { keep, printed, sentences, type Bench, type Options } from "./report.ts";

const BENCHES: Readonly<Record<string, Bench>> = {
  "first-load": firstLoad,
  "re-read": reRead,
  pull,
  "api-calls": apiCalls,
  plan,
  "plan-memory": planMemory,
  realtime,
  "back-test": backTest,
};

function readArguments(argv: readonly string[]): Options & { name: string; keep: boolean } {
  const usage = `Usage: npm run bench -- NAME [--rounds 3] [--records N] [--vendor V] [--no-keep]\nNAME is one of ${Object.keys(BENCHES).join(", ")}. Results are appended to bench/results.md.\n`;
  const stop = (why: string): never => {
    process.stderr.write(`${why}\n${usage}`);
    process.exit(64);
  };
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      allowNegative: true,
      options: {
        rounds: { type: "string" },
        records: { type: "string" },
        vendor: { type: "string" },
        keep: { type: "boolean", default: true },
      },
    });
    const name = positionals[0] ?? "";
    if (positionals.length !== 1 || !Object.hasOwn(BENCHES, name))
      return stop(`There is no bench "${positionals.join(" ")}".`);
    const number = (flag: "rounds" | "records", otherwise: number): number => {
      const given = Number(values[flag] ?? otherwise);
      return Number.isInteger(given) && given > 0
        ? given
        : stop(`--${flag} takes a whole number above 0, not ${values[flag]}.`);
    };
    const { records, vendors = [] } = BENCHES[name]!;
    const vendor = values.vendor ?? vendors[0];
    if (vendor !== undefined && !vendors.includes(vendor))
      return stop(`The bench ${name} knows ${vendors.join(", ") || "no vendor"}, not "${vendor}".`);
    return {
      name,
      rounds: number("rounds", 3),
      records: number("records", records),
      ...(vendor === undefined ? {} : { vendor }),
      keep: values.keep,
    };
  } catch (thrown) {
    return stop((thrown as Error).message);
  }
}

if (import.meta.main) {
  const { name, keep: kept, ...options } = readArguments(process.argv.slice(2));
  const bench = BENCHES[name]!;
  const say = (what: string): void => void process.stderr.write(`${what}\n`);
  const result = await bench.run({ ...options, say });
  if (kept) keep(name, options, result, bench.goal);
  process.stdout.write(`${[printed(result.table), ...sentences(name, result, bench.goal)].join("\n")}\n`);
}
