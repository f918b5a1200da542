// The definitions of properties and their groups.
import { empty, json, said, type VendorResponse } from "../shared/exchange.ts";
import { batchAnswer, inputsOf, parseObject } from "./body.ts";
import type { ObjectType } from "./object-types.ts";
import { typeOr404, vendorTime, type Call, type Portal } from "./portal.ts";
import { FIELD_TYPES, UNIQUE_MAX, type Group, type Option, type Property, type PropertyType } from "./properties.ts";
import { Refusal, batchError, invalid, notAllowed, notFound } from "./refusal.ts";

const BATCH_MAX = 100;

type Body = Readonly<Record<string, unknown>>;

/** /crm/v3/properties/{object}/… and the dated form; `call.path` starts with the object. */
export function propertyApi(call: Call): VendorResponse {
  const { path, request } = call;
  const type = typeOr404(path[0]);
  const [, second, third] = path;
  if (second === "groups") return groups(call, type, third);
  if (second === "batch" && path.length === 3) return batch(call, type, third!);
  if (path.length === 1) {
    if (request.method === "GET") return list(call, type);
    if (request.method !== "POST") throw notAllowed(request.method);
    return json(201, propertyView(createProperty(call.portal, type.name, parseObject(request.body))), {
      mutating: true,
    });
  }
  if (path.length !== 2) throw notFound();
  const archived = request.query.get("archived") === "true";
  const property = existing(call.portal, type, second!, archived);
  switch (request.method) {
    case "GET":
      return json(200, propertyView(property));
    case "PATCH":
      return json(200, propertyView(changeProperty(call.portal, type.name, property, parseObject(request.body))), {
        mutating: true,
      });
    case "DELETE":
      archiveProperty(call.portal, type.name, property);
      return empty(204, { mutating: true });
    default:
      throw notAllowed(request.method);
  }
}

export function propertyView(property: Property): object {
  const { readOnlyValue, createdAt, updatedAt, archivedAt, ...shown } = property;
  return {
    ...shown,
    archived: archivedAt !== undefined,
    dataSensitivity: "non_sensitive",
    ...(createdAt === undefined ? {} : { createdAt: vendorTime(createdAt) }),
    ...(updatedAt === undefined ? {} : { updatedAt: vendorTime(updatedAt) }),
    ...(archivedAt === undefined ? {} : { archivedAt: vendorTime(archivedAt) }),
    modificationMetadata: {
      archivable: !property.hubspotDefined,
      readOnlyDefinition: property.hubspotDefined,
      readOnlyValue,
      readOnlyOptions: property.hubspotDefined && property.externalOptions,
    },
  };
}

function list({ portal, request }: Call, type: ObjectType): VendorResponse {
  const archived = request.query.get("archived") === "true";
  const found = portal.schema.list(type.name).filter((one) => (one.archivedAt !== undefined) === archived);
  return json(
    200,
    { results: found.map((one) => propertyView(withStages(portal, type, one))) },
    { rows: found.length },
  );
}

/** Stages and pipelines show as the options of their properties. */
function withStages(portal: Portal, type: ObjectType, property: Property): Property {
  const pipelines = [...(portal.pipelines.get(type.name)?.values() ?? [])];
  const shown =
    property.name === "pipeline"
      ? pipelines
      : property.name === "dealstage"
        ? pipelines.flatMap((one) => one.stages)
        : undefined;
  if (!shown) return property;
  const options = shown.map(({ id, label }, displayOrder) => ({ value: id, label, displayOrder, hidden: false }));
  return { ...property, options };
}

function existing(portal: Portal, type: ObjectType, name: string, archived: boolean): Property {
  const property = portal.schema.find(type.name, name);
  if (!property || (property.archivedAt !== undefined) !== archived)
    throw notFound(`Property ${name} does not exist for object type ${type.name}`, {
      context: { propertyName: [name] },
    });
  return withStages(portal, type, property);
}

