// The records of a portal: by id, by any indexed value, and as the search index knows them, which is later. A record is
// never changed in place: a new version replaces it, so the index can still hold the old one.
import { InOrder } from "../shared/in-order.ts";

/** [value, since, who or what set it]; without the last it was whoever made the record. */
export type Past = readonly [string, number, string?];

export interface Rec {
  readonly id: string;
  /** Only what has a value. Every value is text. */
  readonly properties: Readonly<Record<string, string>>;
  /** Milliseconds since 1970, as all stamps here. */
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly archivedAt?: number;
  /** Values over time, oldest first, of properties that changed after the record was made. */
  readonly past?: Readonly<Record<string, readonly Past[]>>;
}

/** Every object counts from here: ids of two objects can be the same number. */
const FIRST_ID = 151_000_000_001;

const idOrder = (a: string, b: string): number => a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);

/** Among equal stamps the index's order has nothing to do with ids that grow: those made last come first. */
const byChange = (a: Rec, b: Rec): number => a.updatedAt - b.updatedAt || idOrder(b.id, a.id);

class Table {
  readonly rows = new Map<string, Rec>();
  /** What search sees: live records, each as it was when the index last took it up. */
  readonly indexed = new Map<string, Rec>();
  readonly byChange = new InOrder<Rec>(byChange, (rec) => this.indexed.get(rec.id) === rec);
  readonly #finders = new Map<string, Map<string, Set<string>>>();
  /** The version of each record that search saw last. */
  readonly #seen = new Map<string, number>();
  #ids: string[] = [];
  #idsSorted = true;
  next = FIRST_ID;

  newId(): string {
    return String(this.next++);
  }

  put(rec: Rec | undefined, id: string): void {
    const old = this.rows.get(id);
    for (const [property, finder] of this.#finders) {
      const [was, is] = [old?.properties[property], rec?.properties[property]];
      if (was === is) continue;
      if (was !== undefined) finder.get(was)?.delete(id);
      if (is !== undefined) addTo(finder, is, id);
    }
    if (!rec) {
      this.rows.delete(id);
      this.indexed.delete(id);
      this.#seen.delete(id);
      return;
    }
    this.rows.set(id, rec);
    if (rec.archivedAt !== undefined) this.indexed.delete(id);
    if (old) return;
    if (this.#ids.length > 0 && idOrder(this.#ids.at(-1)!, id) > 0) this.#idsSorted = false;
    this.#ids.push(id);
    if (Number(id) >= this.next) this.next = Number(id) + 1;
  }

  /** Lets search see a version, unless it saw a later one or the record is gone or archived by now. */
  index(rec: Rec, version: number): void {
    const now = this.rows.get(rec.id);
    if (!now || now.archivedAt !== undefined || (this.#seen.get(rec.id) ?? 0) > version) return;
    this.#seen.set(rec.id, version);
    this.indexed.set(rec.id, rec);
    this.byChange.add(rec);
  }

  /** The ids of the records with exactly this value, archived ones too. The finder is made at the first call. */
  find(property: string, value: string): string[] {
    let finder = this.#finders.get(property);
    if (!finder) {
      finder = new Map();
      for (const rec of this.rows.values()) {
        const text = rec.properties[property];
        if (text !== undefined) addTo(finder, text, rec.id);
      }
      this.#finders.set(property, finder);
    }
    return [...(finder.get(value) ?? [])];
  }

  /** In the order of ids, after `after`. */
  *afterId(after: string | undefined): Generator<Rec> {
    if (!this.#idsSorted) this.#ids.sort(idOrder);
    this.#idsSorted = true;
    if (this.#ids.length > 2 * this.rows.size + 1000) this.#ids = this.#ids.filter((id) => this.rows.has(id));
    let [low, high] = [0, this.#ids.length];
    while (after !== undefined && low < high) {
      const middle = (low + high) >>> 1;
      if (idOrder(this.#ids[middle]!, after) > 0) high = middle;
      else low = middle + 1;
    }
    for (let at = low; at < this.#ids.length; at++) {
      const rec = this.rows.get(this.#ids[at]!);
      if (rec) yield rec;
    }
  }
}

function addTo(finder: Map<string, Set<string>>, value: string, id: string): void {
  const ids = finder.get(value);
  if (ids) ids.add(id);
  else finder.set(value, new Set([id]));
}

interface Waiting {
  readonly at: number;
  readonly type: string;
  readonly rec: Rec;
  readonly version: number;
}

/** All tables. `takeTouched` is for whoever saves the portal. */
export class Records {
  readonly #tables = new Map<string, Table>();
  /** Ids that were merged away, and the record each is in: old id → new id, by object. */
  readonly merged = new Map<string, Map<string, string>>();
  #waiting: Waiting[] = [];
  #nextDue = Infinity;
  #version = 0;
  #touched = new Set<string>();

  table(type: string): Table {
    let table = this.#tables.get(type);
    if (!table) this.#tables.set(type, (table = new Table()));
    return table;
  }

  get(type: string, id: string): Rec | undefined {
    return this.table(type).rows.get(id);
  }

  /** Stores a version that search sees from `indexAt` on. */
  put(type: string, rec: Rec, indexAt: number): void {
    this.table(type).put(rec, rec.id);
    this.#touched.add(`${type} ${rec.id}`);
    if (rec.archivedAt !== undefined) return;
    this.#waiting.push({ at: indexAt, type, rec, version: (this.#version += 1) });
    this.#nextDue = Math.min(this.#nextDue, indexAt);
  }

  /** Forgets a record for good. */
  purge(type: string, id: string): void {
    this.table(type).put(undefined, id);
    this.#touched.add(`${type} ${id}`);
  }

  /** Lets the index catch up to `now`. */
  settle(now: number): void {
    if (now < this.#nextDue) return;
    const later: Waiting[] = [];
    this.#nextDue = Infinity;
    for (const one of this.#waiting) {
      if (one.at <= now) this.table(one.type).index(one.rec, one.version);
      else {
        later.push(one);
        this.#nextDue = Math.min(this.#nextDue, one.at);
      }
    }
    this.#waiting = later;
  }

  /** Where a merged id leads, through as many merges as there were; undefined when it was never merged away. */
  survivorOf(type: string, id: string): string | undefined {
    const merged = this.merged.get(type);
    let at = merged?.get(id);
    while (at !== undefined && merged!.has(at)) at = merged!.get(at);
    return at;
  }

  noteMerge(type: string, from: string, to: string): void {
    const merged = this.merged.get(type) ?? new Map<string, string>();
    this.merged.set(type, merged);
    merged.set(from, to);
  }

  takeTouched(): { type: string; id: string; rec: Rec | undefined }[] {
    const taken = [...this.#touched].map((key) => {
      const [type, id] = key.split(" ") as [string, string];
      return { type, id, rec: this.get(type, id) };
    });
    this.#touched = new Set();
    return taken;
  }

  *all(): Generator<[string, Iterable<Rec>]> {
    for (const [type, table] of this.#tables) yield [type, table.rows.values()];
  }

  /** The next id of each object. */
  counters(): [string, number][] {
    return [...this.#tables].map(([type, table]) => [type, table.next]);
  }
}
