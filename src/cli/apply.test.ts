// Plans of a real engine made, applied and taken back from the command line, and the exit codes by which scripts tell what became of them.
import assert from "node:assert/strict";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { stripVTControlCharacters } from "node:util";
import { Client } from "../../sdk/src/index.ts";
import { ann, createTernWorld } from "../../test/support/world.ts";
import { listen } from "../http/listen.ts";
import { createTestHttp } from "../http/test-support.ts";
import { exitOf, type Ran, runCommand } from "./test-shell.ts";

const bob = { first: "Bob", last: "Ray", mail: "bob@example.com", tel: "5", firm: "Bolt" };

async function createDesk() {
  const world = await createTernWorld((tern) => [ann, bob].forEach((one) => tern.add("person", one)), { mode: "plan" });
  const http = createTestHttp({ connections: world.connections, plans: world.plans });
  const { url } = await listen(http.app, { host: "127.0.0.1", port: 0 });
  const people = await world.people();
  const run = (...argv: string[]): Promise<Ran> =>
    runCommand(argv, { env: { WINSTON_URL: url, WINSTON_TOKEN: http.token }, terminal: 200 }).then((ran) => ({
      ...ran,
      out: stripVTControlCharacters(ran.out),
    }));
  const newest = async () => (await world.plans.list({ limit: 1 }))[0]!;
  return {
    world,
    url,
    keys: http.keys,
    run,
    newest,
    rename: async (to: string): Promise<void> => {
      for (const one of people) await world.save({ lastName: to }, one.id);
    },
    names: (): unknown[] => world.tern.living("person").map(([, row]) => row.fields["last"]),
    /** Runs a command that waits for a plan, while the engine works. */
    beside: async (...argv: string[]): Promise<Ran> => {
      let over = false;
      const ran = run(...argv).finally(() => (over = true));
      while (!over) {
        await new Promise((resolve) => setImmediate(resolve));
        await world.settle();
      }
      return ran;
    },
    async [Symbol.asyncDispose]() {
      await http.app.close();
      await world[Symbol.asyncDispose]();
    },
  };
}

