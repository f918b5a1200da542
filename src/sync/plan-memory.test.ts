// A plan of any size takes as much memory: what it is made of passes through this process a page at a time, and its lines not at all.
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import pg from "pg";
import { createTernWorld } from "../../test/support/world.ts";
import { sql } from "../store/sql.ts";

/** The most rows that any statement brought while `body` ran. */
async function mostRows(t: TestContext, body: () => Promise<void>): Promise<number> {
  let most = 0;
  const query = Reflect.get(pg.Client.prototype, "query") as (...given: unknown[]) => unknown;
  const watched = t.mock.method(pg.Client.prototype, "query", function (this: pg.Client, ...given: unknown[]) {
    const answer = query.apply(this, given);
    if (answer instanceof Promise)
      void answer.then(
        (result: { rows?: unknown[] } | undefined) => (most = Math.max(most, result?.rows?.length ?? 0)),
        () => {},
      );
    return answer;
  });
  await body();
  watched.mock.restore();
  return most;
}

test("no statement of a plan, while it is computed, kept and read, brings more rows for one that is three times as large", async (t) => {
  const most = new Map<number, number>();
  for (const count of [400, 1_200]) {
    await using world = await createTernWorld(
      (tern) => {
        for (let n = 0; n < count; n++)
          tern.add("person", { first: "Ann", last: `Lee ${n}`, mail: `p${n}@example.com` });
      },
      { mode: "observe" },
    );
    // Written at one vendor, and not read at all so far at the other: creates there, and here.
    const { id } = await world.connect("other", "observe");
    for (let n = 0; n < count; n++)
      world.other.add("person", { first: "Bob", last: `Ray ${n}`, mail: `q${n}@example.com` });
    assert.ok(id);
    let lines = 0;
    const rows = await mostRows(t, async () => {
      const plan = await world.plans.settled((await world.plans.create({}, "test")).id);
      assert.equal(plan.state, "ready", JSON.stringify(plan.error));
      for (let after = 0; ;) {
        const page = await world.plans.items(plan.id, { after, limit: 100 });
        if (page.length === 0) break;
        lines += page.length;
        after = page.at(-1)!.number;
      }
    });
    assert.ok(lines >= 3 * count, `created here, and at either vendor: ${lines}`);
    most.set(count, rows);
  }
  const [few, many] = [most.get(400)!, most.get(1_200)!];
  assert.ok(few >= 100, `the rows were seen: ${few}`);
  assert.equal(many, few);
});

test("no statement of an undo, while it is worked out, proved anew and carried out, brings more rows for one that is larger", async (t) => {
  const most = new Map<number, number>();
  for (const count of [600, 1_500]) {
    await using world = await createTernWorld((tern) => {
      for (let n = 0; n < count; n++) tern.add("person", { first: "Ann", last: `Lee ${n}`, mail: `p${n}@example.com` });
    });
    world.clock.advance(60_000);
    const since = world.clock.now();
    const ids = await world.database.rows<{ id: string }>(sql`select id from entity where kind = 'person' order by id`);
    for (let from = 0; from < count; from += 500)
      await world.saveAll(
        "person",
        ids.slice(from, from + 500).map(({ id }) => ({ id, lastName: "Wrong", title: "x" })),
      );
    await world.settle();
    let [lines, back] = [0, 0];
    const rows = await mostRows(t, async () => {
      const plan = await world.plans.settled((await world.plans.undo({ since }, "test")).id);
      assert.equal(plan.state, "ready", JSON.stringify(plan.error));
      lines = plan.totals.reduce((sum, one) => sum + (one.class === "write" ? one.count : 0), 0);
      await world.plans.apply(plan.id, { strict: true }, "test");
      await world.settle();
      back = world.tern.living("person").filter(([, row]) => row.fields["last"] !== "Wrong").length;
    });
    assert.deepEqual([lines, back], [count, count]);
    most.set(count, rows);
  }
  const [few, many] = [most.get(600)!, most.get(1_500)!];
  assert.ok(few >= 100, `the rows were seen: ${few}`);
  assert.equal(many, few);
});
