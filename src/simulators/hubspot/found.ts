// A new portal: what every portal has before the first contact.
import type { Clock } from "../../base/clock.ts";
import type { Random } from "../../base/random.ts";
import { RequestLog } from "../shared/log.ts";
import { Dials } from "./dials.ts";
import type { Pipeline, Portal } from "./portal.ts";
import { Schema } from "./properties.ts";
import { Records } from "./records.ts";
import { Ties } from "./ties.ts";

export interface Credentials {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly refreshToken: string;
  /** The private app's access token; it does not expire. */
  readonly privateToken: string;
}

/** A portal with its default pipeline; a story or a state file fills it. Takes nothing from `random`. */
export function newPortal(options: {
  readonly clock: Clock;
  readonly random: Random;
  readonly credentials: Credentials;
  readonly portalId: number;
}): Portal {
  const { clock, random, credentials, portalId } = options;
  return {
    clock,
    random,
    dials: new Dials(random),
    log: new RequestLog(shape),
    schema: new Schema(),
    records: new Records(),
    ties: new Ties(),
    portalId,
    url: "",
    client: { id: credentials.clientId, secret: credentials.clientSecret },
    privateToken: credentials.privateToken,
    tokens: new Map(),
    refreshTokens: new Set([credentials.refreshToken]),
    codes: new Set(),
    owners: new Map(),
    pipelines: new Map([["deals", new Map([[SALES.id, SALES]])]]),
    emailAliases: new Map(),
    made: 0,
    calls: { oauth: [], private: [], searches: [], byDay: new Map() },
  };
}

/** The kind of call a path is. */
const shape = (path: string): string => path.replaceAll(/\/\d{6,}(?=\/|$)/gu, "/{id}");

const STAGES: readonly (readonly [id: string, label: string, probability: string])[] = [
  ["appointmentscheduled", "Appointment Scheduled", "0.2"],
  ["qualifiedtobuy", "Qualified To Buy", "0.4"],
  ["presentationscheduled", "Presentation Scheduled", "0.6"],
  ["decisionmakerboughtin", "Decision Maker Bought-In", "0.8"],
  ["contractsent", "Contract Sent", "0.9"],
  ["closedwon", "Closed Won", "1.0"],
  ["closedlost", "Closed Lost", "0.0"],
];

/** The pipeline every account starts with; its stamps are 1970. */
const SALES: Pipeline = {
  id: "default",
  label: "Sales Pipeline",
  displayOrder: 0,
  stages: STAGES.map(([id, label, probability], displayOrder) => ({
    id,
    label,
    displayOrder,
    metadata: { isClosed: String(id.startsWith("closed")), probability },
    createdAt: 0,
    updatedAt: 0,
  })),
  createdAt: 0,
  updatedAt: 0,
};
