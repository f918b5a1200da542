// `winston mappings history`, `export` and `suggest`: what a mapping was, how the specification writes it, and what it could have besides.
import type { Command } from "commander";
import type { components } from "../../sdk/src/index.ts";
import { sideOf, writeMappingFile } from "./mapping-file.ts";
import { printList, printOne } from "./output.ts";
import { globalsOf, subcommand } from "./program.ts";
import { openRemote } from "./remote.ts";
import { quoted, type Shell } from "./shell.ts";
import { streamNamed } from "./stream-named.ts";
import { moment } from "./words.ts";

type Suggested = components["schemas"]["MappingSuggestions"]["suggestions"][number];

interface Options {
  readonly connection?: string;
  readonly out?: string;
}

export function defineVersions(command: Command, shell: Shell): void {
  const history = subcommand(command, shell, "history <stream>", "every version of a mapping, the newest first");
  history
    .option("--connection <connection>", "whose stream, where several have one of that name; or CONNECTION/STREAM")
    .action(async (key: string, options: Options) => {
      const globals = globalsOf(history);
      const { client } = openRemote(shell, globals);
      const stream = await streamNamed(client, key, options.connection, shell);
      const condition = (text: string | null): string => text ?? "";
      await printList(shell, globals, {
        schema: "mappingVersion",
        columns: [
          { title: "VERSION", of: (one) => one.version, right: true },
          { title: "", of: (one) => (one.inForce ? "in force" : "") },
          { title: "SINCE", of: (one) => moment(one.createdAt) },
          { title: "BY", of: (one) => one.actor },
          { title: "ROWS", of: (one) => one.rows, right: true },
          { title: "FILTER IN", of: (one) => condition(one.filter.in), spare: 2 },
          { title: "FILTER OUT", of: (one) => condition(one.filter.out), spare: 1 },
        ],
        rows: await client.streams.mappingVersions(stream.id, { signal: shell.signal }),
        none: "There are none.",
        next: `mappings show ${stream.called} ${Math.max(1, stream.mappingVersion - 1)}`,
      });
    });

  const out = subcommand(command, shell, "export <stream>", "the mapping in force as the field_mappings JSON");
  out
    .option("--out <file>", "write it to this file")
    .option("--connection <connection>", "whose stream, where several have one of that name; or CONNECTION/STREAM")
    .action(async (key: string, options: Options) => {
      const globals = globalsOf(out);
      const { client } = openRemote(shell, globals);
      const stream = await streamNamed(client, key, options.connection, shell);
      const { document, notes } = await client.streams.fieldMappings(stream.id, { signal: shell.signal });
      if (options.out !== undefined) writeMappingFile(shell, options.out, document);
      for (const note of notes) shell.stderr.write(`! ${note}\n`);
      if (options.out === undefined && !globals.json && !globals.ndjson) {
        shell.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
        return;
      }
      printOne(shell, globals, {
        schema: "fieldMappings",
        data: options.out === undefined ? { document, notes } : { file: options.out, notes },
        lines: [`Written to ${options.out}.`],
        next: `mappings check ${stream.called} ${quoted(options.out ?? "")}`,
      });
    });

  const suggest = subcommand(
    command,
    shell,
    "suggest <stream>",
    "pairs of fields that the mapping does not have, with reasons; nothing is put in force",
  );
  suggest
    .option("--out <file>", "write the mapping with these pairs to this file")
    .option("--connection <connection>", "whose stream, where several have one of that name; or CONNECTION/STREAM")
    .action(async (key: string, options: Options) => {
      const globals = globalsOf(suggest);
      const { client } = openRemote(shell, globals);
      const stream = await streamNamed(client, key, options.connection, shell);
      const found = await client.streams.suggestMapping(stream.id, { signal: shell.signal });
      if (options.out !== undefined) writeMappingFile(shell, options.out, found.document);
      const lineOf = ({ row, reasons }: Suggested): string[] => {
        const { field, record, direction, transform } = row as Record<"direction" | "transform", string> &
          Record<"field" | "record", string | string[]>;
        const way = ({ in: "<--", out: "-->" } as Record<string, string>)[direction] ?? "<->";
        return [
          `+ ${sideOf(field)} ${way} ${sideOf(record)} (${transform})`,
          ...reasons.map((reason) => `    ${reason}`),
        ];
      };
      printOne(shell, globals, {
        schema: "mappingSuggestion",
        data: { stream: stream.key, streamId: stream.id, ...found },
        lines:
          found.suggestions.length === 0
            ? [`There is no pair to suggest for ${stream.key}.`]
            : [
                ...found.suggestions.flatMap(lineOf),
                ...(options.out === undefined ? [] : ["", `The mapping with them is in ${options.out}.`]),
              ],
        rows: found.suggestions.map(({ row, reasons }) => [
          sideOf(row["field"] as string),
          sideOf(row["record"] as string),
          row["direction"],
          row["transform"],
          reasons.join("; "),
        ]),
        next:
          found.suggestions.length === 0
            ? undefined
            : options.out === undefined
              ? `mappings suggest ${stream.called} --out mapping.json`
              : `mappings back-test ${stream.called} ${quoted(options.out)}`,
      });
    });
}
