// The yardstick of `pull`: the same pages into the same tables in plain code, with every technique of which we know that it pays: undici, one
// page ahead, fixed code for the mapping, digests asked first, binary arrays in reused memory, two lanes. What it leaves out is
// everything that makes a sync: checks of values, matching, merging, checkpoints, fences, history.
import { hash } from "node:crypto";
import { Agent, request } from "undici";
import { systemClock } from "../src/base/clock.ts";
import { idMaker } from "../src/base/ids.ts";
import { systemRandom } from "../src/base/random.ts";
import type { Database } from "../src/store/database.ts";
import { bytea, jsonb, sql, text, timestamp, uuid } from "../src/store/sql.ts";
import type { LeadRow } from "./leads.ts";

const LANES = 2;

interface Answer {
  readonly done: boolean;
  readonly nextRecordsUrl?: string;
  readonly records: readonly LeadRow[];
}

interface Read {
  readonly id: string;
  readonly email: string;
  readonly stamp: string;
  readonly fields: string;
  readonly image: string;
  readonly digest: Uint8Array;
}

/** Where the rows belong, and whose records the owners are. */
export interface Place {
  readonly stream: number;
  readonly connection: string;
  readonly owners: ReadonlyMap<string, string>;
}

export async function findPlace(database: Database): Promise<Place> {
  const stream = await database.one<{ id: number; connection: string }>(
    sql`select id, connection_id as connection from stream where key = 'lead'`,
  );
  const owners = await database.rows<{ record: string; entity: string }>(
    sql`select record_id as record, entity_id as entity from link`,
  );
  return {
    stream: stream!.id,
    connection: stream!.connection,
    owners: new Map(owners.map((row) => [row.record, row.entity])),
  };
}

/** Reads everything once and writes what differs. Returns how many records it saw. */
export async function plainPull(database: Database, place: Place, url: string): Promise<number> {
  const agent = new Agent({ connections: 2 });
  const newId = idMaker(systemClock, systemRandom);
  const get = async (path: string): Promise<Answer> => {
    const { body } = await request(url + path, { dispatcher: agent });
    return JSON.parse(await body.text()) as Answer;
  };
  const lanes: Promise<void>[] = Array.from({ length: LANES }, () => Promise.resolve());
  let next: Promise<Answer> | null = get("/services/data/v66.0/query?q=SELECT%20Id%20FROM%20Lead");
  let count = 0;
  for (let page = 0; next; page++) {
    const answer: Answer = await next;
    next = answer.nextRecordsUrl === undefined ? null : get(answer.nextRecordsUrl);
    const rows = answer.records.map((record) => read(record, place.owners));
    count += rows.length;
    const lane = page % LANES;
    await lanes[lane];
    lanes[lane] = store(database, place, rows, newId);
    lanes[lane].catch(() => {});
  }
  await Promise.all(lanes);
  await agent.close();
  return count;
}

function read(row: LeadRow, owners: ReadonlyMap<string, string>): Read {
  const image = JSON.stringify({
    AnnualRevenue: row["AnnualRevenue"],
    City: row["City"],
    Company: row["Company"],
    Country: row["Country"],
    DoNotCall: row["DoNotCall"],
    Email: row["Email"],
    FirstName: row["FirstName"],
    HasOptedOutOfEmail: row["HasOptedOutOfEmail"],
    Industry: row["Industry"],
    LastName: row["LastName"],
    LeadSource: row["LeadSource"],
    MobilePhone: row["MobilePhone"] ?? undefined,
    NumberOfEmployees: row["NumberOfEmployees"],
    OwnerId: row["OwnerId"],
    Phone: row["Phone"],
    PostalCode: row["PostalCode"],
    Rating: row["Rating"],
    Salutation: row["Salutation"] ?? undefined,
    Status: row["Status"],
    Street: row["Street"],
    Title: row["Title"],
    Website: row["Website"],
  });
  const fields = JSON.stringify({
    firstName: row["FirstName"],
    lastName: row["LastName"],
    salutation: row["Salutation"] ?? undefined,
    title: row["Title"],
    email: row["Email"],
    phone: row["Phone"],
    mobile: row["MobilePhone"] ?? undefined,
    source: row["LeadSource"],
    doNotEmail: row["HasOptedOutOfEmail"],
    doNotCall: row["DoNotCall"],
    company: row["Company"],
    website: row["Website"],
    street: row["Street"],
    city: row["City"],
    postalCode: row["PostalCode"],
    country: row["Country"],
    status: row["Status"],
    rating: row["Rating"],
    industry: row["Industry"],
    employees: row["NumberOfEmployees"],
    annualRevenue: { amount: String(row["AnnualRevenue"]), currency: null },
    owner: owners.get(row["OwnerId"] as string),
  });
  const email = (row["Email"] as string).toLowerCase();
  return { id: row.Id, email, stamp: row.SystemModstamp, fields, image, digest: hash("sha1", image, "buffer") };
}

const AT = new Date(0);
const ORIGIN = JSON.stringify({ "*": [1, null, 0, 0] });

async function store(database: Database, place: Place, rows: readonly Read[], newId: () => string): Promise<void> {
  await database.transaction(async (tx) => {
    const work = await tx.rows<{ index: number; entity: string | null }>(sql`
      select (seen.n - 1)::int as index, link.entity_id as entity
      from unnest(${text(rows.map((row) => row.id))}::text[], ${bytea(rows.map((row) => row.digest))}::bytea[]) with ordinality as seen (record_id, digest, n)
      left join link on link.stream_id = ${place.stream} and link.record_id = seen.record_id
      where link.digest is distinct from seen.digest`);
    if (work.length === 0) return;
    const changed = work.map(({ index, entity }) => ({ ...rows[index]!, entity: entity ?? newId() }));
    const ids = uuid(changed.map((row) => row.entity));
    const fields = jsonb(changed.map((row) => row.fields));
    await tx.run(sql`
      insert into entity (id, kind, stage, fields, origin, version, created_at, updated_at)
      select seen.id, 'person', 'lead', seen.fields, ${ORIGIN}::jsonb, 1, ${AT}, ${AT} from unnest(${ids}::uuid[], ${fields}::jsonb[]) as seen (id, fields)
      on conflict (id) do update set fields = excluded.fields, version = entity.version + 1, updated_at = excluded.updated_at`);
    await tx.run(sql`
      insert into identity (kind, key, value, entity_id, strong)
      select 'person', 'email', seen.value, seen.id, false from unnest(${text(changed.map((row) => row.email))}::text[], ${ids}::uuid[]) as seen (value, id)
      on conflict do nothing`);
    await tx.run(sql`
      insert into link (stream_id, connection_id, mapping_version, state, created_at, record_id, entity_id, baseline, image, digest, vendor_version, changed_at)
      select ${place.stream}, ${place.connection}::uuid, 1, 'active', ${AT}, seen.*
      from unnest(${text(changed.map((row) => row.id))}::text[], ${ids}::uuid[], ${fields}::jsonb[], ${jsonb(changed.map((row) => row.image))}::jsonb[],
                  ${bytea(changed.map((row) => row.digest))}::bytea[], ${text(changed.map((row) => row.stamp))}::text[], ${timestamp(changed.map((row) => Date.parse(row.stamp)))}::timestamptz[]) as seen
      on conflict (stream_id, record_id) do update set baseline = excluded.baseline, image = excluded.image, digest = excluded.digest,
        vendor_version = excluded.vendor_version, changed_at = excluded.changed_at`);
  });
}