/** Makes a property, or brings an archived one back. Throws as the vendor refuses. */
export function createProperty(portal: Portal, object: string, body: Body): Property {
  const missing = ["name", "label", "type", "fieldType", "groupName"].filter((one) => typeof body[one] !== "string");
  if (missing.length > 0) throw invalid(`Some required fields were not set: [${missing.join(", ")}]`);
  const name = said(body["name"]);
  if (!/^[a-z][a-z0-9_]{0,99}$/u.test(name))
    throw invalid(`Invalid property name ${name}: use lower-case letters, digits and underscores, a letter first`);
  const was = portal.schema.find(object, name);
  if (was && was.archivedAt === undefined)
    throw new Refusal(409, "OBJECT_ALREADY_EXISTS", `A property named '${name}' already exists.`, {
      subCategory: "Properties.PROPERTY_WITH_NAME_EXISTS",
    });
  const now = portal.clock.now();
  if (was) {
    const { archivedAt: _, ...live } = was;
    const back = { ...live, updatedAt: now };
    portal.schema.put(object, back);
    return back;
  }
  const [type, fieldType] = [said(body["type"]) as PropertyType, said(body["fieldType"])];
  if (!(FIELD_TYPES[type] ?? []).includes(fieldType))
    throw invalid(`The field type ${fieldType} does not go with the type ${type}`);
  const group = said(body["groupName"]);
  if (!portal.schema.group(object, group)) throw invalid(`Property group ${group} does not exist`);
  const external = body["externalOptions"] === true;
  const options = optionsOf(body["options"]);
  if (type === "enumeration" && !external && options.length === 0) throw invalid("An enumeration needs options");
  const unique = body["hasUniqueValue"] === true;
  if (unique && !["string", "number"].includes(type)) throw invalid(`A ${type} property cannot have unique values`);
  const own = portal.schema.unique(object).filter((one) => !one.hubspotDefined);
  if (unique && own.length >= UNIQUE_MAX)
    throw invalid(`There are ${UNIQUE_MAX} properties with unique values for ${object} already; that is the limit`);
  const property: Property = {
    name,
    label: said(body["label"]),
    type,
    fieldType,
    groupName: group,
    description: typeof body["description"] === "string" ? body["description"] : "",
    options,
    displayOrder: typeof body["displayOrder"] === "number" ? body["displayOrder"] : -1,
    hasUniqueValue: unique,
    hidden: body["hidden"] === true,
    formField: body["formField"] === true,
    calculated: fieldType === "calculation_equation",
    externalOptions: external,
    ...(typeof body["referencedObjectType"] === "string" ? { referencedObjectType: body["referencedObjectType"] } : {}),
    hubspotDefined: false,
    readOnlyValue: fieldType === "calculation_equation",
    createdAt: now,
    updatedAt: now,
  };
  portal.schema.put(object, property);
  return property;
}

/** Sent fields replace what was; a list of options replaces the whole list. Name and uniqueness cannot be changed. */
function changeProperty(portal: Portal, object: string, property: Property, body: Body): Property {
  const fixed = ["name", "hasUniqueValue"].filter(
    (one) => body[one] !== undefined && body[one] !== property[one as "name" | "hasUniqueValue"],
  );
  if (fixed.length > 0) throw invalid(`Cannot change [${fixed.join(", ")}] of an existing property`);
  if (property.hubspotDefined && body["type"] !== undefined && body["type"] !== property.type)
    throw invalid(`The definition of ${property.name} is read only`);
  const type = (typeof body["type"] === "string" ? body["type"] : property.type) as PropertyType;
  const fieldType = typeof body["fieldType"] === "string" ? body["fieldType"] : property.fieldType;
  if (!(FIELD_TYPES[type] ?? []).includes(fieldType))
    throw invalid(`The field type ${fieldType} does not go with the type ${type}`);
  const text = (name: "label" | "description" | "groupName"): string =>
    typeof body[name] === "string" ? body[name] : property[name];
  const next: Property = {
    ...property,
    type,
    fieldType,
    label: text("label"),
    description: text("description"),
    groupName: text("groupName"),
    ...(body["options"] === undefined ? {} : { options: optionsOf(body["options"]) }),
    ...(typeof body["hidden"] === "boolean" ? { hidden: body["hidden"] } : {}),
    ...(typeof body["formField"] === "boolean" ? { formField: body["formField"] } : {}),
    ...(typeof body["displayOrder"] === "number" ? { displayOrder: body["displayOrder"] } : {}),
    updatedAt: portal.clock.now(),
  };
  portal.schema.put(object, next);
  return next;
}

