// What the engine offers the surfaces above it. HTTP, CLI and tests speak these shapes; the engine's own rooms implement them.
import type { ErrorCode, Problem } from "../base/errors.ts";
import type { JsonObject } from "../base/json.ts";
import type { Loose } from "../mapping/canonical.ts";
import type { Fields, FieldType } from "../mapping/types.ts";
import type { Claim } from "../store/idempotency.ts";
import type { Rollout } from "../store/rollout.ts";
import type { HealthState, Lag } from "./health.ts";
import type { VersionEnding } from "./version-ends.ts";

/** One thing of ours as people see it. Times are milliseconds since 1970 UTC. */
export interface StoredRecord {
  readonly id: string;
  readonly kind: string;
  readonly stage: string | null;
  readonly externalId: string | null;
  readonly fields: Fields;
  readonly version: number;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly deletedAt: number | null;
  /** Where it lives at vendors; only on `get`. */
  readonly links?: readonly {
    readonly connection: string;
    readonly stream: string;
    readonly recordId: string;
    readonly state: string;
  }[];
}

export interface RecordQuery {
  readonly kind: string;
  readonly stage?: string | undefined;
  readonly limit: number;
  /** The id after which to go on. */
  readonly after?: string | undefined;
  readonly email?: string | undefined;
  readonly externalId?: string | undefined;
  readonly updatedSince?: number | undefined;
  readonly includeDeleted?: boolean | undefined;
}

/** What a caller gives: loose values by field key. A reference is a Winston id, or {"externalId"|"name"|"email": ...} of its target. Keys that are no field of the kind follow `unknownKeys`. */
export interface RecordInput {
  readonly [key: string]: unknown;
}

export interface SaveInput {
  /** Winston's id of the record it is meant for; without it the external id decides, then `contentId`, then who its email names. */
  readonly id?: string | undefined;
  readonly input: RecordInput;
  /** An id made of all the caller says of it, of a record without an id of the caller's: the same words again are the same record. */
  readonly contentId?: string | undefined;
}

