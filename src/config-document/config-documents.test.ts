// The configuration of a real engine as a document.
import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "yaml";
import { createTernWorld, type TernWorld } from "../../test/support/world.ts";
import { isError } from "../base/errors.ts";
import type { ConfigChange } from "./types.ts";

const sells = (tern: { sells: boolean }, _: unknown, other: { sells: boolean }): void => {
  tern.sells = true;
  other.sells = true;
};
const said = (changes: readonly ConfigChange[]): string[] => changes.map((one) => `${one.sign} ${one.path}`);
const streamIn = (lines: string): string =>
  `version: 1\nconnections:\n  tern:\n    vendor: tern\n    streams:\n${lines}`;
const versions = async (world: TernWorld): Promise<number[]> =>
  (await world.connections.streams()).map((one) => one.mappingVersion);

/** Every choice that can be made is another than by itself. */
async function chooseAll(world: TernWorld): Promise<void> {
  await world.records.declareField("person", { key: "tier", type: "text", label: "Tier" }, "test");
  const deal = await world.stream("deal");
  await world.connections.updateStream(
    deal.id,
    {
      strategy: "hybrid",
      critical: "amount.amount > 10",
      schedule: { cron: "0 7 * * 1-5", zone: "Europe/Berlin" },
      filter: { in: 'name != "x: # y"', out: "amount.amount > 1" },
      approval: "plan",
      deletes: "none",
      backfillSince: Date.UTC(2025, 0, 1),
      lagTargetMs: 3_600_000,
    },
    "test",
  );
  const person = await world.stream("person");
  await world.connections.updateStream(
    person.id,
    { enabled: false, direction: "in", schedule: { everyMs: 300_000 } },
    "test",
  );
  await world.mapAlso("person", [
    { field: "firstName", record: "first", direction: "in", transform: "trim", rule: "ask" },
  ]);
}

test("what one Winston tells, put in force in an empty one with the same connections, is told there byte for byte", async () => {
  await using from = await createTernWorld(sells, { mode: "plan" });
  await from.connect("other", "observe");
  await chooseAll(from);
  const yaml = await from.configDocuments.export();
  await using to = await createTernWorld(sells, { mode: "observe" });
  await to.connect("other", "observe");
  assert.notEqual(await to.configDocuments.export(), yaml);
  const plan = await to.configDocuments.plan(yaml);
  assert.ok(plan.changes.length >= 15, said(plan.changes).join("\n"));
  const done = await to.configDocuments.apply(yaml, { actor: "test", digest: plan.digest });
  assert.deepEqual(done.changes, plan.changes);
  assert.equal(await to.configDocuments.export(), yaml);
  await to.settle();
  const again = await to.configDocuments.plan(yaml);
  assert.deepEqual([again.changes, again.missing], [[], []]);
  const before = await versions(to);
  await to.configDocuments.apply(yaml, { actor: "test" });
  assert.deepEqual(await versions(to), before);
});

test("a plan shows what would be added, changed and taken away, and changes nothing", async () => {
  await using world = await createTernWorld(sells);
  const deal = await world.stream("deal");
  await world.connections.updateStream(deal.id, { filter: { in: "amount.amount > 1" } }, "test");
  const before = [await world.configDocuments.export(), await versions(world)];
  const { document } = await world.connections.mapping((await world.stream("person")).id);
  const rows = (document["rows"] as { field: string }[]).filter((row) => row.field !== "title");
  const plan = await world.configDocuments.plan(
    streamIn(
      `      deal: { strategy: batch, filter: { in: null, out: amount.amount > 2 } }\n      person: { mapping: ${JSON.stringify({ ...document, rows })} }\n`,
    ),
  );
  assert.deepEqual(
    plan.changes.map((one) => [
      one.sign,
      one.path.replace("connections.tern.streams.", ""),
      typeof one.old === "object" && one.old !== null ? "row" : one.old,
      one.new,
    ]),
    [
      ["~", "deal.strategy", "realtime", "batch"],
      ["-", "deal.filter.in", "amount.amount > 1", null],
      ["+", "deal.filter.out", null, "amount.amount > 2"],
      ["-", "person.mapping.rows[title]", "row", null],
    ],
  );
  assert.deepEqual([await world.configDocuments.export(), await versions(world)], before);
});

test("what the document does not name stays, and a changed mapping is read anew as by hand", async () => {
  await using world = await createTernWorld(sells);
  const before = parse(await world.configDocuments.export()) as {
    connections: { tern: { streams: Record<string, unknown> } };
  };
  const [deal, person] = [await world.stream("deal"), await world.stream("person")];
  await world.configDocuments.apply(streamIn("      deal: { filter: { out: amount.amount > 2 } }\n"), {
    actor: "test",
  });
  const after = parse(await world.configDocuments.export()) as typeof before;
  assert.deepEqual({ ...after.connections.tern.streams, deal: 0 }, { ...before.connections.tern.streams, deal: 0 });
  assert.equal((await world.stream("deal")).mappingVersion, deal.mappingVersion + 1);
  assert.equal((await world.stream("person")).mappingVersion, person.mappingVersion);
  assert.ok((await world.stream("deal")).lanes.some((lane) => lane.lane === "backfill" && lane.owed));
});

