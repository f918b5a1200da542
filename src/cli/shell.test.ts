import assert from "node:assert/strict";
import { test } from "node:test";
import { typedFor } from "./shell.ts";

test("what a person is told to type next names the same Winston, so that it can be typed as it stands", () => {
  const next = (...argv: string[]): string => `${typedFor("winston", argv)} runs list`;
  assert.equal(next("dev", "--once"), "winston runs list");
  assert.equal(next("dev", "--data", "/srv/w", "--port", "0"), "winston --data /srv/w runs list");
  assert.equal(next("records", "list", "--data=my folder"), "winston --data 'my folder' runs list");
  assert.equal(next("--token-file", "it's", "sync"), "winston --token-file 'it'\\''s' runs list");
  assert.equal(
    next("sync", "--api", "https://crm.example:4400", "--data", "d"),
    "winston --api https://crm.example:4400 --data d runs list",
  );
  assert.equal(next("sync", "--data"), "winston runs list");
});
