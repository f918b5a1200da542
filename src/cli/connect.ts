// `winston connect VENDOR`: makes a connection from what a person gives on standard input, or to the running simulator.
import type { Command } from "commander";
import type { Connection } from "../../sdk/src/index.ts";
import { z } from "zod";
import { WinstonError } from "../base/errors.ts";
import type { Connector } from "../connector/contract.ts";
import { connectors } from "../connectors/index.ts";
import { simulators } from "../simulators/index.ts";
import { askSecrets } from "./ask.ts";
import { follow } from "./follow.ts";
import { isHuman, pairs, printOne } from "./output.ts";
import { lookAtSimulator, simulatorOf } from "./pretend.ts";
import { inWords } from "./rollout.ts";
import { globalsOf } from "./program.ts";
import { configOf, openRemote, readAddresses } from "./remote.ts";
import { printSummary } from "./report.ts";
import { type Shell, tell } from "./shell.ts";
import { counted, listed } from "./words.ts";

const MODES = ["observe", "plan", "write"] as const;
type Mode = (typeof MODES)[number];

export function define(command: Command, shell: Shell): void {
  command
    .argument("<vendor>", listed(Object.keys(connectors), "or"))
    .option("--simulator [url]", "the pretend vendor of `winston dev` or `winston sandbox`, not a real account")
    .option("--name <name>", "what the connection is called; the vendor's name by default")
    .option("--mode <mode>", `${listed(MODES)}: observe only reads; observe by default, write for a simulator`)
    .option("--setting <key=value...>", "a setting of the connector; they are named below")
    .option("--no-wait", "do not show the first load")
    .addHelpText(
      "after",
      `\nSecrets are asked for without echo, or read from a pipe: a JSON object, or one per line.\n  ${shell.self} connect VENDOR < secrets.json\n${Object.values<Connector>(connectors).map(asksFor).join("")}`,
    )
    .action(
      async (
        vendor: string,
        options: {
          simulator?: string | true;
          name?: string;
          mode?: string;
          setting?: readonly string[];
          wait: boolean;
        },
      ) => {
        const globals = globalsOf(command);
        const { client } = openRemote(shell, globals);
        const known = await client.connections.connectors({ signal: shell.signal });
        const connector = known.find((one) => one.key === vendor);
        if (connector === undefined)
          throw new WinstonError(
            "connector.unknown",
            `There is no connector "${vendor}"; there ${known.length === 1 ? "is" : "are"}: ${listed(known.map((one) => one.key))}.`,
          );
        const settings = readSettings(options.setting ?? [], connector.settings);
        const mode = readMode(options.mode, options.simulator !== undefined);
        let secrets: Record<string, string>;
        if (options.simulator === undefined) secrets = await askSecrets(shell, connector.secrets);
        else {
          const simulator = simulatorOf(vendor);
          if (simulator === undefined)
            throw new WinstonError(
              "usage.wrong",
              `There is no simulator of ${vendor}; there are those of ${listed(simulators.map((one) => one.key))}. Connect without --simulator.`,
            );
          const url =
            options.simulator === true
              ? readAddresses(configOf(shell, globals).dataDir)[simulator.address]
              : options.simulator;
          const way = simulator.connection(await lookAtSimulator(simulator, url, shell));
          secrets = { ...way.secrets };
          Object.assign(settings, way.settings);
        }
        const call = { signal: shell.signal };
        const name = options.name ?? vendor;
        const again = (await client.connections.list(call)).some((one) => one.name === name);
        const connection = await client.connections.create({ vendor, name, settings, secrets, mode }, call);
        const streams = await client.streams.list({ connection: connection.id }, call);
        for (const line of checks(connection, streams)) tell(shell, line);
        const follows = options.wait && !again && isHuman(shell, globals);
        printOne(shell, globals, {
          schema: "connection",
          data: connection,
          lines: describeConnection(connection),
          next: follows ? undefined : again ? `sync ${name}` : `runs watch --connection ${name}`,
        });
        if (!follows) return;
        tell(shell, "\nThe first load began; Ctrl-C ends only the watching of it.");
        const followed = await follow(shell, client, { connections: [connection], since: connection.createdAt });
        await printSummary(shell, globals, followed, { schema: "sync", data: {} });
      },
    );
}

