// Answers kept for repeated requests with one Idempotency-Key (draft-ietf-httpapi-idempotency-key-header).
import type { Json } from "../base/json.ts";
import type { Queries, Tx } from "./database.ts";
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
/** The same for a request that does nothing twice: longer than an ordinary one takes. */
export const ABANDONED_ONCE_MS = 5_000;

/** A request with a key: what it is known by. */
export interface Claim {
  readonly keyId: string;
  readonly key: string;
}

/**
 * Claims a key for one request. `digest` stands for method, path and body. Times are milliseconds since 1970 UTC. `once`: what the request
 * does asks `doneBefore` first, so that two of them at one time are harmless and a claim is taken over soon.
 */
export async function beginIdempotent(
  tx: Queries,
  ask: Claim & { digest: Buffer; now: number; once: boolean },
): Promise<Beginning> {
  const waitMs = ask.once ? ABANDONED_ONCE_MS : ABANDONED_MS;
  const [expired, abandoned] = [new Date(ask.now - ANSWERS_KEPT_MS), new Date(ask.now - waitMs)];
  const claimed = await tx.one(sql`
    insert into idempotency (key_id, key, digest, at) values (${ask.keyId}::uuid, ${ask.key}, ${ask.digest}, ${new Date(ask.now)})
    on conflict (key_id, key) do update set digest = excluded.digest, at = excluded.at, status = null, body = null,
        done = case when idempotency.at < ${expired} then null else idempotency.done end
      where idempotency.at < ${expired}
         or (idempotency.status is null and idempotency.digest = excluded.digest and (idempotency.at < ${abandoned} or idempotency.done is not null))
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

/** What this request came to when it was done before; undefined when it was not. Until the transaction ends, a repeat waits here. */
export async function doneBefore(tx: Tx, claim: Claim): Promise<Json | undefined> {
  const row = await tx.one<{ done: string | null }>(sql`
    select done from idempotency where key_id = ${claim.keyId}::uuid and key = ${claim.key} for update`);
  return typeof row?.done === "string" ? (JSON.parse(row.done) as Json) : undefined;
}

/** Notes what the request came to, in the transaction of what it did: both stand or neither. */
export async function noteDone(tx: Tx, claim: Claim, done: Json): Promise<void> {
  const text = jsonText(done);
  await tx.run(sql`
    update idempotency set done = ${text}::jsonb where key_id = ${claim.keyId}::uuid and key = ${claim.key}`);
}

/** Keeps the answer. */
export async function finishIdempotent(
  tx: Queries,
  answer: { keyId: string; key: string; status: number; body: unknown },
): Promise<void> {
  const body = jsonText(answer.body ?? null);
  await tx.run(sql`
    update idempotency set status = ${answer.status}, body = ${body}::jsonb
    where key_id = ${answer.keyId}::uuid and key = ${answer.key}`);
}

/** As JSON text within a JSON string: it comes back with the same bytes, and may say what jsonb itself cannot (NUL). */
const jsonText = (value: unknown): string => JSON.stringify(JSON.stringify(value));

/** Gives the claim up: the request failed in a way that trying again may mend. Not where it was done all the same, and only its answer was lost. */
export async function abandonIdempotent(tx: Queries, claim: { keyId: string; key: string }): Promise<void> {
  await tx.run(sql`
    delete from idempotency where key_id = ${claim.keyId}::uuid and key = ${claim.key} and status is null and done is null`);
}

/** Retention. Returns how many went. */
export async function deleteIdempotentBefore(tx: Queries, before: number): Promise<number> {
  return tx.run(sql`delete from idempotency where at < ${new Date(before)}`);
}
