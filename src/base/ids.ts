import type { Clock } from "./clock.ts";
import type { Random } from "./random.ts";

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/**
 * Makes ids that sort by the time they were made (UUID version 7, RFC 9562): 48 bits of milliseconds, a counter of 12
 * bits within a millisecond, and 62 random bits. Random bytes are drawn in blocks, for a first load makes many ids.
 */
export function idMaker(clock: Pick<Clock, "now">, random: Random): () => string {
  const block = new Uint8Array(8 * 256);
  let used = block.length;
  let lastMs = 0;
  let counter = 0;
  return () => {
    if (used === block.length) {
      random.bytes(block);
      used = 0;
    }
    let ms = Math.floor(clock.now());
    if (ms > lastMs) {
      lastMs = ms;
      counter = 0;
    } else if (++counter > 0xfff) {
      lastMs += 1; // More than 4096 in one millisecond: borrow from the next, never repeat.
      counter = 0;
    }
    ms = lastMs;
    const high = Math.floor(ms / 0x1_0000);
    const low = ms % 0x1_0000;
    const at = used;
    used += 8;
    const h = (byte: number): string => HEX[byte & 0xff]!;
    const r = (index: number): string => HEX[block[at + index]!]!;
    return (
      `${h(high >>> 24)}${h(high >>> 16)}${h(high >>> 8)}${h(high)}-${h(low >>> 8)}${h(low)}-` +
      `${h(0x70 | (counter >>> 8))}${h(counter)}-${h(0x80 | (block[at]! & 0x3f))}${r(1)}-${r(2)}${r(3)}${r(4)}${r(5)}${r(6)}${r(7)}`
    );
  };
}
