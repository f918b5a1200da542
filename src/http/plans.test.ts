import assert from "node:assert/strict";
import { test } from "node:test";
import type { PlanItem, Plans } from "../sync/planned.ts";
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
