// What people did on all three sides, as each side acknowledged it. Nothing in here comes from Winston's own account but its answers.
import type { Kind, Site } from "../simulation/vendors.ts";

/** Stands in place of what an edit by the API replaced, until Winston's history tells. */
export const ASK_HISTORY = Symbol("ask the history");

/** What stood where a value was written: it was overwritten knowingly. null: nothing did. */
export type Sees = string | null | typeof ASK_HISTORY;

/** One value that somebody wrote into one field, and that was acknowledged. Every value is written once, so a value names its edit. */
export interface Edit {
  readonly thing: string;
  readonly field: string;
  readonly site: Site;
  readonly value: string;
  readonly sees: Sees;
  /** When it was acknowledged, for a person who reads the journal. */
  readonly at: number;
}

export interface Thing {
  readonly tag: string;
  readonly kind: Kind;
  readonly madeAt: Site;
}

export class Journal {
  readonly things = new Map<string, Thing>();
  readonly edits: Edit[] = [];
  /** Requests of people that were acknowledged; each made a thing, or wrote one or more fields of one. */
  acknowledged = 0;
  #next = 1;

  /** A name that nobody has. It counts only once the thing is acknowledged. */
  tag(kind: Kind): string {
    return `${{ person: "Pers", account: "Acct", deal: "Deal" }[kind]}${this.#next++}`;
  }

  value(field: string): string {
    return `${field} v${this.#next++}`;
  }

  made(thing: Thing, fields: Readonly<Record<string, string>>, at: number): void {
    this.things.set(thing.tag, thing);
    this.acknowledged += 1;
    for (const [field, value] of Object.entries(fields))
      this.edits.push({ thing: thing.tag, field, site: thing.madeAt, value, sees: null, at });
  }

  edited(
    of: { readonly thing: string; readonly site: Site },
    fields: Readonly<Record<string, string>>,
    sees: Readonly<Record<string, string>> | typeof ASK_HISTORY,
    at: number,
  ): void {
    this.acknowledged += 1;
    for (const [field, value] of Object.entries(fields))
      this.edits.push({ ...of, field, value, sees: sees === ASK_HISTORY ? sees : (sees[field] ?? null), at });
  }
}
