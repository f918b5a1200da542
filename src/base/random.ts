// Chance comes in by the front door too, so that a run can be replayed from its seed.
import { randomFillSync } from "node:crypto";

/** A source of chance. */
export interface Random {
  /** A number in [0, 1). */
  float(): number;
  /** Fills the array with random bytes and returns it. Cryptographically strong only from `systemRandom`. */
  bytes(into: Uint8Array): Uint8Array;
}

export const systemRandom: Random = {
  float: () => Math.random(),
  bytes: (into) => randomFillSync(into),
};

/** The same numbers for the same seed (mulberry32). For tests, stories and simulations; never for secrets. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const float = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  return {
    float,
    bytes: (into) => {
      for (let index = 0; index < into.length; index++) into[index] = Math.floor(float() * 256);
      return into;
    },
  };
}

/** An element of a non-empty list. */
export function pick<T>(random: Random, list: readonly T[]): T {
  return list[Math.floor(random.float() * list.length)]!;
}