test("a plan is made of a connection, a stream or both, kept in a file, and applied from it with a name and without what is left out", async () => {
  await using desk = await createDesk();
  await desk.rename("New");
  const file = join(mkdtempSync(join(tmpdir(), "winston-plan-")), "plan.json");
  for (const which of [[], ["tern"], ["person"], ["tern/person"], ["tern", "person"]]) {
    const planned = await desk.run("plan", ...which, "--exit-code", "--out", file);
    assert.deepEqual([exitOf(planned), planned.thrown], [10, undefined], which.join(" "));
    assert.match(planned.out, /tern person: ~ 2 changed/u);
  }
  assert.match((await desk.run("plan", "company")).out, /In step: nothing to do\./u);
  assert.equal(exitOf(await desk.run("plan", "nothing")), 1);

  assert.equal(exitOf(await desk.run("apply", file, "--yes", "--max-changes", "1")), 6, "more than was thought");
  assert.equal(exitOf(await desk.run("apply", file, "--yes", "--exclude", "Ann")), 64);
  for (const more of [[], ["--dry-run"]]) {
    const none = await desk.run("apply", file, "--yes", ...more, "--exclude", "1", "999");
    assert.equal(exitOf(none), 64, "a line that the plan does not have");
    assert.match(String(none.thrown), /--exclude: Plan .* writes nothing that is #999/u);
  }
  const dry = await desk.run("apply", file, "--dry-run", "--exclude", "1");
  assert.deepEqual([exitOf(dry), dry.thrown], [0, undefined]);
  assert.match(dry.out, /It would write 1 record: tern person: ~ 1 changed/u);
  assert.equal((await desk.newest()).state, "ready");
  assert.deepEqual(desk.names(), ["Lee", "Ray"]);
  const applied = await desk.beside("apply", file, "--yes", "--exclude", "1", "--approve-as", "Ana");
  assert.deepEqual([exitOf(applied), applied.thrown], [0, undefined]);
  assert.match(applied.out, /1 record written, 0 left out, 1 excluded/u);
  const done = (await desk.world.plans.list({ limit: 10 })).find((one) => one.state === "applied");
  assert.deepEqual([done?.approvedBy, done?.appliedBy], ["Ana", "key:wk_test_everything"]);
  const told = await desk.run("plans", "show", done!.id);
  assert.match(told.out, /Approved by Ana and applied by key:wk_test_everything at /u);
  assert.equal(desk.names().filter((name) => name === "New").length, 1);
});

test("a key that may plan and not apply proposes, and another applies", async () => {
  await using desk = await createDesk();
  desk.keys.add("wk_proposes", ["runs:read", "runs:write", "records:read"]);
  await desk.rename("New");
  const proposer = new Client({ token: "wk_proposes", baseUrl: desk.url });
  const { id } = await proposer.plans.create();
  const plan = await proposer.plans.settled(id);
  assert.deepEqual([plan.state, (await proposer.plans.changes(id).toArray()).length], ["ready", 2]);
  await assert.rejects(proposer.plans.apply(id), /connections:write/u);
  assert.equal((await desk.newest()).state, "ready");
  assert.equal(exitOf(await desk.beside("apply", id, "--yes")), 0);
  assert.deepEqual(desk.names(), ["New", "New"]);
});

test("a stale plan exits 6 and names the records under --strict, and 3 without it; an undo is planned and applied", async () => {
  await using desk = await createDesk();
  const { world } = desk;
  await desk.rename("New");
  await desk.run("plan");
  const { id } = await desk.newest();
  const [one] = await world.people();
  await world.save({ lastName: "Other" }, one!.id);
  const strict = await desk.beside("apply", id, "--yes", "--strict");
  assert.equal(exitOf(strict), 6);
  assert.match(
    String(strict.thrown),
    new RegExp(`Changed since: #\\d ${one!.fields["firstName"] as string} New\\.`, "u"),
  );
  assert.deepEqual(world.tern.writes, []);
  const some = await desk.beside("apply", id, "--yes");
  assert.equal(exitOf(some), 3);
  assert.match(some.out, /1 record written, 1 left out, 0 excluded\.\n.*The lastName is "Other" by now/u);
  const undone = await desk.run("undo", id, "--exit-code");
  assert.deepEqual([exitOf(undone), undone.thrown], [10, undefined]);
  assert.match(undone.out, /, undoing plan .*: ready/u);
  const back = await desk.beside("apply", (await desk.newest()).id, "--yes");
  assert.equal(exitOf(back), 0, String(back.thrown));
  assert.deepEqual(desk.names(), ["Lee", "Ray"]);
  const nothing = await desk.run("undo");
  assert.match(String(nothing.thrown), /Say what is to be undone/u);
  assert.equal(exitOf(nothing), 64);
  const wrong = await desk.run("undo", "nonsense");
  assert.equal(exitOf(wrong), 64);
  assert.match(String(wrong.thrown), /RUN is no valid UUID/u);
  const when = await desk.run("undo", "--since", "yesterday");
  assert.equal(exitOf(when), 64);
  assert.match(String(when.thrown), /--since /u);
});

test("a plan that deletes at a vendor asks for --allow-delete beside --yes, unless what it deletes is left out", async () => {
  await using desk = await createDesk();
  const { world } = desk;
  const [one, two] = await world.people();
  await world.save({ lastName: "New" }, two!.id);
  await world.records.remove("person", one!.id, "test");
  await desk.run("plan");
  const { id } = await desk.newest();
  const refused = await desk.run("apply", id, "--yes");
  assert.equal(exitOf(refused), 6);
  assert.match(String(refused.thrown), /write 2 records, 1 of which is a deletion: .* say --allow-delete to do it/u);
  assert.equal(desk.names().length, 2);
  const less = await desk.beside("apply", id, "--yes", "--exclude", one!.id);
  assert.deepEqual([exitOf(less), less.thrown, desk.names().includes("New")], [0, undefined, true]);
  await desk.run("plan");
  const all = await desk.beside("apply", (await desk.newest()).id, "--yes", "--allow-delete");
  assert.deepEqual([exitOf(all), all.thrown, desk.names()], [0, undefined, ["New"]]);
});

test("resume counts what goes by itself, and what waits for somebody who applies; it suggests nothing before its own answer", async () => {
  await using desk = await createDesk();
  const { world } = desk;
  await world.connect("other", "write");
  await world.settle();
  for (const one of await world.connections.list()) await world.connections.update(one.id, { paused: true });
  await desk.rename("New");
  await world.save({ lastName: "Third", company: "Acme" });
  const asked = await desk.run("resume");
  assert.equal(exitOf(asked), 6);
  assert.match(
    String(asked.thrown),
    /let writing go on at \S+, \S+, which writes 3 records; 3 more records would wait for somebody who applies a plan/u,
  );
  assert.doesNotMatch(asked.out, /Next:/u);
  assert.match((await desk.run("plan")).out, /Next: winston apply /u);
});

test("a plan of which nothing may be written names what lets it be, not how to apply it", async () => {
  await using desk = await createDesk();
  await desk.world.connections.update(desk.world.connection.id, { mode: "observe" });
  await desk.rename("New");
  const { out } = await desk.run("plan");
  assert.match(out, /tern person: ~ 2 changed/u);
  assert.match(out, /Next: winston connections mode tern plan/u);
  assert.doesNotMatch(out, /winston apply/u);
  const dry = await desk.run("apply", (await desk.newest()).id, "--dry-run");
  assert.equal(exitOf(dry), 6, "a dry run says what applying would say");
  assert.match(String(dry.thrown), /Connection tern is in observe/u);
});

test("where nothing would be written, --exit-code says 0, also where Winston itself would learn something", async () => {
  await using desk = await createDesk();
  desk.world.tern.edit("person", "person_000001", { tel: "99" });
  const { out, exitCode } = await desk.run("plan", "--exit-code");
  assert.match(out, /here, person: ~ 1 changed/u);
  assert.equal(exitCode, 0);
});
