// What the documents name is there: links, files, npm scripts, commands, variables, tests.
import assert from "node:assert/strict";
import { existsSync, globSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { test } from "node:test";
import { isError } from "../src/base/errors.ts";
import { compileMapping, parseMappingDocument } from "../src/mapping/document.ts";
import { KINDS, standardFields } from "../src/mapping/kinds.ts";
import { TRANSFORMS } from "../src/mapping/transforms.ts";

const root = join(import.meta.dirname, "..");
const read = (file: string): string => readFileSync(join(root, file), "utf8");
const PAGES = globSync(["*.md", "docs/**/*.md", "sdk/README.md", "src/**/*.md", "bench/*.md"], { cwd: root })
  .map((file) => file.split("\\").join("/"))
  .toSorted();

/** Every match of an expression in every page, as "page: what was matched". */
function eachMatch(
  expression: RegExp,
  check: (found: string, page: string, match: RegExpExecArray) => boolean,
): string[] {
  const wrong: string[] = [];
  for (const page of PAGES)
    for (const match of read(page).matchAll(expression))
      if (!check(match[1]!, page, match)) wrong.push(`${page}: ${match[0].trim()}`);
  return wrong;
}

test("there are a README, a guide for contributors, a changelog, a glossary and an index", () => {
  const owed = [
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "docs/README.md",
    "docs/glossary.md",
    "src/sync/SPEC.md",
  ];
  assert.deepEqual(
    owed.filter((file) => !PAGES.includes(file)),
    [],
  );
});

/** Headings of a page as GitHub makes anchors of them. */
const anchorsOf = (page: string): Set<string> =>
  new Set(
    [...read(page).matchAll(/^#{1,6} (.+)$/gmu)].map((match) =>
      match[1]!
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
        .replaceAll(" ", "-"),
    ),
  );

test("every relative link leads to a file, and its anchor to a heading", () => {
  const wrong = eachMatch(/\]\((?!https?:|mailto:)([^)\s]+)\)/gu, (link, page) => {
    const [path = "", anchor] = link.split("#");
    const target = path === "" ? page : join(dirname(page), path);
    return existsSync(join(root, target)) && (anchor === undefined || anchorsOf(target).has(anchor));
  });
  assert.deepEqual(wrong, []);
});

test("every file of the project that a page names is there", () => {
  const wrong = eachMatch(
    /`((?:src|docs|test|scripts|sdk|bench|tools|\.ci)\/[\w./@-]*\w|\w[\w-]*\.(?:json|md)|\.npmrc|\.gitignore)\/?`/gu,
    (file, page) =>
      // Built, not committed; and files that Winston makes in its data folder.
      file.startsWith("sdk/dist") ||
      file === "addresses.json" ||
      existsSync(join(root, file)) ||
      existsSync(join(root, dirname(page), file)),
  );
  assert.deepEqual(wrong, []);
});

test("every npm script that a page names is in package.json", () => {
  const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
  const wrong = eachMatch(/\bnpm (?:run (?:-s )?([\w:]+)|(?:start|test)\b)/gu, (name, _page, match) =>
    Object.hasOwn(scripts, name ?? match[0].split(" ")[1]!),
  );
  assert.deepEqual(wrong, []);
});

test("every command of Winston that a page names has its file", () => {
  const wrong = eachMatch(/(?:`winston|scripts\/winston\.mjs|npm run -s winston --) ([a-z]+)\b/gu, (name) =>
    existsSync(join(root, "src/cli", `${name}.ts`)),
  );
  assert.deepEqual(wrong, []);
});

test("every variable that a page names is read by the program", () => {
  const sources = globSync(["src/**/*.ts", "sdk/src/**/*.ts", "scripts/*.mjs", "test/support/*.ts"], { cwd: root })
    .map(read)
    .join("\n");
  const wrong = eachMatch(/\b(WINSTON_[A-Z_]*[A-Z])\b/gu, (name) => sources.includes(name.replace(/_FILE$/u, "")));
  assert.deepEqual(wrong, []);
});

test("every test that a page names is in the file it names", () => {
  const wrong: string[] = [];
  for (const page of PAGES) {
    const text = read(page).replaceAll(/\s+/gu, " ");
    for (const match of text.matchAll(/`([^` ]+\.test\.ts)`: ((?:"[^"]+"(?:, )?)+)/gu))
      for (const [, name] of match[2]!.matchAll(/"([^"]+)"/gu))
        if (!existsSync(join(root, match[1]!)) || !read(match[1]!).includes(name!))
          wrong.push(`${page}: ${match[1]}: ${name}`);
  }
  assert.deepEqual(wrong, []);
});

test("the index names every page, and the index of decisions every record", () => {
  const missing = (index: string, pages: string[]): string[] => {
    const text = read(index);
    return pages.filter((page) => !text.includes(`(${page})`));
  };
  const below = PAGES.filter((page) => page.startsWith("docs/") && !page.startsWith("docs/decisions/")).map((page) =>
    page.slice("docs/".length),
  );
  assert.deepEqual(
    missing(
      "docs/README.md",
      below.filter((page) => page !== "README.md"),
    ),
    [],
  );
  const records = PAGES.filter((page) => dirname(page) === "docs/decisions").map((page) => basename(page));
  assert.deepEqual(
    missing(
      "docs/decisions/README.md",
      records.filter((page) => page !== "README.md"),
    ),
    [],
  );
});

/** The rows of mappings that a page shows: in blocks of JSON, and one by one in its text. */
function rowsOf(page: string): Record<string, unknown>[] {
  const blocks = [...read(page).matchAll(/^```json\n([\s\S]*?)^```/gmu)].flatMap(([, text]): unknown => {
    if (!text!.includes('"transform"')) return [];
    const shown = JSON.parse(text!) as unknown[] | { rows: unknown[] };
    return Array.isArray(shown) ? shown : shown.rows;
  });
  const lone = [...read(page).matchAll(/`(\{ "field": [^`]*"transform"[^`]*\})`/gu)].map(
    ([, text]) => JSON.parse(text!) as unknown,
  );
  return [...blocks, ...lone] as Record<string, unknown>[];
}

test("every row of a mapping that a page shows can be used for some kind, with a field of its own where no kind has it", () => {
  const wrong: string[] = [];
  let shown = 0;
  for (const page of PAGES)
    for (const row of rowsOf(page)) {
      shown += 1;
      const reasons = Object.keys(KINDS).map((kind) => {
        const known = standardFields(kind);
        const type = TRANSFORMS[row["transform"] as string]?.types[0] ?? "text";
        const own = [row["field"] as string | string[]]
          .flat()
          .filter((key) => !key.includes(".") && !known.some((field) => field.key === key))
          .map((key) => ({ key, label: key, type }));
        try {
          compileMapping({ document: parseMappingDocument({ kind, rows: [row] }), kindFields: [...known, ...own] });
          return null;
        } catch (error) {
          if (!isError(error, "mapping.invalid")) throw error;
          return error.message;
        }
      });
      if (!reasons.includes(null)) wrong.push(`${page}: ${JSON.stringify(row)}: ${reasons[0]}`);
    }
  assert.deepEqual(wrong, []);
  assert.ok(shown > 10, "the expressions above find them");
});
