// What this installation is and what it was told.
import type { Json } from "../base/json.ts";
import type { Queries } from "./database.ts";
import { sql } from "./sql.ts";

export async function readSetting<Value extends Json>(tx: Queries, key: string): Promise<Value | undefined> {
  const row = await tx.one<{ value: Value }>(sql`select value from setting where key = ${key}`);
  return row?.value;
}

export async function putSetting(tx: Queries, key: string, value: Json): Promise<void> {
  await tx.run(sql`
    insert into setting (key, value) values (${key}, ${JSON.stringify(value)}::jsonb)
    on conflict (key) do update set value = excluded.value`);
}

/** The value in force: this one when there was none. Two processes that start at once agree. */
export async function settleSetting<Value extends Json>(tx: Queries, key: string, value: Value): Promise<Value> {
  await tx.run(sql`
    insert into setting (key, value) values (${key}, ${JSON.stringify(value)}::jsonb) on conflict (key) do nothing`);
  return (await readSetting<Value>(tx, key))!;
}
