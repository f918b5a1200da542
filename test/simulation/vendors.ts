// The vendors of a world: a Salesforce org and a HubSpot portal in this process, and what their users do there.
import type { Clock } from "../../src/base/clock.ts";
import { seededRandom, type Random } from "../../src/base/random.ts";
import { createHubspot, Refusal as PortalRefusal, type HubspotPortal } from "../../src/simulators/hubspot/index.ts";
import { createSalesforce, OrgRefusal, type SalesforceOrg } from "../../src/simulators/salesforce/index.ts";
import type { FaultRule } from "../../src/simulators/shared/dials.ts";
import type { VendorRequest, VendorResponse } from "../../src/simulators/shared/exchange.ts";
import { dayIn, eveningIn } from "./days.ts";

export type Kind = "person" | "account" | "deal";
export type Site = "salesforce" | "hubspot" | "winston";

/** Fields that random users edit, on every side the same text: [ours, Salesforce's, HubSpot's]. */
export const TEXTS: Readonly<Record<Kind, readonly (readonly [string, string, string])[]>> = {
  person: [
    // First names are left out: two of one address whose names differ are asked about, and nobody answers here.
    ["state", "State", "state"],
    ["title", "Title", "jobtitle"],
    ["city", "City", "city"],
    ["postalCode", "PostalCode", "zip"],
  ],
  account: [
    ["description", "Description", "description"],
    ["city", "BillingCity", "city"],
    ["postalCode", "BillingPostalCode", "zip"],
  ],
  deal: [
    ["description", "Description", "description"],
    ["nextStep", "NextStep", "hs_next_step"],
  ],
};

/** A day at one vendor, a moment at the other; every deal has one, which nobody empties, for Salesforce wants one. */
export const DAY = "closeDate";
export const FIELDS: typeof TEXTS = { ...TEXTS, deal: [...TEXTS.deal, [DAY, "CloseDate", "closedate"]] };

/** The field that says which thing a record is, and that nobody edits: [ours, Salesforce's, HubSpot's]. */
export const TAG: Readonly<Record<Kind, readonly [string, string, string]>> = {
  person: ["lastName", "LastName", "lastname"],
  account: ["name", "Name", "name"],
  deal: ["name", "Name", "dealname"],
};

/** One record as its vendor holds it: the tracked fields by our names, blank ones left out. */
export interface Held {
  readonly tag: string;
  readonly object: string;
  readonly id: string;
  readonly fields: Readonly<Record<string, string>>;
  /** The tag of the account it belongs to. */
  readonly account: string | undefined;
  /** The id of whom it belongs to there. */
  readonly owner: string | undefined;
  /** The firm that a person is of, by what the record says; nobody edits it. */
  readonly firm: string | undefined;
}

/** HubSpot counts the records of each kind from the same number. */
export const keyOf = ({ object, id }: Held): string => `${object} ${id}`;

export interface Vendor {
  readonly site: "salesforce" | "hubspot";
  readonly host: string;
  /** Where its days begin and end. */
  readonly zone: string;
  readonly requests: () => readonly {
    readonly mutating: boolean;
    readonly status: number;
    readonly path: string;
    readonly method: string;
  }[];
  /** How many requests it refused for coming faster than it allows, of its own and not for a fault. */
  tooMany(): number;
  /** What Winston signs in with. */
  readonly secrets: readonly string[];
  handle(request: VendorRequest): VendorResponse;
  /** Arms a fault for the next request that matches. */
  fail(rule: FaultRule): void;
  /** How it says that it is too busy, as its documentation words it. */
  readonly busy: Pick<FaultRule, "status" | "body" | "headers">;
  /** Turns dials. */
  turn(settings: object): void;
  /** Adds a record as a user there does. Returns its id; undefined where the vendor did not let them, as when its account is locked. */
  add(
    kind: Kind,
    tag: string,
    fields: Readonly<Record<string, string>>,
    more?: { account?: string; lateMs?: number },
  ): string | undefined;
  /** Both return false where the vendor did not let them, as when a row is locked. */
  edit(held: Held, fields: Readonly<Record<string, string | null>>, more?: { lateMs?: number }): boolean;
  remove(held: Held): boolean;
  /** All living records of a kind that is watched. */
  held(kind: Kind): Held[];
  /** Those of all kinds. */
  all(): Held[];
  /** Somebody else has the record open for so long: it cannot be written. Returns false where this vendor locks nothing. */
  lock(held: Held, ms: number): boolean;
  /** Makes it somebody's there, by their id; false where the vendor did not let them. */
  give(held: Held, ownerId: string): boolean;
  /** Sharing shows this to Winston's user, or no more. */
  hide(held: Held, hidden: boolean): void;
  /** Makes a lead a contact of an account; returns that account's name and fields. Undefined where this vendor has no leads, or did not let them. */
  convert(held: Held): { account: string; fields: Readonly<Record<string, string>> } | undefined;
  /** Makes one of two records, as a user does: the first is kept. */
  merge(kept: Held, lost: Held): boolean;
  /** A rule takes no value of this field from now on; without one there is no rule. */
  refuse(kind: Kind, field?: string): void;
  /** Answers a batch in another order from now on. */
  shuffle: ((rows: unknown[]) => unknown[]) | undefined;
}

