import assert from "node:assert/strict";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { createTestFolder } from "../../test/support/folder.ts";
import { isError } from "../base/errors.ts";
import { standardFields } from "../mapping/kinds.ts";
import { type Ran, runCommand } from "./test-shell.ts";

type Item = Record<string, unknown> & { readonly customFields?: Record<string, unknown> };

/** A Winston that takes every lead except those from Nowhere, and a folder with files. */
async function createDesk() {
  const folder = createTestFolder();
  const items: Item[] = [];
  const declared: unknown[] = [];
  const fields = standardFields("person").map((field) => ({ kind: "person", custom: false, target: null, ...field }));
  const server = createServer((request, response) => {
    void (async () => {
      const body = (await Array.fromAsync(request)).join("");
      const reply = (status: number, value: unknown): void => {
        response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
      };
      if (request.url!.startsWith("/api/fields")) {
        if (request.method === "POST") declared.push(JSON.parse(body));
        return request.method === "POST" ? reply(201, JSON.parse(body)) : reply(200, { data: fields });
      }
      const given = (JSON.parse(body) as { items: Item[] }).items;
      const results = given.map((item, index) => {
        if (item["country"] !== "Nowhere") {
          items.push(item);
          return { index, status: "created", id: `id-${index}`, externalId: null };
        }
        const error = {
          pointer: `/items/${index}/country`,
          code: "request.invalid",
          message: '"Nowhere" is no country',
        };
        return { index, status: "failed", id: null, externalId: null, errors: [error] };
      });
      reply(200, { results, counts: {} });
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    items,
    declared,
    path: (name: string) => join(folder.path, name),
    put: (name: string, content: string) => writeFileSync(join(folder.path, name), content),
    run: (...argv: string[]): Promise<Ran> =>
      runCommand(["import", ...argv], { cwd: folder.path, env: { WINSTON_URL: url, WINSTON_TOKEN: "wk_live_x" } }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => void server.close(() => resolve()));
      folder[Symbol.dispose]();
    },
  };
}

const LEADS =
  'Id,E-mail,Country,Visits\n1,a@example.com,NO,3\n2,"b"x,SE,4\n3,c@example.com,Nowhere,5\n4,d@example.com,,6\n';

test("good rows go in; one that does not parse and one that is refused are told by line and reason, and kept to be corrected", async () => {
  await using desk = await createDesk();
  desk.put("leads.csv", LEADS);
  const ran = await desk.run("leads.csv", "--kind", "lead", "--json");
  assert.equal(ran.thrown, undefined);
  assert.equal(ran.exitCode, 3);
  const { rows, created, refused, reasons } = JSON.parse(ran.out) as Record<string, unknown>;
  assert.deepEqual({ rows, created, refused }, { rows: 4, created: 2, refused: 2 });
  assert.deepEqual(reasons, [
    { reason: "has text after a closing quote", count: 1, line: 3 },
    { reason: 'Country: "Nowhere" is no country', count: 1, line: 4 },
  ]);
  assert.deepEqual(desk.items[0], {
    externalId: "1",
    email: "a@example.com",
    country: "NO",
    customFields: { visits: "3" },
  });
  assert.deepEqual(desk.declared, [{ kind: "person", key: "visits", type: "number", label: "Visits" }]);
  const rejects = desk.path("leads.rejects.csv");
  assert.equal(
    readFileSync(rejects, "utf8"),
    'winston line,winston reason,Id,E-mail,Country,Visits\n3,has text after a closing quote,"2,""b""x,SE,4"\n' +
      '4,"Country: ""Nowhere"" is no country",3,c@example.com,Nowhere,5\n',
  );
  assert.equal(statSync(rejects).mode & 0o777, 0o600);
});

test("a corrected rejects file is imported as it is", async () => {
  await using desk = await createDesk();
  desk.put("x.csv", "winston line,winston reason,Id,Country\n4,no country,3,NO\n9,no country,4,Nowhere\n");
  const ran = await desk.run("x.csv", "--kind", "lead");
  assert.equal(ran.exitCode, 3);
  assert.deepEqual(desk.items, [{ externalId: "3", country: "NO" }]);
  const [head, row] = readFileSync(desk.path("x.rejects.csv"), "utf8").split("\n");
  assert.equal(head, "winston line,winston reason,Id,Country");
  assert.match(row!, /^3,"Country: .*",4,Nowhere$/u);
});

test("refused rows are kept in the order of their lines, whoever refused them", async () => {
  await using desk = await createDesk();
  desk.put("leads.csv", 'Id,Country\n1,Nowhere\n2,"b"x\n3,NO\n4,Nowhere\n5,"b"x\n');
  await desk.run("leads.csv", "--kind", "lead");
  const [, ...rows] = readFileSync(desk.path("leads.rejects.csv"), "utf8").trim().split("\n");
  assert.deepEqual(
    rows.map((row) => row.split(",")[0]),
    ["2", "3", "5", "6"],
  );
});

test("a whole name is sent to be split, and no custom field is made of it", async () => {
  await using desk = await createDesk();
  desk.put("leads.csv", "id,name,email\n1,Ada Lovelace,a@example.com\n");
  const ran = await desk.run("leads.csv", "--kind", "contact");
  assert.equal(ran.exitCode, 0);
  assert.deepEqual(desk.items, [{ externalId: "1", name: "Ada Lovelace", email: "a@example.com" }]);
  assert.deepEqual(desk.declared, []);
});

test("a dry run reads everything and sends nothing", async () => {
  await using desk = await createDesk();
  desk.put("leads.csv", LEADS);
  const ran = await desk.run("leads.csv", "--kind", "lead", "--dry-run", "--json");
  const { rows, good, refused, created } = JSON.parse(ran.out) as Record<string, unknown>;
  assert.deepEqual({ rows, good, refused, created }, { rows: 4, good: 3, refused: 1, created: 0 });
  assert.deepEqual([desk.items, desk.declared], [[], []]);
});

test("a dry run counts as Winston will: a value that is none of its field's type is no good row", async () => {
  await using desk = await createDesk();
  desk.put("leads.csv", "Id,E-mail,Score\n1,a@example.com,1\n2,bad-mail,2\n3,c@example.com,abc\n4,d@example.com,4\n");
  const columns = { "E-mail": "email", Score: { field: "score", type: "number", custom: true } };
  desk.put("map.json", JSON.stringify({ externalId: "Id", columns }));
  const ran = await desk.run("leads.csv", "--kind", "lead", "--map", "map.json", "--dry-run", "--json");
  const { good, refused, reasons } = JSON.parse(ran.out) as Record<string, unknown>;
  assert.deepEqual({ good, refused, exit: ran.exitCode }, { good: 2, refused: 2, exit: 3 });
  assert.match(JSON.stringify(reasons), /E-mail: .*bad-mail.*Score: .*abc/u);
});

test("what cannot be an import is said before anything is sent", async () => {
  await using desk = await createDesk();
  desk.put("leads.csv", LEADS);
  desk.put("deal.json", '{"kind": "deal"}');
  desk.put("broken.json", "{");
  for (const [argv, said] of [
    [["leads.csv"], /Say what the rows are: --kind/u],
    [["leads.csv", "--kind", "leed"], /There is no kind "leed"; the nearest is lead/u],
    [["leads.csv", "--kind", "lead", "--map", "deal.json"], /--kind says lead, and the mapping file says deal/u],
    [["leads.csv", "--kind", "lead", "--map", "broken.json"], /mapping file .*broken\.json cannot be used/u],
    [["nowhere.csv", "--kind", "lead"], /nowhere\.csv cannot be read/u],
    [["leads.csv", "--kind", "lead", "--rejects", "leads.csv"], /--rejects names the file that is imported/u],
  ] as const) {
    const { thrown } = await desk.run(...argv);
    assert.ok(isError(thrown), argv.join(" "));
    assert.match(thrown.message, said);
  }
  assert.ok(!existsSync(desk.path("leads.rejects.csv")));
  assert.deepEqual(desk.items, []);
});
