// The Salesforce simulator as a process of its own, so that killing the server never touches it; driven by its dials over HTTP.
import { Connection } from "@jsforce/jsforce-node";
import { join } from "node:path";
import { endChild, firstSaid, ROOT, startNode } from "../support/children.ts";
import { type Kind, KINDS } from "./columns.ts";

export interface Logged {
  readonly at: number;
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly status: number;
  readonly mutating: boolean;
  readonly rows: number;
  readonly fault?: string;
  /** Its first 2,000 characters. */
  readonly body?: string;
}

export interface Simulator {
  readonly url: string;
  readonly secrets: Readonly<Record<string, string>>;
  /** The vendor's own client, signed in: how the state there is read. */
  readonly jsforce: Connection;
  /** What a user of the organisation does in its pages: neither an API call nor in the log. Throws the vendor's words. */
  control<T = unknown>(method: string, path: string, body?: object): Promise<T>;
  /** All records of a query, over all its pages. */
  query(soql: string): Promise<Record<string, unknown>[]>;
  /** What its own log counted since it was last cleared. */
  counted(): Promise<{ readonly apiCalls: number; readonly mutating: number }>;
  /** Mutating requests in its own log since it was last cleared. */
  written(): Promise<Logged[]>;
  stop(): Promise<void>;
}

export async function startSimulator(options: { logFile: string; seed: number }): Promise<Simulator> {
  const main = join(ROOT, "src", "simulators", "salesforce", "main.ts");
  const child = startNode([main, "--story", "empty", "--seed", String(options.seed)], {
    logFile: options.logFile,
    stdout: "pipe",
  });
  const { url, ...secrets } = await firstSaid<{ url: string } & Record<string, string>>(
    child,
    "The simulator",
    options.logFile,
  );
  const jsforce = new Connection({ instanceUrl: url, loginUrl: url, version: "66.0" });
  await jsforce.authorize({
    grant_type: "client_credentials",
    client_id: secrets["clientId"],
    client_secret: secrets["clientSecret"],
  } as unknown as Parameters<Connection["authorize"]>[0]);
  const control: Simulator["control"] = async <T>(method: string, path: string, body?: object): Promise<T> => {
    const answer = await fetch(`${url}/__winston${path}`, { method, ...(body ? { body: JSON.stringify(body) } : {}) });
    const said = (await answer.json()) as T & { error?: string };
    if (!answer.ok) throw new Error(`The simulator refused ${method} ${path}: ${said.error}`);
    return said;
  };
  return {
    url,
    secrets,
    jsforce,
    control,
    query: async (soql) =>
      (await jsforce.query(soql, { autoFetch: true, maxFetch: 1_000_000 })).records as Record<string, unknown>[],
    counted: async () =>
      (await control<{ counts: { apiCalls: number; mutating: number } }>("GET", "/log?mutating=true")).counts,
    written: async () => (await control<{ entries: Logged[] }>("GET", "/log?mutating=true")).entries,
    stop: () => endChild(child, "SIGTERM"),
  };
}

/** What an administrator there has made before Winston comes: the agents as users, and the custom fields. Winston makes neither. */
export async function furnish(simulator: Simulator, agents: readonly string[]): Promise<void> {
  await furnishUsers(simulator, agents);
  for (const { object, columns } of KINDS) {
    for (const column of columns.filter((one) => one.make))
      await simulator.control("POST", `/fields/${object}`, {
        name: column.salesforce,
        label: column.name.slice(0, 40),
        ...column.make,
      });
  }
}

/** The agents as users of the organisation. */
export async function furnishUsers(simulator: Simulator, agents: readonly string[]): Promise<void> {
  for (const agent of agents) {
    const [firstName, ...rest] = agent.split(" ");
    const email = `${agent.toLowerCase().replaceAll(/[^a-z]+/gu, ".")}@example.com`;
    await simulator.control("POST", "/users", { firstName, lastName: rest.join(" "), email });
  }
}

/** The ids of an object's records by their key. */
export async function idsByKey(simulator: Simulator, kind: Kind): Promise<Map<string, string>> {
  const field = kind.columns.find((column) => column.name === kind.key)!.salesforce;
  const rows = await simulator.query(`SELECT Id, ${field} FROM ${kind.object}`);
  return new Map(rows.map((row) => [String(row[field]), String(row["Id"])]));
}
