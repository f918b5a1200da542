// The property of the handle: without it a create whose answer was lost could be made twice. Winston makes it where it may, else says
// exactly what an administrator does.
import { isError } from "../../base/errors.ts";
import type { Api } from "../../connector/api.ts";
import type { RawProperty } from "./describe.ts";
import { pathsOf, settingsOf } from "./settings.ts";
import type { ObjectFacts } from "./stream.ts";

/** What a person must do before Winston may create; empty when the property is there and its values are unique. */
export async function prepare(api: Api, facts: ObjectFacts): Promise<readonly string[]> {
  const settings = settingsOf(api);
  const name = settings.handleProperty;
  const present = await propertyOf(api, facts, name);
  if (present) return shortcomings(facts, present);
  const group = GROUPS[facts.object];
  try {
    await api.post(pathsOf(settings).properties(facts.object), {
      name,
      label: "Winston ID",
      description: "Set by Winston when it creates a record, so that no record is made twice. Please do not edit.",
      groupName: group,
      type: "string",
      fieldType: "text",
      hasUniqueValue: true,
      formField: false,
    });
    return [];
  } catch (error) {
    if (!isError(error, "vendor.refused")) throw error;
    // Made meanwhile by another of Winston's processes, or archived.
    const now = await propertyOf(api, facts, name);
    return now ? shortcomings(facts, now) : steps(facts, name, error.vendor?.message ?? error.message);
  }
}

/** The groups that every account has (Properties guide). */
const GROUPS = {
  contacts: "contactinformation",
  companies: "companyinformation",
  deals: "dealinformation",
} as const satisfies Record<ObjectFacts["object"], string>;

async function propertyOf(api: Api, facts: ObjectFacts, name: string): Promise<RawProperty | null> {
  const { status, body } = await api.call<RawProperty>({
    method: "GET",
    path: pathsOf(settingsOf(api)).properties(facts.object, name),
    accept: [404],
  });
  return status === 404 ? null : body;
}

/** A property of that name that does not serve. HubSpot makes values unique only when a property is made. */
function shortcomings(facts: ObjectFacts, property: RawProperty): string[] {
  if (property.hasUniqueValue !== true)
    return [
      `The property "${property.name}" of ${facts.object} allows repeated values, which HubSpot does not let anybody change afterwards. Archive it and let Winston make it, or give the connection another "handleProperty".`,
    ];
  if (property.modificationMetadata?.readOnlyValue === true)
    return [
      `The property "${property.name}" of ${facts.object} is read-only. Give the connection another "handleProperty".`,
    ];
  return [];
}

function steps(facts: ObjectFacts, name: string, why: string): string[] {
  return [
    `Winston could not make its property on ${facts.object} itself (${why}). A super admin does this once:`,
    `1. Settings › Properties › ${facts.object} › Create property: label "Winston ID", internal name "${name}", type "Single-line text", and under Rules tick "Require unique values for this property". It cannot be ticked later, and an object has room for ten such properties.`,
    `2. Or give Winston's app the scope crm.schemas.${facts.object}.write, and Winston makes it.`,
    `3. Run the sync again; Winston looks for the property and goes on by itself.`,
  ];
}
