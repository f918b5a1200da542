// Comparisons of a real engine through the API, the SDK and the command line.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Client, ConflictError, NotFoundError } from "../../sdk/src/index.ts";
import { ann, createTernWorld } from "../../test/support/world.ts";
import { isError } from "../base/errors.ts";
import { listen } from "../http/listen.ts";
import { createTestHttp } from "../http/test-support.ts";
import { exitOf, type Ran, runCommand } from "./test-shell.ts";

const HOUR_MS = 3_600_000;

/** Two people, of whom one says otherwise at Tern under the time of change that he had. What is asked for is worked off at once. */
async function createDesk() {
  const world = await createTernWorld((tern) => {
    for (const last of ["Lee", "Ray"]) tern.add("person", { ...ann, last, mail: `${last}@example.com` });
  });
  world.clock.advance(HOUR_MS);
  await world.cycle();
  const [record, row] = world.tern.living("person")[0]!;
  row.fields["tel"] = "there";
  const { comparisons, connections, runs } = world;
  const http = createTestHttp({
    connections,
    runs,
    comparisons: {
      ...comparisons,
      start: async (...asked) => {
        const started = await comparisons.start(...asked);
        await world.settle(false);
        return started;
      },
    },
  });
  const { url } = await listen(http.app, { host: "127.0.0.1", port: 0 });
  return {
    world,
    record,
    client: new Client({ token: http.token, baseUrl: url }),
    run: (argv: readonly string[], more: { terminal?: number } = {}): Promise<Ran> =>
      runCommand(["compare", ...argv], { env: { WINSTON_URL: url, WINSTON_TOKEN: http.token }, ...more }),
    async [Symbol.asyncDispose]() {
      await http.app.close();
      await world[Symbol.asyncDispose]();
    },
  };
}

test("compare tells each difference with its cause and both values, repairs when it is asked to, and its exit code can say so", async () => {
  await using desk = await createDesk();
  assert.ok(isError((await desk.run(["--last"])).thrown, "not.found"), "nothing was compared yet");
  const told = await desk.run(["tern"], { terminal: 160 });
  assert.equal(exitOf(told), 0, String(told.thrown));
  assert.match(told.out, /tern person +\S+ \S+ +2 +2 +1 /u);
  assert.match(told.out, /tern person: 1 record, missed read: its time did not move\./u);
  assert.match(told.out, new RegExp(`${desk.record}  title is otherwise there.*There: "there", here: "1"\\.`, "u"));
  assert.match(told.out, /Next: winston compare --repair\n$/u);
  const piped = (await desk.run(["--last"])).out;
  assert.deepEqual(piped.split("\t").slice(0, 6), ["tern person", "missed.silent", desk.record, "title", "there", "1"]);
  assert.equal(exitOf(await desk.run(["person", "--exit-code"])), 10);
  assert.equal(exitOf(await desk.run(["tern/company", "--exit-code"])), 0);
  const { schema, differences, found } = JSON.parse((await desk.run(["--last", "--json"])).out) as Record<
    string,
    unknown
  >;
  assert.deepEqual(
    [schema, differences, (found as { cause: string }[]).map((one) => one.cause)],
    ["winston.compare/v1", 1, ["missed.silent"]],
  );

  const tried = await desk.run(["person", "--repair", "--dry-run"], { terminal: 120 });
  assert.match(
    tried.out,
    /Nothing was changed\. It would read what was missed and try again what is owed in person\./u,
  );
  const repaired = await desk.run(["person", "--repair"], { terminal: 160 });
  assert.match(repaired.out, /1 repaired/u);
  assert.equal(exitOf(await desk.run(["--exit-code"])), 0, "and then there is none");
  assert.deepEqual((await desk.world.people()).map((one) => one.fields["title"] as string).toSorted(), ["1", "there"]);
  assert.equal(desk.world.tern.writes.length, 0);
});

test("a name that nobody has is said to be none, and what cannot be compared now is a conflict", async () => {
  await using desk = await createDesk();
  const wrong = await desk.run(["nobody"]);
  assert.ok(isError(wrong.thrown, "not.found"));
  assert.match(String(wrong.thrown), /There is no connection and no stream nobody\. Connections: tern\./u);
  await desk.world.connections.sync(desk.world.connection.id, { full: true, trigger: "test" });
  await assert.rejects(desk.client.comparisons.start({ connection: "tern" }), ConflictError);
  await assert.rejects(desk.client.comparisons.get("019b8d99-6dc4-7001-8c35-a1a507536ddf"), NotFoundError);
});

test("programs page through what was found, by cause", async () => {
  await using desk = await createDesk();
  for (const [, row] of desk.world.tern.living("person")) row.fields["last"] = "Other";
  const started = await desk.client.comparisons.start({ stream: "person" });
  assert.deepEqual(
    started.map((one) => [one.connection, one.stream, one.askedBy.startsWith("key:")]),
    [["tern", "person", true]],
  );
  const ended = await desk.client.comparisons.get(started[0]!.id);
  assert.deepEqual([ended.state, ended.differences, ended.causes.map((one) => one.count)], ["done", 3, [3]]);
  const all = await desk.client.comparisons.differences({ connection: "tern", limit: 1 }).toArray();
  assert.deepEqual(all.map((one) => String(one.field)).toSorted(), ["lastName", "lastName", "title"]);
  assert.deepEqual(await desk.client.comparisons.differences({ cause: "gone" }).toArray(), []);
  const last = await desk.client.comparisons.list({ last: true }).toArray();
  assert.deepEqual(
    last.map((one) => one.id),
    [ended.id],
  );
});
