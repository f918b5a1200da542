// What a portal knows about its properties: those every portal has, those its administrators and apps made.
import { OBJECT_TYPES } from "./object-types.ts";
import { STANDARD } from "./standard-properties.ts";

export type PropertyType = "string" | "number" | "bool" | "date" | "datetime" | "enumeration" | "phone_number";

export interface Option {
  readonly label: string;
  readonly value: string;
  readonly displayOrder: number;
  readonly hidden: boolean;
  readonly description?: string;
}

/** One property. Answers show it as `propertyView` prints it. */
export interface Property {
  readonly name: string;
  readonly label: string;
  readonly type: PropertyType;
  readonly fieldType: string;
  readonly groupName: string;
  readonly description: string;
  readonly options: readonly Option[];
  readonly displayOrder: number;
  readonly hasUniqueValue: boolean;
  readonly hidden: boolean;
  readonly formField: boolean;
  readonly calculated: boolean;
  /** Its options lie elsewhere: owners, or the stages of the pipelines. */
  readonly externalOptions: boolean;
  readonly referencedObjectType?: string;
  readonly hubspotDefined: boolean;
  readonly readOnlyValue: boolean;
  /** Milliseconds since 1970; absent for the vendor's own. */
  readonly createdAt?: number;
  readonly updatedAt?: number;
  readonly archivedAt?: number;
}

export interface Group {
  readonly name: string;
  readonly label: string;
  readonly displayOrder: number;
  readonly archived: boolean;
}

export const UNIQUE_MAX = 10;

export const FIELD_TYPES: Readonly<Record<PropertyType, readonly string[]>> = {
  string: ["text", "textarea", "file", "html", "phonenumber", "calculation_equation"],
  number: ["number", "calculation_equation"],
  bool: ["booleancheckbox", "calculation_equation"],
  date: ["date"],
  datetime: ["date"],
  enumeration: ["select", "radio", "checkbox", "booleancheckbox", "calculation_equation"],
  phone_number: ["phonenumber"],
};

export class Schema {
  readonly #objects = new Map<string, Map<string, Property>>();
  readonly #groups = new Map<string, Map<string, Group>>();
  /** What differs from a fresh portal, by object and name; grows only. */
  readonly #changed = new Map<string, [string, Property]>();
  /** Counts the changes. */
  version = 0;

  constructor() {
    for (const { name, singular } of OBJECT_TYPES) {
      this.#objects.set(name, new Map(STANDARD[name]!.map((one) => [one.name, one])));
      const group = { name: `${singular}information`, label: `${singular} information`, displayOrder: 0 };
      this.#groups.set(name, new Map([[group.name, { ...group, archived: false }]]));
    }
  }

  /** The property, archived ones too. */
  find(object: string, name: string): Property | undefined {
    return this.#objects.get(object)?.get(name);
  }

  /** The property, if it can be read and written. */
  live(object: string, name: string): Property | undefined {
    const found = this.find(object, name);
    return found?.archivedAt === undefined ? found : undefined;
  }

  list(object: string): Property[] {
    return [...this.#objects.get(object)!.values()];
  }

  unique(object: string): Property[] {
    return this.list(object).filter((one) => one.hasUniqueValue && one.archivedAt === undefined);
  }

  put(object: string, property: Property): void {
    this.#objects.get(object)!.set(property.name, property);
    this.#changed.set(`${object} ${property.name}`, [object, property]);
    this.version += 1;
  }

  groups(object: string): Group[] {
    return [...this.#groups.get(object)!.values()].filter((one) => !one.archived);
  }

  group(object: string, name: string): Group | undefined {
    const found = this.#groups.get(object)!.get(name);
    return found?.archived ? undefined : found;
  }

  putGroup(object: string, group: Group): void {
    this.#groups.get(object)!.set(group.name, group);
    this.version += 1;
  }

  /** For whoever saves: the properties that are not as in a fresh portal, and all groups. */
  changes(): { properties: [string, Property][]; groups: [string, Group][] } {
    return {
      properties: [...this.#changed.values()],
      groups: [...this.#groups].flatMap(([object, groups]) =>
        [...groups.values()].map((one): [string, Group] => [object, one]),
      ),
    };
  }
}
