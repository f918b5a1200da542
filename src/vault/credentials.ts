// Grants of connections. A refresh token is redeemed by one process at a time (S6): the renewal holds a row lock while it
// asks the vendor, and stores what the vendor returned before it lets go.
//
// What no design prevents: a machine that dies after the vendor rotated the token and before the commit. The account must
// then be connected again; docs/operations/secrets.md says so.
import type { Clock } from "../base/clock.ts";
import { isError, WinstonError } from "../base/errors.ts";
import { equalJson, type JsonObject } from "../base/json.ts";
import type { Log } from "../base/log.ts";
import type { Auth, Grant } from "../connector/api.ts";
import type { CredentialPort } from "../connector/ports.ts";
import {
  deleteGrant,
  lockCredential,
  putCredential,
  readConnectionName,
  readCredential,
  readCredentialVersions,
  type CredentialPart,
  type CredentialVersions,
} from "../store/credential.ts";
import type { Database, Queries, Tx } from "../store/database.ts";
import type { Place, Seal } from "./seal.ts";

export interface Credentials {
  /** Seals what a person gave, by the connector's secret keys, with the grant they were tried with. The grant of earlier secrets goes, in every process. */
  put(tx: Tx, connectionId: string, secrets: Readonly<Record<string, string>>, grant?: Grant | null): Promise<void>;
  /** The port that the connector runtime is given. It throws credential.missing, credential.expired, key.wrong. */
  forConnection(connectionId: string, auth: Pick<Auth, "obtain">, settings: JsonObject, post: Post): CredentialPort;
  /** Resolves when no renewal is under way: wait for it before the process ends. */
  settled(): Promise<void>;
}

type Post = Parameters<Auth["obtain"]>[0]["post"];

/** How long a grant is used before asking whether another process has a newer one. */
const CHECK_EVERY_MS = 5_000;
/** Below the 60 s after which PostgreSQL ends an idle transaction, and its lock with it. */
const OBTAIN_MS = 45_000;
/** How long a vendor's refusal stands before the same credentials are tried again. */
const REFUSAL_STANDS_MS = 60_000;

interface Held {
  readonly versions: CredentialVersions;
  readonly grant: Grant | null;
}

