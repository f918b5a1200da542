// Rows in the order of their last change, kept while rows keep changing: what a query "changed since" walks through.

/** Rows sorted by `compare`. Older versions stay until they are tidied away; `current` says which version counts. */
export class InOrder<Row> {
  readonly #compare: (a: Row, b: Row) => number;
  readonly #current: (row: Row) => boolean;
  #sorted: Row[] = [];
  #fresh: Row[] = [];

  constructor(compare: (a: Row, b: Row) => number, current: (row: Row) => boolean) {
    this.#compare = compare;
    this.#current = current;
  }

  add(row: Row): void {
    this.#fresh.push(row);
  }

  /** From the first row of which `reached` holds; it must hold of every later one too. `size`: how many rows there are now. */
  *from(reached: (row: Row) => boolean, size: number): Generator<Row> {
    this.#sort(size);
    const sorted = this.#sorted;
    let [low, high] = [0, sorted.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (reached(sorted[middle]!)) high = middle;
      else low = middle + 1;
    }
    for (let at = low; at < sorted.length; at++) if (this.#current(sorted[at]!)) yield sorted[at]!;
  }

  #sort(size: number): void {
    if (this.#fresh.length === 0) return;
    const fresh = this.#fresh.filter(this.#current).sort(this.#compare);
    this.#fresh = [];
    if (this.#sorted.length + fresh.length > 2 * size + 1000) this.#sorted = this.#sorted.filter(this.#current);
    const tail: Row[] = [];
    while (this.#sorted.length > 0 && fresh.length > 0 && this.#compare(this.#sorted.at(-1)!, fresh[0]!) > 0)
      tail.push(this.#sorted.pop()!);
    for (const row of tail.length > 0 ? [...tail, ...fresh].sort(this.#compare) : fresh) this.#sorted.push(row);
  }
}
