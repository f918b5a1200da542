// `winston mappings`: which field goes where, per stream; a new version is checked before it comes into force.
import type { Command } from "commander";
import { WinstonError } from "../base/errors.ts";
import { EXIT } from "./failure.ts";
import { readMappingFile, sideOf } from "./mapping-file.ts";
import { defineTrials } from "./mapping-trial.ts";
import { defineVersions } from "./mapping-versions.ts";
import { isHuman, printOne, widthOf } from "./output.ts";
import { planSupposed } from "./plan.ts";
import { globalsOf, subcommand } from "./program.ts";
import { openRemote } from "./remote.ts";
import { quoted, type Shell } from "./shell.ts";
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
  const show = subcommand(command, shell, "show <stream> [version]", "the mapping in force, or an earlier version");
  show
    .option("--connection <connection>", "whose stream, where several have one of that name; or CONNECTION/STREAM")
    .action(async (key: string, asked: string | undefined, options: { connection?: string }) => {
      const globals = globalsOf(show);
      const { client } = openRemote(shell, globals);
      const stream = await streamNamed(client, key, options.connection, shell);
      const call = { signal: shell.signal };
      const mapping =
        asked === undefined
          ? await client.streams.mapping(stream.id, call)
          : { notes: [], ...(await client.streams.mappingVersion(stream.id, versionOf(asked), call)) };
      const rows = (mapping.document as { rows?: Row[] }).rows ?? [];
      printOne(shell, globals, {
        schema: "mapping",
        data: { stream: stream.key, streamId: stream.id, ...mapping },
        lines: isHuman(shell, globals)
          ? [
              `${stream.key}, version ${mapping.version}`,
              "",
              ...drawTable<Row>(
                [
                  { title: "WINSTON", of: (row) => sideOf(row.field) },
                  { title: "", of: (row) => ({ in: "<--", out: "-->" })[row.direction ?? "both"] ?? "<->" },
                  { title: "VENDOR", of: (row) => sideOf(row.record) },
                  { title: "TRANSFORM", of: (row) => row.transform },
                  { title: "CONFLICTS", of: (row) => row.rule ?? "newest" },
                ],
                rows,
                { width: widthOf(shell) },
              ),
              ...(mapping.notes.length > 0 ? ["", ...mapping.notes] : []),
            ]
          : [],
        next: `mappings show ${stream.called} --json > mapping.json`,
      });
    });

  const check = subcommand(
    command,
    shell,
    "check <stream> <file>",
    "whether a mapping file, or the field_mappings JSON, may be put in force; nothing is stored",
  );
  check
    .option("--connection <connection>", "whose stream, where several have one of that name; or CONNECTION/STREAM")
    .action(async (key: string, file: string, options: { connection?: string }) => {
      const globals = globalsOf(check);
      const document = await readMappingFile(shell, file);
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
        next: found.usable ? `mappings put ${stream.called} ${quoted(file)} --plan` : undefined,
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
    .option("--connection <connection>", "whose stream, where several have one of that name; or CONNECTION/STREAM")
    .option("--plan", "show as a plan what it would write anywhere, and leave the one in force")
    .action(async (key: string, file: string, options: { connection?: string; plan?: true }) => {
      const globals = globalsOf(put);
      const document = await readMappingFile(shell, file);
      const { client } = openRemote(shell, globals);
      const stream = await streamNamed(client, key, options.connection, shell);
      if (options.plan) return planSupposed(shell, globals, client, { streamId: stream.id, mapping: document });
      const done = await client.streams.putMapping(stream.id, document, { signal: shell.signal });
      printOne(shell, globals, {
        schema: "mappingPut",
        data: { stream: stream.key, streamId: stream.id, ...done },
        lines: [`Version ${done.version} of ${stream.key} is in force.`, ...done.notes],
        next: `sync ${stream.called}`,
      });
    });

  defineTrials(command, shell);
  defineVersions(command, shell);
}

function versionOf(given: string): number {
  const version = Number(given);
  if (Number.isInteger(version) && version > 0) return version;
  throw new WinstonError("usage.wrong", `A version is a number, as in winston mappings show STREAM 1, not "${given}".`);
}
