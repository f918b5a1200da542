// The configuration as one document: what it holds, what a change of it is, and what the surfaces may ask.
import type { Json, JsonObject } from "../base/json.ts";
import type { StreamChange } from "../sync/types.ts";

/** Everything a person chose, without secrets. Absent: as it is. Null: as it is by itself. */
export interface ConfigDocument {
  readonly version: 1;
  /** Custom fields by kind and key. */
  readonly fields?: Readonly<Record<string, Readonly<Record<string, FieldConfig>>>> | undefined;
  readonly connections?: Readonly<Record<string, ConnectionConfig>> | undefined;
}

export interface FieldConfig {
  readonly type: string;
  readonly label?: string | undefined;
  /** Of a reference: the kind it points to. */
  readonly target?: string | undefined;
}

export interface ConnectionConfig {
  readonly vendor: string;
  readonly mode?: "observe" | "plan" | "write" | undefined;
  readonly streams?: Readonly<Record<string, StreamConfig>> | undefined;
}

/** What may be chosen about a stream, with times as text, and its mapping. */
export interface StreamConfig extends Omit<StreamChange, "backfillSince"> {
  /** A time with its offset. */
  readonly backfillSince?: string | null | undefined;
  /** Winston's mapping document, or the specification's `field_mappings`. */
  readonly mapping?: JsonObject | undefined;
}

/** One thing that differs. `path` is as in the document, a mapping's row by the name of its field. */
export interface ConfigChange {
  readonly sign: "+" | "~" | "-";
  readonly path: string;
  /** Null where there is none. */
  readonly old: Json;
  readonly new: Json;
}

export interface ConfigPlan {
  readonly changes: readonly ConfigChange[];
  /** Connections that the document names and nobody connected yet: nothing of theirs can be applied. */
  readonly missing: readonly { readonly connection: string; readonly vendor: string; readonly command: string }[];
  /** What its mappings do that their author may not expect. */
  readonly notes: readonly string[];
  /** Stands for exactly these changes. */
  readonly digest: string;
}

export interface ConfigDocuments {
  /** As YAML: the same configuration is the same text, byte for byte. */
  export(): Promise<string>;
  /** What applying it would change. Nothing is changed. Throws request.invalid, mapping.invalid and rule.invalid, with line and column. */
  plan(yaml: string): Promise<ConfigPlan>;
  /** Changes that, all of it or nothing; only a connection that leaves `observe` does so afterwards, for its vendor is asked. `digest`: of the plan that was agreed to; plan.stale where it would be another by now. `mayDeclare` false: a document with a custom field that is not there yet is refused, auth.forbidden. */
  apply(
    yaml: string,
    options: {
      readonly actor: string;
      readonly digest?: string | undefined;
      readonly mayDeclare?: boolean | undefined;
    },
  ): Promise<ConfigPlan>;
}
