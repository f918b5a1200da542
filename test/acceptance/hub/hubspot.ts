// The HubSpot simulator as a process of its own; driven by its dials, read by the vendor's own client.
import { join } from "node:path";
import { Client } from "@hubspot/api-client";
import { endChild, firstSaid, ROOT, startNode } from "../../support/children.ts";
import type { Logged } from "../simulator.ts";

/** What one record shows: its properties as text, and the records it is tied to. */
export interface Shown {
  readonly id: string;
  readonly properties: Readonly<Record<string, string | null>>;
  /** Ids by the name of the association, such as `deal_to_company`. */
  readonly ties: Readonly<Record<string, readonly string[]>>;
}

export interface Hubspot {
  readonly url: string;
  readonly privateToken: string;
  /** What a user of the portal does in its pages: neither an API call nor in the log. Throws the vendor's words. */
  control<T = unknown>(method: string, path: string, body?: object): Promise<T>;
  /** Every live record of an object, read by @hubspot/api-client. */
  all(object: "contacts" | "companies" | "deals", properties: readonly string[]): Promise<Shown[]>;
  /** The contacts of these deals, by ids, each with its labels. */
  roles(deals: readonly string[]): Promise<{ deal: string; contact: string; role: string | null }[]>;
  /** Owners by id: their names, and whether they are active. */
  owners(): Promise<Map<string, string>>;
  /** Mutating requests in its own log since it was last cleared. */
  written(): Promise<Logged[]>;
  stop(): Promise<void>;
}

const DEALS_PER_CALL = 1000;

export async function startHubspot(options: { logFile: string; seed: number }): Promise<Hubspot> {
  const main = join(ROOT, "src", "simulators", "hubspot", "main.ts");
  const child = startNode([main, "--story", "empty", "--seed", String(options.seed)], {
    logFile: options.logFile,
    stdout: "pipe",
  });
  const said = await firstSaid<{ url: string; privateToken: string }>(child, "The portal", options.logFile);
  const { url, privateToken } = said;
  const client = new Client({ basePath: url, accessToken: privateToken });
  const control: Hubspot["control"] = async <T>(method: string, path: string, body?: object): Promise<T> => {
    const answer = await fetch(`${url}/__winston${path}`, { method, ...(body ? { body: JSON.stringify(body) } : {}) });
    const said = (await answer.json()) as T & { error?: string };
    if (!answer.ok) throw new Error(`The portal refused ${method} ${path}: ${said.error}`);
    return said;
  };
  /** The checker's own reading does not use up the account's limit. */
  const unlimited = async <T>(read: () => Promise<T>): Promise<T> => {
    const { privateCallsPer10s } = await control<{ privateCallsPer10s: number }>("GET", "/dials");
    await control("PATCH", "/dials", { privateCallsPer10s: 1_000_000 });
    try {
      return await read();
    } finally {
      await control("PATCH", "/dials", { privateCallsPer10s });
    }
  };
  return {
    url,
    privateToken,
    control,
    all: (object, properties) =>
      unlimited(async () => {
        const shown: Shown[] = [];
        let after: string | undefined;
        do {
          const page = await client.crm[object].basicApi.getPage(
            100,
            after,
            [...properties],
            undefined,
            ["companies"],
            false,
          );
          for (const { id, properties: values, associations } of page.results) {
            const ties: Record<string, string[]> = {};
            for (const { results } of Object.values(associations ?? {}))
              for (const { id: other, type } of results) (ties[type] ??= []).push(other);
            shown.push({ id, properties: values, ties });
          }
          after = page.paging?.next?.after;
        } while (after !== undefined);
        return shown;
      }),
    roles: (deals) =>
      unlimited(async () => {
        const found: { deal: string; contact: string; role: string | null }[] = [];
        for (let from = 0; from < deals.length; from += DEALS_PER_CALL) {
          const inputs = deals.slice(from, from + DEALS_PER_CALL).map((id) => ({ id }));
          const { results } = await client.crm.associations.v4.batchApi.getPage("deals", "contacts", { inputs });
          for (const { _from, to, paging } of results) {
            if (paging?.next) throw new Error(`The deal ${_from.id} has more contacts than one page shows.`);
            for (const { toObjectId, associationTypes } of to) {
              const labels = associationTypes.flatMap(({ label }) => label ?? []);
              found.push({ deal: _from.id, contact: toObjectId, role: labels.toSorted().join(" and ") || null });
            }
          }
        }
        return found;
      }),
    owners: () =>
      unlimited(async () => {
        const names = new Map<string, string>();
        for (const archived of [false, true]) {
          const page = await client.crm.owners.ownersApi.getPage(undefined, undefined, 500, archived);
          for (const { id, firstName, lastName } of page.results) names.set(id, `${firstName} ${lastName}`);
        }
        return names;
      }),
    written: async () => (await control<{ entries: Logged[] }>("GET", "/log?mutating=true")).entries,
    stop: () => endChild(child, "SIGTERM"),
  };
}
