// A suspected duplicate: two at Tern, and one at the other vendor that may be either. Nothing may be written before `mayWrite`.
import assert from "node:assert/strict";
import type { Tern } from "./tern.ts";
import { ann, createTernWorld, type TernWorld } from "./world.ts";

export interface Doubt extends TernWorld {
  /** The entity of the other vendor's record. */
  readonly which: string;
  /** Lets every connection write, and works off what is owed. */
  mayWrite(): Promise<void>;
}

/** `set` runs before Tern's connector is made. */
export async function createDoubt(set: (tern: Tern) => unknown = () => {}): Promise<Doubt> {
  const world = await createTernWorld(
    (tern) => {
      set(tern);
      tern.add("person", { ...ann, last: "First", tel: null });
      tern.add("person", { ...ann, last: "Second" });
    },
    { mode: "observe" },
  );
  const record = world.other.add("person", { ...ann, last: "Which?", tel: "77" });
  await world.connect("other", "observe");
  await world.settle();
  const which = (await world.people()).find((one) => one.fields["lastName"] === "Which?")!;
  assert.deepEqual(
    (await world.records.get("person", undefined, which.id)).links!.map((one) => one.recordId),
    [record],
  );
  return Object.assign(world, {
    which: which.id,
    mayWrite: async () => {
      for (const { id } of await world.connections.list()) await world.connections.update(id, { mode: "write" });
      await world.settle();
    },
  });
}
