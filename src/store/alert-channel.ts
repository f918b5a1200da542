// Where alerts are told, and what is still to be told there. This room sees sealed bytes, never a secret.
import type { JsonObject } from "../base/json.ts";
import type { Queries, Tx } from "./database.ts";
import { bytea, jsonb, sql, text, uuid } from "./sql.ts";

export type ChannelType = "webhook" | "slack" | "email";

export interface ChannelRow {
  readonly id: string;
  readonly name: string;
  readonly type: ChannelType;
  readonly settings: JsonObject;
  readonly sealed: Buffer;
  readonly keyId: string;
  readonly createdAt: number;
  readonly sentAt: number | null;
  readonly problem: string | null;
}

/** False where there is one of that name. */
export async function insertChannel(
  tx: Queries,
  row: Omit<ChannelRow, "sentAt" | "problem" | "createdAt"> & { at: number },
): Promise<boolean> {
  const made = await tx.run(sql`
    insert into alert_channel (id, name, type, settings, sealed, key_id, created_at)
    values (${row.id}::uuid, ${row.name}, ${row.type}, ${JSON.stringify(row.settings)}::jsonb, ${row.sealed}, ${row.keyId}, ${new Date(row.at)})
    on conflict (name) do nothing`);
  return made > 0;
}

/** One by id or by name, or all, by name. */
export async function readChannels(tx: Queries, idOrName: string | null): Promise<ChannelRow[]> {
  return tx.rows<ChannelRow>(sql`
    select id, name, type, settings, sealed, key_id as "keyId", created_at as "createdAt", sent_at as "sentAt", problem
    from alert_channel where ${idOrName}::text is null or id::text = ${idOrName} or name = ${idOrName} order by name`);
}

export async function deleteChannel(tx: Queries, id: string): Promise<void> {
  await tx.run(sql`delete from alert_channel where id = ${id}::uuid`);
}

/** What became of the last try: a problem, or none at this time. */
export async function noteChannel(tx: Queries, id: string, end: { problem: string | null; at: number }): Promise<void> {
  await tx.run(sql`
    update alert_channel set problem = ${end.problem}, sent_at = case when ${end.problem}::text is null then ${new Date(end.at)} else sent_at end where id = ${id}::uuid`);
}

/** The next channels whose secrets another master key seals, locked. */
export async function lockChannelsSealedByOthers(
  tx: Tx,
  keyId: string,
  limit: number,
): Promise<{ id: string; sealed: Buffer }[]> {
  return tx.rows(
    sql`select id, sealed from alert_channel where key_id <> ${keyId} order by id limit ${limit} for update`,
  );
}

/** Replaces envelopes whose content is the same. */
export async function replaceChannelSeals(
  tx: Queries,
  keyId: string,
  rows: readonly { readonly id: string; readonly sealed: Buffer }[],
): Promise<void> {
  if (rows.length === 0) return;
  await tx.run(sql`
    update alert_channel set sealed = fresh.sealed, key_id = ${keyId}
    from unnest(${uuid(rows.map((row) => row.id))}::uuid[], ${bytea(rows.map((row) => row.sealed))}::bytea[]) as fresh (id, sealed)
    where alert_channel.id = fresh.id`);
}

export interface DeliveryRow {
  readonly id: string;
  readonly alertId: string;
  readonly channelId: string;
  readonly channel: string;
  readonly event: string;
  readonly body: JsonObject;
  readonly state: "due" | "sent" | "given_up";
  readonly tries: number;
  readonly notBefore: number;
  readonly createdAt: number;
  readonly endedAt: number | null;
  readonly problem: string | null;
}

/** Owes each of these events to every channel there is. `ids`: one for each event and channel, in that order. */
export async function oweDeliveries(
  tx: Queries,
  channels: readonly string[],
  rows: readonly { readonly id: string; readonly alertId: string; readonly event: string; readonly body: JsonObject }[],
  of: { ids: readonly string[]; at: number },
): Promise<void> {
  if (rows.length === 0 || channels.length === 0) return;
  const each = rows.flatMap((row) => channels.map((channel) => ({ row, channel })));
  await tx.run(sql`
    insert into alert_delivery (not_before, created_at, id, alert_id, channel_id, event, body)
    select ${new Date(of.at)}, ${new Date(of.at)}, seen.* from unnest(${uuid(of.ids)}::uuid[], ${uuid(each.map((one) => one.row.alertId))}::uuid[],
      ${uuid(each.map((one) => one.channel))}::uuid[], ${text(each.map((one) => one.row.event))}::text[], ${jsonb(each.map((one) => JSON.stringify(one.row.body)))}::jsonb[])
      as seen (id, alert_id, channel_id, event, body) where exists (select from alert_channel where alert_channel.id = seen.channel_id)`);
}

export async function channelsWithDue(tx: Queries, now: number): Promise<string[]> {
  const rows = await tx.rows<{ id: string }>(
    sql`select distinct channel_id as id from alert_delivery where state = 'due' and not_before <= ${new Date(now)} order by id`,
  );
  return rows.map((row) => row.id);
}

/** Takes the oldest due one of a channel until a time: whoever is killed over it leaves it to be tried again then. */
export async function takeDelivery(
  tx: Queries,
  channelId: string,
  of: { now: number; until: number },
): Promise<DeliveryRow | undefined> {
  return tx.one<DeliveryRow>(sql`
    update alert_delivery set tries = tries + 1, not_before = ${new Date(of.until)}
    where id = (select id from alert_delivery where channel_id = ${channelId}::uuid and state = 'due' and not_before <= ${new Date(of.now)}
                order by created_at, id limit 1 for update skip locked)
    returning id, alert_id as "alertId", channel_id as "channelId", '' as channel, event, body, state, tries, not_before as "notBefore",
      created_at as "createdAt", ended_at as "endedAt", problem`);
}

export async function endDelivery(
  tx: Queries,
  id: string,
  end:
    | { state: "sent" | "given_up"; problem: string | null; at: number }
    | { state: "due"; problem: string; notBefore: number },
): Promise<void> {
  await tx.run(sql`
    update alert_delivery set state = ${end.state}, problem = ${end.problem}, ended_at = ${end.state === "due" ? null : new Date(end.at)},
      not_before = ${end.state === "due" ? new Date(end.notBefore) : new Date(end.at)}
    where id = ${id}::uuid`);
}

/** What was and is to be told of an alert, oldest first. */
export async function listDeliveries(tx: Queries, alertId: string): Promise<DeliveryRow[]> {
  return tx.rows<DeliveryRow>(sql`
    select alert_delivery.id, alert_id as "alertId", channel_id as "channelId", alert_channel.name as channel, event, body, state, tries, not_before as "notBefore",
      alert_delivery.created_at as "createdAt", ended_at as "endedAt", alert_delivery.problem
    from alert_delivery join alert_channel on alert_channel.id = alert_delivery.channel_id
    where alert_id = ${alertId}::uuid order by alert_delivery.created_at, alert_delivery.id`);
}
