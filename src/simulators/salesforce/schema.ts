// What an org knows of its objects and fields. The standard ones are in objects.ts; custom ones come by dial or by the
// Tooling API, and every change is kept as data so that a saved org can be rebuilt.

export type FieldType =
  | "id"
  | "string"
  | "textarea"
  | "email"
  | "phone"
  | "url"
  | "picklist"
  | "combobox"
  | "multipicklist"
  | "boolean"
  | "int"
  | "double"
  | "currency"
  | "percent"
  | "date"
  | "datetime"
  | "reference"
  | "address";

/** A stored value. Date-times are milliseconds since 1970 (whole seconds), dates "YYYY-MM-DD", multi-picklists "a;b". */
export type Value = string | number | boolean | null;

export interface PicklistValue {
  readonly value: string;
  readonly label: string;
  readonly active: boolean;
  readonly defaultValue: boolean;
}

export interface Field {
  readonly name: string;
  readonly label: string;
  readonly type: FieldType;
  /** Characters for text, 0 otherwise. */
  readonly length: number;
  readonly precision: number;
  readonly scale: number;
  readonly nillable: boolean;
  readonly createable: boolean;
  readonly updateable: boolean;
  readonly defaultedOnCreate: boolean;
  readonly defaultValue: Value;
  readonly unique: boolean;
  readonly caseSensitive: boolean;
  readonly externalId: boolean;
  readonly idLookup: boolean;
  readonly custom: boolean;
  readonly calculated: boolean;
  readonly nameField: boolean;
  /** A picklist that refuses other values. Standard picklists do not, unless an administrator says so. */
  readonly restricted: boolean;
  readonly picklist: readonly PicklistValue[];
  readonly referenceTo: readonly string[];
  readonly relationshipName: string | null;
  /** The name under which the parent lists its children, and whether they die with it. */
  readonly childName: string | null;
  readonly cascade: boolean;
  /** Made by the Tooling API: nobody sees it until a FieldPermissions row says so. */
  readonly needsGrant: boolean;
  /** What the integration user may do with it, as set by an administrator. */
  readonly access: "edit" | "readonly" | "hidden";
  /** Address: the fields it is made of, by the key they have in the compound. */
  readonly parts?: Readonly<Record<string, string>>;
}

export interface ObjectDefinition {
  readonly name: string;
  readonly label: string;
  readonly labelPlural: string;
  readonly keyPrefix: string;
  readonly createable: boolean;
  readonly updateable: boolean;
  readonly deletable: boolean;
  readonly mergeable: boolean;
  readonly fields: readonly Field[];
}

export type SchemaChange =
  | { readonly op: "add"; readonly object: string; readonly field: Field }
  | { readonly op: "change"; readonly object: string; readonly name: string; readonly changes: Partial<Field> };

interface Entry {
  definition: ObjectDefinition;
  byName: Map<string, Field>;
  byRelationship: Map<string, Field>;
  changedAt: number;
}

export interface ChildRelationship {
  readonly name: string;
  readonly object: string;
  readonly field: Field;
}

/** Object and field names are looked up without regard to case, as the vendor does. */
export class Schema {
  readonly #entries = new Map<string, Entry>();
  readonly #byPrefix = new Map<string, string>();
  readonly #changes: SchemaChange[] = [];
  #children: Map<string, ChildRelationship[]> | undefined;

  constructor(objects: readonly ObjectDefinition[], at: number) {
    for (const definition of objects) {
      this.#entries.set(definition.name.toLowerCase(), index(definition, at));
      this.#byPrefix.set(definition.keyPrefix, definition.name);
    }
  }

  /** Every change since the standard schema, to be replayed on a saved org. */
  get changes(): readonly SchemaChange[] {
    return this.#changes;
  }

