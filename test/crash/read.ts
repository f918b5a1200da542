// Reads all three systems as they stand: Winston by its API, the vendors by their own account.
import type { Client, HistoryEntry } from "../../sdk/src/index.ts";
import { type Kind, type Site, TAG, TEXTS as FIELDS } from "../simulation/vendors.ts";
import type { Shown, Standing } from "./checker.ts";
import { ASK_HISTORY, type Journal } from "./journal.ts";
import type { VendorSide } from "./sides.ts";

const KINDS = Object.keys(FIELDS) as Kind[];

export async function readAll(parts: {
  readonly journal: Journal;
  readonly client: Client;
  readonly vendors: readonly VendorSide[];
}): Promise<Standing> {
  const { client, journal, vendors } = parts;
  const { winston, replaced } = await readWinston(client, journal);
  const sites: Partial<Record<Site, Record<Kind, readonly Shown[]>>> = { winston };
  const carried = new Set<string>();
  for (const vendor of vendors) {
    const held: Partial<Record<Kind, readonly Shown[]>> = {};
    for (const kind of KINDS) held[kind] = await vendor.act("held", { kind });
    sites[vendor.name] = held as Record<Kind, readonly Shown[]>;
    for (const value of await vendor.act("carried", {})) carried.add(value);
  }
  const ledger = await client.conflicts.list().toArray({ limit: 1_000_000 });
  return { sites: sites as Standing["sites"], ledger, replaced, carried };
}

/** Its records, and from the history of each what stood before a value that came by the API. */
async function readWinston(
  client: Client,
  journal: Journal,
): Promise<{ winston: Record<Kind, Shown[]>; replaced: Map<string, string | null> }> {
  const winston: Record<Kind, Shown[]> = { person: [], account: [], deal: [] };
  const replaced = new Map<string, string | null>();
  const edited = new Set(journal.edits.filter((edit) => edit.sees === ASK_HISTORY).map((edit) => edit.thing));
  for (const [kind, records] of [
    ["person", client.leads],
    ["person", client.contacts],
    ["account", client.accounts],
    ["deal", client.deals],
  ] as const) {
    for await (const one of records.list() as AsyncIterable<Record<string, unknown> & { id: string }>) {
      const tag = String(one[TAG[kind][0]] as string);
      const fields = FIELDS[kind].flatMap(([field]) => {
        const value = one[field];
        return typeof value === "string" ? [[field, value] as const] : [];
      });
      winston[kind].push({ tag, id: one.id, fields: Object.fromEntries(fields) });
      if (edited.has(tag)) note(await records.history(one.id), replaced);
    }
  }
  return { winston, replaced };
}

function note(history: readonly HistoryEntry[], replaced: Map<string, string | null>): void {
  for (const { actor, changes } of history) {
    if (!actor.startsWith("key:")) continue;
    for (const [field, { old, new: value }] of Object.entries(changes))
      replaced.set(`${field}\n${String(value)}`, typeof old === "string" ? old : null);
  }
}
