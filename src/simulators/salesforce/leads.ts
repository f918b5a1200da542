// What only SOAP and people in the pages do: convert a lead, merge records.
import type { VendorError } from "./exchange.ts";
import { parseId } from "./ids.ts";
import { today, type Actor, type Org } from "./org.ts";
import type { Row } from "./rows.ts";
import {
  createRow,
  heldWords,
  isHeld,
  liveIds,
  lockedBy,
  remove,
  stampFor,
  updateRow,
  type Outcome,
  type Raw,
} from "./writes.ts";

export interface Conversion {
  readonly leadId: string;
  /** A LeadStatus with IsConverted. */
  readonly convertedStatus: string;
  readonly accountId?: string | undefined;
  readonly contactId?: string | undefined;
  readonly doNotCreateOpportunity?: boolean | undefined;
  readonly opportunityName?: string | undefined;
  readonly overwriteLeadSource?: boolean | undefined;
  readonly ownerId?: string | undefined;
}

export type Converted =
  | { readonly ok: true; leadId: string; accountId: string; contactId: string; opportunityId: string | null }
  | { readonly ok: false; readonly errors: readonly VendorError[] };

const fail = (code: string, message: string, fields: string[] = []): { ok: false; errors: VendorError[] } => ({
  ok: false,
  errors: [{ code, message, fields }],
});

const PLACE = ["Street", "City", "State", "PostalCode", "Country", "Latitude", "Longitude"];

/** Standard fields of the lead, and where conversion puts them. */
const TO_CONTACT: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    ["FirstName", "LastName", "Salutation", "Title", "Phone", "MobilePhone", "Fax", "Email", "Description"]
      .concat(["LeadSource", "HasOptedOutOfEmail", "HasOptedOutOfFax", "DoNotCall"])
      .map((name) => [name, name]),
  ),
  ...Object.fromEntries(PLACE.map((name) => [name, `Mailing${name}`])),
};

const TO_ACCOUNT: Readonly<Record<string, string>> = {
  Company: "Name",
  LeadSource: "AccountSource",
  ...Object.fromEntries(
    ["Phone", "Fax", "Website", "Industry", "AnnualRevenue", "NumberOfEmployees", "Rating"].map((name) => [name, name]),
  ),
  ...Object.fromEntries(PLACE.map((name) => [name, `Billing${name}`])),
};

/**
 * Converts one lead into an account and a contact, and an opportunity unless told otherwise. Existing targets only get
 * what they lack, LeadSource apart when it is to be overwritten. All or nothing.
 */
export function convertLead(org: Org, given: Conversion, actor: Actor): Converted {
  let result: Converted = fail("UNKNOWN_EXCEPTION", "not converted");
  org.tables.transaction(() => (result = convert(org, given, actor)).ok);
  return result;
}

function convert(org: Org, given: Conversion, actor: Actor): Converted {
  const leadId = parseId(given.leadId);
  const lead = leadId === null ? undefined : org.tables.get("Lead", leadId);
  if (!lead) return fail("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", ["leadId"]);
  if (lead.IsDeleted) return fail("ENTITY_IS_DELETED", "entity is deleted");
  if (lead["IsConverted"] === true) return fail("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead");
  if (isHeld(org, lead.Id)) return fail("UNABLE_TO_LOCK_ROW", heldWords(lead.Id));
  const statuses = [...org.tables.table("LeadStatus").rows.values()];
  if (!statuses.some((row) => row["MasterLabel"] === given.convertedStatus && row["IsConverted"] === true))
    return fail("INVALID_STATUS", `invalid convertedStatus: ${given.convertedStatus}`, ["Status"]);
  const ownerId = given.ownerId ?? String(lead["OwnerId"]);
  if (!ownerId.startsWith("005"))
    return fail("INVALID_OWNER", "a lead owned by a queue needs an owner to be converted", ["OwnerId"]);
  if (given.contactId && !given.accountId)
    return fail("REQUIRED_FIELD_MISSING", "accountId is required when contactId is given", ["accountId"]);

  const user: Actor = { userId: actor.userId, api: false, ...(actor.at === undefined ? {} : { at: actor.at }) };
  const account = target(
    org,
    "Account",
    given.accountId,
    carried(org, lead, TO_ACCOUNT, "Account"),
    { OwnerId: ownerId },
    user,
  );
  if (!account.ok) return account;
  const mapped = carried(org, lead, TO_CONTACT, "Contact");
  const contact = target(org, "Contact", given.contactId, mapped, { OwnerId: ownerId, AccountId: account.id }, user);
  if (!contact.ok) return contact;
  if (given.contactId && given.overwriteLeadSource && lead["LeadSource"])
    updateRow(org, org.schema.object("Contact")!, contact.id, { LeadSource: lead["LeadSource"] }, user);
  let opportunityId: string | null = null;
  if (!given.doNotCreateOpportunity) {
    const made = createRow(
      org,
      org.schema.object("Opportunity")!,
      {
        ...carried(org, lead, {}, "Opportunity"),
        Name: (given.opportunityName ?? `${String(lead["Company"])}-`).slice(0, 120),
        AccountId: account.id,
        StageName: "Prospecting",
        CloseDate: quarterEnd(today(org)),
        OwnerId: ownerId,
        ...(lead["LeadSource"] ? { LeadSource: lead["LeadSource"] } : {}),
      },
      user,
    );
    if (!made.ok) return made;
    opportunityId = made.id;
    const role = { OpportunityId: made.id, ContactId: contact.id, IsPrimary: true };
    const tied = createRow(org, org.schema.object("OpportunityContactRole")!, role, user);
    if (!tied.ok) return tied;
  }
  const stamp = stampFor(org, actor, lead);
  org.tables.put("Lead", {
    ...lead,
    Status: given.convertedStatus,
    IsConverted: true,
    IsUnreadByOwner: false,
    ConvertedDate: new Date(stamp).toISOString().slice(0, 10),
    ConvertedAccountId: account.id,
    ConvertedContactId: contact.id,
    ...(opportunityId === null ? {} : { ConvertedOpportunityId: opportunityId }),
    LastModifiedDate: stamp,
    LastModifiedById: actor.userId,
    SystemModstamp: stamp,
  });
  for (const object of ["Task", "Event"])
    for (const id of org.tables.table(object).find("WhoId", lead.Id)) {
      const activity = org.tables.get(object, id)!;
      const WhatId = opportunityId ?? account.id;
      org.tables.put(object, { ...activity, WhoId: contact.id, WhatId, AccountId: account.id, SystemModstamp: stamp });
    }
  for (const id of org.tables.table("CampaignMember").find("LeadId", lead.Id))
    org.tables.put("CampaignMember", {
      ...org.tables.get("CampaignMember", id)!,
      ContactId: contact.id,
      Type: "Contact",
      SystemModstamp: stamp,
    });
  return { ok: true, leadId: lead.Id, accountId: account.id, contactId: contact.id, opportunityId };
}

