// The objects of the portal, and the kinds of association between them with the vendor's numbers.

export interface ObjectType {
  /** As paths and answers write it: "contacts". */
  readonly name: string;
  readonly singular: string;
  readonly typeId: string;
  /** The property that carries the last change: contacts have an older one. */
  readonly modified: "lastmodifieddate" | "hs_lastmodifieddate";
  readonly created: "createdate" | "hs_createdate";
  /** Returned when a caller asks for no property. */
  readonly defaults: readonly string[];
  /** What free text is searched in. */
  readonly searched: readonly string[];
  /** The scope that guards it: crm.objects.{scope}.read. */
  readonly scope: string;
  /** A new record needs one of these. */
  readonly oneOf: readonly string[];
}

const activity = (name: string, singular: string, typeId: string, title: string): ObjectType => ({
  name,
  singular,
  typeId,
  modified: "hs_lastmodifieddate",
  created: "hs_createdate",
  defaults: ["hs_createdate", "hs_lastmodifieddate", "hs_object_id"],
  searched: [title],
  scope: "contacts",
  oneOf: ["hs_timestamp"],
});

export const OBJECT_TYPES: readonly ObjectType[] = [
  {
    name: "contacts",
    singular: "contact",
    typeId: "0-1",
    modified: "lastmodifieddate",
    created: "createdate",
    defaults: ["createdate", "email", "firstname", "hs_object_id", "lastmodifieddate", "lastname"],
    searched: ["firstname", "lastname", "email", "phone", "company", "hs_additional_emails"],
    scope: "contacts",
    oneOf: ["email", "firstname", "lastname"],
  },
  {
    name: "companies",
    singular: "company",
    typeId: "0-2",
    modified: "hs_lastmodifieddate",
    created: "createdate",
    defaults: ["createdate", "domain", "hs_lastmodifieddate", "hs_object_id", "name"],
    searched: ["name", "domain", "website", "phone"],
    scope: "companies",
    oneOf: ["name", "domain"],
  },
  {
    name: "deals",
    singular: "deal",
    typeId: "0-3",
    modified: "hs_lastmodifieddate",
    created: "createdate",
    defaults: [
      "amount",
      "closedate",
      "createdate",
      "dealname",
      "dealstage",
      "hs_lastmodifieddate",
      "hs_object_id",
      "pipeline",
    ],
    searched: ["dealname", "pipeline", "dealstage", "description", "dealtype"],
    scope: "deals",
    oneOf: [],
  },
  activity("notes", "note", "0-46", "hs_note_body"),
  activity("tasks", "task", "0-27", "hs_task_subject"),
  activity("meetings", "meeting", "0-47", "hs_meeting_title"),
  activity("calls", "call", "0-48", "hs_call_title"),
  activity("emails", "email", "0-49", "hs_email_subject"),
];

/** By "contacts", "contact", "CONTACT" or "0-1". */
export function objectType(text: string): ObjectType | undefined {
  const wanted = text.toLowerCase();
  return OBJECT_TYPES.find((one) => one.name === wanted || one.singular === wanted || one.typeId === wanted);
}

/** One kind of association, seen from one side. */
export interface TieType {
  readonly id: number;
  readonly from: string;
  readonly to: string;
  /** The same tie seen from the other side. */
  readonly inverse: number;
  readonly category: "HUBSPOT_DEFINED" | "USER_DEFINED";
  readonly label: string | null;
  /** How reads by object and the v3 associations call it: contact_to_company. */
  readonly name: string;
  /** A record of `from` has at most one. */
  readonly single: boolean;
}

function pair(
  from: string,
  to: string,
  ids: readonly [number, number],
  more: { label?: string; inverseLabel?: string; suffix?: string; inverseSuffix?: string; single?: boolean } = {},
): TieType[] {
  const [a, b] = [objectType(from)!.singular, objectType(to)!.singular];
  const common = { category: "HUBSPOT_DEFINED" as const };
  const label = more.label ?? null;
  return [
    {
      ...common,
      id: ids[0],
      from,
      to,
      inverse: ids[1],
      label,
      name: `${a}_to_${b}${more.suffix ?? ""}`,
      single: more.single ?? false,
    },
    {
      ...common,
      id: ids[1],
      from: to,
      to: from,
      inverse: ids[0],
      label: more.inverseLabel ?? label,
      name: `${b}_to_${a}${more.inverseSuffix ?? more.suffix ?? ""}`,
      single: false,
    },
  ];
}

/** Table B4 of the vendor's numbers (@hubspot/api-client's AssociationTypes). Direction matters. */
export const TIE_TYPES: readonly TieType[] = [
  ...pair("contacts", "companies", [279, 280], { suffix: "_unlabeled" }),
  ...pair("contacts", "companies", [1, 2], { label: "Primary", single: true }),
  ...pair("deals", "companies", [341, 342], { suffix: "_unlabeled" }),
  ...pair("deals", "companies", [5, 6], { label: "Primary", single: true }),
  ...pair("deals", "contacts", [3, 4]),
  ...pair("companies", "companies", [14, 13], {
    label: "Parent Company",
    inverseLabel: "Child Company",
    suffix: "_child_to_parent",
    inverseSuffix: "_parent_to_child",
    single: true,
  }),
  ...pair("notes", "contacts", [202, 201]),
  ...pair("notes", "companies", [190, 189]),
  ...pair("notes", "deals", [214, 213]),
  ...pair("tasks", "contacts", [204, 203]),
  ...pair("tasks", "companies", [192, 191]),
  ...pair("tasks", "deals", [216, 215]),
  ...pair("emails", "contacts", [198, 197]),
  ...pair("emails", "companies", [186, 185]),
  ...pair("emails", "deals", [210, 209]),
  ...pair("calls", "contacts", [194, 193]),
  ...pair("calls", "companies", [182, 181]),
  ...pair("calls", "deals", [206, 205]),
  ...pair("meetings", "contacts", [200, 199]),
  ...pair("meetings", "companies", [188, 187]),
  ...pair("meetings", "deals", [212, 211]),
];

/** The tie that a bare "associate" makes. */
export const plainTie = (from: string, to: string): TieType | undefined =>
  TIE_TYPES.find((one) => one.from === from && one.to === to && one.label === null);

/** The primary that comes with the first plain tie of a record. */
export const primaryTie = (from: string, to: string): TieType | undefined =>
  TIE_TYPES.find((one) => one.from === from && one.to === to && one.label === "Primary");
