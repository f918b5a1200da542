// The properties every portal has, as far as this one goes: name, label, type, field type; then what is special.
import type { Option, Property, PropertyType } from "./properties.ts";

type Special = Partial<Property> & { readonly values?: string };
type Line = readonly [name: string, label: string, kind: string, special?: Special];

const readOnly: Special = { readOnlyValue: true };
const calculated: Special = { readOnlyValue: true, calculated: true };
const owner: Special = { externalOptions: true, referencedObjectType: "OWNER" };

/** "value=Label|value" as options. */
export function options(text: string): Option[] {
  return text.split("|").map((one, displayOrder) => {
    const [value, label] = one.split("=") as [string, string | undefined];
    return { label: label ?? value, value, displayOrder, hidden: false };
  });
}

function properties(group: string, lines: readonly Line[]): Property[] {
  return lines.map(([name, label, kind, special = {}], displayOrder) => {
    const [type, fieldType] = kind.split(" ") as [PropertyType, string];
    const { values, ...rest } = special;
    return {
      name,
      label,
      type,
      fieldType,
      groupName: group,
      description: "",
      options: values === undefined ? [] : options(values),
      displayOrder,
      hasUniqueValue: false,
      hidden: false,
      formField: false,
      calculated: false,
      externalOptions: false,
      hubspotDefined: true,
      readOnlyValue: false,
      ...rest,
    };
  });
}

const SYSTEM: readonly Line[] = [
  ["hs_object_id", "Record ID", "number number", { ...readOnly, hasUniqueValue: true }],
  ["hs_merged_object_ids", "Merged record IDs", "enumeration checkbox", { ...readOnly, externalOptions: true }],
  ["hs_object_source", "Record source", "string text", readOnly],
  ["hs_object_source_id", "Record source ID", "string text", readOnly],
  ["hs_object_source_label", "Record source label", "enumeration select", { ...readOnly, externalOptions: true }],
  ["hubspot_owner_id", "Owner", "enumeration select", owner],
];

/** From the first stage to the last; a record moves only forward through them. */
export const LIFECYCLE =
  "subscriber=Subscriber|lead=Lead|marketingqualifiedlead=Marketing Qualified Lead|salesqualifiedlead=Sales Qualified Lead|opportunity=Opportunity|customer=Customer|evangelist=Evangelist|other=Other";

const LEAD_STATUS =
  "NEW=New|OPEN=Open|IN_PROGRESS=In Progress|OPEN_DEAL=Open Deal|UNQUALIFIED=Unqualified|ATTEMPTED_TO_CONTACT=Attempted to Contact|CONNECTED=Connected|BAD_TIMING=Bad Timing";

const PLACE: readonly Line[] = [
  ["address", "Street Address", "string text"],
  ["city", "City", "string text"],
  ["state", "State/Region", "string text"],
  ["zip", "Postal Code", "string text"],
  ["country", "Country/Region", "string text"],
];

const CONTACTS: readonly Line[] = [
  ["email", "Email", "string text", { hasUniqueValue: false }],
  [
    "hs_additional_emails",
    "Additional email addresses",
    "enumeration checkbox",
    { ...readOnly, externalOptions: true },
  ],
  ["firstname", "First Name", "string text"],
  ["lastname", "Last Name", "string text"],
  ["salutation", "Salutation", "string text"],
  ["jobtitle", "Job Title", "string text"],
  ["company", "Company Name", "string text"],
  ["phone", "Phone Number", "string phonenumber"],
  ["mobilephone", "Mobile Phone Number", "string phonenumber"],
  ["fax", "Fax Number", "string text"],
  ["website", "Website URL", "string text"],
  ...PLACE,
  ["industry", "Industry", "string text"],
  ["annualrevenue", "Annual Revenue", "string text"],
  [
    "numemployees",
    "Number of Employees",
    "enumeration select",
    { values: "1-5|5-25|25-50|50-100|100-500|500-1000|1000+" },
  ],
  ["date_of_birth", "Date of birth", "string text"],
  ["message", "Message", "string textarea"],
  ["lifecyclestage", "Lifecycle Stage", "enumeration radio", { values: LIFECYCLE }],
  ["hs_lead_status", "Lead Status", "enumeration radio", { values: LEAD_STATUS }],
  ["hs_email_optout", "Unsubscribed from all email", "bool booleancheckbox", readOnly],
  ["hs_email_bounce", "Marketing emails bounced", "number number", readOnly],
  [
    "hs_analytics_source",
    "Original Traffic Source",
    "enumeration select",
    { ...readOnly, values: "OFFLINE=Offline Sources|DIRECT_TRAFFIC=Direct Traffic|ORGANIC_SEARCH=Organic Search" },
  ],
  ["associatedcompanyid", "Primary Associated Company ID", "number number", readOnly],
  ["num_associated_deals", "Number of Associated Deals", "number number", calculated],
  ["hs_full_name_or_email", "Full name or email", "string text", calculated],
  ["hs_email_domain", "Email Domain", "string text", calculated],
  ["createdate", "Create Date", "datetime date", readOnly],
  ["lastmodifieddate", "Last Modified Date", "datetime date", readOnly],
  ...SYSTEM,
];

