// The acceptance run between two CRMs on a small generated set; and that its checker sees what is wrong.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { test } from "node:test";
import { createTestFolder } from "../../support/folder.ts";
import { cleanEnvironment } from "../../support/children.ts";
import type { Server } from "../server.ts";
import { readFiles } from "../data.ts";
import { writeSample } from "../sample.ts";
import { judge, judgeAsked, type Contents, type Three } from "./checker.ts";
import { foresee, planHubEdits, type Plan } from "./edits.ts";
import { about, foreseeConsent, planConsent } from "./said.ts";
import {
  FORBIDS,
  HUB_KINDS,
  lastNameOf,
  lostAtMeeting,
  planWorld,
  standsIn,
  SYSTEMS,
  tied,
  type World,
} from "./world.ts";

const SIZE = { leads: 150, accounts: 30, deals: 60 };

const LAST =
  /^acceptance: leads (\d+)\/\1 accounts (\d+)\/\2 deals (\d+)\/\3 fields (\d+)\/\4 conflicts found ([1-9]\d*) of \5 provoked differences 0 duplicates 0 writes-when-quiet 0 ambiguous-merged 0 owners-blanked 0$/u;

/** What a run on a small set printed, when it ended well. */
async function run(...args: string[]): Promise<string> {
  using folder = createTestFolder();
  writeSample(folder.path, SIZE, 7);
  const main = join(import.meta.dirname, "..", "main.ts");
  const child = spawn(process.execPath, [main, folder.path, "--systems", "salesforce,hubspot", ...args], {
    env: cleanEnvironment(),
    stdio: ["ignore", "pipe", "pipe"],
  });
  let printed = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => (printed += text));
  const [code] = (await once(child, "close")) as [number | null];
  assert.equal(code, 0, printed);
  assert.match(printed.trimEnd().split("\n").at(-1)!, LAST);
  return printed;
}

test("two full CRMs meet, are edited on all three sides, and hold the same people, accounts and deals", async () => {
  const printed = await run("--seed", "3");
  assert.match(printed, /addresses shared: 10; held until a person decides: 22\n/u);
  assert.match(
    printed,
    /9 leads converted in Salesforce, [1-9]\d* contacts merged in HubSpot, 3 owners deactivated\n/u,
  );
});

test("the same, of other edits, with the server killed while records are made in HubSpot, changed in Salesforce, and searched for", async () => {
  const lines = (await run("--kill", "--seed", "2")).split("\n");
  const killed = lines.filter((line) => line.startsWith("killed while ")).map((line) => /lane (\w+)/u.exec(line)![1]);
  assert.deepEqual(killed, ["push", "push", "batch"]);
  assert.equal(lines.filter((line) => line.includes("an attempt was open")).length, 2);
  const ends = lines.filter((line) => line.startsWith("killed: "));
  assert.equal(ends.filter((line) => /^killed: run .* stopped/u.test(line)).length, 3, ends.join("\n"));
});

/** Whether somebody may be written to, as this system should show it. */
function saidOf(world: World, system: keyof Three, key: string): object {
  const consent = world.consent.get(key);
  return consent ? { [FORBIDS]: system === "hubspot" ? consent.hubspot : consent.stands } : {};
}

/** A world of the sample's files, and three systems that hold it as they should. */
function sampleWorld(): { world: World; three: { -readonly [System in keyof Three]: Contents } } {
  using folder = createTestFolder();
  writeSample(folder.path, SIZE, 7);
  const world = planWorld(readFiles(folder.path), 1);
  const contents = (system: keyof Three): Contents =>
    ({
      ...Object.fromEntries(
        HUB_KINDS.map((kind) => [
          kind,
          [...world[kind].values()]
            .filter((thing) => standsIn(system, thing))
            .map(({ key, row }) => ({ id: `${system} ${key}`, key, row: { ...row, ...saidOf(world, system, key) } })),
        ]),
      ),
      ties: [...world.ties],
      tasks: system === "hubspot" ? [] : [...world.tasks].map(([subject, key]) => about(subject, key)),
    }) as unknown as Contents;
  return {
    world,
    three: { winston: contents("winston"), salesforce: contents("salesforce"), hubspot: contents("hubspot") },
  };
}

