// What a step knows about its stream before it begins: loaded once per run.
import type { Connector, StreamDeclaration } from "../connector/contract.ts";
import type { Condition } from "../mapping/condition.ts";
import type { CompiledMapping } from "../mapping/types.ts";
import type { ConnectionRow, Looked, StreamRow } from "../store/connection.ts";
import type { Queries } from "../store/database.ts";
import type { Filter } from "./filter.ts";
import type { FieldRules } from "./rules.ts";

/** A stream that entities of one kind are written to. */
export interface Writer {
  readonly streamId: number;
  readonly connectionId: string;
  readonly kind: string;
  readonly stage: string | null;
  readonly outbound: ReadonlySet<string>;
  /** Whether two values of a field are the same there. */
  readonly equal: CompiledMapping["equal"];
  /** Those of them that may not be emptied there. */
  readonly neverEmptied: ReadonlySet<string>;
  /** Whether others of them may not be emptied either, and its vendor does not tell which. */
  readonly hidesRequired: boolean;
  /** Fields that its filter asks about: a change of one may let an entity in. */
  readonly asks: ReadonlySet<string>;
  /** Whether new records may be made there. */
  readonly creates: boolean;
}

export type WritersOf = (tx: Queries, kind: string) => Promise<readonly Writer[]>;

export interface StreamContext {
  readonly connector: Connector;
  readonly declaration: StreamDeclaration;
  readonly connection: ConnectionRow;
  readonly stream: StreamRow;
  readonly mapping: CompiledMapping;
  readonly filter: Filter;
  /** Of a hybrid stream: the entities whose writes go at once. */
  readonly critical: Condition | undefined;
  /** Reference field → streams of this connection whose records it may name. */
  readonly targets: ReadonlyMap<string, readonly number[]>;
  /** The other streams of this connection, by their key. */
  readonly siblings: ReadonlyMap<string, StreamRow>;
  /** Every stream of a kind that may be written, at any connection, as of now: asked in the step after its locks, since others may be connected while a run goes on. */
  readonly writersOf: WritersOf;
  /** What all streams of this kind say of who wins. */
  readonly rules: FieldRules;
  /** By stream of this kind: fields that only its vendor may change. */
  readonly readOnlyAt: ReadonlyMap<number, ReadonlySet<string>>;
  /** Whether a field was mapped in an earlier version of the mapping: whether links of that version have met it. */
  readonly metIn: (version: number) => (field: string) => boolean;
  /** Names of mailboxes that tell nobody (`info@`). */
  readonly sharedMailboxes: ReadonlySet<string>;
  /** Whether this stream had parked records when the run began. */
  parkedBefore: boolean;
  /** Whether this stream leaves any record alone, or may. */
  leaves: boolean;
  /** Whether anything of this stream waits at the brake. */
  braked: boolean;
  /** When the vendor's fields were asked for last, as it was when the run began. */
  readonly looked: Looked;
}

/** The step's place in time and history. */
export interface StepOf {
  readonly now: number;
  readonly runId: string | null;
  /** When this stream was looked at last: no change seen now is older. Null at a first look. */
  readonly lastLook: number | null;
  readonly newId: () => string;
  /** Who had it done, where that was not the vendor's own doing. */
  readonly actor?: string;
}
