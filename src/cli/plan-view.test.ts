import assert from "node:assert/strict";
import { test } from "node:test";
import type { Plan, PlanChange } from "../../sdk/src/index.ts";
import { planPage } from "./plan-html.ts";
import { approvedLines, changeLines, changeRows, costLines, summaryLines } from "./plan-view.ts";

const plan: Plan = {
  id: "0190a1b2-0000-7000-8000-000000000001",
  state: "ready",
  connection: null,
  stream: null,
  createdBy: "key:start",
  createdAt: "2026-11-29T10:00:00.000Z",
  readyAt: "2026-11-29T10:00:09.000Z",
  approvedBy: null,
  appliedBy: null,
  approvedAt: null,
  appliedAt: null,
  undoes: null,
  supposes: null,
  totals: [],
  requests: [],
  waiting: null,
  notes: [],
  error: null,
};
const total = (of: Partial<Plan["totals"][number]>): Plan["totals"][number] => ({
  class: "write",
  op: "update",
  kind: "person",
  connection: "crm",
  stream: "contact",
  state: "open",
  count: 1,
  blanks: 0,
  ...of,
});
const change: PlanChange = {
  number: 3,
  class: "write",
  op: "update",
  kind: "person",
  connection: "crm",
  stream: "contact",
  recordId: "r1",
  entityId: "0190a1b2-0000-7000-8000-000000000002",
  planned: false,
  title: "Ann Lee",
  fields: {
    title: { old: null, new: "Head of <all>", from: "connection:other", rule: "newest" },
    phone: { old: "1", new: null, from: "key:start", rule: null },
  },
  names: {},
  detail: null,
  state: "open",
  reason: null,
};

test("a plan is read at a glance: signs, amounts, what would be blank, and what a person is asked", () => {
  assert.deepEqual(summaryLines(plan), ["In step: nothing to do."]);
  assert.deepEqual(
    summaryLines({
      ...plan,
      totals: [
        total({ op: "create", count: 12 }),
        total({ count: 1_340, blanks: 2 }),
        total({ op: "delete", stream: "lead" }),
        total({ class: "here", connection: null, stream: null, count: 3 }),
        total({ class: "link", op: "match", count: 2 }),
        total({ class: "conflict", op: "open", count: 4 }),
        total({ class: "conflict", op: "winston", count: 1 }),
        total({ class: "duplicate", op: "ask" }),
        total({ class: "reject", op: "push" }),
      ],
    }),
    [
      "crm contact: + 12 made  ~ 1,340 changed  (2 values would be blank)",
      "crm lead: - 1 removed",
      "here, person: ~ 3 changed",
      "= 2 records would be known as ones that are here already",
      "! 5 fields changed on both sides; about 4 a person is asked",
      "! 1 pair may be one thing each; a person is asked",
      "! 1 record would be parked",
    ],
  );
});

test("where nothing is to do, what waits for a person is said beside it; an undo that finds nothing says so in its own words", () => {
  const none = { held: 0, parked: 0, conflicts: 0, duplicates: 0, braked: 0 };
  assert.deepEqual(summaryLines({ ...plan, waiting: none }), ["In step: nothing to do."]);
  assert.deepEqual(summaryLines({ ...plan, waiting: { ...none, held: 555, duplicates: 540, parked: 6 } }), [
    "Nothing to do now.",
    "! Not in it, because a person is asked first: 555 writes held until a person says what is a duplicate (winston duplicates list); 6 parked records (winston parked list).",
  ]);
  assert.deepEqual(
    summaryLines({ ...plan, totals: [total({})], waiting: { ...none, conflicts: 1, duplicates: 2, braked: 3 } }),
    [
      "crm contact: ~ 1 changed",
      "! Not in it, because a person is asked first: 2 pairs that may be one (winston duplicates list); 1 open conflict (winston conflicts list --open); 3 losses held by the brake (winston brake list).",
    ],
  );
  assert.deepEqual(summaryLines({ ...plan, undoes: "run x" }), [
    "Nothing to put back: nothing was changed or written there, or all of it is as it was before.",
  ]);
});

