// `winston keys`: API keys. A token is shown once, by the command that makes it.
import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Command } from "commander";
import { WinstonError } from "../base/errors.ts";
import { SCOPES, type Scope } from "../http/ports.ts";
import { type Guarded, guarded, mayGo } from "./guard.ts";
import { printList, printOne } from "./output.ts";
import { globalsOf, subcommand } from "./program.ts";
import { openRemote } from "./remote.ts";
import type { Shell } from "./shell.ts";
import { listed, moment } from "./words.ts";

export function define(command: Command, shell: Shell): void {
  const create = guarded(subcommand(command, shell, "create <name>", "make a key; its token is shown once"), "light")
    .option("--scope <scope...>", "what it may do; records:read and records:write by default")
    .option("--expires <time>", "when it stops working, such as 2027-01-01T00:00:00Z")
    .option("--out <file>", "write the token to this new file (mode 0600) instead of showing it")
    .addHelpText("after", `\nScopes: ${SCOPES.join(", ")}.`);
  create.action(async (name: string, options: Guarded & { scope?: string[]; expires?: string; out?: string }) => {
    const globals = globalsOf(create);
    const scopes = (options.scope ?? ["records:read", "records:write"]).map(scopeNamed);
    const does = `make a key ${name} that may ${listed(scopes)}`;
    if (!(await mayGo(shell, globals, options, { weight: "light", does }))) return;
    const { client } = openRemote(shell, globals);
    const expiresAt = options.expires === undefined ? {} : { expiresAt: options.expires };
    const { token, ...key } = await client.keys.create({ name, scopes, ...expiresAt }, { signal: shell.signal });
    const file = options.out === undefined ? undefined : resolve(shell.cwd, options.out);
    if (file !== undefined) await keep(file, token, () => client.keys.revoke(key.id));
    printOne(shell, globals, {
      schema: "key",
      data: file === undefined ? { ...key, token } : { ...key, file },
      lines: [
        `Key ${key.name} (${key.id}) may: ${listed(key.scopes)}.`,
        file === undefined ? `Its token, shown only now: ${token}` : `Its token is in ${file}.`,
      ],
      next: "keys list",
    });
  });

  const list = subcommand(command, shell, "list", "list keys, without their tokens");
  list.action(async () => {
    const globals = globalsOf(list);
    const { client } = openRemote(shell, globals);
    await printList(shell, globals, {
      schema: "key",
      columns: [
        { title: "ID", of: (one) => one.id, whole: true },
        { title: "NAME", of: (one) => one.name },
        { title: "TOKEN", of: (one) => (one.prefix === null ? "" : `${one.prefix}...`), whole: true, spare: 3 },
        { title: "MAY", of: (one) => one.scopes.join(" ") },
        { title: "MADE", of: (one) => moment(one.createdAt), whole: true, spare: 5 },
        { title: "USED", of: (one) => moment(one.usedAt), whole: true, spare: 4 },
        { title: "EXPIRES", of: (one) => moment(one.expiresAt), whole: true, spare: 2 },
        { title: "REVOKED", of: (one) => moment(one.revokedAt), whole: true, spare: 1 },
      ],
      rows: await client.keys.list({ signal: shell.signal }),
      none: "There are no keys.",
      next: "keys create NAME",
    });
  });

  const revoke = guarded(
    subcommand(command, shell, "revoke <id>", "make a key useless, in every process within 5 s"),
    "final",
  );
  revoke.action(async (id: string, options: Guarded) => {
    const globals = globalsOf(revoke);
    const { client } = openRemote(shell, globals);
    const key = (await client.keys.list({ signal: shell.signal })).find((one) => one.id === id);
    if (key === undefined) throw new WinstonError("not.found", `There is no key ${id}; \`keys list\` shows them.`);
    const used = key.usedAt === null ? "never used" : `last used ${moment(key.usedAt)} UTC`;
    const does = `revoke the key ${key.name} (${id}, ${used}); whoever uses it is refused from then on`;
    if (!(await mayGo(shell, globals, options, { weight: "final", does, data: { id } }))) return;
    await client.keys.revoke(id, { signal: shell.signal });
    printOne(shell, globals, {
      schema: "keyRevoked",
      data: { id },
      lines: [`Key ${id} is revoked.`],
      next: "keys list",
    });
  });
}

function scopeNamed(text: string): Scope {
  const scope = SCOPES.find((one) => one === text);
  if (scope === undefined)
    throw new WinstonError("usage.wrong", `There is no scope "${text}"; there are ${listed(SCOPES)}.`);
  return scope;
}

/** Keeps the token in a file that was not there before; a key whose token cannot be kept is taken back. */
async function keep(file: string, token: string, revoke: () => Promise<void>): Promise<void> {
  try {
    writeFileSync(file, `${token}\n`, { flag: "wx", mode: 0o600 });
  } catch (cause) {
    await revoke();
    throw new WinstonError(
      "usage.wrong",
      `${file} cannot be made (${(cause as Error).message}), so no key was made. Name a file that does not exist.`,
      {
        cause,
      },
    );
  }
}
