// What is connected, and how: connections, streams, the configuration as one document, fields, the vendors' schemas, keys.
import { part, Resource } from "./resource.ts";
import type {
  Connection,
  Stream,
  ConfigPlan,
  SchemaDrift,
  SchemaLook,
  SchemaLooked,
  Field,
  Key,
  Connector,
  Schemas,
} from "./schemas.ts";
import type { CallOptions } from "./transport.ts";

export class ConnectionResource extends Resource {
  async list(options?: CallOptions): Promise<readonly Connection[]> {
    return (await this.ask<Schemas["ConnectionList"]>({ method: "GET", path: "/api/connections" }, options)).data;
  }

  /** By id or by name. */
  get(id: string, options?: CallOptions): Promise<Connection> {
    return this.ask({ method: "GET", path: `/api/connections/${part(id)}` }, options);
  }

  /** Connects an account at a vendor; `connectors()` says what each asks for. */
  create(input: Partial<Schemas["ConnectionInput"]> & { vendor: string }, options?: CallOptions): Promise<Connection> {
    return this.ask({ method: "POST", path: "/api/connections", body: input }, { timeoutMs: 120_000, ...options });
  }

  update(id: string, change: Schemas["ConnectionChange"], options?: CallOptions): Promise<Connection> {
    return this.ask({ method: "PATCH", path: `/api/connections/${part(id)}`, body: change }, options);
  }

  async delete(id: string, options?: CallOptions): Promise<void> {
    await this.ask({ method: "DELETE", path: `/api/connections/${part(id)}` }, options);
  }

  /** Syncs now: all its streams or one; `full` reads everything again. Runs that started at or after `since` are its work. */
  sync(
    id: string,
    what: { stream?: string; full?: boolean } = {},
    options?: CallOptions,
  ): Promise<Schemas["SyncStarted"]> {
    return this.ask({ method: "POST", path: `/api/connections/${part(id)}/sync`, body: what }, options);
  }

  /** Whether a connection, or without one Winston, has work left. */
  quiet(id?: string, options?: CallOptions): Promise<Schemas["Quiet"]> {
    return this.ask(
      { method: "GET", path: id === undefined ? "/api/quiet" : `/api/connections/${part(id)}/quiet` },
      options,
    );
  }

  /** The connectors there are, and the secrets and settings each asks for. */
  async connectors(options?: CallOptions): Promise<readonly Connector[]> {
    return (await this.ask<Schemas["ConnectorList"]>({ method: "GET", path: "/api/connectors" }, options)).data;
  }
}

export class StreamResource extends Resource {
  async list(query: { connection?: string } = {}, options?: CallOptions): Promise<readonly Stream[]> {
    return (await this.ask<Schemas["StreamList"]>({ method: "GET", path: "/api/streams", query }, options)).data;
  }

  /** Changes what is given, all of it or nothing: which records are synced, when, which way. Throws ValidationError. */
  update(id: number, change: Schemas["StreamChange"], options?: CallOptions): Promise<Stream> {
    return this.ask({ method: "PATCH", path: `/api/streams/${id}`, body: change }, options);
  }

  mapping(id: number, options?: CallOptions): Promise<Schemas["Mapping"]> {
    return this.ask({ method: "GET", path: `/api/streams/${id}/mapping` }, options);
  }

  /** Whether a mapping may be put in force, and where rows cannot go both ways an offer in which they go one. Stores nothing. */
  checkMapping(
    id: number,
    document: Schemas["MappingDocument"] | object,
    options?: CallOptions,
  ): Promise<Schemas["MappingCheck"]> {
    return this.ask({ method: "POST", path: `/api/streams/${id}/mapping/check`, body: document }, options);
  }

  /** Puts a new version of the mapping in force. */
  putMapping(
    id: number,
    document: Schemas["MappingDocument"] | object,
    options?: CallOptions,
  ): Promise<Schemas["MappingPut"]> {
    return this.ask({ method: "PUT", path: `/api/streams/${id}/mapping`, body: document }, options);
  }

  /** Every version of the mapping, newest first. */
  async mappingVersions(id: number, options?: CallOptions): Promise<readonly Schemas["MappingVersion"][]> {
    const request = { method: "GET", path: `/api/streams/${id}/mapping/versions` } as const;
    return (await this.ask<Schemas["MappingVersionList"]>(request, options)).data;
  }

  /** One version, whole. Throws NotFoundError. */
  mappingVersion(id: number, version: number, options?: CallOptions): Promise<Schemas["MappingVersionWhole"]> {
    return this.ask({ method: "GET", path: `/api/streams/${id}/mapping/versions/${version}` }, options);
  }

  /** The mapping in force as the specification's `field_mappings` JSON, and what that cannot say. */
  fieldMappings(id: number, options?: CallOptions): Promise<Schemas["FieldMappings"]> {
    return this.ask({ method: "GET", path: `/api/streams/${id}/field-mappings` }, options);
  }

