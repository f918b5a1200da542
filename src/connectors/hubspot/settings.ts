// What a person may set on a HubSpot connection, and the two families of paths that the API version chooses between.
import { z } from "zod";
import { isZone } from "../../base/day.ts";
import type { Api } from "../../connector/api.ts";
import type { VersionEnd } from "../../connector/contract.ts";

/** A zone that nobody knows would move every close date; it is refused when connecting. */
const zone = z.string().refine(isZone, "must be an IANA name, such as Europe/Berlin");

/** The version and the handle's property end up in paths, so their shape is checked here. */
export const settingsSchema = z.object({
  baseUrl: z
    .url({ protocol: /^https?$/u })
    .transform((url) => url.replace(/\/+$/u, ""))
    .default("https://api.hubapi.com")
    .describe("Where the API is; api.hubapi.com serves every account"),
  apiVersion: z
    .string()
    .regex(/^(?:v3|\d{4}-\d{2})$/u, "must look like 2026-09, or be v3")
    .default("2026-09")
    .describe("A dated version, or v3 for the numbered paths that HubSpot supports until September 2027"),
  handleProperty: z
    .string()
    .regex(/^[a-z][a-z0-9_]{0,99}$/u, "must be a property's internal name, such as winston_id")
    .default("winston_id")
    .describe("The property with unique values that holds Winston's handle"),
  timeZone: zone
    .exactOptional()
    .describe(
      "The account's time zone: a close date is a time there, and its day is that of this zone; so is the day of the account's limit. Absent: as the account says when it is connected",
    ),
  simulator: z.boolean().default(false).describe("The other side is Winston's simulator on this machine"),
});

export type Settings = z.output<typeof settingsSchema> & { readonly timeZone: string };

const parsed = new WeakMap<object, Settings>();

/** The settings of a call's connection, with the defaults filled in; parsed once for each run, for Intl takes long to know a zone. */
export function settingsOf(api: Pick<Api, "settings">): Settings {
  const known = parsed.get(api.settings);
  if (known) return known;
  const given = settingsSchema.parse(api.settings);
  const settings = { ...given, timeZone: given.timeZone ?? "UTC" };
  parsed.set(api.settings, settings);
  return settings;
}

/** "two versions a year, 18 months each" (HubSpot developer changelog, "date-based versioning"). */
const DATED_MONTHS = 18;
const NUMBERED_TO_DATED = 'Connect it again with --setting "apiVersion=2026-09": names and values stay the same.';

/**
 * When the paths of a version stop being supported. Numbered ones (changelog, "Legacy APIs and legacy apps: what is going unsupported and
 * when"): version 4, of associations, from 2027-03-30, versions 1 to 3 from September 2027.
 */
export function versionEnds(settings: object): readonly VersionEnd[] {
  const { apiVersion } = settingsSchema.parse(settings);
  if (apiVersion === "v3")
    return [
      { version: "v4 (associations)", endsAt: Date.UTC(2027, 2, 30), instead: NUMBERED_TO_DATED },
      { version: "v3", endsAt: Date.UTC(2027, 8, 1), instead: NUMBERED_TO_DATED },
    ];
  const [year, month] = apiVersion.split("-").map(Number) as [number, number];
  return [
    {
      version: apiVersion,
      endsAt: Date.UTC(year, month - 1 + DATED_MONTHS, 1),
      instead: "Connect it again with --setting apiVersion=YYYY-MM, a newer version that HubSpot has.",
    },
  ];
}

interface Paths {
  readonly objects: (object: string, rest?: string) => string;
  readonly associations: (from: string, to: string, rest: string) => string;
  readonly properties: (object: string, name?: string) => string;
  readonly pipelines: (object: string) => string;
  readonly owners: string;
  readonly account: string;
  /** Below the base URL; tokens are asked for before there is an `Api`. */
  readonly token: string;
}

/** The paths of a version. Numbered and dated ones name the same things (HubSpot migration guide, "Date-based versioning"). */
export function pathsOf({ apiVersion }: Pick<Settings, "apiVersion">): Paths {
  if (apiVersion === "v3")
    return {
      objects: (object, rest = "") => `/crm/v3/objects/${object}${rest}`,
      associations: (from, to, rest) => `/crm/v4/associations/${from}/${to}${rest}`,
      properties: (object, name) => `/crm/v3/properties/${object}${name === undefined ? "" : `/${name}`}`,
      pipelines: (object) => `/crm/v3/pipelines/${object}`,
      owners: "/crm/v3/owners",
      account: "/account-info/v3/details",
      // Version 1 of this one is switched off on 2027-02-16.
      token: "/oauth/v3/token",
    };
  return {
    objects: (object, rest = "") => `/crm/objects/${apiVersion}/${object}${rest}`,
    associations: (from, to, rest) => `/crm/associations/${apiVersion}/${from}/${to}${rest}`,
    properties: (object, name) => `/crm/properties/${apiVersion}/${object}${name === undefined ? "" : `/${name}`}`,
    pipelines: (object) => `/crm/pipelines/${apiVersion}/${object}`,
    owners: `/crm/owners/${apiVersion}`,
    account: `/account-info/${apiVersion}/details`,
    token: `/oauth/${apiVersion}/token`,
  };
}
