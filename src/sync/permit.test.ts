import assert from "node:assert/strict";
import { test } from "node:test";
import { permitted } from "./permit.ts";

const isReference = (field: string): boolean => field === "account";
const line = (op: "delete" | "update", fields: Record<string, [string | null, string | null]>) =>
  ({ planId: "p", number: 1, entityId: "e", op, fields }) as unknown as Parameters<typeof permitted>[1][number];

test("a deletion goes as it was shown also where what its record named went first, and not where somebody edited the record since", () => {
  const shown = line("delete", { title: ["Boss", null], account: ["a1", null] });
  const ask = (before: Record<string, string | null>) =>
    permitted({ op: "delete", sent: {}, before }, [shown], isReference);
  assert.deepEqual(ask({ title: "Boss", account: "a1" }), { line: shown });
  assert.deepEqual(ask({ title: "Boss" }), { line: shown });
  assert.deepEqual(ask({ title: "Boss", account: null }), { line: shown });
  assert.match(JSON.stringify(ask({ title: "Chief", account: "a1" })), /The title is/u);
  assert.match(JSON.stringify(ask({ title: "Boss", account: "a2" })), /The account is/u);
  assert.match(JSON.stringify(ask({ account: "a1" })), /The title would not be written/u);
});

test("an update is not let go where a reference that it was shown to write is not written any more", () => {
  const shown = line("update", { account: ["a1", "a2"] });
  const verdict = permitted({ op: "update", sent: {}, before: {} }, [shown], isReference);
  assert.match(JSON.stringify(verdict), /The account would not be written any more/u);
});
