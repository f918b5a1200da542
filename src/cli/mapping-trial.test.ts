// Mappings of a real engine tried, listed and suggested through the API, the SDK and the command line; and every snippet of their guide.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Client, NotFoundError, ValidationError } from "../../sdk/src/index.ts";
import { createTestFolder } from "../../test/support/folder.ts";
import { createTernWorld } from "../../test/support/world.ts";
import { listen } from "../http/listen.ts";
import { createTestHttp } from "../http/test-support.ts";
import { exitOf, type Ran, runCommand } from "./test-shell.ts";

const deals = [
  { title: " Pumps ", worth: "1000.50", due: "2026-03-01" },
  { title: "Valves", worth: 7, due: null },
  { title: "Tanks", worth: "a lot", due: "soon" },
];

async function createDesk() {
  const world = await createTernWorld((tern) => {
    tern.sells = true;
    for (const deal of deals) tern.add("deal", deal);
  });
  // A second one, as after `npm start`: it has no deals.
  await world.connect("other");
  await world.settle();
  const { connections, plans, mappings } = world;
  const http = createTestHttp({ connections, plans, mappings });
  const { url } = await listen(http.app, { host: "127.0.0.1", port: 0 });
  const client = new Client({ token: http.token, baseUrl: url });
  const folder = createTestFolder();
  return {
    world,
    client,
    http,
    folder,
    deal: async () => (await client.streams.list({ connection: "tern" })).find((one) => one.key === "deal")!,
    run: (argv: readonly string[], terminal?: number): Promise<Ran> =>
      runCommand(argv, {
        env: { WINSTON_URL: url, WINSTON_TOKEN: http.token },
        cwd: folder.path,
        ...(terminal === undefined ? {} : { terminal }),
      }),
    async [Symbol.asyncDispose]() {
      await http.app.close();
      await world[Symbol.asyncDispose]();
      folder[Symbol.dispose]();
    },
  };
}

const document = (rows: readonly object[]) => ({ kind: "deal", rows });
const NAME = { field: "name", record: "title", direction: "both", transform: "trim" };

test("what a mapping does to one record is shown row by row and both ways, and nothing is stored", async () => {
  await using desk = await createDesk();
  const { id, mappingVersion } = await desk.deal();
  const [[first], [, , third]] = [desk.world.tern.living("deal"), desk.world.tern.living("deal")];
  writeFileSync(
    join(desk.folder.path, "mapping.json"),
    JSON.stringify(document([NAME, { field: "nextStep", record: "title", direction: "in", transform: "trim" }])),
  );
  const ran = await desk.run(["mappings", "test", "deal", "mapping.json", "--record", first![0]], 200);
  assert.equal(exitOf(ran), 0, String(ran.thrown));
  assert.match(ran.out, /^ Pumps {2}\(deal_000001\) under the mapping given\n/u);
  assert.match(ran.out, /name +<-- +" Pumps " +"Pumps" +"Pumps" +coerced +trim\n/u);
  assert.match(ran.out, /name +--> +" Pumps " +"Pumps" +"Pumps" +coerced +trim\n/u);
  assert.match(ran.out, /It would change:\n {2}nextStep: \(blank\) → "Pumps" here\n/u);

  const found = await desk.client.streams.testMapping(id, { record: third![0] });
  assert.equal(found.version, 1);
  assert.deepEqual(
    found.rows.map((one) => [one.field, one.verdict, one.rule]),
    [
      ["name", "unchanged", null],
      ["amount", "rejected", "money"],
      ["closeDate", "rejected", "date"],
      ["account", "unchanged", null],
    ],
  );
  assert.match(found.rows[1]!.message!, /"a lot" is not an amount/u);
  const here = (await desk.world.deals())[0]!.id;
  assert.equal((await desk.client.streams.testMapping(id, { record: here })).entityId, here);
  await assert.rejects(desk.client.streams.testMapping(id, { record: "deal_9" }), NotFoundError);
  const wrong = { record: first![0], mapping: document([{ ...NAME, transform: "trimm" }]) };
  await assert.rejects(desk.client.streams.testMapping(id, wrong), (thrown) => thrown instanceof ValidationError);
  assert.equal((await desk.deal()).mappingVersion, mappingVersion);
});

test("the last records are counted row by row, for people, for pipes and for programs", async () => {
  await using desk = await createDesk();
  const rows = [NAME, { field: "nextStep", record: "due", direction: "in", transform: "text" }];
  writeFileSync(join(desk.folder.path, "mapping.json"), JSON.stringify(document(rows)));
  const shown = await desk.run(["mappings", "back-test", "deal", "mapping.json"], 200);
  assert.equal(exitOf(shown), 0, String(shown.thrown));
  assert.match(shown.out, /^The last 3 records held, under the mapping given\n/u);
  assert.match(shown.out, /\nname +title +3\nnextStep +due +2 +1\n/u);
  assert.match(shown.out, /\n {2}nextStep, ok: Tanks \(deal_000003\): \(blank\) → "soon" here\n/u);
  assert.match(shown.out, /Next: winston mappings put deal mapping\.json --plan/u);
  const piped = await desk.run(["mappings", "back-test", "deal", "mapping.json", "--records", "1"]);
  assert.equal(piped.out, "name\ttitle\t0\t0\t0\t1\t0\nnextStep\tdue\t1\t0\t0\t0\t0\n");
  const found = await desk.client.streams.backTestMapping((await desk.deal()).id, { examples: 0 });
  assert.deepEqual([found.version, found.records, found.rows[1]!.counts.rejected], [1, 3, 1]);
  assert.deepEqual(found.rows[1]!.examples, []);
  assert.match(String((await desk.run(["mappings", "back-test", "deal", "--records", "few"])).thrown), /whole number/u);
});

