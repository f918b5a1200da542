// What can be known of a page before the database is asked: images and readings, made while the page before is being committed.
import { scheduler } from "node:timers/promises";
import type { VendorRecord } from "../connector/contract.ts";
import type { Reading } from "../mapping/types.ts";
import type { StreamContext } from "./context.ts";
import { imageOf, type Image } from "./image.ts";

export interface Ready {
  readonly image: Image;
  /** As read without fillers; undefined where nobody expected to need it. */
  readonly reading: Reading | undefined;
}

/** Records at one go: some tenths of a millisecond, so that an answer of the database never waits longer. */
const PART = 25;

/** Makes ready the records of a page. `read` also reads them through the mapping, which is wasted work for records that did not change. */
export async function makeReady(
  mapping: Pick<StreamContext["mapping"], "vendorFields" | "read">,
  records: readonly VendorRecord[],
  read: boolean,
): Promise<ReadonlyMap<VendorRecord, Ready>> {
  const ready = new Map<VendorRecord, Ready>();
  for (let start = 0; start < records.length; start += PART) {
    for (const record of records.slice(start, start + PART))
      ready.set(record, {
        image: imageOf(record.fields, mapping.vendorFields),
        reading: read ? mapping.read(record.fields) : undefined,
      });
    await scheduler.yield();
  }
  return ready;
}
