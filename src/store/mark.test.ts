import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { createTestDatabase } from "../../test/support/database.ts";
import { createTestFolder } from "../../test/support/folder.ts";
import { readMark, writeMark } from "./mark-file.ts";
import { beginEpoch, raiseMark } from "./mark.ts";

test("each look raises the count and finds the server's log further on; an epoch is ended once", async () => {
  await using database = await createTestDatabase();
  const first = await raiseMark(database, "one");
  const second = await raiseMark(database, "nobody asks for this name");
  assert.deepEqual([first.epoch, first.count, second.epoch, second.count], ["one", 1, "one", 2]);
  assert.ok(first.log && second.log, "our own server tells where its log is");
  assert.equal(second.log.system, first.log.system);
  assert.ok(second.log.position > first.log.position && second.log.timeline >= 1);

  const begin = (seen: string | null, epoch: string) => database.transaction((tx) => beginEpoch(tx, seen, epoch));
  const began = await Promise.all([begin("one", "two"), begin("one", "three")]);
  assert.equal(began.filter((one) => one).length, 1);
  const third = await raiseMark(database, "x");
  assert.deepEqual(third.past, [{ epoch: "one", count: 2 }]);
  assert.equal(await begin(null, "four"), true, "a person needs to have seen nothing");
  assert.equal((await raiseMark(database, "x")).past.length, 2);
});

test("the side file says what was written last; one that is lost or spoilt says nothing", () => {
  using folder = createTestFolder();
  const file = join(folder.path, "store.mark");
  assert.equal(readMark(file), undefined);
  writeMark(file, { epoch: "a", count: 3, log: { system: "s", timeline: 1, position: 9 } });
  writeMark(file, { epoch: "a", count: 4, log: null });
  assert.deepEqual(readMark(file), { epoch: "a", count: 4, log: null });
  writeFileSync(file, '{"epoch":"a","cou');
  assert.equal(readMark(file), undefined);
});
