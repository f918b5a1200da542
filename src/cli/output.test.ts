// However many rows an answer has, no more of them are in hand than its reader lets through.
import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import type { Client, Plan, PlanChange } from "../../sdk/src/index.ts";
import { printList } from "./output.ts";
import { showPlan } from "./plan.ts";
import type { Globals, Shell } from "./shell.ts";

const MANY = 20_000;

/** Runs `body` with a shell whose output nobody reads at first, and rows that count how many of them were asked for. */
async function unread(body: (shell: Shell, rows: () => AsyncGenerator<{ id: string }>) => Promise<void>) {
  const stdout = new PassThrough({ highWaterMark: 1_024 });
  const shell = { stdout, stderr: new PassThrough(), signal: new AbortController().signal } as unknown as Shell;
  let asked = 0;
  const done = body(shell, async function* () {
    for (; asked < MANY; asked++) yield { id: `row ${asked}` };
  });
  for (let turn = 0; turn < 500; turn++) await setImmediate();
  const before = asked;
  let lines = 0;
  stdout.on("data", (chunk: Buffer) => {
    for (const byte of chunk) if (byte === 10) lines += 1;
  });
  await done;
  stdout.end();
  await setImmediate();
  return { before, asked, lines };
}

for (const globals of [{ ndjson: true }, { json: true }, { plain: true }] satisfies Globals[])
  test(`a listing as ${Object.keys(globals)[0]} goes as fast as it is read, and no faster`, async () => {
    const { before, asked, lines } = await unread((shell, rows) =>
      printList(shell, globals, {
        schema: "thing",
        columns: [{ title: "ID", of: (row) => row.id }],
        rows: rows(),
        none: "none",
      }),
    );
    assert.ok(before < 500, `${before} rows were in hand while nobody read`);
    assert.equal(asked, MANY);
    assert.ok(lines >= MANY);
  });

test("the lines of a plan go as fast as they are read, and no faster", async () => {
  const plan = { id: "1", error: null, totals: [], requests: [], notes: [] } as unknown as Plan;
  const { before, lines } = await unread((shell, rows) => {
    const client = { plans: { changes: () => rows() as unknown as AsyncGenerator<PlanChange> } } as unknown as Client;
    return showPlan(shell, { ndjson: true }, client, plan, { sample: 0 });
  });
  assert.ok(before < 500, `${before} lines were in hand while nobody read`);
  assert.equal(lines, MANY);
});
