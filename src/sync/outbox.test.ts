// What goes out, beside a model of a few lines: whatever is saved, refused, lost on the way and tried again, in whatever order.
import assert from "node:assert/strict";
import { test } from "node:test";
import { fc } from "../../test/support/fast-check.ts";
import type { Fault } from "../../test/support/tern.ts";
import { createTernWorld } from "../../test/support/world.ts";

type Step =
  | { readonly do: "save"; readonly people: readonly number[] }
  | { readonly do: "fail"; readonly fault: Fault }
  | { readonly do: "sync"; readonly meanwhile: readonly number[] }
  | { readonly do: "wait"; readonly ms: number };

const PEOPLE = 4;
const people = fc.uniqueArray(fc.integer({ min: 0, max: PEOPLE - 1 }), { minLength: 1, maxLength: 3 });
const faults: Fault[] = [
  "unknown-done",
  "unknown-not-done",
  "unavailable",
  { refuse: "LOCKED", field: "tel", kind: "later", when: (values) => String(values["tel"]).startsWith("0:") },
];
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    fc.record({ do: fc.constant("save" as const), people }),
    fc.record({ do: fc.constant("fail" as const), fault: fc.constantFrom(...faults) }),
    fc.record({ do: fc.constant("sync" as const), meanwhile: fc.oneof(fc.constant<number[]>([]), people) }),
    fc.record({ do: fc.constant("wait" as const), ms: fc.constantFrom(1_000, 60_000, 3_600_000) }),
  ),
  { minLength: 3, maxLength: 14 },
);

test("what is saved goes out in the order it was saved, never an older value after a newer one, the last one in the end, and each person once", async () => {
  await using world = await createTernWorld();
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(steps, async (list) => {
      const run = ++runs;
      // A value says whose it is and the how-many-eth; what lands at the vendor is noted in the order in which it does.
      const saved = new Map<number, number>();
      const landed: { person: number; turn: number }[] = [];
      const ids = new Map<number, string>();
      world.tern.keeps = (field, value) => {
        const [person, turn] = String(value).split(":").map(Number);
        if (field === "tel") landed.push({ person: person!, turn: turn! });
        return value;
      };
      const save = async (person: number): Promise<void> => {
        const turn = (saved.get(person) ?? 0) + 1;
        const named = { firstName: "Ann", lastName: `Lee ${run}-${person}`, email: `p${run}-${person}@example.com` };
        ids.set(person, await world.save({ ...named, title: `${person}:${turn}` }, ids.get(person)));
        saved.set(person, turn);
      };
      let meanwhile: readonly number[] = [];
      world.tern.afterWrite = async () => {
        const now = meanwhile;
        meanwhile = [];
        for (const person of now) await save(person);
      };
      for (const step of list) {
        if (step.do === "save") for (const person of step.people) await save(person);
        else if (step.do === "fail") world.tern.faults.push(step.fault);
        else if (step.do === "wait") world.clock.advance(step.ms);
        else {
          meanwhile = step.meanwhile;
          // A vendor that does not answer ends the run, and that is told.
          await world.cycle().catch(() => {});
          meanwhile = [];
        }
      }
      world.tern.faults = [];
      for (let round = 0; round < 3; round++) {
        world.clock.advance(3_600_000);
        await world.cycle();
      }

      for (const [person, turn] of saved) {
        const turns = landed.filter((one) => one.person === person).map((one) => one.turn);
        assert.deepEqual(
          turns,
          turns.toSorted((a, b) => a - b),
          `of person ${person} there landed ${turns.join(", ")}`,
        );
        assert.equal(turns.at(-1), turn);
      }
      assert.deepEqual(
        world.tern
          .living("person")
          .flatMap(([, row]) =>
            String(row.fields["last"]).startsWith(`Lee ${run}-`) ? [String(row.fields["tel"])] : [],
          )
          .toSorted(),
        [...saved].map(([person, turn]) => `${person}:${turn}`).toSorted(),
      );
    }),
    { numRuns: 25 },
  );
});
