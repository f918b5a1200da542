// What the HTTP surface is given. It decides nothing itself: the engine, the vault and the store stand behind these.
import type { Flow } from "../alerts/flow.ts";
import type { Alerts } from "../alerts/types.ts";
import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { ConfigDocuments } from "../config-document/types.ts";
import type { Connector } from "../connector/contract.ts";
import type { Field } from "../mapping/types.ts";
import type { Why } from "../sync/explained.ts";
import type { Plans } from "../sync/planned.ts";
import type { Comparisons, Conflicts, Connections, Duplicates, Quarantines, Records, Runs } from "../sync/types.ts";
import type { Mappings } from "../sync/mappings.ts";
import type { Schema } from "../sync/drifts.ts";
import type { Brakes, Frozen } from "../sync/stopped.ts";

/** What a key may do. `admin` may do everything. */
export const SCOPES = [
  "records:read",
  "records:write",
  "connections:read",
  "connections:write",
  "runs:read",
  "runs:write",
  "keys:write",
  "admin",
] as const;
export type Scope = (typeof SCOPES)[number];

export interface KeyView {
  readonly id: string;
  readonly name: string;
  /** The first characters of the token, by which a person knows it again. */
  readonly prefix?: string | undefined;
  readonly scopes: readonly string[];
  /** Times in milliseconds since 1970 UTC. */
  readonly createdAt?: number | undefined;
  readonly expiresAt?: number | null | undefined;
  readonly usedAt?: number | null | undefined;
  readonly revokedAt?: number | null | undefined;
}

/** API keys. The vault keeps them; only `create` ever shows a token. */
export interface Keys {
  /** The key behind a token, or undefined for one that is wrong, expired or revoked. */
  verify(
    token: string,
  ): Promise<{ readonly id: string; readonly name: string; readonly scopes: readonly string[] } | undefined>;
  create(input: {
    name: string;
    scopes: readonly string[];
    expiresAt?: number | undefined;
  }): Promise<{ readonly id: string; readonly token: string }>;
  list(): Promise<readonly KeyView[]>;
  /** Throws not.found. */
  revoke(id: string): Promise<unknown>;
}

/** Answers kept for requests repeated under one Idempotency-Key (a convention, 24 hours). */
export interface Idempotency {
  /** Claims the key for a request whose SHA-256 is `digest`. A claim that was never finished may be taken again after a while, where the route does its work `once` soon. */
  begin(
    keyId: string,
    key: string,
    digest: Buffer,
    once: boolean,
  ): Promise<
    | { readonly kind: "new" }
    | { readonly kind: "replay"; readonly status: number; readonly body: unknown }
    | { readonly kind: "running" }
    | { readonly kind: "mismatch" }
  >;
  /** Keeps the answer; null gives the claim up, because nothing was done and the same request may be tried again. */
  finish(keyId: string, key: string, answer: { readonly status: number; readonly body: unknown } | null): Promise<void>;
}

export interface Health {
  /** One line per thing that must work: the database, migrations, the queue. Anybody may read `detail`: no paths, no addresses in it. */
  ready(): Promise<{
    readonly ok: boolean;
    readonly checks: Readonly<Record<string, { readonly ok: boolean; readonly detail?: string | undefined }>>;
  }>;
  /** Whether what should flow flows. Anybody may read it: numbers, no names. */
  flow(): Promise<Flow>;
}

/** The fields of every kind: the standard ones and those made since. */
export interface FieldCatalogue {
  fields(kind: string): Promise<readonly Field[]>;
}

/** One line of the access log. `at` and `ms` in milliseconds; `route` is the pattern, never the address asked for. */
export interface Access {
  readonly at: number;
  readonly requestId: string;
  readonly keyId: string | null;
  readonly method: string;
  readonly route: string;
  readonly status: number;
  readonly ms: number;
  readonly remote: string;
}

export interface HttpOptions {
  readonly records: Records;
  readonly connections: Connections;
  readonly runs: Runs;
  readonly comparisons: Comparisons;
  readonly conflicts: Conflicts;
  readonly duplicates: Duplicates;
  readonly plans: Plans;
  readonly why: Why;
  readonly brakes: Brakes;
  readonly frozen: Frozen;
  readonly configDocuments: ConfigDocuments;
  readonly schema: Schema;
  readonly mappings: Mappings;
  readonly alerts: Alerts;
  readonly quarantines: Quarantines;
  readonly keys: Keys;
  readonly idempotency: Idempotency;
  readonly health: Health;
  readonly catalogue: FieldCatalogue;
  readonly connectors: readonly Connector[];
  readonly clock: Clock;
  readonly log: Log;
  /** Makes the id of a request: what x-request-id, the log and every problem carry. */
  readonly requestId: () => string;
  readonly version: string;
  /** Told of every answered request. */
  readonly access?: ((entry: Access) => void) | undefined;
  /** Largest body in bytes; 10 MiB when absent. */
  readonly bodyLimit?: number | undefined;
}
