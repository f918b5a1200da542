// A backup put back under a whole Winston, with its queue, its side file and a Salesforce that went on meanwhile.
import assert from "node:assert/strict";
import { test } from "node:test";
import { silentLog } from "../../src/base/log.ts";
import { systemRandom } from "../../src/base/random.ts";
import { connectors } from "../../src/connectors/index.ts";
import { createWinston } from "../../src/winston.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { createLine, type Line } from "../support/line.ts";

/** Winston on a database, with the data folder that was there before. */
async function start({ dataDir, clock }: Line, { url }: TestDatabase) {
  const winston = await createWinston({
    config: { dataDir, databaseUrl: url, databaseConnections: 10, key: undefined, keyFile: undefined, workers: 4 },
    connectors,
    clock,
    random: systemRandom,
    log: silentLog,
    version: "0.0.0-test",
    unsafeForTests: true,
  });
  return { ...winston, [Symbol.asyncDispose]: () => winston.stop() };
}

test("yesterday's database under today's data folder is noticed at the start, reads all and writes nothing over what is newer", async () => {
  await using line = await createLine((org) => {
    for (const name of ["Edited there", "Edited here", "Deleted there"])
      org.data.add("Lead", { LastName: name, Company: "Acme", Title: "old" });
  });
  const { org, until } = line;
  const idOf = (name: string): string => String(line.named("Lead", name)[0]!["Id"]);
  const [there, here, gone] = [idOf("Edited there"), idOf("Edited here"), idOf("Deleted there")];
  await line.winston.stop();
  await using backup = await createTestDatabase({ copyOf: line.database });

  line.clock.move(3_600_000);
  let made = "";
  {
    await using winston = await start(line, line.database);
    await winston.work();
    const entity = await winston.records.list({ kind: "person", limit: 10 });
    const ours = entity.find((one) => one.fields["lastName"] === "Edited here")!;
    const save = { kind: "person", stage: "lead", mode: "upsert", unknownKeys: "error", actor: "test" } as const;
    await winston.records.save([{ id: ours.id, input: { title: "new" } }], save);
    const [one] = await winston.records.save([{ input: { lastName: "Made since", company: "Acme" } }], save);
    made = (one as { id: string }).id;
    const settled = async (): Promise<boolean> => (await winston.connections.quiet()).quiet;
    await until("the edit and the new record arrived", async () => settled());
    org.data.edit("Lead", there, { Title: "new" });
    org.data.delete(gone);
    await winston.connections.sync(line.connection.id, { trigger: "test" });
    await until("what changed there was read", async () => settled());
    assert.deepEqual(await winston.quarantines.list(), [], "a later start of the same database is none");
  }
  line.clock.move(60_000);
  const writes = line.writes();

  await using winston = await start(line, backup);
  const [held] = await winston.quarantines.list();
  assert.match(held!.reason, /set back/u);
  assert.ok(held!.unread.includes("lead"), "noticed before anything was read");
  await winston.work();
  await until("all is read", async () => (await winston.quarantines.list()).length === 0);
  await until("nothing is owed", async () => (await winston.connections.quiet()).quiet);
  assert.equal(line.writes(), writes, "nothing had to be written");
  const titles = (name: string): unknown[] => line.named("Lead", name).map((row) => row["Title"]);
  assert.deepEqual([titles("Edited there"), titles("Edited here"), titles("Deleted there")], [["new"], ["new"], []]);
  assert.equal(line.named("Lead", "Made since").length, 1);
  const known = await winston.records.list({ kind: "person", limit: 10 });
  assert.deepEqual(Object.fromEntries(known.map((one) => [one.fields["lastName"], one.fields["title"] ?? one.id])), {
    "Edited there": "new",
    "Edited here": "new",
    "Made since": made,
  });
  assert.equal(here, idOf("Edited here"));
});
