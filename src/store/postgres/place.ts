// Where a cluster lies, and the short private folder through which it is reached.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  rmdirSync,
  statSync,
  symlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { WinstonError } from "../../base/errors.ts";
import { type FolderLock, lockFolder } from "./lock.ts";
import { type Account, chooseAccount, ownerAccount, spawnOptions, systemFolder } from "./programs.ts";

/**
 * A data folder, locked for this process:
 *
 *     <data folder>/lock, holder      one Winston at a time
 *     <data folder>/postgres.log      the server's words, the last start's before it in postgres.log.1
 *     <data folder>/data              the cluster; a link when the server's account cannot reach into this folder
 *
 * `short` is a private folder with a short path: sockets have paths of at most 107 bytes, PostgreSQL's own of at most 1023.
 */
export interface Place {
  readonly folder: string;
  readonly account: Account;
  /** The real path of the cluster, whether or not it is there yet. */
  readonly cluster: string;
  readonly clusterExists: boolean;
  readonly short: string;
  /** Where the lock is: `folder`, unless its path is too long for that. */
  readonly lockedAt: string;
  release(): void;
}

/** Takes the folder, made where missing. Throws `store.busy`, or `start.failed` where it cannot be used. */
export function takePlace(dataDir: string): Place {
  const locks: FolderLock[] = [];
  const release = (): void => {
    for (const lock of locks.toReversed()) lock.release();
  };
  try {
    const { folder, account, ownsFolder } = openFolder(dataDir);
    // SQLite opens no path above 512 bytes.
    const lockable = (path: string): string =>
      Buffer.byteLength(path) <= 480
        ? path
        : shortFolder(path, { ...account, other: false, uid: process.getuid!() }, "l");
    const lockedAt = lockable(folder);
    locks.push(lockFolder(lockedAt, ownsFolder && account.other ? account : undefined));
    const here = join(folder, "data");
    const present = lstatSync(here, { throwIfNoEntry: false });
    let cluster = here;
    if (present) {
      cluster = realpathSync(here);
      // A copied project whose link leads to the original's data must not run it beside the original.
      if (dirname(cluster) !== folder) locks.push(lockFolder(dirname(cluster)));
      if (account.other && !canEnter(dirname(cluster), account)) {
        throw new WinstonError(
          "start.failed",
          `The user ${account.name ?? account.uid}, to whom the database in ${folder} belongs, can no longer reach it. Let others pass through the folders above it (chmod o+x), or start Winston as that user.`,
        );
      }
    } else if (account.other && !canEnter(folder, account)) {
      cluster = join(systemPlace(folder, account), "data");
      locks.push(lockFolder(dirname(cluster)));
    }
    const short = shortFolder(cluster, account, "p");
    return { folder, account, cluster, clusterExists: existsSync(cluster), short, lockedAt, release };
  } catch (thrown) {
    release();
    throw thrown;
  }
}

function openFolder(dataDir: string): { folder: string; account: Account; ownsFolder: boolean } {
  const wanted = resolve(dataDir);
  try {
    let ancestor = wanted;
    while (!existsSync(ancestor) && dirname(ancestor) !== ancestor) ancestor = dirname(ancestor);
    const cluster = statSync(join(wanted, "data"), { throwIfNoEntry: false });
    const parent = statSync(ancestor);
    const account = cluster ? ownerAccount(cluster) : chooseAccount(parent);
    const first = mkdirSync(wanted, { recursive: true, mode: 0o700 });
    const folder = realpathSync(wanted);
    const ownsFolder = parent.uid === account.uid;
    if (account.other) {
      // What we made on the way is the account's, or can at least be passed through by it.
      for (let made = wanted; first !== undefined && made.length >= first.length; made = dirname(made)) {
        if (ownsFolder) chownSync(made, account.uid, account.gid);
        else chmodSync(made, 0o711);
      }
    }
    if (account.uid === 0 || (account.other && process.getuid?.() !== 0)) {
      throw new WinstonError(
        "start.failed",
        account.uid === 0
          ? `The database in ${folder} belongs to root, as whom PostgreSQL does not run. Give it to an ordinary user (chown -R) and start again.`
          : `The database in ${folder} belongs to ${account.name ?? `user ${account.uid}`}. Start Winston as that user, or as root.`,
      );
    }
    return { folder, account, ownsFolder };
  } catch (thrown) {
    if (thrown instanceof WinstonError || ["ENOSPC", "EDQUOT"].includes((thrown as NodeJS.ErrnoException).code ?? ""))
      throw thrown;
    throw new WinstonError(
      "start.failed",
      `The data folder ${wanted} cannot be used (${(thrown as Error).message}). Make it readable and writable for this user, or name another.`,
      { cause: thrown },
    );
  }
}

