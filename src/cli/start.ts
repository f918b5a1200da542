// `winston start`: the server and a worker, for real use. Configured by the environment; nothing pretend.
import type { Command } from "commander";
import { WinstonError } from "../base/errors.ts";
import { type Config, describeConfig } from "../config.ts";
import { isLoopback } from "../http/listen.ts";
import { START_TOKEN_FILE } from "../vault/keys.ts";
import { writeAddresses } from "./data-folder.ts";
import { openHost, untilStopped } from "./host.ts";
import { openLog } from "./log.ts";
import { printList } from "./output.ts";
import { globalsOf, wholeNumber } from "./program.ts";
import { configOf } from "./remote.ts";
import { type Shell, tell } from "./shell.ts";
import { duration } from "./words.ts";

interface Options {
  readonly port?: number;
  readonly host?: string;
  readonly allowRemote?: true;
  readonly check?: true;
}

export function define(command: Command, shell: Shell): void {
  command
    .option("--port <n>", "the server's port (WINSTON_PORT; default 4400)", wholeNumber(0, 65_535))
    .option("--host <address>", "where to listen (WINSTON_HOST; default 127.0.0.1)")
    .option("--allow-remote", "listen also where other machines reach it (WINSTON_ALLOW_REMOTE)")
    .option("--check", "print every setting with its origin, and stop")
    .action(async (options: Options) => {
      const globals = globalsOf(command);
      const { check, ...flags } = options;
      const config = configOf(shell, globals, { dataDir: globals.data, ...flags });
      const weak = weaknesses(config, shell.env);
      if (check) {
        await printList(shell, globals, {
          schema: "setting",
          columns: [
            { title: "SETTING", of: (one) => one.name },
            { title: "VALUE", of: (one) => one.value },
            { title: "FROM", of: (one) => (one.origin === "--data-dir" ? "--data" : one.origin) },
          ],
          rows: describeConfig(config),
          none: "",
        });
        for (const warning of config.warnings) tell(shell, `winston: ${warning}`);
      }
      if (weak.length > 0)
        throw new WinstonError(
          "config.invalid",
          `Winston does not start with weak settings:\n${weak.map((one) => `  - ${one}`).join("\n")}`,
        );
      if (check) return tell(shell, `The settings are good. Next: ${shell.self} start`);
      await start(shell, config);
    });
}

async function start(shell: Shell, config: Config): Promise<void> {
  const log = openLog(shell, config, shell.stderr.isTTY ? "file" : "stderr");
  await using stack = new AsyncDisposableStack();
  const app = await openHost(shell, config, { log, stack });
  const { host, port, allowRemote } = config;
  const { url } = await app.listen({ host, port, allowRemote });
  writeAddresses(config.dataDir, { api: url });
  await app.keys.startToken(config.dataDir, ["admin"]);
  if (config.workers > 0) await app.work();
  const took = duration(shell.clock.now() - shell.startedAt);
  log.info({ url, workers: config.workers, version: shell.version }, "Winston is ready");
  tell(
    shell,
    `Winston ${shell.version} is ready at ${url} after ${took}; a token for this machine is in ${config.dataDir}/${START_TOKEN_FILE}.`,
  );
  await untilStopped(shell);
}

/** What would make a real installation easy to break into or to lose; each with what to do. */
export function weaknesses(config: Config, env: Shell["env"]): string[] {
  const weak: string[] = [];
  if (!isLoopback(config.host) && !config.allowRemote)
    weak.push(
      `${config.origins.host} lets other machines reach the API at ${config.host} without TLS. Keep 127.0.0.1 and put a TLS proxy before it, or say --allow-remote where that proxy is another container.`,
    );
  if (config.databaseUrl !== undefined) {
    const { hostname, searchParams, password } = new URL(config.databaseUrl);
    const remote = hostname !== "" && !isLoopback(hostname) && !(searchParams.get("host") ?? "").startsWith("/");
    const mode = searchParams.get("sslmode");
    if (remote && mode !== "verify-full" && mode !== "verify-ca" && env["WINSTON_ALLOW_REMOTE"] === undefined)
      weak.push(
        `${config.origins.databaseUrl} crosses the network to ${hostname} without a checked certificate. Add sslmode=verify-full.`,
      );
    if (remote && password !== "" && password.length < 12)
      weak.push(`The password in ${config.origins.databaseUrl} is shorter than 12 characters. Choose a longer one.`);
  }
  if (config.logLevel === "debug")
    weak.push(
      `${config.origins.logLevel} is debug, which writes more about people's records than a log should keep. Use info.`,
    );
  return weak;
}
