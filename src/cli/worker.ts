// `winston worker`: one more worker, here or on another machine, against the same database. It holds no state.
import type { Command } from "commander";
import { WinstonError } from "../base/errors.ts";
import { openHost, untilStopped } from "./host.ts";
import { openLog } from "./log.ts";
import { globalsOf, wholeNumber } from "./program.ts";
import { configOf } from "./remote.ts";
import { type Shell, tell } from "./shell.ts";

export function define(command: Command, shell: Shell): void {
  command
    .option("--workers <n>", "lanes worked on at one time (WINSTON_WORKERS; default 4)", wholeNumber(1, 64))
    .action(async (options: { workers?: number }) => {
      const globals = globalsOf(command);
      const config = configOf(shell, globals, { dataDir: globals.data, workers: options.workers });
      if (config.databaseUrl === undefined)
        throw new WinstonError(
          "config.invalid",
          "A worker beside a server needs a database both can reach: set DATABASE_URL for both. Winston's own database belongs to one process, whose worker is part of `winston start`.",
        );
      const log = openLog(shell, config, shell.stderr.isTTY ? "file" : "stderr");
      await using stack = new AsyncDisposableStack();
      const app = await openHost(shell, config, { log, stack });
      await app.work();
      log.info({ workers: config.workers, version: shell.version }, "the worker is ready");
      tell(shell, `Worker ready, ${config.workers} lanes at a time.`);
      await untilStopped(shell);
    });
}
