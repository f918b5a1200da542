// The org from within: what its own users and administrators do in the vendor's pages, for tests, stories and the control
// surface. The same rules apply as through the API, permissions apart.
import type { VendorError } from "./exchange.ts";
import { parseId } from "./ids.ts";
import { convertLead, mergeRows, type Conversion } from "./leads.ts";
import { wholeSecond, type Actor, type Org } from "./org.ts";
import type { Row } from "./rows.ts";
import { customField, type CustomFieldRequest, type Field, type ObjectDefinition, type Value } from "./schema.ts";
import { compound, isArchived, shown } from "./soql/columns.ts";
import { runQuery } from "./soql/run.ts";
import { createRow, deleteRow, undeleteRow, updateRow, type Outcome, type Raw } from "./writes.ts";

/** How a change is made. */
export interface Manner {
  /** The user who does it; the integration user by default. */
  readonly by?: string;
  /** Visible this much after its stamp, in milliseconds: a late commit. */
  readonly lateMs?: number;
  /** The stamp, in milliseconds; the clock's by default. */
  readonly at?: number;
}

export interface NewUser {
  readonly firstName?: string;
  readonly lastName: string;
  readonly email: string;
  readonly username?: string;
  readonly title?: string;
  readonly active?: boolean;
}

/** A record as REST shows its values, without attributes. */
export type Shown = Record<string, unknown>;

/** Thrown when the org refuses what a user tries: the vendor's own code and words. */
export class OrgRefusal extends Error {
  readonly errors: readonly VendorError[];

  constructor(errors: readonly VendorError[]) {
    super(errors.map((one) => `${one.code}: ${one.message}`).join("; "));
    this.errors = errors;
  }
}

export class Data {
  readonly #org: Org;

  constructor(org: Org) {
    this.#org = org;
  }

