// The running Winston that a client command speaks to, through the SDK.
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { Client } from "../../sdk/src/index.ts";
import { Transport } from "../../sdk/src/transport.ts";
import { WinstonError } from "../base/errors.ts";
import { type Config, readConfig } from "../config.ts";
import { START_TOKEN_FILE } from "../vault/keys.ts";
import { readPrivateFile } from "../vault/private-file.ts";
import type { Globals, Shell } from "./shell.ts";

export interface Remote {
  readonly client: Client;
  /** For paths that the client has no method for. */
  readonly transport: Transport;
  readonly url: string;
}

/** What a Winston leaves in its data folder for commands given beside it. */
export interface Addresses {
  readonly api?: string;
  /** Each pretend vendor's, by its simulator's `address`. */
  readonly [address: string]: string | undefined;
}

export const ADDRESSES_FILE = "addresses.json";
const DEFAULT_URL = "http://127.0.0.1:4400";

/**
 * Finds the server and a token: flag, then environment, then what a Winston left in the data folder of the present folder. The
 * folder's token is sent to its own server only. Throws auth.missing.
 */
export function openRemote(shell: Shell, globals: Globals): Remote {
  const config = configOf(shell, globals);
  const left = readAddresses(config.dataDir);
  const url = config.url ?? left.api ?? DEFAULT_URL;
  const own = url === (left.api ?? DEFAULT_URL);
  const token = tokenOf(shell, globals, config, own);
  if (token === undefined) {
    throw new WinstonError(
      "auth.missing",
      own
        ? `No token for ${url}. Start Winston in this folder (npm start), name its data folder with --data, or give a key with --token-file or WINSTON_TOKEN.`
        : `No token for ${url}. Give one with --token-file or WINSTON_TOKEN; the one in ${config.dataDir} is for ${left.api ?? DEFAULT_URL} and is not sent elsewhere.`,
    );
  }
  const options = { token, baseUrl: url };
  return { client: new Client(options), transport: new Transport(options), url };
}

/** The settings of a command: its flags before the environment. */
export function configOf(shell: Shell, globals: Globals, flags: Parameters<typeof readConfig>[1] = {}): Config {
  return readConfig(shell.env, { dataDir: globals.data, url: globals.api, ...flags }, shell.cwd);
}

function tokenOf(shell: Shell, globals: Globals, config: Config, own: boolean): string | undefined {
  if (globals.tokenFile !== undefined) {
    const file = resolve(shell.cwd, globals.tokenFile);
    const text = readPrivateFile(file, "token")?.trim();
    if (!text)
      throw new WinstonError(
        "auth.missing",
        `${file} holds no token. Name a file with one, made by: ${shell.self} keys create`,
      );
    return text;
  }
  if (config.token !== undefined) return config.token;
  return own ? readPrivateFile(join(config.dataDir, START_TOKEN_FILE), "token")?.trim() || undefined : undefined;
}

/** What the Winston of this data folder said of itself; nothing where there is none. */
export function readAddresses(dataDir: string): Addresses {
  try {
    const read = JSON.parse(readFileSync(join(dataDir, ADDRESSES_FILE), "utf8")) as Record<string, unknown>;
    return Object.fromEntries(
      Object.entries(read).filter(
        (one): one is [string, string] => typeof one[1] === "string" && /^https?:\/\//u.test(one[1]),
      ),
    );
  } catch {
    return {};
  }
}
