// The invariants, each checked against what the vendors hold, what Winston shows, and the model. Reads tables, never the engine's code.
import type pg from "pg";
import type { Model, Unanswered } from "./model.ts";
import { tagOf, type Undone } from "./operators.ts";
import { FIELDS, firmOf, TAG, type Held, type Kind, type Site, type Vendor } from "./vendors.ts";

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

/** Everything that must hold in a quiet world. `secrets` are those that Winston was given; `kinds` are those whose streams are read. */
export async function check(
  pool: pg.Pool,
  vendors: readonly Vendor[],
  model: Model,
  of: { readonly secrets: readonly string[]; readonly undone: readonly Undone[]; readonly kinds: readonly Kind[] },
): Promise<Violation[]> {
  const { secrets, undone, kinds } = of;
  const found: Violation[] = [];
  const violated = (invariant: string, words: string): void => void found.push({ invariant, words });
  const { rows } = await pool.query<OurRow>(
    "select id, kind, fields from entity where deleted_at is null and merged_into is null and kind = any($1)",
    [KINDS],
  );
  const names = new Map(rows.flatMap((row) => (row.kind === "account" ? [[row.id, row.fields["name"]!]] : [])));
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
  for (const one of undone) await learnUndone(pool, model, one);
  const asked = new Set(
    (
      await pool.query<{ a: string; b: string }>("select left_id::text as a, right_id::text as b from duplicate")
    ).rows.map(({ a, b }) => [a, b].toSorted().join(" ")),
  );
  // What a vendor has no more and tells no deletion of (fault 39) is a question to a person: here it lives on, there it is not made again.
  const { rows: gone } = await pool.query<{ id: string }>(
    "select subject as id from parked where reason = 'record.gone'",
  );
  const doubted = new Set(gone.map((row) => row.id));
  const writes = await unanswered(pool);
  const lost = new Set(
    ledger.flatMap((row) => [
      `${row.field}\n${String(row.winston as string)}`,
      `${row.field}\n${String(row.record as string)}`,
    ]),
  );

  for (const kind of kinds) {
    const sites: { site: Site; held: readonly Held[] }[] = [
      { site: "winston", held: rows.filter((row) => row.kind === kind).map((row) => ours(kind, row, names)) },
      ...vendors.map((vendor) => ({ site: vendor.site as Site, held: vendor.held(kind) })),
    ];
    const known = new Set([...model.things].filter(([, thing]) => thing.kind === kind).map(([tag]) => tag));
    for (const { site, held } of sites)
      for (const one of held)
        if (!known.has(one.tag))
          violated("I1 nothing invented", `${site} holds ${one.object} ${one.id} named ${one.tag}, which nobody made`);
    // Salesforce takes no lead without a firm: what stands in for one there stands nowhere else.
    for (const { site, held } of sites)
      for (const { tag, firm } of held)
        if (site !== "salesforce" && firm !== undefined && firm !== firmOf(tag) && !model.isMerged(tag))
          violated("I1 nothing invented", `${tag} is of ${firm} at ${site}, which nobody wrote`);
    if (kind === "person")
      for (const group of model.merged) for (const one of disagreeing(model, group, sites, asked)) violated(...one);
    for (const tag of known) {
      if (model.isMerged(tag)) continue;
      const held = sites.map(({ site, held: all }) => ({ site, records: all.filter((one) => one.tag === tag) }));
      // Made at two places in one moment: two, of which a person is asked whether they are one (fault 56), is as right as one.
      const twins = held[0]!.records.map((one) => one.id);
      if (twins.length === 2 && asked.has(twins.toSorted().join(" "))) continue;
      if (twins.some((id) => doubted.has(id)) && model.removals.some((one) => one.thing === tag)) continue;
      if (model.leftOut.has(tag) && model.removals.some((one) => one.thing === tag)) continue;
      for (const { site, records } of held)
        if (records.length > 1)
          violated(
            "I4 no duplicates",
            `${tag} is ${records.length} records at ${site}: ${records.map((one) => one.id).join(", ")}`,
          );
      const fate = model.fate(tag, (field, value) => lost.has(`${field}\n${value}`));
      const missing = held
        .filter(({ site, records }) => records.length === 0 && !model.withdrawn.has(`${site} ${tag}`))
        .map(({ site }) => site);
      const present = held.filter(({ records }) => records.length > 0);
      if (fate === "gone") {
        const there = present.map(({ site }) => site);
        if (there.length > 0)
          violated(
            "I2 replicas agree",
            `${tag} was deleted by somebody who saw all of it, and lives at ${there.join(", ")}`,
          );
        continue;
      }
      if (present.length === 0) {
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
      // An account that somebody deleted may be named still or no more: nobody promises which.
      const account = model.accounts.get(tag);
      if (kind === "deal" && !model.removals.some((one) => one.thing === account))
        for (const { site, records } of present)
          // Nor can a deal name what an undo took away there.
          if (records[0]!.account !== account && !model.withdrawn.has(`${site} ${account}`))
            violated(
              "I2 replicas agree",
              `${tag} was made for ${account ?? "no account"} and is ${records[0]!.account ?? "none"}'s at ${site}`,
            );
      for (const [field] of FIELDS[kind]) {
        const values = present.map(({ site, records }) => ({ site, value: records[0]!.fields[field] }));
        if (new Set(values.map(({ value }) => value)).size > 1) {
          violated(
            "I2 replicas agree",
            `${tag}.${field} is ${values.map(({ site, value }) => `${value ?? "blank"} at ${site}`).join(", ")}`,
          );
          continue;
        }
        const { value } = values[0]!;
        const standing = model.standing(tag, field);
        if (!model.possible(tag, field).has(value) && !model.isUnanswered(tag, field, value, writes))
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
          if (edit.site !== "winston" && !model.wasShown(edit.value)) continue;
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
  const { rows: parked } = await pool.query<{ subject: string; reason: string; message: string; side: string }>(
    `select subject, reason, message, side from parked where reason <> 'record.gone' ${model.withdrawn.size > 0 ? "and reason <> 'record.withdrawn'" : ""}`,
  );
  // Of two that were merged at one vendor a person is asked to merge the two at the other, also where one was converted since.
  const twins = (one: { reason: string }): boolean => model.merged.length > 0 && one.reason === "record.twin";
  for (const row of parked.filter((one) => !twins(one)))
    violated("I5 nothing left open", `${row.side} ${row.subject} is parked: ${row.message}`);
  for (const words of await unbased(pool)) violated("I5 the baseline is what both say", words);
  for (const words of await leaked(pool, secrets)) violated("I9 no secret is told", words);
  for (const { site, refusals } of vendors.map((vendor) => ({ site: vendor.site, refusals: vendor.tooMany() })))
    if (refusals > 0) violated("I10 no limit is exceeded", `${site} refused ${refusals} requests for coming too fast`);
  return found;
}

/**
 * Of people whom somebody made one: there is one of them here and where that was done, and both say the same, which somebody wrote into one
 * of them. Elsewhere they may be two still: a person decides that. Of the values that lost the vendor itself let go of some.
 */
function disagreeing(
  model: Model,
  { tags, sites: where }: Model["merged"][number],
  sites: readonly { readonly site: Site; readonly held: readonly Held[] }[],
  asked: ReadonlySet<string>,
): [string, string][] {
  if (model.removals.some((one) => tags.has(one.thing)) || [...tags].some((tag) => model.swallowed.has(tag))) return [];
  const names = [...tags].join(" and ");
  const found: [string, string][] = [];
  const one = sites
    .filter(({ site }) => site === "winston" || where.has(site))
    .map(({ site, held }) => ({ site, records: held.filter(({ tag }) => tags.has(tag)) }));
  // One of them was made at two places in one moment, and a person is asked whether those are one: as right as one, here too.
  const here = one.find(({ site }) => site === "winston")!.records.map(({ id }) => id);
  const twice = [...tags].some((tag) => model.twice.has(tag));
  if (twice && here.length === 2 && asked.has(here.toSorted().join(" "))) return [];
  for (const { site, records } of one)
    if (records.length !== 1)
      found.push(["R10 who is merged is one", `${names} were merged and are ${records.length} records at ${site}`]);
  if (found.length > 0) return found;
  for (const [field] of FIELDS.person) {
    const values = one.map(({ site, records }) => `${records[0]!.fields[field] ?? "blank"} at ${site}`);
    const value = one[0]!.records[0]!.fields[field];
    if (one.some(({ records }) => records[0]!.fields[field] !== value))
      found.push(["I2 replicas agree", `${names} are one, and ${field} is ${values.join(", ")}`]);
    else if (value !== undefined && ![...tags].some((tag) => model.of(tag, field).some((edit) => edit.value === value)))
      found.push(["I1 the model's truth", `${names} are one, and ${field} is ${value}, which nobody wrote`]);
  }
  return found;
}

/** Values that lost to one that had been sent already, without an answer, and that a rule named the winner. */
async function unanswered(pool: pg.Pool): Promise<Unanswered[]> {
  const { rows } = await pool.query<Omit<Unanswered, "thing"> & { kind: Kind; fields: OurRow["fields"] }>(
    `select distinct entity.kind, entity.fields, conflict.field, connection.name as site, conflict.winston as wrote, conflict.record as found
     from conflict join entity on entity.id = conflict.entity_id
       join stream on stream.id = conflict.stream_id join connection on connection.id = stream.connection_id
       join write on write.stream_id = conflict.stream_id and write.record_id = conflict.record_id
     where conflict.winner = 'winston' and conflict.rule in ('owner', 'winston') and entity.kind = any($1)
       and write.op = 'update' and write.outcome = 'unknown' and write.sent -> conflict.field = conflict.winston`,
    [KINDS],
  );
  return rows.map(({ kind, fields, ...one }) => ({ ...one, thing: String(fields[TAG[kind][0]]) }));
}

/** What came of an undo: what was shown of it, where the history has it. */
async function learnUndone(pool: pg.Pool, model: Model, { planId, items }: Undone): Promise<void> {
  const { rows: begun } = await pool.query("select from plan where id = $1 and state in ('applying', 'applied')", [
    planId,
  ]);
  if (begun.length === 0) return;
  for (const line of items)
    if (line.class === "write" && line.op === "delete") model.withdrawn.add(`${line.connection} ${tagOf(line)}`);
  const { rows } = await pool.query<{ id: string; kind: Kind; fields: OurRow["fields"]; old: OurRow["fields"] }>(
    "select entity.id, entity.kind, entity.fields, change.old from change join entity on entity.id = change.entity_id where change.actor = $1",
    [`undo:${planId}`],
  );
  for (const { id, kind, fields, old } of rows) {
    if (!Object.hasOwn(TAG, kind)) continue;
    const thing = String(fields[TAG[kind][0]]);
    if ("deletedAt" in old) for (const one of model.removals) if (one.thing === thing) one.undone = true;
    const shown = items.filter((one) => one.class === "here" && one.entityId === id);
    for (const [field, sees] of Object.entries(old)) {
      const line = shown.find((one) => field in one.fields);
      if (line)
        model.edit({
          thing,
          field,
          site: "winston",
          value: (line.fields[field]!.new ?? null) as string | null,
          sees: sees ?? null,
          repeats: true,
        });
    }
  }
}

/** Links whose baseline is not what stands here: in a quiet world there is nothing that one side has and the other has not heard of. */
async function unbased(pool: pg.Pool): Promise<string[]> {
  const { rows } = await pool.query<{ kind: Kind; record: string; base: OurRow["fields"]; fields: OurRow["fields"] }>(
    `select entity.kind, link.record_id as record, link.baseline as base, entity.fields from link join entity on entity.id = link.entity_id
     where link.state = 'active' and entity.deleted_at is null and entity.kind = any($1)`,
    [KINDS],
  );
  return rows.flatMap(({ kind, record, base, fields }) =>
    FIELDS[kind].flatMap(([field]) =>
      (base[field] ?? null) === (fields[field] ?? null)
        ? []
        : [
            `${kind} ${record}.${field} was agreed to be ${base[field] ?? "blank"} and is ${fields[field] ?? "blank"} here`,
          ],
    ),
  );
}

/** Secrets that stand where people look: in what is logged of requests and runs, and in every sentence. */
async function leaked(pool: pg.Pool, secrets: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const table of ["exchange", "run", "parked", "connection", "write", "attempt", "change"])
    for (const secret of secrets) {
      const { rows } = await pool.query(`select from ${table} as row where strpos(row::text, $1) > 0 limit 1`, [
        secret,
      ]);
      if (rows.length > 0) found.push(`${table} holds ${secret.slice(0, 4)}…`);
    }
  return found;
}

function ours(kind: Kind, row: OurRow, accounts: ReadonlyMap<string, string>): Held {
  return {
    tag: String(row.fields[TAG[kind][0]]),
    object: kind,
    id: row.id,
    fields: Object.fromEntries(
      FIELDS[kind].flatMap(([field]) => (row.fields[field] === undefined ? [] : [[field, row.fields[field]]])),
    ),
    account: kind === "deal" ? accounts.get(row.fields["account"] ?? "") : undefined,
    owner: undefined,
    firm: row.fields["company"] ?? undefined,
  };
}
