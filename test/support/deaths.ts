// Processes that are killed one after another, until one of them comes to rest.
import assert from "node:assert/strict";
import type { TestDatabase } from "./database.ts";
import type { TernWorld } from "./world.ts";

/** What a process sees of the database until it is killed: from then on, nothing of it arrives. */
function doomed(database: TestDatabase): TestDatabase & { die(): never; readonly dead: () => boolean } {
  let dead = false;
  const alive = async <T>(does: () => Promise<T>): Promise<T> => {
    if (dead) throw new Error("this process was killed");
    return does();
  };
  return {
    ...database,
    dead: () => dead,
    die: () => {
      dead = true;
      throw new Error("this process was killed");
    },
    rows: (query) => alive(() => database.rows(query)),
    one: (query) => alive(() => database.one(query)),
    run: (query) => alive(() => database.run(query)),
    transaction: (body, options) =>
      alive(() =>
        database.transaction(async (tx) => {
          const result = await body(tx);
          return alive(async () => result);
        }, options),
      ),
  };
}

/** One process after another works until one comes to rest; `begin` is told each one's way to die. Returns how many died. */
export async function deaths(
  world: Pick<TernWorld, "database" | "another">,
  begin: (die: () => never) => void,
): Promise<number> {
  for (let died = 0; ; died++) {
    assert(died < 20, "it never ends");
    const body = doomed(world.database);
    begin(() => body.die());
    const process = await world.another(100 + died, body);
    await process.settle().catch((thrown: unknown) => {
      if (!body.dead()) throw thrown;
    });
    if (!body.dead()) return died;
  }
}
