// `winston mappings test` and `back-test`: what a mapping would do to one record, and to the last ones, before it is in force.
import type { Command } from "commander";
import type { components } from "../../sdk/src/index.ts";
import { WinstonError } from "../base/errors.ts";
import { readMappingFile, sideOf } from "./mapping-file.ts";
import { isHuman, isStyled, printOne, widthOf } from "./output.ts";
import { globalsOf, subcommand } from "./program.ts";
import { openRemote } from "./remote.ts";
import { quoted, type Shell } from "./shell.ts";
import { streamNamed } from "./stream-named.ts";
import { drawTable } from "./table.ts";

type MappingTest = components["schemas"]["MappingTest"];
type BackTest = components["schemas"]["BackTest"];
type Effect = MappingTest["rows"][number]["effects"][number];

interface Options {
  readonly connection?: string;
}

export function defineTrials(command: Command, shell: Shell): void {
  const test = subcommand(
    command,
    shell,
    "test <stream> [file]",
    "what a mapping file, or the mapping in force, would do to one record, both ways; nothing is written",
  );
  test
    .requiredOption("--record <id>", "its id at the vendor, or that of the record here")
    .option("--connection <connection>", "whose stream, where several have one of that name; or CONNECTION/STREAM")
    .action(async (key: string, file: string | undefined, options: Options & { record: string }) => {
      const globals = globalsOf(test);
      const mapping = file === undefined ? undefined : await readMappingFile(shell, file);
      const { client } = openRemote(shell, globals);
      const stream = await streamNamed(client, key, options.connection, shell);
      const what = { record: options.record, mapping };
      const found = await client.streams.testMapping(stream.id, what, { signal: shell.signal });
      const ways = waysOf(found);
      printOne(shell, globals, {
        schema: "mappingTest",
        data: { stream: stream.key, streamId: stream.id, ...found },
        lines: isHuman(shell, globals)
          ? [
              `${found.title ?? found.recordId} (${found.recordId}) under ${named(found.version)}`,
              ...(found.outside ? ["The stream's filter leaves it alone: nothing of it is taken or written."] : []),
              "",
              ...drawTable<Way>(
                [
                  { title: "FIELD", of: (one) => one.field, whole: true },
                  { title: "WAY", of: (one) => one.way },
                  { title: "FROM", of: (one) => one.from },
                  { title: "TO", of: (one) => one.to },
                  { title: "AND BACK", of: (one) => one.back },
                  { title: "", of: (one) => one.verdict },
                  { title: "BY", of: (one) => one.rule },
                ],
                ways,
                { width: widthOf(shell), styled: isStyled(shell) },
              ),
              "",
              ...effectsIn(found.rows.flatMap((row) => row.effects)),
              ...found.rows.flatMap(({ message }) => (message === null ? [] : [`- ${message}`])),
              ...found.notes.map((note) => `! ${note}`),
            ]
          : [],
        rows: ways.map((one) => Object.values(one)),
        next: `mappings back-test ${[stream.called, file === undefined ? [] : quoted(file)].flat().join(" ")}`,
      });
    });

  const back = subcommand(
    command,
    shell,
    "back-test <stream> [file]",
    "the same for the last records held, counted row by row with examples; nothing is written",
  );
  back
    .option("--records <n>", "how many of the last ones", "500")
    .option("--examples <n>", "how many of each row and outcome", "2")
    .option("--connection <connection>", "whose stream, where several have one of that name; or CONNECTION/STREAM")
    .action(async (key: string, file: string | undefined, options: Options & { records: string; examples: string }) => {
      const globals = globalsOf(back);
      const [records, examples] = [numberOf("--records", options.records), numberOf("--examples", options.examples)];
      const mapping = file === undefined ? undefined : await readMappingFile(shell, file);
      const { client } = openRemote(shell, globals);
      const stream = await streamNamed(client, key, options.connection, shell);
      const what = { mapping, records, examples };
      const found = await client.streams.backTestMapping(stream.id, what, { signal: shell.signal });
      printOne(shell, globals, {
        schema: "backTest",
        data: { stream: stream.key, streamId: stream.id, ...found },
        lines: isHuman(shell, globals) ? tallyLines(shell, found) : [],
        rows: found.rows.map(({ field, record, counts }) => [
          sideOf(field),
          sideOf(record),
          counts.ok,
          counts.coerced,
          counts.rejected,
          counts.unchanged,
          counts.unread,
        ]),
        next:
          file === undefined
            ? `mappings show ${stream.called}`
            : `mappings put ${stream.called} ${quoted(file)} --plan`,
      });
    });
}