test("values of records are for keys that may read records, and are kept for no repeated request", async () => {
  await using desk = await createDesk();
  const { id } = await desk.deal();
  desk.http.keys.add("wk_test_narrow", ["connections:read"]);
  const ask = (method: "GET" | "POST", path: string, payload?: object) =>
    desk.http.app.inject({
      method,
      url: `/api/streams/${id}/${path}`,
      headers: { authorization: "Bearer wk_test_narrow", "idempotency-key": `key-${path}` },
      ...(payload ? { payload } : {}),
    });
  const asked = [
    await ask("POST", "mapping/test", { record: "deal_000001" }),
    await ask("POST", "mapping/back-test", {}),
    await ask("GET", "fields"),
    await ask("GET", "mapping/versions"),
    await ask("GET", "mapping/suggestions"),
    await ask("GET", "field-mappings"),
  ].map((one) => one.statusCode);
  assert.deepEqual(asked, [403, 403, 403, 200, 200, 200]);
  const headers = { authorization: `Bearer ${desk.http.token}`, "idempotency-key": "again" };
  const url = `/api/streams/${id}/mapping/back-test`;
  assert.equal((await desk.http.app.inject({ method: "POST", url, headers, payload: {} })).statusCode, 200);
  assert.ok(![...desk.http.idempotency.claims.values()].some(({ answer }) => JSON.stringify(answer).includes("Tanks")));
});

test("every field at hand is listed with its type, its permissions, how often it is filled, and samples", async () => {
  await using desk = await createDesk();
  desk.world.tern.redescribed = { title: { required: true }, due: { createable: false, updateable: false } };
  await desk.world.connect("tern");
  await desk.world.settle();
  const shown = await desk.run(["schema", "fields", "deal", "--samples", "2"], 200);
  assert.equal(exitOf(shown), 0, String(shown.thrown));
  assert.match(shown.out, /\nvendor +title +title +text +required +name +100 % +"Valves" "Tanks"|"Tanks" "Valves"/u);
  assert.match(shown.out, /\nvendor +due +due +date +read-only +closeDate +67 % /u);
  assert.match(shown.out, /\nvendor +buyer +buyer +reference +account +0 %\n/u);
  assert.match(shown.out, /\nwinston +name +Name +text +title +100 % /u);
  const { id } = await desk.deal();
  await desk.client.streams.putMapping(id, document([NAME]));
  await desk.world.settle();
  const unmapped = await desk.run(["schema", "fields", "deal", "--unmapped"], 200);
  assert.match(unmapped.out, /\nvendor +worth +worth +money +\? *\n/u);
  const found = await desk.client.streams.fields(id, { samples: 1 });
  assert.deepEqual(
    [
      found.records,
      found.vendor.find(({ name }) => name === "worth")!.read,
      found.winston.find(({ key }) => key === "name")!.samples.length,
    ],
    [3, 0, 1],
  );
});

