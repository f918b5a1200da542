// A Winston connected to Tern, two-way: what most tests of the engine begin with.
import { VirtualClock } from "../../src/base/clock.ts";
import type { Environment } from "../../src/sync/leave.ts";
import type { SaveOptions, StoredRecord } from "../../src/sync/types.ts";
import type { TestDatabase } from "./database.ts";
import { createTestEngine } from "./engine.ts";
import { Tern, ternConnector } from "./tern.ts";

export type Input = Record<string, unknown>;

/** Fields of a person at Tern. */
export const ann = { first: "Ann", last: "Lee", mail: "ann@example.com", tel: "1", firm: "Acme" };

/** `fill` runs before the connection is made, so that the first load brings what it adds. */
export async function createTernWorld(
  fill: (tern: Tern, clock: VirtualClock, other: Tern) => unknown = () => {},
  options: { mode?: "observe" | "plan" | "write"; environment?: Environment } = {},
) {
  const clock = new VirtualClock();
  const tern = new Tern(clock);
  const other = new Tern(clock);
  await fill(tern, clock, other);
  const connectors = { tern: ternConnector(tern), other: ternConnector(other, "other") };
  const { environment } = options;
  const winston = await createTestEngine(connectors, { clock, ...(environment && { environment }) });
  const connect = (vendor: string, mode: "observe" | "plan" | "write" = "write", name = vendor) =>
    winston.connections.connect({ vendor, name, settings: {}, secrets: {}, mode });
  const connection = await connect("tern", options.mode);
  await winston.settle();

  const saveAll = (kind: string, inputs: readonly Input[], more: Partial<SaveOptions> = {}) =>
    winston.records.save(
      inputs.map(({ id, contentId, ...input }) => ({
        id: id as string | undefined,
        contentId: contentId as string | undefined,
        input,
      })),
      {
        kind,
        ...(kind === "person" ? { stage: "lead" } : {}),
        mode: "upsert",
        unknownKeys: "error",
        actor: "test",
        ...more,
      },
    );
  return {
    ...winston,
    tern,
    /** A second vendor of the same make; nothing is connected to it before `connect("other")`. */
    other,
    connection,
    connect,
    /** One more process of this Winston, on the same database or on what `database` makes of it. */
    another: (seed: number, database: TestDatabase = winston.database) =>
      createTestEngine(connectors, { clock, seed, database }),
    saveAll,
    /** Saves one person; fails the test where that is refused. Returns its id. */
    save: async (input: Input, id?: string): Promise<string> => {
      const [result] = await saveAll("person", [id === undefined ? input : { ...input, id }]);
      if (result?.status === "failed") throw new Error(JSON.stringify(result.problems));
      return result!.id;
    },
    people: (): Promise<readonly StoredRecord[]> => winston.records.list({ kind: "person", limit: 500 }),
    accounts: (): Promise<readonly StoredRecord[]> => winston.records.list({ kind: "account", limit: 500 }),
    deals: (): Promise<readonly StoredRecord[]> => winston.records.list({ kind: "deal", limit: 500 }),
    stream: async (key: string, connectionId = connection.id) =>
      (await winston.connections.streams(connectionId)).find((one) => one.key === key)!,
    /** Puts the stream's mapping in force with these rows after its own; a row of the same field replaces its own. */
    mapAlso: async (key: string, rows: readonly { field: string; [name: string]: unknown }[]) => {
      const stream = (await winston.connections.streams(connection.id)).find((one) => one.key === key)!;
      const { document } = await winston.connections.mapping(stream.id);
      const kept = (document["rows"] as { field: unknown }[]).filter(
        (row) => !rows.some((one) => one.field === row.field),
      );
      await winston.connections.putMapping(stream.id, { ...document, rows: [...kept, ...rows] as never }, "test");
      await winston.settle();
    },
    cycle: () => winston.sync(connection.id),
  };
}

export type TernWorld = Awaited<ReturnType<typeof createTernWorld>>;
