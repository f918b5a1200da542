// `winston why`: where a value is from, what was done with it, and what is next; and why each record is taken for the thing.
import type { Command } from "commander";
import type { Explanation } from "../../sdk/src/index.ts";
import { printOne } from "./output.ts";
import { globalsOf } from "./program.ts";
import { recordsOf, resourceNamed } from "./records.ts";
import { openRemote } from "./remote.ts";
import type { Shell } from "./shell.ts";
import { asUsage } from "./usage.ts";
import { moment, naming } from "./words.ts";

export function define(command: Command, shell: Shell): void {
  command
    .argument("<kind>", "lead, contact, account, deal, …")
    .argument("<id>", "Winston's id, or external:<your own id>")
    .argument("[field]", "only this field")
    .option("--as-of <time>", "as it was then, such as 2026-01-05T09:00:00Z")
    .action(async (word: string, id: string, field: string | undefined, options: { asOf?: string }) => {
      const globals = globalsOf(command);
      const resource = resourceNamed(word);
      const { client } = openRemote(shell, globals);
      const data = await asUsage(
        { "/query/asOf": "--as-of", "/query/field": "FIELD" },
        recordsOf(client, resource).why(id, { field, asOf: options.asOf }, { signal: shell.signal }),
      );
      printOne(shell, globals, {
        schema: "explanation",
        data,
        lines: whyLines(data),
        rows: whyRows(data),
        next: `records history ${resource.one} ${data.id}`,
      });
    });
}

/** From the value back to who set it, and on to where it went. Pure. */
export function whyLines({ fields, links, asOf, names }: Explanation): string[] {
  const said = (value: unknown): string => naming(value, names);
  const values = fields.flatMap(({ field, value, set, rule, places }) => {
    const lines = [`${field}: ${said(value)}${asOf === null ? "" : ` (at ${moment(asOf)})`}`];
    const stream = set.stream === null ? "" : ` (${set.stream})`;
    const run = set.run === null ? "" : `, run ${set.run}`;
    const mapping = set.mappingVersion === null ? "" : `, mapping version ${set.mappingVersion}`;
    const request =
      set.request === null ? "" : `, ${set.request.method} ${set.request.path} → ${set.request.status ?? "no answer"}`;
    const waited = set.waitedSince === null ? "" : `, waiting for what it names since ${moment(set.waitedSince)}`;
    lines.push(
      `  set ${moment(set.at)} by ${set.by}${stream}${set.version === 1 ? ", when it was made" : `; before: ${said(set.before)}`}${run}${mapping}${request}${waited}`,
    );
    if (rule) lines.push(`  ${ruleTold(rule, said)}`);
    for (const place of places) {
      const sent =
        place.sent === null
          ? ""
          : `; last sent ${moment(place.sent.at)}: ${said(place.sent.value)}, ${place.sent.outcome}${place.sent.request === null ? "" : ` (${place.sent.request.method} ${place.sent.request.path} → ${place.sent.request.status ?? "no answer"})`}${place.sent.answer === null ? "" : `: ${said(place.sent.answer["message"])}`}`;
      const agreed = place.agreedTold ? `agreed on ${said(place.agreed)}` : "what was agreed on then is not told";
      const stands = place.recordId === null ? "not there" : `${place.recordId}: ${agreed}`;
      lines.push(`  ${place.connection} ${place.stream} ${stands}${sent}`);
      lines.push(`    next: ${place.next}`);
    }
    return lines;
  });
  const records = links.flatMap(({ connection, stream, recordId, state, linkedAt, because }) => [
    `${connection} ${stream} ${recordId}${state === "active" ? "" : ` (${state})`}: linked ${moment(linkedAt)}`,
    `  ${because}`,
  ]);
  return [...values, ...records];
}

/**
 * The same for a pipe, one row for each field and place: field, value, when it was set and by whom, the rule where one decided, connection,
 * stream, record, what was agreed on, and what is next. Pure.
 */
export function whyRows({ fields, names }: Explanation): (readonly unknown[])[] {
  const said = (value: unknown): unknown => (typeof value === "string" ? naming(value, names) : value);
  return fields.flatMap(({ field, value, set, rule, places }) => {
    const head = [field, said(value), set.at, set.by, rule?.rule ?? null];
    if (places.length === 0) return [[...head, null, null, null, null, null]];
    return places.map((one) => [...head, one.connection, one.stream, one.recordId, said(one.agreed), one.next]);
  });
}

function ruleTold(rule: NonNullable<Explanation["fields"][number]["rule"]>, said: (value: unknown) => string): string {
  const against = rule.against === null ? "" : ` against ${rule.against}`;
  if (rule.winner === "open")
    return `asked ${moment(rule.at)} by the rule ${rule.rule}${against}: which value stands (winston conflicts show ${rule.conflict})`;
  const whose = { record: "the record's value stands", winston: "Winston's value stands" }[rule.winner];
  const lost =
    rule.lost === null || rule.lost === undefined
      ? ` (winston conflicts show ${rule.conflict})`
      : `; ${said(rule.lost)} lost (winston conflicts show ${rule.conflict})`;
  return `decided ${moment(rule.at)} by the rule ${rule.rule}${against}: ${whose ?? "a person gave another value than both"}${lost}`;
}
