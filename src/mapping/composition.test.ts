// Mappings put together of any rows, beside a model of a few lines: what is read, what is written, and what goes through Winston from one system to another.
import assert from "node:assert/strict";
import { test } from "node:test";
import { fc } from "../../test/support/fast-check.ts";
import type { Json } from "../base/json.ts";
import { compileMapping } from "./document.ts";
import { standardFields } from "./kinds.ts";
import type { CompiledMapping, Fields, MappingRow, Value } from "./types.ts";

interface Row {
  readonly field: string;
  readonly name: string;
  readonly does: "text" | "trim" | "list";
  readonly direction: "both" | "in" | "out";
  readonly filler: string | undefined;
}
type Rows = readonly Row[];
type Record_ = Readonly<Record<string, string | null>>;

const FIELDS = ["title", "city", "state", "postalCode", "rating", "source"] as const;
const TABLE: Readonly<Record<string, string>> = { a: "first", b: "second", c: "third" };

// The model. A row says what it says whatever stands beside it.
const blank = (raw: string | null | undefined): boolean => raw === null || raw === "" || raw === undefined;
const trimmed = (text: string): string | null => text.trim() || null;
const keyOf = (value: string): string => Object.keys(TABLE).find((key) => TABLE[key] === value)!;
const comes = ({ does }: Row, raw: string | null): string | null =>
  blank(raw) ? null : does === "trim" ? trimmed(raw!) : does === "list" ? TABLE[raw!]! : raw;
const goes = ({ does }: Row, value: string | null): string | null =>
  blank(value) ? null : does === "trim" ? trimmed(value!) : does === "list" ? keyOf(value!) : value;

function reads(rows: Rows, record: Record_, fillers: Record_ = {}): Record_ {
  const shown = rows.filter(({ direction, name }) => direction !== "out" && record[name] !== undefined);
  // A filler is one in any spelling that the row takes for the same.
  const filled = (row: Row): boolean => {
    const filler = fillers[row.name];
    return filler !== undefined && comes(row, filler) === comes(row, record[row.name]!);
  };
  const own = (row: Row): string | null => (filled(row) ? null : record[row.name]!);
  return Object.fromEntries(shown.map((row) => [row.field, comes(row, own(row))]));
}

function writes(rows: Rows, entity: Record_, changed: ReadonlySet<string> | "all", create: boolean) {
  const due = rows.filter(({ direction, field }) =>
    direction === "in" ? false : changed === "all" ? create || entity[field] !== undefined : changed.has(field),
  );
  const told = due.map((row) => ({ row, raw: goes(row, entity[row.field] ?? null) }));
  const filled = told.filter(({ row, raw }) => raw === null && row.filler !== undefined);
  const sent = told.filter(({ row, raw }) => raw !== null || row.filler !== undefined || !create);
  return {
    values: Object.fromEntries(sent.map(({ row, raw }) => [row.name, raw ?? row.filler ?? null])),
    sent: Object.fromEntries(sent.map(({ row }) => [row.field, entity[row.field] ?? null])),
    fillers: Object.fromEntries(filled.map(({ row }) => [row.name, row.filler!])),
  };
}

const rowOf = (field: string, index: number): fc.Arbitrary<Row> =>
  fc
    .record({
      does: fc.constantFrom<Row["does"]>("text", "trim", "list"),
      direction: fc.constantFrom<Row["direction"]>("both", "both", "in", "out"),
      also: fc.nat({ max: FIELDS.length - 1 }),
      filler: fc.option(fc.constantFrom("a", "b"), { nil: undefined }),
    })
    .map(({ also, ...row }) => ({
      ...row,
      field,
      // What is only read may be read from where another row reads and writes.
      name: `W${row.direction === "in" ? also : index}`,
      filler: row.direction === "in" ? undefined : row.filler,
    }));
const rows = fc
  .tuple(...FIELDS.map(rowOf))
  .chain((all) => fc.shuffledSubarray(all, { minLength: 1, maxLength: all.length }));

const LISTED = ["a", "b", "c", "", null, undefined] as const;
const TEXTS = [...LISTED, " a", "b ", "c d"] as const;
const anyOf = (list: boolean): fc.Arbitrary<string | null | undefined> => fc.constantFrom(...(list ? LISTED : TEXTS));
const said = (names: readonly string[], values: readonly (string | null | undefined)[]): Record_ =>
  Object.fromEntries(names.flatMap((name, index) => (values[index] === undefined ? [] : [[name, values[index]]])));
