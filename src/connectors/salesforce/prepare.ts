// The external-id field: without it a create whose answer was lost could be made twice. Winston makes it where it may, else says
// exactly what an administrator does.
import { isError } from "../../base/errors.ts";
import type { Api } from "../../connector/api.ts";
import { rawFields, type RawField } from "./describe.ts";
import { query } from "./records.ts";
import { dataPath, settingsOf } from "./settings.ts";
import { quote, select } from "./soql.ts";
import type { ObjectFacts } from "./stream.ts";

const PERMISSION_SET = "Winston_Sync";

/** What a person must do before Winston may create; empty when the field is there, unique and writable for this user. */
export async function prepare(api: Api, facts: ObjectFacts): Promise<readonly string[]> {
  const name = settingsOf(api).externalIdField;
  const present = await fieldOf(api, facts, name);
  if (present) return shortcomings(facts, present);
  const made = await attempt(() => makeField(api, facts, name));
  // Not seen and not to be made: it may exist and be hidden from this user.
  const permitted = made === null ? await attempt(() => permit(api, facts, name)) : made;
  const now = await fieldOf(api, facts, name);
  if (now) return shortcomings(facts, now);
  return steps(facts, name, permitted);
}

/** null when it went well, or the thing was there already; else the vendor's words. */
async function attempt(work: () => Promise<void>): Promise<string | null> {
  try {
    await work();
    return null;
  } catch (error) {
    if (!isError(error, "vendor.refused")) throw error;
    return EXISTS.has(error.vendor?.code ?? "") ? null : error.message;
  }
}
const EXISTS = new Set(["DUPLICATE_DEVELOPER_NAME", "DUPLICATE_VALUE"]);

async function fieldOf(api: Api, facts: ObjectFacts, name: string): Promise<RawField | undefined> {
  return (await rawFields(api, facts.object)).find((field) => field.name.toLowerCase() === name.toLowerCase());
}

/** Tooling API, CustomField: text of 36 for our ids; unique without regard to case, as the vendor looks external ids up. */
async function makeField(api: Api, facts: ObjectFacts, name: string): Promise<void> {
  await api.post(dataPath(api, "/tooling/sobjects/CustomField"), {
    FullName: `${definedOn(facts)}.${name}`,
    Metadata: {
      type: "Text",
      label: "Winston Id",
      description: "Set by Winston when it creates a record, so that no record is made twice. Please do not edit.",
      length: 36,
      externalId: true,
      unique: true,
      caseSensitive: false,
      required: false,
    },
  });
}

/** A field made by the API is visible to nobody: a permission set of Winston's own grants it to Winston's user (FieldPermissions). */
async function permit(api: Api, facts: ObjectFacts, name: string): Promise<void> {
  const { user_id: user } = await api.get<{ user_id: string }>("/services/oauth2/userinfo");
  let set = await firstId(
    api,
    select({ fields: ["Id"], object: "PermissionSet", where: `Name = ${quote(PERMISSION_SET)}` }),
  );
  set ??= (
    await api.post<{ id: string }>(dataPath(api, "/sobjects/PermissionSet"), {
      Name: PERMISSION_SET,
      Label: "Winston Sync",
    })
  ).id;
  const grant = {
    ParentId: set,
    SobjectType: facts.object,
    Field: `${facts.object}.${name}`,
    PermissionsRead: true,
    PermissionsEdit: true,
  };
  await api.post(dataPath(api, "/sobjects/FieldPermissions"), grant);
  const assigned = await firstId(
    api,
    select({
      fields: ["Id"],
      object: "PermissionSetAssignment",
      where: `PermissionSetId = ${quote(set)} AND AssigneeId = ${quote(user)}`,
    }),
  );
  if (!assigned)
    await api.post(dataPath(api, "/sobjects/PermissionSetAssignment"), { PermissionSetId: set, AssigneeId: user });
}

async function firstId(api: Api, soql: string): Promise<string | null> {
  for await (const rows of query(api, "/query", soql)) if (rows[0]) return String(rows[0]["Id"]);
  return null;
}

const definedOn = (facts: ObjectFacts): string => (facts.activity ? "Activity" : facts.object);

/** A field of that name that does not serve. */
function shortcomings(facts: ObjectFacts, field: RawField): string[] {
  const where = `${definedOn(facts)}.${field.name}`;
  const missing: string[] = [];
  if (!field.externalId)
    missing.push(`In Setup › Object Manager › ${definedOn(facts)}, edit ${where} and tick "External ID".`);
  if (!field.unique) missing.push(`In Setup › Object Manager › ${definedOn(facts)}, edit ${where} and tick "Unique".`);
  if (!field.createable || !field.updateable)
    missing.push(
      `Give Winston's user edit access to ${where} (Setup › Permission Sets › Object Settings › ${facts.object}).`,
    );
  return missing;
}

function steps(facts: ObjectFacts, name: string, why: string | null): string[] {
  const label = name.replace(/__c$/u, "");
  return [
    `Winston could not make its field on ${facts.object} itself${why ? ` (${why})` : ""}. An administrator does this once:`,
    `1. Setup › Object Manager › ${definedOn(facts)} › Fields & Relationships › New: type Text, label "Winston Id", length 36, name "${label}", tick "Do not allow duplicate values" (treat ABC and abc as duplicates) and "External ID".`,
    `2. On the next page make the field visible and editable for the profile of Winston's user, or add it to a permission set of that user with Read and Edit access.`,
    `3. Run the sync again; Winston looks for ${facts.object}.${name} and goes on by itself.`,
  ];
}