const named = (version: number | null): string =>
  version === null ? "the mapping given" : `version ${version}, the mapping in force`;

function tallyLines(shell: Shell, found: BackTest): string[] {
  type Row = BackTest["rows"][number];
  const counted = (title: string, of: (row: Row) => number) =>
    ({ title, of: (row: Row) => of(row) || "", right: true }) as const;
  const examples = found.rows.flatMap((row) =>
    row.examples.flatMap((one) =>
      one.verdict === "unchanged" || one.verdict === "unread"
        ? []
        : [`  ${sideOf(row.field)}, ${one.verdict}: ${one.title ?? one.recordId} (${one.recordId}): ${toldOf(one)}`],
    ),
  );
  return [
    `The last ${found.records.toLocaleString("en")} records held, under ${named(found.version)}`,
    ...(found.outside > 0 ? [`The stream's filter leaves ${found.outside} of them alone.`] : []),
    "",
    ...drawTable<Row>(
      [
        { title: "WINSTON", of: (row) => sideOf(row.field), whole: true },
        { title: "VENDOR", of: (row) => sideOf(row.record) },
        counted("OK", ({ counts }) => counts.ok),
        counted("COERCED", ({ counts }) => counts.coerced),
        counted("REJECTED", ({ counts }) => counts.rejected),
        counted("UNCHANGED", ({ counts }) => counts.unchanged),
        counted("UNREAD", ({ counts }) => counts.unread),
        counted("CONFLICTS", ({ conflicts }) => conflicts),
        { title: "REJECTED BY", of: (row) => row.rejections.map(({ rule, count }) => `${rule} (${count})`).join(", ") },
      ],
      found.rows,
      { width: widthOf(shell), styled: isStyled(shell) },
    ),
    ...(examples.length > 0 ? ["", "For example:", ...examples] : []),
    ...found.rows.flatMap(({ field, unwritable: { count, message } }) =>
      count > 0 ? [`! ${sideOf(field)}: ${count} values here could not be written. ${message}`] : [],
    ),
    ...found.notes.map((note) => `! ${note}`),
  ];
}

const toldOf = (one: BackTest["rows"][number]["examples"][number]): string =>
  one.message ?? one.effects.map(effectIn).join("; ");

const effectsIn = (effects: readonly Effect[]): string[] =>
  effects.length === 0
    ? ["Nothing would change."]
    : ["It would change:", ...effects.map((one) => `  ${one.field}: ${effectIn(one)}`)];

const WHERE = { here: "here", there: "at the vendor" } as const;

const effectIn = ({ side, old, new: fresh, rule }: Effect): string =>
  side === "conflict"
    ? `${value(old)} here, ${value(fresh)} there, a conflict (${rule})`
    : `${value(old)} → ${value(fresh)} ${WHERE[side]}`;

const value = (given: unknown): string => (given === null || given === undefined ? "(blank)" : JSON.stringify(given));

interface Way {
  readonly field: string;
  readonly way: string;
  readonly from: string;
  readonly to: string;
  readonly back: string;
  readonly verdict: string;
  readonly rule: string;
}

/** Each row in the ways that it goes, reading first. */
function waysOf({ rows }: MappingTest): Way[] {
  const list = (values: readonly unknown[]): string => values.map(value).join(" + ");
  return rows.flatMap((row) =>
    [row.in && { ...row.in, way: "<--" }, row.out && { ...row.out, way: "-->" }].flatMap((one) =>
      one
        ? [
            {
              field: sideOf(row.field) || sideOf(row.record),
              way: one.way,
              from: list(one.from),
              to: list(one.to),
              back: list(one.back),
              verdict: one.verdict,
              rule: one.verdict === "ok" ? "" : row.transform,
            },
          ]
        : [],
    ),
  );
}

function numberOf(option: string, given: string): number {
  const number = Number(given);
  if (Number.isInteger(number) && number >= 0) return number;
  throw new WinstonError("usage.wrong", `${option} takes a whole number, not "${given}".`);
}