/** A list takes no value that its table lacks, whoever else reads the same. */
const recordOf = (of: Rows): fc.Arbitrary<Record_> => {
  const names = [...new Set(of.map(({ name }) => name))];
  const lists = new Set(of.flatMap(({ name, does }) => (does === "list" ? [name] : [])));
  return fc.tuple(...names.map((name) => anyOf(lists.has(name)))).map((values) => said(names, values));
};
const entityOf = (of: Rows): fc.Arbitrary<Record_> =>
  fc.tuple(...of.map(({ does }) => anyOf(does === "list"))).map((values) =>
    said(
      of.map(({ field }) => field),
      values.map((value, index) => (value === undefined ? undefined : comes(of[index]!, value))),
    ),
  );

const compiled = (of: Rows): CompiledMapping =>
  compileMapping({
    kindFields: standardFields("person"),
    document: {
      kind: "person",
      rows: of.map(({ field, name, does, direction, filler }): MappingRow => ({
        field,
        record: name,
        direction,
        transform: does === "list" ? "picklist" : does,
        ...(does === "list" ? { options: { table: { ...TABLE } } } : {}),
        ...(filler === undefined ? {} : { onCreate: filler }),
      })),
    },
  });
const written = (mapping: CompiledMapping, entity: Record_, changed: ReadonlySet<string> | "all", create: boolean) => {
  const { values, sent, fillers, problems, pending } = mapping.write({
    entity: entity as Fields,
    changed,
    forCreate: create,
    reference: () => undefined,
    related: () => undefined,
  });
  assert.deepEqual([problems, pending], [[], []]);
  return { values, sent, fillers };
};
const readBy = (mapping: CompiledMapping, raws: Record_, fillers?: Record_) => {
  const { fields, problems } = mapping.read(raws, fillers as Record<string, Json> | undefined);
  assert.deepEqual(problems, []);
  return fields as Record<string, Value>;
};

test("whatever rows are put together, each reads what it would read alone", () => {
  const read = rows.chain((of) => fc.tuple(fc.constant(of), recordOf(of), recordOf(of)));
  fc.assert(
    fc.property(read, ([of, raws, fillers]) => {
      assert.deepEqual(readBy(compiled(of), raws), reads(of, raws));
      const held = Object.fromEntries(Object.entries(fillers).filter(([, value]) => !blank(value)));
      assert.deepEqual(readBy(compiled(of), raws, held), reads(of, raws, held));
    }),
    { numRuns: 400 },
  );
});

test("whatever rows are put together, each writes what it would write alone: an edit, all that was said, and a new record", () => {
  const cases = rows.chain((of) => fc.tuple(fc.constant(of), entityOf(of), fc.subarray([...FIELDS])));
  fc.assert(
    fc.property(cases, ([of, entity, fields]) => {
      const mapping = compiled(of);
      const changed = new Set<string>(fields);
      assert.deepEqual(written(mapping, entity, changed, false), writes(of, entity, changed, false));
      assert.deepEqual(written(mapping, entity, "all", false), writes(of, entity, "all", false));
      assert.deepEqual(written(mapping, entity, "all", true), writes(of, entity, "all", true));
    }),
    { numRuns: 400 },
  );
});

test("what goes through two mappings arrives as the model says, says the same when it comes back, and then nothing is left to write", () => {
  const cases = rows.chain((of) => fc.tuple(fc.constant(of), rows, recordOf(of)));
  fc.assert(
    fc.property(cases, ([here, there, raws]) => {
      const [from, to] = [compiled(here), compiled(there)];
      // A list takes no value that its table lacks: lists of one field are lists on both sides.
      const lists = (of: Rows): string[] => of.flatMap(({ field, does }) => (does === "list" ? [field] : []));
      fc.pre(
        FIELDS.every((field) => {
          const both = [here, there].map((of) => of.some((row) => row.field === field));
          return !both.every(Boolean) || lists(here).includes(field) === lists(there).includes(field);
        }),
      );
      const told = Map.groupBy(there, ({ name }) => name);
      fc.pre([...told.values()].every((some) => new Set(some.map(({ does }) => does === "list")).size === 1));
      const entity = reads(here, raws);
      assert.deepEqual(readBy(from, raws), entity);
      const made = writes(there, entity, "all", true);
      assert.deepEqual(written(to, entity, "all", true), made);
      const back = readBy(to, made.values, made.fillers) as Record_;
      for (const row of there) {
        const { field, direction, name } = row;
        if (direction !== "both") continue;
        // A row that trims gives back what is trimmed, and takes it for the same.
        assert.equal(back[field] ?? null, comes(row, goes(row, entity[field] ?? null)), `${field} by ${name}`);
        assert.ok(to.equal(field, back[field] as Value, entity[field] as Value));
      }
      const differs = new Set(Object.keys(back).filter((field) => !to.equal(field, back[field], entity[field])));
      const twoWay = there.filter(({ direction }) => direction === "both").map(({ field }) => field);
      assert.deepEqual(written(to, entity, differs.intersection(new Set(twoWay)), false).values, {});
    }),
    { numRuns: 400 },
  );
});
