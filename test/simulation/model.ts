// What the truth should be, from nothing but what people did and saw. Every value is written once in a world, so a value names its edit.
import { daysIn } from "./days.ts";
import { DAY, type Kind, type Site } from "./vendors.ts";

export interface Edit {
  readonly thing: string;
  readonly field: string;
  readonly site: Site;
  /** null: the field was cleared. */
  readonly value: string | null;
  /** What stood there when it was written: it is overwritten knowingly. null: nothing did. */
  sees: string | null;
  /** An undo wrote once more what had stood before: from its value nobody can tell which of the two a later one saw. */
  readonly repeats?: boolean;
  /** Under which name it went through the API. */
  readonly actor?: string;
  /** Whether it took place; an edit through the API may end without an answer. */
  state: "sure" | "maybe" | "refused";
  /** Its place in the order in which people acted. */
  readonly nth: number;
}

export interface Removal {
  readonly thing: string;
  readonly site: Site;
  /** What stood in the record that was deleted. */
  readonly saw: Readonly<Record<string, string>>;
  /** What stood in other records of the same thing there, which stayed: it was two, of which a person is asked whether they are one. */
  readonly twins?: readonly Readonly<Record<string, string>>[];
  /** One of two made in one moment went before any answer showed it: that it was the same thing nobody could know, and the other lives. */
  readonly unknown?: boolean;
  state: "sure" | "maybe" | "refused";
  readonly nth: number;
  /** Somebody undid it, and it may live on. */
  undone?: boolean;
}

/** A value that was written over somebody's in a vendor, by a rule that names whose value wins, after a write of the same value whose answer was lost. */
export interface Unanswered {
  readonly thing: string;
  readonly field: string;
  readonly site: Site;
  readonly wrote: string;
  /** What stood there when it was looked at after that write: it lost, and is in the ledger. null: nothing did. */
  readonly found: string | null;
}

/** The names of things, those of accounts among them that a conversion made. */
const TAGS = /\b(?:Firm )?(?:Pers|Acct|Deal)\d+\b/gu;
/** What every value begins with, whatever comes behind it. */
const NAME = /\b[a-zA-Z]+ v\d+/gu;
const nameIn = (value: string): string => new RegExp(NAME, "u").exec(value)?.[0] ?? value;
/** Signs that something on the way may take for its own: short, for a postal code has room for twenty. */
const STRANGE = ["'", '"', "\\", "%", "é", "🦊", "\u202e", "<b>", "${x}", "ß", "\u200b", "İ"] as const;
const STRANGE_EACH = 9;
/** Behind everything that a world dates itself, and before the clocks change. */
const FIRST_DAY = Date.UTC(2026, 2, 1);

export class Model {
  readonly things = new Map<string, { readonly kind: Kind }>();
  readonly edits: Edit[] = [];
  readonly removals: Removal[] = [];
  /** Which account each deal belongs to, as it was made; nobody moves one. */
  readonly accounts = new Map<string, string>();
  /** What an undo took away at a site where Winston had made it, as "site tag": it may be there no more. */
  readonly withdrawn = new Set<string>();
  /** What a filter left out for a while, and at which sites: deleted at one site meanwhile it lives on at the others. */
  readonly leftOut = new Map<string, Set<Site>>();
  /** What somebody was given: an edit that whoever deletes it elsewhere may not have seen. */
  readonly given = new Set<string>();
  /** When the lead of somebody was converted: whoever deleted them elsewhere before did not see that, and they live as the contact. */
  readonly conversions: { readonly thing: string; readonly nth: number }[] = [];
  /** Who was made at two places in one moment, and when: two, until they are known as one. */
  readonly twice = new Map<string, number>();
  /** Values that some answer carried to Winston. */
  readonly shown = new Set<string>();
  /** People whom somebody made one at a vendor: the tags of each such group, and where it was done. */
  readonly merged: { readonly tags: Set<string>; readonly sites: Set<Site> }[] = [];
  /** Things of which an answer showed a record, as "site tag". */
  readonly #seen = new Set<string>();
  /** Blanks that people made at vendors, by "site tag", and those of them that some answer may have shown: it named the thing and nothing that ever stood in the field. */
  readonly #blanks = new Map<string, Edit[]>();
  readonly #blanksShown = new Set<Edit>();
  readonly #onStrange: () => void;
  /** Who was merged away where Winston had not seen them yet. */
  readonly swallowed = new Set<string>();
  #next = 1;
  #acts = 0;

  /** `onStrange` is called for each value that has signs of another kind. */
  constructor(onStrange: () => void) {
    this.#onStrange = onStrange;
  }

  thing(kind: Kind): string {
    const tag = `${kind === "person" ? "Pers" : kind === "account" ? "Acct" : "Deal"}${this.things.size + 1}`;
    this.things.set(tag, { kind });
    return tag;
  }