/** What a connector asks for, in the help. */
function asksFor({ title, auth, settings }: Connector): string {
  const properties = Object.entries(propertiesOf(z.toJSONSchema(settings, { io: "input", unrepresentable: "any" })));
  const width = Math.max(...[...auth.secrets, ...properties.map(([key]) => ({ key }))].map(({ key }) => key.length));
  const line = (key: string, text: string): string => `\n    ${key.padEnd(width)}  ${text}`;
  return [
    `\n${title}`,
    "\n  Secrets:",
    ...auth.secrets.map(({ key, title: what, optional }) => line(key, optional ? `${what}; optional` : what)),
    "\n  Settings:",
    ...properties.map(([key, { description = "", default: fallback }]) =>
      line(key, fallback === undefined ? description : `${description} (default: ${JSON.stringify(fallback)})`),
    ),
    "\n",
  ].join("");
}

/** What connecting has shown, line by line. */
function checks(
  connection: Connection,
  streams: readonly { readonly key: string; readonly direction: string; readonly enabled: boolean }[],
): string[] {
  const two = streams.filter((one) => one.direction === "both").map((one) => one.key);
  const one = streams.filter((stream) => stream.direction !== "both").map((stream) => stream.key);
  return [
    "ok  the vendor took the credentials; they are sealed",
    `ok  the account says it is ${connection.organisationLabel ?? "nameless"} (${connection.organisationId ?? "no id"}, ${connection.environment ?? "unknown"})`,
    `ok  its fields are known, and ${counted(streams.length, "stream")} laid out: ${[
      ...(two.length > 0 ? [`${listed(two)} both ways`] : []),
      ...(one.length > 0 ? [`${listed(one)} one way`] : []),
    ].join("; ")}`,
    connection.mode === "write"
      ? "ok  mode write: changes go both ways"
      : `--  mode ${connection.mode}: Winston reads, and writes nothing at the vendor. To change that: connections mode ${connection.name} write`,
    ...(connection.problem === null ? [] : [`!!  ${connection.problem}`]),
  ];
}

/** A connection in a few lines. */
export function describeConnection(connection: Connection): string[] {
  return pairs([
    ["Connection", connection.name],
    ["Vendor", connection.vendor],
    ["Account", connection.organisationLabel],
    ["Environment", connection.environment],
    ["Mode", connection.mode + (connection.paused ? ", paused" : "")],
    ["Rolled out", connection.rollout && inWords(connection.rollout)],
    ["Problem", connection.problem],
    ...connection.endings.map(({ message }): [string, string] => ["Ends", message]),
    ["Id", connection.id],
  ]);
}

/** "key=value" pairs, typed as the connector's JSON Schema says. Throws usage.wrong. */
export function readSettings(given: readonly string[], schema: object): Record<string, unknown> {
  const properties = propertiesOf(schema);
  const settings: Record<string, unknown> = {};
  for (const pair of given) {
    const at = pair.indexOf("=");
    const key = pair.slice(0, Math.max(at, 0));
    const text = pair.slice(at + 1);
    if (at < 1 || !Object.hasOwn(properties, key))
      throw new WinstonError(
        "usage.wrong",
        `--setting ${pair}: give key=value with one of the keys ${listed(Object.keys(properties))}.`,
      );
    const { type } = properties[key]!;
    settings[key] =
      type === "boolean" ? text === "true" : type === "integer" || type === "number" ? Number(text) : text;
  }
  return settings;
}

interface Property {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
}

const propertiesOf = (schema: object): Record<string, Property> =>
  (schema as { properties?: Record<string, Property> }).properties ?? {};

export function readMode(text: string | undefined, simulator: boolean): Mode {
  if (text === undefined) return simulator ? "write" : "observe";
  const mode = MODES.find((one) => one === text);
  if (mode === undefined)
    throw new WinstonError("usage.wrong", `There is no mode "${text}"; there are ${listed(MODES)}.`);
  return mode;
}