  objects(): ObjectDefinition[] {
    return [...this.#entries.values()].map((entry) => entry.definition);
  }

  object(name: string): ObjectDefinition | undefined {
    return this.#entries.get(name.toLowerCase())?.definition;
  }

  /** The object whose records have ids that begin so. */
  objectOfId(id: string): ObjectDefinition | undefined {
    const name = this.#byPrefix.get(id.slice(0, 3));
    return name === undefined ? undefined : this.object(name);
  }

  field(object: string, name: string): Field | undefined {
    return this.#entries.get(object.toLowerCase())?.byName.get(name.toLowerCase());
  }

  /** The reference field behind a relationship name such as "Account" or "Parent__r". */
  relationship(object: string, name: string): Field | undefined {
    return this.#entries.get(object.toLowerCase())?.byRelationship.get(name.toLowerCase());
  }

  changedAt(object: string): number {
    return this.#entries.get(object.toLowerCase())?.changedAt ?? 0;
  }

  children(object: string): readonly ChildRelationship[] {
    if (!this.#children) {
      this.#children = new Map();
      for (const { name, fields } of this.objects())
        for (const field of fields) {
          if (field.childName === null) continue;
          for (const parent of field.referenceTo) {
            const list = this.#children.get(parent) ?? [];
            list.push({ name: field.childName, object: name, field });
            this.#children.set(parent, list);
          }
        }
    }
    return this.#children.get(object) ?? [];
  }

  apply(change: SchemaChange, at: number): void {
    const entry = this.#entries.get(change.object.toLowerCase());
    if (!entry) throw new Error(`the simulator has no object ${change.object}`);
    const { definition } = entry;
    let fields: Field[];
    if (change.op === "add") {
      if (entry.byName.has(change.field.name.toLowerCase()))
        throw new Error(`${definition.name} already has a field ${change.field.name}`);
      fields = [...definition.fields, change.field];
    } else {
      const name = change.name.toLowerCase();
      if (!entry.byName.has(name)) throw new Error(`${definition.name} has no field ${change.name}`);
      fields = definition.fields.map((one) => (one.name.toLowerCase() === name ? { ...one, ...change.changes } : one));
    }
    this.#entries.set(change.object.toLowerCase(), index({ ...definition, fields }, at));
    this.#children = undefined;
    this.#changes.push(change);
  }
}

function index(definition: ObjectDefinition, at: number): Entry {
  const byName = new Map(definition.fields.map((field) => [field.name.toLowerCase(), field]));
  const byRelationship = new Map(
    definition.fields
      .filter((field) => field.relationshipName !== null)
      .map((field) => [field.relationshipName!.toLowerCase(), field]),
  );
  return { definition, byName, byRelationship, changedAt: at };
}

/** A field with everything not said at its usual value. */
export function makeField(given: Partial<Field> & Pick<Field, "name" | "label" | "type">): Field {
  const computed = given.calculated ?? false;
  return {
    length: 0,
    precision: 0,
    scale: 0,
    nillable: given.type !== "boolean",
    createable: !computed,
    updateable: !computed,
    defaultedOnCreate: given.type === "boolean",
    defaultValue: given.type === "boolean" ? false : null,
    unique: false,
    caseSensitive: false,
    externalId: false,
    idLookup: false,
    custom: false,
    calculated: false,
    nameField: false,
    restricted: false,
    picklist: [],
    referenceTo: [],
    relationshipName: null,
    childName: null,
    cascade: false,
    needsGrant: false,
    access: "edit",
    ...given,
  };
}

/** A picklist from plain words; `fallback` is the default value. */
export function picklistOf(values: readonly string[], fallback?: string): PicklistValue[] {
  return values.map((value) => ({ value, label: value, active: true, defaultValue: value === fallback }));
}

/** A custom field as an administrator would ask for it. `name` ends in "__c" and has at most 40 characters before that. */
export interface CustomFieldRequest {
  readonly name: string;
  readonly label?: string;
  /** Names of describe (string, double, picklist …) or of the Metadata API (Text, Number, Picklist …). */
  readonly type: string;
  readonly length?: number;
  readonly precision?: number;
  readonly scale?: number;
  readonly required?: boolean;
  readonly unique?: boolean;
  readonly caseSensitive?: boolean;
  readonly externalId?: boolean;
  readonly restricted?: boolean;
  readonly values?: readonly string[];
  readonly referenceTo?: string;
  readonly relationshipName?: string;
}

const TYPES: Readonly<Record<string, FieldType>> = {
  text: "string",
  string: "string",
  textarea: "textarea",
  longtextarea: "textarea",
  html: "textarea",
  email: "email",
  phone: "phone",
  url: "url",
  picklist: "picklist",
  multipicklist: "multipicklist",
  multiselectpicklist: "multipicklist",
  checkbox: "boolean",
  boolean: "boolean",
  number: "double",
  double: "double",
  int: "double", // Every custom number is a double at the API.
  currency: "currency",
  percent: "percent",
  date: "date",
  datetime: "datetime",
  lookup: "reference",
  reference: "reference",
};

const LENGTHS: Partial<Record<FieldType, number>> = {
  string: 255,
  textarea: 255,
  email: 80,
  phone: 40,
  url: 255,
  picklist: 255,
  multipicklist: 4099,
  reference: 18,
};

/** The field, or a sentence on why the vendor would not make it. */
export function customField(request: CustomFieldRequest): Field | string {
  const type = TYPES[request.type.toLowerCase()];
  if (!type) return `the type ${request.type} is not one the simulator makes`;
  if (!/^[A-Za-z](?:[A-Za-z0-9]|_(?!_))*[A-Za-z0-9]__c$|^[A-Za-z]__c$/u.test(request.name))
    return "The Field Name can only contain underscores and alphanumeric characters. It must be unique, begin with a letter, not include spaces, not end with an underscore, and not contain two consecutive underscores.";
  if (request.name.length - 3 > 40) return `data value too large: ${request.name.slice(0, -3)} (max length=40)`;
  const base = request.name.slice(0, -3);
  const number = type === "double" || type === "currency" || type === "percent";
  const long = request.type.toLowerCase() === "longtextarea" || request.type.toLowerCase() === "html";
  const length = request.length ?? (long ? 32_768 : (LENGTHS[type] ?? 0));
  const scale = number ? (request.scale ?? (type === "double" ? 0 : 2)) : 0;
  const label = request.label ?? base.replaceAll("_", " ");
  const reference = type === "reference";
  return makeField({
    name: request.name,
    label,
    type,
    custom: true,
    length: number || type === "boolean" || type === "date" || type === "datetime" ? 0 : length,
    precision: number ? (request.precision ?? 18) : 0,
    scale,
    nillable: type === "boolean" ? false : !(request.required ?? false),
    unique: request.unique ?? false,
    caseSensitive: request.caseSensitive ?? false,
    externalId: request.externalId ?? false,
    idLookup: request.externalId ?? false,
    restricted: request.restricted ?? false,
    picklist: picklistOf(request.values ?? []),
    referenceTo: reference && request.referenceTo ? [request.referenceTo] : [],
    relationshipName: reference ? `${base}__r` : null,
    childName: reference ? (request.relationshipName ?? null) : null,
  });
}
