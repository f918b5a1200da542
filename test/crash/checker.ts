// What each system must hold, from what its users were told, and what it holds. Shares no code with the engine.
import { type Kind, type Site, TEXTS as FIELDS } from "../simulation/vendors.ts";
import { ASK_HISTORY, type Edit, type Journal, type Thing } from "./journal.ts";

/** What one system shows of one thing. */
export interface Shown {
  readonly tag: string;
  readonly id: string;
  readonly fields: Readonly<Record<string, string>>;
}

/** Everything as it stands when all is quiet. */
export interface Standing {
  readonly sites: Readonly<Record<Site, Readonly<Record<Kind, readonly Shown[]>>>>;
  /** Values that stand in the conflict ledger, of either side, by field. */
  readonly ledger: readonly { readonly field: string; readonly winston: unknown; readonly record: unknown }[];
  /** What Winston's history says of each value that was written by its API: what stood before. By field and value. */
  readonly replaced: ReadonlyMap<string, string | null>;
  /** Values that an answer of a vendor carried to Winston. */
  readonly carried: ReadonlySet<string>;
}

export interface Verdict {
  /** Each in words: an acknowledged value that is nowhere it must be, or a system that differs from the others. */
  readonly lost: readonly string[];
  /** Things that exist more than once somewhere. */
  readonly doubled: readonly string[];
  /** Values of a vendor that were replaced there before any answer carried them. No design keeps those. */
  readonly unseen: readonly string[];
  /** Values compared. */
  readonly compared: number;
}

const SITES: readonly Site[] = ["winston", "salesforce", "hubspot"];
const keyOf = (field: string, value: string): string => `${field}\n${value}`;

/** Pure. Every acknowledged value stands at all three, or a later edit replaced it knowingly, or it is in the ledger. */
export function judge(journal: Pick<Journal, "things" | "edits">, standing: Standing): Verdict {
  const lost: string[] = [];
  const doubled: string[] = [];
  const unseen: string[] = [];
  let compared = 0;
  const edits = journal.edits.map((edit) => {
    if (edit.sees !== ASK_HISTORY) return edit;
    const before = standing.replaced.get(keyOf(edit.field, edit.value));
    if (before === undefined)
      lost.push(`${nameOf(edit)} was accepted by the API, and Winston's history has never heard of it`);
    return { ...edit, sees: before ?? null };
  });
  const byField = Map.groupBy(edits, (edit) => keyOf(edit.thing, edit.field));
  const inLedger = new Set(
    standing.ledger.flatMap(({ field, winston, record }) => [
      keyOf(field, String(winston)),
      keyOf(field, String(record)),
    ]),
  );
  for (const thing of journal.things.values()) {
    const shown = SITES.map((site) => ({
      site,
      records: standing.sites[site][thing.kind].filter((one) => one.tag === thing.tag),
    }));
    for (const { site, records } of shown)
      if (records.length > 1)
        doubled.push(
          `${thing.tag} is ${records.length} records at ${site}: ${records.map((one) => one.id).join(", ")}`,
        );
    const missing = shown.filter(({ records }) => records.length === 0).map(({ site }) => site);
    if (missing.length > 0) {
      lost.push(`${thing.tag}, made at ${thing.madeAt}, is missing at ${missing.join(" and ")}`);
      continue;
    }
    for (const [field] of FIELDS[thing.kind]) {
      compared += SITES.length;
      const here = shown.map(({ site, records }) => ({ site, value: records[0]!.fields[field] ?? null }));
      lost.push(
        ...judgeField(thing, field, here, byField.get(keyOf(thing.tag, field)) ?? [], { inLedger, standing, unseen }),
      );
    }
  }
  for (const site of SITES)
    for (const kind of Object.keys(FIELDS) as Kind[])
      for (const { tag, id } of standing.sites[site][kind])
        if (!journal.things.has(tag)) lost.push(`${site} holds ${tag} (${id}), which nobody was told was made`);
  return { lost, doubled, unseen, compared };
}

function judgeField(
  { tag }: Thing,
  field: string,
  here: readonly { readonly site: Site; readonly value: string | null }[],
  edits: readonly Edit[],
  of: { readonly inLedger: ReadonlySet<string>; readonly standing: Standing; readonly unseen: string[] },
): string[] {
  const { value } = here[0]!;
  if (here.some((one) => one.value !== value))
    return [`${tag}.${field} differs: ${here.map((one) => `${one.value ?? "blank"} at ${one.site}`).join(", ")}`];
  const found: string[] = [];
  const replaced = new Set(edits.map((edit) => edit.sees));
  const heads = edits.filter((edit) => !replaced.has(edit.value));
  if (!heads.some((edit) => edit.value === value) && !(value === null && heads.length === 0))
    found.push(
      `${tag}.${field} is ${value ?? "blank"} everywhere, which ${edits.some((edit) => edit.value === value) ? "was replaced knowingly" : "nobody wrote"}; what stands is ${heads.map(nameOf).join(" or ") || "blank"}`,
    );
  for (const edit of heads) {
    if (edit.value === value || of.inLedger.has(keyOf(field, edit.value))) continue;
    if (edit.site !== "winston" && !of.standing.carried.has(edit.value)) of.unseen.push(nameOf(edit));
    else found.push(`${nameOf(edit)} is neither there nor in the ledger; ${value ?? "blank"} is there`);
  }
  return found;
}

const nameOf = (edit: Edit): string =>
  `${edit.thing}.${edit.field} = ${edit.value} (${edit.site}, ${new Date(edit.at).toISOString()})`;
