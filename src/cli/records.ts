// `winston records`: leads, contacts, accounts, deals, deal contacts, campaigns, activities and users as Winston has them.
import type { Command } from "commander";
import type { Client, FieldOrigin } from "../../sdk/src/index.ts";
import { WinstonError } from "../base/errors.ts";
import { RESOURCES, type Resource } from "../http/resources.ts";
import { nearestInWords } from "../mapping/nearest.ts";
import { pairs, printList, printOne } from "./output.ts";
import { globalsOf, subcommand, wholeNumber } from "./program.ts";
import { openRemote } from "./remote.ts";
import type { Shell } from "./shell.ts";
import type { Column } from "./table.ts";
import { listed, moment } from "./words.ts";

type Shown = Record<string, unknown> & { readonly id: string };

/** The fields worth a column in a list, besides id and time. */
const WORTH: Record<Resource["name"], readonly string[]> = {
  leads: ["name", "email", "company", "status"],
  contacts: ["name", "email", "phone", "title"],
  accounts: ["name", "industry", "website", "city"],
  deals: ["name", "stage", "amount", "closeDate"],
  "deal-contacts": ["deal", "contact", "role", "primary"],
  campaigns: ["name", "type", "status", "startDate"],
  activities: ["type", "subject", "status", "dueDate"],
  users: ["name", "email", "active"],
};

export function define(command: Command, shell: Shell): void {
  const KIND = `<kind>`;
  const list = subcommand(command, shell, `list ${KIND}`, "list records of a kind: lead, contact, account, deal, ...")
    .option("--email <email>", "only those with this address")
    .option("--external-id <id>", "only the one with this id of yours")
    .option("--since <time>", "only those changed then or later, such as 2026-01-05T09:00:00Z")
    .option("--deleted", "list deleted ones too")
    .option("--limit <n>", "at most this many", wholeNumber(1, 10_000_000), 30);
  list.action(
    async (
      word: string,
      options: { email?: string; externalId?: string; since?: string; deleted?: true; limit: number },
    ) => {
      const globals = globalsOf(list);
      const resource = resourceNamed(word);
      const { client } = openRemote(shell, globals);
      const { email, externalId, since, deleted, limit } = options;
      const columns: Column<Shown>[] = [
        { title: "ID", of: (one) => one.id, whole: true },
        { title: "YOUR ID", of: (one) => one["externalId"], cut: "middle", spare: 2 },
        ...WORTH[resource.name].map((key, at): Column<Shown> => ({
          title: key.toUpperCase(),
          of: (one) => brief(one[key]),
          ...(at > 1 ? { spare: 2 + at } : { least: 12 }),
        })),
        { title: "CHANGED", of: (one) => moment(one["updatedAt"] as string), whole: true, spare: 9 },
      ];
      await printList(shell, globals, {
        schema: resource.one,
        columns,
        rows: recordsOf(client, resource).list(
          { email, externalId, updatedSince: since, includeDeleted: deleted, limit: Math.min(limit + 1, 500) },
          { signal: shell.signal },
        ) as AsyncIterable<Shown>,
        none: `There are no such ${resource.name}.`,
        next: `records show ${resource.one} ID`,
        limit,
      });
    },
  );

  const show = subcommand(command, shell, `show ${KIND} <id>`, "one record: by Winston's id, or external:<your id>");
  show.option("--origin", "where each of its fields came from, and when");
  show.action(async (word: string, id: string, options: { origin?: true }) => {
    const globals = globalsOf(show);
    const resource = resourceNamed(word);
    const { client } = openRemote(shell, globals);
    if (options.origin)
      return printList(shell, globals, {
        schema: "origin",
        columns: ORIGIN,
        rows: await recordsOf(client, resource).origin(id, { signal: shell.signal }),
        none: "It has no value.",
        next: `records history ${resource.one} ${id}`,
      });
    const record = (await recordsOf(client, resource).get(id, { signal: shell.signal })) as Shown;
    const { customFields, links, ...fields } = record;
    const link = (one: Record<string, string>): string =>
      `${one["connection"]} ${one["stream"]} ${one["recordId"]} (${one["state"]})`;
    printOne(shell, globals, {
      schema: resource.one,
      data: record,
      lines: pairs([
        ...Object.entries(fields).map(([key, value]) => [key, brief(value)] as const),
        ...Object.entries((customFields as object) ?? {}).map(([key, value]) => [key, brief(value)] as const),
        ["lives at", listed(((links as Record<string, string>[] | undefined) ?? []).map(link))],
      ]),
      next: `records history ${resource.one} ${record.id}`,
    });
  });

  const history = subcommand(command, shell, `history ${KIND} <id>`, "what changed on it, when and by whom");
  history.action(async (word: string, id: string) => {
    const globals = globalsOf(history);
    const resource = resourceNamed(word);
    const { client } = openRemote(shell, globals);
    const versions = await recordsOf(client, resource).history(id, { signal: shell.signal });
    const rows = versions.flatMap(({ version, at, actor, runId, changes }) =>
      Object.entries(changes).map(([field, change]) => ({ version, at, actor, runId, field, ...change })),
    );
    await printList(shell, globals, {
      schema: "change",
      columns: [
        { title: "VERSION", of: (one) => one.version, right: true, spare: 3 },
        { title: "WHEN", of: (one) => moment(one.at), whole: true, spare: 1 },
        { title: "BY", of: (one) => one.actor, spare: 2 },
        { title: "FIELD", of: (one) => one.field },
        { title: "BEFORE", of: (one) => brief(one.old) },
        { title: "AFTER", of: (one) => brief(one.new) },
        { title: "RUN", of: (one) => one.runId, whole: true },
      ],
      rows,
      none: "It is as it was made.",
      next: "runs show RUN",
    });
  });
}

