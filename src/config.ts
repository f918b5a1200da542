// The one reader of the environment. A value comes from a flag, else from its variable, else from the file that the variable
// with _FILE names, else it is the default; and it remembers which.
import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { resolve } from "node:path";
import { WinstonError, type Problem } from "./base/errors.ts";
import { nearest } from "./mapping/nearest.ts";
import { simulators } from "./simulators/index.ts";
import { SHARED_MAILBOXES } from "./sync/keys.ts";
import { ENVIRONMENTS, type Environment } from "./sync/leave.ts";
import { KEPT_DAYS } from "./store/partitions.ts";

export interface Settings {
  /** Where Winston's own data lies: database, master key, start token. An absolute path. */
  readonly dataDir: string;
  /** A PostgreSQL of yours; undefined for Winston's own. */
  readonly databaseUrl: string | undefined;
  /** Most connections of this process to the database. */
  readonly databaseConnections: number;
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** Listen also where other machines can reach it. */
  readonly allowRemote: boolean;
  /** Of each pretend vendor of `winston dev`, under its simulator's `address`; 0: any free one. */
  readonly [simulator: `${string}Port`]: number;
  readonly logLevel: (typeof LOG_LEVELS)[number];
  /** Lanes that this process works on at one time; 0: none, other processes do the work. */
  readonly workers: number;
  /** Names of mailboxes whose addresses tell nobody (`info@`). */
  readonly sharedMailboxes: ReadonlySet<string>;
  /** Ranges of addresses in the house that alert channels may reach, besides public ones. */
  readonly allowAddresses: readonly string[];
  /** How many days are kept: changes of records and writes at vendors; requests to vendors; requests to Winston. */
  readonly historyDays: number;
  readonly exchangeDays: number;
  readonly accessDays: number;
  /** When a restored database writes to vendors again: `read`, once all of theirs is read; `ask`, once a person says so too. */
  readonly afterRestore: (typeof AFTER_RESTORE)[number];
  /** Which Winston this is: a staging one writes nothing to a vendor's production account. */
  readonly environment: Environment;
  /** The master key itself, or the file that holds it; neither: `master.key` in the data folder (src/vault/master-key.ts). */
  readonly key: string | undefined;
  readonly keyFile: string | undefined;
  /** For commands that speak to a running server: its address and a token. */
  readonly url: string | undefined;
  readonly token: string | undefined;
}

export interface Config extends Settings {
  /** Where each value came from: "default", "WINSTON_PORT", "--port". */
  readonly origins: Readonly<Record<keyof Settings, string>>;
  /** Sentences for a person: variables that nobody reads. */
  readonly warnings: readonly string[];
}

const LOG_LEVELS = ["debug", "info", "warn", "error", "silent"] as const;

const AFTER_RESTORE = ["read", "ask"] as const;

interface Variable<Value> {
  readonly name: string;
  /** Other names, in the order in which they are tried. */
  readonly also?: readonly string[];
  readonly fallback: string | undefined;
  /** Its value is never shown. */
  readonly secret?: boolean;
  /** Throws `Wrong` with the rest of the sentence "WINSTON_PORT ...". */
  readonly read: (text: string, cwd: string) => Value;
}

class Wrong extends Error {}

/** A port for each simulator. */
const PORTS = Object.fromEntries(
  simulators.map(({ address, portVariable }) => [
    `${address}Port`,
    { name: portVariable, fallback: "0", read: port } satisfies Variable<number>,
  ]),
);

const VARIABLES: { readonly [Key in keyof Settings]: Variable<NonNullable<Settings[Key]>> } = {
  dataDir: { name: "WINSTON_DATA_DIR", fallback: ".winston", read: path },
  databaseUrl: {
    name: "WINSTON_DATABASE_URL",
    also: ["DATABASE_URL"],
    fallback: undefined,
    secret: true,
    read: (text) => url(text, ["postgres:", "postgresql:"], "postgresql://user:password@host:5432/winston", false),
  },
  databaseConnections: { name: "WINSTON_DATABASE_CONNECTIONS", fallback: "10", read: whole(2, 1_000) },
  host: { name: "WINSTON_HOST", fallback: "127.0.0.1", read: host },
  port: { name: "WINSTON_PORT", fallback: "4400", read: port },
  allowRemote: { name: "WINSTON_ALLOW_REMOTE", fallback: "false", read: yesOrNo },
  ...PORTS,
  logLevel: { name: "WINSTON_LOG_LEVEL", fallback: "info", read: oneOf(LOG_LEVELS) },
  workers: { name: "WINSTON_WORKERS", fallback: "4", read: whole(0, 64) },
  sharedMailboxes: {
    name: "WINSTON_SHARED_MAILBOXES",
    fallback: "usual",
    read: mailboxes,
  },
  allowAddresses: { name: "WINSTON_ALLOW_ADDRESSES", fallback: "none", read: ranges },
  historyDays: { name: "WINSTON_HISTORY_DAYS", fallback: String(KEPT_DAYS.history), read: whole(31, 36_500) },
  exchangeDays: { name: "WINSTON_EXCHANGE_DAYS", fallback: String(KEPT_DAYS.exchanges), read: whole(1, 36_500) },
  accessDays: { name: "WINSTON_ACCESS_DAYS", fallback: String(KEPT_DAYS.access), read: whole(1, 36_500) },
  afterRestore: { name: "WINSTON_AFTER_RESTORE", fallback: "read", read: oneOf(AFTER_RESTORE) },
  environment: { name: "WINSTON_ENVIRONMENT", fallback: "production", read: oneOf(ENVIRONMENTS) },
  key: { name: "WINSTON_KEY", fallback: undefined, secret: true, read: (text) => text },
  keyFile: { name: "WINSTON_KEY_FILE", fallback: undefined, read: path },
  url: {
    name: "WINSTON_URL",
    fallback: undefined,
    read: (text) => url(text, ["http:", "https:"], "http://127.0.0.1:4400", true).replace(/\/+$/u, ""),
  },
  token: { name: "WINSTON_TOKEN", fallback: undefined, secret: true, read: (text) => text },
};

