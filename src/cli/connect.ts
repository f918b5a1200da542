// `winston connect VENDOR`: makes a connection from what a person gives on standard input, or to the running simulator.
import type { Command } from "commander";
import type { Connection } from "../../sdk/src/index.ts";
import { WinstonError } from "../base/errors.ts";
import { askSecrets } from "./ask.ts";
import { follow } from "./follow.ts";
import { isHuman, pairs, printOne } from "./output.ts";
import { isPretended, lookAtSimulator, PRETEND } from "./pretend.ts";
import { globalsOf } from "./program.ts";
import { configOf, openRemote, readAddresses } from "./remote.ts";
import { printSummary } from "./report.ts";
import { type Shell, tell } from "./shell.ts";
import { counted, listed } from "./words.ts";

const MODES = ["observe", "plan", "write"] as const;
type Mode = (typeof MODES)[number];

export function define(command: Command, shell: Shell): void {
  command
    .argument("<vendor>", "salesforce or hubspot")
    .option("--simulator [url]", "the pretend vendor of `winston dev` or `winston sandbox`, not a real account")
    .option("--name <name>", "what the connection is called; the vendor's name by default")
    .option("--mode <mode>", `${listed(MODES)}: observe only reads; observe by default, write for a simulator`)
    .option("--setting <key=value...>", "a setting of the connector, such as loginUrl=https://test.salesforce.com")
    .option("--no-wait", "do not show the first load")
    .addHelpText(
      "after",
      `\nSecrets are asked for without echo, or read from a pipe: a JSON object, or one per line.\n  ${shell.self} connect salesforce < secrets.json\n  ${shell.self} connect hubspot < token.txt`,
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
        const connectors = await client.connections.connectors({ signal: shell.signal });
        const connector = connectors.find((one) => one.key === vendor);
        if (connector === undefined)
          throw new WinstonError(
            "connector.unknown",
            `There is no connector "${vendor}"; there ${connectors.length === 1 ? "is" : "are"}: ${listed(connectors.map((one) => one.key))}.`,
          );
        const settings = readSettings(options.setting ?? [], connector.settings);
        const mode = readMode(options.mode, options.simulator !== undefined);
        let secrets: Record<string, string>;
        if (options.simulator === undefined) secrets = await askSecrets(shell, connector.secrets);
        else {
          if (!isPretended(vendor))
            throw new WinstonError(
              "usage.wrong",
              `There is no simulator of ${vendor}; there are those of ${listed(Object.keys(PRETEND))}. Connect without --simulator.`,
            );
          const pretended = PRETEND[vendor];
          const url =
            options.simulator === true
              ? readAddresses(configOf(shell, globals).dataDir)[pretended.address]
              : options.simulator;
          const found = await lookAtSimulator(vendor, url, shell);
          secrets = pretended.secrets(found.credentials);
          Object.assign(settings, { simulator: true, [pretended.setting]: found.url });
        }
        const call = { signal: shell.signal };
        const name = options.name ?? vendor;
        const known = (await client.connections.list(call)).some((one) => one.name === name);
        const connection = await client.connections.create({ vendor, name, settings, secrets, mode }, call);
        const streams = await client.streams.list({ connection: connection.id }, call);
        for (const line of checks(connection, streams)) tell(shell, line);
        const follows = options.wait && !known && isHuman(shell, globals);
        printOne(shell, globals, {
          schema: "connection",
          data: connection,
          lines: describeConnection(connection),
          next: follows ? undefined : known ? `sync ${name}` : `runs watch --connection ${name}`,
        });
        if (!follows) return;
        tell(shell, "\nThe first load began; Ctrl-C ends only the watching of it.");
        const followed = await follow(shell, client, { connections: [connection], since: connection.createdAt });
        await printSummary(shell, globals, followed, { schema: "sync", data: {} });
      },
    );
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
    ["Problem", connection.problem],
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

const propertiesOf = (schema: object): Record<string, { type?: string }> =>
  (schema as { properties?: Record<string, { type?: string }> }).properties ?? {};

export function readMode(text: string | undefined, simulator: boolean): Mode {
  if (text === undefined) return simulator ? "write" : "observe";
  const mode = MODES.find((one) => one === text);
  if (mode === undefined)
    throw new WinstonError("usage.wrong", `There is no mode "${text}"; there are ${listed(MODES)}.`);
  return mode;
}