const canEnter = (folder: string, account: Account): boolean =>
  spawnSync("/bin/sh", ["-c", 'cd "$1"', "sh", folder], spawnOptions(account)).status === 0;

/** A folder outside the project that the account can reach, and a link to its cluster where the cluster would be. */
function systemPlace(folder: string, account: Account): string {
  const parent = systemFolder(account);
  try {
    mkdirSync(parent, { recursive: true, mode: 0o755 });
    const made = mkdtempSync(join(parent, `${basename(dirname(folder)).slice(0, 40)}-`));
    chmodSync(made, 0o711);
    symlinkSync(join(made, "data"), join(folder, "data"));
    return made;
  } catch (thrown) {
    throw new WinstonError(
      "start.failed",
      `The user ${account.name ?? account.uid}, as whom PostgreSQL runs here, cannot reach ${folder}, and ${parent} cannot be written (${(thrown as Error).message}). Make one of them reachable, or give DATABASE_URL.`,
      { cause: thrown },
    );
  }
}

/**
 * A folder that only the account may enter, the same for every process that asks for the same path. One that somebody else put
 * there first, or that others may enter, is passed by.
 */
function shortFolder(path: string, account: Account, purpose: "p" | "l"): string {
  const digest = createHash("sha256").update(path).digest("hex").slice(0, 12);
  for (const base of ["/tmp", tmpdir(), "/var/tmp"]) {
    if (Buffer.byteLength(base) > 60) continue;
    for (let turn = 0; turn < 10; turn++) {
      const folder = join(base, `winston-${purpose}${digest}${turn === 0 ? "" : `-${turn}`}`);
      try {
        mkdirSync(folder, { mode: 0o700 });
        chmodSync(folder, 0o700);
        if (account.other) chownSync(folder, account.uid, account.gid);
        return folder;
      } catch (thrown) {
        const { code } = thrown as NodeJS.ErrnoException;
        if (code === "ENOSPC" || code === "EDQUOT") throw thrown;
        if (code !== "EEXIST") break;
      }
      const found = lstatSync(folder, { throwIfNoEntry: false });
      if (found?.isDirectory() && found.uid === account.uid && (found.mode & 0o077) === 0) return folder;
    }
  }
  throw new WinstonError(
    "start.failed",
    `No private folder for the database's socket could be made in /tmp, ${tmpdir()} or /var/tmp. Make one of them writable, or give DATABASE_URL.`,
  );
}

/** Points `short/name` to a folder, whatever was there. */
export function linkInto(short: string, name: string, target: string): string {
  const link = join(short, name);
  rmSync(link, { recursive: true, force: true });
  symlinkSync(target, link);
  return link;
}

/** Removes the short folder once no server uses it; left as it is where something unknown lies in it. */
export function removeShort(short: string): void {
  for (const name of ["data", ".s.PGSQL.5432", ".s.PGSQL.5432.lock"]) rmSync(join(short, name), { force: true });
  try {
    rmdirSync(short);
  } catch {
    // Not empty, or gone.
  }
}
