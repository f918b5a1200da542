// An object's properties as the account defines them, and the fields that Winston puts together.
import type { Api } from "../../connector/api.ts";
import type { VendorField } from "../../connector/contract.ts";
import { expectedList } from "./errors.ts";
import { HISTORY } from "./history.ts";
import { STAGE_FIELDS, stagesOf } from "./pipelines.ts";
import { pathsOf, settingsOf } from "./settings.ts";
import type { ObjectFacts } from "./stream.ts";

/** The parts of a property's definition that are used (Properties guide). */
export interface RawProperty {
  readonly name: string;
  readonly label: string;
  readonly type: string;
  readonly fieldType: string;
  readonly options?: readonly { readonly label: string; readonly value: string; readonly hidden?: boolean }[];
  readonly hubspotDefined?: boolean;
  readonly hasUniqueValue?: boolean;
  readonly calculated?: boolean;
  readonly externalOptions?: boolean;
  readonly referencedObjectType?: string;
  readonly modificationMetadata?: { readonly readOnlyValue?: boolean };
}

export async function describe(api: Api, facts: ObjectFacts): Promise<readonly VendorField[]> {
  const settings = settingsOf(api);
  const { results } = await api.get<{ results: readonly RawProperty[] }>(pathsOf(settings).properties(facts.object));
  expectedList(results, `the properties of ${facts.object}`);
  const fields: VendorField[] = [];
  for (const raw of results) {
    const type = typeOf(raw, facts);
    if (type === undefined) continue;
    const writable = !raw.calculated && !raw.modificationMetadata?.readOnlyValue;
    fields.push({
      name: raw.name,
      label: raw.label,
      type,
      custom: raw.hubspotDefined !== true,
      // HubSpot's own rules of what must be given come as refusals; definitions do not tell them.
      required: false,
      createable: writable,
      updateable: writable,
      unique: raw.hasUniqueValue === true,
      ...(type === "email" ? { tidies: ["trim", "lowerCase"] as const } : {}),
      ...(raw.name === settings.handleProperty ? { handle: true } : {}),
      ...(raw.type === "enumeration" && type !== "reference"
        ? {
            options: await optionsOf(api, facts, raw),
            restricted: raw.externalOptions !== true,
          }
        : {}),
      ...(type === "reference" ? { targets: ["owner"] } : {}),
    });
  }
  for (const tie of facts.ties)
    fields.push({
      ...MADE,
      name: tie.field,
      label: tie.label,
      type: "reference",
      createable: true,
      updateable: true,
      targets: [tie.stream],
      // A property that the account shows comes with the record (`askedProperties`).
      apart: !results.some(({ name }) => name === tie.property),
      ...(tie.exclusive ? { inSteps: true } : {}),
    });
  if (facts.staged) {
    for (const { name, label, type } of STAGE_FIELDS) fields.push({ ...MADE, name, label, type });
    fields.push({ ...MADE, name: HISTORY.field, label: HISTORY.label, type: "json", apart: true });
  }
  return fields;
}

const MADE = { custom: false, required: false, createable: false, updateable: false, unique: false };

/** Stages are listed by their pipelines, of which one account may have several. */
async function optionsOf(api: Api, facts: ObjectFacts, raw: RawProperty): Promise<NonNullable<VendorField["options"]>> {
  if (facts.staged && raw.name === "dealstage") {
    const stages = [...(await stagesOf(api)).values()];
    const several = new Set(stages.map((stage) => stage.pipeline)).size > 1;
    return stages.map((stage) => ({
      value: stage.id,
      label: several ? `${stage.pipelineLabel}: ${stage.label}` : stage.label,
      active: true,
    }));
  }
  return (raw.options ?? []).map(({ value, label, hidden }) => ({ value, label, active: hidden !== true }));
}

/** HubSpot's property types in our words; types that are absent are not offered. */
function typeOf(raw: RawProperty, facts: ObjectFacts): string | undefined {
  if (raw.referencedObjectType === "OWNER" || raw.name === "hubspot_owner_id") return "reference";
  if (facts.days.includes(raw.name)) return "date";
  if (raw.type === "string") return raw.name === "email" ? "email" : raw.fieldType === "phonenumber" ? "phone" : "text";
  if (raw.type === "enumeration") {
    if (raw.fieldType === "booleancheckbox") return "boolean";
    return raw.fieldType === "checkbox" ? "multipicklist" : "picklist";
  }
  return TYPES[raw.type];
}

const TYPES: Readonly<Record<string, string>> = {
  number: "number",
  bool: "boolean",
  date: "date",
  datetime: "datetime",
  phone_number: "phone",
  json: "text",
};