const INDUSTRIES =
  "AUTOMOTIVE|FOOD_BEVERAGES|FOOD_PRODUCTION|INDUSTRIAL_AUTOMATION|LOGISTICS_AND_SUPPLY_CHAIN|MACHINERY|MARITIME|MECHANICAL_OR_INDUSTRIAL_ENGINEERING|RETAIL|TRANSPORTATION_TRUCKING_RAILROAD|WAREHOUSING|WHOLESALE";

const COMPANIES: readonly Line[] = [
  ["name", "Company name", "string text"],
  ["domain", "Company Domain Name", "string text"],
  ["website", "Website URL", "string text"],
  ["phone", "Phone Number", "string phonenumber"],
  ...PLACE,
  ["address2", "Street Address 2", "string text"],
  ["industry", "Industry", "enumeration select", { values: INDUSTRIES }],
  [
    "type",
    "Type",
    "enumeration radio",
    { values: "PROSPECT=Prospect|PARTNER=Partner|RESELLER=Reseller|VENDOR=Vendor|OTHER=Other" },
  ],
  ["annualrevenue", "Annual Revenue", "number number"],
  ["numberofemployees", "Number of Employees", "number number"],
  ["founded_year", "Year Founded", "string text"],
  ["description", "Description", "string textarea"],
  ["lifecyclestage", "Lifecycle Stage", "enumeration radio", { values: LIFECYCLE }],
  ["hs_lead_status", "Lead Status", "enumeration radio", { values: LEAD_STATUS }],
  ["hs_parent_company_id", "Parent Company", "number number", calculated],
  ["hs_num_child_companies", "Number of child companies", "number number", calculated],
  ["num_associated_contacts", "Number of Associated Contacts", "number number", calculated],
  ["num_associated_deals", "Number of Associated Deals", "number number", calculated],
  ["createdate", "Create Date", "datetime date", readOnly],
  ["hs_lastmodifieddate", "Last Modified Date", "datetime date", readOnly],
  ...SYSTEM,
];

const DEALS: readonly Line[] = [
  ["dealname", "Deal Name", "string text"],
  ["amount", "Amount", "number number"],
  ["closedate", "Close Date", "datetime date"],
  ["pipeline", "Pipeline", "enumeration select", { externalOptions: true }],
  ["dealstage", "Deal Stage", "enumeration radio", { externalOptions: true }],
  [
    "dealtype",
    "Deal Type",
    "enumeration radio",
    { values: "newbusiness=New Business|existingbusiness=Existing Business" },
  ],
  ["description", "Deal Description", "string textarea"],
  ["hs_next_step", "Next step", "string textarea"],
  ["hs_priority", "Priority", "enumeration select", { values: "low=Low|medium=Medium|high=High" }],
  ["closed_lost_reason", "Closed Lost Reason", "string textarea"],
  ["closed_won_reason", "Closed Won Reason", "string textarea"],
  ["hs_is_closed", "Is Deal Closed?", "bool booleancheckbox", calculated],
  ["hs_is_closed_won", "Is Closed Won", "bool booleancheckbox", calculated],
  ["hs_is_closed_lost", "Is Closed Lost", "bool booleancheckbox", calculated],
  ["hs_deal_stage_probability", "Deal probability", "number number", calculated],
  ["hs_projected_amount", "Weighted amount", "number number", calculated],
  ["num_associated_contacts", "Number of Associated Contacts", "number number", calculated],
  ["createdate", "Create Date", "datetime date", readOnly],
  ["hs_lastmodifieddate", "Last Modified Date", "datetime date", readOnly],
  ...SYSTEM,
];

