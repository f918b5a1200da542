// Records of which processes die, in every lane that reads: they are left alone, and who reads the rest takes few in hand at a time.
import type { Few, Page } from "../connector/contract.ts";
import { carefulOf, leftAside, type Careful } from "./careful.ts";
import type { StreamContext } from "./context.ts";
import { imageOf } from "./image.ts";
import type { PullParts, PullRun } from "./pull.ts";

/** What processes die of is neither read again nor judged: it is parked, and told as that. */
export interface Spared {
  readonly careful: Careful | undefined;
  readonly killers: ReadonlySet<string>;
}

export async function sparedIn(parts: PullParts, run: PullRun): Promise<Spared> {
  const careful = carefulOf(parts, run.claim);
  return { careful, killers: await leftAside(parts, run, careful) };
}

/** How many are taken in hand at once, where it would be so many. */
export const atOnce = ({ careful }: Spared, most: number): number => careful?.size(most) ?? most;

/** A page whose records may be touched: of those that kill nothing but the id is left; of the others each few are stored as being in hand and touched first. */
export async function untouched(
  page: Page,
  { careful, killers }: Spared,
  { mapping }: Pick<StreamContext, "mapping">,
): Promise<Page> {
  const records = page.records.map((record) => (killers.has(record.id) ? { ...record, fields: {} } : record));
  if (!careful) return { ...page, records };
  const size = careful.size(records.length);
  for (let start = 0; start < records.length; start += size) {
    const piece = records.slice(start, start + size);
    await careful.hold(piece.map((record) => record.id));
    for (const record of piece) imageOf(record.fields, mapping.vendorFields);
  }
  await careful.hold([]);
  return { ...page, records };
}

/** How a connector asks more about the records of a page, where processes died; undefined where it asks as ever. */
export function fewOf({ careful, killers }: Spared): Few | undefined {
  if (!careful && killers.size === 0) return undefined;
  return async (all, ask) => {
    const ids = all.filter((id) => !killers.has(id));
    return careful ? inHand(careful, ids, ask) : ids.length === 0 ? [] : ask(ids);
  };
}

async function inHand<T>(
  careful: Careful,
  ids: readonly string[],
  ask: (ids: readonly string[]) => Promise<readonly T[]>,
): Promise<T[]> {
  const found: T[] = [];
  const size = careful.size(ids.length);
  for (let start = 0; start < ids.length; start += size) {
    const some = ids.slice(start, start + size);
    await careful.hold(some);
    found.push(...(await ask(some)));
  }
  await careful.hold([]);
  return found;
}
