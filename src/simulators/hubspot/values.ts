// From what a caller sends to the text a portal keeps, property by property, and from a record to the values it shows.
import { said } from "../shared/exchange.ts";
import { objectType, primaryTie } from "./object-types.ts";
import { stageOf, vendorTime, type Portal } from "./portal.ts";
import type { Property } from "./properties.ts";
import type { Past, Rec } from "./records.ts";
import type { BadValue } from "./refusal.ts";

const TEXT_MAX = 65_536;

/** The text that is kept, "" for an emptied property; or why the portal does not accept it. `was`: the value so far. */
export function accept(portal: Portal, property: Property, raw: unknown, was: string | undefined): string | BadValue {
  const text = said(raw);
  if (text === "") return "";
  const bad = (error: string, message: string): BadValue => ({ name: property.name, error, message });
  if (text.length > TEXT_MAX)
    return bad("PROPERTY_VALUE_TOO_LONG", `Property value was too long: ${text.length} > ${TEXT_MAX}`);
  switch (property.type) {
    case "number":
      return Number.isFinite(Number(text)) && text.trim() !== ""
        ? text.trim()
        : bad("INVALID_LONG", `${text} was not a valid number.`);
    case "bool": {
      const lower = text.toLowerCase();
      return lower === "true" || lower === "false"
        ? lower
        : bad("INVALID_BOOLEAN", `${text} was not a valid boolean. It must be "true" or "false".`);
    }
    case "date": {
      const day = toTime(text);
      return day === undefined || day % 86_400_000 !== 0
        ? bad("INVALID_DATE", `${text} was not a valid date. It must be YYYY-MM-DD or midnight UTC in milliseconds.`)
        : vendorTime(day).slice(0, 10);
    }
    case "datetime": {
      const time = toTime(text);
      return time === undefined ? bad("INVALID_LONG", `${text} was not a valid long.`) : vendorTime(time);
    }
    case "enumeration":
      return property.referencedObjectType === "OWNER"
        ? acceptOwner(portal, text, bad)
        : acceptOptions(property, text, was, bad);
    default:
      return property.name === "email" ? acceptEmail(text, bad) : text;
  }
}

type Bad = (error: string, message: string) => BadValue;

function acceptOwner(portal: Portal, text: string, bad: Bad): string | BadValue {
  if (!/^\d{1,10}$/u.test(text)) return bad("INVALID_INTEGER", `${text} was not a valid integer (for owner ID).`);
  const owner = portal.owners.get(text);
  if (!owner || (owner.archived && !portal.dials.settings.inactiveOwnersAssignable))
    return bad("INVALID_OWNER_ID", `${text} is not the ID of an active owner.`);
  return text;
}

function acceptOptions(property: Property, text: string, was: string | undefined, bad: Bad): string | BadValue {
  if (property.externalOptions) return text; // Stages and pipelines are looked at together.
  const multiple = property.fieldType === "checkbox";
  const wanted = multiple ? text.split(";").filter((one) => one !== "") : [text];
  const allowed = property.options.map((one) => one.value);
  const wrong = wanted.find((one) => !allowed.includes(one));
  if (wrong !== undefined)
    return bad("INVALID_OPTION", `${wrong} was not one of the allowed options: [${allowed.join(", ")}]`);
  const kept = multiple && text.startsWith(";") ? (was ?? "").split(";").filter((one) => one !== "") : [];
  return [...new Set([...kept, ...wanted])].join(";");
}

function acceptEmail(text: string, bad: Bad): string | BadValue {
  const email = text.trim().toLowerCase();
  return /^[^\s@,;"<>()]+@[^\s@,;"<>()]+\.[^\s@,;"<>().]{2,}$/u.test(email)
    ? email
    : bad("INVALID_EMAIL", `Email address ${text} is invalid`);
}

/** Milliseconds of a time written as milliseconds or in ISO 8601; a bare date is midnight UTC. */
export function toTime(text: string): number | undefined {
  if (/^-?\d{5,}$/u.test(text)) return Number(text);
  if (!/^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d))?$/u.test(text)) return undefined;
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : time;
}

/** What a record shows under this name: text, or null when it is empty. Computed properties are computed here. */
export function valueOf(portal: Portal, type: string, rec: Rec, name: string): string | null {
  const computed = COMPUTED[name];
  if (computed) {
    const value = computed(portal, type, rec);
    if (value !== undefined) return value;
  }
  return rec.properties[name] ?? null;
}

/** Undefined: not computed for this object. */
type Computed = (portal: Portal, type: string, rec: Rec) => string | null | undefined;

const only =
  (object: string, computed: Computed): Computed =>
  (portal, type, rec) =>
    type === object ? computed(portal, type, rec) : undefined;

const count = (portal: Portal, type: string, rec: Rec, other: string): string => {
  let live = 0;
  for (const [id] of portal.ties.to({ type, id: rec.id }, other))
    if (portal.records.get(other, id)?.archivedAt === undefined) live += 1;
  return String(live);
};

/** The one record of `other` tied by a kind there is one of. */
function tied(portal: Portal, type: string, rec: Rec, other: string, kind: number): string | null {
  for (const [id, types] of portal.ties.to({ type, id: rec.id }, other))
    if (types.has(kind) && portal.records.get(other, id)?.archivedAt === undefined) return id;
  return null;
}

