// `winston alerts channels`: secrets come by standard input, never as arguments.
import type { Command } from "commander";
import type { components } from "../../sdk/src/index.ts";
import { WinstonError } from "../base/errors.ts";
import { askSecrets } from "./ask.ts";
import { EXIT } from "./failure.ts";
import { type Guarded, guarded, mayGo } from "./guard.ts";
import { printList, printOne } from "./output.ts";
import { globalsOf, subcommand, wholeNumber } from "./program.ts";
import { openRemote } from "./remote.ts";
import type { Shell } from "./shell.ts";
import { listed, moment } from "./words.ts";

type Input = components["schemas"]["AlertChannelInput"];

interface AddOptions {
  readonly url?: string;
  readonly host?: string;
  readonly port?: number;
  readonly security?: string;
  readonly from?: string;
  readonly to?: string[];
}

const SECURITY = ["tls", "starttls", "none"] as const;

export function defineChannels(command: Command, shell: Shell): void {
  const list = subcommand(command, shell, "list", "list the channels");
  list.action(async () => {
    const globals = globalsOf(list);
    const { client } = openRemote(shell, globals);
    await printList(shell, globals, {
      schema: "alertChannel",
      columns: [
        { title: "NAME", of: (one) => one.name },
        { title: "TYPE", of: (one) => one.type },
        { title: "LEADS TO", of: (one) => one.target, least: 20 },
        { title: "LAST SENT", of: (one) => moment(one.sentAt), whole: true, spare: 2 },
        { title: "PROBLEM", of: (one) => one.problem, least: 20 },
        { title: "ID", of: (one) => one.id, whole: true, spare: 4 },
      ],
      rows: await client.alertChannels.list({ signal: shell.signal }),
      none: "Alerts are told nowhere; they are only listed.",
      next: "alerts channels add TYPE NAME",
    });
  });

  const add = guarded(
    subcommand(command, shell, "add <type> <name>", "add a channel: webhook, slack or email"),
    "light",
  )
    .option("--url <url>", "webhook: where to post")
    .option("--host <host>", "email: the mail server")
    .option("--port <port>", "email: its port; 587 by default", wholeNumber(1, 65_535))
    .option("--security <how>", `email: ${listed(SECURITY)}; starttls by default`)
    .option("--from <address>", "email: who sends")
    .option("--to <address...>", "email: who gets it")
    .addHelpText(
      "after",
      `\nSecrets are asked for without echo, or read from a pipe: the address of a Slack webhook; user and password of a mail server, where it wants them; a webhook's secret, where you have one.\n  ${shell.self} alerts channels add slack sales-ops < slack-url.txt\n  ${shell.self} alerts channels add webhook on-call --url https://example.com/hooks/winston < /dev/null\n  ${shell.self} alerts channels add email ops --host smtp.example.com --from winston@example.com --to ops@example.com < login.txt`,
    );
  add.action(async (type: string, name: string, options: Guarded & AddOptions) => {
    const globals = globalsOf(add);
    const asked = wanted(type, options);
    const does = `add the ${type} channel ${name}`;
    if (!(await mayGo(shell, globals, options, { weight: "light", does }))) return;
    const { client } = openRemote(shell, globals);
    const secrets = await askSecrets(shell, asked.secrets);
    const made = await client.alertChannels.create({ ...asked.input, ...secrets, name } as Input, {
      signal: shell.signal,
    });
    printOne(shell, globals, {
      schema: "alertChannel",
      data: { ...made.channel, ...(made.secret === null ? {} : { secret: made.secret }) },
      lines: [
        `Alerts are told through ${name} (${made.channel.target}).`,
        ...(made.secret === null
          ? []
          : [`The secret its receiver checks signatures with, shown only now: ${made.secret}`]),
      ],
      next: `alerts channels test ${name}`,
    });
  });

  const test = subcommand(command, shell, "test <channel>", "send a word that is marked as a test, now");
  test.action(async (channel: string) => {
    const globals = globalsOf(test);
    const { client } = openRemote(shell, globals);
    const data = await client.alertChannels.test(channel, { signal: shell.signal });
    printOne(shell, globals, {
      schema: "alertChannelTest",
      data,
      lines: [data.sent ? `${channel} took it.` : `${channel} did not take it: ${data.problem}`],
      next: "alerts channels list",
    });
    if (!data.sent) shell.exitCode = EXIT.failed;
  });

  const remove = guarded(subcommand(command, shell, "remove <channel>", "tell it nothing any more"), "final");
  remove.action(async (which: string, options: Guarded) => {
    const globals = globalsOf(remove);
    const { client } = openRemote(shell, globals);
    const all = await client.alertChannels.list({ signal: shell.signal });
    const channel = all.find((one) => one.id === which || one.name === which);
    if (channel === undefined)
      throw new WinstonError("not.found", `There is no alert channel ${which}; \`alerts channels list\` shows them.`);
    const does = `remove the ${channel.type} channel ${channel.name}, with its secrets and what is still to be told there`;
    if (!(await mayGo(shell, globals, options, { weight: "final", does, data: { id: channel.id } }))) return;
    await client.alertChannels.delete(channel.id, { signal: shell.signal });
    printOne(shell, globals, {
      schema: "alertChannelRemoved",
      data: { id: channel.id, name: channel.name },
      lines: [`Nothing is told through ${channel.name} any more.`],
      next: "alerts channels list",
    });
  });
}

/** What the options say of a channel, and which secrets are to be asked for. Throws usage.wrong. */
function wanted(
  type: string,
  { url, host, port, security, from, to }: AddOptions,
): { input: object; secrets: { key: string; title: string; optional?: boolean }[] } {
  if (type === "slack") return { input: { type }, secrets: [{ key: "url", title: "Address of the incoming webhook" }] };
  if (type === "webhook") {
    if (url === undefined) throw new WinstonError("usage.wrong", "A webhook needs --url.");
    const secret = { key: "secret", title: "Secret that you have already (else one is made)", optional: true };
    return { input: { type, url }, secrets: [secret] };
  }
  if (type !== "email")
    throw new WinstonError("usage.wrong", `There is no channel type "${type}"; there are webhook, slack and email.`);
  if (host === undefined || from === undefined || to === undefined)
    throw new WinstonError("usage.wrong", "A mail channel needs --host, --from and --to.");
  if (security !== undefined && !SECURITY.some((one) => one === security))
    throw new WinstonError("usage.wrong", `There is no --security "${security}"; there are ${listed(SECURITY)}.`);
  return {
    input: {
      type,
      host,
      from,
      to,
      ...(port === undefined ? {} : { port }),
      ...(security === undefined ? {} : { security }),
    },
    secrets: [
      { key: "user", title: "User at the mail server", optional: true },
      { key: "password", title: "Password", optional: true },
    ],
  };
}
