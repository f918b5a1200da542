// Plans as the surfaces see them.
import type { JsonObject } from "../base/json.ts";
import type { StreamChange } from "./types.ts";

/**
 * API calls of a plan: `read` were sent to compute it; `toApply` is what applying it takes, which is reading `again` what is written, and the
 * `writes`; what changed is read `first`, as a sync would do it. `left` is what the vendor says is left of its day.
 */
interface Calls {
  readonly read: number;
  readonly first: number;
  readonly toApply: number;
  readonly again: number;
  readonly writes: number;
  readonly left: number | null;
}

/** What a sync would do, computed without doing it. Times are milliseconds since 1970 UTC. */
export interface PlanView {
  readonly id: string;
  readonly state: "computing" | "ready" | "failed" | "applying" | "applied";
  /** What it was asked for; null for everything. */
  readonly connection: string | null;
  readonly stream: string | null;
  readonly createdBy: string;
  readonly createdAt: number;
  readonly readyAt: number | null;
  /** Who was named for it, else the key that applied it. */
  readonly approvedBy: string | null;
  /** The key that applied it; null of a plan that nobody applied, or that was applied before this was kept. */
  readonly appliedBy: string | null;
  readonly approvedAt: number | null;
  readonly appliedAt: number | null;
  /** How many lines of what. `blanks`: values that would be blank afterwards and are not now. */
  readonly totals: readonly {
    readonly class: string;
    readonly op: string;
    readonly kind: string;
    readonly connection: string | null;
    readonly stream: string | null;
    readonly state: string;
    readonly count: number;
    readonly blanks: number;
  }[];
  /** What it undoes, in words; null for the plan of a sync. */
  readonly undoes: string | null;
  /** The change of a stream that it shows, in words; null where it is of none. Such a plan is not applied: the change is made, and then it comes true. */
  readonly supposes: string | null;
  readonly requests: readonly (Calls & {
    readonly connection: string;
    /** By limit of the connector; a call counts for each limit that it spends from. */
    readonly classes: readonly (Calls & {
      readonly class: string;
      /** Where what is left does not suffice: how long it lasts once applying begins, and when the vendor gives more; null where nothing tells. */
      readonly runsDry: { readonly afterMs: number | null; readonly renewsAt: number | null } | null;
    })[];
  })[];
  /** What waited for a person when it was computed, by what it is; null of an undo, and of a plan made before this was counted. */
  readonly waiting: {
    readonly held: number;
    readonly parked: number;
    readonly conflicts: number;
    readonly duplicates: number;
    readonly braked: number;
  } | null;
  readonly notes: readonly string[];
  readonly error: { readonly code: string; readonly message: string } | null;
}

/**
 * One line of a plan. write: at a vendor (create, update, delete). here: of Winston's own (create, update, delete, merge). link: a record
 * that is known as a thing that is here. duplicate: what may be one thing. conflict: both sides changed a field (op: who wins). reject:
 * what would be parked. leave: what a change that is supposed would touch no longer (op record), or read or write no longer (op field).
 */
export interface PlanItem {
  readonly number: number;
  readonly class: "write" | "here" | "link" | "duplicate" | "conflict" | "reject" | "leave";
  readonly op: string;
  readonly kind: string;
  readonly connection: string | null;
  readonly stream: string | null;
  readonly recordId: string | null;
  readonly entityId: string | null;
  /** The entity is not here yet: the plan itself would make it. */
  readonly planned: boolean;
  readonly title: string | null;
  readonly fields: Readonly<
    Record<
      string,
      {
        readonly old: unknown;
        readonly new: unknown;
        /** Where the new value is from, as history names it. */
        readonly from: string | null;
        /** The rule by which it stands, where both sides had changed the field. */
        readonly rule: string | null;
      }
    >
  >;
  /** Titles of the things that values name, by their ids; of those that the plan would make, too. */
  readonly names: Readonly<Record<string, string>>;
  readonly detail: JsonObject | null;
  readonly state: "open" | "done" | "skipped" | "excluded";
  readonly reason: string | null;
}

/** What is to be undone: a run or an applied plan by its id, or what was changed of a record, of a field of it, or since a time (milliseconds). */
export interface Undoing {
  readonly run?: string | undefined;
  readonly record?: string | undefined;
  readonly field?: string | undefined;
  readonly since?: number | undefined;
}

/** A change of one stream that is shown and not made: what is chosen about it, another mapping, or both. */
export interface Supposed {
  readonly settings?: StreamChange | undefined;
  readonly mapping?: JsonObject | undefined;
}

export interface Plans {
  /** Begins to compute a plan and returns it as it stands. Throws not.found, request.conflict. */
  create(ask: { connection?: string | undefined; stream?: string | undefined }, by: string): Promise<PlanView>;
  /**
   * The same of what a change of a stream would write anywhere, beside what is owed already. Throws not.found, request.invalid,
   * request.conflict, rule.invalid, mapping.invalid.
   */
  suppose(streamId: number, what: Supposed, by: string): Promise<PlanView>;
  /**
   * Begins to compute a plan that puts back what was written, on every side it reached. What somebody changed since stays and is a line
   * of class reject. Throws not.found, request.invalid, request.conflict.
   */
  undo(what: Undoing, by: string): Promise<PlanView>;
  /** The plan when it is computed, where this process computes it; else as it is. Throws not.found. */
  settled(id: string): Promise<PlanView>;
  /** Throws not.found. */
  get(id: string): Promise<PlanView>;
  /** Newest first. */
  list(query: { limit: number; after?: string | undefined }): Promise<readonly PlanView[]>;
  /** In the order of the plan, after the line `after`. Throws not.found. */
  items(
    id: string,
    query: {
      class?: PlanItem["class"] | undefined;
      state?: PlanItem["state"] | undefined;
      after?: number | undefined;
      limit: number;
    },
  ): Promise<readonly PlanItem[]>;
  /**
   * Approves a plan that is ready, and begins to write what it says. Connections in plan mode are written nothing else; in write mode
   * the rest goes too, as ever. A record that changed since is left out, with the reason. `strict` computes the plan once more first and
   * writes nothing where it would differ (plan.stale). `dryRun` answers the plan with the totals that it would begin with, and does nothing.
   * Throws not.found, request.conflict, and request.invalid where something is left out that is not in the plan.
   */
  apply(
    id: string,
    how: {
      strict?: boolean | undefined;
      exclude?: readonly number[] | undefined;
      excludeRecords?: readonly string[] | undefined;
      approvedBy?: string | undefined;
      dryRun?: boolean | undefined;
    },
    by: string,
  ): Promise<PlanView>;
}
