// A connector whose pages are in hand: its records are Salesforce's leads and their owners, mapped as a new connection maps them.
import { z } from "zod";
import {
  defineConnector,
  type Connector,
  type Page,
  type VendorField,
  type VendorRecord,
} from "../src/connector/contract.ts";
import { mappings } from "../src/connectors/salesforce/mappings.ts";
import { user, USERS, type LeadRow } from "./leads.ts";

/** Records of a page, as many as the vendor gives at most. */
export const PAGE = 2_000;

/** What is in hand; a bench changes it between runs. */
export interface Hand {
  leads: readonly VendorRecord[];
  perPage: number;
}

export function preparedConnector(hand: Hand): Connector {
  const users = Array.from({ length: USERS }, (_, number) => toRecord(user(number)));
  return defineConnector({
    key: "prepared",
    title: "Records in hand",
    docs: "https://docs.example.com",
    badge: "simulated",
    auth: { secrets: [], obtain: () => Promise.resolve({}), headers: () => ({}) },
    baseUrl: () => "https://prepared.example.com",
    settings: z.looseObject({}) as unknown as z.ZodType<Record<string, never>>,
    limits: [],
    identify: () => Promise.resolve({ id: "bench", label: "Bench", environment: "simulator" }),
    classify: () => ({}),
    streams: {
      user: stream("Users", { kind: "user", mapping: mappings.user }, () => ({ leads: users, perPage: USERS })),
      lead: stream("Leads", { kind: "person", stage: "lead", after: ["user"], mapping: mappings.lead }, () => hand),
    },
  });
}

function stream(
  title: string,
  said: { kind: string; stage?: string; after?: readonly string[]; mapping: Connector["streams"][string]["mapping"] },
  hand: () => Hand,
): Connector["streams"][string] {
  return {
    title,
    ...said,
    precisionMs: 1_000,
    overlapMs: 0,
    deletions: "none",
    batch: {},
    describe: () => Promise.resolve(fieldsOf(said.mapping)),
    async *pull(_, request): AsyncGenerator<Page> {
      const { leads, perPage } = hand();
      for (let start = 0; start < leads.length; start += perPage) {
        const last = start + perPage >= leads.length;
        yield {
          records: leads.slice(start, start + perPage),
          cursor: last ? null : start + perPage,
          ...(last ? { watermark: request.now } : {}),
        };
      }
    },
  };
}

export function toRecord({ Id, SystemModstamp, ...fields }: LeadRow): VendorRecord {
  return { id: Id, changedAt: Date.parse(SystemModstamp), version: SystemModstamp, fields, handle: null };
}

/** The fields that a mapping names, as a vendor would describe them. */
export function fieldsOf(mapping: object): VendorField[] {
  const rows = (mapping as { rows: { record: string | string[]; transform: string }[] }).rows;
  return rows.flatMap((row) =>
    [row.record].flat().map((name) => ({
      name,
      label: name,
      type: row.transform,
      custom: false,
      required: false,
      createable: true,
      updateable: true,
      unique: false,
    })),
  );
}