const KINDS: readonly Kind[] = ["person", "account", "deal"];

const SALESFORCE = { person: ["Lead", "Contact"], account: ["Account"], deal: ["Opportunity"] } as const;
const HUBSPOT = { person: "contacts", account: "companies", deal: "deals" } as const;

/** The firm somebody is of, where people know it. */
export const firmOf = (tag: string): string => `Firm ${tag}`;
/** Of every third person HubSpot does not say of which firm they are; Salesforce takes no lead without one. */
const isOfNoFirm = (tag: string): boolean => numberOf(tag) % 3 === 0;
/** Two companies have one address on the web: only their names tell them apart. */
const siteOf = (tag: string): string => `https://house${Math.floor(numberOf(tag) / 2)}.example.com`;
const numberOf = (tag: string): number => Number(/\d+$/u.exec(tag)![0]);

export const emailOf = (tag: string): string => `${tag.toLowerCase()}@example.com`;

const chanceOf = (seed: number | Random): Random => (typeof seed === "number" ? seededRandom(seed) : seed);

export function salesforceVendor(clock: Clock, seed: number | Random): Vendor & { readonly org: SalesforceOrg } {
  const org = createSalesforce({ clock, random: chanceOf(seed), story: "empty" });
  const host = "127.0.0.1:14001";
  const secrets = [org.credentials.clientSecret, org.credentials.refreshToken];
  org.setUrl(`http://${host}`);
  const theirs = (object: string, kind: Kind, ours: string): string => {
    const name = FIELDS[kind].find(([own]) => own === ours)![1];
    return object === "Contact" && name !== "Title" ? `Mailing${name}` : name;
  };
  const values = (
    object: string,
    kind: Kind,
    fields: Readonly<Record<string, string | null>>,
  ): Record<string, string | null> =>
    Object.fromEntries(Object.entries(fields).map(([ours, value]) => [theirs(object, kind, ours), value]));
  const kindOf = (object: string): Kind =>
    object === "Account" ? "account" : object === "Opportunity" ? "deal" : "person";
  const vendor: Vendor & { readonly org: SalesforceOrg } = {
    site: "salesforce",
    host,
    // A date of Salesforce's is a day and no moment.
    zone: "UTC",
    org,
    requests: () => org.log.entries,
    // What it allows is counted by the day only.
    tooMany: () => 0,
    secrets,
    handle: (request) => {
      const answer = org.handle(request);
      const token = /"access_token":"([^"]+)"/u.exec(answer.body)?.[1];
      if (token !== undefined && !secrets.includes(token)) secrets.push(token);
      return answer;
    },
    fail: (rule) => org.dials.failNext(rule),
    busy: { status: 503, body: [{ message: "Server is too busy", errorCode: "SERVER_UNAVAILABLE" }] },
    turn: (settings) => org.dials.set(settings),
    add: (kind, tag, fields, { account, lateMs } = {}) => {
      const object = SALESFORCE[kind][0];
      const base: Record<string, string> =
        kind === "person"
          ? { LastName: tag, Company: firmOf(tag), Email: emailOf(tag) }
          : kind === "account"
            ? { Name: tag, Website: siteOf(tag) }
            : {
                Name: tag,
                StageName: "Prospecting",
                CloseDate: "2026-12-31",
                ...(account ? { AccountId: account } : {}),
              };
      let id: string | undefined;
      const late = lateMs === undefined ? {} : { lateMs };
      allowed(() => void (id = org.data.add(object, { ...base, ...values(object, kind, fields) }, late)));
      return id;
    },
    edit: (held, fields, { lateMs } = {}) =>
      allowed(() =>
        org.data.edit(
          held.object,
          held.id,
          values(held.object, kindOf(held.object), fields),
          lateMs === undefined ? {} : { lateMs },
        ),
      ),
    remove: (held) => allowed(() => org.data.delete(held.id)),
    held: (kind) =>
      SALESFORCE[kind].flatMap((object) =>
        org.data
          .list(object)
          .filter((row) => row["IsConverted"] !== true)
          .map((row) => ({
            tag: String(row[TAG[kind][1]] as string),
            object,
            id: row["Id"] as string,
            fields: filled(FIELDS[kind].map(([ours]) => [ours, row[theirs(object, kind, ours)]])),
            account: nameOf(org, row["AccountId"]),
            owner: row["OwnerId"] as string | undefined,
            firm: row["Company"] as string | undefined,
          })),
      ),
    all: () => KINDS.flatMap((kind) => vendor.held(kind)),
    lock: (held, ms) => {
      org.data.lockRow(held.id, ms);
      return true;
    },
    give: (held, ownerId) => allowed(() => org.data.edit(held.object, held.id, { OwnerId: ownerId })),
    hide: (held, hidden) => org.data.share(held.id, !hidden),
    convert: (held) => {
      // Its firm becomes an account: whoever converts knows it.
      if (held.object !== "Lead" || held.firm === undefined || !held.firm.startsWith(firmOf(""))) return undefined;
      const conversion = { leadId: held.id, convertedStatus: "Closed - Converted", doNotCreateOpportunity: true };
      let accountId = "";
      if (!allowed(() => void ({ accountId } = org.data.convertLead(conversion)))) return undefined;
      const made = vendor.held("account").find((one) => one.id === accountId)!;
      return { account: made.tag, fields: made.fields };
    },
    merge: (kept, lost) => allowed(() => org.data.merge(kept.object, kept.id, [lost.id])),
    refuse: (kind, field) => {
      const rule = (object: string) => ({
        object,
        field: theirs(object, kind, field!),
        code: "FIELD_CUSTOM_VALIDATION_EXCEPTION",
        message: "this is not how we write it",
        fields: [theirs(object, kind, field!)],
      });
      org.dials.set({ rowRules: field === undefined ? [] : SALESFORCE[kind].map(rule) });
    },
    // A collection is answered in the order in which it was sent.
    shuffle: undefined,
  };
  return vendor;
}

