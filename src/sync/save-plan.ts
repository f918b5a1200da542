// Which record each item of a call is, and what the records become: decided item by item, in their order, as if each had been sent alone. Pure.
import { strict as assert } from "node:assert";
import type { Problem } from "../base/errors.ts";
import { endsOf } from "../mapping/kinds.ts";
import { pointerTo } from "../mapping/invalid.ts";
import type { Fields, Value } from "../mapping/types.ts";
import type { EntityRow } from "../store/entity.ts";
import { differs, editDraft, setField, type EditDraft } from "./edit.ts";
import { matchKeys, JOINED, weakKeys, type IdentityKey } from "./keys.ts";
import { SUSPECTS_MAX } from "./match.ts";
import { nameOf, sortByName, type PersonName } from "./names.ts";
import type { Item } from "./save-items.ts";
import type { SaveOptions } from "./types.ts";

/** What the store says of the items' keys. */
export interface Known {
  /** The record of each own id, and of each content id. */
  readonly strong: ReadonlyMap<string, string>;
  /** The living records of each key that only suggests one, by `weakName`. */
  readonly weak: ReadonlyMap<string, readonly string[]>;
  readonly rows: ReadonlyMap<string, EntityRow>;
  /** Ids that new records must get, by own id. */
  readonly reserved: ReadonlyMap<string, string>;
  readonly readOnly: ReadonlyMap<string, ReadonlySet<string>>;
  /** Of what these records refer to and was merged away: what it lives on in. */
  readonly leads: ReadonlyMap<string, string>;
  /** Names of mailboxes that tell nobody (`info@`). */
  readonly sharedMailboxes: ReadonlySet<string>;
}

/** A record that the call makes or changes. */
export interface SaveDraft extends EditDraft {
  /** Fields that an item of this call has set. */
  readonly said: Set<string>;
  /** Values that one item said and a later one replaced, in the order of those: each is a version of its own. */
  readonly replaced: Record<string, Value>[];
  /** What callers call it by all it says; of new records only. */
  readonly contents: Set<string>;
}

export interface Plan {
  readonly drafts: readonly SaveDraft[];
  readonly taken: ReadonlyMap<
    Item,
    { readonly draft: SaveDraft; readonly status: "created" | "updated" | "unchanged" }
  >;
  readonly refused: ReadonlyMap<Item, Problem>;
  /** New records that may be one of several: a person is asked. */
  readonly suspects: readonly { readonly leftId: string; readonly rightId: string }[];
}

/** By which values an item without an id of its own may be known. An address that a company shares is none. */
export const suggestions = (kind: string, values: Fields, sharedMailboxes: ReadonlySet<string>): IdentityKey[] =>
  matchKeys(kind, values, sharedMailboxes).filter(({ key }) => key === "email" || key === JOINED);

export const weakName = ({ key, value }: { readonly key: string; readonly value: string }): string =>
  `${key}\n${value}`;

