// Writes what is derived from the HTTP surface: the SDK's types and the tables of docs/reference/http.md.
// `npm run generate`; sdk/test/generate.test.ts fails when a committed file differs from what this makes.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { format } from "oxfmt";
import { ERRORS } from "../src/base/errors.ts";
import { apiRoutes } from "../src/http/app.ts";
import type { HttpOptions } from "../src/http/ports.ts";
import type { Route } from "../src/http/route.ts";
import { typesOf } from "../tools/openapi/types.ts";

const root = join(import.meta.dirname, "..");
/** What each derived file should hold, by its path from the project folder. */
export async function derived(): Promise<Record<string, string>> {
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
  const { routes, describe } = apiRoutes({ version } as HttpOptions);
  const types = await typesOf(describe());
  const head = "// Written by `npm run generate` from the HTTP surface's own schemas. Do not edit.\n\n";
  const { code, errors } = await format("api.ts", head + plain(types), { printWidth: 120 });
  if (errors.length > 0) throw new Error(`The generated types do not parse: ${errors[0]!.message}`);
  const page = readFileSync(join(root, "docs/reference/http.md"), "utf8");
  return {
    "sdk/src/api.ts": code,
    "docs/reference/http.md": fill(fill(page, "routes", routeTable(routes)), "codes", codeTable()),
  };
}

/** Puts text between the two comment lines that name its place. */
function fill(page: string, place: string, text: string): string {
  const [begin, end] = [`<!-- ${place}: written by \`npm run generate\` -->`, `<!-- end of ${place} -->`];
  const [before, rest] = page.split(begin);
  const after = rest?.split(end)[1];
  if (after === undefined) throw new Error(`docs/reference/http.md lacks the lines ${begin} and ${end}`);
  return `${before!}${begin}\n\n${text}\n\n${end}${after}`;
}

function routeTable(routes: readonly Route[]): string {
  const rows = routes.map((route) => `| \`${route.method} ${route.url}\` | ${route.scope} | ${route.summary} |`);
  return ["| Route | Scope | Does |", "|---|---|---|", ...rows].join("\n");
}

function codeTable(): string {
  const rows = Object.entries(ERRORS).map(
    ([code, row]) => `| \`${code}\` | ${row.status} | ${row.title} | ${row.retry} |`,
  );
  return ["| Code | Status | Means | Trying again helps |", "|---|---|---|---|", ...rows].join("\n");
}

if (import.meta.main) {
  for (const [path, text] of Object.entries(await derived())) {
    writeFileSync(join(root, path), text);
    process.stderr.write(`generate: ${path}\n`);
  }
}

/** `unknown` takes in every other type of a union, and says so by itself. */
function plain(types: string): string {
  return types.replaceAll(/\bunknown \| null\b/gu, "unknown");
}