export function hubspotVendor(
  clock: Clock,
  seed: number | Random,
  {
    zone = "UTC",
    ...account
  }: { readonly portalId?: number; readonly privateToken?: string; readonly zone?: string } = {},
): Vendor & { readonly portal: HubspotPortal } {
  const portal = createHubspot({ clock, random: chanceOf(seed), story: "empty", ...account });
  const host = "127.0.0.1:14002";
  let refused = 0;
  portal.dials.set({ timeZone: zone });
  portal.setUrl(`http://${host}`);
  // Whoever picks a day there picks a moment of it.
  const said = (ours: string, value: string | null): string =>
    ours === DAY && value !== null ? new Date(eveningIn(zone, value)).toISOString() : (value ?? "");
  const values = (kind: Kind, fields: Readonly<Record<string, string | null>>): Record<string, string> =>
    Object.fromEntries(
      Object.entries(fields).map(([ours, value]) => [
        FIELDS[kind].find(([own]) => own === ours)![2],
        said(ours, value),
      ]),
    );
  const shown = (ours: string, value: unknown): unknown =>
    ours === DAY && typeof value === "string" && value !== "" ? dayIn(zone, Date.parse(value)) : value;
  const kindOf = (object: string): Kind =>
    object === "companies" ? "account" : object === "deals" ? "deal" : "person";
  const vendor: Vendor & { readonly portal: HubspotPortal } = {
    site: "hubspot",
    host,
    zone,
    portal,
    requests: () => portal.log.entries,
    tooMany: () => refused,
    secrets: [portal.credentials.privateToken],
    handle: (request) => {
      const answer = portal.handle(request);
      if (/"policyName":"(?:SECONDLY|TEN_SECONDLY_ROLLING)","groupName"/u.test(answer.body)) refused += 1;
      return vendor.shuffle && /\/batch\/(?:create|update|upsert)$/u.test(request.path) && answer.cut === undefined
        ? { ...answer, body: inAnotherOrder(answer.body, vendor.shuffle) }
        : answer;
    },
    fail: (rule) => portal.dials.failNext(rule),
    busy: {
      status: 429,
      body: {
        status: "error",
        message: "You have reached your ten_secondly_rolling limit.",
        errorType: "RATE_LIMIT",
        policyName: "TEN_SECONDLY_ROLLING",
      },
    },
    turn: (settings) => portal.dials.set(settings),
    add: (kind, tag, fields, { account, lateMs } = {}) => {
      const object = HUBSPOT[kind];
      const base: Record<string, string> =
        kind === "person"
          ? { lastname: tag, email: emailOf(tag), ...(isOfNoFirm(tag) ? {} : { company: firmOf(tag) }) }
          : kind === "account"
            ? { name: tag, website: siteOf(tag) }
            : { dealname: tag, dealstage: "appointmentscheduled", closedate: "2026-12-31" };
      let id: string | undefined;
      const late = lateMs === undefined ? {} : { lateMs };
      allowed(() => void (id = portal.data.add(object, { ...base, ...values(kind, fields) }, late)));
      if (id !== undefined && account !== undefined) portal.data.associate(object, id, "companies", account, "Primary");
      return id;
    },
    edit: (held, fields, { lateMs } = {}) =>
      allowed(() =>
        portal.data.edit(
          held.object,
          held.id,
          values(kindOf(held.object), fields),
          lateMs === undefined ? {} : { lateMs },
        ),
      ),
    remove: (held) => allowed(() => portal.data.archive(held.object, held.id)),
    held: (kind) =>
      portal.data.list(HUBSPOT[kind]).map((row) => ({
        tag: String(row[TAG[kind][2]] as string),
        object: HUBSPOT[kind],
        id: row["id"] as string,
        fields: filled(FIELDS[kind].map(([ours, , hubspots]) => [ours, shown(ours, row[hubspots])])),
        account: kind === "deal" ? companyOf(portal, row["id"] as string) : undefined,
        owner: (row["hubspot_owner_id"] as string | null) || undefined,
        firm: (row["company"] as string | null | undefined) || undefined,
      })),
    all: () => KINDS.flatMap((kind) => vendor.held(kind)),
    lock: () => false,
    give: (held, ownerId) => allowed(() => portal.data.edit(held.object, held.id, { hubspot_owner_id: ownerId })),
    // A private app sees all of its account.
    hide: () => {},
    convert: () => undefined,
    merge: (kept, lost) => allowed(() => portal.data.merge(kept.object, kept.id, lost.id)),
    refuse: (kind, field) =>
      portal.dials.set({
        valueRules:
          field === undefined
            ? []
            : [
                {
                  object: HUBSPOT[kind],
                  property: FIELDS[kind].find(([own]) => own === field)![2],
                  error: "VALIDATION_ERROR",
                  message: "this is not how we write it",
                },
              ],
      }),
    shuffle: undefined,
  };
  return vendor;
}