test("pairs are suggested with reasons, are not in force, and can be checked and tried as they are", async () => {
  await using desk = await createDesk();
  const { id } = await desk.deal();
  assert.match((await desk.run(["mappings", "suggest", "deal"], 120)).out, /^There is no pair to suggest for deal/u);
  await desk.client.streams.putMapping(id, document([NAME]));
  await desk.world.settle();
  const { mappingVersion } = await desk.deal();
  const shown = await desk.run(["mappings", "suggest", "deal", "--out", "mapping.json"], 200);
  assert.equal(exitOf(shown), 0, String(shown.thrown));
  assert.match(shown.out, /\+ amount <-> worth \(money\)\n {4}the connector's own mapping has this pair\n/u);
  for (const args of [["check"], ["back-test"], ["test", "--record", "deal_000001"], ["put", "--plan"]]) {
    const [command, ...more] = args;
    const ran = await desk.run(["mappings", command!, "deal", "mapping.json", ...more], 120);
    assert.equal(exitOf(ran), 0, `${args.join(" ")}: ${String(ran.thrown)}`);
  }
  const asJson = await desk.run(["mappings", "suggest", "deal", "--json"]);
  writeFileSync(join(desk.folder.path, "answer.json"), asJson.out);
  assert.equal(exitOf(await desk.run(["mappings", "check", "deal", "answer.json"])), 0);
  assert.equal((await desk.deal()).mappingVersion, mappingVersion);
});

test("earlier versions are listed and shown, and one is put again as a new one", async () => {
  await using desk = await createDesk();
  const { id } = await desk.deal();
  await desk.client.streams.putMapping(id, document([NAME]));
  await desk.client.streams.update(id, { filter: { in: 'name != "x"' } });
  const listed = await desk.run(["mappings", "history", "deal"], 200);
  assert.match(listed.out, / 3 +in force .* 1 +name != "x"\n +2 .* 1\n +1 .*connect +4\n/u);
  const before = await desk.run(["mappings", "show", "deal", "1", "--json"]);
  assert.equal((JSON.parse(before.out) as { document: { rows: unknown[] } }).document.rows.length, 4);
  writeFileSync(join(desk.folder.path, "before.json"), before.out);
  assert.equal(exitOf(await desk.run(["mappings", "put", "deal", "before.json"])), 0);
  const versions = await desk.client.streams.mappingVersions(id);
  assert.deepEqual(
    versions.map((one) => [one.version, one.inForce, one.rows, one.filter.in]),
    [
      [4, true, 4, 'name != "x"'],
      [3, false, 1, 'name != "x"'],
      [2, false, 1, null],
      [1, false, 4, null],
    ],
  );
  await assert.rejects(
    desk.client.streams.mappingVersion(id, 9),
    (thrown) =>
      thrown instanceof NotFoundError && /no version 9; `winston mappings history tern\/deal`/u.test(thrown.message),
  );
});

test("the mapping in force is written as field_mappings, what that cannot say is told, and it is read again", async () => {
  await using desk = await createDesk();
  const { id } = await desk.deal();
  await desk.client.streams.putMapping(id, document([NAME, { field: "closeDate", record: "due", transform: "date" }]));
  const ran = await desk.run(["mappings", "export", "deal"]);
  assert.deepEqual(JSON.parse(ran.out), {
    field_mappings: {
      crm: { "deal.name": "deal.title", "deal.closeDate": "deal.due" },
      winston: { "deal.title": "deal.name", "deal.due": "deal.closeDate" },
    },
  });
  assert.equal(ran.err, "! Row 1 (name): the JSON cannot say the transform trim (it is read as text).\n");
  const { document: json } = await desk.client.streams.fieldMappings(id);
  const checked = await desk.client.streams.checkMapping(id, json);
  assert.deepEqual([checked.usable, checked.notes], [true, []]);
  const split = { field_mappings: { ...json.field_mappings, winston: { "deal.due": "deal.name" } } };
  const { problems } = await desk.client.streams.checkMapping(id, split);
  assert.deepEqual(problems, []);
  writeFileSync(join(desk.folder.path, "split.json"), JSON.stringify(split));
  const told = await desk.run(["mappings", "check", "deal", "split.json"], 300);
  assert.match(
    told.out,
    /! deal\.name is written to deal\.title but read from deal\.due\. .* For example: "new" set here makes title "new"; due is "old" still, and when that is read it is "old" here again\./u,
  );
});

const GUIDE = readFileSync(join(import.meta.dirname, "../../docs/guides/write-a-mapping.md"), "utf8");
const blocks = (language: string): string[] =>
  [...GUIDE.matchAll(new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, "gsu"))].map((match) => match[1]!);

test("every snippet of the guide on writing a mapping does what it says", async () => {
  await using desk = await createDesk();
  const [json, ...others] = blocks("json");
  assert.deepEqual(others, []);
  const lines = blocks("sh").flatMap((block) => block.trim().split("\n"));
  assert.ok(lines.length >= 15);
  for (const line of lines) {
    const [command, target] = line.split(" > ");
    const [winston, ...argv] = command!.split(" ");
    assert.equal(winston, "winston");
    const ran = await desk.run(argv);
    assert.equal(ran.thrown, undefined, `${line}: ${String(ran.thrown)}`);
    assert.equal(exitOf(ran), 0, line);
    if (target) writeFileSync(join(desk.folder.path, target), ran.out);
    // What the reader writes by hand stands behind what is suggested.
    if (line.startsWith("winston mappings suggest")) writeFileSync(join(desk.folder.path, "mapping.json"), json!);
  }
  await desk.world.settle();
  const after = await desk.client.streams.mapping((await desk.deal()).id);
  assert.deepEqual(after.document, JSON.parse(json!));
  assert.equal(after.version, 2);
  const [js] = blocks("js");
  const AsyncFunction = (async () => {}).constructor as new (
    ...of: string[]
  ) => (client: Client, console: { log: (...words: unknown[]) => void }) => Promise<void>;
  const said: unknown[][] = [];
  await new AsyncFunction("client", "console", js!)(desk.client, { log: (...words) => void said.push(words) });
  assert.deepEqual(said, [
    ["amount", { ok: 0, coerced: 0, rejected: 1, unchanged: 2, unread: 0 }],
    ["closeDate", { ok: 0, coerced: 0, rejected: 1, unchanged: 2, unread: 0 }],
  ]);
});
