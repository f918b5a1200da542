// Why every field of everything of both CRMs is as it is: each link of the chain is there, and is borne out by what else is known.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Explanation, FieldWhy } from "../../src/sync/explained.ts";
import { insertFrozen } from "../../src/store/frozen.ts";
import { createHub, type Hub } from "../support/hub.ts";

const AT_ONCE = 4;

interface Decision {
  readonly id: string;
  readonly entity: string;
  readonly field: string;
  readonly winner: string;
  readonly rule: string;
  readonly at: number;
  readonly value: unknown;
}

/** What a place may say is next where another value stands there than here. */
const WHY_OTHERWISE =
  /^(?:Nothing: (?!both sides agree)|Nothing, until |It waits|It is (?:written|made) there|The record there is removed)/u;

/** What is known of runs, and of what was sent, beside what is told. */
async function known(hub: Hub) {
  const { rows: runs } = await hub.database.pool.query<{ id: string; place: string; from: number; to: number | null }>(`
    select run.id, connection.name || ' ' || stream.key as place, run.started_at as from, run.ended_at as to
    from run join stream on stream.id = run.stream_id join connection on connection.id = stream.connection_id`);
  const { rows: entities } = await hub.database.pool.query<{ id: string }>("select id from entity order by id");
  const written = new Map<string, Set<string>>();
  for (const connection of await hub.winston.connections.list())
    for (const { id, key } of await hub.winston.connections.streams(connection.id)) {
      const { document } = await hub.winston.connections.mapping(id);
      const rows = document["rows"] as { field: string | string[]; direction?: string }[];
      const fields = rows.flatMap((row) => (row.direction === "in" ? [] : row.field));
      written.set(`${connection.name} ${key}`, new Set(fields));
    }
  const { rows: ledger } = await hub.database.pool.query<Decision>(`
    select id, entity_id as entity, field, winner, rule, coalesce(decided_at, at) as at,
      case winner when 'record' then record when 'given' then given else winston end as value
    from conflict where winner <> 'moot'`);
  // What no sync may move: an open question about a record that is there, and what is frozen.
  const { rows: held } = await hub.database.pool.query<{
    entity: string;
    field: string;
    command: string;
    place: string | null;
  }>(`
    select conflict.entity_id as entity, conflict.field, 'conflicts take ' || conflict.id as command, connection.name || ' ' || stream.key || ' ' || conflict.record_id as place
    from conflict join link using (entity_id, stream_id, record_id) join stream on stream.id = conflict.stream_id join connection on connection.id = stream.connection_id
    where conflict.winner = 'open' and link.state = 'active'
    union all
    select entity_id, field, 'frozen release ' || id, null from frozen where state = 'on'`);
  return {
    runs: new Map(runs.map((one) => [one.id, one])),
    entities: entities.map((one) => one.id),
    written,
    ledger: Map.groupBy(ledger, (one) => `${one.entity} ${one.field}`),
    held: Map.groupBy(held, (one) => `${one.entity} ${one.field}`),
  };
}

