// `winston api GET /api/leads?limit=2`: one raw request, with the token added.
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Command } from "commander";
import type { Request } from "../../sdk/src/transport.ts";
import { WinstonError } from "../base/errors.ts";
import { readAll } from "./ask.ts";
import { globalsOf } from "./program.ts";
import { openRemote } from "./remote.ts";
import type { Shell } from "./shell.ts";
import { listed } from "./words.ts";

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;

export function define(command: Command, shell: Shell): void {
  command
    .argument("<method>", METHODS.join(", "))
    .argument("<path>", "such as /api/leads?limit=2; /openapi.json lists them")
    .option("--body <json>", "the body as JSON; @FILE reads a file, - standard input")
    .action(async (word: string, path: string, options: { body?: string }) => {
      const method = METHODS.find((one) => one === word.toUpperCase());
      if (method === undefined || !path.startsWith("/"))
        throw new WinstonError("usage.wrong", `Give one of ${listed(METHODS)} and a path that begins with /.`);
      const json = await readBody(shell, options.body);
      const { transport } = openRemote(shell, globalsOf(command));
      const request: Request = { method, path, ...(json === undefined ? {} : { json }), signal: shell.signal };
      const { data } = await transport.call<unknown>(request);
      if (data !== undefined) shell.stdout.write(`${JSON.stringify(data, null, shell.stdout.isTTY ? 2 : 0)}\n`);
    });
}

async function readBody(shell: Shell, given: string | undefined): Promise<string | undefined> {
  if (given === undefined) return undefined;
  try {
    const text =
      given === "-"
        ? await readAll(shell.stdin, 50_000_000)
        : given.startsWith("@")
          ? readFileSync(resolve(shell.cwd, given.slice(1)), "utf8")
          : given;
    JSON.parse(text);
    return text;
  } catch (cause) {
    if (cause instanceof WinstonError) throw cause;
    throw new WinstonError("usage.wrong", `--body cannot be used: ${(cause as Error).message}.`, { cause });
  }
}
