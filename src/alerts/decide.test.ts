import assert from "node:assert/strict";
import { test } from "node:test";
import type { AlertRow } from "../store/alert.ts";
import type { Cause } from "./causes.ts";
import { clearMs, decide, FLAP_MEMORY_MS, REMIND_MS } from "./decide.ts";

const MIN = 60_000;
const HOUR = 60 * MIN;

const cause = (more: Partial<Cause> = {}): Cause => ({
  kind: "failing",
  subject: "connection:c1",
  connectionId: "c1",
  severity: "critical",
  title: "acme: runs keep failing",
  message: "lead: no answer",
  scope: ["lead"],
  ...more,
});

/** The store, as far as `decide` knows it: each look applies what was decided. */
class Book {
  rows: AlertRow[] = [];
  now = 0;
  holdMs = 0;
  /** "minute event", as it was told. */
  readonly told: string[] = [];
  #ids = 0;

  /** One look each minute, from now on and for so long. */
  look(forMs: number, causes: (now: number) => readonly Cause[]): this {
    for (const end = this.now + forMs; this.now < end; this.now += MIN) {
      const { put, drop, told } = decide({
        causes: causes(this.now),
        known: this.rows.filter((row) => row.state !== "resolved"),
        ended: this.rows
          .filter((row) => row.state === "resolved" && row.resolvedAt! >= this.now - FLAP_MEMORY_MS)
          .slice(-1),
        holdMs: () => this.holdMs,
        newId: () => `a${++this.#ids}`,
        now: this.now,
      });
      for (const row of put) this.rows = [...this.rows.filter((one) => one.id !== row.id), row];
      this.rows = this.rows.filter((row) => !drop.includes(row.id));
      for (const { event, alert } of told) this.told.push(`${this.now / MIN} ${event} ${alert.id}`);
    }
    return this;
  }

  acknowledge(): void {
    this.rows = this.rows.map((row) =>
      row.state === "open" ? { ...row, acknowledgedAt: this.now, acknowledgedBy: "ann" } : row,
    );
  }

  /** What was told since the last time somebody asked. */
  heard(): string[] {
    return this.told.splice(0);
  }
}

test("a cause is told when it begins and when it is over, and not between", () => {
  const book = new Book().look(3 * HOUR, () => [cause()]);
  assert.deepEqual(book.heard(), ["0 raised a1"]);
  book.look(HOUR, () => []);
  assert.deepEqual(book.heard(), [`${180 + clearMs(0) / MIN} resolved a1`]);
  assert.equal(book.rows.length, 1);
});

test("two causes of one subject, and one cause of two subjects, are alerts of their own", () => {
  const book = new Book().look(MIN, () => [cause(), cause({ kind: "lag" }), cause({ subject: "connection:c2" })]);
  assert.deepEqual(book.heard(), ["0 raised a1", "0 raised a2", "0 raised a3"]);
});

test("what must last before it is told is forgotten when it does not", () => {
  const book = new Book();
  book.holdMs = 3 * MIN;
  book.look(3 * MIN, () => [cause()]).look(HOUR, () => []);
  assert.deepEqual([book.heard(), book.rows], [[], []]);
  book.look(10 * MIN, () => [cause()]);
  assert.deepEqual(book.heard(), ["66 raised a2"]);
});

test("what lasts is told once a day, and so is what somebody acknowledged", () => {
  const book = new Book().look(2 * REMIND_MS + MIN, () => [cause()]);
  assert.deepEqual(book.heard(), ["0 raised a1", "1440 reminded a1", "2880 reminded a1"]);
  book.acknowledge();
  book.look(REMIND_MS, () => [cause()]);
  assert.deepEqual(book.heard(), []);
  assert.equal(book.rows[0]!.acknowledgedBy, "ann");
  book.look(2 * MIN, () => [cause()]);
  assert.deepEqual(book.heard(), ["4321 reminded a1"]);
  assert.equal(book.rows[0]!.acknowledgedBy, null, "it waits for somebody again");
});

test("an acknowledged one is told at once when it gets worse, and when it is over", () => {
  const book = new Book().look(MIN, () => [cause({ severity: "warning" })]);
  book.acknowledge();
  book.look(MIN, () => [cause({ severity: "critical" })]);
  assert.deepEqual(book.heard(), ["0 raised a1", "1 changed a1"]);
  assert.equal(book.rows[0]!.acknowledgedAt, null);
  book.acknowledge();
  book.look(HOUR, () => [cause({ severity: "warning" })]).look(MIN, () => [cause({ severity: "critical" })]);
  assert.deepEqual(book.heard(), [], "as bad as it was told already is no news");
  book.look(HOUR, () => []);
  assert.deepEqual(book.heard(), ["68 resolved a1"]);
});

test("one more stream is told, once, and not more often than all ten minutes", () => {
  const keys = ["lead", "deal", "task", "event"];
  const book = new Book().look(30 * MIN, (now) => [cause({ scope: keys.slice(0, 1 + Math.floor(now / (2 * MIN))) })]);
  assert.deepEqual(book.heard(), ["0 raised a1", "10 changed a1"]);
  book.look(HOUR, (now) => [cause({ scope: now % (2 * MIN) === 0 ? ["lead"] : keys })]);
  assert.deepEqual(book.heard(), [], "a stream that comes and goes was told");
});

test("a cause that comes and goes each minute is one alert, told once", () => {
  const book = new Book().look(12 * HOUR, (now) => (now % (2 * MIN) === 0 ? [cause()] : []));
  assert.deepEqual(book.heard(), ["0 raised a1"]);
});

test("one that comes and goes each quarter of an hour is told ever more seldom, and once more when it is over", () => {
  const book = new Book().look(24 * HOUR, (now) => (Math.floor(now / (15 * MIN)) % 2 === 0 ? [cause()] : []));
  const heard = book.heard();
  assert.ok(heard.length <= 6, heard.join(", "));
  assert.ok(!heard.some((line) => Number(line.split(" ")[0]) > 3 * 60 && !line.includes("reminded")), heard.join(", "));
  book.look(6 * HOUR, () => []);
  const last = book.heard();
  assert.equal(last.length, 1);
  assert.match(last[0]!, /resolved/u);
});

test("looking again at once decides nothing new", () => {
  const first = decide({ causes: [cause()], known: [], ended: [], holdMs: () => 0, newId: () => "a1", now: 5 });
  const again = decide({ causes: [cause()], known: first.put, ended: [], holdMs: () => 0, newId: () => "a2", now: 5 });
  assert.deepEqual(again, { put: [], drop: [], told: [] });
});
