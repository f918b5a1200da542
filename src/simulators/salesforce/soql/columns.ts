// From a field path in a query to a way to read it off a row: own fields, parents' fields, polymorphic names.
import { Refusal } from "../exchange.ts";
import { visible, vendorTime, type Org } from "../org.ts";
import type { Row } from "../rows.ts";
import { makeField, type Field, type ObjectDefinition, type Value } from "../schema.ts";

/** What a query is read in. `api`: through the integration user's eyes. `all`: with deleted and archived rows. */
export interface QueryContext {
  readonly org: Org;
  readonly api: boolean;
  readonly all: boolean;
  /** "66.0": goes into the URLs of the answer. */
  readonly version: string;
  readonly text: string;
  readonly alias?: string | undefined;
}

export interface Column {
  readonly field: Field;
  /** The reference fields on the way, outermost first. */
  readonly steps: readonly Field[];
  readonly get: (row: Row) => Value;
}

/** What a reference that may point to several objects offers of its target. */
const NAME_FIELDS: readonly Field[] = [
  makeField({ name: "Id", label: "Name ID", type: "id", length: 18 }),
  makeField({ name: "Type", label: "Type", type: "string", length: 40 }),
  ...["Name", "FirstName", "LastName", "Email", "Alias", "Title", "Phone", "Username"].map((name) =>
    makeField({ name, label: name, type: "string", length: 255 }),
  ),
  makeField({ name: "IsActive", label: "Active", type: "boolean" }),
];

export function column(context: QueryContext, definition: ObjectDefinition, path: string): Column {
  const segments = path.split(".");
  if (
    segments.length > 1 &&
    [context.alias, definition.name].some((one) => one?.toLowerCase() === segments[0]!.toLowerCase()) &&
    !context.org.schema.relationship(definition.name, segments[0]!)
  )
    segments.shift();
  if (segments.length > 6) throw invalid(context, path, `maximum relationship depth is 5`);
  let at: ObjectDefinition | "Name" = definition;
  const steps: Field[] = [];
  for (const segment of segments.slice(0, -1)) {
    const step: Field | undefined = at === "Name" ? undefined : context.org.schema.relationship(at.name, segment);
    if (!step || !visible(context.org, (at as ObjectDefinition).name, step, context.api))
      throw invalid(
        context,
        path,
        `Didn't understand relationship '${segment}' in field path. If you are attempting to use a custom relationship, be sure to append the '__r' after the custom relationship name. Please reference your WSDL or the describe call for the appropriate names.`,
      );
    steps.push(step);
    at = step.referenceTo.length > 1 ? "Name" : context.org.schema.object(step.referenceTo[0]!)!;
  }
  const name = segments.at(-1)!;
  const field =
    at === "Name"
      ? NAME_FIELDS.find((one) => one.name.toLowerCase() === name.toLowerCase())
      : context.org.schema.field(at.name, name);
  if (!field || (at !== "Name" && !visible(context.org, at.name, field, context.api)))
    throw invalid(
      context,
      path,
      `No such column '${name}' on entity '${at === "Name" ? "Name" : at.name}'. If you are attempting to use a custom field, be sure to append the '__c' after the custom field name. Please reference your WSDL or the describe call for the appropriate names.`,
    );
  return { field, steps, get: reader(context.org, steps, field) };
}

function reader(org: Org, steps: readonly Field[], field: Field): (row: Row) => Value {
  const own = ownReader(org, field);
  if (steps.length === 0) return own;
  return (row) => {
    let at: Row | undefined = row;
    for (const step of steps) at = at && parentOf(org, at, step);
    if (!at) return null;
    if (field.name === "Type" && steps.at(-1)!.referenceTo.length > 1) return org.schema.objectOfId(at.Id)!.name;
    return own(at);
  };
}

/** The row a reference points to; a deleted one is not there. */
export function parentOf(org: Org, row: Row, step: Field): Row | undefined {
  const id = row[step.name];
  if (typeof id !== "string") return undefined;
  const object = org.schema.objectOfId(id)?.name;
  const parent = object === undefined ? undefined : org.tables.get(object, id);
  return parent?.IsDeleted ? undefined : parent;
}

function ownReader(org: Org, field: Field): (row: Row) => Value {
  const { name } = field;
  if (name === "IsArchived") return (row) => isArchived(org, row);
  if (field.type === "boolean") return (row) => row[name] ?? false;
  return (row) => row[name] ?? null;
}

/** Activities that ended more than a year ago are archived; open tasks never are. */
export function isArchived(org: Org, row: Row): boolean {
  const day = row["ActivityDate"];
  if (typeof day !== "string") return false;
  if (row.Id.startsWith("00T") && row["IsClosed"] !== true) return false;
  return Date.parse(day) < org.clock.now() - 365 * 86_400_000;
}

/** A value as JSON answers show it. */
export function shown(field: Field, value: Value): Value {
  return field.type === "datetime" && typeof value === "number" ? vendorTime(value) : value;
}

/** An address compound, or null when all of it is blank. */
export function compound(field: Field, row: Row): Record<string, Value> | null {
  const parts = Object.entries(field.parts ?? {}).map(([key, name]) => [key, row[name] ?? null] as const);
  if (parts.every(([, value]) => value === null)) return null;
  return { ...Object.fromEntries(parts), geocodeAccuracy: null };
}

/** An INVALID_FIELD that shows where, as the vendor draws it. */
export function invalid(context: QueryContext, token: string, message: string): Refusal {
  const position = Math.max(0, context.text.toLowerCase().indexOf(token.toLowerCase()));
  const from = Math.max(0, position - 40);
  const excerpt = context.text.slice(from, position + 40).replaceAll("\n", " ");
  const caret = `${" ".repeat(position - from)}^`;
  return new Refusal(400, "INVALID_FIELD", `\n${excerpt}\n${caret}\nERROR at Row:1:Column:${position + 1}\n${message}`);
}