export function createCredentials(parts: { database: Database; seal: Seal; clock: Clock; log: Log }): Credentials {
  const { database, seal, clock, log } = parts;
  const cache = new Map<string, Held & { checkedAt: number }>();
  const flights = new Map<string, Promise<Grant>>();
  /** Grants the vendor gave and the database did not take: nobody else has them. */
  const unsaved = new Map<string, Held & { grant: Grant }>();
  const refused = new Map<string, { versions: CredentialVersions; error: WinstonError; at: number }>();

  const remember = (connectionId: string, held: Held): void => {
    cache.set(connectionId, { ...held, checkedAt: clock.now() });
  };

  const store = async (tx: Tx, connectionId: string, part: CredentialPart, content: JsonObject): Promise<number> =>
    putCredential(tx, {
      connectionId,
      part,
      sealed: seal.seal(Buffer.from(JSON.stringify(content)), placeOf(connectionId, part)),
      keyId: seal.keyId,
      at: clock.now(),
    });

  const load = async (
    queries: Queries,
    connectionId: string,
  ): Promise<Held & { secrets: Readonly<Record<string, string>> | null }> => {
    const rows = await readCredential(queries, connectionId);
    const open = (part: CredentialPart): { version: number; content: JsonObject | null } => {
      const row = rows.find((one) => one.part === part);
      if (!row) return { version: 0, content: null };
      const plain = seal.open(row.sealed, placeOf(connectionId, part));
      return { version: row.version, content: JSON.parse(plain.toString("utf8")) as JsonObject };
    };
    const [secrets, grant] = [open("secrets"), open("grant")];
    return {
      versions: { secrets: secrets.version, grant: grant.version },
      grant: grant.content,
      secrets: secrets.content as Readonly<Record<string, string>> | null,
    };
  };

  const missing = async (queries: Queries, connectionId: string): Promise<WinstonError> => {
    const known = await readConnectionName(queries, connectionId);
    if (!known) return new WinstonError("not.found", `There is no connection ${connectionId} any more.`);
    return new WinstonError(
      "credential.missing",
      `Connection "${known.name}" has no credentials. Connect it with: ${connectAgain(known)}`,
    );
  };

  /** Asks the vendor. What it returns is kept even when it returns too late or the commit fails. */
  const obtain = async (
    connectionId: string,
    ask: () => Promise<Grant>,
    versions: CredentialVersions,
  ): Promise<Grant> => {
    const answered = new AbortController();
    const asked = ask().then((grant) => {
      unsaved.set(connectionId, { versions, grant });
      return grant;
    });
    const late = clock.sleep(OBTAIN_MS, answered.signal).then(() => {
      throw new WinstonError(
        "vendor.unavailable",
        `The vendor gave no token within ${OBTAIN_MS / 1_000} s; Winston asks again.`,
      );
    });
    try {
      return await Promise.race([asked, late]);
    } finally {
      answered.abort();
      asked.catch(() => {});
      late.catch(() => {});
    }
  };

  const renewLocked = async (
    tx: Tx,
    connectionId: string,
    stale: Grant | null,
    ask: (secrets: Readonly<Record<string, string>>, grant: Grant | null) => Promise<Grant>,
  ): Promise<Held & { grant: Grant }> => {
    if (!(await lockCredential(tx, connectionId))) throw await missing(tx, connectionId);
    const { secrets, ...stored } = await load(tx, connectionId);
    let { versions, grant }: Held = stored;
    const save = async (fresh: Grant): Promise<Held & { grant: Grant }> => {
      const version = await store(tx, connectionId, "grant", fresh);
      return { versions: { secrets: versions.secrets, grant: version }, grant: fresh };
    };
    const kept = unsaved.get(connectionId);
    if (kept && sameVersions(kept.versions, versions)) ({ versions, grant } = await save(kept.grant));
    if (grant !== null && !equalJson(grant, stale)) return { versions, grant };

    const before = refused.get(connectionId);
    if (before && sameVersions(before.versions, versions) && within(clock.now() - before.at, REFUSAL_STANDS_MS))
      throw before.error;
    try {
      return await save(await obtain(connectionId, () => ask(secrets!, grant), versions));
    } catch (thrown) {
      if (!isError(thrown, "credential.expired")) throw thrown;
      // Read again before the account is declared dead: this also proves that the lock was ours to the end.
      const now = await load(tx, connectionId);
      if (now.grant !== null && !sameVersions(now.versions, versions)) return { ...now, grant: now.grant };
      const known = await readConnectionName(tx, connectionId);
      const error = new WinstonError(
        "credential.expired",
        known ? `Connection "${known.name}": ${thrown.message} To reconnect: ${connectAgain(known)}` : thrown.message,
        { cause: thrown, vendor: thrown.vendor },
      );
      refused.set(connectionId, { versions, error, at: clock.now() });
      throw error;
    }
  };

  const renew = async (
    connectionId: string,
    stale: Grant | null,
    ask: (secrets: Readonly<Record<string, string>>, grant: Grant | null) => Promise<Grant>,
  ): Promise<Grant> => {
    const attempt = (): Promise<Held & { grant: Grant }> =>
      database.transaction((tx) => renewLocked(tx, connectionId, stale, ask), { retries: 0 });
    let held: Held & { grant: Grant };
    try {
      held = await attempt();
    } catch (thrown) {
      if (!unsaved.has(connectionId)) throw thrown;
      log.warn({ connectionId, error: String(thrown) }, "a renewed grant was not stored; storing it again");
      held = await attempt();
    }
    unsaved.delete(connectionId);
    refused.delete(connectionId);
    remember(connectionId, held);
    return held.grant;
  };

  return {
    async put(tx, connectionId, secrets, grant) {
      await lockCredential(tx, connectionId);
      await store(tx, connectionId, "secrets", { ...secrets });
      await deleteGrant(tx, connectionId);
      if (grant) await store(tx, connectionId, "grant", grant);
      cache.delete(connectionId);
    },
    forConnection: (connectionId, auth, settings, post) => ({
      async current() {
        const cached = cache.get(connectionId);
        if (cached && within(clock.now() - cached.checkedAt, CHECK_EVERY_MS)) return cached.grant;
        const versions = await readCredentialVersions(database, connectionId);
        if (versions.secrets === 0) throw await missing(database, connectionId);
        const held = cached && sameVersions(cached.versions, versions) ? cached : await load(database, connectionId);
        remember(connectionId, { versions: held.versions, grant: held.grant });
        return held.grant;
      },
      async renew(stale) {
        for (;;) {
          const under = flights.get(connectionId);
          if (!under) break;
          // Join it; but a flight that brought what we already know to be stale does not help.
          const grant = await under;
          if (!equalJson(grant, stale)) return grant;
        }
        const flight = renew(connectionId, stale, (secrets, grant) => auth.obtain({ settings, secrets, grant, post }));
        flights.set(connectionId, flight);
        try {
          return await flight;
        } finally {
          flights.delete(connectionId);
        }
      },
    }),
    async settled() {
      while (flights.size > 0) await Promise.allSettled(flights.values());
    },
  };
}

/** Secrets that are tried before they are stored: nothing of them is kept but the grant they got, which is told. */
export function createTrial(
  secrets: Readonly<Record<string, string>>,
  auth: Pick<Auth, "obtain">,
  settings: JsonObject,
  post: Post,
): CredentialPort & { granted(): Grant | null } {
  let grant: Grant | null = null;
  return {
    granted: () => grant,
    current: async () => grant,
    renew: async () => (grant = await auth.obtain({ settings, secrets, grant, post })),
  };
}

/** How a person gives new credentials. */
const connectAgain = ({ name, vendor }: { name: string; vendor: string }): string =>
  `winston connect ${vendor}${name === vendor ? "" : ` --name ${/^[\w.-]+$/u.test(name) ? name : JSON.stringify(name)}`}`;

/** True for an age from 0 up to the bound: after a clock was set back, nothing counts as fresh. */
const within = (age: number, boundMs: number): boolean => age >= 0 && age < boundMs;

const sameVersions = (a: CredentialVersions, b: CredentialVersions): boolean =>
  a.secrets === b.secrets && a.grant === b.grant;

const placeOf = (connectionId: string, part: CredentialPart): Place => ({
  table: "credential",
  row: connectionId,
  part,
});
