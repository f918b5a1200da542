import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { test } from "node:test";
import { cleanEnvironment, ROOT } from "../support/children.ts";
import type { Kind, Site } from "../simulation/vendors.ts";
import { judge, type Shown, type Standing } from "./checker.ts";
import { ASK_HISTORY, Journal, type Sees } from "./journal.ts";
import { percentile } from "./recovery.ts";

test("five kills of real processes lose nothing, double nothing, and leave nothing to write", async () => {
  const args = [join(ROOT, "test", "crash", "main.ts"), "--rounds", "5"];
  const child = spawn(process.execPath, args, { env: cleanEnvironment(), stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (said += String(chunk)));
  const [code] = (await once(child, "close")) as [number | null];
  assert.match(
    said.trimEnd().split("\n").at(-1)!,
    /^crash: rounds 5 acknowledged \d+ lost 0 doubled 0 writes-when-quiet 0 recovery-p99 \d+\.\d s$/u,
    said,
  );
  assert.equal(code, 0, said);
});

const AT = 1_767_000_000_000;

/** A deal whose next step was written as each of these, in order, and what is there in the end. */
function deal(
  edits: readonly { readonly site: Site; readonly value: string; readonly sees: Sees }[],
  ends: Partial<Record<Site, string | null>>,
  over: Partial<Omit<Standing, "sites">> & { readonly twice?: Site; readonly gone?: Site } = {},
) {
  const journal = new Journal();
  journal.made({ tag: "Deal1", kind: "deal", madeAt: "winston" }, {}, AT);
  for (const { site, value, sees } of edits)
    journal.edits.push({ thing: "Deal1", field: "nextStep", site, value, sees, at: AT });
  const shown = (site: Site): Record<Kind, Shown[]> => {
    const value = ends[site] ?? null;
    const one = { tag: "Deal1", id: `${site}-1`, fields: value === null ? {} : { nextStep: value } };
    return { person: [], account: [], deal: over.gone === site ? [] : over.twice === site ? [one, one] : [one] };
  };
  return judge(journal, {
    sites: { winston: shown("winston"), salesforce: shown("salesforce"), hubspot: shown("hubspot") },
    ledger: over.ledger ?? [],
    replaced: over.replaced ?? new Map(),
    carried: over.carried ?? new Set(["a", "b"]),
  });
}

const everywhere = (value: string | null) => ({ winston: value, salesforce: value, hubspot: value });
const A = { site: "salesforce", value: "a", sees: null } as const;

test("the checker lets a value stand, be replaced by who saw it, or lie in the ledger", () => {
  assert.deepEqual(deal([A], everywhere("a")).lost, []);
  assert.deepEqual(deal([A, { site: "hubspot", value: "b", sees: "a" }], everywhere("b")).lost, []);
  const ledger = [{ field: "nextStep", winston: "b", record: "a" }];
  assert.deepEqual(deal([A, { site: "hubspot", value: "b", sees: null }], everywhere("b"), { ledger }).lost, []);
});

test("the checker finds a value that is gone, one that came back, one that differs and one that nobody wrote", () => {
  const b = { site: "hubspot", value: "b", sees: null } as const;
  assert.match(deal([A, b], everywhere("b")).lost.join(), /Deal1\.nextStep = a .* is neither there nor in the ledger/u);
  assert.match(deal([A, { ...b, sees: "a" }], everywhere("a")).lost[0]!, /was replaced knowingly/u);
  assert.match(deal([A], { ...everywhere("a"), hubspot: null }).lost.join(), /differs: .* blank at hubspot/u);
  assert.match(deal([A], everywhere("z")).lost[0]!, /which nobody wrote/u);
  assert.match(deal([A], everywhere(null)).lost[0]!, /is blank everywhere/u);
});

test("the checker finds what is doubled and what is missing", () => {
  assert.match(deal([A], everywhere("a"), { twice: "hubspot" }).doubled.join(), /Deal1 is 2 records at hubspot/u);
  assert.match(deal([A], everywhere("a"), { gone: "hubspot" }).lost.join(), /is missing at hubspot/u);
});

test("the checker asks Winston's history what an edit by its API replaced, and misses one that it never heard of", () => {
  const b = { site: "winston", value: "b", sees: ASK_HISTORY } as const;
  const replaced = new Map([["nextStep\nb", "a"]]);
  assert.deepEqual(deal([A, b], everywhere("b"), { replaced }).lost, []);
  assert.match(deal([A, b], everywhere("b")).lost[0]!, /Winston's history has never heard of it/u);
});

test("the checker tells apart what was replaced at a vendor before anybody could see it", () => {
  const verdict = deal([A, { site: "hubspot", value: "b", sees: null }], everywhere("b"), { carried: new Set(["b"]) });
  assert.deepEqual(verdict.lost, []);
  assert.equal(verdict.unseen.length, 1);
});

test("of a hundred values the 99th is what 99 of 100 lie within", () => {
  const values = Array.from({ length: 100 }, (_, index) => 100 - index);
  assert.deepEqual(
    [percentile(values, 0.5), percentile(values, 0.99), percentile(values, 1), percentile([], 0.99)],
    [50, 99, 100, 0],
  );
});
