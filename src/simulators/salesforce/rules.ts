// What the vendor itself does with a row before it is saved: fields it derives, and rules of single objects.
import type { VendorError } from "./exchange.ts";
import { today, type Org } from "./org.ts";
import type { Row } from "./rows.ts";
import { STAGES } from "./objects.ts";
import type { Value } from "./schema.ts";

/** A row being written. */
export type Draft = Record<string, Value | undefined>;

/** Derives and checks; `changed` are the names the caller set. Returns why the row cannot be saved. */
export type Rule = (
  org: Org,
  draft: Draft,
  previous: Row | undefined,
  changed: ReadonlySet<string>,
) => VendorError | undefined;

const refuse = (code: string, message: string, fields: string[] = []): VendorError => ({ code, message, fields });

const fullName: Rule = (_org, draft) => {
  draft["Name"] = [draft["FirstName"], draft["LastName"]].filter((one) => typeof one === "string").join(" ");
  return undefined;
};

const lead: Rule = (org, draft, previous, changed) => {
  if (previous?.["IsConverted"] === true)
    return refuse("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead");
  return fullName(org, draft, previous, changed);
};

const opportunity: Rule = (_org, draft, previous, changed) => {
  const stage = STAGES.find(([name]) => name === draft["StageName"]);
  if (stage && (!previous || previous["StageName"] !== draft["StageName"])) {
    const [, probability, category, label] = stage;
    if (!changed.has("Probability")) draft["Probability"] = probability;
    draft["ForecastCategory"] = category;
    if (!changed.has("ForecastCategoryName")) draft["ForecastCategoryName"] = label;
    draft["IsClosed"] = category === "Closed" || category === "Omitted";
    draft["IsWon"] = category === "Closed";
  }
  draft["ForecastCategory"] ??= "Pipeline";
  draft["IsClosed"] ??= false;
  draft["IsWon"] ??= false;
  const { Amount: amount, Probability: probability, CloseDate: close } = draft;
  draft["ExpectedRevenue"] =
    typeof amount === "number" && typeof probability === "number" ? Math.round(amount * probability) / 100 : null;
  if (typeof close === "string") {
    draft["FiscalYear"] = Number(close.slice(0, 4));
    draft["FiscalQuarter"] = Math.ceil(Number(close.slice(5, 7)) / 3);
  }
  return undefined;
};

const activity: Rule = (org, draft) => {
  const [who, what] = [draft["WhoId"], draft["WhatId"]];
  if (typeof who === "string" && who.startsWith("00Q") && what)
    return refuse("FIELD_INTEGRITY_EXCEPTION", "Related To ID: must be empty when Name is a lead", ["WhatId"]);
  const account = (id: Value | undefined): Value => {
    if (typeof id !== "string") return null;
    if (id.startsWith("001")) return id;
    const object = org.schema.objectOfId(id)?.name;
    return object ? (org.tables.get(object, id)?.["AccountId"] ?? null) : null;
  };
  draft["AccountId"] = account(what) ?? account(who);
  return undefined;
};

const task: Rule = (org, draft, previous, changed) => {
  draft["IsClosed"] = draft["Status"] === "Completed";
  draft["IsHighPriority"] = draft["Priority"] === "High";
  draft["CompletedDateTime"] = draft["IsClosed"]
    ? (previous?.["CompletedDateTime"] ?? Math.floor(org.clock.now() / 1000) * 1000)
    : null;
  return activity(org, draft, previous, changed);
};

const event: Rule = (org, draft, previous, changed) => {
  if (draft["IsAllDayEvent"] === true) {
    const day = changed.has("ActivityDate") ? draft["ActivityDate"] : (draft["ActivityDate"] ?? null);
    if (typeof day === "string") draft["StartDateTime"] = Date.parse(`${day}T00:00:00Z`);
    draft["DurationInMinutes"] ??= 1440;
  }
  if (changed.has("ActivityDateTime") && !changed.has("StartDateTime"))
    draft["StartDateTime"] = draft["ActivityDateTime"];
  const start = draft["StartDateTime"];
  if (typeof start !== "number")
    return refuse("REQUIRED_FIELD_MISSING", "Required fields are missing: [StartDateTime]", ["StartDateTime"]);
  let minutes = draft["DurationInMinutes"];
  const end = draft["EndDateTime"];
  if (typeof end === "number" && (changed.has("EndDateTime") || typeof minutes !== "number")) {
    const span = (end - start) / 60_000;
    if (changed.has("DurationInMinutes") && minutes !== span)
      return refuse("FIELD_INTEGRITY_EXCEPTION", "Duration: does not match the start and end of the event", [
        "DurationInMinutes",
      ]);
    minutes = span;
  }
  if (typeof minutes !== "number")
    return refuse("REQUIRED_FIELD_MISSING", "Required fields are missing: [DurationInMinutes]", ["DurationInMinutes"]);
  if (minutes < 0)
    return refuse("FIELD_INTEGRITY_EXCEPTION", "End: the event cannot end before it starts", ["EndDateTime"]);
  draft["DurationInMinutes"] = minutes;
  draft["EndDateTime"] = start + minutes * 60_000;
  draft["ActivityDateTime"] = start;
  draft["ActivityDate"] = new Date(start).toISOString().slice(0, 10);
  return activity(org, draft, previous, changed);
};

