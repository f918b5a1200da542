// Runs test files in one process and ends at the first test that fails: for a change that is noticed, one is enough. Databases that it left
// behind are dropped.
import { spawnSync } from "node:child_process";
import { join } from "node:path";

const { status } = spawnSync(
  process.execPath,
  [
    "--test",
    "--test-isolation=none",
    "--test-force-exit",
    `--test-reporter=${join(import.meta.dirname, "first-failure.mjs")}`,
    ...process.argv.slice(2),
  ],
  { stdio: "inherit" },
);
const server = process.env.WINSTON_TEST_SERVER;
if (server !== undefined) await sweep(JSON.parse(server));
process.exitCode = status ?? 1;

/** A process that ended in the middle of its tests, or was ended, dropped none of its clones. */
async function sweep(connection) {
  const { default: pg } = await import("pg");
  const client = new pg.Client({ ...connection, database: "postgres" });
  await client.connect();
  const { rows } = await client.query("select datname as name from pg_database where datname like 'test\\_%'");
  for (const { name } of rows) {
    if (isAlive(Number(/^test_(\d+)_/u.exec(name)?.[1]))) continue;
    // Somebody else may be dropping it.
    await client.query(`drop database if exists ${name} with (force)`).catch(() => {});
  }
  await client.end();
}

function isAlive(pid) {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