/** What is missing of a chain, in words. */
function broken(
  { id, kind, links }: Explanation,
  { field, value, set, rule, places }: FieldWhy,
  { runs, written, ledger, held }: Awaited<ReturnType<typeof known>>,
): string[] {
  const found: string[] = [];
  const say = (words: string): void => void found.push(`${kind} ${id} ${field}: ${words}`);
  const stands = (request: typeof set.request, run: string | null, at: number, words: string): void => {
    const ran = run === null ? undefined : runs.get(run);
    if (!ran) return say(`${words} names no run`);
    if (ran.from > at || (ran.to !== null && ran.to < at)) say(`${words} is outside its run`);
    if (!request) return say(`${words} names no request`);
    if (request.at > at || request.at < ran.from) say(`${words} was not carried by its request`);
    if (request.status === null || request.status >= 300) say(`${words} was answered ${request.status}`);
  };
  if (set.by === "unknown" || set.at <= 0) say("nobody set it");
  if (set.stream !== null) {
    if (set.mappingVersion === null) say("was set under no mapping");
    // What waited for what it names came with an earlier reading.
    stands(set.request, set.run, set.waitedSince ?? set.at, "what set it");
    // One who did something has one name.
    if (set.by !== `connection:${set.stream.split(" ")[0]}` && !/^(?:test|key:|undo:)/u.test(set.by))
      say(`was set by ${set.stream}, and ${set.by} is named`);
    const ran = set.run === null ? undefined : runs.get(set.run);
    if (ran && ran.place !== set.stream) say(`was set by ${set.stream} in a run of ${ran.place}`);
  } else if (!/^(?:test|key:|import|undo:)/u.test(set.by)) say(`was set by ${set.by}, which is no one`);
  // The rule: of the ledger, and of the value that stands, not of one that somebody set since.
  const same = (one: unknown): boolean => JSON.stringify(one ?? null) === JSON.stringify(value ?? null);
  const decisions = ledger.get(`${id} ${field}`) ?? [];
  const open = decisions.some((one) => one.winner === "open");
  const named = decisions.find((one) => one.id === rule?.conflict);
  if (rule && (!named || named.rule !== rule.rule || named.winner !== rule.winner))
    say(`is said to be decided by ${rule.rule}, which is not in the ledger`);
  if (named && named.winner !== "open" && (named.at < set.at || !same(named.value)))
    say(`names the rule ${named.rule}, which decided about another value`);
  if (!rule && decisions.some((one) => one.winner !== "open" && one.at >= set.at && same(one.value)))
    say("was decided by a rule, and none is named");
  if (open && rule?.winner !== "open") say("is asked about, and is not said to be");
  const stops = held.get(`${id} ${field}`) ?? [];
  if (places.length === 0) say("is nowhere, and nothing says why");
  for (const { connection, stream, recordId, state, agreed, sent, next } of places) {
    const agrees = same(agreed);
    if (next === "Nothing: both sides agree." && !agrees) say(`is said to agree with ${connection}`);
    const otherwise = state === "active" && !agrees;
    if (otherwise && !WHY_OTHERWISE.test(next))
      say(`${connection} has ${JSON.stringify(agreed)}, and what is said of it is: ${next}`);
    const goesThere = written.get(`${connection} ${stream}`)!.has(field);
    if (next === "Nothing: this field is not written there." && goesThere) say(`goes to ${connection} by its mapping`);
    for (const stop of stops) {
      const here = stop.place === null || stop.place === `${connection} ${stream} ${recordId}`;
      if (state === "active" && (here || (otherwise && goesThere)) && !stops.some((one) => next.includes(one.command)))
        say(`waits for a person (${stop.command.replace(/ \S+$/u, "")}), and at ${connection} it is said: ${next}`);
    }
    if (next.startsWith("Nothing is owed there"))
      say(`${connection} has ${JSON.stringify(agreed)}, and nothing says why`);
    const link = links.find((one) => one.connection === connection && one.recordId === recordId);
    if (recordId !== null && !link) say(`${recordId} is there without a link`);
    if (sent) stands(sent.request, sent.run, sent.at, `what was sent to ${connection}`);
    // What Winston made there has this value from a write, unless somebody there said the same or it came from there. Where it has another, as an
    // owner of the vendor's own, it is told why.
    const ours = link?.reason === "created" && state === "active" && agreed !== null && agrees && goesThere;
    if (ours && !sent && set.stream?.split(" ")[0] !== connection) say(`came to ${connection} by no write`);
  }
  return found;
}

/** From now on a person is asked about a field of people that both sides changed. */
async function askAbout(hub: Hub, field: string): Promise<void> {
  for (const connection of await hub.winston.connections.list())
    for (const { id, kind } of await hub.winston.connections.streams(connection.id)) {
      if (kind !== "person") continue;
      const { document } = await hub.winston.connections.mapping(id);
      const rows = document["rows"] as { field: unknown; direction?: string }[];
      const asking = rows.map((row) =>
        row.field === field && row.direction !== "in" && row.direction !== "out" ? { ...row, rule: "ask" } : row,
      );
      await hub.winston.connections.putMapping(id, { ...document, rows: asking as never }, "test");
    }
  await hub.settle();
}

/** Times of a thing run forwards: no version is told earlier than the one before it, and no record is linked before the thing was made. */
function backwards({ id, kind, links, fields }: Explanation): string[] {
  const sets = fields.map((one) => one.set).toSorted((a, b) => a.version - b.version);
  const made = sets.find((one) => one.version === 1)?.at;
  const early = sets.some((one, at) => at > 0 && one.at < sets[at - 1]!.at);
  const linked = made !== undefined && links.some((one) => one.linkedAt < made);
  return early || linked ? [`${kind} ${id} times: run backwards`] : [];
}