const ACTIVITY: readonly Line[] = [
  ["hs_timestamp", "Activity date", "datetime date"],
  ["hs_createdate", "Create date", "datetime date", readOnly],
  ["hs_lastmodifieddate", "Last modified date", "datetime date", readOnly],
  ...SYSTEM,
];

/** By object. Activities as in the vendor's guides, without what Winston's table B6 does not name. */
export const STANDARD: Readonly<Record<string, readonly Property[]>> = {
  contacts: properties("contactinformation", CONTACTS),
  companies: properties("companyinformation", COMPANIES),
  deals: properties("dealinformation", DEALS),
  notes: properties("noteinformation", [...ACTIVITY, ["hs_note_body", "Note body", "string html"]]),
  tasks: properties("taskinformation", [
    ...ACTIVITY,
    ["hs_task_subject", "Task Title", "string text"],
    ["hs_task_body", "Task Notes", "string html"],
    [
      "hs_task_status",
      "Task Status",
      "enumeration select",
      { values: "NOT_STARTED|IN_PROGRESS|WAITING|DEFERRED|COMPLETED" },
    ],
    ["hs_task_priority", "Priority", "enumeration select", { values: "NONE|LOW|MEDIUM|HIGH" }],
    ["hs_task_type", "Task Type", "enumeration select", { values: "EMAIL|CALL|TODO" }],
  ]),
  meetings: properties("meetinginformation", [
    ...ACTIVITY,
    ["hs_meeting_title", "Meeting name", "string text"],
    ["hs_meeting_body", "Meeting description", "string html"],
    ["hs_meeting_start_time", "Meeting start time", "datetime date"],
    ["hs_meeting_end_time", "Meeting end time", "datetime date"],
    ["hs_meeting_location", "Meeting location", "string text"],
    [
      "hs_meeting_outcome",
      "Meeting outcome",
      "enumeration select",
      { values: "SCHEDULED|COMPLETED|RESCHEDULED|NO_SHOW|CANCELED" },
    ],
  ]),
  calls: properties("callinformation", [
    ...ACTIVITY,
    ["hs_call_title", "Call Title", "string text"],
    ["hs_call_body", "Call notes", "string html"],
    ["hs_call_direction", "Call direction", "enumeration select", { values: "INBOUND|OUTBOUND" }],
    ["hs_call_duration", "Call duration", "number number"],
    ["hs_call_disposition", "Call outcome", "string text"],
    [
      "hs_call_status",
      "Call status",
      "enumeration select",
      { values: "BUSY|CALLING_CRM_USER|CANCELED|COMPLETED|CONNECTING|FAILED|IN_PROGRESS|NO_ANSWER|QUEUED|RINGING" },
    ],
  ]),
  emails: properties("emailinformation", [
    ...ACTIVITY,
    ["hs_email_subject", "Email subject", "string text"],
    ["hs_email_text", "Email body", "string textarea"],
    ["hs_email_html", "Email HTML", "string html"],
    ["hs_email_headers", "Email headers", "string textarea"],
    ["hs_email_direction", "Email Direction", "enumeration select", { values: "EMAIL|INCOMING_EMAIL|FORWARDED_EMAIL" }],
    ["hs_email_status", "Email status", "enumeration select", { values: "BOUNCED|FAILED|SCHEDULED|SENDING|SENT" }],
    ["hs_attachment_ids", "Attached file IDs", "string text"],
  ]),
};
