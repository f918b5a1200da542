// What drifted of the vendors' fields, when that was last looked at, and looking now.
import { WinstonError } from "../base/errors.ts";
import type { MappingDocument } from "../mapping/types.ts";
import { readConnections, readMapping, readStreams } from "../store/connection.ts";
import { lastDescribed, listDrifts, listLooks, type DriftCause } from "../store/schema-drift.ts";
import { connectorOf, type ConnectionParts } from "./connect.ts";
import { fieldsPaused } from "./drift.ts";
import { describeNow, type LookParts } from "./schema.ts";

/** A mapped field of a vendor that is not what it was. */
export interface SchemaDrift {
  readonly connectionId: string;
  readonly connection: string;
  readonly stream: string;
  /** The vendor's field. */
  readonly field: string;
  readonly cause: DriftCause;
  readonly message: string;
  /** Whether the rows that name it are paused: neither read nor written. */
  readonly pauses: boolean;
  /** Fields of ours in those rows. */
  readonly fields: readonly string[];
  readonly noticedAt: number;
  /** When the stream's fields were read last. */
  readonly lookedAt: number | null;
}

/** When the fields of a stream were read last. */
export interface SchemaLook {
  readonly connectionId: string;
  readonly connection: string;
  readonly stream: string;
  readonly lookedAt: number | null;
  /** Since when something smells of a change that was not looked at yet. */
  readonly suspectedAt: number | null;
}

/** A look just made: whether anything is other than before, or why the vendor says nothing of its fields. */
export interface SchemaLooked extends SchemaLook {
  readonly differs: boolean;
  readonly refusal: string | null;
}

/** All of one connection (by id or name), or of all. They throw not.found. */
export interface Schema {
  /** What drifted. */
  diff(connection?: string): Promise<SchemaDrift[]>;
  looks(connection?: string): Promise<SchemaLook[]>;
  /** Asks the vendors for their fields now. Throws what they answer where they cannot be asked. */
  look(connection?: string): Promise<SchemaLooked[]>;
}

export function createSchema(parts: LookParts & Pick<ConnectionParts, "connectors" | "open">): Schema {
  const { database } = parts;
  const chosen = async (asked: string | undefined) => {
    const connections = await readConnections(database, asked ?? null);
    if (asked !== undefined && connections.length === 0)
      throw new WinstonError("not.found", `There is no connection ${asked}.`);
    const connectionId = asked === undefined ? null : connections[0]!.id;
    return { connections, connectionId, streams: await readStreams(database, { connectionId }) };
  };

  const looks: Schema["looks"] = async (asked) => {
    const { connections, connectionId, streams } = await chosen(asked);
    return (await listLooks(database, connectionId)).flatMap(({ streamId, lookedAt, suspectedAt }) => {
      const stream = streams.find(({ id }) => id === streamId);
      const connection = stream && connections.find(({ id }) => id === stream.connectionId);
      if (!stream || !connection) return []; // Removed meanwhile.
      return [{ connectionId: connection.id, connection: connection.name, stream: stream.key, lookedAt, suspectedAt }];
    });
  };

  return {
    looks,

    look: async (asked) => {
      const { connections, streams } = await chosen(asked);
      const said = new Map<string, Awaited<ReturnType<typeof describeNow>>>();
      for (const connection of connections) {
        const connector = connectorOf(parts.connectors, connection.vendor);
        const way = parts.open({ connector, connection }, { lane: "interactive", runId: null });
        try {
          for (const stream of streams) {
            const declaration = connector.streams[stream.key];
            if (stream.connectionId !== connection.id || !declaration) continue;
            said.set(`${connection.id} ${stream.key}`, await describeNow(parts, way.api, { declaration, stream }));
          }
        } finally {
          await way.close();
        }
      }
      return (await looks(asked)).flatMap((one) => {
        const found = said.get(`${one.connectionId} ${one.stream}`);
        return found ? [{ ...one, ...found }] : [];
      });
    },

    diff: async (asked) => {
      const { connections, connectionId, streams: all } = await chosen(asked);
      const names = new Map(connections.map((one) => [one.id, one.name]));
      const streams = new Map(all.map((one) => [one.id, one]));
      const rows: SchemaDrift[] = [];
      for (const drift of await listDrifts(database, connectionId)) {
        const stream = streams.get(drift.streamId);
        const connection = stream && names.get(stream.connectionId);
        if (!stream || connection === undefined) continue; // Removed meanwhile.
        const document = (await readMapping(database, stream.id, stream.mappingVersion))!;
        rows.push({
          connectionId: stream.connectionId,
          connection,
          stream: stream.key,
          field: drift.name,
          cause: drift.cause,
          message: drift.message,
          pauses: drift.pauses,
          fields: fieldsPaused(document as unknown as MappingDocument, new Set([drift.name])),
          noticedAt: drift.noticedAt,
          lookedAt: (await lastDescribed(database, stream.id)).at,
        });
      }
      return rows;
    },
  };
}
