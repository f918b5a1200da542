// `winston version`: what runs here, and whether a server answers.
import type { Command } from "commander";
import { pairs, printOne } from "./output.ts";
import { globalsOf } from "./program.ts";
import { configOf, readAddresses } from "./remote.ts";
import type { Shell } from "./shell.ts";

export function define(command: Command, shell: Shell): void {
  command.action(async () => {
    const globals = globalsOf(command);
    const config = configOf(shell, globals);
    const url = config.url ?? readAddresses(config.dataDir).api ?? `http://127.0.0.1:${config.port}`;
    const server = await serverVersion(url, shell.signal);
    const data = {
      winston: shell.version,
      node: process.versions.node,
      platform: `${process.platform} ${process.arch}`,
      server: server === undefined ? null : { url, version: server },
    };
    printOne(shell, globals, {
      schema: "version",
      data,
      lines: pairs([
        ["Winston", data.winston],
        ["Node", data.node],
        ["Platform", data.platform],
        ["Server", server === undefined ? `none at ${url}` : `${server} at ${url}`],
      ]),
      next: server === undefined ? "dev" : "connections",
    });
  });
}

/** A busy server may take its time over its first description; where none is, that is known at once. */
const ANSWER_MS = 15_000;

/** The version that the server's own description says; undefined when none answers. */
export async function serverVersion(url: string, signal: AbortSignal): Promise<string | undefined> {
  try {
    const answer = await fetch(`${url}/openapi.json`, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]),
    });
    const { info } = (await answer.json()) as { info?: { version?: string } };
    return info?.version;
  } catch {
    return undefined;
  }
}
