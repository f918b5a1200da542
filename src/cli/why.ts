// `winston why`: where a value is from, what was done with it, and what is next; and why each record is taken for the thing.
import type { Command } from "commander";
import type { Explanation } from "../../sdk/src/index.ts";
import { printOne } from "./output.ts";
import { globalsOf } from "./program.ts";
import { recordsOf, resourceNamed } from "./records.ts";
import { openRemote } from "./remote.ts";
import type { Shell } from "./shell.ts";
import { asUsage } from "./usage.ts";
import { moment } from "./words.ts";

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
        next: `records history ${resource.one} ${data.id}`,
      });
    });
}

/** From the value back to who set it, and on to where it went. Pure. */
export function whyLines({ fields, links, asOf }: Explanation): string[] {
  const values = fields.flatMap(({ field, value, set, rule, places }) => {
    const lines = [`${field}: ${said(value)}${asOf === null ? "" : ` (at ${moment(asOf)})`}`];
    const run = set.run === null ? "" : `, run ${set.run}`;
    const mapping = set.mappingVersion === null ? "" : `, mapping version ${set.mappingVersion}`;
    const request =
      set.request === null ? "" : `, ${set.request.method} ${set.request.path} → ${set.request.status ?? "no answer"}`;
    const waited = set.waitedSince === null ? "" : `, waiting for what it names since ${moment(set.waitedSince)}`;
    lines.push(
      `  set ${moment(set.at)} by ${set.by}${set.version === 1 ? ", when it was made" : `; before: ${said(set.before)}`}${run}${mapping}${request}${waited}`,
    );
    if (rule)
      lines.push(
        `  decided ${moment(rule.at)} by the rule ${rule.rule}${rule.against === null ? "" : ` against ${rule.against}`}: ${rule.winner === "open" ? "a person is asked" : `${rule.winner === "record" ? "the record's" : "Winston's"} value stands${rule.lost === null || rule.lost === undefined ? "" : `; ${said(rule.lost)} lost (winston conflicts show ${rule.conflict})`}`}`,
      );
    for (const place of places) {
      const sent =
        place.sent === null
          ? ""
          : `; last sent ${moment(place.sent.at)}: ${said(place.sent.value)}, ${place.sent.outcome}${place.sent.request === null ? "" : ` (${place.sent.request.method} ${place.sent.request.path} → ${place.sent.request.status ?? "no answer"})`}${place.sent.answer === null ? "" : `: ${said(place.sent.answer["message"])}`}`;
      const stands = place.recordId === null ? "not there" : `${place.recordId}: agreed on ${said(place.agreed)}`;
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

const said = (value: unknown): string =>
  value === null || value === undefined ? "(blank)" : typeof value === "string" ? value : JSON.stringify(value);
