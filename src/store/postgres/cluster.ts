// Making a cluster, and what must be true of one before it is started.
import { spawn } from "node:child_process";
import {
  chownSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  rmdirSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { WinstonError } from "../../base/errors.ts";
import { saysDiskFull } from "../failures.ts";
import { linkInto, type Place } from "./place.ts";
import { type Account, type Programs, spawnOptions } from "./programs.ts";

/** What a folder carries while initdb works in it. The cluster gets its name only when it is whole, so a cut start leaves none. */
const UNFINISHED = "unfinished-";

/** Makes the cluster where there is none; checks that this PostgreSQL can run the one that is there. */
export async function prepareCluster(place: Place, programs: Programs, quick: boolean): Promise<void> {
  clearUnfinished(dirname(place.cluster), place.short);
  if (!existsSync(join(place.cluster, "PG_VERSION"))) await makeCluster(place, programs, quick);
  const version = readFileSync(join(place.cluster, "PG_VERSION"), "utf8").trim();
  if (Number(version) > programs.major) {
    throw new WinstonError(
      "store.newer",
      `The data in ${place.folder} was written by PostgreSQL ${version}; this Winston brings ${programs.major}. Start the newer Winston, or restore a backup.`,
    );
  }
  if (Number(version) !== programs.major) {
    throw new WinstonError(
      "start.failed",
      `The data in ${place.folder} was written by PostgreSQL ${version}; this Winston brings ${programs.major}. Copy it over with pg_upgrade, or start the Winston that wrote it.`,
    );
  }
  writeAccess(place.cluster, place.account);
}

async function makeCluster(place: Place, programs: Programs, quick: boolean): Promise<void> {
  const home = dirname(place.cluster);
  if (existsSync(place.cluster)) {
    try {
      rmdirSync(place.cluster); // Only an empty one goes.
    } catch (thrown) {
      throw new WinstonError(
        "start.failed",
        `${place.cluster} holds something that is not a PostgreSQL cluster (no PG_VERSION in it), so Winston leaves it alone. Move it away, or name another data folder.`,
        { cause: thrown },
      );
    }
  }
  const fresh = mkdtempSync(join(home, UNFINISHED));
  const link = linkInto(place.short, basename(fresh), fresh);
  try {
    if (place.account.other) chownSync(fresh, place.account.uid, place.account.gid);
    await initialise(link, place.account, programs, quick);
    renameSync(fresh, place.cluster);
    if (!quick) syncFolder(home);
  } catch (thrown) {
    rmSync(fresh, { recursive: true, force: true });
    throw thrown;
  } finally {
    rmSync(link, { force: true });
  }
}

/** Removes what starts that were cut short left. The initdb of one may still run: it loses its link, and what it goes on writing goes at a later start. */
function clearUnfinished(home: string, short: string): void {
  for (const folder of [short, home]) {
    for (const name of readdirSync(folder).filter((one) => one.startsWith(UNFINISHED))) {
      try {
        rmSync(join(folder, name), { recursive: true, force: true });
      } catch {
        // Still written to.
      }
    }
  }
}

const INITDB = [
  "--username=winston",
  "--encoding=UTF8",
  "--locale=C",
  "--locale-provider=builtin",
  "--builtin-locale=C.UTF-8",
  "--data-checksums",
  "--auth=peer",
  "--no-instructions",
];

async function initialise(folder: string, account: Account, programs: Programs, quick: boolean): Promise<void> {
  const child = spawn(programs.initdb, INITDB.concat("-D", folder, quick ? ["--no-sync"] : []), {
    ...spawnOptions(account),
    detached: true,
    stdio: ["ignore", "ignore", "pipe"],
  });
  let words = "";
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => (words += chunk));
  const code = await new Promise<number | null>((done, fail) => child.on("error", fail).on("close", done));
  if (code === 0) return;
  if (saysDiskFull(words)) {
    throw new WinstonError(
      "store.full",
      `The disk is full: no database could be made there. Make room (about 150 MB) and start again.`,
      {
        cause: new Error(words.trim()),
      },
    );
  }
  const said = words.split("\n").find((line) => /error|fatal/iu.test(line)) ?? words.trim().split("\n").at(-1)!;
  throw new WinstonError(
    "start.failed",
    `A new database could not be made: ${said.replace(/^.*?(?:FATAL|ERROR|error):\s*/u, "").trim() || `initdb ended with ${code}`}`,
    {
      cause: new Error(words.trim()),
    },
  );
}

/** Who may connect: the server's own account and root, told by the operating system (peer), over the socket only. */
function writeAccess(cluster: string, account: Account): void {
  const names = [...new Set([account.name, "root"])].filter((name) => name !== undefined);
  write(cluster, "pg_hba.conf", "local all winston peer map=winston\n", account);
  write(cluster, "pg_ident.conf", names.map((name) => `winston "${name}" winston\n`).join(""), account);
}

/** Made anew and put in place, never written through a link that the server's account may have left there. */
function write(cluster: string, name: string, text: string, account: Account): void {
  const file = join(cluster, name);
  try {
    if (readFileSync(file, "utf8") === text) return;
  } catch {
    // Missing: made below.
  }
  rmSync(`${file}.new`, { force: true });
  writeFileSync(`${file}.new`, text, { flag: "wx", mode: 0o600 });
  if (account.other) chownSync(`${file}.new`, account.uid, account.gid);
  renameSync(`${file}.new`, file);
}

function syncFolder(folder: string): void {
  const handle = openSync(folder, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
