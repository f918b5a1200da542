// Why every field of everything of both CRMs is as it is: each link of the chain is there, and is borne out by what else is known.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Explanation, FieldWhy } from "../../src/sync/explained.ts";
import { createHub, type Hub } from "../support/hub.ts";

const AT_ONCE = 4;

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
  return { runs: new Map(runs.map((one) => [one.id, one])), entities: entities.map((one) => one.id), written };
}

/** What is missing of a chain, in words. */
function broken(
  { id, kind, links }: Explanation,
  { field, value, set, places }: FieldWhy,
  { runs, written }: Awaited<ReturnType<typeof known>>,
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
    const ran = set.run === null ? undefined : runs.get(set.run);
    if (ran && ran.place !== set.stream) say(`was set by ${set.stream} in a run of ${ran.place}`);
  } else if (!/^(?:test|key:|import|undo:)/u.test(set.by)) say(`was set by ${set.by}, which is no one`);
  if (places.length === 0) say("is nowhere, and nothing says why");
  for (const { connection, stream, recordId, state, agreed, sent, next } of places) {
    const same = JSON.stringify(agreed) === JSON.stringify(value);
    if (next === "Nothing: both sides agree." && !same) say(`is said to agree with ${connection}`);
    if (next.startsWith("Nothing is owed there"))
      say(`${connection} has ${JSON.stringify(agreed)}, and nothing says why`);
    const link = links.find((one) => one.connection === connection && one.recordId === recordId);
    if (recordId !== null && !link) say(`${recordId} is there without a link`);
    if (sent) stands(sent.request, sent.run, sent.at, `what was sent to ${connection}`);
    // What Winston made there has this value from a write, unless somebody there said the same or it came from there. Where it has another, as an
    // owner of the vendor's own, it is told why.
    const goesThere = written.get(`${connection} ${stream}`)!.has(field);
    const ours = link?.reason === "created" && state === "active" && agreed !== null && same && goesThere;
    if (ours && !sent && set.stream?.split(" ")[0] !== connection) say(`came to ${connection} by no write`);
  }
  return found;
}

/** Edits on each of the three sides, then every chain; returns how many fields there were of what kind. */
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
  await hub.cycle();

  const all = await known(hub);
  const wrong: string[] = [];
  const fields = { all: 0, sent: 0, decided: 0, fromRequest: 0 };
  const rest = [...all.entities];
  const ask = async (): Promise<void> => {
    for (let id = rest.pop(); id !== undefined; id = rest.pop()) {
      const told = await hub.winston.why.explain(id, {});
      for (const one of told.fields) {
        fields.all += 1;
        fields.decided += Number(one.rule !== null);
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
    fields.all > 350 && fields.sent > 100 && fields.fromRequest > 200 && fields.decided > 4,
    JSON.stringify(fields),
  );
});

test("every field of everything in the two stories that `npm start` shows has an unbroken chain, also after edits on each of the three sides", async () => {
  await using hub = await createHub(() => {}, { story: "larkfield" });
  const fields = await assertUnbroken(hub);
  assert.ok(fields.all > 40_000 && fields.sent > 2_000 && fields.fromRequest > 30_000, JSON.stringify(fields));
});
