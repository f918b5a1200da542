// Credentials as the vault sealed them: this room sees bytes, never a secret.
import type { Queries, Tx } from "./database.ts";
import { bytea, integer, sql, text, uuid } from "./sql.ts";

/** `secrets`: what a person gave. `grant`: what the vendor returned for it. */
export type CredentialPart = "secrets" | "grant";

export interface SealedPart {
  readonly connectionId: string;
  readonly part: CredentialPart;
  readonly sealed: Buffer;
  /** The master key that seals it. */
  readonly keyId: string;
  /** Counts up with every change of what is sealed. A grant's begins anew with new secrets, so only the pair names a state. */
  readonly version: number;
}

/** Which version of each part is stored; 0 where there is none. */
export interface CredentialVersions {
  readonly secrets: number;
  readonly grant: number;
}

export async function readCredentialVersions(tx: Queries, connectionId: string): Promise<CredentialVersions> {
  const row = await tx.one<CredentialVersions>(sql`
    select coalesce(max(version) filter (where part = 'secrets'), 0) as secrets,
           coalesce(max(version) filter (where part = 'grant'), 0) as grant
    from credential where connection_id = ${connectionId}::uuid`);
  return row ?? { secrets: 0, grant: 0 };
}

export async function readCredential(tx: Queries, connectionId: string): Promise<SealedPart[]> {
  return tx.rows<SealedPart>(sql`
    select connection_id as "connectionId", part, sealed, key_id as "keyId", version
    from credential where connection_id = ${connectionId}::uuid`);
}

/**
 * Takes the one lock under which a connection's grant is renewed or its secrets are replaced, until the transaction ends.
 * It is on the secrets and not on the connection: pausing a connection must not wait for a vendor's token endpoint.
 * False when the connection has no secrets.
 */
export async function lockCredential(tx: Tx, connectionId: string): Promise<boolean> {
  const row = await tx.one(sql`
    select 1 as held from credential where connection_id = ${connectionId}::uuid and part = 'secrets' for update`);
  return row !== undefined;
}

/** Stores a part; its version counts up. */
export async function putCredential(
  tx: Queries,
  row: { connectionId: string; part: CredentialPart; sealed: Buffer; keyId: string; at: number },
): Promise<number> {
  const stored = await tx.one<{ version: number }>(sql`
    insert into credential (connection_id, part, sealed, key_id, version, updated_at)
    values (${row.connectionId}::uuid, ${row.part}, ${row.sealed}, ${row.keyId}, 1, ${new Date(row.at)})
    on conflict (connection_id, part) do update
      set sealed = excluded.sealed, key_id = excluded.key_id, version = credential.version + 1, updated_at = excluded.updated_at
    returning version`);
  return stored!.version;
}

export async function deleteGrant(tx: Queries, connectionId: string): Promise<void> {
  await tx.run(sql`delete from credential where connection_id = ${connectionId}::uuid and part = 'grant'`);
}

/** The name people gave the connection, for sentences. */
export async function readConnectionName(
  tx: Queries,
  connectionId: string,
): Promise<{ name: string; vendor: string } | undefined> {
  return tx.one(sql`select name, vendor from connection where id = ${connectionId}::uuid`);
}

/** The next parts that another master key seals, locked: secrets first, as everywhere, so that nobody waits in a circle. */
export async function lockSealedByOthers(tx: Tx, keyId: string, limit: number): Promise<SealedPart[]> {
  return tx.rows<SealedPart>(sql`
    select connection_id as "connectionId", part, sealed, key_id as "keyId", version
    from credential where key_id <> ${keyId} order by connection_id, part desc limit ${limit} for update`);
}

/** Replaces envelopes whose content is the same: no version moves. */
export async function replaceSealed(tx: Queries, keyId: string, rows: readonly SealedPart[]): Promise<void> {
  if (rows.length === 0) return;
  await tx.run(sql`
    update credential set sealed = fresh.sealed, key_id = ${keyId}
    from unnest(${uuid(rows.map((row) => row.connectionId))}::uuid[], ${text(rows.map((row) => row.part))}::text[],
                ${bytea(rows.map((row) => row.sealed))}::bytea[], ${integer(rows.map((row) => row.version))}::int[])
      as fresh (connection_id, part, sealed, version)
    where credential.connection_id = fresh.connection_id and credential.part = fresh.part and credential.version = fresh.version`);
}
