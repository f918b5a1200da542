// Answers kept for repeated requests with one Idempotency-Key (draft-ietf-httpapi-idempotency-key-header).
import type { Queries } from "./database.ts";
import { sql } from "./sql.ts";

/** `new`: ours to do. `replay`: done before, with this answer. `running`: another request does it now. `mismatch`: the key came with another request. */
export type Beginning =
  | { readonly kind: "new" }
  | { readonly kind: "replay"; readonly status: number; readonly body: unknown }
  | { readonly kind: "running" }
  | { readonly kind: "mismatch" };

/** How long an answer is kept, in milliseconds: longer than any caller retries. */
export const ANSWERS_KEPT_MS = 24 * 3_600_000;
/** After this time a request that never finished belonged to a process that is gone. */
export const ABANDONED_MS = 120_000;

/** Claims a key for one request. `digest` stands for method, path and body. Times are milliseconds since 1970 UTC. */
export async function beginIdempotent(
  tx: Queries,
  ask: { keyId: string; key: string; digest: Buffer; now: number },
): Promise<Beginning> {
  const [expired, abandoned] = [new Date(ask.now - ANSWERS_KEPT_MS), new Date(ask.now - ABANDONED_MS)];
  const claimed = await tx.one(sql`
    insert into idempotency (key_id, key, digest, at) values (${ask.keyId}::uuid, ${ask.key}, ${ask.digest}, ${new Date(ask.now)})
    on conflict (key_id, key) do update set digest = excluded.digest, at = excluded.at, status = null, body = null
      where idempotency.at < ${expired}
         or (idempotency.status is null and idempotency.at < ${abandoned} and idempotency.digest = excluded.digest)
    returning 1 as claimed`);
  if (claimed) return { kind: "new" };
  const present = await tx.one<{ digest: Buffer; status: number | null; body: string | null }>(
    sql`select digest, status, body from idempotency where key_id = ${ask.keyId}::uuid and key = ${ask.key}`,
  );
  if (!present) return { kind: "running" }; // Given up between the two statements: the caller's next try begins it.
  if (!present.digest.equals(ask.digest)) return { kind: "mismatch" };
  if (present.status === null) return { kind: "running" };
  return { kind: "replay", status: present.status, body: present.body === null ? null : JSON.parse(present.body) };
}

/** Keeps the answer. Call it in the transaction of what was done, so that both stand or neither. */
export async function finishIdempotent(
  tx: Queries,
  answer: { keyId: string; key: string; status: number; body: unknown },
): Promise<void> {
  // As JSON text within a JSON string: the replay has the same bytes, and may say what jsonb itself cannot (NUL).
  const body = JSON.stringify(JSON.stringify(answer.body ?? null));
  await tx.run(sql`
    update idempotency set status = ${answer.status}, body = ${body}::jsonb
    where key_id = ${answer.keyId}::uuid and key = ${answer.key}`);
}

/** Gives the claim up: the request failed in a way that trying again may mend. */
export async function abandonIdempotent(tx: Queries, claim: { keyId: string; key: string }): Promise<void> {
  await tx.run(sql`
    delete from idempotency where key_id = ${claim.keyId}::uuid and key = ${claim.key} and status is null`);
}

/** Retention. Returns how many went. */
export async function deleteIdempotentBefore(tx: Queries, before: number): Promise<number> {
  return tx.run(sql`delete from idempotency where at < ${new Date(before)}`);
}
