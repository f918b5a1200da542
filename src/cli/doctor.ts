// `winston doctor`: checks this machine, the settings and what runs, with a fix for each finding. It changes nothing.
import { accessSync, constants, existsSync, readFileSync, realpathSync, statfsSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import type { Command } from "commander";
import { silentLog } from "../base/log.ts";
import { type Config, describeConfig } from "../config.ts";
import { inspectServer } from "../store/inspect.ts";
import { readPostmaster } from "../store/postgres/postmaster.ts";
import { KEY_FILE_NAME } from "../vault/master-key.ts";
import { readPrivateFile } from "../vault/private-file.ts";
import { DATABASE_FOLDER } from "./data-folder.ts";
import { connections, SKEW_MAX_MS } from "./doctor-connections.ts";
import { EXIT } from "./failure.ts";
import { isHuman, printList } from "./output.ts";
import { globalsOf } from "./program.ts";
import { configOf, readAddresses } from "./remote.ts";
import type { Globals, Shell } from "./shell.ts";
import { weaknesses } from "./start.ts";
import { serverVersion } from "./version.ts";
import { bytes, duration } from "./words.ts";

export interface Finding {
  readonly check: string;
  readonly state: "ok" | "note" | "wrong";
  readonly detail: string;
  readonly fix?: string | undefined;
}

const DISK_LEAST = 1e9;

export function define(command: Command, shell: Shell): void {
  command.addHelpText("after", "\nExits 1 when something is wrong.").action(async () => {
    const globals = globalsOf(command);
    const findings: Finding[] = [];
    try {
      findings.push(...(await examine(shell, globals)));
    } catch (thrown) {
      findings.push({
        check: "settings",
        state: "wrong",
        detail: (thrown as Error).message,
        fix: "Correct the setting that is named.",
      });
    }
    const human = isHuman(shell, globals);
    await printList(shell, globals, {
      schema: "finding",
      columns: [
        { title: "", of: (one) => ({ ok: "ok", note: "--", wrong: "!!" })[one.state] },
        { title: "CHECK", of: (one) => one.check },
        { title: "FOUND", of: (one) => one.detail, whole: true },
        ...(human ? [] : [{ title: "FIX", of: (one: Finding) => one.fix }]),
      ],
      rows: findings,
      none: "",
    });
    const fixes = findings.filter((one) => one.fix !== undefined);
    const wrong = findings.some((one) => one.state === "wrong");
    if (human) {
      for (const { check, fix } of fixes) shell.stdout.write(`\n${check}: ${fix}`);
      shell.stdout.write(`${fixes.length > 0 ? "\n" : ""}\nNext: ${shell.self} ${wrong ? "doctor" : "connections"}\n`);
    }
    if (wrong) shell.exitCode = EXIT.failed;
  });
}

async function examine(shell: Shell, globals: Globals): Promise<Finding[]> {
  const config = configOf(shell, globals);
  const addresses = readAddresses(config.dataDir);
  const url = config.url ?? addresses.api ?? `http://127.0.0.1:${config.port}`;
  const version = await serverVersion(url, shell.signal);
  return [
    ...settings(config, shell),
    node(),
    ...folder(config),
    disk(config),
    masterKey(config),
    await port(config, url, version),
    await database(config, shell),
    server(url, version, shell),
    ...(version === undefined ? [] : await connections(shell, globals, addresses)),
  ];
}

function settings(config: Config, shell: Shell): Finding[] {
  const set = describeConfig(config)
    .filter((one) => one.origin !== "default")
    .map((one) => one.origin);
  return [
    {
      check: "settings",
      state: "ok",
      detail: set.length > 0 ? `read; set by ${set.join(", ")}` : "read; all defaults",
    },
    ...config.warnings.map((detail): Finding => ({
      check: "settings",
      state: "note",
      detail,
      fix: "Unset it, or write its name right.",
    })),
    ...weaknesses(config, shell.env).map((detail): Finding => ({
      check: "settings",
      state: "note",
      detail,
      fix: "`winston start` refuses this; `winston dev` does not.",
    })),
  ];
}

function node(): Finding {
  const { node: version } = process.versions;
  const good = Number(version.split(".")[0]) >= 24;
  return {
    check: "node",
    state: good ? "ok" : "wrong",
    detail: version,
    fix: good ? undefined : "Start Winston by npm, which brings Node 24.",
  };
}

function folder({ dataDir }: Config): Finding[] {
  const check = "data folder";
  if (!existsSync(dataDir)) {
    const above = nearestFolder(dataDir);
    return mayWrite(above)
      ? [{ check, state: "ok", detail: `${dataDir} will be made at the first start` }]
      : [
          {
            check,
            state: "wrong",
            detail: `${above} cannot be written`,
            fix: `Make it writable for this user, or name another with --data.`,
          },
        ];
  }
  if (!mayWrite(dataDir))
    return [
      {
        check,
        state: "wrong",
        detail: `${dataDir} cannot be read and written`,
        fix: "Give it to this user (chown -R), or name another with --data.",
      },
    ];
  const { mode } = statSync(dataDir);
  const open = (mode & 0o066) !== 0;
  return [
    {
      check,
      state: open ? "note" : "ok",
      detail: open ? `${dataDir} can be listed by others (mode ${(mode & 0o777).toString(8)})` : dataDir,
      fix: open ? `chmod 700 ${dataDir} (711 where the database runs as another user)` : undefined,
    },
  ];
}

function disk({ dataDir }: Config): Finding {
  const { bavail, bsize } = statfsSync(nearestFolder(dataDir));
  const free = bavail * bsize;
  return {
    check: "disk",
    state: free < DISK_LEAST ? "wrong" : "ok",
    detail: `${bytes(free)} free`,
    fix: free < DISK_LEAST ? "Make room: Winston keeps every change." : undefined,
  };
}

function masterKey(config: Config): Finding {
  const check = "master key";
  if (config.key !== undefined) return { check, state: "ok", detail: `from ${config.origins.key}` };
  const file = config.keyFile ?? join(config.dataDir, KEY_FILE_NAME);
  try {
    if (readPrivateFile(file, "master key") !== undefined)
      return {
        check,
        state: "ok",
        detail: `${file}; keep a copy elsewhere: without it the sealed credentials are lost`,
      };
  } catch (thrown) {
    return {
      check,
      state: "wrong",
      detail: (thrown as Error).message,
      fix: `chmod 600 ${file}, owned by the user Winston runs as.`,
    };
  }
  const needed = config.keyFile !== undefined || existsSync(join(config.dataDir, DATABASE_FOLDER, "data"));
  return needed
    ? {
        check,
        state: "wrong",
        detail: `${file} is not there`,
        fix: "Put the file back from your copy; what is sealed opens with no other.",
      }
    : { check, state: "ok", detail: `${file} will be made at the first start` };
}

async function port(config: Config, url: string, version: string | undefined): Promise<Finding> {
  const check = "port";
  if (version !== undefined && portOf(url) === config.port)
    return { check, state: "ok", detail: `${config.port}, where Winston listens` };
  if (config.port === 0) return { check, state: "ok", detail: "any free one" };
  const taken = await new Promise<string | undefined>((resolve) => {
    const probe = createServer()
      .once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
      .listen(config.port, config.host, () => probe.close(() => resolve(undefined)));
  });
  return taken === undefined
    ? { check, state: "ok", detail: `${config.port} is free` }
    : {
        check,
        state: "wrong",
        detail: `${config.host}:${config.port} cannot be listened on (${taken})`,
        fix: "Stop the other program, or choose another port: --port, or WINSTON_PORT.",
      };
}

async function database(config: Config, shell: Shell): Promise<Finding> {
  const check = "database";
  const cluster = join(config.dataDir, DATABASE_FOLDER, "data");
  let connection: Parameters<typeof inspectServer>[0];
  if (config.databaseUrl !== undefined) connection = { connectionString: config.databaseUrl };
  else {
    if (!existsSync(cluster)) return { check, state: "ok", detail: "Winston's own, made at the first start" };
    const running = readPostmaster(realpathSync(cluster));
    if (!running) {
      const major = readIf(join(cluster, "PG_VERSION"));
      return {
        check,
        state: "ok",
        detail: `Winston's own PostgreSQL${major === undefined ? "" : ` ${major.trim()}`}, not running now`,
      };
    }
    connection = { host: running.socketFolder, port: running.port, user: "winston", database: "winston", ssl: false };
  }
  try {
    const facts = await inspectServer(connection, silentLog);
    const skew = Math.abs(facts.now - shell.clock.now());
    if (!facts.fsync)
      return {
        check,
        state: "wrong",
        detail: `PostgreSQL ${facts.version} with fsync off`,
        fix: "ALTER SYSTEM SET fsync = on, then reload: without it a power cut loses accepted data.",
      };
    if (skew > SKEW_MAX_MS)
      return {
        check,
        state: "wrong",
        detail: `its clock is ${duration(skew)} away from this machine's`,
        fix: "Let both follow a time server (NTP).",
      };
    return {
      check,
      state: "ok",
      detail: `PostgreSQL ${facts.version}, fsync on, checksums ${facts.checksums ? "on" : "off"}`,
    };
  } catch (thrown) {
    return {
      check,
      state: "wrong",
      detail: (thrown as Error).message,
      fix:
        config.databaseUrl === undefined
          ? "Run doctor as the user Winston runs as."
          : `Check ${config.origins.databaseUrl} and that the server lets this machine in.`,
    };
  }
}

function server(url: string, version: string | undefined, shell: Shell): Finding {
  const check = "server";
  if (version === undefined)
    return { check, state: "note", detail: `none answers at ${url}`, fix: `Start one: ${shell.self} dev` };
  return version === shell.version
    ? { check, state: "ok", detail: `Winston ${version} at ${url}` }
    : {
        check,
        state: "note",
        detail: `Winston ${version} at ${url}, while this is ${shell.version}`,
        fix: "Restart the server to have one version.",
      };
}

const portOf = (url: string): number => Number(new URL(url).port || (url.startsWith("https:") ? 443 : 80));

function nearestFolder(path: string): string {
  let at = path;
  while (!existsSync(at) && dirname(at) !== at) at = dirname(at);
  return at;
}

function mayWrite(path: string): boolean {
  try {
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function readIf(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