/** What the lead has for the target: the vendor's own mapping, and the administrator's for custom fields. */
function carried(
  org: Org,
  lead: Row,
  standard: Readonly<Record<string, string>>,
  target: string,
): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const [from, to] of Object.entries(standard)) if (lead[from] !== undefined) values[to] = lead[from];
  for (const [from, to] of org.conversionMap) {
    const [object, field] = to.split(".") as [string, string];
    if (object === target && lead[from] !== undefined) values[field] = lead[from];
  }
  return values;
}

function target(
  org: Org,
  object: string,
  given: string | undefined,
  values: Record<string, unknown>,
  fixed: Raw,
  user: Actor,
): Extract<Outcome, { ok: true }> | { ok: false; errors: readonly VendorError[] } {
  const definition = org.schema.object(object)!;
  if (!given) return createRow(org, definition, { ...values, ...fixed }, user);
  const id = parseId(given);
  const row = id === null ? undefined : org.tables.get(object, id);
  if (!row || row.IsDeleted) return fail("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", [`${object}Id`]);
  const lacking = Object.fromEntries(Object.entries(values).filter(([name]) => (row[name] ?? null) === null));
  if (Object.keys(lacking).length === 0) return { ok: true, id: row.Id, created: false };
  return updateRow(org, definition, row.Id, lacking, user);
}

function quarterEnd(day: string): string {
  const [year, month] = day.split("-").map(Number) as [number, number];
  return new Date(Date.UTC(year, Math.ceil(month / 3) * 3, 0)).toISOString().slice(0, 10);
}

/** Merges one or two records into another of the same object: their children move, they go to the bin with MasterRecordId. */
export function mergeRows(
  org: Org,
  object: string,
  masterId: string,
  loserIds: readonly string[],
  values: Raw,
  actor: Actor,
): Outcome {
  const definition = org.schema.object(object);
  const refuse = (code: string, message: string): Outcome => ({ ok: false, status: 400, errors: [{ code, message }] });
  if (!definition?.mergeable) return refuse("INVALID_TYPE", `${object} records cannot be merged`);
  if (loserIds.length === 0 || loserIds.length > 2)
    return refuse("INVALID_NUM_ARGS", "a merge takes one or two records besides the master");
  let result: Outcome = refuse("UNKNOWN_EXCEPTION", "not merged");
  org.tables.transaction(() => {
    const user: Actor = { userId: actor.userId, api: false, ...(actor.at === undefined ? {} : { at: actor.at }) };
    result = updateRow(org, definition, masterId, values, user);
    if (!result.ok) return false;
    const master = result.id;
    for (const loserId of loserIds) {
      const loser = org.tables.get(object, parseId(loserId) ?? "");
      if (!loser || loser.IsDeleted || loser.Id === master) {
        result = refuse("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id");
        return false;
      }
      const children = org.schema
        .children(object)
        .flatMap((child) =>
          liveIds(org, org.schema.object(child.object)!, child.field, loser.Id).map((id) => ({ ...child, id })),
        );
      const held = lockedBy(org, [loser.Id, ...children.map(({ id }) => id)]);
      if (held) {
        result = held;
        return false;
      }
      for (const child of children) {
        const row = org.tables.get(child.object, child.id)!;
        const SystemModstamp = stampFor(org, user, row);
        org.tables.put(child.object, { ...row, [child.field.name]: master, SystemModstamp });
      }
      remove(org, definition, loser, user, { MasterRecordId: master });
    }
    return true;
  });
  return result;
}