const nowhere = { people: new Map(), accounts: new Map(), deals: new Map() };

test("the checker finds nothing in what is as it should be, and each thing that is not", () => {
  const { world, three } = sampleWorld();
  const before = { salesforce: nowhere, hubspot: nowhere };
  const whole = judge(world, three, before);
  assert.equal(whole.fields.equal, whole.fields.all);
  assert.ok(whole.fields.all > 3 * SIZE.leads);
  assert.deepEqual([...whole.differences, ...whole.duplicates, ...whole.ownersBlanked, ...whole.ambiguousMerged], []);

  const [first, second, third] = three.hubspot.people as [(typeof three.hubspot.people)[0], never, never];
  first.row["owner"] = null;
  const { id, row } = second as typeof first;
  three.hubspot = {
    ...three.hubspot,
    people: [...three.hubspot.people.filter((one) => one !== second), { id, key: first.key, row }],
  };
  const wrong = judge(world, three, {
    salesforce: nowhere,
    hubspot: {
      ...nowhere,
      people: new Map([
        [(second as typeof first).key, id],
        [(third as typeof first).key, (third as typeof first).id],
      ]),
    },
  });
  assert.deepEqual(wrong.duplicates, [`hubspot: people ${first.key} exists 2 times`]);
  assert.equal(wrong.ownersBlanked.length, 1);
  assert.deepEqual(wrong.ambiguousMerged, [
    `hubspot: the record ${id} was ${(second as typeof first).key} and is ${first.key}`,
  ]);
  assert.ok(wrong.differences.includes(`hubspot: people ${(second as typeof first).key} is missing`));
});

test("the checker sees somebody who is not of a deal, who should not be, who is twice, and who is in another role", () => {
  const { world, three } = sampleWorld();
  const tie = tied("Deal of Ann", "Ann", "Decision Maker");
  const otherRole = tied("Deal of Ann", "Ann", null);
  world.ties.clear();
  world.ties.add(tie);
  three.winston = { ...three.winston, ties: [otherRole] };
  three.salesforce = { ...three.salesforce, ties: [tie, tie] };
  three.hubspot = { ...three.hubspot, ties: ["Bea is of Deal of Ann"] };
  const { differences, duplicates } = judge(world, three, { salesforce: nowhere, hubspot: nowhere });
  assert.deepEqual(differences, [
    `winston: ${tie}, which is missing`,
    `winston: ${otherRole}, which should not be`,
    `hubspot: ${tie}, which is missing`,
    "hubspot: Bea is of Deal of Ann, which should not be",
  ]);
  assert.deepEqual(duplicates, ["salesforce: somebody is twice of one deal"]);
});

test("the checker sees a question that is missing, one that nobody should be asked, and what is parked", async () => {
  const { world, three } = sampleWorld();
  const people = [...world.people.values()];
  const side = (key: string) => ({ firstName: world.people.get(key)?.row["firstName"], lastName: lastNameOf(key) });
  const pair = (left: string, right: string, connection: string | null) => ({
    left: side(left),
    right: side(right),
    connection,
  });
  const pairs = people.flatMap(({ key, beside, kin, preloaded }) => [
    ...(beside === null ? [] : [pair(beside, key, "hubspot")]),
    ...(preloaded.hubspot ? kin.map((other) => pair(other, key, null)) : []),
  ]);
  const waiting = { salesforce: 2, hubspot: 20 };
  const judged = (questions: readonly object[], parked: readonly object[], held: typeof waiting) =>
    judgeAsked(
      world,
      {
        server: {
          client: {
            parked: { list: () => ({ toArray: async () => parked }) },
            duplicates: {
              list: async function* () {
                yield* questions;
              },
            },
            connections: { quiet: async (crm: keyof typeof waiting) => ({ held: held[crm] }) },
          },
        } as unknown as Server,
      },
      three,
    );
  assert.deepEqual(await judged(pairs, [], waiting), { held: 22, differences: [] });
  const wrong = await judged(
    [...pairs.slice(1), pair("A", "B", null)],
    [{ connection: "hubspot", stream: "contact", side: "push", subject: "p1", message: "no", vendor: null }],
    { salesforce: 3, hubspot: 19 },
  );
  assert.equal(wrong.differences.length, 5);

  const gone = people.find((one) => one.preloaded.salesforce && !one.shared)!;
  gone.only = ["salesforce"];
  const told = { connection: "salesforce", reason: "record.twin", subject: `salesforce ${gone.key}`, message: "" };
  assert.deepEqual((await judged(pairs, [told], waiting)).differences, []);
  assert.equal((await judged(pairs, [], waiting)).differences.length, 1);
});

