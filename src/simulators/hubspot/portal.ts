// One simulated portal: everything the handlers share. Only data and the questions every handler asks of it.
import type { Clock } from "../../base/clock.ts";
import type { Random } from "../../base/random.ts";
import type { VendorRequest } from "../shared/exchange.ts";
import type { RequestLog } from "../shared/log.ts";
import type { Dials } from "./dials.ts";
import { objectType, type ObjectType } from "./object-types.ts";
import type { Schema } from "./properties.ts";
import type { Records } from "./records.ts";
import { notFound } from "./refusal.ts";
import type { Ties } from "./ties.ts";

export interface Owner {
  readonly id: string;
  readonly userId: number;
  readonly email: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly type: "PERSON" | "QUEUE";
  readonly createdAt: number;
  readonly updatedAt: number;
  /** Deactivated: listed only when a caller asks for archived owners. */
  readonly archived: boolean;
}

export interface Stage {
  readonly id: string;
  readonly label: string;
  readonly displayOrder: number;
  /** Texts, for deals isClosed "false" and probability "0.2". */
  readonly metadata: Readonly<Record<string, string>>;
  readonly createdAt: number;
  readonly updatedAt: number;
}

export interface Pipeline {
  readonly id: string;
  readonly label: string;
  readonly displayOrder: number;
  readonly stages: readonly Stage[];
  readonly createdAt: number;
  readonly updatedAt: number;
}

export interface Token {
  readonly expiresAt: number;
  readonly refreshToken: string;
}

export interface Portal {
  readonly clock: Clock;
  readonly random: Random;
  readonly dials: Dials;
  readonly log: RequestLog;
  readonly schema: Schema;
  readonly records: Records;
  readonly ties: Ties;
  portalId: number;
  /** Where the portal is reached; known once a server listens. */
  url: string;
  readonly client: { readonly id: string; readonly secret: string };
  readonly privateToken: string;
  readonly tokens: Map<string, Token>;
  readonly refreshTokens: Set<string>;
  /** Codes of the authorize page, not yet used. */
  readonly codes: Set<string>;
  readonly owners: Map<string, Owner>;
  /** By object, by id. */
  readonly pipelines: Map<string, Map<string, Pipeline>>;
  /** Further addresses of merged contacts, and whose they are. */
  readonly emailAliases: Map<string, string>;
  /** Numbers given to owners, pipelines, stages and labels so far. */
  made: number;
  /** Times of calls in the last 10 seconds by app, of searches in the last second, and calls by day. */
  readonly calls: { oauth: number[]; private: number[]; searches: number[]; byDay: Map<string, number> };
}

/** Whoever writes: an app through the API, a user in the portal's pages, an import. */
export interface Actor {
  readonly source: "INTEGRATION" | "CRM_UI" | "IMPORT";
  /** A stamp other than the clock's, in milliseconds: for stories and imports. */
  readonly at?: number;
  /** Search sees the change this much later than it would, in milliseconds. */
  readonly lateMs?: number;
  /** Whether an administrator's required properties bind. */
  readonly enforced?: boolean;
}

/** A request, sign-in and version taken off. */
export interface Call {
  readonly portal: Portal;
  readonly request: VendorRequest;
  /** "v3", "v4" or a date such as "2026-09". */
  readonly version: string;
  /** What follows area and version. */
  readonly path: readonly string[];
  readonly actor: Actor;
}

export const isDated = (version: string): boolean => version.includes("-");

/** 2026-05-01T07:25:37.123Z, as every answer writes a time. */
export const vendorTime = (ms: number): string => new Date(ms).toISOString();

/** A number nothing else in the portal has, as text. */
export function newNumber(portal: Portal): string {
  portal.made += 1;
  return String(71_000_000 + portal.made);
}

export function typeOr404(name: string | undefined): ObjectType {
  const found = objectType(name ?? "");
  if (!found) throw notFound(`Unable to infer object type from: ${name ?? ""}`);
  return found;
}

/** The pipelines of an object in their order. */
export function pipelinesOf(portal: Portal, object: string): Pipeline[] {
  return [...(portal.pipelines.get(object)?.values() ?? [])].toSorted(
    (a, b) => a.displayOrder - b.displayOrder || a.label.localeCompare(b.label, "en"),
  );
}

/** The stage with this id, in whichever pipeline of the object. */
export function stageOf(portal: Portal, object: string, id: string): { pipeline: Pipeline; stage: Stage } | undefined {
  for (const pipeline of pipelinesOf(portal, object)) {
    const stage = pipeline.stages.find((one) => one.id === id);
    if (stage) return { pipeline, stage };
  }
  return undefined;
}