const ORIGIN: readonly Column<FieldOrigin>[] = [
  { title: "FIELD", of: (one) => one.field },
  { title: "VALUE", of: (one) => brief(one.value), least: 14 },
  { title: "FROM", of: (one) => sourceOf(one), least: 20 },
  { title: "RECORD", of: (one) => one.recordId, cut: "middle", least: 18, spare: 1 },
  { title: "SET", of: (one) => span(one.setFrom, one.setTo), whole: true },
  { title: "HERE SINCE", of: (one) => moment(one.takenAt), whole: true, spare: 4 },
  { title: "VERSION", of: (one) => one.version, right: true, spare: 5 },
  { title: "STANDING", of: (one) => (one.standing === "equal" ? "" : one.standing), spare: 2 },
  { title: "RULE", of: (one) => one.rule, whole: true, spare: 3 },
];

function sourceOf({ source, connection, stream, actor }: FieldOrigin): string {
  if (source === "unknown") return "not known";
  if (source === "here") return actor ?? "here";
  return connection === null ? "a connection that was removed" : `${connection} ${stream}`;
}

/** When something happened that was not seen happening. */
function span(from: string | null, to: string | null): string {
  if (to === null) return "";
  if (from === null) return `until ${moment(to)}`;
  return moment(from) === moment(to) ? moment(to) : `${moment(from)} to ${moment(to)}`;
}

export function recordsOf(client: Client, resource: Resource): Client["leads"] {
  return client[resource.sdk] as unknown as Client["leads"];
}

/** "lead" and "leads" alike. Throws usage.wrong with the nearest. */
export function resourceNamed(word: string): Resource {
  const name = word.toLowerCase().replaceAll("-", " ");
  const found = RESOURCES.find((one) => one.name.replaceAll("-", " ") === name || one.one === name);
  if (found !== undefined) return found;
  const names = RESOURCES.map((one) => one.one);
  throw new WinstonError(
    "usage.wrong",
    `There is no kind "${word}"${nearestInWords(word, names) || `; there are ${listed(names)}`}.`,
  );
}

/** A value in a table or a line. */
export function brief(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (Array.isArray(value)) return value.join(", ");
  if (typeof value === "object") {
    const { amount, currency } = value as { amount?: unknown; currency?: unknown };
    if (typeof amount === "string") return `${amount}${typeof currency === "string" ? ` ${currency}` : ""}`;
    return JSON.stringify(value);
  }
  return String(value as string | number | boolean);
}
