// What the org says about itself: versions, objects, fields, limits.
import { base, type Call } from "./call.ts";
import { empty, json, type VendorResponse } from "./exchange.ts";
import { accessTo, objectOr404, usedToday, type Org } from "./org.ts";
import type { Field, FieldType, ObjectDefinition } from "./schema.ts";

/** Versions the simulator accepts. 67.0 is Summer '26; the labels go back from it, three a year. */
export const VERSIONS: readonly { version: string; label: string }[] = [
  { version: "60.0", label: "Spring '24" },
  { version: "61.0", label: "Summer '24" },
  { version: "62.0", label: "Winter '25" },
  { version: "63.0", label: "Spring '25" },
  { version: "64.0", label: "Summer '25" },
  { version: "65.0", label: "Winter '26" },
  { version: "66.0", label: "Spring '26" },
  { version: "67.0", label: "Summer '26" },
];

/** GET /services/data: no sign-in needed. */
export function versions(): VendorResponse {
  return json(
    200,
    VERSIONS.map(({ version, label }) => ({ label, url: `/services/data/v${version}`, version })),
  );
}

/** GET /services/data/vNN.N */
export function resources(call: Call): VendorResponse {
  const names = ["tooling", "query", "queryAll", "composite", "sobjects", "limits", "jobs"];
  return json(200, Object.fromEntries(names.map((name) => [name, `${base(call)}/${name}`])));
}

/** GET /sobjects */
export function describeGlobal(call: Call): VendorResponse {
  const objects = call.org.schema.objects();
  const changed = Math.max(...objects.map((one) => call.org.schema.changedAt(one.name)));
  return ifModified(call, changed, () => ({
    encoding: "UTF-8",
    maxBatchSize: 200,
    sobjects: objects.map((one) => summary(call, one)),
  }));
}

/** GET /sobjects/{type} */
export function objectInfo(call: Call): VendorResponse {
  const definition = objectOr404(call.org, call.path[1]!);
  return json(200, { objectDescribe: summary(call, definition), recentItems: [] });
}

/** GET /sobjects/{type}/describe, 304 when If-Modified-Since is later than the last change. */
export function describe(call: Call): VendorResponse {
  const { org } = call;
  const definition = objectOr404(org, call.path[1]!);
  return ifModified(call, org.schema.changedAt(definition.name), () => {
    const { urls, ...flags } = summary(call, definition);
    return {
      actionOverrides: [],
      childRelationships: org.schema.children(definition.name).map(({ name, object, field }) => ({
        cascadeDelete: field.cascade,
        childSObject: object,
        deprecatedAndHidden: false,
        field: field.name,
        junctionIdListNames: [],
        junctionReferenceTo: [],
        relationshipName: name,
        restrictedDelete: false,
      })),
      ...flags,
      compactLayoutable: true,
      fields: definition.fields
        .map((field) => [field, accessTo(org, definition.name, field)] as const)
        .filter(([, access]) => access !== "hidden")
        .map(([field, access]) => describeField(field, access === "edit")),
      listviewable: null,
      lookupLayoutable: null,
      namedLayoutInfos: [],
      networkScopeFieldName: null,
      recordTypeInfos: [
        {
          active: true,
          available: true,
          defaultRecordTypeMapping: true,
          developerName: "Master",
          master: true,
          name: "Master",
          recordTypeId: "012000000000000AAA",
          urls: { layout: `${base(call)}/sobjects/${definition.name}/describe/layouts/012000000000000AAA` },
        },
      ],
      searchLayoutable: true,
      supportedScopes: [{ label: `All ${definition.labelPlural.toLowerCase()}`, name: "everything" }],
      urls: {
        ...(urls as object),
        layouts: `${base(call)}/sobjects/${definition.name}/describe/layouts`,
        uiDetailTemplate: `${org.url}/{ID}`,
        uiEditTemplate: `${org.url}/{ID}/e`,
        uiNewRecord: `${org.url}/${definition.keyPrefix}/e`,
      },
    };
  });
}

function ifModified(call: Call, changedAt: number, body: () => unknown): VendorResponse {
  const since = Date.parse(call.request.headers["if-modified-since"] ?? "");
  const headers = { "last-modified": new Date(changedAt).toUTCString() };
  if (!Number.isNaN(since) && Math.floor(changedAt / 1000) * 1000 <= since) return empty(304, { headers });
  return json(200, body(), { headers });
}

