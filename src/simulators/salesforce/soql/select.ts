// The SELECT list: which columns, and how a row becomes a record of the answer.
import type { FieldType as ListItem } from "@jetstreamapp/soql-parser-js";
import { visible } from "../org.ts";
import type { Row } from "../rows.ts";
import type { Field, ObjectDefinition, Value } from "../schema.ts";
import { column, compound, invalid, parentOf, shown, type Column, type QueryContext } from "./columns.ts";
import { malformed, toCall, type Subquery } from "./grammar.ts";

export type VendorRecord = Record<string, unknown>;

/** One selected column, for CSV: the header as the query names it. */
export interface CsvColumn {
  readonly header: string;
  readonly field: Field;
  readonly get: (row: Row) => Value;
}

export interface Selection {
  readonly project: (row: Row) => VendorRecord;
  readonly columns: readonly CsvColumn[];
  readonly hasSubquery: boolean;
  readonly hasCompound: boolean;
}

/** Reads the children of a row for `(SELECT … FROM Contacts)`; null when it has none. */
export type Children = (subquery: Subquery) => (row: Row) => unknown;

interface Node {
  readonly leaves: { key: string; get: (row: Row) => unknown }[];
  readonly parents: Map<string, { step: Field; node: Node }>;
}

const newNode = (): Node => ({ leaves: [], parents: new Map() });

export function select(
  context: QueryContext,
  definition: ObjectDefinition,
  list: readonly ListItem[],
  children: Children,
): Selection {
  const root = newNode();
  const columns: CsvColumn[] = [];
  const taken = new Set<string>();
  let [hasSubquery, hasCompound] = [false, false];

  const take = (path: string, as?: string, render: (field: Field, value: Value) => unknown = shown): void => {
    const found = column(context, definition, path);
    const header = as ?? [...found.steps.map((step) => step.relationshipName!), found.field.name].join(".");
    if (taken.has(header.toLowerCase())) throw malformed(`duplicate field selected: ${header}`);
    taken.add(header.toLowerCase());
    hasCompound ||= found.field.type === "address";
    columns.push({ header, field: found.field, get: found.get });
    place(root, found, as, render);
  };

  for (const item of list) {
    // "Use Aliases with GROUP BY": a field by itself has none elsewhere; `FORMAT(Amount) Amt` has.
    if (item.type !== "FieldFunctionExpression" && "alias" in item && item.alias !== undefined)
      throw malformed("only aggregate expressions use field aliasing");
    switch (item.type) {
      case "Field":
        take("objectPrefix" in item ? `${item.objectPrefix}.${item.field}` : item.field);
        break;
      case "FieldRelationship":
        take([...("objectPrefix" in item ? [item.objectPrefix] : []), ...item.relationships, item.field].join("."));
        break;
      case "FieldFunctionExpression": {
        const { name, parameters, raw } = toCall(item);
        if (name === "FIELDS") for (const field of listed(context, definition, parameters[0] ?? "")) take(field);
        else if (name === "TOLABEL" && parameters.length === 1) take(parameters[0]!, item.alias);
        else if (name === "FORMAT" && parameters.length === 1)
          take(parameters[0]!, item.alias, (field, value) => (value === null ? null : String(shown(field, value))));
        else throw malformed(`unexpected token: '${raw}'`);
        break;
      }
      case "FieldSubquery": {
        hasSubquery = true;
        const { subquery } = item;
        root.leaves.push({ key: relationshipKey(context, definition, subquery), get: children(subquery) });
        break;
      }
      default:
        throw malformed("unexpected token: 'TYPEOF'");
    }
  }
  return { project: (row) => project(context, definition.name, root, row), columns, hasSubquery, hasCompound };
}

function relationshipKey(context: QueryContext, definition: ObjectDefinition, subquery: Subquery): string {
  const name = subquery.relationshipName.toLowerCase();
  const found = context.org.schema.children(definition.name).find((one) => one.name.toLowerCase() === name);
  if (!found)
    throw invalid(
      context,
      subquery.relationshipName,
      `Didn't understand relationship '${subquery.relationshipName}' in FROM part of query call. If you are attempting to use a custom relationship, be sure to append the '__r' after the custom relationship name. Please reference your WSDL or the describe call for the appropriate names.`,
    );
  return found.name;
}

function listed(context: QueryContext, definition: ObjectDefinition, which: string): string[] {
  const wanted: Record<string, (field: Field) => boolean> = {
    ALL: () => true,
    STANDARD: (field) => !field.custom,
    CUSTOM: (field) => field.custom,
  };
  const test = wanted[which.toUpperCase()];
  if (!test) throw malformed(`unexpected token: 'FIELDS(${which})'`);
  return definition.fields
    .filter((field) => test(field) && visible(context.org, definition.name, field, context.api))
    .map((field) => field.name);
}

function place(
  root: Node,
  found: Column,
  as: string | undefined,
  render: (field: Field, value: Value) => unknown,
): void {
  const { field, steps } = found;
  let node = root;
  if (as === undefined)
    for (const step of steps) {
      const key = step.relationshipName!;
      let next = node.parents.get(key);
      if (!next) node.parents.set(key, (next = { step, node: newNode() }));
      node = next.node;
    }
  if (field.type === "address") node.leaves.push({ key: as ?? field.name, get: (row) => compound(field, row) });
  else if (as !== undefined || steps.length === 0)
    node.leaves.push({ key: as ?? field.name, get: (row) => render(field, found.get(row)) });
  else {
    // The leaf is read off the parent's row, so that a chain of parents is walked once.
    const polymorphicType = field.name === "Type" && steps.at(-1)!.referenceTo.length > 1;
    node.leaves.push({
      key: field.name,
      get: (parent) =>
        polymorphicType ? null : render(field, parent[field.name] ?? (field.type === "boolean" ? false : null)),
    });
  }
}

function project(context: QueryContext, object: string, node: Node, row: Row): VendorRecord {
  const record: VendorRecord = {
    attributes: { type: object, url: `/services/data/v${context.version}/sobjects/${object}/${row.Id}` },
  };
  for (const { key, get } of node.leaves) record[key] = get(row);
  for (const [key, { step, node: inner }] of node.parents) {
    const parent = parentOf(context.org, row, step);
    const type = parent && context.org.schema.objectOfId(parent.Id)!.name;
    const shownParent = parent ? project(context, type!, inner, parent) : null;
    if (shownParent && step.referenceTo.length > 1 && "Type" in shownParent) shownParent["Type"] = type;
    record[key] = shownParent;
  }
  return record;
}
