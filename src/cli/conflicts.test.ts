// The ledger of a real engine through the API, the SDK and the command line.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Client, ConflictError, NotFoundError } from "../../sdk/src/index.ts";
import { createTestFolder } from "../../test/support/folder.ts";
import { ann, createTernWorld } from "../../test/support/world.ts";
import { isError } from "../base/errors.ts";
import { listen } from "../http/listen.ts";
import { createTestHttp } from "../http/test-support.ts";
import { type Ran, runCommand } from "./test-shell.ts";

const row = { direction: "both", transform: "text" } as const;

/** People whose title was changed on both sides while the rule asks, and whose last name was while the newest wins. */
async function createDesk(people: number) {
  const world = await createTernWorld((tern) => {
    for (let index = 0; index < people; index++) tern.add("person", { ...ann, mail: `p${index}@example.com` });
  });
  await world.mapAlso("person", [{ field: "title", record: "tel", ...row, rule: "ask" }]);
  const ids = (await world.people()).map((one) => one.id);
  world.clock.advance(1_000);
  for (const [id] of world.tern.living("person")) world.tern.edit("person", id, { tel: "theirs", last: "Their" });
  world.clock.advance(1_000);
  await world.saveAll(
    "person",
    ids.map((id) => ({ id, title: "ours", lastName: "Our" })),
  );
  await world.cycle();
  const http = createTestHttp({ runs: world.runs, conflicts: world.conflicts });
  const { url } = await listen(http.app, { host: "127.0.0.1", port: 0 });
  return {
    world,
    ids,
    http,
    client: new Client({ token: http.token, baseUrl: url }),
    run: (argv: readonly string[], more: { stdin?: string; terminal?: number } = {}): Promise<Ran> =>
      runCommand(["conflicts", ...argv], { env: { WINSTON_URL: url, WINSTON_TOKEN: http.token }, ...more }),
    runs: (argv: readonly string[]): Promise<Ran> =>
      runCommand(["runs", ...argv], { env: { WINSTON_URL: url, WINSTON_TOKEN: http.token } }),
    async [Symbol.asyncDispose]() {
      await http.app.close();
      await world[Symbol.asyncDispose]();
    },
  };
}

test("what is open is listed, shown and decided from the command line, and the vendor is written what was taken", async () => {
  await using desk = await createDesk(1);
  const listed = await desk.run(["list", "--open"], { terminal: 200 });
  assert.match(listed.out, /title +1 +ours +theirs +open +ask/u);
  assert.doesNotMatch(listed.out, /lastName/u);
  const { data } = JSON.parse((await desk.run(["list", "--json"])).out) as { data: { id: string; field: string }[] };
  assert.deepEqual(data.map((one) => one.field).toSorted(), ["lastName", "title"]);
  using folder = createTestFolder();
  const file = join(folder.path, "conflicts.html");
  assert.match((await desk.run(["list", "--open", "--html", file], { terminal: 200 })).out, /title/u);
  const page = readFileSync(file, "utf8");
  assert.match(page, /<h1>All conflicts that wait for a person, newest first<\/h1>/u);
  assert.match(page, /<td>title<\/td><td>1<\/td><td>ours<\/td><td>theirs<\/td><td>open/u);
  for (const [limit, heading] of [
    ["1", "The newest 1 conflict, and there are more"],
    ["2", "2 conflicts, newest first"],
  ] as const) {
    await desk.run(["list", "--limit", limit, "--html", file]);
    const some = readFileSync(file, "utf8");
    assert.deepEqual(
      [some.includes(`<h1>${heading}</h1>`), some.match(/<td>tern person/gu)?.length],
      [true, Number(limit)],
    );
  }
  const runs = join(folder.path, "runs.html");
  assert.equal((await desk.runs(["list", "--html", runs])).thrown, undefined);
  assert.match(readFileSync(runs, "utf8"), /<h1>\d+ runs, newest first<\/h1>[^]*tern person/u);
  const open = data.find((one) => one.field === "title")!;
  const shown = await desk.run(["show", open.id], { terminal: 120 });
  assert.match(shown.out, /Winston said: +"ours"\nVendor said: +"theirs"\nWon: +open/u);
  assert.match(shown.out, /Next: winston conflicts take .* record\n$/u);
  const tried = await desk.run(["take", open.id, "Head", "of", "sales", "--dry-run"], { terminal: 120 });
  assert.match(tried.out, /Nothing was changed\. It would make title of person Ann Our \(\S+\) "Head of sales"\./u);
  assert.match(
    (await desk.run(["take", open.id, "record", "--dry-run"])).out,
    /make title of person Ann Our \(\S+\) "theirs"/u,
  );
  assert.ok(isError((await desk.run(["take", open.id, "--dry-run"])).thrown, "usage.wrong"));
  const taken = await desk.run(["take", open.id, "Head", "of", "sales"], { terminal: 120 });
  assert.match(taken.out, /title is "Head of sales" now/u);
  await desk.world.settle();
  assert.equal(desk.world.tern.living("person")[0]![1].fields["tel"], "Head of sales");
  assert.match((await desk.run(["list", "--open"], { terminal: 120 })).out, /Nobody is asked anything/u);
  const again = await desk.run(["show", open.id], { terminal: 120 });
  assert.match(again.out, /Won: +a third value\nGiven: +"Head of sales"[^]*Decided: .* key:/u);

  const lost = data.find((one) => one.field === "lastName")!;
  assert.match((await desk.run(["take", lost.id], { terminal: 120 })).out, /has the value back that had lost/u);
  await desk.world.settle();
  assert.equal(desk.world.tern.living("person")[0]![1].fields["last"], "Their");
  assert.match((await desk.run(["list"], { terminal: 200 })).out, /winston, put back since/u);
});