function summary(call: Call, definition: ObjectDefinition): Record<string, unknown> {
  const url = `${base(call)}/sobjects/${definition.name}`;
  const setup = !definition.createable && !definition.updateable;
  return {
    activateable: false,
    associateEntityType: null,
    associateParentEntity: null,
    createable: definition.createable,
    custom: false,
    customSetting: false,
    deepCloneable: false,
    deletable: definition.deletable,
    deprecatedAndHidden: false,
    feedEnabled: !setup,
    hasSubtypes: false,
    isInterface: false,
    isSubtype: false,
    keyPrefix: definition.keyPrefix,
    label: definition.label,
    labelPlural: definition.labelPlural,
    layoutable: !setup,
    mergeable: definition.mergeable,
    mruEnabled: !setup,
    name: definition.name,
    queryable: true,
    replicateable: !setup,
    retrieveable: true,
    searchable: !setup,
    triggerable: !setup,
    undeletable: definition.deletable,
    updateable: definition.updateable,
    urls: { rowTemplate: `${url}/{ID}`, describe: `${url}/describe`, sobject: url },
  };
}

const SOAP_TYPES: Readonly<Record<FieldType, string>> = {
  id: "tns:ID",
  reference: "tns:ID",
  string: "xsd:string",
  textarea: "xsd:string",
  email: "xsd:string",
  phone: "xsd:string",
  url: "xsd:string",
  picklist: "xsd:string",
  combobox: "xsd:string",
  multipicklist: "xsd:string",
  boolean: "xsd:boolean",
  int: "xsd:int",
  double: "xsd:double",
  currency: "xsd:double",
  percent: "xsd:double",
  date: "xsd:date",
  datetime: "xsd:dateTime",
  address: "urn:address",
};

function describeField(field: Field, edit: boolean): Record<string, unknown> {
  const { type, length } = field;
  const long = type === "textarea" && length > 255;
  const plain = type !== "address" && !long;
  return {
    aggregatable: plain && type !== "boolean",
    aiPredictionField: false,
    autoNumber: false,
    byteLength: SOAP_TYPES[type] === "xsd:string" ? length * 3 : length,
    calculated: field.calculated,
    calculatedFormula: null,
    cascadeDelete: field.cascade,
    caseSensitive: field.caseSensitive,
    compoundFieldName: null,
    controllerName: null,
    createable: field.createable && edit,
    custom: field.custom,
    defaultValue: field.defaultValue,
    defaultValueFormula: null,
    defaultedOnCreate: field.defaultedOnCreate,
    dependentPicklist: false,
    deprecatedAndHidden: false,
    digits: type === "int" ? field.precision : 0,
    displayLocationInDecimal: false,
    encrypted: false,
    externalId: field.externalId,
    extraTypeInfo: null,
    filterable: plain,
    filteredLookupInfo: null,
    formulaTreatNullNumberAsZero: false,
    groupable: plain && !["double", "currency", "percent", "multipicklist", "datetime"].includes(type),
    highScaleNumber: false,
    htmlFormatted: false,
    idLookup: field.idLookup,
    inlineHelpText: null,
    label: field.label,
    length,
    mask: null,
    maskType: null,
    name: field.name,
    nameField: field.nameField,
    namePointing: field.referenceTo.length > 1,
    nillable: field.nillable,
    permissionable: field.custom || (field.nillable && field.createable),
    picklistValues: field.picklist.map((one) => ({ ...one, validFor: null })),
    polymorphicForeignKey: field.referenceTo.length > 1,
    precision: type === "int" ? 0 : field.precision,
    queryByDistance: false,
    referenceTargetField: null,
    referenceTo: field.referenceTo,
    relationshipName: field.relationshipName,
    relationshipOrder: null,
    restrictedDelete: false,
    restrictedPicklist: field.restricted,
    scale: field.scale,
    searchPrefilterable: false,
    soapType: SOAP_TYPES[type],
    sortable: plain && type !== "multipicklist",
    type,
    unique: field.unique,
    updateable: field.updateable && edit,
    writeRequiresMasterRead: false,
  };
}

/** GET /limits */
export function limits(call: Call): VendorResponse {
  return json(200, limitsOf(call.org));
}

function limitsOf(org: Org): Record<string, { Max: number; Remaining: number }> {
  const { dailyCap } = org.dials.settings;
  const full = (max: number) => ({ Max: max, Remaining: max });
  return {
    ConcurrentAsyncGetReportInstances: full(200),
    DailyApiRequests: { Max: dailyCap, Remaining: Math.max(0, dailyCap - usedToday(org)) },
    DailyAsyncApexExecutions: full(250_000),
    DailyBulkApiBatches: full(15_000),
    DailyBulkV2QueryFileStorageMB: full(976_562),
    DailyBulkV2QueryJobs: full(10_000),
    DailyDeliveredPlatformEvents: full(10_000),
    DataStorageMB: full(1_073),
    FileStorageMB: full(1_073),
    HourlyTimeBasedWorkflow: full(1_000),
    SingleEmail: full(5_000),
  };
}
