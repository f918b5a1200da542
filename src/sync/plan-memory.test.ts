// A plan of any size takes as much memory: what it is made of passes through this process a page at a time, and its lines not at all.
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import pg from "pg";
import { createTernWorld } from "../../test/support/world.ts";

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