/** Items with problems are passed over. An id that `known` says nothing of is not there. */
export function plan(items: readonly Item[], known: Known, options: SaveOptions, newId: () => string): Plan {
  const { kind, mode } = options;
  const drafts = new Map<string, SaveDraft>();
  const strong = new Map(known.strong);
  const weak = new Map<string, Set<string>>();
  const names = new Map<string, PersonName>();
  const taken = new Map<Item, { draft: SaveDraft; status: "created" | "updated" | "unchanged" }>();
  const refused = new Map<Item, Problem>();
  const suspects: { leftId: string; rightId: string }[] = [];

  /** Whether a value would be another than the one that stands: what leads to the same thing is the same. */
  const isNews = (stands: Value | undefined, value: Value | undefined): boolean =>
    differs(stands, value) && !(typeof stands === "string" && known.leads.get(stands) === value);
  const fieldsOf = (id: string): Fields => drafts.get(id)?.fields ?? (known.rows.get(id)!.fields as Fields);
  const nameOfId = (id: string): PersonName => {
    const name = names.get(id) ?? nameOf(fieldsOf(id));
    names.set(id, name);
    return name;
  };
  const lives = (id: string): boolean => {
    const row = known.rows.get(id);
    return drafts.has(id) || (row !== undefined && row.deletedAt === null && row.mergedInto === null);
  };
  const holdersOf = (key: IdentityKey): Set<string> => {
    const name = weakName(key);
    return weak.get(name) ?? weak.set(name, new Set((known.weak.get(name) ?? []).filter(lives))).get(name)!;
  };
  const existing = (id: string): SaveDraft => {
    const draft = drafts.get(id);
    if (draft) return draft;
    const row = known.rows.get(id);
    assert(row, `record ${id} was named and not read`);
    // A lead does not go back from being a contact, and a contact is not made of a lead by a wrong address.
    const edit = editDraft(row, row.stage ?? options.stage ?? null);
    return { ...edit, revived: row.deletedAt !== null, said: new Set(), replaced: [], contents: new Set() };
  };
  const fresh = (external: string | null): SaveDraft => ({
    id: (external === null ? undefined : known.reserved.get(external)) ?? newId(),
    row: undefined,
    stage: options.stage ?? null,
    fields: {},
    old: {},
    changed: new Set(),
    revived: false,
    said: new Set(),
    replaced: [],
    contents: new Set(),
  });

  for (const item of items) {
    if (item.problems.length > 0) continue;
    const target = targetOf(item);
    const problem = "code" in target ? target : refusal(item, target.draft);
    if (problem) {
      refused.set(item, problem);
      continue;
    }
    const { draft, alike = [] } = target as Target;
    const isNew = !drafts.has(draft.id) && !draft.row;
    const revives = !drafts.has(draft.id) && draft.revived;
    const changed = apply(item, draft);
    drafts.set(draft.id, draft);
    if (item.external !== null) strong.set(item.external, draft.id);
    else if (!draft.row && item.id === undefined && item.content !== null) {
      draft.contents.add(item.content);
      strong.set(item.content, draft.id);
    }
    for (const leftId of alike) suspects.push({ leftId, rightId: draft.id });
    taken.set(item, { draft, status: isNew ? "created" : changed || revives ? "updated" : "unchanged" });
  }

  for (const draft of drafts.values()) settle(draft);
  for (const one of taken.values())
    if (one.draft.row && one.draft.changed.size === 0 && !one.draft.revived) one.status = "unchanged";
  return { drafts: [...drafts.values()], taken, refused, suspects };

  /** Which record an item is; a new one with those living ones that it may be. */
  function targetOf(item: Item): Target | Problem {
    const { id, external, content } = item;
    if (id !== undefined) {
      const row = known.rows.get(id);
      if (!row || row.kind !== kind || row.mergedInto !== null || (row.deletedAt !== null && mode === "update"))
        return { pointer: "/id", code: "not.found", message: `There is no ${kind} with the id ${id}.` };
      const holder = (external === null ? undefined : strong.get(external)) ?? id;
      // A caller's own id names one record: it is not taken from the one that has it.
      if (holder !== id)
        return {
          pointer: "/externalId",
          code: "request.conflict",
          message: `The external id ${JSON.stringify(item.externalId)} belongs to the ${kind} ${holder} already. Leave it out, or change that one first.`,
        };
      return { draft: existing(id) };
    }
    if (external !== null) {
      const holder = strong.get(external);
      if (holder !== undefined) return { draft: existing(holder) };
      if (mode !== "update") return { draft: fresh(external) };
      return {
        pointer: "/externalId",
        code: "not.found",
        message: `There is no ${kind} with the external id ${JSON.stringify(item.externalId)}.`,
      };
    }
    const said = content === null ? undefined : strong.get(content);
    if (said !== undefined && lives(said)) return { draft: existing(said) };
    const { one: alike, ask } = candidates(item);
    const one = alike.length > 1 ? alike.find((other) => saysAll(other, item)) : alike[0];
    if (one !== undefined) return { draft: existing(one) };
    if (said !== undefined) return { draft: existing(said) };
    if (mode === "update")
      return {
        pointer: "",
        code: "not.found",
        message: `Nothing in it names one ${kind} for sure. Give its id, or your own id of it as externalId.`,
      };
    // Two ties of one pair differ by what they say: there is nothing to ask a person about.
    const asked = alike.length > 0 ? alike : ask;
    return { draft: fresh(null), alike: endsOf(kind) ? [] : asked.slice(0, SUSPECTS_MAX) };
  }

  /** Living records that an item may be by what it says, by the same rule as records of vendors. */
  function candidates(item: Item): { readonly one: readonly string[]; readonly ask: readonly string[] } {
    const keys = suggestions(kind, item.values, known.sharedMailboxes);
    const ids = [...new Set(keys.flatMap((key) => [...holdersOf(key)]))];
    return kind === "person" ? sortByName(nameOf(item.values), ids, nameOfId) : { one: ids, ask: [] };
  }

  /** Whether nothing of an item is new to a record: then it needs none of its own, whichever of several it is. */
  function saysAll(id: string, item: Item): boolean {
    const fields = fieldsOf(id);
    return Object.entries(item.values).every(([field, value]) => !isNews(fields[field], value));
  }

  function refusal(item: Item, draft: SaveDraft): Problem | undefined {
    const field = Object.keys(item.values).find(
      (one) => draft.row && known.readOnly.get(draft.id)?.has(one) && isNews(draft.fields[one], item.values[one]),
    );
    if (field !== undefined)
      return {
        pointer: pointerTo(field),
        code: "field.read_only",
        message: `${field} comes from a vendor only: its mapping reads it and does not write it. Change it there, or make the mapping row two-way.`,
      };
    const after: Fields = { ...draft.fields, ...item.values };
    const loose = (endsOf(kind) ?? []).find((end) => (after[end] ?? null) === null);
    if (loose === undefined) return undefined;
    return {
      pointer: pointerTo(loose),
      code: "field.required",
      message: `A ${kind.replace("-", " ")} joins two things; give its ${loose}, or delete it where it no longer joins them.`,
    };
  }

  /** Whether anything is another than it was. */
  function apply(item: Item, draft: SaveDraft): boolean {
    const before = weakKeys(kind, drafts.has(draft.id) || lives(draft.id) ? draft.fields : {});
    const replaced: Record<string, Value> = {};
    let any = false;
    for (const [field, value] of Object.entries(item.values)) {
      if (!isNews(draft.fields[field], value)) continue;
      any = true;
      if (draft.said.has(field)) replaced[field] = draft.fields[field] ?? null;
      setField(draft, field, value);
      draft.said.add(field);
      if (draft.row && !differs(draft.row.fields[field] as Value, value)) {
        draft.changed.delete(field);
        delete draft.old[field];
      }
    }
    if (Object.keys(replaced).length > 0) draft.replaced.push(replaced);
    if (any || !drafts.has(draft.id)) {
      names.delete(draft.id);
      const after = weakKeys(kind, draft.fields);
      const kept = new Set(after.map(weakName));
      for (const key of before) if (!kept.has(weakName(key))) holdersOf(key).delete(draft.id);
      for (const key of after) holdersOf(key).add(draft.id);
    }
    return any;
  }
}

interface Target {
  readonly draft: SaveDraft;
  readonly alike?: readonly string[];
}

/** A field that ends as the store has it was not changed, whatever was said of it between. */
function settle(draft: SaveDraft): void {
  if (!draft.row) return;
  for (const step of draft.replaced)
    for (const field of Object.keys(step)) if (!draft.changed.has(field)) delete step[field];
  draft.replaced.splice(0, draft.replaced.length, ...draft.replaced.filter((step) => Object.keys(step).length > 0));
}
