// `winston mappings`: which field goes where, per stream; a new version is checked before it comes into force.
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Command } from "commander";
import { WinstonError } from "../base/errors.ts";
import { readAll } from "./ask.ts";
import { EXIT } from "./failure.ts";
import { isHuman, printOne, widthOf } from "./output.ts";
import { planSupposed } from "./plan.ts";
import { globalsOf, subcommand } from "./program.ts";
import { openRemote } from "./remote.ts";
import type { Shell } from "./shell.ts";
import { streamNamed } from "./stream-named.ts";
import { drawTable } from "./table.ts";

interface Row {
  readonly field: string | readonly string[];
  readonly record: string | readonly string[];
  readonly direction?: string;
  readonly transform?: string;
  readonly rule?: string;
}

export function define(command: Command, shell: Shell): void {
  const show = subcommand(command, shell, "show <stream>", "the mapping in force");
  show
    .option("--connection <connection>", "where there are several")
    .action(async (key: string, options: { connection?: string }) => {
      const globals = globalsOf(show);
      const { client } = openRemote(shell, globals);
      const stream = await streamNamed(client, key, options.connection, shell);
      const mapping = await client.streams.mapping(stream.id, { signal: shell.signal });
      const rows = (mapping.document as { rows?: Row[] }).rows ?? [];
      const both = (value: string | readonly string[]): string =>
        typeof value === "string" ? value : value.join(" + ");
      printOne(shell, globals, {
        schema: "mapping",
        data: { stream: stream.key, streamId: stream.id, ...mapping },
        lines: isHuman(shell, globals)
          ? [
              `${stream.key}, version ${mapping.version}`,
              "",
              ...drawTable<Row>(
                [
                  { title: "WINSTON", of: (row) => both(row.field) },
                  { title: "", of: (row) => ({ in: "<--", out: "-->" })[row.direction ?? "both"] ?? "<->" },
                  { title: "VENDOR", of: (row) => both(row.record) },
                  { title: "TRANSFORM", of: (row) => row.transform },
                  { title: "CONFLICTS", of: (row) => row.rule ?? "newest" },
                ],
                rows,
                { width: widthOf(shell) },
              ),
              ...(mapping.notes.length > 0 ? ["", ...mapping.notes] : []),
            ]
          : [],
        next: `mappings show ${stream.key} --json > mapping.json`,
      });
    });

  const check = subcommand(
    command,
    shell,
    "check <stream> <file>",
    "whether a mapping file, or the field_mappings JSON, may be put in force; nothing is stored",
  );
  check
    .option("--connection <connection>", "where there are several")
    .action(async (key: string, file: string, options: { connection?: string }) => {
      const globals = globalsOf(check);
      const document = await readDocument(shell, file);
      const { client } = openRemote(shell, globals);
      const stream = await streamNamed(client, key, options.connection, shell);
      const found = await client.streams.checkMapping(stream.id, document, { signal: shell.signal });
      const offered = ((found.offer?.["rows"] ?? []) as Row[]).filter((_, at) =>
        found.problems.some((one) => one.pointer === `/rows/${at}/direction`),
      );
      printOne(shell, globals, {
        schema: "mappingCheck",
        data: { stream: stream.key, streamId: stream.id, ...found },
        lines: [
          found.usable ? `It may be put in force in ${stream.key}.` : `It cannot be put in force in ${stream.key}:`,
          ...found.problems.map((one) => `- ${one.message}`),
          ...found.notes.map((one) => `! ${one}`),
          ...(offered.length > 0 ? ["", "It could be with these rows one way (--json has it whole, as offer):"] : []),
          ...offered.map((row) => `  ${JSON.stringify(row)}`),
        ],
        rows: found.problems.map((one) => [one.pointer, one.code, one.message]),
        next: found.usable ? `mappings put ${stream.key} ${file} --plan` : undefined,
      });
      if (!found.usable) shell.exitCode = EXIT.failed;
    });

  const put = subcommand(
    command,
    shell,
    "put <stream> <file>",
    "put a mapping file (JSON; - for standard input) in force",
  );
  put
    .option("--connection <connection>", "where there are several")
    .option("--plan", "show as a plan what it would write anywhere, and leave the one in force")
    .action(async (key: string, file: string, options: { connection?: string; plan?: true }) => {
      const globals = globalsOf(put);
      const document = await readDocument(shell, file);
      const { client } = openRemote(shell, globals);
      const stream = await streamNamed(client, key, options.connection, shell);
      if (options.plan)
        return planSupposed(shell, globals, client, {
          streamId: stream.id,
          mapping: document as Record<string, unknown>,
        });
      const done = await client.streams.putMapping(stream.id, document, { signal: shell.signal });
      printOne(shell, globals, {
        schema: "mappingPut",
        data: { stream: stream.key, streamId: stream.id, ...done },
        lines: [`Version ${done.version} of ${stream.key} is in force.`, ...done.notes],
        next: `sync --stream ${stream.key}`,
      });
    });
}

/** A mapping document, also as `mappings show --json` prints it. Throws usage.wrong. */
async function readDocument(shell: Shell, file: string): Promise<object> {
  let text: string;
  try {
    text = file === "-" ? await readAll(shell.stdin) : readFileSync(resolve(shell.cwd, file), "utf8");
  } catch (cause) {
    throw new WinstonError("usage.wrong", `The mapping file ${file} cannot be read (${(cause as Error).message}).`, {
      cause,
    });
  }
  try {
    const read = JSON.parse(text) as { schema?: string; document?: object };
    return read.schema === "winston.mapping/v1" && read.document !== undefined ? read.document : read;
  } catch (cause) {
    throw new WinstonError("usage.wrong", `The mapping file ${file} is not JSON: ${(cause as Error).message}.`, {
      cause,
    });
  }
}
