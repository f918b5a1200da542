// One simulated org: everything the handlers share. Only data and the questions every handler asks of it.
import type { Clock } from "../../base/clock.ts";
import type { Random } from "../../base/random.ts";
import type { Dials } from "./dials.ts";
import { Refusal, notFound } from "./exchange.ts";
import type { RequestLog } from "../shared/log.ts";
import type { Row, Tables } from "./rows.ts";
import type { Field, ObjectDefinition, Schema } from "./schema.ts";

export interface Session {
  readonly userId: string;
  usedAt: number;
}

/** A query that was not read to its end: what is left is found by id. */
export interface Locator {
  readonly ids: readonly string[];
  readonly all: boolean;
  readonly size: number;
  readonly madeAt: number;
  readonly object: ObjectDefinition;
  readonly project: (row: Row) => unknown;
}

/** A Bulk API 2.0 job. What an ingest job uploads is worked on when it is closed; a query job has its rows from the start. */
export interface BulkJob {
  readonly id: string;
  readonly kind: "ingest" | "query";
  readonly operation: string;
  readonly object: ObjectDefinition;
  readonly externalIdFieldName: string | null;
  readonly assignmentRuleId: string | null;
  readonly lineEnding: "LF" | "CRLF";
  readonly columnDelimiter: string;
  readonly apiVersion: string;
  readonly createdAt: number;
  state: "Open" | "UploadComplete" | "InProgress" | "JobComplete" | "Failed" | "Aborted";
  changedAt: number;
  /** When the vendor will be done, in milliseconds. */
  readyAt: number;
  upload: string | null;
  errorMessage: string | null;
  processed: number;
  failed: number;
  /** CSV texts of the results, headers first. */
  successful: string[];
  refused: string[];
  unprocessed: string[];
  /** A query's rows, each already a CSV line. */
  readonly header: string;
  readonly lines: readonly string[];
}

export interface Org {
  readonly clock: Clock;
  readonly random: Random;
  readonly dials: Dials;
  readonly log: RequestLog;
  schema: Schema;
  tables: Tables;
  orgId: string;
  /** Whom the API's requests run as. */
  runningUser: string;
  /** Where the org is reached; known once a server listens. */
  url: string;
  readonly client: { readonly id: string; readonly secret: string };
  readonly refreshTokens: Map<string, string>;
  readonly sessions: Map<string, Session>;
  readonly locators: Map<string, Locator>;
  readonly jobs: Map<string, BulkJob>;
  /** Rows another user holds, until when. */
  readonly locks: Map<string, number>;
  /** Rows that no sharing rule shows to the integration user any more. */
  readonly unshared: Set<string>;
  /** Lead field → "Contact.Field", "Account.Field" or "Opportunity.Field": what conversion carries over besides the standard fields. */
  readonly conversionMap: Map<string, string>;
  /** API calls per minute of the last 24 hours. */
  readonly usage: Map<number, number>;
  /** What the integration user may see of fields that need a grant, with the table versions it was read at. */
  grants: { readonly versions: string; readonly byField: ReadonlyMap<string, "edit" | "readonly"> } | undefined;
}

/** Whoever acts: the integration user through the API, or a user of the org in its own pages, whom permissions do not bind here. */
export interface Actor {
  readonly userId: string;
  readonly api: boolean;
  /** Lets rows pass a duplicate rule that only alerts. */
  readonly allowDuplicates?: boolean;
  /** The assignment rule that runs: the active one, the one with this id, or none. */
  readonly assign?: "active" | { readonly ruleId: string };
  /** A user's change shows this much after its stamp, in milliseconds. */
  readonly lateMs?: number;
  /** A stamp other than the clock's, in milliseconds: for stories and for rows with equal stamps. */
  readonly at?: number;
}

export const wholeSecond = (ms: number): number => Math.floor(ms / 1000) * 1000;

/** 2026-05-01T07:25:37.000+0000, as every answer writes a time. */
export const vendorTime = (ms: number): string => new Date(ms).toISOString().replace("Z", "+0000");

export const today = (org: Org): string => new Date(org.clock.now()).toISOString().slice(0, 10);

/** The object of that name, or the vendor's 404. */
export function objectOr404(org: Org, name: string): ObjectDefinition {
  const found = org.schema.object(name);
  if (!found) throw notFound();
  return found;
}

/** The integration user's right to a field: what an administrator set, and for fields made by API what FieldPermissions say. */
export function accessTo(org: Org, object: string, field: Field): "edit" | "readonly" | "hidden" {
  if (!field.needsGrant) return field.access;
  return grants(org).get(`${object}.${field.name}`.toLowerCase()) ?? "hidden";
}

export function visible(org: Org, object: string, field: Field, api: boolean): boolean {
  return !api || accessTo(org, object, field) !== "hidden";
}

function grants(org: Org): ReadonlyMap<string, "edit" | "readonly"> {
  const [permissions, assignments] = [
    org.tables.table("FieldPermissions"),
    org.tables.table("PermissionSetAssignment"),
  ];
  const versions = `${permissions.version} ${assignments.version}`;
  if (org.grants?.versions === versions) return org.grants.byField;
  const mine = new Set<unknown>();
  for (const row of assignments.rows.values())
    if (row["AssigneeId"] === org.runningUser && !row.IsDeleted) mine.add(row["PermissionSetId"]);
  const byField = new Map<string, "edit" | "readonly">();
  for (const row of permissions.rows.values()) {
    if (row.IsDeleted || !mine.has(row["ParentId"]) || row["PermissionsRead"] !== true) continue;
    const key = String(row["Field"]).toLowerCase();
    if (row["PermissionsEdit"] === true) byField.set(key, "edit");
    else if (!byField.has(key)) byField.set(key, "readonly");
  }
  org.grants = { versions, byField };
  return byField;
}

/** A deleted row is in the bin until it is emptied or its time is up. */
export function inBin(org: Org, row: Row): boolean {
  return row.IsDeleted && row.SystemModstamp > org.clock.now() - org.dials.settings.recycleMs;
}

/** Counts `calls` against the rolling day, or refuses as the vendor does when the day is spent. */
export function spend(org: Org, calls: number): void {
  const minute = Math.floor(org.clock.now() / 60_000);
  if (usedToday(org) + calls > org.dials.settings.dailyCap)
    throw new Refusal(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.");
  org.usage.set(minute, (org.usage.get(minute) ?? 0) + calls);
}

export function usedToday(org: Org): number {
  const oldest = Math.floor(org.clock.now() / 60_000) - 24 * 60;
  let used = 0;
  for (const [minute, count] of org.usage) {
    if (minute <= oldest) org.usage.delete(minute);
    else used += count;
  }
  return used;
}