  /** Adds a record as a user would; returns its id. */
  add(object: string, values: Raw, manner: Manner = {}): string {
    return idOf(createRow(this.#org, this.#object(object), values, this.#actor(manner)));
  }

  edit(object: string, id: string, values: Raw, manner: Manner = {}): void {
    idOf(updateRow(this.#org, this.#object(object), id, values, this.#actor(manner)));
  }

  delete(id: string, manner: Manner = {}): void {
    idOf(deleteRow(this.#org, id, this.#actor(manner)));
  }

  undelete(id: string, manner: Manner = {}): void {
    idOf(undeleteRow(this.#org, id, this.#actor(manner)));
  }

  /** Empties the recycle bin, of one object or of all. */
  emptyBin(object?: string): void {
    for (const { name } of object === undefined ? this.#org.schema.objects() : [this.#object(object)])
      for (const row of this.#org.tables.table(name).rows.values())
        if (row.IsDeleted) this.#org.tables.purge(name, row.Id);
  }

  convertLead(
    conversion: Conversion,
    manner: Manner = {},
  ): { accountId: string; contactId: string; opportunityId: string | null } {
    const result = convertLead(this.#org, conversion, this.#actor(manner));
    if (!result.ok) throw new OrgRefusal(result.errors);
    return result;
  }

  merge(object: string, masterId: string, loserIds: readonly string[], values: Raw = {}, manner: Manner = {}): void {
    idOf(mergeRows(this.#org, object, masterId, loserIds, values, this.#actor(manner)));
  }

  /** The record, also from the recycle bin; undefined when there is none. */
  get(object: string, id: string): Shown | undefined {
    const definition = this.#object(object);
    const row = this.#org.tables.get(definition.name, parseId(id) ?? "");
    return row && this.#shown(definition, row);
  }

  list(object: string, options: { readonly deleted?: boolean } = {}): Shown[] {
    const definition = this.#object(object);
    const wanted = options.deleted ?? false;
    return [...this.#org.tables.table(definition.name).rows.values()]
      .filter((row) => row.IsDeleted === wanted)
      .map((row) => this.#shown(definition, row));
  }

  /** How many records each object has, deleted ones not counted. */
  counts(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const [object, rows] of this.#org.tables.all()) {
      let count = 0;
      for (const row of rows) if (!row.IsDeleted) count += 1;
      counts[object] = count;
    }
    return counts;
  }

  /** Runs a query as an administrator: the records, or the aggregates, or [] for COUNT(). */
  query(soql: string): unknown[] {
    const answer = runQuery(this.#org, soql, { api: false, version: "66.0" });
    if (answer.kind === "rows") return answer.rows.map(answer.project);
    return answer.kind === "aggregate" ? [...answer.records] : [];
  }

  /**
   * Loads many records at once without the vendor's checks, for measurements: values as stored (date-times in
   * milliseconds). Stamps are the clock's or `at(index)`. Returns the ids.
   */
  load(object: string, rows: readonly Readonly<Record<string, Value>>[], at?: (index: number) => number): string[] {
    const { tables, clock, runningUser } = this.#org;
    const definition = this.#object(object);
    return rows.map((values, index) => {
      const stamp = wholeSecond(at ? at(index) : clock.now());
      const Id = tables.newId(definition.keyPrefix);
      const row: Record<string, Value> = { OwnerId: runningUser };
      for (const [name, value] of Object.entries(values)) if (value !== null) row[name] = value;
      if (row["LastName"] !== undefined)
        row["Name"] = [row["FirstName"], row["LastName"]].filter((one) => typeof one === "string").join(" ");
      tables.put(definition.name, {
        ...row,
        Id,
        IsDeleted: false,
        CreatedDate: stamp,
        CreatedById: runningUser,
        LastModifiedDate: stamp,
        LastModifiedById: runningUser,
        SystemModstamp: stamp,
      });
      return Id;
    });
  }

  /** Makes a custom field that everybody may see and edit. Throws a sentence when the vendor would refuse it. */
  addCustomField(object: string, request: CustomFieldRequest): void {
    const definition = this.#object(object);
    const field = customField(request);
    if (typeof field === "string") throw new Error(`${definition.name}.${request.name}: ${field}`);
    this.#org.schema.apply({ op: "add", object: definition.name, field }, this.#org.clock.now());
  }

  /** Changes a field as an administrator: `restricted`, `nillable`, `access`, `picklist` … */
  changeField(object: string, name: string, changes: Partial<Field>): void {
    const definition = this.#object(object);
    this.#org.schema.apply({ op: "change", object: definition.name, name, changes }, this.#org.clock.now());
  }

  /** What the integration user may do with a field. Hidden: unknown to it; readonly: not written. */
  setFieldAccess(object: string, name: string, access: Field["access"]): void {
    this.changeField(object, name, { access });
  }

  addUser(user: NewUser, manner: Manner = {}): string {
    const profile = [...this.#org.tables.table("Profile").rows.keys()][0]!;
    const local = user.email.split("@")[0]!;
    const values = {
      FirstName: user.firstName ?? null,
      LastName: user.lastName,
      Email: user.email,
      Username: user.username ?? user.email,
      Alias: local.replaceAll(/[^a-z0-9]/gu, "").slice(0, 8) || "user",
      ProfileId: profile,
      IsActive: user.active ?? true,
      Title: user.title ?? null,
    };
    return this.add("User", values, manner);
  }

  /** Another user holds the row for so long, in milliseconds: writes to it and to its children fail with UNABLE_TO_LOCK_ROW. */
  lockRow(id: string, ms: number): void {
    this.#org.locks.set(parseId(id) ?? id, this.#org.clock.now() + ms);
  }

  unlockRow(id: string): void {
    this.#org.locks.delete(parseId(id) ?? id);
  }

  /** Whether sharing shows a row to the integration user. One that it does not show is not deleted, and neither its stamp nor the log of deletions tells. */
  share(id: string, shared: boolean): void {
    const { unshared } = this.#org;
    if (shared) unshared.delete(parseId(id) ?? id);
    else unshared.add(parseId(id) ?? id);
  }

  /** Lets conversion carry a custom lead field over, for example ("Key__c", "Contact.Key__c"). */
  mapLeadField(leadField: string, target: string): void {
    this.#org.conversionMap.set(leadField, target);
  }

  /** Ends every session: the next call answers 401. */
  expireSessions(): void {
    this.#org.sessions.clear();
  }

  /** Kills every refresh token. */
  revokeRefreshTokens(): void {
    this.#org.refreshTokens.clear();
  }

  /** Every query locator is forgotten. */
  expireLocators(): void {
    this.#org.locators.clear();
  }

  #object(name: string): ObjectDefinition {
    const found = this.#org.schema.object(name);
    if (!found) throw new Error(`The simulated org has no object ${name}.`);
    return found;
  }

  #actor(manner: Manner): Actor {
    return {
      userId: manner.by ?? this.#org.runningUser,
      api: false,
      ...(manner.lateMs === undefined ? {} : { lateMs: manner.lateMs }),
      ...(manner.at === undefined ? {} : { at: manner.at }),
    };
  }

  #shown(definition: ObjectDefinition, row: Row): Shown {
    return Object.fromEntries(
      definition.fields.map((field) => {
        if (field.type === "address") return [field.name, compound(field, row)];
        if (field.name === "IsArchived") return [field.name, isArchived(this.#org, row)];
        return [field.name, shown(field, row[field.name] ?? (field.type === "boolean" ? false : null))];
      }),
    );
  }
}

function idOf(outcome: Outcome): string {
  if (!outcome.ok) throw new OrgRefusal(outcome.errors);
  return outcome.id;
}