const EACH = Object.entries(VARIABLES) as readonly (readonly [keyof Settings, Variable<unknown>])[];

/** Kubernetes puts these into every container beside a service called "winston"; the last are those of Winston's own tests. */
const NOT_OURS = /^WINSTON_(?:SERVICE_(?:HOST|PORT\w*)|PORT_\d+_(?:TCP|UDP)\w*|TEST_\w+)$/u;

/** Reads everything at once. Throws config.invalid, which names each wrong value and what to give instead. */
export function readConfig(
  env: Readonly<Record<string, string | undefined>>,
  flags: { readonly [Key in keyof Settings]?: string | number | boolean | undefined } = {},
  cwd: string = process.cwd(),
): Config {
  const problems: Problem[] = [];
  const origins: Record<string, string> = {};
  const settings: Record<string, unknown> = {};
  for (const [key, variable] of EACH) {
    let found: Found = { text: variable.fallback, origin: "default" };
    try {
      found = find(key, variable, env, flags[key]);
      settings[key] = found.text === undefined ? undefined : variable.read(found.text, cwd);
    } catch (thrown) {
      if (!(thrown instanceof Wrong)) throw thrown;
      const who = found.origin === "default" ? variable.name : found.origin;
      problems.push({ pointer: `/${key}`, code: "config.invalid", message: `${who} ${thrown.message}` });
    }
    origins[key] = found.origin;
  }
  if (settings["key"] !== undefined && settings["keyFile"] !== undefined)
    problems.push({
      pointer: "/keyFile",
      code: "config.invalid",
      message: "WINSTON_KEY and WINSTON_KEY_FILE are both set. Keep one of them.",
    });
  if (problems.length > 0)
    throw new WinstonError("config.invalid", problems.map((problem) => problem.message).join("\n"), { problems });
  return { ...(settings as unknown as Settings), origins: origins as Config["origins"], warnings: unknown(env) };
}

/** Each setting as a person may see it: secrets not shown, passwords left out of addresses. */
export function describeConfig(config: Config): { name: string; value: string; origin: string }[] {
  return EACH.map(([key, variable]) => {
    const value = config[key];
    const shown =
      value === undefined
        ? ""
        : typeof value === "object"
          ? value instanceof Set
            ? shownMailboxes(value)
            : (value as readonly string[]).join(" ") || "none"
          : key === "databaseUrl"
            ? withoutPassword(String(value))
            : variable.secret
              ? "(set, not shown)"
              : String(value);
    return { name: variable.name, value: shown, origin: config.origins[key]! };
  });
}

interface Found {
  readonly text: string | undefined;
  readonly origin: string;
}

/** The text of a setting and where it stands. A blank variable counts as not set: container tools pass them on so. */
function find(
  key: string,
  variable: Variable<unknown>,
  env: Readonly<Record<string, string | undefined>>,
  flag: string | number | boolean | undefined,
): Found {
  if (flag !== undefined)
    return { text: String(flag), origin: `--${key.replaceAll(/[A-Z]/gu, (letter) => `-${letter.toLowerCase()}`)}` };
  for (const name of [variable.name, ...(variable.also ?? [])]) {
    const fileName = `${name}_FILE`;
    const direct = env[name]?.trim() ? env[name] : undefined;
    // The master key's file is read by the vault, which looks at its owner and mode.
    const file = fileName === VARIABLES.keyFile.name ? undefined : env[fileName]?.trim();
    if (direct !== undefined && file) throw new Wrong(`and ${fileName} are both set. Keep one of them.`);
    if (direct !== undefined) return { text: direct.trim(), origin: name };
    if (file) return { text: contentOf(file, fileName), origin: fileName };
  }
  return { text: variable.fallback, origin: "default" };
}

