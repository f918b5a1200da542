import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock, VirtualClock, type Clock } from "../base/clock.ts";
import { isError, WinstonError } from "../base/errors.ts";
import type { JsonObject } from "../base/json.ts";
import { silentLog } from "../base/log.ts";
import { systemRandom } from "../base/random.ts";
import type { Auth, Grant } from "../connector/api.ts";
import { openDatabase, type Database } from "../store/database.ts";
import { insertChannel, readChannels } from "../store/alert-channel.ts";
import { sql } from "../store/sql.ts";
import { createTestDatabase } from "../../test/support/database.ts";
import { createChannelSecrets } from "./channels.ts";
import { createCredentials } from "./credentials.ts";
import { openSeal } from "./master-key.ts";
import { openKeys } from "./keys.ts";
import { rewrap } from "./rewrap.ts";
import { createSeal } from "./seal.ts";

const CONNECTION = "0198a000-0000-7000-8000-000000000001";
const seal = createSeal([Buffer.alloc(32, 7)], systemRandom);

/** A provider that rotates refresh tokens and, at the second use of one, ends the whole family, as RFC 9700 asks. */
class StrictProvider {
  calls = 0;
  dead = false;
  #current = "rt-0";
  /** What happens between the request and the answer. */
  meanwhile: () => Promise<void> = async () => {
    await new Promise((resolve) => setImmediate(resolve));
  };

