// What a simulator tells the commands that start one, connect it and look at it: one literal per vendor.
import type { StartOptions } from "./process.ts";

/** Somebody in the vendor's own pages. Null: blank. */
export interface Person {
  readonly id: string;
  readonly email: string | null;
  readonly title: string | null;
}

/** People of one object, as the vendor's users see and edit them: `winston dev` tells its story by their titles. */
export interface People {
  /** The connector's stream that reads them. */
  readonly stream: string;
  /** Those who may be edited. */
  list(): readonly Person[];
  titleOf(id: string): string | null;
  setTitle(id: string, title: string): void;
}

/** A simulator that runs. */
export interface Running {
  /** http://127.0.0.1:PORT, no trailing slash. */
  readonly url: string;
  readonly credentials: Readonly<Record<string, string>>;
  /** How many live records each object has. */
  counts(): Readonly<Record<string, number>>;
  /** Absent: the vendor has none of that stage, and that part of the story is told without it. */
  readonly leads?: People;
  readonly contacts?: People;
  /** Stops listening, cuts what is open, saves. */
  close(): Promise<void>;
}

export interface Simulator {
  /** The connector's. */
  readonly key: string;
  readonly title: string;
  /** Its name among the addresses of the data folder, and in the option for its port: `--<address>-port`. One word. */
  readonly address: string;
  /** The variable that gives its port in `winston dev`. */
  readonly portVariable: string;
  /** What only this vendor's control surface (`GET /__winston/`) tells of itself. */
  readonly mark: string;
  /** The object behind each of the connector's streams: how many records there are to read is known there. */
  readonly objects: Readonly<Record<string, string>>;
  /** Streams whose counts are worth telling, and what they count. */
  readonly told: readonly (readonly [stream: string, name: string])[];
  /** An object worth looking at, and the fields worth a column in a table of records, whichever object they are of. */
  readonly example: string;
  readonly columns: readonly string[];
  /**
   * Simulators that are started with the same chance and story "larkfield" tell one story, each from its own side: the same people and
   * companies are found in several. The first of src/simulators/index.ts tells it whole; another may start that one within itself, and
   * take from there whom it has too.
   */
  readonly start: (options: StartOptions) => Promise<Running>;
  /** What a connection to it is made with: the connector's settings and secrets. */
  readonly connection: (found: Pick<Running, "url" | "credentials">) => {
    readonly settings: Readonly<Record<string, string | boolean>>;
    readonly secrets: Readonly<Record<string, string>>;
  };
}

/** Gives a literal its type and checks what types cannot. */
export function defineSimulator(simulator: Simulator): Simulator {
  if (!/^[a-z]+$/u.test(simulator.address) || simulator.address === "api")
    throw new Error(`simulator ${simulator.key}: its address must be one word of small letters, and not "api"`);
  for (const [stream] of simulator.told)
    if (!Object.hasOwn(simulator.objects, stream))
      throw new Error(`simulator ${simulator.key}: the count of ${stream} is told, and its object is not named`);
  return simulator;
}