export interface SaveOptions {
  readonly kind: string;
  readonly stage?: string | undefined;
  /** create: one that exists (by external id) is left as it is and reported `unchanged` when equal, else updated (so that running twice doubles nothing). update: `id` must name one. */
  readonly mode: "upsert" | "update";
  readonly unknownKeys: "custom" | "error";
  /** Who: "key:<name>", "import:<file>", ... */
  readonly actor: string;
  /** The request that asks for it, where it has an Idempotency-Key: done before, it is not done again, and its results are those of the first time. */
  readonly claim?: Claim | undefined;
  /** How to read what people write in more than one way (dates, amounts). */
  readonly loose?: Loose | undefined;
  /** Types and labels of custom fields that this call makes; the type is taken from the first value otherwise. */
  readonly types?: Readonly<Record<string, FieldType>> | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

export type SaveResult =
  | {
      readonly index: number;
      readonly status: "created" | "updated" | "unchanged";
      readonly id: string;
      readonly externalId: string | null;
    }
  | { readonly index: number; readonly status: "failed"; readonly problems: readonly Problem[] };

/** One earlier version of a record. `changes` gives what each field was before and after it. */
export interface HistoryEntry {
  readonly version: number;
  readonly at: number;
  readonly actor: string;
  readonly runId: string | null;
  readonly changes: Readonly<Record<string, { readonly old: unknown; readonly new: unknown }>>;
}

/**
 * Where the value of one field came from. `vendor`: it was read from `recordId` of that stream, each null when it is there no more.
 * `here`: `actor` set it. `unknown`: nobody wrote it down.
 */
export interface FieldOrigin {
  readonly field: string;
  readonly value: unknown;
  readonly source: "vendor" | "here" | "unknown";
  readonly connection: string | null;
  readonly stream: string | null;
  readonly recordId: string | null;
  readonly actor: string | null;
  /** The span in which it was set, as far as it was observed; without a beginning where nobody had looked before. */
  readonly setFrom: number | null;
  readonly setTo: number | null;
  /** When it came to stand here, and with which version of the record; null where the history no longer reaches back so far. */
  readonly takenAt: number | null;
  readonly version: number | null;
  /** What it has against a value from elsewhere: its system owns the field or yields it to everybody; else all are equal. */
  readonly standing: "owner" | "equal" | "yields";
  /** What decides between values of equal standing. */
  readonly rule: "ask" | "restrictive" | "nonBlank" | "newest";
}

/** Local reads and edits. All writes are set-based: one call of 1 to 2,000 inputs is one transaction. */
export interface Records {
  list(query: RecordQuery): Promise<readonly StoredRecord[]>;
  /** By Winston's id, or by "external:<externalId>". Throws not.found. */
  get(kind: string, stage: string | undefined, id: string): Promise<StoredRecord>;
  history(kind: string, id: string): Promise<readonly HistoryEntry[]>;
  /** Of every field that has a value or was cleared, in the order of their names. Throws not.found. */
  origin(kind: string, id: string): Promise<readonly FieldOrigin[]>;
  /** In the order of the inputs. */
  save(inputs: readonly SaveInput[], options: SaveOptions): Promise<readonly SaveResult[]>;
  /** Deletes here and, where streams are two-way, at the vendors. Throws not.found. */
  remove(kind: string, id: string, actor: string): Promise<void>;
  /** Declares a custom field. Throws request.conflict when it exists with another type. */
  declareField(
    kind: string,
    field: { key: string; type: string; label: string; target?: string | undefined },
    source: string,
  ): Promise<void>;
}

export interface ConnectionView {
  readonly id: string;
  readonly vendor: string;
  readonly name: string;
  readonly organisationId: string | null;
  readonly organisationLabel: string | null;
  readonly environment: string | null;
  readonly mode: "observe" | "plan" | "write";
  readonly paused: boolean;
  /** What is let go there; null: all. */
  readonly rollout: Rollout | null;
  readonly problem: string | null;
  /** Versions of the vendor's API that it speaks and that end before long, the nearest first. */
  readonly endings: readonly VersionEnding[];
  readonly createdAt: number;
}

export interface StreamView {
  readonly id: number;
  readonly connectionId: string;
  readonly key: string;
  readonly kind: string;
  readonly stage: string | null;
  readonly direction: "both" | "in" | "out";
  readonly strategy: "realtime" | "batch" | "hybrid";
  /** The interval, or the longest that its cron expression leaves between two times. */
  readonly everyMs: number;
  readonly cron: string | null;
  readonly zone: string | null;
  readonly critical: string | null;
  readonly approval: "auto" | "plan";
  readonly deletes: "both" | "in" | "out" | "none";
  readonly backfillSince: number | null;
  readonly enabled: boolean;
  readonly mappingVersion: number;
  /** Which records are synced: a condition on the record, and one on ours before it is written. Null: all. */
  readonly filter: { readonly in: string | null; readonly out: string | null };
  /** How it is, computed from proof of flow: in a word, and in words such as "in step, read 10 s ago". */
  readonly state: HealthState;
  readonly health: string;
  readonly lag: Lag;
  readonly lanes: readonly {
    readonly lane: string;
    readonly watermark: number | null;
    readonly ranAt: number | null;
    readonly owed: boolean;
  }[];
  /** `held`: new records that wait until a person decides about a suspected duplicate. */
  readonly counts: {
    readonly linked: number;
    readonly parked: number;
    readonly waiting: number;
    readonly held: number;
    readonly staged: number;
    /** Known records that the filter leaves out. */
    readonly outside: number;
  };
}

/** What a person may choose about a stream. Absent: as it is. Null: as it is by itself. */
export interface StreamChange {
  readonly filter?: { readonly in?: string | null | undefined; readonly out?: string | null | undefined } | undefined;
  readonly enabled?: boolean | undefined;
  readonly direction?: "both" | "in" | "out" | undefined;
  /** realtime: writes at once. batch: with its schedule. hybrid: what is critical at once, the rest with the schedule. */
  readonly strategy?: "realtime" | "batch" | "hybrid" | undefined;
  /** Of a hybrid stream: a condition on ours. */
  readonly critical?: string | null | undefined;
  /** When it reads, and writes what is not written at once. */
  readonly schedule?:
    | { readonly everyMs: number }
    | { readonly cron: string; readonly zone?: string | undefined }
    | undefined;
  /** Records that changed last before this (milliseconds) are not brought in, unless they are known. */
  readonly backfillSince?: number | null | undefined;
  /** plan: nothing is written but what a plan says that somebody applied. */
  readonly approval?: "auto" | "plan" | undefined;
  /** Which deletions travel: those here to the vendor (out), those there to here (in). */
  readonly deletes?: "both" | "in" | "out" | "none" | undefined;
  /** How old its last reading and its oldest owed write may get; null for what its interval says. */
  readonly lagTargetMs?: number | null | undefined;
}

/** `document`: as it would be in force, null where it cannot be. `offer`: the same with the rows that lose something set to one way, where that is all that is wrong. */
export interface MappingCheck {
  readonly usable: boolean;
  readonly document: JsonObject | null;
  readonly notes: readonly string[];
  readonly problems: readonly Problem[];
  readonly offer: JsonObject | null;
}

export interface RunView {
  readonly id: string;
  readonly connectionId: string;
  readonly connection: string;
  readonly stream: string;
  readonly lane: string;
  readonly state: "running" | "done" | "failed" | "stopped";
  readonly trigger: string;
  readonly startedAt: number;
  readonly endedAt: number | null;
  readonly counts: RunCounts;
  readonly error: { readonly code: string; readonly message: string } | null;
  /** Only on `show`: parked by cause, with one example each. */
  readonly parked?: readonly {
    readonly reason: string;
    readonly message: string;
    readonly field: string | null;
    readonly count: number;
    readonly example: string;
  }[];
}

/** read: records shown by the vendor; expected: how many it shows in all, where it tells. created, updated, deleted, linked: entities (pull) or vendor records (push). requests: API calls. */
export interface RunCounts {
  readonly read?: number;
  readonly expected?: number;
  readonly created?: number;
  readonly updated?: number;
  readonly unchanged?: number;
  readonly deleted?: number;
  readonly linked?: number;
  readonly conflicts?: number;
  readonly parked?: number;
  readonly requests?: number;
}

export interface ParkedView {
  readonly connection: string;
  readonly stream: string;
  readonly side: "pull" | "push";
  readonly subject: string;
  readonly reason: string;
  readonly message: string;
  readonly field: string | null;
  readonly vendor: unknown;
  readonly times: number;
  readonly firstAt: number;
  readonly lastAt: number;
  /** Where a list goes on after this one. */
  readonly cursor?: string;
}

/** One line of the ledger. Times are milliseconds since 1970 UTC. */
export interface ConflictView {
  readonly id: string;
  readonly entityId: string;
  readonly kind: string;
  readonly field: string;
  readonly connection: string;
  readonly stream: string;
  readonly recordId: string;
  readonly baseline: unknown;
  readonly winston: unknown;
  readonly record: unknown;
  /** given: a value that a person gave instead of both. open: a person is asked. moot: nobody need answer any more. */
  readonly winner: "winston" | "record" | "given" | "open" | "moot";
  readonly given: unknown;
  readonly rule: string;
  readonly at: number;
  /** Who answered the open question, and when. */
  readonly decidedBy: string | null;
  readonly decidedAt: number | null;
  /** Who put the losing value back, and when. */
  readonly restoredBy: string | null;
  readonly restoredAt: number | null;
  /** What a person knows the record by. */
  readonly title: string | null;
  /** Titles of the things that the values of a reference name, by their ids. */
  readonly names: Readonly<Record<string, string>>;
}

/** Which value is taken. Without one: the losing value of a decided conflict. `force` puts it back also over a later edit. */
export interface Take {
  readonly choice?: { readonly side: "winston" | "record" } | { readonly value: unknown } | undefined;
  readonly force?: boolean | undefined;
}

export type Taken =
  | { readonly id: string; readonly status: "taken" | "unchanged"; readonly conflict: ConflictView }
  | { readonly id: string; readonly status: "failed"; readonly code: ErrorCode; readonly message: string };

export interface Conflicts {
  /** Throws not.found. */
  get(id: string): Promise<ConflictView>;
  /**
   * Decides open conflicts and puts back the losing values of decided ones, in one transaction, each by itself: what cannot be taken
   * is refused alone. In the order of the ids, of which one call takes at most 2,000.
   */
  take(ids: readonly string[], what: Take, actor: string): Promise<readonly Taken[]>;
}

export interface Connections {
  /** Makes (or finds, by name) a connection: seals the secrets, identifies the account, describes its fields, lays out its streams. */
  connect(input: {
    vendor: string;
    name: string;
    settings: JsonObject;
    secrets: Readonly<Record<string, string>>;
    mode: "observe" | "plan" | "write";
    /** What is chosen of streams before their first load, by key. */
    streams?: Readonly<Record<string, StreamChange>> | undefined;
  }): Promise<ConnectionView>;
  list(): Promise<readonly ConnectionView[]>;
  /** By id or by name. Throws not.found. */
  get(idOrName: string): Promise<ConnectionView>;
  update(
    id: string,
    change: {
      mode?: "observe" | "plan" | "write" | undefined;
      paused?: boolean | undefined;
      /** What is let go there; null: all. The list is replaced where one is given. */
      rollout?: { percent: number; records?: readonly string[] | undefined } | null | undefined;
    },
  ): Promise<ConnectionView>;
  remove(id: string): Promise<void>;
  streams(connectionId?: string): Promise<readonly StreamView[]>;
  /** The mapping in force, and putting a new version in force. Throws mapping.invalid. */
  mapping(streamId: number): Promise<{ version: number; document: JsonObject; notes: readonly string[] }>;
  /** What putting it in force would say, and storing nothing. Throws not.found and rule.invalid. */
  checkMapping(streamId: number, document: JsonObject): Promise<MappingCheck>;
  putMapping(
    streamId: number,
    document: JsonObject,
    actor: string,
  ): Promise<{ version: number; notes: readonly string[] }>;
  /** Changes what is given, all of it or nothing. A changed filter, direction or range reads everything once more. Throws not.found, request.invalid, rule.invalid. */
  updateStream(streamId: number, change: StreamChange, actor: string): Promise<void>;
  /** Wakes every lane of every stream of a connection (or one stream). `full` reads everything again. */
  sync(
    connectionId: string,
    options: { stream?: string | undefined; full?: boolean | undefined; trigger: string },
  ): Promise<{ since: number }>;
  /** Whether nothing is owed: no wake, no run, no first load, no intent that may go now. `held` creates wait for a person, so they are not owed. */
  quiet(connectionId?: string): Promise<{
    quiet: boolean;
    running: number;
    owed: number;
    intents: number;
    parked: number;
    held: number;
    /** Not let go by the rollout. */
    staged: number;
  }>;
}

export interface Runs {
  list(query: {
    connectionId?: string | undefined;
    state?: string | undefined;
    since?: number | undefined;
    limit: number;
    after?: string | undefined;
  }): Promise<readonly RunView[]>;
  get(id: string): Promise<RunView>;
  parked(query: {
    connectionId?: string | undefined;
    limit: number;
    after?: string | undefined;
  }): Promise<readonly ParkedView[]>;
  /** Tries parked ones again: all of a connection, of a stream, or one. Returns how many were meant. */
  retryParked(query: {
    connectionId?: string | undefined;
    stream?: string | undefined;
    subject?: string | undefined;
  }): Promise<number>;
  /** The ledger, newest first; only those that wait for a person when `open`. */
  conflicts(query: {
    entityId?: string | undefined;
    open?: boolean | undefined;
    limit: number;
    after?: string | undefined;
  }): Promise<readonly ConflictView[]>;
}

/**
 * Two of ours that may be one thing. `shared`: the keys they have in common, as they are compared. `connection`: the one that keeps only
 * one of the two and refused the other; null where they look alike by themselves.
 */
export interface DuplicateView {
  readonly id: string;
  readonly kind: string;
  readonly state: "open" | "same" | "different";
  readonly foundAt: number;
  readonly shared: readonly { readonly key: string; readonly value: string }[];
  readonly connection: string | null;
  readonly left: StoredRecord;
  readonly right: StoredRecord;
}

/** A merge that was carried out. The survivor is the record kept, unless the vendor made a new one of both. */
export interface MergedAt {
  readonly connection: string;
  readonly stream: string;
  readonly kept: string;
  readonly lost: string;
  readonly survivor: string;
}

export interface Duplicates {
  /** Throws not.found. */
  get(id: string): Promise<DuplicateView>;
  /** Oldest first; open ones when no state is asked for. */
  list(query: {
    state?: "open" | "same" | "different" | undefined;
    limit: number;
    after?: string | undefined;
  }): Promise<readonly DuplicateView[]>;
  /**
   * same: one takes in the other, blanks fill, and every value that loses is in the conflict ledger. different: nobody is asked
   * again. Throws not.found, and request.conflict where both live at one connection (they are merged there) or a write is under way.
   */
  decide(id: string, decision: "same" | "different", actor: string): Promise<DuplicateView>;
  /**
   * Merges the two records of a pair at every connection where both live, and makes the pair one. `keep` names the side that stays; by
   * itself the older does, except that a contact takes in a lead. Throws not.found; request.conflict where they live at no connection
   * together, or one cannot or may not merge; vendor.refused and vendor.unknown_outcome, saying what was done.
   */
  merge(
    id: string,
    keep: "left" | "right" | undefined,
    actor: string,
  ): Promise<{ readonly pair: DuplicateView; readonly merged: readonly MergedAt[] }>;
  /**
   * Takes the record at one connection (by id or name) out of a thing of ours: it becomes one of its own, with the values both sides
   * last agreed on. Nothing is written for it; the next edit of either travels as ever. Returns the new one's id. Throws not.found,
   * and request.conflict where Winston itself made the record for it.
   */
  unlink(kind: string, id: string, connection: string, actor: string): Promise<{ readonly id: string }>;
}

/** How many differences a comparison found of one cause, in words, and what to do about them where something is to be done. */
export interface CauseView {
  readonly cause: string;
  readonly title: string;
  readonly words: string;
  readonly act: string | null;
  readonly count: number;
  readonly repaired: number;
}

/** A comparison of one stream with its vendor. `moving` records were being edited, and are no differences; they are looked at again at `againAt`. */
export interface ComparisonView {
  readonly id: string;
  readonly connection: string;
  readonly stream: string;
  readonly state: "asked" | "running" | "done";
  readonly askedBy: string;
  readonly depth: "versions" | "fields";
  readonly repair: "none" | "reads" | "all";
  readonly askedAt: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  readonly againAt: number | null;
  /** As the vendor counts its records; null where it does not tell. */
  readonly there: number | null;
  readonly listed: number;
  readonly differences: number;
  readonly repaired: number;
  readonly moving: number;
  readonly requests: number;
  /** What could not be judged. */
  readonly note: string | null;
  /** Why its last run failed, while it is under way; it is tried again by itself. */
  readonly error: { readonly code: string; readonly message: string } | null;
  /** Of the last comparison of its stream. */
  readonly causes: readonly CauseView[];
}

/** A record or field that is not the same on both sides. */
export interface DifferenceView {
  readonly id: string;
  readonly comparisonId: string;
  readonly connection: string;
  readonly stream: string;
  readonly kind: string;
  readonly cause: string;
  readonly message: string;
  readonly act: string | null;
  readonly field: string | null;
  readonly recordId: string | null;
  readonly entityId: string | null;
  readonly there: unknown;
  readonly here: unknown;
  readonly firstAt: number;
  readonly foundAt: number;
  readonly repairedAt: number | null;
}

/** Streams by connection (id or name), by key, or both; all where nothing is said. */
export interface Compared {
  readonly connection?: string | undefined;
  readonly stream?: string | undefined;
}

export interface Comparisons {
  /**
   * Asks for a comparison of each of these streams. `repair`: what was missed is read, what is owed is tried again; nothing is written
   * that a push would not decide. Throws not.found; request.conflict where one cannot be compared now.
   */
  start(
    which: Compared,
    how: { readonly depth: "versions" | "fields"; readonly repair: boolean },
    actor: string,
  ): Promise<readonly ComparisonView[]>;
  /** Newest first. `last`: of each stream the newest that has begun. */
  list(
    query: Compared & { readonly last: boolean; readonly limit: number; readonly after?: string | undefined },
  ): Promise<readonly ComparisonView[]>;
  /** Throws not.found. */
  get(id: string): Promise<ComparisonView>;
  /** What the last comparison of each stream found. */
  differences(
    query: Compared & {
      readonly cause?: string | undefined;
      readonly limit: number;
      readonly after?: string | undefined;
    },
  ): Promise<readonly DifferenceView[]>;
}

/** A connection that is only read, because the database was restored. */
export interface QuarantineView {
  readonly connectionId: string;
  readonly connection: string;
  readonly since: number;
  readonly reason: string;
  /** Whether a person is to say when writing starts; else it starts when all is read. */
  readonly asks: boolean;
  readonly unread: readonly string[];
  readonly unsettled: number;
  /** What it waits for, in words. */
  readonly next: string;
}

export interface Quarantines {
  list(): Promise<readonly QuarantineView[]>;
  /** Says that the database was restored: every connection is only read from now on. */
  begin(by: string, how: { asks?: boolean | undefined }): Promise<readonly QuarantineView[]>;
  /** Lets a connection write. Throws not.found, and request.conflict while not all is known there, unless forced. */
  release(connectionId: string, how: { force?: boolean | undefined }): Promise<void>;
}
