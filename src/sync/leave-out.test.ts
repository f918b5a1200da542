import assert from "node:assert/strict";
import { test } from "node:test";
import { WinstonError, type VendorWords } from "../base/errors.ts";
import type { RowOutcome } from "../connector/contract.ts";
import type { AttemptRow } from "../store/intent.ts";
import { ann, createTernWorld } from "../../test/support/world.ts";
import { leavingOut, without } from "./leave-out.ts";

type Ctx = Parameters<typeof without>[0];

const ctx = (kind = "deal", written: Record<string, string[]> = {}): Ctx =>
  ({ stream: { kind }, mapping: { writtenTo: new Map(Object.entries(written)) } }) as unknown as Ctx;
const attempt = (body: AttemptRow["body"], sent: AttemptRow["sent"] = {}): AttemptRow =>
  ({ body, sent, fillers: {} }) as unknown as AttemptRow;
const words = (...fields: string[]): VendorWords => ({ status: 400, code: "BAD", message: "bad", fields });
const refused = (kind: "field" | "record", ...fields: string[]): RowOutcome => ({
  state: "failed",
  kind,
  vendor: words(...fields),
});
const done: RowOutcome = { state: "done", id: "1", created: false };

test("what was refused is left out with what goes with it, and nothing where nothing would be left", () => {
  const amount = ctx("deal", { amount: ["amount", "currency"], budget: ["budget", "currency"], name: ["name"] });
  const sent = { name: "x", amount: { amount: "1", currency: "EUR" }, budget: { amount: "2", currency: "EUR" } };
  const money = attempt({ name: "x", amount: "1", currency: "EUR", budget: "2" }, sent);
  const found = without(amount, money, words("amount"));
  assert.deepEqual(found?.rest.sent, { name: "x" }, "nobody may take it for sent");
  assert.deepEqual(found?.rest.body, { name: "x" }, "another amount would be in another currency than it says");
  assert.deepEqual(found?.left.fields.toSorted(), ["amount", "budget", "currency"]);
  assert.equal(without(ctx(), attempt({ name: "x" }), words("name")), null);
  assert.equal(without(ctx(), attempt({ name: "x", city: "y" }), words("other")), null, "it was not sent");
  const tie = ctx("deal-contact", { deal: ["dealId"], contact: ["contactId"], role: ["label"] });
  const ends = attempt({ dealId: "1", contactId: "2", label: "Judge" });
  assert.equal(without(tie, ends, words("contactId")), null, "a tie without one of its ends is none");
  assert.deepEqual(without(tie, ends, words("label"))?.rest.body, { dealId: "1", contactId: "2" });
});

test("rows are sent again without what they were refused for, in one call for all, until nothing more is left out", async () => {
  const sent: AttemptRow["body"][][] = [];
  const rows = [{ a: "1", b: "1", c: "1" }, { c: "1" }, { a: "1", c: "1" }].map((body) => attempt(body));
  const { outcomes, stopped } = await leavingOut(
    ctx(),
    rows,
    [refused("field", "a"), done, refused("field", "a")],
    async (rest) => {
      sent.push(rest.map(({ body }) => body));
      return rest.map(({ body }) => ("b" in body ? refused("field", "b") : done));
    },
  );
  assert.equal(stopped, undefined);
  assert.deepEqual(sent, [[{ b: "1", c: "1" }, { c: "1" }], [{ c: "1" }]]);
  assert.deepEqual(outcomes, [
    { ...done, unwritten: [words("a"), words("b")] },
    done,
    { ...done, unwritten: [words("a")] },
  ]);
});

test("where the rest is refused too the first refusal stands; where it cannot be sent the row was not", async () => {
  const rows = [attempt({ stage: "gone", name: "x" })];
  const again = await leavingOut(ctx(), rows, [refused("field", "stage")], async () => [refused("record", "missing")]);
  assert.deepEqual(again.outcomes, [refused("record", "stage")]);
  const daily = new WinstonError("vendor.budget_spent", "spent");
  const cut = await leavingOut(ctx(), rows, [refused("field", "stage")], () => Promise.reject(daily));
  assert.deepEqual([cut.outcomes, cut.stopped], [["withdrawn"], daily]);
});

test("a row whose rest could not be sent is owed, goes out later, and is told of then", async () => {
  await using world = await createTernWorld((tern) => tern.add("person", ann));
  const [person] = await world.people();
  world.tern.unwritable = ["tel"];
  let calls = 0;
  world.tern.afterWrite = () => {
    calls += 1;
    // Between the refusal and what is sent without the field.
    if (calls === 1) world.tern.faults = ["unavailable"];
  };
  await world.save({ title: "Boss", lastName: "Lee-Fox" }, person!.id);
  await world.settle();
  await world.cycle();
  assert.equal(world.tern.living("person")[0]![1].fields["last"], "Lee-Fox");
  const [parked] = await world.runs.parked({ limit: 10 });
  assert.match(parked!.message, /^tel "Boss" was (?:left out|not taken).* Tern takes nothing for it\./u);
  assert.equal((await world.connections.quiet()).quiet, true);
});

test("what a create left out is no blank that somebody made there, though no answer came to what was sent without it", async () => {
  for (const end of ["no answer", "killed", "there is one already"]) {
    await using world = await createTernWorld();
    world.clock.advance(60_000);
    world.tern.unwritable = ["tel"];
    let calls = 0;
    world.tern.afterWrite = () => {
      calls += 1;
      if (calls === 1 && end === "no answer") world.tern.faults = ["unknown-done"];
      if (calls === 1 && end === "there is one already") world.tern.callsMadeTaken = true;
      if (calls === 2 && end === "killed") throw new Error("killed here");
    };
    await world.save({ lastName: "New", title: "Boss", email: "n@example.com" });
    await world.settle();
    world.clock.advance(3_600_000);
    await world.cycle();
    const [person, ...others] = await world.people();
    assert.deepEqual([person!.fields["title"], others, world.tern.living("person").length], ["Boss", [], 1], end);
    const [parked] = await world.runs.parked({ limit: 10 });
    assert.match(parked!.message, /^tel "Boss" was (?:left out|not taken).* Tern takes nothing for it\./u, end);
  }
});