test("both CRMs hold a part, some of it twice, and people who share an address wait for a person in the second", () => {
  const { world } = sampleWorld();
  for (const kind of HUB_KINDS) {
    const held = [...world[kind].values()].map(({ preloaded }) => Object.keys(preloaded).length);
    assert.deepEqual(new Set(held), new Set([1, 2]), kind);
  }
  const held = [...world.people.values()].filter((one) => one.beside !== null);
  assert.equal(held.length, 16);
  for (const one of held) {
    assert.deepEqual(
      SYSTEMS.filter((system) => !standsIn(system, one)),
      ["hubspot"],
    );
    const other = world.people.get(one.beside!)!;
    assert.equal(other.row["email"], one.row["email"]);
    assert.ok(one.preloaded.hubspot === undefined && other.preloaded.hubspot !== undefined);
  }
  const families = [...world.people.values()].filter((one) => one.kin.length > 0);
  assert.equal(families.length, 6);
  for (const one of families)
    for (const other of one.kin.map((key) => world.people.get(key)!)) {
      assert.deepEqual([other.row["email"], lastNameOf(other.key)], [one.row["email"], lastNameOf(one.key)]);
      assert.notEqual(other.row["firstName"], one.row["firstName"]);
      assert.notDeepEqual(Object.keys(other.preloaded), Object.keys(one.preloaded));
      assert.ok(other.kin.includes(one.key));
    }
  assert.ok(lostAtMeeting(world).every(({ value, key, cell }) => world.people.get(key)!.row[cell] !== value));
});

test("before Winston comes some people are Salesforce's contacts, and of deals: in both CRMs in one role or in two, in one CRM only, and in none", () => {
  const { world } = sampleWorld();
  const contacts = [...world.people.values()].filter((one) => one.contact);
  assert.deepEqual(new Set(contacts.map(({ preloaded }) => Object.keys(preloaded).length)), new Set([1, 2]));
  for (const { preloaded, row } of contacts) {
    assert.ok(world.accounts.get(String(row["account"]))!.preloaded.salesforce);
    assert.equal(preloaded.salesforce!["account"], row["account"]);
  }
  assert.ok(contacts.some(({ preloaded }) => preloaded.hubspot?.["account"] === null));
  const ways = world.preloadedTies.map(({ roles: { salesforce, hubspot } }) => {
    if (salesforce === undefined || hubspot === undefined) return salesforce === undefined ? "hubspot" : "salesforce";
    if (salesforce === hubspot) return salesforce === null ? "no role" : "one role";
    return salesforce === null ? "role in hubspot" : "role in salesforce";
  });
  const all = ["hubspot", "no role", "one role", "role in hubspot", "role in salesforce", "salesforce"];
  assert.deepEqual([...new Set(ways)].toSorted(), all);
  for (const { deal, person, roles } of world.preloadedTies)
    for (const crm of Object.keys(roles) as (keyof typeof roles)[]) {
      assert.ok(world.deals.get(deal)!.preloaded[crm]);
      assert.ok(world.people.get(person)!.preloaded[crm]);
    }
  assert.equal(world.ties.size, world.preloadedTies.length);
});

test("of several edits of one cell the last stays, and each other is lost to the ledger", () => {
  const { world, three } = sampleWorld();
  const [thing] = [...world.people.values()].filter((one) => !one.shared);
  const { key } = thing!;
  const edit = (round: number, side: "winston" | "salesforce" | "hubspot", city: string): Plan["edits"][number] => ({
    round,
    side,
    kind: "people",
    key,
    set: { city },
  });
  const edits = [edit(2, "hubspot", "c"), edit(0, "winston", "a"), edit(1, "salesforce", "b")];
  const lost = foresee(world, { edits, conversions: [], merges: [], deactivated: [] }, three.salesforce);
  assert.equal(world.people.get(key)!.row["city"], "c");
  assert.deepEqual(
    lost.map((one) => one.value),
    ["a", "b"],
  );
});

