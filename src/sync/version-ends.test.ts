import assert from "node:assert/strict";
import { test } from "node:test";
import { versionEndings } from "./version-ends.ts";

const DAY = 86_400_000;
const END = Date.UTC(2027, 2, 30);
const connector = {
  title: "Tern",
  versionEnds: ({ apiVersion }: Record<string, unknown>) =>
    apiVersion === "v1"
      ? [
          { version: "v1", endsAt: END + 60 * DAY, instead: "Use v2." },
          { version: "v1 ties", endsAt: END, instead: "Use v2." },
        ]
      : [],
};
const told = (now: number, apiVersion = "v1"): string[] =>
  versionEndings(connector, { apiVersion }, now).map((one) => `${one.version}${one.near ? " near" : ""}`);

test("a version that ends is told half a year before, urgent in its last month and after it, and the nearest first", () => {
  assert.deepEqual(told(END - 181 * DAY), []);
  assert.deepEqual(told(END - 179 * DAY), ["v1 ties"]);
  assert.deepEqual(told(END - 100 * DAY), ["v1 ties", "v1"]);
  assert.deepEqual(told(END - 29 * DAY), ["v1 ties near", "v1"]);
  assert.deepEqual(told(END + 400 * DAY), ["v1 ties near", "v1 near"]);
  assert.deepEqual(told(END, "v2"), []);
  assert.deepEqual(versionEndings({ title: "Silent" }, {}, END), [], "a vendor that says nothing of an end");
});

test("it says which version of what ends when, and what to do", () => {
  assert.equal(
    versionEndings(connector, { apiVersion: "v1" }, END - DAY)[0]!.message,
    "Tern ends version v1 ties of its API on 2027-03-30, which this connection speaks. Use v2.",
  );
  assert.match(versionEndings(connector, { apiVersion: "v1" }, END)[0]!.message, /^Tern ended version v1 ties/u);
});
