// How large a world is, and what takes part in it. Most are small and sharp: few kinds, one burst, half of what may go wrong, and that often.
// Some are large, with everything. What a small one leaves out another one has.
import { pick, seededRandom, type Random } from "../../src/base/random.ts";
import type { Kind } from "./vendors.ts";

export const SIZES = ["small", "middle", "large"] as const;

export interface Size {
  readonly name: (typeof SIZES)[number];
  /** Of which things people have some and make more; only their streams are read and written. */
  readonly kinds: readonly Kind[];
  /** Times at which people are busy. */
  readonly bursts: number;
  /** What people do in one of them: at least, at most. */
  readonly acts: readonly [number, number];
  /** How many things of a kind are there when Winston comes. */
  readonly furnished: (kind: Kind) => number;
  /** How likely something is here that happens as often as `usual` in a world with everything. The same for one name, all the world long. */
  readonly chance: (name: string, usual: number) => number;
  /** How much more often than usual what strikes operations strikes here. */
  readonly rate: number;
  /** How long a vendor stays out of reach, mostly. */
  readonly awayMs: number;
  /** Whether the schedule came once more the day before the first burst, or nobody looked since the first load. */
  readonly looks: boolean;
  /** Whether plans are judged when all is at rest. */
  readonly lastDay: boolean;
}

const EVERYTHING: readonly Kind[] = ["person", "account", "deal"];

/** Kinds that people of a smaller world have, the more often the more times it is named. */
const SOME: readonly (readonly Kind[])[] = [
  ["person"],
  ["person"],
  ["person"],
  ["account"],
  ["deal"],
  ["account", "deal"],
  ["account", "deal"],
  ["person", "account"],
];

const MINUTE_MS = 60_000;
/** What takes part in a smaller world is so much more likely there. */
const SHARPER = 2;
const LIKELIEST = 0.9;

export function sizeOf(seed: number): Size {
  const random = seededRandom(seed ^ 0x512e);
  const draw = random.float();
  if (draw < 0.03) return large();
  return draw < 0.12 ? middle(seed, random) : small(seed, random);
}

/** As every world was before there were smaller ones. */
function large(): Size {
  return {
    name: "large",
    kinds: EVERYTHING,
    bursts: 3,
    acts: [9, 12],
    furnished: (kind) => (kind === "person" ? 5 : 3),
    chance: (_, usual) => usual,
    rate: 1,
    awayMs: 45 * MINUTE_MS,
    looks: false,
    lastDay: true,
  };
}

function middle(seed: number, random: Random): Size {
  return {
    name: "middle",
    kinds: random.float() < 0.4 ? EVERYTHING : pick(random, SOME),
    bursts: 2,
    acts: [11, 14],
    furnished: (kind) => (kind === "person" ? 5 : 3),
    chance: swarm(seed),
    rate: 1.2,
    awayMs: 12 * MINUTE_MS,
    looks: random.float() < 0.4,
    lastDay: random.float() < 0.5,
  };
}

function small(seed: number, random: Random): Size {
  const kinds = pick(random, SOME);
  return {
    name: "small",
    kinds,
    bursts: 1,
    acts: [17, 21],
    furnished: () => (kinds.length === 1 ? 4 : 3),
    chance: swarm(seed),
    rate: 1.3,
    awayMs: 6 * MINUTE_MS,
    looks: random.float() < 0.25,
    lastDay: random.float() < 0.2,
  };
}

/** Half of what may happen takes part, drawn by its name: what is added to the list later does not change what takes part beside it. */
const swarm =
  (seed: number): Size["chance"] =>
  (name, usual) => {
    let mixed = seed;
    for (const letter of name) mixed = (Math.imul(mixed, 31) + letter.charCodeAt(0)) >>> 0;
    return seededRandom(mixed).float() < 0.5 ? Math.min(LIKELIEST, usual * SHARPER) : 0;
  };