const modified: Computed = (_portal, _type, rec) => vendorTime(rec.updatedAt);
const created: Computed = (_portal, _type, rec) => vendorTime(rec.createdAt);

const stageMetadata = (portal: Portal, rec: Rec): Readonly<Record<string, string>> | undefined =>
  stageOf(portal, "deals", rec.properties["dealstage"] ?? "")?.stage.metadata;

const probability = (portal: Portal, rec: Rec): string | null => stageMetadata(portal, rec)?.["probability"] ?? null;

const closed = (portal: Portal, rec: Rec, wanted?: string): string => {
  const metadata = stageMetadata(portal, rec);
  const is =
    metadata?.["isClosed"] === "true" && (wanted === undefined || Number(metadata["probability"]) === Number(wanted));
  return String(is);
};

const COMPUTED: Readonly<Record<string, Computed>> = {
  hs_object_id: (_portal, _type, rec) => rec.id,
  createdate: created,
  hs_createdate: created,
  lastmodifieddate: modified,
  hs_lastmodifieddate: modified,
  associatedcompanyid: only("contacts", (portal, type, rec) =>
    tied(portal, type, rec, "companies", primaryTie("contacts", "companies")!.id),
  ),
  hs_full_name_or_email: only("contacts", (_portal, _type, { properties }) => {
    const name = [properties["firstname"], properties["lastname"]].filter(Boolean).join(" ");
    return name || (properties["email"] ?? null);
  }),
  hs_email_domain: only("contacts", (_portal, _type, rec) => rec.properties["email"]?.split("@")[1] ?? null),
  num_associated_deals: (portal, type, rec) => count(portal, type, rec, "deals"),
  num_associated_contacts: (portal, type, rec) => count(portal, type, rec, "contacts"),
  hs_parent_company_id: only("companies", (portal, type, rec) => tied(portal, type, rec, "companies", 14)),
  hs_num_child_companies: only("companies", (portal, type, rec) => {
    const children = [...portal.ties.to({ type, id: rec.id }, "companies")].filter(([, types]) => types.has(13));
    return String(children.length);
  }),
  hs_is_closed: only("deals", (portal, _type, rec) => closed(portal, rec)),
  hs_is_closed_won: only("deals", (portal, _type, rec) => closed(portal, rec, "1")),
  hs_is_closed_lost: only("deals", (portal, _type, rec) => closed(portal, rec, "0")),
  hs_deal_stage_probability: only("deals", (portal, _type, rec) => probability(portal, rec)),
  hs_projected_amount: only("deals", (portal, _type, rec) => {
    const [amount, chance] = [rec.properties["amount"], probability(portal, rec)];
    return amount === undefined || chance === null
      ? null
      : String(Math.round(Number(amount) * Number(chance) * 100) / 100);
  }),
};

/** A record as answers show it. Asked properties that are empty are null; unknown ones are left out. */
export function view(
  portal: Portal,
  type: string,
  rec: Rec,
  asked: { readonly properties?: readonly string[]; readonly history?: readonly string[] } = {},
): Record<string, unknown> {
  const { typeId, defaults, modified: modifiedName, created: createdName } = objectType(type)!;
  const names = asked.properties?.length
    ? new Set([...asked.properties, createdName, "hs_object_id", modifiedName])
    : new Set(defaults);
  const properties: Record<string, string | null> = {};
  for (const name of [...names].toSorted())
    if (portal.schema.live(type, name)) properties[name] = valueOf(portal, type, rec, name);
  const history: Record<string, unknown[]> = {};
  for (const name of asked.history ?? [])
    if (portal.schema.live(type, name)) {
      history[name] = versions(portal, type, rec, name);
      properties[name] = valueOf(portal, type, rec, name);
    }
  return {
    id: rec.id,
    properties,
    ...(asked.history?.length ? { propertiesWithHistory: history } : {}),
    createdAt: vendorTime(rec.createdAt),
    updatedAt: vendorTime(rec.updatedAt),
    archived: rec.archivedAt !== undefined,
    ...(rec.archivedAt === undefined ? {} : { archivedAt: vendorTime(rec.archivedAt) }),
    url: `https://app.hubspot.com/contacts/${portal.portalId}/record/${typeId}/${rec.id}`,
  };
}

/** Who or what: a user in HubSpot's own pages by their id, an integration by its app. */
export const sourceIdOf = (source: string): string => (source === "INTEGRATION" ? "app" : "userId:1");

/** The values a property had, the newest first, each with who or what set it. */
function versions(portal: Portal, type: string, rec: Rec, name: string): unknown[] {
  const value = valueOf(portal, type, rec, name);
  const past: readonly Past[] = rec.past?.[name] ?? (value === null ? [] : [[value, rec.createdAt]]);
  return past.toReversed().map(([one, since, source]) => ({
    value: one,
    timestamp: vendorTime(since),
    sourceType: source ?? rec.properties["hs_object_source"] ?? "CRM_UI",
    sourceId: source ? sourceIdOf(source) : (rec.properties["hs_object_source_id"] ?? "userId:1"),
  }));
}