test("a plan that was applied says what was done of it, what was left out and what was excluded, who approved it, and no cost any more", () => {
  const applied: Plan = {
    ...plan,
    state: "applied",
    approvedBy: "Vera Boss",
    appliedBy: "key:ops",
    approvedAt: "2026-11-29T10:01:00.000Z",
    totals: [
      total({ op: "create", count: 12, state: "done" }),
      total({ count: 3, state: "done" }),
      total({ count: 2, state: "skipped" }),
      total({ state: "excluded" }),
      total({ stream: "lead", state: "skipped" }),
      total({ class: "here", connection: null, stream: null, count: 3 }),
    ],
    requests: [cost("crm", { toApply: 30 })],
  };
  assert.deepEqual(summaryLines(applied), [
    "crm contact: + 12 made  ~ 3 changed; 2 left out; 1 excluded",
    "crm lead: 1 left out",
    "here, person: ~ 3 changed, when it was computed",
  ]);
  assert.deepEqual(costLines(applied), []);
  assert.deepEqual(approvedLines(applied), ["Approved by Vera Boss and applied by key:ops at 2026-11-29 10:01:00."]);
  assert.deepEqual(approvedLines({ ...applied, appliedBy: null }), ["Approved by Vera Boss at 2026-11-29 10:01:00."]);
  const here = { class: "here", connection: null, stream: null } as const;
  assert.deepEqual(
    summaryLines({
      ...applied,
      undoes: "run x",
      totals: [total({ ...here, state: "done", count: 2 }), total({ ...here, state: "skipped" })],
    }),
    ["here, person: ~ 2 changed; 1 left out"],
  );
  assert.match(summaryLines({ ...applied, state: "applying", totals: [total({})] })[0]!, /^crm contact: 1 to come$/u);
});

const cost = (
  connection: string,
  of: { toApply: number; first?: number; left?: number | null },
  classes: readonly Partial<Plan["requests"][number]["classes"][number]>[] = [{}],
): Plan["requests"][number] => {
  const calls = { read: 5, first: 0, again: 0, writes: of.toApply, left: null, ...of };
  return { connection, ...calls, classes: classes.map((one) => ({ class: "day", runsDry: null, ...calls, ...one })) };
};

test("the cost is said beside what is left, where the vendor tells", () => {
  const requests = [
    cost("a", { toApply: 30, left: 1_000 }),
    cost("b", { toApply: 1 }),
    cost("c", { toApply: 0, left: 10 }),
    cost("d", { toApply: 30, first: 2, left: 1_000 }),
  ];
  assert.deepEqual(costLines({ ...plan, requests }), [
    "a: about 30 API calls to apply, 3.0 % of what is left today (1,000)",
    "b: about 1 API call to apply",
    "d: about 30 API calls to apply, after 2 that read what changed since, 3.2 % of what is left today (1,000)",
  ]);
});

test("the cost is said by limit, where a vendor has several", () => {
  const classes = [
    { class: "calls", first: 2, toApply: 1_229, left: null },
    { class: "search", first: 4, toApply: 1, left: null },
    { class: "unspent", first: 0, toApply: 0, left: null },
    { class: "daily", first: 6, toApply: 1_230, left: 10_000 },
  ];
  assert.deepEqual(costLines({ ...plan, requests: [cost("crm", { toApply: 1_230, first: 6 }, classes)] }), [
    "crm: about 1,230 API calls to apply, after 6 that read what changed since: calls 1,231; search 5; daily 1,236, 12 % of what is left today (10,000)",
  ]);
});

test("where the day does not suffice, it is said when it is used up, and when the rest goes on", () => {
  const dry = (left: number, runsDry: Plan["requests"][number]["classes"][number]["runsDry"]) =>
    costLines({ ...plan, requests: [cost("crm", { toApply: 11, left }, [{ runsDry }])] })[0]!.replace(/^.*?; /u, "");
  assert.equal(
    dry(10, { afterMs: 180_000, renewsAt: "2026-11-30T00:00:00.000Z" }),
    "10 are left today, used up about 3 min 0 s after it begins, and the rest goes on by itself at 2026-11-30 00:00:00 UTC",
  );
  assert.equal(
    dry(10, { afterMs: null, renewsAt: null }),
    "10 are left today, and the rest goes on by itself when the vendor gives more",
  );
  assert.equal(
    dry(0, { afterMs: 0, renewsAt: null }),
    "nothing is left today, and the rest goes on by itself when the vendor gives more",
  );
});