  readonly auth: Pick<Auth, "obtain"> = {
    obtain: async ({ secrets, grant }) => {
      this.calls += 1;
      const given = (grant?.["refresh_token"] ?? secrets["refreshToken"]) as string;
      if (this.dead || given !== this.#current) {
        this.dead = true;
        throw new WinstonError("credential.expired", "The vendor gives no token (invalid_grant).");
      }
      this.#current = `rt-${this.calls}`;
      const fresh: Grant = { access_token: `at-${this.calls}`, refresh_token: this.#current };
      await this.meanwhile();
      return fresh;
    },
  };
}

const unused = () => Promise.reject(new Error("no request is made in this test"));

async function connected(database: Database): Promise<void> {
  await database.run(sql`
    insert into connection (id, vendor, name, created_at, updated_at) values (${CONNECTION}::uuid, 'tern', 'main', ${new Date(0)}, ${new Date(0)})`);
  await give(database, { refreshToken: "rt-0" });
}

const give = (database: Database, secrets: Record<string, string>): Promise<void> =>
  database.transaction((tx) => vault(database).put(tx, CONNECTION, secrets));

function vault(database: Database, clock: Clock = systemClock) {
  return createCredentials({ database, seal, clock, log: silentLog });
}

const port = (database: Database, provider: StrictProvider, clock?: Clock) =>
  vault(database, clock).forConnection(CONNECTION, provider.auth, {}, unused);

function second(database: Database): Database & AsyncDisposable {
  const again = openDatabase(database.connection, silentLog);
  return { ...again, [Symbol.asyncDispose]: () => again.close() };
}

test("twenty renewals at once in two processes redeem the refresh token once", async () => {
  await using database = await createTestDatabase();
  await using other = second(database);
  await connected(database);
  const provider = new StrictProvider();
  const ports = [port(database, provider), port(other, provider)];
  const renewAll = (stale: Grant | null) =>
    Promise.all(Array.from({ length: 20 }, (_, index) => ports[index % 2]!.renew(stale)));

  const first = await renewAll(null);
  assert.equal(provider.calls, 1);
  assert.deepEqual(new Set(first.map((grant) => grant["access_token"])), new Set(["at-1"]));
  const next = await renewAll(first[0]!);
  assert.equal(provider.calls, 2);
  assert.ok(next.every((grant) => grant["access_token"] === "at-2" && grant["refresh_token"] === "rt-2"));
  // Somebody who still holds the first grant gets the second, without asking the vendor.
  assert.deepEqual(await port(other, provider).renew(first[0]!), next[0]);
  assert.equal(provider.calls, 2);
  assert.equal(provider.dead, false);
});

test("a grant renewed elsewhere is used here within five seconds, and is read only when it changed", async () => {
  await using database = await createTestDatabase();
  await connected(database);
  const clock = new VirtualClock();
  const provider = new StrictProvider();
  const [here, there] = [port(database, provider, clock), port(database, provider, clock)];
  assert.equal(await here.current(), null);
  const first = await there.renew(null);
  clock.advance(5_000);
  const held = await here.current();
  assert.deepEqual(held, first);
  clock.advance(5_000);
  assert.equal(await here.current(), held); // The same object: nothing was opened again.
});

test("a grant whose storing was cut off is stored by the same call, for no other copy exists", async () => {
  await using database = await createTestDatabase();
  await connected(database);
  const provider = new StrictProvider();
  let cut = 0;
  provider.meanwhile = async () => {
    cut = await database.run(
      sql`select pg_terminate_backend(pid) from pg_stat_activity where state = 'idle in transaction' and datname = current_database()`,
    );
  };
  const grant = await port(database, provider).renew(null);
  assert.equal(cut, 1);
  assert.equal(grant["refresh_token"], "rt-1");
  assert.deepEqual(await port(database, provider).current(), grant);
  provider.meanwhile = async () => {};
  assert.equal((await port(database, provider).renew(grant))["refresh_token"], "rt-2");
  assert.equal(provider.calls, 2);
});

test("a grant that the database would not take at all is stored by the next renewal", async () => {
  await using database = await createTestDatabase();
  await using broken = second(database);
  await connected(database);
  const provider = new StrictProvider();
  let down = true;
  const flaky: Database = {
    ...broken,
    transaction: (body, options) =>
      broken.transaction(async (tx) => {
        const result = await body(tx);
        if (down) throw new WinstonError("store.unavailable", "The database does not answer (test).");
        return result;
      }, options),
  };
  const here = vault(flaky).forConnection(CONNECTION, provider.auth, {}, unused);
  await assert.rejects(here.renew(null), (thrown) => isError(thrown, "store.unavailable"));
  down = false;
  assert.equal((await here.renew(null))["refresh_token"], "rt-1");
  assert.equal(provider.calls, 1);
  assert.equal((await port(database, provider).current())?.["refresh_token"], "rt-1");
});

test("a token endpoint that never answers gives the lock back, and its late answer is not lost", async () => {
  await using database = await createTestDatabase();
  await connected(database);
  const clock = new VirtualClock();
  const provider = new StrictProvider();
  const asked = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<void>();
  provider.meanwhile = () => {
    asked.resolve();
    return answer.promise;
  };
  const here = port(database, provider, clock);
  const renewal = assert.rejects(here.renew(null), (thrown) => isError(thrown, "vendor.unavailable"));
  await asked.promise;
  clock.advance(45_000);
  await renewal;
  answer.resolve();
  provider.meanwhile = async () => {};
  assert.equal((await here.renew(null))["refresh_token"], "rt-1");
  assert.equal(provider.calls, 1);
});

test("an account whose credentials are refused says so by name, and the vendor is not asked again and again", async () => {
  await using database = await createTestDatabase();
  await connected(database);
  const clock = new VirtualClock();
  const provider = new StrictProvider();
  provider.dead = true;
  const here = port(database, provider, clock);
  const refusal = (thrown: unknown) =>
    isError(thrown, "credential.expired") &&
    thrown.message.includes('"main"') &&
    thrown.message.includes("winston connect");
  await Promise.all(Array.from({ length: 5 }, () => assert.rejects(here.renew(null), refusal)));
  await assert.rejects(here.renew(null), refusal);
  assert.equal(provider.calls, 1);

  // New secrets are tried at once.
  provider.dead = false;
  await give(database, { refreshToken: "rt-0" });
  assert.equal((await here.renew(null))["access_token"], "at-2");
});

test("new secrets end the grant of the old ones in every process", async () => {
  await using database = await createTestDatabase();
  await connected(database);
  const clock = new VirtualClock();
  const here = port(database, new StrictProvider(), clock);
  await here.renew(null);
  await give(database, { refreshToken: "of another account" });
  clock.advance(5_000);
  assert.equal(await here.current(), null);
});

test("a connection without credentials is told apart from one that is gone", async () => {
  await using database = await createTestDatabase();
  await connected(database);
  await database.run(sql`delete from credential`);
  const here = port(database, new StrictProvider());
  await assert.rejects(
    here.current(),
    (thrown) => isError(thrown, "credential.missing") && thrown.message.includes('"main"'),
  );
  await assert.rejects(here.renew(null), (thrown) => isError(thrown, "credential.missing"));
  await database.run(sql`delete from connection`);
  await assert.rejects(here.current(), (thrown) => isError(thrown, "not.found"));
});

test("a dump of the credentials holds no secret, and swapped rows do not open", async () => {
  await using database = await createTestDatabase();
  await connected(database);
  await give(database, { refreshToken: "canary-91c2" });
  const dump = await database.rows<{ sealed: Buffer }>(sql`select * from credential`);
  assert.ok(!JSON.stringify(dump).includes("canary") && !dump.some((row) => row.sealed.includes("canary")));
  const provider = new StrictProvider();
  await give(database, { refreshToken: "rt-0" });
  const here = port(database, provider);
  await here.renew(null);
  await database.run(sql`
    update credential set sealed = (select other.sealed from credential as other where other.part <> credential.part), version = version + 1`);
  await assert.rejects(port(database, provider).current(), (thrown) => isError(thrown, "key.wrong"));
});

test("changing the master key re-wraps every secret while renewals go on, and breaks neither grants nor API keys", async () => {
  await using database = await createTestDatabase();
  const [oldKey, newKey] = [7, 9].map((byte) => {
    const key = Buffer.alloc(32, byte);
    key[0] = 1;
    return key.toString("base64");
  });
  const sealOf = (key: string) => openSeal({ database, source: { key, dataDir: "unused" }, random: systemRandom });
  const before = await sealOf(oldKey!);
  const { token } = await (
    await openKeys({ database, seal: before, clock: systemClock, random: systemRandom })
  ).create({ name: "ci", scopes: [] });
  await database.run(sql`
    insert into connection (id, vendor, name, created_at, updated_at)
    select gen_random_uuid(), 'tern', 'c' || n, ${new Date(0)}, ${new Date(0)} from generate_series(1, 130) n`);
  const ids = (await database.rows<{ id: string }>(sql`select id from connection order by id`)).map((row) => row.id);
  const old = createCredentials({ database, seal: before, clock: systemClock, log: silentLog });
  for (const id of ids) await database.transaction((tx) => old.put(tx, id, { apiKey: id }));

  const [channel, secrets] = ["0198a000-0000-7000-8000-000000000009", { url: "https://example.com/T0" }];
  await insertChannel(database, {
    id: channel,
    name: "ops",
    type: "slack",
    settings: {},
    at: 0,
    ...createChannelSecrets(before).seal(channel, secrets),
  });

  const both = await sealOf(`${newKey} ${oldKey}`);
  const auth: Pick<Auth, "obtain"> = { obtain: async ({ secrets }) => ({ ...secrets }) as JsonObject };
  const during = createCredentials({ database, seal: both, clock: systemClock, log: silentLog });
  const [count] = await Promise.all([
    rewrap({ database, seal: both, log: silentLog }),
    ...ids.slice(0, 20).map((id) => during.forConnection(id, auth, {}, unused).renew(null)),
  ]);
  assert.ok(count >= 132);
  assert.equal(await rewrap({ database, seal: both, log: silentLog }), 0);
  // A process that was not restarted yet still seals under the old key; the start that follows finds it.
  await database.transaction((tx) => old.put(tx, ids[0]!, { apiKey: ids[0]! }));
  assert.equal(await rewrap({ database, seal: both, log: silentLog }), 1);

  await assert.rejects(sealOf(oldKey!), (thrown) => isError(thrown, "key.wrong"));
  const after = await sealOf(newKey!);
  const fresh = createCredentials({ database, seal: after, clock: systemClock, log: silentLog });
  for (const id of ids) assert.deepEqual(await fresh.forConnection(id, auth, {}, unused).renew(null), { apiKey: id });
  const [kept] = await readChannels(database, channel);
  assert.deepEqual(createChannelSecrets(after).open(channel, kept!.sealed), secrets);
  assert.ok(await (await openKeys({ database, seal: after, clock: systemClock, random: systemRandom })).verify(token));
});
