// A first meeting of two systems that name different targets, of which one cannot be named at the other: each keeps its own.
import type { JsonObject } from "../base/json.ts";
import type { Fields } from "../mapping/types.ts";
import type { Queries } from "../store/database.ts";
import { readEntities } from "../store/entity.ts";
import { activeLinks } from "../store/link.ts";
import type { StreamContext } from "./context.ts";
import { matchKeys } from "./keys.ts";
import type { Item } from "./match.ts";
import { originOf } from "./origin.ts";

/** Whether the side that loses a reference keeps it, because the winner's target is nothing that its vendor could ever be told. */
export type KeepsItsOwn = (item: Item, field: string, winner: "record" | "winston") => boolean;

/**
 * Such a target is one by which no other system can know it: a queue has no address, so it is at its own vendor and nowhere else. Where
 * the mapping of the side that loses names somebody for it (`table`), gives a stand-in or asks a person (`fallback`), that side is told
 * something after all, and so it is where its value was set here. Asked only of records that have no link yet.
 */
export async function keepsItsOwn(
  tx: Queries,
  ctx: StreamContext,
  items: readonly Item[],
  of: {
    readonly entityOf: (id: string) => { readonly fields: Fields; readonly origin: JsonObject } | undefined;
    readonly references: ReadonlyMap<string, string>;
  },
): Promise<KeepsItsOwn> {
  const meeting = new Map<Item, Map<string, { readonly ours: string; readonly theirs: string }>>();
  for (const item of items) {
    const fields = item.entityId && !item.link ? of.entityOf(item.entityId)?.fields : undefined;
    if (!fields) continue;
    for (const [field, id] of Object.entries(item.reading.references)) {
      const [ours, theirs] = [fields[field], of.references.get(`${field}\n${id}`)];
      if (typeof ours !== "string" || theirs === undefined || ours === theirs) continue;
      (meeting.get(item) ?? meeting.set(item, new Map()).get(item)!).set(field, { ours, theirs });
    }
  }
  if (meeting.size === 0) return () => false;
  const writers = await ctx.writersOf(tx, ctx.stream.kind);
  const asked = [
    ...new Set([...meeting.values()].flatMap((one) => [...one.values()].flatMap((ids) => Object.values(ids)))),
  ];
  const nameless = (await readEntities(tx, asked))
    .filter((row) => row.kind === "user" && matchKeys(row.kind, row.fields as Fields).length === 0)
    .map((row) => row.id);
  const homes = new Map<string, Set<string>>(nameless.map((id) => [id, new Set()]));
  for (const link of await activeLinks(tx, nameless, null)) homes.get(link.entityId)!.add(link.connectionId);
  return (item, field, winner) => {
    const ids = meeting.get(item)?.get(field);
    if (!ids) return false;
    const loser = winner === "winston" ? ctx.stream.id : originOf(of.entityOf(item.entityId!)!.origin, field).stream;
    const at = writers.find((writer) => writer.streamId === loser)?.connectionId;
    const home = homes.get(winner === "winston" ? ids.ours : ids.theirs);
    return at !== undefined && home !== undefined && !home.has(at) && ctx.rules.keeps(loser, field);
  };
}
