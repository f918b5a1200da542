// `winston streams`: how each stream is kept in step, and changing it: which records, when, which way, and who has to agree.
import type { Command } from "commander";
import type { Client, Stream, StreamChange } from "../../sdk/src/index.ts";
import { WinstonError } from "../base/errors.ts";
import { type Guarded, guarded, mayGo } from "./guard.ts";
import { printList, printOne } from "./output.ts";
import { planSupposed } from "./plan.ts";
import { globalsOf, subcommand } from "./program.ts";
import { openRemote } from "./remote.ts";
import { quoted, type Shell } from "./shell.ts";
import { streamNamed } from "./stream-named.ts";
import { count, duration } from "./words.ts";

interface SetOptions extends Guarded {
  readonly plan?: true;
  readonly connection?: string;
  readonly filterIn?: string;
  readonly filterOut?: string;
  readonly strategy?: string;
  readonly critical?: string;
  readonly every?: string;
  readonly cron?: string;
  readonly zone?: string;
  readonly since?: string;
  readonly approval?: string;
  readonly deletes?: string;
  readonly direction?: string;
  readonly lagTarget?: string;
  readonly enable?: true;
  readonly disable?: true;
}

/** Takes a condition or a date away. */
const NONE = "none";

export function define(command: Command, shell: Shell): void {
  const list = subcommand(command, shell, "list [connection]", "how each stream is kept in step");
  const listAction = async (connection?: string): Promise<void> => {
    const globals = globalsOf(list);
    const { client } = openRemote(shell, globals);
    const names = await connectionNames(client, shell);
    const query = connection === undefined ? {} : { connection };
    const rows = await client.streams.list(query, { signal: shell.signal });
    await printList(shell, globals, {
      schema: "stream",
      columns: [
        { title: "CONNECTION", of: (one) => names.get(one.connectionId) ?? one.connectionId },
        { title: "STREAM", of: (one) => one.key },
        { title: "WAY", of: (one) => one.direction },
        { title: "STRATEGY", of: (one) => one.strategy },
        { title: "SCHEDULE", of: scheduleOf },
        { title: "FILTER", of: filterOf, spare: 1 },
        { title: "APPROVAL", of: (one) => one.approval, spare: 2 },
        { title: "HEALTH", of: (one) => one.health, least: 20 },
      ],
      rows,
      none: "Nothing is connected.",
      next: rows[0] && `streams show ${quoted(`${names.get(rows[0].connectionId)}/${rows[0].key}`)}`,
    });
  };
  list.action(listAction);
  command.action(() => listAction());

  const show = subcommand(command, shell, "show <stream>", "all that is chosen about one stream");
  show
    .option("--connection <connection>", "whose stream, where several have one of that name; or CONNECTION/STREAM")
    .action(async (key: string, options: { connection?: string }) => {
      const globals = globalsOf(show);
      const { client } = openRemote(shell, globals);
      const { called, ...stream } = await streamNamed(client, key, options.connection, shell);
      printOne(shell, globals, {
        schema: "stream",
        data: stream,
        lines: describe(stream),
        next: `streams set ${called} --help`,
      });
    });

  const set = guarded(subcommand(command, shell, "set <stream>", "change what is chosen about a stream"), "light");
  set
    .option("--connection <connection>", "whose stream, where several have one of that name; or CONNECTION/STREAM")
    .option("--filter-in <condition>", `which records there are synced, as 'source == "Web"'; "${NONE}" for all`)
    .option("--filter-out <condition>", `which of ours are written there; "${NONE}" for all`)
    .option("--strategy <strategy>", "realtime, batch or hybrid")
    .option("--critical <condition>", "of a hybrid stream: what is written at once")
    .option("--every <interval>", "how often it reads, and writes what is not written at once: 5m, 1h, 1d")
    .option("--cron <expression>", "the same as a cron expression: minute, hour, day, month, weekday")
    .option("--zone <zone>", "the zone of the cron expression, as Europe/Berlin; UTC where none is given")
    .option("--since <date>", `leave out what changed last before this, unless it is known; "${NONE}" for nothing`)
    .option("--approval <approval>", "auto: writes go by themselves; plan: only what an applied plan says")
    .option("--deletes <way>", "which deletions travel: both, in, out or none")
    .option("--direction <way>", "both, in or out")
    .option("--lag-target <interval>", `how far it may lag behind; "${NONE}" for three of its intervals`)
    .option("--enable", "switch it on")
    .option("--disable", "switch it off")
    .option("--plan", "show as a plan what the change would write anywhere, and do not make it")
    .action(async (key: string, options: SetOptions) => {
      const globals = globalsOf(set);
      const change = changeOf(options);
      const { client } = openRemote(shell, globals);
      const stream = await streamNamed(client, key, options.connection, shell);
      if (options.plan) return planSupposed(shell, globals, client, { streamId: stream.id, settings: change });
      const does = `change stream ${stream.key}: ${JSON.stringify(change)}`;
      if (!(await mayGo(shell, globals, options, { weight: "light", does, data: { change } }))) return;
      const changed = await client.streams.update(stream.id, change, { signal: shell.signal });
      const anew = changed.mappingVersion !== stream.mappingVersion;
      printOne(shell, globals, {
        schema: "stream",
        data: changed,
        lines: [
          ...describe(changed),
          ...(anew
            ? ["", "Everything is read once more; what is left out is neither deleted nor blanked anywhere."]
            : []),
        ],
        next: anew ? `sync ${stream.called}` : `streams show ${stream.called}`,
      });
    });
}