  /** What a mapping (the one in force where none is given) would do to one record, row by row and both ways. Stores nothing. */
  testMapping(
    id: number,
    what: { readonly record: string; readonly mapping?: Schemas["MappingDocument"] | object | undefined },
    options?: CallOptions,
  ): Promise<Schemas["MappingTest"]> {
    return this.ask({ method: "POST", path: `/api/streams/${id}/mapping/test`, body: what }, options);
  }

  /** The same of the last records (500 where nobody says otherwise), counted row by row, with examples. Stores nothing. */
  backTestMapping(
    id: number,
    what: {
      readonly mapping?: Schemas["MappingDocument"] | object | undefined;
      readonly records?: number | undefined;
      readonly examples?: number | undefined;
    } = {},
    options?: CallOptions,
  ): Promise<Schemas["BackTest"]> {
    return this.ask({ method: "POST", path: `/api/streams/${id}/mapping/back-test`, body: what }, options);
  }

  /** Every field at hand for a mapping, on both sides: type, permissions, how often filled, samples. */
  fields(
    id: number,
    query: { readonly samples?: number | undefined } = {},
    options?: CallOptions,
  ): Promise<Schemas["FieldSurvey"]> {
    return this.ask({ method: "GET", path: `/api/streams/${id}/fields`, query }, options);
  }

  /** Pairs of fields that the mapping in force does not have, with reasons, and that mapping with them. Puts nothing in force. */
  suggestMapping(id: number, options?: CallOptions): Promise<Schemas["MappingSuggestions"]> {
    return this.ask({ method: "GET", path: `/api/streams/${id}/mapping/suggestions` }, options);
  }
}

export class ConfigResource extends Resource {
  /** The same configuration is the same text, byte for byte. No secrets are in it. */
  export(options?: CallOptions): Promise<Schemas["ConfigExport"]> {
    return this.ask({ method: "GET", path: "/api/config" }, options);
  }

  /** What applying a document would change; nothing is changed. Throws ValidationError with line and column. */
  plan(yaml: string, options?: CallOptions): Promise<ConfigPlan> {
    return this.ask({ method: "POST", path: "/api/config/plan", body: { yaml } }, options);
  }

  /** Puts a document in force, all of it or nothing. With the `digest` of a plan exactly what that plan said, else it throws. */
  apply(yaml: string, agreed: { digest?: string | undefined } = {}, options?: CallOptions): Promise<ConfigPlan> {
    return this.ask({ method: "POST", path: "/api/config/apply", body: { yaml, ...agreed } }, options);
  }
}

export class FieldResource extends Resource {
  /** The fields of every kind, standard and custom. */
  async list(query: { kind?: Schemas["FieldInput"]["kind"] } = {}, options?: CallOptions): Promise<readonly Field[]> {
    return (await this.ask<Schemas["FieldList"]>({ method: "GET", path: "/api/fields", query }, options)).data;
  }

  /** Declares a custom field. */
  create(field: Schemas["FieldInput"], options?: CallOptions): Promise<Field> {
    return this.ask({ method: "POST", path: "/api/fields", body: field }, options);
  }
}

export class SchemaResource extends Resource {
  /** Mapped fields of vendors that are not what they were, and whether their rows are paused. Throws NotFoundError. */
  async diff(query: { connection?: string } = {}, options?: CallOptions): Promise<readonly SchemaDrift[]> {
    const path = "/api/schema/drifts";
    return (await this.ask<Schemas["SchemaDriftList"]>({ method: "GET", path, query }, options)).data;
  }

  /** When the fields of each stream were read last at its vendor. Throws NotFoundError. */
  async looks(query: { connection?: string } = {}, options?: CallOptions): Promise<readonly SchemaLook[]> {
    const path = "/api/schema/looks";
    return (await this.ask<Schemas["SchemaLookList"]>({ method: "GET", path, query }, options)).data;
  }

  /** Reads the fields of the streams at their vendors now. Throws NotFoundError. */
  async look(of: { connection?: string } = {}, options?: CallOptions): Promise<readonly SchemaLooked[]> {
    const path = "/api/schema/looks";
    return (await this.ask<Schemas["SchemaLookedList"]>({ method: "POST", path, body: of }, options)).data;
  }
}

export class KeyResource extends Resource {
  async list(options?: CallOptions): Promise<readonly Key[]> {
    return (await this.ask<Schemas["KeyList"]>({ method: "GET", path: "/api/keys" }, options)).data;
  }

  /** The token is in this answer and nowhere else. */
  create(key: Schemas["KeyInput"], options?: CallOptions): Promise<Schemas["NewKey"]> {
    return this.ask({ method: "POST", path: "/api/keys", body: key }, { maxRetries: 0, ...options });
  }

  async revoke(id: string, options?: CallOptions): Promise<void> {
    await this.ask({ method: "DELETE", path: `/api/keys/${part(id)}` }, options);
  }
}
