import assert from "node:assert/strict";
import { test } from "node:test";
import type { ConflictBehind, HeldField, PlaceBehind } from "../store/why.ts";
import type { Writer } from "./context.ts";
import { decidedBy, nextAt } from "./next-step.ts";

const conflict = (of: Partial<ConflictBehind>): ConflictBehind => ({
  id: "c1",
  at: 20,
  field: "title",
  winner: "winston",
  rule: "newest",
  winston: "ours",
  record: "theirs",
  given: null,
  decidedAt: null,
  streamId: 1,
  ...of,
});

test("a rule is named where its winner stands and nobody set the field since; an open question comes first, and as of before its answer it is open", () => {
  const by = (conflicts: readonly ConflictBehind[], value: string, setAt = 10, asOf?: number) => {
    const found = decidedBy(conflicts, { field: "title", value, setAt, asOf });
    return found && [found.conflict.id, found.winner, found.lost, found.at];
  };
  assert.deepEqual(by([conflict({})], "ours"), ["c1", "winston", "theirs", 20]);
  assert.deepEqual(by([conflict({ winner: "record" })], "theirs", 20), ["c1", "record", "ours", 20], "in its own step");
  assert.equal(by([conflict({})], "ours", 21), undefined, "somebody said the same later");
  assert.equal(by([conflict({})], "another"), undefined);
  assert.equal(by([conflict({ field: "phone" })], "ours"), undefined);
  assert.equal(by([conflict({ winner: "moot", decidedAt: 30 })], "ours"), undefined, "nobody decided");
  assert.deepEqual(by([conflict({ winner: "open", rule: "ask" })], "ours"), ["c1", "open", null, 20]);
  const answered = conflict({ winner: "given", rule: "ask", given: "third", decidedAt: 40 });
  assert.deepEqual(by([answered], "third", 40), ["c1", "given", null, 40]);
  assert.deepEqual(by([answered], "ours", 10, 30), ["c1", "open", null, 20]);
  assert.equal(by([answered], "ours", 10, 15), undefined, "it was not asked yet");
  const later = conflict({ id: "c2", at: 30, record: "other" });
  assert.deepEqual(by([later, conflict({})], "ours"), ["c2", "winston", "other", 30], "the last one");
});

const place: PlaceBehind = {
  streamId: 1,
  connection: "crm",
  stream: "contact",
  mode: "write",
  approval: "auto",
  strategy: "realtime",
  urgent: null,
  outside: false,
  paused: false,
  problem: null,
  enabled: true,
  recordId: "r1",
  state: "active",
  linkedAt: 1,
  reason: "new",
  reasonOf: null,
  baseline: { title: "old" },
  intent: "ready",
  notBefore: null,
  parked: null,
  parkedField: null,
  awaiting: [],
  unread: null,
  brakes: [],
};
const writer = { outbound: new Set(["title"]), equal: () => false } as unknown as Writer;
const asked: HeldField = { is: "asked", field: "title", id: "q1", streamId: 1, recordId: "r1", place: "crm contact" };

test("what keeps a field from moving is told with what ends it, and what keeps it everywhere is told everywhere it is owed", () => {
  const next = (
    of: Partial<PlaceBehind>,
    more: { held?: readonly HeldField[]; drift?: string; deletedAt?: number; title?: string } = {},
  ): string =>
    nextAt(
      { ...place, ...of },
      "title",
      { fields: { title: more.title ?? "new" }, deletedAt: more.deletedAt ?? null },
      {
        writer,
        held: more.held ?? [],
        drift: more.drift,
      },
    );
  assert.equal(next({}), "It is written there.");
  const held = [asked];
  assert.match(next({}, { held }), /^Nothing, until a person says.*conflicts take q1 winston`, or `record`\.$/u);
  assert.match(next({}, { held, title: "old" }), /conflicts take q1/u, "at its own record whatever was agreed on");
  const elsewhere = { streamId: 2, recordId: "r2" };
  assert.match(next(elsewhere, { held }), /asked about r1 at crm contact, and waits everywhere/u);
  assert.equal(next(elsewhere, { held, title: "old" }), "Nothing: both sides agree.");
  const frozen = [{ ...asked, is: "frozen" as const, id: "f1", streamId: null, recordId: null, place: null }];
  assert.match(next({}, { held: frozen, title: "old" }), /winston frozen release f1/u);
  const brakes = [
    { field: "title", id: "b1" },
    { field: "", id: "b2" },
  ];
  assert.match(next({ brakes }), /winston brake show b1/u);
  assert.match(next({ brakes }, { deletedAt: 5 }), /winston brake show b2/u);
  assert.equal(next({}, { deletedAt: 5 }), "The record there is removed, unless it was edited there.");
  assert.match(
    next({}, { drift: "title is gone." }),
    /row of title is paused \(winston schema diff\)\. title is gone\./u,
  );
  assert.match(next({ paused: true }), /winston resume crm/u);
  assert.match(next({ intent: "held" }), /winston duplicates list/u);
  assert.match(next({ intent: "staged" }), /winston connections rollout/u);
  assert.match(next({ parked: "Refused." }), /until somebody acts: Refused\./u);
  assert.match(next({ unread: "Unreadable." }, { title: "old" }), /until somebody acts: Unreadable\./u);
  assert.equal(next({ enabled: false }), "Nothing: crm contact is switched off.");
});