test("many are taken at once from standard input, and one that cannot be is told by its id", async () => {
  await using desk = await createDesk(3);
  const open = (await desk.client.conflicts.list({ open: true, limit: 2 }).toArray()).map((one) => one.id);
  assert.equal(open.length, 3, "the pages go on");
  const ran = await desk.run(["take", "-", "record"], { stdin: `${open.join("\n")}\nnothing\n` });
  assert.equal(ran.exitCode, 3);
  assert.match(ran.err, /nothing: There is no conflict nothing/u);
  assert.match(ran.out, /taken\t3/u);
  await desk.world.settle();
  assert.deepEqual(
    (await desk.world.people()).map((one) => one.fields["title"]),
    ["theirs", "theirs", "theirs"],
  );
});

test("the API refuses what it cannot take with a problem that says what to do", async () => {
  await using desk = await createDesk(1);
  const { client, ids } = desk;
  const [open] = await client.conflicts.list({ open: true, entityId: ids[0]! }).toArray();
  const lost = (await client.conflicts.list().toArray()).find((one) => one.winner === "winston")!;
  assert.deepEqual(await client.conflicts.get(lost.id), lost);
  await assert.rejects(client.conflicts.get("01890a5d-ac96-774b-bcce-b302099a8057"), NotFoundError);
  await assert.rejects(client.conflicts.get("nothing"), NotFoundError);
  await assert.rejects(client.conflicts.take(open!.id, { take: "record", value: "x" }), /not both/u);
  await assert.rejects(client.conflicts.take(open!.id), /is open\. Say what title shall be/u);
  await desk.world.save({ lastName: "Edited since" }, ids[0]);
  await assert.rejects(client.conflicts.take(lost.id), (thrown) => {
    assert.ok(thrown instanceof ConflictError);
    assert.match(thrown.message, /was edited since/u);
    return true;
  });
  const refused = await desk.run(["take", lost.id]);
  assert.match(String((refused.thrown as Error).message), /was edited since/u);
  const { restoredBy } = await client.conflicts.take(lost.id, { force: true });
  assert.match(restoredBy!, /^key:/u);
  const decided = await client.conflicts.take(open!.id, { value: null });
  assert.deepEqual([decided.winner, decided.given], ["given", null]);
  await desk.world.settle();
  assert.equal(desk.world.tern.living("person")[0]![1].fields["tel"], null);
  for (const argv of [
    ["take", open!.id, "record", "--blank"],
    ["take", ","],
  ])
    assert.ok(isError((await desk.run(argv)).thrown, "usage.wrong"), argv.join(" "));
});

test("deciding needs the right to write records", async () => {
  await using desk = await createDesk(1);
  desk.http.keys.add("wk_reader", ["runs:read"]);
  const reader = new Client({ token: "wk_reader", baseUrl: desk.client.baseUrl });
  const [open] = await reader.conflicts.list({ open: true }).toArray();
  await assert.rejects(reader.conflicts.take(open!.id, { take: "record" }), /records:write/u);
});
