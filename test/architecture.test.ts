// The import table of the house. A failing line names the file and the import: `src/sync/pull.ts imports src/connectors/tern.ts`.
import assert from "node:assert/strict";
import { globSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix, relative } from "node:path";
import { test } from "node:test";

const root = join(import.meta.dirname, "..");

/** Which rooms of src/ a room may import, besides itself. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  base: [],
  connector: ["base"],
  connectors: ["base", "connector"],
  mapping: ["base"],
  simulators: ["base"],
  store: ["base"],
  vault: ["base", "store", "connector"],
  jobs: ["base", "store"],
  sync: ["base", "connector", "mapping", "store", "vault", "jobs"],
  alerts: ["base", "connector", "store", "vault", "jobs", "sync"],
  "config-document": ["base", "connector", "mapping", "store", "jobs", "sync"],
  http: ["base", "connector", "mapping", "store", "vault", "jobs", "sync", "alerts", "config-document"],
  // Commands speak to a running server as any program does, through the SDK; those that run a server hand it the connectors.
  cli: [
    "base",
    "connector",
    "connectors",
    "mapping",
    "store",
    "vault",
    "jobs",
    "sync",
    "alerts",
    "config-document",
    "http",
    "simulators",
    "sdk",
  ],
};

/** Files of src/ itself: the composition root, the reader of the environment, the process. Only they may import every room. */
const TOP = new Set(["config.ts", "winston.ts", "main.ts"]);

/** Rooms whose folders are vendors: only there may a vendor be named, beside the tests in test/ that go the whole way with one. */
const VENDORS_ROOMS = ["connectors", "simulators"];

function sources(pattern: string): string[] {
  return globSync(pattern, { cwd: root }).map((file) => file.split("\\").join("/"));
}

function imports(file: string): string[] {
  const text = readFileSync(join(root, file), "utf8");
  return [
    ...text.matchAll(
      /(?:^|\n)\s*(?:import|export)\b[^"'`;]*?from\s*["']([^"']+)["']|import\(\s*["']([^"']+)["']\s*\)|(?:^|\n)import\s*["']([^"']+)["']/gu,
    ),
  ].map((match) => (match[1] ?? match[2] ?? match[3])!);
}

const roomOf = (file: string): string => file.split("/")[1]!;

test("each room of src/ imports only the rooms below it", () => {
  const wrong: string[] = [];
  for (const file of sources("src/**/*.ts")) {
    if (file.endsWith(".test.ts") || TOP.has(relative("src", file))) continue;
    const room = roomOf(file);
    const allowed = MAY_IMPORT[room];
    if (!allowed) {
      wrong.push(`${file} lies in no known room; add src/${room}/ to test/architecture.test.ts`);
      continue;
    }
    for (const name of imports(file).filter((one) => one.startsWith("."))) {
      const target = posix.join(dirname(file), name);
      const targetRoom = roomOf(target);
      const ok = target.startsWith("sdk/src/")
        ? allowed.includes("sdk")
        : target.startsWith("src/") && (targetRoom === room || allowed.includes(targetRoom));
      // The CLI hands the parsed command over to the composition root.
      if (!ok && !(room === "cli" && TOP.has(relative("src", target)))) wrong.push(`${file} imports ${target}`);
    }
  }
  assert.deepEqual(wrong, []);
});

test("the SDK imports nothing of ours and nothing of others", () => {
  const wrong = sources("sdk/src/**/*.ts").flatMap((file) =>
    imports(file)
      .filter((name) => !name.startsWith("./") && !name.startsWith("../"))
      .concat(
        imports(file).filter(
          (name) => name.startsWith("../") && !posix.join(dirname(file), name).startsWith("sdk/src"),
        ),
      )
      .map((name) => `${file} imports ${name}`),
  );
  assert.deepEqual(
    wrong.filter((line) => !/\.test\.ts /u.test(line)),
    [],
  );
});

test("SQL lives in src/store/ only", () => {
  const wrong = sources("src/**/*.ts").filter(
    (file) =>
      !file.endsWith(".test.ts") &&
      roomOf(file) !== "store" &&
      /\bsql`|\bfrom "pg"/u.test(readFileSync(join(root, file), "utf8")),
  );
  assert.deepEqual(wrong, []);
});

/** A citation of a test in the list of invariants, and nowhere else: its file and its title are what they are. */
const INVARIANTS = "src/sync/SPEC.md";
const CITATION = /^- `[^`]+\.test\.ts`: "/u;

test("nothing but a vendor's own folder and the two indexes names it: no file, code, comment, text or test", () => {
  const vendors = VENDORS_ROOMS.flatMap((room) => readdirSync(join(root, "src", room), { withFileTypes: true }))
    .filter((entry) => entry.isDirectory() && entry.name !== "shared")
    .map((entry) => entry.name);
  assert.ok(vendors.length >= 2, vendors.join());
  // "acme-crm" is found as Acme CRM and acmeCrm, too.
  const names = new RegExp([...new Set(vendors)].map((one) => one.replaceAll("-", "[-_ ]?")).join("|"), "iu");
  const wrong: string[] = [];
  for (const file of sources("{src,sdk/src,scripts}/**/*.*")) {
    if (file.startsWith("src/") && VENDORS_ROOMS.includes(roomOf(file))) continue;
    if (names.test(file)) wrong.push(`${file} is named for a vendor`);
    const lines = readFileSync(join(root, file), "utf8").split("\n");
    lines.forEach((line, index) => {
      if (!names.test(line) || (file === INVARIANTS && CITATION.test(line))) return;
      wrong.push(`${file}:${index + 1} names a vendor: ${line.trim()}`);
    });
  }
  assert.deepEqual(wrong, []);
});

test("clock, chance and environment come in by the front door", () => {
  const wrong: string[] = [];
  for (const file of sources("src/**/*.ts")) {
    if (file.endsWith(".test.ts") || roomOf(file) === "base" || TOP.has(relative("src", file))) continue;
    const lines = readFileSync(join(root, file), "utf8").split("\n");
    lines.forEach((line, index) => {
      if (/Date\.now\(\)|new Date\(\)|Math\.random\(\)|process\.env\b/u.test(line))
        wrong.push(`${file}:${index + 1} ${line.trim()}`);
    });
  }
  assert.deepEqual(wrong, []);
});