/** Edits on each of the three sides, questions and a frozen field, then every chain; returns how many fields there were of what kind. */
async function assertUnbroken(hub: Hub) {
  const people = await hub.list("person");
  for (const one of people.slice(0, 20)) await hub.save("person", { title: `said here of ${one.id}` }, one.id);
  await hub.save("person", { lastName: "Made here", company: "Here", email: "made.here@example.com" });
  await hub.settle();
  hub.clock.move(60_000);
  for (const [n, lead] of hub.org.list("Lead").slice(0, 40).entries())
    if (lead["IsConverted"] !== true) hub.org.edit("Lead", lead["Id"] as string, { Title: `there ${n}` });
  for (const [n, contact] of hub.portal.list("contacts").slice(0, 40).entries())
    hub.portal.edit("contacts", contact.id, { jobtitle: `elsewhere ${n}` });
  await askAbout(hub, "phone");
  hub.clock.move(60_000);
  for (const one of hub.org.list("Lead").slice(0, 6))
    if (one["IsConverted"] !== true) {
      hub.org.edit("Lead", one["Id"] as string, { Phone: "+1 202 555 0111" });
      const twin = hub.portal.list("contacts").find((contact) => contact["email"] === one["Email"]);
      if (twin) hub.portal.edit("contacts", twin.id, { phone: "+1 202 555 0122" });
    }
  await hub.cycle();
  const writer = { actor: "connection:salesforce", streamId: null, mapping: null, value: "x" };
  await insertFrozen(
    hub.database,
    people.slice(20, 22).map(({ id: entityId }, n) => ({
      id: `0190a1b2-0000-7000-8000-00000000000${n}`,
      entityId,
      field: "title",
      writers: [writer, { ...writer, value: "y" }],
    })),
    hub.clock.now(),
  );
  // Not written any more, because it is frozen.
  for (const one of people.slice(20, 22)) await hub.save("person", { title: "said of a frozen one" }, one.id);
  await hub.settle();

  const all = await known(hub);
  const wrong: string[] = [];
  const fields = { all: 0, sent: 0, decided: 0, asked: 0, frozen: 0, fromRequest: 0 };
  const rest = [...all.entities];
  const ask = async (): Promise<void> => {
    for (let id = rest.pop(); id !== undefined; id = rest.pop()) {
      const told = await hub.winston.why.explain(id, {});
      wrong.push(...backwards(told));
      for (const one of told.fields) {
        fields.all += 1;
        fields.decided += Number(one.rule !== null && one.rule.winner !== "open");
        fields.asked += Number(one.rule?.winner === "open");
        fields.frozen += Number(one.places.some((place) => place.next.includes("winston frozen release")));
        fields.fromRequest += Number(one.set.request !== null);
        fields.sent += Number(one.places.some((place) => place.sent !== null));
        wrong.push(...broken(told, one, all));
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, ask));
  const causes = new Map<string, string[]>();
  for (const one of wrong) {
    const cause = one.replace(/^(\S+) \S+ (\S+): /u, "$1 $2: ").replaceAll(/"[^"]*"|\d{6,}/gu, "…");
    causes.set(cause, [...(causes.get(cause) ?? []), one]);
  }
  assert.deepEqual(
    [...causes].map(([cause, of]) => `${of.length} × ${cause}, as ${of[0]}`),
    [],
  );
  return fields;
}

test("every field of everything that two CRMs and edits on each of the three sides brought has an unbroken chain", async () => {
  await using hub = await createHub(({ org, portal }) => {
    const account = org.add("Account", { Name: "Acme" });
    for (let n = 0; n < 30; n++)
      org.add("Lead", { LastName: `L${n}`, Company: "Acme", Email: `l${n}@example.com`, Title: "t" });
    for (let n = 0; n < 10; n++)
      org.add("Contact", { LastName: `C${n}`, Email: `c${n}@example.com`, AccountId: account });
    org.add("Opportunity", { Name: "Arm", AccountId: account, StageName: "Prospecting", CloseDate: "2026-09-30" });
    // Half of them are known there already, some with another title.
    for (let n = 0; n < 30; n++) {
      const name = `${n < 15 ? "L" : "H"}${n}`;
      const jobtitle = n < 5 ? "other" : "t";
      portal.add("contacts", { lastname: name, email: `${name.toLowerCase()}@example.com`, jobtitle });
    }
    portal.add("companies", { name: "Zed" });
  });
  const fields = await assertUnbroken(hub);
  assert.ok(
    fields.all > 350 &&
      fields.sent > 100 &&
      fields.fromRequest > 200 &&
      fields.decided > 4 &&
      fields.asked > 3 &&
      fields.frozen === 2,
    JSON.stringify(fields),
  );
});

test("every field of everything in the two stories that `npm start` shows has an unbroken chain, also after edits on each of the three sides", async () => {
  await using hub = await createHub(() => {}, { story: "larkfield" });
  const fields = await assertUnbroken(hub);
  assert.ok(fields.all > 40_000 && fields.sent > 2_000 && fields.fromRequest > 30_000, JSON.stringify(fields));
});
