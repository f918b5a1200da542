// Associations between records: stored from both sides, with the numbers that say what kind they are.
import { TIE_TYPES, plainTie, primaryTie, type TieType } from "./object-types.ts";

export interface Ref {
  /** The object's name: "contacts". */
  readonly type: string;
  readonly id: string;
}

/** What changed, for whoever saves: the numbers of one tie seen from `from`; none when it is gone. */
export type TieChange = readonly [from: Ref, to: Ref, types: readonly number[]];

const keyOf = (ref: Ref): string => `${ref.type} ${ref.id}`;

export class Ties {
  /** From a record, by the object and id of the other, to the numbers. */
  readonly #ties = new Map<string, Map<string, Map<string, Set<number>>>>();
  readonly #labels = new Map<number, TieType>();
  readonly #byId = new Map(TIE_TYPES.map((one) => [one.id, one]));
  #touched = new Map<string, readonly [Ref, Ref]>();

  /** The kinds an administrator made. */
  get labels(): TieType[] {
    return [...this.#labels.values()];
  }

  addLabel(type: TieType): void {
    this.#labels.set(type.id, type);
  }

  removeLabel(id: number): void {
    const inverse = this.#labels.get(id)?.inverse;
    for (const gone of [id, ...(inverse === undefined ? [] : [inverse])]) {
      this.#labels.delete(gone);
      for (const [key, byType] of this.#ties)
        for (const [type, byId] of byType)
          for (const [to, types] of byId) if (types.delete(gone)) this.#touch(parseKey(key), { type, id: to });
    }
  }

  /** The kind with this number, as seen from `from` to `to`. */
  kind(id: number, from: string, to: string): TieType | undefined {
    const found = this.#labels.get(id) ?? this.#byId.get(id);
    return found?.from === from && found.to === to ? found : undefined;
  }

  kindById(id: number): TieType | undefined {
    return this.#labels.get(id) ?? this.#byId.get(id);
  }

  kinds(from: string, to: string): TieType[] {
    return [...TIE_TYPES, ...this.#labels.values()].filter((one) => one.from === from && one.to === to);
  }

  /**
   * Ties two records. A label or a primary brings the plain tie along; the first plain tie to a company is its primary;
   * a kind of which there is only one moves from the record that had it. False when nothing changed.
   */
  add(from: Ref, to: Ref, kind: TieType): boolean {
    if (this.#types(from, to)?.has(kind.id)) return false;
    for (const [one, other, each] of [
      [from, to, kind],
      [to, from, this.kindById(kind.inverse)!],
    ] as const)
      if (each.single)
        for (const [id, types] of this.to(one, other.type))
          if (types.has(each.id)) this.#drop(one, { type: other.type, id }, each);
    this.#put(from, to, kind);
    if (kind.label !== null) {
      const plain = plainTie(from.type, to.type);
      if (plain) this.#put(from, to, plain);
    }
    for (const [one, other] of [
      [from, to],
      [to, from],
    ] as const) {
      const primary = primaryTie(one.type, other.type);
      const has = primary && [...this.to(one, other.type)].some(([, types]) => types.has(primary.id));
      if (primary?.single && !has) this.#put(one, other, primary);
    }
    return true;
  }

  /** Removes the tie, or one kind of it. False when there was none. */
  remove(from: Ref, to: Ref, kind?: TieType): boolean {
    const types = this.#types(from, to);
    if (!types || (kind && !types.has(kind.id))) return false;
    for (const id of kind ? [kind.id] : [...types]) this.#drop(from, to, this.kindById(id)!);
    return true;
  }

  /** The records of one object tied to this one, with the numbers as seen from it. */
  to(from: Ref, type: string): ReadonlyMap<string, ReadonlySet<number>> {
    return this.#ties.get(keyOf(from))?.get(type) ?? new Map<string, Set<number>>();
  }

  /** Everything tied to a record, as it is now. */
  all(from: Ref): [Ref, ReadonlySet<number>][] {
    return [...(this.#ties.get(keyOf(from)) ?? [])].flatMap(([type, byId]) =>
      [...byId].map(([id, types]): [Ref, ReadonlySet<number>] => [{ type, id }, new Set(types)]),
    );
  }

  /** Sets the numbers of one side, as read from a file. */
  restore([from, to, types]: TieChange): void {
    const byId = this.#side(from, to.type);
    if (types.length === 0) byId.delete(to.id);
    else byId.set(to.id, new Set(types));
  }

  takeTouched(): TieChange[] {
    const taken = [...this.#touched.values()].map(([from, to]): TieChange => [
      from,
      to,
      [...(this.#types(from, to) ?? [])],
    ]);
    this.#touched = new Map();
    return taken;
  }

  *everything(): Generator<TieChange> {
    for (const key of this.#ties.keys())
      for (const [to, types] of this.all(parseKey(key))) yield [parseKey(key), to, [...types]];
  }

  #types(from: Ref, to: Ref): Set<number> | undefined {
    return this.#ties.get(keyOf(from))?.get(to.type)?.get(to.id);
  }

  #side(from: Ref, type: string): Map<string, Set<number>> {
    let byType = this.#ties.get(keyOf(from));
    if (!byType) this.#ties.set(keyOf(from), (byType = new Map<string, Map<string, Set<number>>>()));
    let byId = byType.get(type);
    if (!byId) byType.set(type, (byId = new Map<string, Set<number>>()));
    return byId;
  }

  #put(from: Ref, to: Ref, kind: TieType): void {
    for (const [one, other, id] of [
      [from, to, kind.id],
      [to, from, kind.inverse],
    ] as const) {
      const byId = this.#side(one, other.type);
      const types = byId.get(other.id);
      if (types) types.add(id);
      else byId.set(other.id, new Set([id]));
      this.#touch(one, other);
    }
  }

  #drop(from: Ref, to: Ref, kind: TieType): void {
    for (const [one, other, id] of [
      [from, to, kind.id],
      [to, from, kind.inverse],
    ] as const) {
      const types = this.#types(one, other);
      types?.delete(id);
      if (types?.size === 0) this.#side(one, other.type).delete(other.id);
      this.#touch(one, other);
    }
  }

  #touch(from: Ref, to: Ref): void {
    this.#touched.set(`${keyOf(from)} ${keyOf(to)}`, [from, to]);
  }
}

function parseKey(key: string): Ref {
  const [type, id] = key.split(" ") as [string, string];
  return { type, id };
}
