// API keys, as keyed hashes: the tokens themselves are nowhere.
import type { Queries } from "./database.ts";
import { sql, text } from "./sql.ts";

/** Times are milliseconds since 1970 UTC. */
export interface ApiKeyRow {
  readonly id: string;
  readonly name: string;
  /** The first characters of the token, by which a person recognises it. */
  readonly prefix: string;
  readonly scopes: readonly string[];
  readonly createdAt: number;
  readonly expiresAt: number | null;
  readonly revokedAt: number | null;
  /** To the minute. */
  readonly usedAt: number | null;
}

export async function insertApiKey(
  tx: Queries,
  row: Pick<ApiKeyRow, "id" | "name" | "prefix" | "scopes" | "createdAt" | "expiresAt"> & { hash: Buffer },
): Promise<void> {
  await tx.run(sql`
    insert into api_key (id, name, prefix, hash, scopes, created_at, expires_at)
    values (${row.id}::uuid, ${row.name}, ${row.prefix}, ${row.hash}, ${text(row.scopes)}::text[], ${new Date(row.createdAt)},
            ${row.expiresAt === null ? null : new Date(row.expiresAt)})`);
}

/** The key with this hash, revoked and expired ones too: the caller decides. */
export async function findApiKey(tx: Queries, hash: Buffer): Promise<ApiKeyRow | undefined> {
  return tx.one<ApiKeyRow>(sql`
    select id, name, prefix, scopes, created_at as "createdAt", expires_at as "expiresAt", revoked_at as "revokedAt", used_at as "usedAt"
    from api_key where hash = ${hash}`);
}

/** Newest first. */
export async function listApiKeys(tx: Queries): Promise<ApiKeyRow[]> {
  return tx.rows<ApiKeyRow>(sql`
    select id, name, prefix, scopes, created_at as "createdAt", expires_at as "expiresAt", revoked_at as "revokedAt", used_at as "usedAt"
    from api_key order by created_at desc, id desc`);
}

/** False when there is no such key. A key revoked before keeps its time. */
export async function revokeApiKey(tx: Queries, id: string, at: number): Promise<boolean> {
  return (
    (await tx.run(sql`update api_key set revoked_at = coalesce(revoked_at, ${new Date(at)}) where id = ${id}::uuid`)) >
    0
  );
}

export async function revokeApiKeysNamed(tx: Queries, name: string, at: number): Promise<void> {
  await tx.run(sql`update api_key set revoked_at = ${new Date(at)} where name = ${name} and revoked_at is null`);
}

/** Notes a use, at most forwards. */
export async function touchApiKey(tx: Queries, id: string, usedAt: number): Promise<void> {
  await tx.run(sql`update api_key set used_at = greatest(used_at, ${new Date(usedAt)}) where id = ${id}::uuid`);
}
