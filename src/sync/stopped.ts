// What is stopped until a person decides, as the surfaces above the engine see it. Times are milliseconds since 1970 UTC.

/** Deletions, or blankings of one field, of too many records of a stream: they wait for a person. */
export interface BrakeView {
  readonly id: string;
  readonly connection: string;
  readonly stream: string;
  readonly kind: string;
  /** pull: what the vendor did, on its way to us. push: what was done here, on its way to the vendor. */
  readonly direction: "pull" | "push";
  readonly what: "deletion" | "blanking";
  /** The field that would be blank. */
  readonly field: string | null;
  /** over: nothing waits any more, because the records are there again or have a value again. */
  readonly state: "on" | "released" | "restored" | "over";
  /** How many there were within an hour when it came on, and of how many records (as far as that was counted). */
  readonly lost: number;
  readonly records: number;
  /** How many wait, and how many had gone before it came on. */
  readonly waits: number;
  readonly went: number;
  readonly at: number;
  readonly decidedBy: string | null;
  readonly decidedAt: number | null;
  readonly says: string;
  /** Only on `get`: the first of them. */
  readonly examples?: readonly {
    readonly entityId: string;
    readonly recordId: string;
    readonly name: string | null;
    readonly value: unknown;
    readonly state: string;
  }[];
}

export interface Brakes {
  /** Newest first; only those that are on when `on`. */
  list(query: { on?: boolean | undefined; limit: number; after?: string | undefined }): Promise<readonly BrakeView[]>;
  /** Throws not.found. */
  get(id: string): Promise<BrakeView>;
  /**
   * release: what waits is carried out, after each record was looked at once more. restore: it is put back where it was lost, with what
   * had gone before the brake came on. Throws not.found, and request.conflict where somebody decided already.
   */
  decide(id: string, decision: "release" | "restore", actor: string): Promise<BrakeView>;
}

/** A field of one thing that two writers set to and fro. */
export interface FrozenView {
  readonly id: string;
  readonly entityId: string;
  readonly kind: string;
  readonly name: string | null;
  readonly field: string;
  readonly state: "on" | "released";
  readonly at: number;
  /** Both, with the value each sets. A connection, with its stream, the vendor's field and the version of the mapping; else whoever history names. */
  readonly writers: readonly {
    readonly actor: string;
    readonly connection: string | null;
    readonly stream: string | null;
    readonly mapping: number | null;
    readonly recordField: string | null;
    readonly value: unknown;
  }[];
  readonly says: string;
  readonly releasedBy: string | null;
  readonly releasedAt: number | null;
}

export interface Frozen {
  /** Newest first; only those that are frozen now when `on`. */
  list(query: { on?: boolean | undefined; limit: number; after?: string | undefined }): Promise<readonly FrozenView[]>;
  /** Throws not.found. */
  get(id: string): Promise<FrozenView>;
  /** The field is taken and written again, from what each system has now; turns are counted anew. Throws not.found, request.conflict. */
  release(id: string, actor: string): Promise<FrozenView>;
}