async function connectionNames(client: Client, shell: Shell): Promise<Map<string, string>> {
  return new Map((await client.connections.list({ signal: shell.signal })).map((one) => [one.id, one.name]));
}

const filterOf = ({ filter }: Stream): string =>
  [filter.in === null ? [] : `in: ${filter.in}`, filter.out === null ? [] : `out: ${filter.out}`].flat().join("; ");

const scheduleOf = (one: Stream): string =>
  one.cron === null ? `every ${duration(one.everyMs)}` : `${one.cron} (${one.zone ?? "UTC"})`;

function describe(one: Stream): string[] {
  const rows: readonly (readonly [string, string])[] = [
    ["Stream", `${one.key} (${one.stage ?? one.kind})${one.enabled ? "" : ", switched off"}`],
    ["Direction", one.direction],
    ["Strategy", one.critical === null ? one.strategy : `${one.strategy}, critical: ${one.critical}`],
    ["Schedule", scheduleOf(one)],
    ["Filter in", one.filter.in ?? "all"],
    ["Filter out", one.filter.out ?? "all"],
    ...(one.counts.outside > 0
      ? [["Outside", `${count(one.counts.outside)} records that the filter leaves out`] as const]
      : []),
    ["Since", one.backfillSince ?? "the beginning"],
    ["Deletions", one.deletes],
    ["Approval", one.approval],
    ["Health", one.health],
  ];
  return rows.map(([title, text]) => `${title.padEnd(11)}${text}`);
}

/** Throws usage.wrong. */
function changeOf(options: SetOptions): StreamChange {
  const condition = (text: string): string | null => (text === NONE ? null : text);
  const filter = {
    ...(options.filterIn === undefined ? {} : { in: condition(options.filterIn) }),
    ...(options.filterOut === undefined ? {} : { out: condition(options.filterOut) }),
  };
  if (options.every !== undefined && options.cron !== undefined)
    throw new WinstonError(
      "usage.wrong",
      "A stream has an interval (--every) or a cron expression (--cron), not both.",
    );
  if (options.zone !== undefined && options.cron === undefined)
    throw new WinstonError("usage.wrong", "--zone is the zone of a cron expression: give --cron, too.");
  if (options.enable && options.disable)
    throw new WinstonError("usage.wrong", "A stream cannot be switched on and off at once.");
  const change: StreamChange = {
    ...(Object.keys(filter).length > 0 ? { filter } : {}),
    ...(options.strategy === undefined ? {} : { strategy: oneOf("--strategy", options.strategy, STRATEGIES) }),
    ...(options.critical === undefined ? {} : { critical: options.critical }),
    ...(options.every === undefined ? {} : { schedule: { everyMs: intervalOf("--every", options.every) } }),
    ...(options.cron === undefined
      ? {}
      : { schedule: { cron: options.cron, ...(options.zone === undefined ? {} : { zone: options.zone }) } }),
    ...(options.since === undefined ? {} : { backfillSince: dateOf(options.since) }),
    ...(options.approval === undefined ? {} : { approval: oneOf("--approval", options.approval, APPROVALS) }),
    ...(options.deletes === undefined ? {} : { deletes: oneOf("--deletes", options.deletes, DELETES) }),
    ...(options.direction === undefined ? {} : { direction: oneOf("--direction", options.direction, DIRECTIONS) }),
    ...(options.lagTarget === undefined
      ? {}
      : { lagTargetMs: options.lagTarget === NONE ? null : intervalOf("--lag-target", options.lagTarget) }),
    ...(options.enable ? { enabled: true } : {}),
    ...(options.disable ? { enabled: false } : {}),
  };
  if (Object.keys(change).length === 0)
    throw new WinstonError(
      "usage.wrong",
      "Nothing to change was named; `winston streams set --help` lists what can be.",
    );
  return change;
}

const STRATEGIES = ["realtime", "batch", "hybrid"] as const;
const APPROVALS = ["auto", "plan"] as const;
const DIRECTIONS = ["both", "in", "out"] as const;
const DELETES = [...DIRECTIONS, "none"] as const;

function oneOf<Word extends string>(option: string, given: string, words: readonly Word[]): Word {
  const found = words.find((word) => word === given);
  if (found !== undefined) return found;
  throw new WinstonError("usage.wrong", `${option} takes ${words.join(", ")}, not "${given}".`);
}

const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

function intervalOf(option: string, given: string): number {
  const [, number = "", unit = ""] = /^(\d+)([mhd])$/u.exec(given) ?? [];
  const ms = Number(number) * (UNITS[unit] ?? 0);
  if (ms > 0) return ms;
  throw new WinstonError("usage.wrong", `${option} takes minutes, hours or days, as 5m, 1h or 1d, not "${given}".`);
}

function dateOf(given: string): string | null {
  if (given === NONE) return null;
  const at = Date.parse(given);
  if (!Number.isNaN(at)) return new Date(at).toISOString();
  throw new WinstonError("usage.wrong", `--since takes a date, as 2026-01-01, not "${given}".`);
}