test("a document that cannot be changes nothing at all, and says where", async () => {
  await using world = await createTernWorld(sells);
  const before = await world.configDocuments.export();
  const { document } = await world.connections.mapping((await world.stream("person")).id);
  const broken = { ...document, rows: [{ field: "emial", record: "mail", transform: "email" }] };
  for (const [lines, code, words] of [
    [
      "      company: { approval: plan }\n      deal: { filter: { in: amout.amount > 1 } }\n",
      "rule.invalid",
      /^Line 7, column 29, connections\.tern\.streams\.deal\.filter\.in: .*the nearest is amount/u,
    ],
    [
      `      company: { approval: plan }\n      person: { mapping: ${JSON.stringify(broken)} }\n`,
      "mapping.invalid",
      /^Line 7, column \d+, connections\.tern\.streams\.person\.mapping\..*email/u,
    ],
    [
      "      company: { approval: plan }\n      deel: {}\n",
      "request.invalid",
      /^Line 7, column 7, connections\.tern\.streams\.deel: tern has no stream deel.*deal/u,
    ],
    [
      "      company: { approval: plan }\n      deal: { strategy: hybrid }\n",
      "request.invalid",
      /^Line 7, column 7, .*critical: A hybrid stream needs/u,
    ],
  ] as const)
    for (const ask of ["plan", "apply"] as const)
      await assert.rejects(
        world.configDocuments[ask](streamIn(lines), { actor: "test" }),
        (thrown) => isError(thrown, code) && words.test(thrown.message),
        `${ask}: ${lines}`,
      );
  assert.equal(await world.configDocuments.export(), before);
});

test("a filter may name what the new mapping of the same document reads", async () => {
  await using world = await createTernWorld(sells);
  const { document } = await world.connections.mapping((await world.stream("deal")).id);
  const rows = (document["rows"] as { field: string }[]).filter((row) => row.field !== "name");
  await world.configDocuments.apply(streamIn(`      deal: { mapping: ${JSON.stringify({ ...document, rows })} }\n`), {
    actor: "test",
  });
  const both = `      deal: { mapping: ${JSON.stringify(document)}, filter: { in: name == "a" } }\n`;
  assert.deepEqual(said((await world.configDocuments.apply(streamIn(both), { actor: "test" })).changes), [
    "+ connections.tern.streams.deal.filter.in",
    "+ connections.tern.streams.deal.mapping.rows[name]",
  ]);
});

test("a filter that goes may have named what the new mapping of the same document reads no more", async () => {
  await using world = await createTernWorld(sells);
  const deal = await world.stream("deal");
  await world.connections.updateStream(deal.id, { filter: { in: 'name == "a"' } }, "test");
  const { document } = await world.connections.mapping(deal.id);
  const rows = (document["rows"] as { field: string }[]).filter((row) => row.field !== "name");
  const less = `      deal: { mapping: ${JSON.stringify({ ...document, rows })}`;
  await assert.rejects(
    world.configDocuments.plan(streamIn(`${less} }\n`)),
    (thrown) => isError(thrown, "rule.invalid") && /deal\.filter\.in: /u.test(thrown.message),
  );
  const { changes } = await world.configDocuments.apply(streamIn(`${less}, filter: { in: null } }\n`), {
    actor: "test",
  });
  assert.deepEqual(said(changes), [
    "- connections.tern.streams.deal.filter.in",
    "- connections.tern.streams.deal.mapping.rows[name]",
  ]);
});

test("what was agreed to and is no longer so is refused", async () => {
  await using world = await createTernWorld(sells);
  const yaml = streamIn("      deal: { approval: plan, deletes: none }\n");
  const { digest } = await world.configDocuments.plan(yaml);
  await world.connections.updateStream((await world.stream("deal")).id, { deletes: "in" }, "somebody");
  const before = await world.configDocuments.export();
  await assert.rejects(world.configDocuments.apply(yaml, { actor: "test", digest }), (thrown) =>
    isError(thrown, "plan.stale"),
  );
  assert.equal(await world.configDocuments.export(), before);
});

test("a connection that nobody made is named with the command that makes it; the rest is applied", async () => {
  await using world = await createTernWorld(sells);
  const yaml = `${streamIn("      deal: { approval: plan }\n")}  second shop: { vendor: other, mode: write }\n`;
  const done = await world.configDocuments.apply(yaml, { actor: "test" });
  assert.deepEqual(done.missing, [
    { connection: "second shop", vendor: "other", command: "winston connect other --name 'second shop'" },
  ]);
  assert.equal((await world.stream("deal")).approval, "plan");
  await assert.rejects(
    world.configDocuments.plan("version: 1\nconnections: { tern: { vendor: other } }\n"),
    /Line 2, column 32, .*is to tern, not to other/u,
  );
  await assert.rejects(
    world.configDocuments.plan("version: 1\nconnections: { new: { vendor: otter } }\n"),
    /no connector otter.*other/u,
  );
});

test("modes change both ways, and a custom field stays as it was made", async () => {
  await using world = await createTernWorld(sells, { mode: "observe" });
  const mode = async (): Promise<string> => (await world.connections.get("tern")).mode;
  const to = (word: string): string => `version: 1\nconnections: { tern: { vendor: tern, mode: ${word} } }\n`;
  for (const word of ["write", "observe", "plan", "write"]) {
    const { changes } = await world.configDocuments.apply(to(word), { actor: "test" });
    assert.deepEqual([said(changes), await mode()], [["~ connections.tern.mode"], word]);
  }
  const field = (type: string): string => `version: 1\nfields: { person: { tier: { type: ${type} } } }\n`;
  assert.deepEqual(said((await world.configDocuments.apply(field("text"), { actor: "test" })).changes), [
    "+ fields.person",
  ]);
  await assert.rejects(
    world.configDocuments.plan(field("number")),
    /Line 2, column 21, fields\.person\.tier: person has the field tier already, of type text/u,
  );
  await assert.rejects(world.configDocuments.plan(field("colour")), /There is no type colour/u);
});
