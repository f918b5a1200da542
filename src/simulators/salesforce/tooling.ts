// The corner of the Tooling API that makes a custom field. As in a real org, nobody sees a field made so until a
// FieldPermissions row grants it to a permission set of the user.
import { base, type Call } from "./call.ts";
import { Refusal, json, notAllowed, notFound, parseObject, said, type VendorResponse } from "./exchange.ts";
import { makeId } from "./ids.ts";
import { customField } from "./schema.ts";

/** POST /tooling/sobjects/CustomField {FullName: "Lead.Key__c", Metadata: {type, label, length, unique, externalId …}} */
export function tooling(call: Call): VendorResponse {
  const { org, request, path } = call;
  if (path[1] !== "sobjects" || path[2] !== "CustomField" || path.length !== 3) throw notFound();
  if (request.method !== "POST") throw notAllowed(request.method, "POST");
  if (!org.dials.settings.canCustomize)
    throw new Refusal(403, "INSUFFICIENT_ACCESS", "insufficient access rights on cross-reference id");
  const body = parseObject(request.body);
  const [objectName, name] = said(body["FullName"] ?? "").split(".");
  const metadata = body["Metadata"];
  if (!objectName || !name || typeof metadata !== "object" || metadata === null)
    throw new Refusal(400, "REQUIRED_FIELD_MISSING", "Required fields are missing: [FullName, Metadata]", [
      "FullName",
      "Metadata",
    ]);
  // Task and Event share their custom fields, which are defined on Activity.
  const objects = objectName.toLowerCase() === "activity" ? ["Task", "Event"] : [objectName];
  const definitions = objects.map((one) => org.schema.object(one));
  if (definitions.some((one) => !one) || /^(?:task|event)$/iu.test(objectName))
    throw new Refusal(
      400,
      "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
      `Entity Enumeration Or ID: bad value for restricted picklist field: ${objectName}`,
      ["EntityDefinitionId"],
    );
  const given = metadata as Record<string, unknown>;
  const field = customField({
    ...given,
    name,
    type: said(given["type"]),
    ...(typeof given["length"] === "string" ? { length: Number(given["length"]) } : {}),
  } as Parameters<typeof customField>[0]);
  if (typeof field === "string") throw new Refusal(400, "FIELD_INTEGRITY_EXCEPTION", field, ["FullName"]);
  for (const definition of definitions)
    if (org.schema.field(definition!.name, name))
      throw new Refusal(
        400,
        "DUPLICATE_DEVELOPER_NAME",
        `There is already a field named ${name.replace(/__c$/u, "")} on ${definition!.label}.`,
        ["DeveloperName"],
      );
  const needsGrant = given["required"] !== true; // Required fields are open to everybody.
  for (const definition of definitions)
    org.schema.apply({ op: "add", object: definition!.name, field: { ...field, needsGrant } }, org.clock.now());
  const id = makeId("00N", org.schema.changes.length);
  return json(
    201,
    { id, success: true, errors: [], warnings: [], infos: [] },
    { headers: { location: `${base(call)}/tooling/sobjects/CustomField/${id}` }, mutating: true },
  );
}