/** The rows of a batch's answer, which tell by their ids and traces what they are about, put otherwise. */
function inAnotherOrder(body: string, shuffle: (rows: unknown[]) => unknown[]): string {
  let answer: { results?: unknown };
  try {
    answer = JSON.parse(body) as { results?: unknown };
  } catch {
    return body;
  }
  return Array.isArray(answer.results) ? JSON.stringify({ ...answer, results: shuffle(answer.results) }) : body;
}

/** Whether the vendor let somebody do it. */
function allowed(change: () => void): boolean {
  try {
    change();
    return true;
  } catch (thrown) {
    if (thrown instanceof OrgRefusal || thrown instanceof PortalRefusal) return false;
    throw thrown;
  }
}

const filled = (pairs: readonly (readonly [string, unknown])[]): Record<string, string> =>
  Object.fromEntries(
    pairs.flatMap(([name, value]) => (typeof value === "string" && value !== "" ? [[name, value]] : [])),
  );

function companyOf(portal: HubspotPortal, deal: string): string | undefined {
  const [company] = portal.data.associations("deals", deal, "companies");
  return company && (portal.data.get("companies", company.id)?.["name"] as string | undefined);
}

const nameOf = (org: SalesforceOrg, id: unknown): string | undefined =>
  typeof id === "string" ? (org.data.get("Account", id)?.["Name"] as string | undefined) : undefined;