const campaignMember: Rule = (org, draft, previous) => {
  const [lead, contact] = [draft["LeadId"], draft["ContactId"]];
  if (!previous) {
    if (!lead === !contact)
      return refuse("REQUIRED_FIELD_MISSING", "Required fields are missing: [LeadId or ContactId]", []);
    const members = org.tables.table("CampaignMember");
    const same = members.find(lead ? "LeadId" : "ContactId", (lead ?? contact)!).find((id) => {
      const row = members.rows.get(id)!;
      return !row.IsDeleted && row["CampaignId"] === draft["CampaignId"];
    });
    if (same) return refuse("DUPLICATE_VALUE", "Already a campaign member.");
  }
  const statuses = org.tables.table("CampaignMemberStatus");
  const labels = statuses
    .find("CampaignId", draft["CampaignId"] ?? null)
    .map((id) => statuses.rows.get(id)!)
    .filter((row) => !row.IsDeleted);
  draft["Status"] ??= labels.find((row) => row["IsDefault"] === true)?.["Label"] ?? null;
  const status = labels.find((row) => row["Label"] === draft["Status"]);
  if (!status)
    return refuse(
      "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
      `Status: bad value for restricted picklist field: ${String(draft["Status"])}`,
      ["Status"],
    );
  draft["HasResponded"] = status["HasResponded"] === true;
  draft["FirstRespondedDate"] = draft["HasResponded"] ? (previous?.["FirstRespondedDate"] ?? today(org)) : null;
  draft["Type"] = contact ? "Contact" : "Lead";
  const person = contact ? org.tables.get("Contact", String(contact)) : org.tables.get("Lead", String(lead));
  draft["Name"] = person?.["Name"] ?? null;
  return undefined;
};

const fieldPermissions: Rule = (org, draft, previous) => {
  const [object, name] = String(draft["Field"]).split(".");
  const field = object && name ? org.schema.field(object, name) : undefined;
  if (!field || object!.toLowerCase() !== String(draft["SobjectType"]).toLowerCase())
    return refuse(
      "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
      `Field Name: bad value for restricted picklist field: ${String(draft["Field"])}`,
      ["Field"],
    );
  if (draft["PermissionsEdit"] === true && draft["PermissionsRead"] !== true)
    return refuse("FIELD_INTEGRITY_EXCEPTION", "Permission Edit Field depends on permission(s): Read Field", [
      "PermissionsEdit",
    ]);
  const table = org.tables.table("FieldPermissions");
  const same = table
    .find("Field", draft["Field"]!)
    .find(
      (id) =>
        id !== previous?.Id && !table.rows.get(id)!.IsDeleted && table.rows.get(id)!["ParentId"] === draft["ParentId"],
    );
  if (same)
    return refuse("DUPLICATE_VALUE", `duplicate value found: <unknown> duplicates value on record with id: ${same}`);
  return undefined;
};

export const RULES: Readonly<Record<string, Rule>> = {
  Lead: lead,
  Contact: fullName,
  User: fullName,
  Opportunity: opportunity,
  Task: task,
  Event: event,
  CampaignMember: campaignMember,
  FieldPermissions: fieldPermissions,
};

/** Objects whose rows are gone at once when they are deleted themselves; only those that go with a parent lie in the bin. */
export const BINLESS: ReadonlySet<string> = new Set(["OpportunityContactRole"]);

/** Objects only somebody who may customise the application writes. */
export const SETUP_OBJECTS: ReadonlySet<string> = new Set([
  "PermissionSet",
  "PermissionSetAssignment",
  "FieldPermissions",
]);