  /** A value nobody wrote before. */
  value(field: string): string {
    const number = this.#next++;
    if (field === DAY) return new Date(FIRST_DAY + number * 86_400_000).toISOString().slice(0, 10);
    const strange = number % STRANGE_EACH === 0 ? STRANGE[(number / STRANGE_EACH) % STRANGE.length]! : "";
    if (strange !== "") this.#onStrange();
    return `${field} v${number}${strange}`;
  }

  edit(edit: Omit<Edit, "state" | "nth"> & { state?: Edit["state"] }): Edit {
    const kept: Edit = { state: "sure", nth: this.#acts++, ...edit };
    this.edits.push(kept);
    if (kept.value === null) {
      const name = `${kept.site} ${kept.thing}`;
      this.#blanks.set(name, [...(this.#blanks.get(name) ?? []), kept]);
    }
    return kept;
  }

  removal(removal: Omit<Removal, "state" | "nth"> & { state?: Removal["state"] }): Removal {
    const kept: Removal = { state: "sure", nth: this.#acts++, ...removal };
    this.removals.push(kept);
    return kept;
  }

  merge(kept: string, lost: string, site: Site): void {
    // What nobody ever saw there was one when it was seen: that it had been two is known to that vendor alone.
    const seen = this.edits.filter((one) => one.thing === lost && one.site === site && one.value !== null);
    if (!seen.some(({ value }) => this.shown.has(value!))) this.swallowed.add(lost);
    const groups = this.merged.filter(({ tags }) => tags.has(kept) || tags.has(lost));
    const tags = new Set([kept, lost, ...groups.flatMap((one) => [...one.tags])]);
    const sites = new Set([site, ...groups.flatMap((one) => [...one.sites])]);
    this.merged.splice(0, Infinity, ...this.merged.filter((one) => !groups.includes(one)), { tags, sites });
  }

  convert(thing: string): void {
    this.conversions.push({ thing, nth: this.#acts++ });
  }

  leaveOut(tag: string, site: Site): void {
    this.leftOut.set(tag, new Set([...(this.leftOut.get(tag) ?? []), site]));
  }

  /** Whether somebody deleted this at a site where a filter had left it out: it lives on elsewhere, and is not made there again, also when it is edited. */
  mayStayAway(tag: string, site: Site): boolean {
    const deleted = this.removals.some((one) => one.thing === tag && one.site === site && one.state !== "refused");
    return deleted && (this.leftOut.get(tag)?.has(site) ?? false);
  }

  isMerged(tag: string): boolean {
    return this.merged.some(({ tags }) => tags.has(tag));
  }

  /** What an answer carried, of a vendor whose days are those of this zone. */
  delivered(text: string, zone: string): void {
    for (const day of daysIn(zone, text)) this.shown.add(day);
    for (const [value] of text.matchAll(NAME)) this.shown.add(value);
  }

  /** What an answer showed of a vendor's records to whoever asked for them. */
  looked(text: string, site: Site): void {
    const names = new Set([...text.matchAll(NAME)].map(([name]) => name));
    for (const tag of new Set([...text.matchAll(TAGS)].map(([name]) => name))) {
      this.#seen.add(`${site} ${tag}`);
      for (const blank of this.#blanks.get(`${site} ${tag}`) ?? []) {
        if (!this.of(tag, blank.field).some(({ value }) => value !== null && names.has(nameIn(value))))
          this.#blanksShown.add(blank);
      }
    }
  }

  /** Whether Winston ever saw this at a site, or only what it was told when it made it there. */
  wasSeen(tag: string, site: Site): boolean {
    return this.#seen.has(`${site} ${tag}`);
  }

  /** Whether some answer carried this value to Winston. */
  wasShown(value: string): boolean {
    return this.shown.has(nameIn(value));
  }

  of(thing: string, field: string): Edit[] {
    return this.edits.filter((one) => one.thing === thing && one.field === field && one.state !== "refused");
  }

  /** Edits that no later one overwrote knowingly: one of them must stand everywhere, the others in the ledger. */
  standing(thing: string, field: string): Edit[] {
    const edits = this.of(thing, field);
    const overwrites = (other: Edit, one: Edit): boolean =>
      other.state === "sure" &&
      other.sees === one.value &&
      // One blank looks like another: only who wrote later at the same place is known to have seen this one.
      (one.value !== null || (other.site === one.site && edits.indexOf(other) > edits.indexOf(one)));
    return edits.filter((one) => !edits.some((other) => other !== one && overwrites(other, one)));
  }

  /**
   * What may be there in the end. An edit that stands; but where it stood in a record that somebody deleted, who saw it and let it go, and
   * the thing lives on for an edit elsewhere, what it had replaced is as right: it may be all that anybody else ever heard of. So it goes on
   * for as long as no answer showed what had been replaced, a blank that somebody made there among it. Where it was one of two that was
   * deleted, the other lives on as it was, with its blanks.
   */
  possible(thing: string, field: string): Set<string | undefined> {
    const possible = new Set<string | undefined>();
    // Put back at once what had just been written: where the answer to that write was lost it looks as if it had never been done.
    for (const edit of this.of(thing, field))
      if (edit.repeats) for (const value of [edit.value, edit.sees]) possible.add(value ?? undefined);
    for (const edit of this.standing(thing, field)) {
      possible.add(edit.value ?? undefined);
      const letGo = this.removals.filter((one) => one.thing === thing && (one.saw[field] ?? null) === edit.value);
      if (letGo.some((one) => this.#leavesBlank(one, field))) possible.add(undefined);
      for (let last: Edit | undefined = letGo.length > 0 ? edit : undefined; last;) {
        const { sees }: Edit = last;
        possible.add(sees ?? undefined);
        const before =
          sees === null ? this.#blankBefore(last) : this.of(thing, field).find((one) => one.value === sees);
        last = before && before.site !== "winston" && !this.#wasHeardOf(before) ? before : undefined;
      }
    }
    if (possible.size === 0) possible.add(undefined);
    return possible;
  }

  /**
   * Whether this value may stand although somebody who saw it replaced it there. Where the answer to the write that brought it was lost, and
   * the record then says something else, either it arrived and was replaced, or it never did, and whoever wrote there had seen only what was
   * there before: then a rule that names whose value wins decides. Salesforce shows the same of both, and no value that was there between.
   */
  isUnanswered(thing: string, field: string, value: string | undefined, writes: readonly Unanswered[]): boolean {
    return this.standing(thing, field).some(
      (edit) =>
        edit.site === "salesforce" &&
        edit.state === "sure" &&
        edit.sees !== null &&
        edit.sees === value &&
        writes.some(
          (one) =>
            one.thing === thing &&
            one.field === field &&
            one.site === edit.site &&
            one.wrote === value &&
            one.found === edit.value,
        ),
    );
  }

  /** The blank that somebody saw who wrote into it: known only where it was made at the same place, and nothing was written anywhere between. */
  #blankBefore(edit: Edit): Edit | undefined {
    const last = this.of(edit.thing, edit.field).findLast((one) => one.nth < edit.nth);
    return last && last.value === null && last.site === edit.site && last.state === "sure" ? last : undefined;
  }

  #wasHeardOf(edit: Edit): boolean {
    return edit.value === null ? this.#blanksShown.has(edit) : this.wasShown(edit.value);
  }

  /** Whether one of two was deleted and the other has nothing there, nor was given anything since. */
  #leavesBlank({ thing, twins = [], nth }: Removal, field: string): boolean {
    const isGiven = this.of(thing, field).some(
      (one) => one.nth > nth && one.state === "sure" && one.sees === null && one.value !== null,
    );
    return !isGiven && twins.some((twin) => twin[field] === undefined);
  }

  /**
   * What becomes of a thing that somebody deleted. "gone": its deleter saw all that stands. "alive": somebody had edited what the deleter
   * had not seen, and an edit outlives a deletion. "either": what the deleter had not seen had lost already, or may not have happened.
   */
  fate(thing: string, lost: (field: string, value: string) => boolean): "alive" | "gone" | "either" {
    const removals = this.removals.filter((one) => one.thing === thing && one.state !== "refused" && !one.unknown);
    if (removals.length === 0) return "alive";
    if (this.given.has(thing)) return "either";
    // What an undo wrote once more its deleter may have seen or not.
    if (removals.some((one) => one.undone) || this.edits.some((one) => one.thing === thing && one.repeats))
      return "either";
    const fields = [...new Set(this.edits.filter((one) => one.thing === thing).map((one) => one.field))];
    let fate: "alive" | "gone" | "either" = "alive";
    for (const removal of removals) {
      const unseen = fields.flatMap((field) =>
        this.standing(thing, field).filter(
          // A blank that was made later is not the one that was seen: what it cleared may be what the thing lives on for.
          (edit) => edit.value !== (removal.saw[field] ?? null) || (edit.value === null && edit.nth > removal.nth),
        ),
      );
      const converted = this.conversions.some((one) => one.thing === thing && one.nth > removal.nth);
      if (unseen.length === 0 && removal.state === "sure" && !converted) return "gone";
      const certain = unseen.filter(
        (edit) =>
          edit.state === "sure" &&
          edit.value !== null &&
          !lost(edit.field, edit.value) &&
          // Whoever deleted it at another side saw it, and let it go: then nobody is left who would miss it.
          !removals.some((one) => one.state === "sure" && one.saw[edit.field] === edit.value) &&
          (edit.site === "winston" || this.wasShown(edit.value)),
      );
      if (certain.length === 0) fate = "either";
    }
    return fate;
  }
}
