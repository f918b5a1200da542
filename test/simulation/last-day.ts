// The last day of a world: nothing goes wrong any more and nobody hurries, so that what a plan, its applying and its undoing do is known
// to the letter. The plan of a world at rest is empty; one that is applied does what it says, all of it; undone, it leaves what was before,
// but for what somebody touched since.
import type { Random } from "../../src/base/random.ts";
import { pick } from "../../src/base/random.ts";
import type { PlanItem, PlanView } from "../../src/sync/planned.ts";
import type { Violation } from "./check.ts";
import { differs, effectsOf, type Effect } from "./operators.ts";
import type { Held, Kind, Vendor } from "./vendors.ts";
import type { World } from "./world.ts";

export interface LastDay {
  readonly random: Random;
  /** Lets the world go on until this has ended. */
  readonly until: <T>(work: Promise<T>) => Promise<T>;
  /** Time passes, what changed is read, and all that is owed comes to its end. */
  readonly cycle: () => Promise<void>;
}

const EDITS = 3;

export async function lastDay(world: World, { random, until, cycle }: LastDay): Promise<Violation[]> {
  const violations: Violation[] = [];
  const violated = (invariant: string, words: string): void => void violations.push({ invariant, words });
  const worker = world.api(random)!;
  const { plans } = worker;
  const ready = async (begun: Promise<PlanView>, what: string): Promise<PlanItem[] & { id?: string }> => {
    const plan = await until(begun.then(({ id }) => plans.settled(id)));
    if (plan.state !== "ready") violated("P0 a plan is computed", `${what} is ${plan.state}: ${plan.error?.message}`);
    return Object.assign([...(await until(plans.items(plan.id, { limit: 10_000 })))], { id: plan.id });
  };
  const empty = async (what: string): Promise<void> => {
    for (const line of await ready(plans.create({}, "operator"), `the plan ${what}`))
      violated("P1 the plan of a quiet world is empty", `${what} a plan has a line: ${told(line)}`);
  };
  const apply = async (id: string, what: string): Promise<void> => {
    await until(plans.apply(id, {}, "operator"));
    await cycle();
    await cycle();
    const { state } = await until(plans.get(id));
    if (state !== "applied") violated("P3 a plan is carried out", `${what} is ${state} when all is at rest`);
  };

  await empty("at rest");
  const [there, other] = random.float() < 0.5 ? world.vendors : world.vendors.toReversed();
  await until(world.operators.closeByPlan(there!, worker));
  const otherBefore = other!.all();
  for (let edit = 0; edit < EDITS; edit++) world.users.edit(random, other!);
  world.users.makeAt(random, other!);
  if (random.float() < 0.5) world.users.removeSomethingAt(random, other!);
  await until(world.users.editHere(random));
  await cycle();
  for (const effect of world.operators.effects)
    violated("P2 only what a plan says is written", `${words(effect, there!)}, and no plan was approved`);

  const before = there!.all();
  const lines = await ready(plans.create({}, "operator"), "the plan of a few edits");
  const writes = lines.filter((one) => one.class === "write");
  world.operators.approve(writes);
  await apply(lines.id!, "the plan of a few edits");
  const done = effectsOf(before, there!.all());
  // A deal that went with its account is gone as it was planned, whoever took it.
  const isGone = ({ op, kind, recordId }: PlanItem): boolean =>
    op === "delete" && !there!.held(kind as Kind).some(({ id }) => id === recordId);
  const undone = writes.filter(
    (line) => !isGone(line) && !done.some((effect) => differs(effect, [line]) === undefined),
  );
  const ended = new Map((await until(plans.items(lines.id!, { limit: 10_000 }))).map((one) => [one.number, one]));
  for (const line of undone) {
    const { state, reason } = ended.get(line.number)!;
    violated(
      "P3 a plan is carried out",
      `nothing changed since, and this is ${state} (${reason ?? "no reason"}): ${told(line)}`,
    );
  }
  for (const effect of done) {
    const why = differs(effect, writes);
    if (why !== undefined) violated("P2 only what a plan says is written", `${words(effect, there!)}: ${why}`);
  }

  // What people did elsewhere must have been among what the plan said.
  const touched = new Set(effectsOf(nameless(otherBefore), nameless(other!.all())).map((one) => one.tag));
  const people = await until(worker.records.list({ kind: "person", limit: 1_000 }));
  for (const tag of touched) {
    // Whom both vendors made at once a person is asked about: they are two here until then.
    if (people.filter(({ fields }) => fields["lastName"] === tag).length > 1) continue;
    const [says, wanted] = [there!, other!].map((vendor) => vendor.all().filter((one) => one.tag === tag));
    if (world.model.isMerged(tag) || says!.length > 1 || wanted!.length > 1) continue;
    if (world.model.withdrawn.has(`${there!.site} ${tag}`)) continue;
    // What was deleted there while a filter left it out had been away before this plan, and nothing makes it there again.
    const wasThere = before.some((one) => one.tag === tag);
    if (!wasThere && says!.length === 0 && world.model.mayStayAway(tag, there!.site)) continue;
    const [is, shouldBe] = [says, wanted].map((one) => JSON.stringify(inOrder(one![0]?.fields)));
    if (is !== shouldBe)
      violated("P3 a plan is carried out", `${tag} is ${is} at ${there!.site} and ${shouldBe} at ${other!.site}`);
  }

  // One of what was written is edited again: that stays.
  const kept = new Map<string, string | null>();
  const updated = done.filter((one) => one.op === "update");
  if (updated.length > 1) {
    const effect = pick(random, updated);
    const [field] = Object.keys(effect.fields);
    const held = there!.all().find((one) => one.id === effect.id && one.tag === effect.tag)!;
    kept.set(`${effect.tag} ${field}`, world.users.editField(there!, held, field!));
    await cycle();
  }
  const undo = await ready(plans.undo({ run: lines.id! }, "operator"), "the undo of a plan");
  world.operators.approve(undo.filter((one) => one.class === "write"));
  await apply(undo.id!, "the undo of a plan");
  for (const effect of effectsOf(nameless(before), nameless(there!.all())))
    for (const [field, change] of Object.entries(effect.fields)) {
      const stays = kept.get(`${effect.tag} ${field}`);
      if (effect.op === "update" && stays !== undefined && stays === change.new) continue;
      violated(
        "P4 an undo puts back what nobody touched",
        `${effect.tag} at ${there!.site} is not as before: ${effect.op} ${field} ${change.old ?? "blank"} → ${change.new ?? "blank"}`,
      );
    }
  for (const [name, value] of kept) {
    const [field] = name.split(" ").slice(-1);
    const held = there!.all().filter((one) => `${one.tag} ${field}` === name);
    if (!held.some((one) => (one.fields[field!] ?? null) === value))
      violated(
        "P4 an undo puts back what nobody touched",
        `${name} at ${there!.site} was edited since, to ${value ?? "blank"}, and is no more`,
      );
  }
  for (const { op, tag, fields } of effectsOf(nameless(before), nameless(there!.all())))
    if (Object.keys(fields).length === 0)
      violated("P4 an undo puts back what nobody touched", `${tag} at ${there!.site} is not as before: ${op}`);
  await until(world.operators.open(worker));
  await cycle();
  await empty("after an undo");
  return violations;
}

const inOrder = (fields: Held["fields"] | undefined): unknown =>
  fields && Object.entries(fields).toSorted(([a], [b]) => (a < b ? -1 : 1));

/** By what it is, and not by the id that a record made anew has. Two of one name, of which a person is asked, are left out. */
const nameless = (all: readonly Held[]): Held[] =>
  all
    .filter((one) => all.every((other) => other === one || other.tag !== one.tag))
    .map((one) => ({ ...one, id: one.tag }));

const told = ({ class: what, op, connection, title, recordId, fields, detail }: PlanItem): string =>
  `${what} ${op} ${title ?? recordId} at ${connection ?? "winston"} ${JSON.stringify(fields)} ${JSON.stringify(detail)}`;

const words = ({ op, tag, fields }: Effect, { site }: Vendor): string =>
  `${tag} at ${site}: ${op} ${JSON.stringify(fields)}`;
