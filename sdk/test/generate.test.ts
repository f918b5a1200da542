import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { derived } from "../../scripts/generate.ts";

test("what is derived from the HTTP surface is committed as it is made: `npm run generate` brings it up to date", async () => {
  for (const [path, text] of Object.entries(await derived()))
    assert.ok(
      readFileSync(join(import.meta.dirname, "../..", path), "utf8") === text,
      `${path} is out of date; run \`npm run generate\``,
    );
});
