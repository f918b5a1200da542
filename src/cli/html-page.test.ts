import assert from "node:assert/strict";
import { test } from "node:test";
import type { Conflict, Run } from "../../sdk/src/index.ts";
import { conflictsPage } from "./conflicts-html.ts";
import { htmlPage, text, value } from "./html-page.ts";
import { runsPage } from "./runs-html.ts";

const EVIL = `<img src=x onerror="alert('&')">`;
const ESCAPED = "&lt;img src=x onerror=&quot;alert(&#39;&amp;&#39;)&quot;&gt;";

async function whole(pieces: AsyncIterable<string>): Promise<string> {
  let page = "";
  for await (const piece of pieces) page += piece;
  return page;
}

test("a page loads nothing, runs nothing, and takes nothing of what it is given for HTML", async () => {
  const page = await whole(
    htmlPage({
      title: EVIL,
      heading: EVIL,
      intro: EVIL,
      facts: [EVIL],
      columns: [{ title: EVIL, html: (one: string) => `${text(one)} ${value({ [one]: one })}`, class: () => EVIL }],
      rows: [EVIL],
    }),
  );
  assert.equal(page.split(ESCAPED).length, 8, "title, heading, intro, fact, column, class and cell");
  assert.doesNotMatch(page, /<img|<script|<link|@import|url\(|https?:/iu);
  assert.match(page, /content-security-policy" content="default-src 'none'; style-src 'unsafe-inline'"/u);
  assert.match(page, /<\/tbody><\/table><\/html>\n$/u);
});

test("a page without rows says so and has no table", async () => {
  const page = await whole(htmlPage({ title: "t", heading: "t", columns: [], rows: [], none: "Nothing <here>." }));
  assert.match(page, /<p>Nothing &lt;here&gt;\.<\/p>/u);
  assert.doesNotMatch(page, /<table>/u);
});

test("a page of runs has their counts and what went wrong, and a page of conflicts what each side said, all of it as text", async () => {
  const run: Run = {
    id: EVIL,
    connectionId: "c",
    connection: EVIL,
    stream: EVIL,
    lane: "push",
    state: "failed",
    trigger: EVIL,
    startedAt: "2026-01-05T09:00:00.000Z",
    endedAt: "2026-01-05T09:00:10.000Z",
    counts: { read: 1_234 },
    error: { code: "vendor.refused", message: EVIL },
  } as unknown as Run;
  const runs = await whole(runsPage("1 run", [run]));
  assert.match(runs, /<td class="failed">failed<\/td>/u);
  assert.match(runs, /read 1,234/u);
  const conflict = {
    id: EVIL,
    at: "2026-01-05T09:00:00.000Z",
    connection: EVIL,
    stream: EVIL,
    recordId: EVIL,
    kind: EVIL,
    entityId: EVIL,
    field: EVIL,
    baseline: null,
    winston: EVIL,
    record: { evil: EVIL },
    rule: EVIL,
    title: EVIL,
    names: { [EVIL]: EVIL },
  } as unknown as Conflict;
  const conflicts = await whole(conflictsPage("1 conflict", [conflict], () => EVIL));
  assert.match(conflicts, /<td><em>blank<\/em><\/td>/u);
  for (const page of [runs, conflicts]) {
    assert.ok(page.includes(ESCAPED));
    assert.doesNotMatch(page, /<img/u);
  }
});