function archiveProperty(portal: Portal, object: string, property: Property): void {
  if (property.hubspotDefined) throw invalid(`The property ${property.name} is HubSpot's own and cannot be archived`);
  portal.schema.put(object, { ...property, archivedAt: portal.clock.now() });
}

function optionsOf(given: unknown): Option[] {
  if (given === undefined || given === null) return [];
  if (!Array.isArray(given)) throw invalid("options must be a list");
  const options = (given as Body[]).map((one, index) => {
    if (typeof one["label"] !== "string" || typeof one["value"] !== "string")
      throw invalid("Some required fields were not set: [options.label, options.value]");
    return {
      label: one["label"],
      value: one["value"],
      displayOrder: typeof one["displayOrder"] === "number" ? one["displayOrder"] : index,
      hidden: one["hidden"] === true,
      ...(typeof one["description"] === "string" ? { description: one["description"] } : {}),
    };
  });
  for (const what of ["label", "value"] as const) {
    const all = options.map((one) => one[what]);
    const twice = all.find((one, index) => all.indexOf(one) !== index);
    if (twice !== undefined) throw invalid(`Two options have the ${what} ${twice}`);
  }
  return options;
}

function batch(call: Call, type: ObjectType, what: string): VendorResponse {
  const { portal, request } = call;
  if (request.method !== "POST") throw notAllowed(request.method);
  const inputs = inputsOf(request.body, BATCH_MAX);
  if (what === "archive") {
    for (const { name } of inputs) {
      const property = portal.schema.live(type.name, said(name));
      if (property) archiveProperty(portal, type.name, property);
    }
    return empty(204, { mutating: true });
  }
  if (what !== "create" && what !== "read") throw notFound();
  const archived = parseObject(request.body)["archived"] === true;
  const results: object[] = [];
  const errors: object[] = [];
  for (const input of inputs)
    try {
      results.push(
        propertyView(
          what === "create"
            ? createProperty(portal, type.name, input)
            : existing(portal, type, said(input["name"]), archived),
        ),
      );
    } catch (thrown) {
      if (!(thrown instanceof Refusal)) throw thrown;
      errors.push(batchError(thrown, { name: [said(input["name"])] }));
    }
  return batchAnswer(portal, what === "create" ? 201 : 200, results, errors, { mutating: what === "create" });
}

function groups(call: Call, type: ObjectType, name: string | undefined): VendorResponse {
  const { portal, request } = call;
  const { schema } = portal;
  if (name === undefined) {
    if (request.method === "GET") return json(200, { results: schema.groups(type.name) });
    if (request.method !== "POST") throw notAllowed(request.method);
    const body = parseObject(request.body);
    if (typeof body["name"] !== "string" || typeof body["label"] !== "string")
      throw invalid("Some required fields were not set: [name, label]");
    if (schema.group(type.name, body["name"]))
      throw new Refusal(409, "OBJECT_ALREADY_EXISTS", `A property group named '${body["name"]}' already exists.`);
    const displayOrder = typeof body["displayOrder"] === "number" ? body["displayOrder"] : -1;
    const group = { name: body["name"], label: body["label"], displayOrder, archived: false };
    schema.putGroup(type.name, group);
    return json(201, group, { mutating: true });
  }
  const group = schema.group(type.name, name);
  if (!group) throw notFound(`Property group ${name} does not exist`);
  switch (request.method) {
    case "GET":
      return json(200, group);
    case "PATCH":
      return json(200, changeGroup(portal, type, group, parseObject(request.body)), { mutating: true });
    case "DELETE": {
      const used = schema.list(type.name).some((one) => one.groupName === name && one.archivedAt === undefined);
      if (used) throw invalid("Can't delete or purge a group with active properties");
      schema.putGroup(type.name, { ...group, archived: true });
      return empty(204, { mutating: true });
    }
    default:
      throw notAllowed(request.method);
  }
}

function changeGroup(portal: Portal, type: ObjectType, group: Group, body: Body): Group {
  const next = {
    ...group,
    ...(typeof body["label"] === "string" ? { label: body["label"] } : {}),
    ...(typeof body["displayOrder"] === "number" ? { displayOrder: body["displayOrder"] } : {}),
  };
  portal.schema.putGroup(type.name, next);
  return next;
}
