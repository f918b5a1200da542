// The vendors of a world: a Salesforce org and a HubSpot portal in this process, and what their users do there.
import type { Clock } from "../../src/base/clock.ts";
import { seededRandom } from "../../src/base/random.ts";
import { createHubspot, Refusal as PortalRefusal, type HubspotPortal } from "../../src/simulators/hubspot/index.ts";
import { createSalesforce, OrgRefusal, type SalesforceOrg } from "../../src/simulators/salesforce/index.ts";
import type { FaultRule } from "../../src/simulators/shared/dials.ts";
import type { VendorRequest, VendorResponse } from "../../src/simulators/shared/exchange.ts";

export type Kind = "person" | "account" | "deal";
export type Site = "salesforce" | "hubspot" | "winston";

/** Fields that random users edit, on every side the same text: [ours, Salesforce's, HubSpot's]. */
export const FIELDS: Readonly<Record<Kind, readonly (readonly [string, string, string])[]>> = {
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
}

export interface Vendor {
  readonly site: "salesforce" | "hubspot";
  readonly host: string;
  readonly requests: () => readonly {
    readonly mutating: boolean;
    readonly status: number;
    readonly path: string;
    readonly method: string;
  }[];
  handle(request: VendorRequest): VendorResponse;
  /** Arms a fault for the next request that matches. */
  fail(rule: FaultRule): void;
  /** How it says that it is too busy, as its documentation words it. */
  readonly busy: Pick<FaultRule, "status" | "body" | "headers">;
  /** Turns dials. */
  turn(settings: object): void;
  /** Adds a record as a user there does; returns its id. */
  add(
    kind: Kind,
    tag: string,
    fields: Readonly<Record<string, string>>,
    more?: { account?: string; lateMs?: number },
  ): string;
  /** Both return false where the vendor did not let them, as when a row is locked. */
  edit(held: Held, fields: Readonly<Record<string, string | null>>, more?: { lateMs?: number }): boolean;
  remove(held: Held): boolean;
  /** All living records of the kinds that are watched. */
  held(kind: Kind): Held[];
}

const SALESFORCE = { person: ["Lead", "Contact"], account: ["Account"], deal: ["Opportunity"] } as const;
const HUBSPOT = { person: "contacts", account: "companies", deal: "deals" } as const;

export const emailOf = (tag: string): string => `${tag.toLowerCase()}@example.com`;

export function salesforceVendor(clock: Clock, seed: number): Vendor & { readonly org: SalesforceOrg } {
  const org = createSalesforce({ clock, random: seededRandom(seed), story: "empty" });
  const host = "127.0.0.1:14001";
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
  return {
    site: "salesforce",
    host,
    org,
    requests: () => org.log.entries,
    handle: (request) => org.handle(request),
    fail: (rule) => org.dials.failNext(rule),
    busy: { status: 503, body: [{ message: "Server is too busy", errorCode: "SERVER_UNAVAILABLE" }] },
    turn: (settings) => org.dials.set(settings),
    add: (kind, tag, fields, { account, lateMs } = {}) => {
      const object = SALESFORCE[kind][0];
      const base: Record<string, string> =
        kind === "person"
          ? { LastName: tag, Company: `Firm ${tag}`, Email: emailOf(tag) }
          : kind === "account"
            ? { Name: tag, Website: `https://${tag.toLowerCase()}.example.com` }
            : {
                Name: tag,
                StageName: "Prospecting",
                CloseDate: "2026-12-31",
                ...(account ? { AccountId: account } : {}),
              };
      return org.data.add(object, { ...base, ...values(object, kind, fields) }, lateMs === undefined ? {} : { lateMs });
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
          })),
      ),
  };
}

export function hubspotVendor(clock: Clock, seed: number): Vendor & { readonly portal: HubspotPortal } {
  const portal = createHubspot({ clock, random: seededRandom(seed), story: "empty" });
  const host = "127.0.0.1:14002";
  portal.setUrl(`http://${host}`);
  const values = (kind: Kind, fields: Readonly<Record<string, string | null>>): Record<string, string> =>
    Object.fromEntries(
      Object.entries(fields).map(([ours, value]) => [FIELDS[kind].find(([own]) => own === ours)![2], value ?? ""]),
    );
  const kindOf = (object: string): Kind =>
    object === "companies" ? "account" : object === "deals" ? "deal" : "person";
  return {
    site: "hubspot",
    host,
    portal,
    requests: () => portal.log.entries,
    handle: (request) => portal.handle(request),
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
          ? { lastname: tag, company: `Firm ${tag}`, email: emailOf(tag) }
          : kind === "account"
            ? { name: tag, website: `https://${tag.toLowerCase()}.example.com` }
            : { dealname: tag, dealstage: "appointmentscheduled", closedate: "2026-12-31" };
      const id = portal.data.add(object, { ...base, ...values(kind, fields) }, lateMs === undefined ? {} : { lateMs });
      if (account !== undefined) portal.data.associate(object, id, "companies", account, "Primary");
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
        fields: filled(FIELDS[kind].map(([ours, , hubspots]) => [ours, row[hubspots]])),
        account: undefined,
      })),
  };
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

const nameOf = (org: SalesforceOrg, id: unknown): string | undefined =>
  typeof id === "string" ? (org.data.get("Account", id)?.["Name"] as string | undefined) : undefined;
