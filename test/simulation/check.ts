// The invariants, each checked against what the vendors hold, what Winston shows, and the model. Reads tables, never the engine's code.
import type pg from "pg";
import type { Model } from "./model.ts";
import { FIELDS, TAG, type Held, type Kind, type Site, type Vendor } from "./vendors.ts";

export interface Violation {
  readonly invariant: string;
  readonly words: string;
}

const KINDS: readonly Kind[] = ["person", "account", "deal"];

interface OurRow {
  readonly id: string;
  readonly kind: Kind;
  readonly fields: Record<string, string>;
}

/** Everything that must hold in a quiet world. */
export async function check(pool: pg.Pool, vendors: readonly Vendor[], model: Model): Promise<Violation[]> {
  const found: Violation[] = [];
  const violated = (invariant: string, words: string): void => void found.push({ invariant, words });
  const { rows } = await pool.query<OurRow>(
    "select id, kind, fields from entity where deleted_at is null and merged_into is null and kind = any($1)",
    [KINDS],
  );
  const ledger = (
    await pool.query<{ field: string; winston: unknown; record: unknown }>(
      "select field, winston, record from conflict",
    )
  ).rows;
  // What stood here when somebody edited through the API is in the history, under the name they went by; without it nothing came of it.
  const history = (
    await pool.query<{ actor: string; old: Record<string, string | null> }>(
      "select actor, old from change where actor like 'key:%'",
    )
  ).rows;
  for (const edit of model.edits) {
    if (edit.site !== "winston") continue;
    const row = history.find((one) => one.actor === edit.actor);
    if (!row && edit.state === "sure")
      violated(
        "R1 accepted is kept",
        `the edit of ${edit.thing}.${edit.field} to ${edit.value ?? "blank"} was accepted and is not in the history`,
      );
    edit.state = row ? "sure" : "refused";
    edit.sees = row?.old[edit.field] ?? null;
  }
  const asked = new Set(
    (
      await pool.query<{ a: string; b: string }>("select left_id::text as a, right_id::text as b from duplicate")
    ).rows.map(({ a, b }) => [a, b].toSorted().join(" ")),
  );
  const lost = new Set(
    ledger.flatMap((row) => [
      `${row.field}\n${String(row.winston as string)}`,
      `${row.field}\n${String(row.record as string)}`,
    ]),
  );

  for (const kind of KINDS) {
    const sites: { site: Site; held: readonly Held[] }[] = [
      { site: "winston", held: rows.filter((row) => row.kind === kind).map((row) => ours(kind, row)) },
      ...vendors.map((vendor) => ({ site: vendor.site as Site, held: vendor.held(kind) })),
    ];
    const known = new Set([...model.things].filter(([, thing]) => thing.kind === kind).map(([tag]) => tag));
    for (const { site, held } of sites)
      for (const one of held)
        if (!known.has(one.tag))
          violated("I1 nothing invented", `${site} holds ${one.object} ${one.id} named ${one.tag}, which nobody made`);
    for (const tag of known) {
      const held = sites.map(({ site, held: all }) => ({ site, records: all.filter((one) => one.tag === tag) }));
      // Made at two places in one moment: two, of which a person is asked whether they are one (fault 56), is as right as one.
      const twins = held[0]!.records.map((one) => one.id);
      if (twins.length === 2 && asked.has(twins.toSorted().join(" "))) continue;
      for (const { site, records } of held)
        if (records.length > 1)
          violated(
            "I4 no duplicates",
            `${tag} is ${records.length} records at ${site}: ${records.map((one) => one.id).join(", ")}`,
          );
      const fate = model.fate(tag, (field, value) => lost.has(`${field}\n${value}`));
      const missing = held.filter(({ records }) => records.length === 0).map(({ site }) => site);
      if (fate === "gone") {
        const there = held.filter(({ records }) => records.length > 0).map(({ site }) => site);
        if (there.length > 0)
          violated(
            "I2 replicas agree",
            `${tag} was deleted by somebody who saw all of it, and lives at ${there.join(", ")}`,
          );
        continue;
      }
      if (missing.length === held.length) {
        if (fate === "alive")
          violated(
            "R9 an edit outlives a deletion",
            `${tag} is gone everywhere, though nobody deleted it who saw all of it`,
          );
        continue;
      }
      if (missing.length > 0) {
        violated("I2 replicas agree", `${tag} is missing at ${missing.join(", ")}`);
        continue;
      }
      for (const [field] of FIELDS[kind]) {
        const values = held.map(({ site, records }) => ({ site, value: records[0]!.fields[field] }));
        if (new Set(values.map(({ value }) => value)).size > 1) {
          violated(
            "I2 replicas agree",
            `${tag}.${field} is ${values.map(({ site, value }) => `${value ?? "blank"} at ${site}`).join(", ")}`,
          );
          continue;
        }
        const { value } = values[0]!;
        const standing = model.standing(tag, field);
        if (
          !standing.some((edit) => (edit.value ?? undefined) === value) &&
          !(value === undefined && standing.length === 0)
        )
          violated(
            "I1 the model's truth",
            `${tag}.${field} is ${value ?? "blank"} everywhere; what stands is ${standing.map((edit) => `${edit.value ?? "blank"} (${edit.site})`).join(" or ") || "blank"}`,
          );
        for (const edit of standing) {
          if (edit.value === null || edit.value === value || edit.state === "maybe") continue;
          if (lost.has(`${field}\n${edit.value}`)) continue;
          // Whoever deleted the record saw it, and let it go.
          if (model.removals.some((one) => one.thing === tag && one.saw[field] === edit.value)) continue;
          // What no answer carried to Winston cannot be kept.
          if (edit.site !== "winston" && !model.shown.has(edit.value)) continue;
          violated(
            "I6 the ledger has what lost",
            `${tag}.${field}: ${edit.value}, written at ${edit.site}, is neither there nor in the ledger; ${value ?? "blank"} is there`,
          );
        }
      }
    }
  }
  const { rows: links } = await pool.query<{ entity: string; n: string }>(
    "select entity_id::text as entity, count(*)::text as n from link where state = 'active' group by entity_id, connection_id having count(*) > 1",
  );
  for (const row of links) violated("I4 no duplicates", `${row.n} active links of ${row.entity} at one connection`);
  const { rows: open } = await pool.query<{ n: number }>("select count(*)::int as n from attempt");
  if (open[0]!.n > 0) violated("I5 nothing left open", `${open[0]!.n} attempts are open in a quiet world`);
  const { rows: owed } = await pool.query<{ n: number }>("select count(*)::int as n from intent where state = 'ready'");
  if (owed[0]!.n > 0) violated("I5 nothing left open", `${owed[0]!.n} writes are owed in a quiet world`);
  const { rows: parked } = await pool.query<{ subject: string; message: string; side: string }>(
    "select subject, message, side from parked",
  );
  for (const row of parked) violated("I5 nothing left open", `${row.side} ${row.subject} is parked: ${row.message}`);
  return found;
}

function ours(kind: Kind, row: OurRow): Held {
  return {
    tag: String(row.fields[TAG[kind][0]]),
    object: kind,
    id: row.id,
    fields: Object.fromEntries(
      FIELDS[kind].flatMap(([field]) => (row.fields[field] === undefined ? [] : [[field, row.fields[field]]])),
    ),
    account: undefined,
  };
}