test("what an undo leaves as it is, is not told as parked", () => {
  const left = total({ class: "reject", op: "undo", connection: null, stream: null, state: "skipped", count: 2 });
  assert.deepEqual(summaryLines({ ...plan, totals: [left] }), ["! 2 values would not be put back; each line says why"]);
});

test("a line says old and new of each field, and a create only what it is, unless all is asked for", () => {
  assert.deepEqual(changeLines(change, { all: false }), [
    "~ #3 crm contact Ann Lee (r1)",
    "    title: (blank) → Head of <all> (from connection:other, rule newest)",
    "    phone: 1 → (blank) (from key:start)",
  ]);
  assert.deepEqual(changeRows(change), [
    [3, "write", "update", "crm contact", "r1", "title", null, "Head of <all>", "connection:other", "newest"],
    [3, "write", "update", "crm contact", "r1", "phone", "1", null, "key:start", null],
  ]);
  const made: PlanChange = {
    ...change,
    op: "create",
    recordId: null,
    fields: { title: { old: null, new: "x", from: "connection:other", rule: null } },
  };
  assert.deepEqual(changeLines(made, { all: false }), ["+ #3 crm contact Ann Lee"]);
  assert.deepEqual(changeRows({ ...made, fields: {} }), [
    [3, "write", "create", "crm contact", "Ann Lee", null, null, null, null, null],
  ]);
  assert.deepEqual(changeLines(made, { all: true }), [
    "+ #3 crm contact Ann Lee",
    "    title: x (from connection:other)",
  ]);
  assert.deepEqual(changeLines({ ...change, fields: {}, state: "skipped", reason: "Changed." }, { all: false }), [
    "~ #3 crm contact Ann Lee (r1) [skipped: Changed.]",
  ]);
});

test("what a change leaves out is told as such, and a plan that only leaves out is not said to do nothing", () => {
  const leave = { class: "leave", connection: "crm", stream: "contact" } as const;
  assert.deepEqual(
    summaryLines({
      ...plan,
      totals: [total({ ...leave, op: "record", count: 2_300 }), total({ ...leave, op: "field", count: 1 })],
    }),
    [
      "o crm contact: 2,300 records would be left alone; nothing of it is deleted or blanked",
      "o crm contact: 1 field would no longer be read or written; each line says of how many records",
    ],
  );
  const line: PlanChange = { ...change, class: "leave", op: "record", fields: {}, detail: { message: "Left alone." } };
  assert.deepEqual(changeLines(line, { all: false }), ["o #3 crm contact Ann Lee (r1)", "    Left alone."]);
});

test("a reference is told by the name of what it names, in the terminal, in a pipe and on a page", async () => {
  const [old, fresh] = ["0190a1b2-0000-7000-8000-0000000000aa", "0190a1b2-0000-7000-8000-0000000000bb"];
  const line: PlanChange = {
    ...change,
    fields: { account: { old, new: fresh, from: null, rule: null } },
    names: { [old]: "Acme", [fresh]: "Byte & Co" },
  };
  assert.equal(changeLines(line, { all: false })[1], "    account: Acme → Byte & Co");
  assert.deepEqual(changeRows(line)[0]!.slice(5, 8), ["account", "Acme", "Byte & Co"]);
  let page = "";
  for await (const piece of planPage(
    plan,
    (async function* () {
      yield line;
    })(),
  ))
    page += piece;
  assert.match(page, new RegExp(`<ins>Byte &amp; Co <small>${fresh}</small></ins>`, "u"));
});

test("the page holds every line, and nothing of a value is taken for HTML", async () => {
  let page = "";
  for await (const piece of planPage(
    {
      ...plan,
      undoes: "run <1>",
      notes: ["crm contact: 3 records"],
      requests: [cost("crm", { toApply: 11, left: 10 }, [{ runsDry: { afterMs: null, renewsAt: null } }])],
    },
    (async function* () {
      yield change;
    })(),
  ))
    page += piece;
  assert.match(page, /<del><em>blank<\/em><\/del> → <ins>Head of &lt;all&gt;<\/ins>/u);
  assert.doesNotMatch(page, /<all>|<script|https?:\/\//u);
  assert.match(page, /<td class="update">write update<\/td>/u);
  assert.match(page, /undoing run &lt;1&gt;: ready/u);
  assert.match(page, /crm contact: 3 records/u);
  assert.match(page, /10 are left today, and the rest goes on by itself/u);
});
