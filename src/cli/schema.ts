// `winston schema`: the fields of a stream's vendor and ours with how they are filled; mapped ones that are not what they were.
import type { Command } from "commander";
import type { components, SchemaLook } from "../../sdk/src/index.ts";
import { WinstonError } from "../base/errors.ts";
import { isHuman, printList } from "./output.ts";
import { globalsOf, subcommand } from "./program.ts";
import { openRemote } from "./remote.ts";
import { quoted, type Shell, tell } from "./shell.ts";
import { streamNamed } from "./stream-named.ts";
import { moment } from "./words.ts";

type Survey = components["schemas"]["FieldSurvey"];
type Row = { readonly side: string } & (Survey["vendor"][number] | Survey["winston"][number]);

export function define(command: Command, shell: Shell): void {
  const diff = subcommand(
    command,
    shell,
    "diff [connection]",
    "mapped fields that are gone or changed at the vendor, and the rows that are paused for it",
  );
  diff.action(async (connection: string | undefined) => {
    const globals = globalsOf(diff);
    const { client } = openRemote(shell, globals);
    const query = connection === undefined ? {} : { connection };
    const call = { signal: shell.signal };
    const rows = await client.schema.diff(query, call);
    const looks = await client.schema.looks(query, call);
    await printList(shell, globals, {
      schema: "schemaDrift",
      columns: [
        { title: "CONNECTION", of: (one) => one.connection },
        { title: "STREAM", of: (one) => one.stream },
        { title: "FIELD", of: (one) => one.field, whole: true },
        { title: "OURS", of: (one) => one.fields.join(", ") },
        { title: "CAUSE", of: (one) => one.cause },
        { title: "ROW", of: (one) => (one.pauses ? "paused" : "runs") },
        { title: "SINCE", of: (one) => moment(one.noticedAt), spare: 2 },
        { title: "LOOKED", of: (one) => moment(one.lookedAt), spare: 3 },
        { title: "WHAT TO DO", of: (one) => one.message, spare: 1 },
      ],
      rows,
      none: `Every mapped field is what it was${lastLook(looks)}`,
      next: rows[0] && `mappings show ${quoted(`${rows[0].connection}/${rows[0].stream}`)}`,
    });
    if (isHuman(shell, globals))
      for (const one of looks)
        if (one.suspectedAt !== null)
          tell(
            shell,
            `Something smells of a change in ${one.connection}/${one.stream} since ${moment(one.suspectedAt)}; its fields are read again ten minutes after the last look, or now: ${shell.self} schema look ${quoted(one.connection)}`,
          );
  });

  const look = subcommand(
    command,
    shell,
    "look [connection]",
    "read the fields of every stream at its vendor now, as is done every six hours and where something smells of a change",
  );
  look.action(async (connection: string | undefined) => {
    const globals = globalsOf(look);
    const { client } = openRemote(shell, globals);
    const query = connection === undefined ? {} : { connection };
    const rows = await client.schema.look(query, { signal: shell.signal });
    await printList(shell, globals, {
      schema: "schemaLook",
      columns: [
        { title: "CONNECTION", of: (one) => one.connection },
        { title: "STREAM", of: (one) => one.stream },
        { title: "LOOKED", of: (one) => moment(one.lookedAt) },
        { title: "FOUND", of: (one) => one.refusal ?? (one.differs ? "other than before" : "as before") },
      ],
      rows,
      none: "Nothing is connected.",
      next: `schema diff${connection === undefined ? "" : ` ${quoted(connection)}`}`,
    });
  });

  const fields = subcommand(
    command,
    shell,
    "fields <stream>",
    "every field at hand for a mapping, on both sides: type, permissions, how often filled, samples",
  );
  fields
    .option("--samples <n>", "how many values of each", "3")
    .option("--unmapped", "only those that no row names")
    .option("--connection <connection>", "whose stream, where several have one of that name; or CONNECTION/STREAM")
    .action(async (key: string, options: { samples: string; unmapped?: true; connection?: string }) => {
      const globals = globalsOf(fields);
      const samples = Number(options.samples);
      if (!Number.isInteger(samples) || samples < 0)
        throw new WinstonError("usage.wrong", `--samples takes a whole number, not "${options.samples}".`);
      const { client } = openRemote(shell, globals);
      const stream = await streamNamed(client, key, options.connection, shell);
      const found = await client.streams.fields(stream.id, { samples }, { signal: shell.signal });
      const rows: Row[] = [
        ...found.vendor.map((one) => ({ side: "vendor", ...one })),
        ...found.winston.map((one) => ({ side: "winston", ...one })),
      ];
      await printList(shell, globals, {
        schema: "streamField",
        columns: [
          { title: "SIDE", of: (one) => one.side },
          { title: "FIELD", of: nameOf, whole: true },
          { title: "LABEL", of: (one) => one.label, spare: 3 },
          { title: "TYPE", of: (one) => one.type },
          { title: "", of: permissionsOf },
          { title: "MAPPED TO", of: (one) => one.mapped.join(", ") },
          { title: "FILLED", of: (one) => filledOf(one), right: true },
          { title: "SAMPLES", of: (one) => one.samples.map((value) => JSON.stringify(value)).join(" "), spare: 2 },
        ],
        rows: options.unmapped
          ? rows.filter((one) => one.mapped.length === 0 && !("handle" in one && one.handle))
          : rows,
        none: "There are none.",
        next: `mappings suggest ${stream.called}`,
      });
    });
}

/** When that was looked at: of several streams, that of the longest ago. */
function lastLook(looks: readonly SchemaLook[]): string {
  const times = looks.flatMap((one) => one.lookedAt ?? []).toSorted();
  if (times.length === 0) return ".";
  return `. Last looked: ${moment(times[0])}${times[0] === times.at(-1) ? "" : ` to ${moment(times.at(-1))}`} UTC.`;
}

const nameOf = (one: Row): string => String("key" in one ? one.key : one.name);

/** What the vendor allows, where it is not all. */
function permissionsOf(one: Row): string {
  if (!("name" in one)) return "";
  const { createable, updateable, required, handle } = one as Survey["vendor"][number];
  return [
    ...(handle ? ["Winston's own"] : []),
    ...(required ? ["required"] : []),
    ...(!createable && !updateable
      ? ["read-only"]
      : !updateable
        ? ["only when made"]
        : !createable
          ? ["only afterwards"]
          : []),
  ].join(", ");
}

/** A vendor's field that is not mapped is not read, so nobody knows. */
const filledOf = ({ read, filled }: Row): string => (read === 0 ? "?" : `${Math.round((filled / read) * 100)} %`);