test("the same seed plans the same edits, and what is planned touches nobody who shares an address", () => {
  using folder = createTestFolder();
  writeSample(folder.path, SIZE, 7);
  const files = readFiles(folder.path);
  const plan = planHubEdits(files, planWorld(files, 1), 3);
  assert.deepEqual(planHubEdits(files, planWorld(files, 1), 3), plan);
  assert.notDeepEqual(planHubEdits(files, planWorld(files, 1), 4), plan);
  const { people } = planWorld(files, 1);
  assert.ok(plan.edits.every((one) => one.kind !== "people" || !people.get(one.key)!.shared));
});

test("on each side accounts come under another parent and one loses its own, two sides give one different parents, and leads are edited in HubSpot before, while and after they are converted", () => {
  using folder = createTestFolder();
  writeSample(folder.path, SIZE, 7);
  const files = readFiles(folder.path);
  const world = planWorld(files, 1);
  const plan = planHubEdits(files, world, 3);
  const moved = plan.edits.filter((one) => "parent" in one.set);
  const each = Map.groupBy(moved, (one) => one.key);
  const [[met], others] = [
    [...each.values()].filter((same) => same.length > 1),
    [...each.values()].flatMap((same) => (same.length > 1 ? [] : same)),
  ];
  for (const side of SYSTEMS) {
    const parents = others.filter((one) => one.side === side).map((one) => one.set["parent"]);
    assert.deepEqual([parents.length, parents.filter((one) => one === null).length], [4, 1], side);
  }
  const values = [world.accounts.get(met![0]!.key)!.row["parent"], ...met!.map((one) => one.set["parent"])];
  assert.equal(new Set(values).size, 3);
  assert.notEqual(met![0]!.side, met![1]!.side);
  const converted = new Set(plan.conversions.map((one) => one.key));
  const during = plan.edits.filter((one) => converted.has(one.key));
  assert.ok(during.every((one) => one.side === "hubspot"));
  assert.deepEqual(new Set(during.map((one) => one.round)), new Set([0, 1, 2]));
});

test("the checker sees somebody who may be written to and should not be, and a task that is about another", () => {
  const { world, three } = sampleWorld();
  const judged = () => judge(world, three, { salesforce: nowhere, hubspot: nowhere });
  assert.deepEqual(judged().differences, []);
  const forbidden = three.winston.people.find((one) => one.row[FORBIDS] === true)!;
  forbidden.row[FORBIDS] = null;
  const [first, ...tasks] = three.salesforce.tasks as [string, ...string[]];
  three.salesforce = { ...three.salesforce, tasks: [first.replace(/about .*$/u, "about nobody"), ...tasks] };
  assert.deepEqual(judged().differences, [
    `winston: people ${forbidden.key}: doNotEmail is false and should be true`,
    `salesforce: ${first}, which is not so`,
    `salesforce: ${first.replace(/about .*$/u, "about nobody")}, which should not be`,
  ]);
});

test("before Winston comes either CRM, both and neither forbid; statements of each kind are made of people whom nothing else happens to", () => {
  const { world } = sampleWorld();
  const said = new Set(
    [...world.people.values()]
      .filter(({ preloaded }) => preloaded.salesforce && preloaded.hubspot)
      .map(({ preloaded }) => `${preloaded.salesforce![FORBIDS] === true} ${preloaded.hubspot![FORBIDS] === true}`),
  );
  assert.deepEqual(said, new Set(["true false", "true true", "false false", "false true"]));
  const edits = planConsent(world, { conversions: [], merges: [] });
  const ways = edits.map(({ by, forbids, kept }) => `${by} ${forbids} ${kept === true}`);
  assert.equal(new Set(ways).size, 5);
  assert.equal(new Set(edits.map((one) => one.key)).size, edits.length);
  foreseeConsent(world, edits);
  const after = edits.map(({ key, kept, forbids }) => [world.consent.get(key)!.stands, kept === true || forbids]);
  for (const [stands, should] of after) assert.equal(stands, should);
});
