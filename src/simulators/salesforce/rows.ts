// The rows of an org, by id, by any indexed value and by stamp. A row is never changed in place: a new version replaces
// it, so a version can wait to become visible (a late commit) and a failed transaction can be undone.
import { InOrder } from "../shared/in-order.ts";
import { makeId } from "./ids.ts";
import type { Value } from "./schema.ts";

/** A row by field name. Fields that are null are absent. Stamps are milliseconds since 1970 in whole seconds. */
export interface Row {
  readonly Id: string;
  readonly SystemModstamp: number;
  readonly IsDeleted: boolean;
  readonly [field: string]: Value | undefined;
}

/** Text is found without regard to case, as the vendor's own look-ups do. */
export const keyOf = (value: Value | undefined): Value | undefined =>
  typeof value === "string" ? value.toLowerCase() : value;

const byStamp = (a: Row, b: Row): number =>
  a.SystemModstamp - b.SystemModstamp || (a.Id < b.Id ? -1 : a.Id > b.Id ? 1 : 0);

class Table {
  readonly rows = new Map<string, Row>();
  /** Counts the changes, so that what was computed from a table can be kept until it is stale. */
  version = 0;
  readonly #indexes = new Map<string, Map<Value, Set<string>>>();
  // Older versions stay in the list until it is tidied.
  readonly #byStamp = new InOrder<Row>(byStamp, (row) => this.rows.get(row.Id) === row);

  put(row: Row | undefined, id: string): void {
    const old = this.rows.get(id);
    for (const [field, index] of this.#indexes) {
      const [was, is] = [keyOf(old?.[field]), keyOf(row?.[field])];
      if (was === is) continue;
      if (was !== undefined && was !== null) index.get(was)?.delete(id);
      if (is !== undefined && is !== null) add(index, is, id);
    }
    if (row) {
      this.rows.set(id, row);
      this.#byStamp.add(row);
    } else this.rows.delete(id);
    this.version += 1;
  }

  /** The ids of the rows whose field has this value, deleted rows too. The index is made at the first call. */
  find(field: string, value: Value): string[] {
    let index = this.#indexes.get(field);
    if (!index) {
      index = new Map();
      for (const row of this.rows.values()) {
        const key = keyOf(row[field]);
        if (key !== undefined && key !== null) add(index, key, row.Id);
      }
      this.#indexes.set(field, index);
    }
    return [...(index.get(keyOf(value)!) ?? [])];
  }

  /** The rows in order of (SystemModstamp, Id) with `from` ≤ stamp ≤ `to`. */
  *inOrder(from = -Infinity, to = Infinity): Generator<Row> {
    for (const row of this.#byStamp.from((one) => one.SystemModstamp >= from, this.rows.size)) {
      if (row.SystemModstamp > to) return;
      yield row;
    }
  }
}

function add(index: Map<Value, Set<string>>, key: Value, id: string): void {
  const ids = index.get(key);
  if (ids) ids.add(id);
  else index.set(key, new Set([id]));
}

interface Waiting {
  readonly at: number;
  readonly object: string;
  readonly row: Row;
}

export interface Tombstone {
  readonly id: string;
  /** Milliseconds, whole seconds. */
  readonly deletedAt: number;
}

/** All tables. `touched` collects what changed since it was last taken, for whoever saves the org. */
export class Tables {
  readonly #tables = new Map<string, Table>();
  #made: number;
  #waiting: Waiting[] = [];
  #undo: { object: string; id: string; row: Row | undefined }[] | undefined;
  #touched = new Set<string>();
  /** The vendor's log of deletions per object; it outlives the recycle bin. */
  readonly deletions = new Map<string, Tombstone[]>();

  constructor(made = 0) {
    this.#made = made;
  }

  get made(): number {
    return this.#made;
  }

  table(object: string): Table {
    let table = this.#tables.get(object);
    if (!table) this.#tables.set(object, (table = new Table()));
    return table;
  }

  get(object: string, id: string): Row | undefined {
    return this.table(object).rows.get(id);
  }

  newId(keyPrefix: string): string {
    this.#made += 1;
    return makeId(keyPrefix, this.#made);
  }

  /** Stores a version. With `visibleAt` it shows only from then on, and until then the row cannot be written. */
  put(object: string, row: Row, visibleAt?: number): void {
    if (visibleAt !== undefined) {
      this.#waiting.push({ at: visibleAt, object, row });
      return;
    }
    this.#undo?.push({ object, id: row.Id, row: this.get(object, row.Id) });
    this.table(object).put(row, row.Id);
    this.#touched.add(`${object} ${row.Id}`);
  }

  /** Forgets a row for good, as an emptied recycle bin does. */
  purge(object: string, id: string): void {
    this.#undo?.push({ object, id, row: this.get(object, id) });
    this.table(object).put(undefined, id);
    this.#touched.add(`${object} ${id}`);
  }

  /** Whether another transaction holds the row. */
  isWaiting(id: string): boolean {
    return this.#waiting.some((one) => one.row.Id === id);
  }

  /** The stamp of the oldest change that is not visible yet: what replication may not pass. */
  oldestWaiting(object: string): number | undefined {
    const stamps = this.#waiting.filter((one) => one.object === object).map((one) => one.row.SystemModstamp);
    return stamps.length === 0 ? undefined : Math.min(...stamps);
  }

  /** Makes visible what is due. */
  settle(now: number): void {
    if (this.#waiting.length === 0) return;
    const due = this.#waiting.filter((one) => one.at <= now);
    this.#waiting = this.#waiting.filter((one) => one.at > now);
    for (const { object, row } of due) this.put(object, row);
  }

  /** Runs `work`; when it returns false or throws, every row is as before. */
  transaction(work: () => boolean): boolean {
    if (this.#undo) return work(); // Already inside one.
    this.#undo = [];
    let kept = false;
    try {
      return (kept = work());
    } finally {
      const undo = this.#undo;
      this.#undo = undefined;
      if (!kept) for (const { object, id, row } of undo.toReversed()) this.table(object).put(row, id);
    }
  }

  logDeletion(object: string, tombstone: Tombstone): void {
    const list = this.deletions.get(object) ?? [];
    list.push(tombstone);
    this.deletions.set(object, list);
  }

  unlogDeletion(object: string, id: string): void {
    this.deletions.set(
      object,
      (this.deletions.get(object) ?? []).filter((one) => one.id !== id),
    );
  }

  /** What changed since the last call: the row as it is now, undefined when it is gone. */
  takeTouched(): { object: string; id: string; row: Row | undefined }[] {
    const taken = [...this.#touched].map((key) => {
      const [object, id] = key.split(" ") as [string, string];
      return { object, id, row: this.get(object, id) };
    });
    this.#touched = new Set();
    return taken;
  }

  /** Every object's rows, for saving. */
  *all(): Generator<[string, Iterable<Row>]> {
    for (const [object, table] of this.#tables) yield [object, table.rows.values()];
  }
}
