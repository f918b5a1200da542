// Running Winston in this process: what `dev`, `start` and `worker` share.
import type { Config } from "../config.ts";
import type { Log } from "../base/log.ts";
import { connectors } from "../connectors/index.ts";
import { createWinston, type WinstonApp } from "../winston.ts";
import { killDatabase } from "./data-folder.ts";
import { makeDataFolder } from "./log.ts";
import { type Shell, tell } from "./shell.ts";

/** Opens a Winston that is stopped with the stack. Says so in one line when a signal comes; a second one ends its database too. */
export async function openHost(
  shell: Shell,
  config: Config,
  parts: { log: Log; stack: AsyncDisposableStack },
): Promise<WinstonApp> {
  const { log, stack } = parts;
  for (const warning of config.warnings) tell(shell, `winston: ${warning}`);
  makeDataFolder(config);
  shell.atForcedExit = () => killDatabase(config.dataDir);
  const stopping = (): void => tell(shell, "Stopping; the step in hand is finished first (Ctrl-C again: at once).");
  shell.signal.addEventListener("abort", stopping, { once: true });
  stack.defer(() => shell.signal.removeEventListener("abort", stopping));
  const { clock, random, version } = shell;
  const app = await createWinston({ config, connectors, clock, random, log, version });
  stack.defer(() => app.stop());
  shell.signal.throwIfAborted();
  return app;
}

/** Resolves when the shell's signal says stop. */
export function untilStopped({ signal }: Pick<Shell, "signal">): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
