import assert from "node:assert/strict";
import { test } from "node:test";
import type { PlanItem, Plans } from "../sync/planned.ts";
import { listen } from "./listen.ts";
import { createTestHttp } from "./test-support.ts";

const PLAN = "01890a5d-ac96-774b-bcce-b302099a8057";

test("the lines of a plan are followed page by page to the last, each once, and never more of them are asked for than a page holds", async () => {
  const asked: number[] = [];
  const lines = Array.from({ length: 1_203 }, (_, index) => ({ number: index + 1 }) as PlanItem);
  const items: Plans["items"] = async (_, { after = 0, limit }) => {
    asked.push(limit);
    return lines.filter((one) => one.number > after).slice(0, limit);
  };
  const { app, auth } = createTestHttp({ plans: { items } as unknown as Plans });
  const seen: number[] = [];
  for (let next: string | null = ""; next !== null;) {
    const cursor: string = next === "" ? "" : `&cursor=${next}`;
    const answer = await app.inject({ url: `/api/plans/${PLAN}/changes?limit=500${cursor}`, headers: auth });
    assert.equal(answer.statusCode, 200, answer.body);
    const page = answer.json<{ data: PlanItem[]; next: string | null }>();
    seen.push(...page.data.map((one) => one.number));
    next = page.next;
  }
  assert.deepEqual(
    seen,
    lines.map((one) => one.number),
  );
  assert.deepEqual(asked, [501, 501, 501]);
  for (const text of ["-1", "1e9", PLAN, ""]) {
    const cursor = Buffer.from(JSON.stringify(["plan changes", text])).toString("base64url");
    const answer = await app.inject({ url: `/api/plans/${PLAN}/changes?cursor=${cursor}`, headers: auth });
    assert.equal(answer.statusCode, 400, text);
  }
});

test("asked for NDJSON, the lines of a plan come one to a line and to the last, and the next page is read when the one before is taken", async () => {
  const lines = Array.from({ length: 2_750 }, (_, index) => ({ number: index + 1, title: "x".repeat(2_000) }));
  const asked: number[] = [];
  const items = async (_: string, { after = 0, limit }: { after?: number; limit: number }) => {
    asked.push(after);
    return lines.filter((one) => one.number > after).slice(0, limit) as unknown as PlanItem[];
  };
  const { app, token } = createTestHttp({ plans: { items } as unknown as Plans });
  const { url } = await listen(app, { host: "127.0.0.1", port: 0 });
  const ask = (accept: string, query = ""): Promise<Response> =>
    fetch(`${url}/api/plans/${PLAN}/changes${query}`, { headers: { accept, authorization: `Bearer ${token}` } });
  const answer = await ask("application/x-ndjson");
  assert.deepEqual([answer.status, answer.headers.get("content-type")], [200, "application/x-ndjson; charset=utf-8"]);
  assert.ok(asked.length < 6, `${asked.length} pages were read before anybody took one`);
  const told = (await answer.text()).split("\n");
  assert.equal(told.pop(), "");
  assert.deepEqual(
    told.map((line) => (JSON.parse(line) as { number: number }).number),
    lines.map((one) => one.number),
  );
  assert.deepEqual(asked, [0, 500, 1_000, 1_500, 2_000, 2_500]);

  const page = await ask("*/*", "?limit=3");
  assert.equal(((await page.json()) as { data: unknown[] }).data.length, 3);
  assert.equal(
    (await ask("application/x-ndjson;q=0", "?limit=3")).headers.get("content-type")?.slice(0, 16),
    "application/json",
  );
  asked.length = 0;
  const missing = await ask("application/x-ndjson", "?cursor=wrong");
  assert.deepEqual([missing.status, asked], [400, []]);
  await app.close();
});

test("lines that cannot all be read are cut off, and never look whole", async () => {
  const items = async (_: string, { after = 0 }: { after?: number }) => {
    if (after > 0) throw new Error("the database went away");
    return Array.from({ length: 500 }, (_, index) => ({ number: index + 1 })) as unknown as PlanItem[];
  };
  const { app, token } = createTestHttp({ plans: { items } as unknown as Plans });
  const { url } = await listen(app, { host: "127.0.0.1", port: 0 });
  const headers = { accept: "application/x-ndjson", authorization: `Bearer ${token}` };
  const answer = await fetch(`${url}/api/plans/${PLAN}/changes`, { headers });
  await assert.rejects(answer.text());
  await app.close();
});