function contentOf(file: string, name: string): string {
  let content: string;
  try {
    content = readFileSync(file, "utf8").trim();
  } catch (thrown) {
    throw new Wrong(`cannot be taken from the file that ${name} names (${(thrown as Error).message}).`);
  }
  if (content === "") throw new Wrong(`cannot be taken from ${file}, which ${name} names: the file is empty.`);
  return content;
}

/** Variables that begin like ours and that nobody reads: most are a slip of the hand. */
function unknown(env: Readonly<Record<string, string | undefined>>): string[] {
  const known = EACH.flatMap(([, { name }]) => [name, `${name}_FILE`]);
  return Object.keys(env)
    .filter((name) => name.startsWith("WINSTON_") && !known.includes(name) && !NOT_OURS.test(name))
    .toSorted()
    .map((name) => {
      const short = (one: string): string => one.slice("WINSTON_".length);
      const near = nearest(short(name), known.map(short)).map((one) => `WINSTON_${one}`);
      return `${name} is set, but Winston knows no such variable${near.length > 0 ? `; did you mean ${near.join(" or ")}?` : "."}`;
    });
}

function path(text: string, cwd: string): string {
  if (text.startsWith("~"))
    throw new Wrong(`is "${text}", and only a shell knows what ~ stands for. Give the whole path.`);
  if (text.includes("\u0000")) throw new Wrong("holds a NUL character, which no path can.");
  return resolve(cwd, text);
}

function whole(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,9}$/u.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    throw new Wrong(`is "${text}"; it must be a whole number from ${least} to ${most}.`);
  };
}

function port(text: string): number {
  if (/^(?:tcp|udp):\/\//u.test(text))
    throw new Wrong(
      `is "${text}": Kubernetes sets it so for a service called "winston". Set enableServiceLinks: false in the pod, or rename the service.`,
    );
  return whole(0, 65_535)(text);
}

function host(text: string): string {
  const colons = text.split(":").length - 1;
  if (/^[\w.:-]+$/u.test(text) && (colons === 0 || colons > 1)) return text;
  throw new Wrong(
    `is "${text}"; it must be a bare name or address such as 127.0.0.1 or ::1. The port goes into WINSTON_PORT.`,
  );
}

function yesOrNo(text: string): boolean {
  if (/^(?:true|yes|on|1)$/iu.test(text)) return true;
  if (/^(?:false|no|off|0)$/iu.test(text)) return false;
  throw new Wrong(`is "${text}"; it must be true or false.`);
}

/** Names before the @, by spaces or commas; "usual" stands for Winston's own list, "none" for no name. */
function mailboxes(text: string): ReadonlySet<string> {
  const names = text.toLowerCase().split(/[\s,]+/u);
  const wrong = names.find((name) => name.includes("@"));
  if (wrong !== undefined)
    throw new Wrong(`names "${wrong}"; give only what stands before the @, as in "usual, frontdesk", or none.`);
  if (names.every((name) => name === "usual")) return SHARED_MAILBOXES;
  return new Set(names.flatMap((name) => (name === "usual" ? [...SHARED_MAILBOXES] : name === "none" ? [] : name)));
}

/** Ranges in CIDR notation, by spaces or commas; "none" for none. */
function ranges(text: string): readonly string[] {
  const listed = text
    .toLowerCase()
    .split(/[\s,]+/u)
    .filter((one) => one !== "" && one !== "none");
  for (const one of listed) {
    const [net, bits, ...rest] = one.split("/") as [string, ...string[]];
    const family = isIP(net);
    const most = family === 6 ? 128 : 32;
    if (family === 0 || rest.length > 0 || (bits !== undefined && !(/^\d{1,3}$/u.test(bits) && Number(bits) <= most)))
      throw new Wrong(`names "${one}"; give ranges of addresses such as "10.20.0.0/16 ::1", or none.`);
  }
  return listed;
}

const shownMailboxes = (names: ReadonlySet<string>): string =>
  names === SHARED_MAILBOXES ? "usual" : names.size === 0 ? "none" : [...names].join(" ");

function oneOf<const Choice extends string>(choices: readonly Choice[]): (text: string) => Choice {
  return (text) => {
    const found = choices.find((one) => one === text.toLowerCase());
    if (found !== undefined) return found;
    throw new Wrong(`is "${text}"; it must be one of ${choices.join(", ")}.`);
  };
}

/** `show`: whether the wrong text may be repeated, for an address may hold a password. */
function url(text: string, protocols: readonly string[], example: string, show: boolean): string {
  if (URL.canParse(text) && protocols.includes(new URL(text).protocol)) return text;
  throw new Wrong(
    `${show ? `is "${text}"; it` : "is no address that Winston understands; it"} must look like ${example}`,
  );
}

function withoutPassword(text: string): string {
  const address = new URL(text);
  if (address.password !== "") address.password = "***";
  for (const name of new URL(text).searchParams.keys())
    if (/password|key/iu.test(name)) address.searchParams.set(name, "***");
  return address.href;
}
