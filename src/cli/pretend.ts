// The pretend vendors that commands start, connect and look at: what is particular to each of them.
import { join } from "node:path";
import { isError, WinstonError } from "../base/errors.ts";
import { type Random, seededRandom } from "../base/random.ts";
import type { Addresses } from "./remote.ts";
import type { Shell } from "./shell.ts";
import { count, listed } from "./words.ts";

export interface Pretended {
  readonly title: string;
  /** In the data folder. */
  readonly stateFile: string;
  /** Its place among the addresses of the data folder. */
  readonly address: "simulator" | "hubspot";
  /** The connector's setting that is the address. */
  readonly setting: string;
  /** What only this vendor's control surface tells of itself. */
  readonly mark: string;
  /** Its objects behind the connector's streams: how many there are to read is known there. */
  readonly objects: Readonly<Record<string, string>>;
  /** Streams whose counts are worth telling. */
  readonly told: readonly (readonly [stream: string, name: string])[];
  /** The connector's secrets from the simulator's credentials. */
  secrets(credentials: Readonly<Record<string, string>>): Record<string, string>;
}

export const PRETEND = {
  salesforce: {
    title: "Salesforce",
    stateFile: "salesforce.jsonl",
    address: "simulator",
    setting: "loginUrl",
    mark: "organizationId",
    objects: {
      user: "User",
      account: "Account",
      campaign: "Campaign",
      contact: "Contact",
      lead: "Lead",
      opportunity: "Opportunity",
      "contact-role": "OpportunityContactRole",
      task: "Task",
      event: "Event",
    },
    told: [
      ["lead", "leads"],
      ["contact", "contacts"],
      ["account", "accounts"],
    ],
    secrets: (credentials) => pick(credentials, ["clientId", "clientSecret", "refreshToken"]),
  },
  hubspot: {
    title: "HubSpot",
    stateFile: "hubspot.jsonl",
    address: "hubspot",
    setting: "baseUrl",
    mark: "portalId",
    objects: { owner: "owners", company: "companies", contact: "contacts", deal: "deals" },
    told: [
      ["contact", "contacts"],
      ["company", "companies"],
      ["deal", "deals"],
    ],
    secrets: ({ privateToken }) => (privateToken === undefined ? {} : { accessToken: privateToken }),
  },
} as const satisfies Record<string, Pretended>;

export type PretendVendor = keyof typeof PRETEND;

export const isPretended = (vendor: string): vendor is PretendVendor => Object.hasOwn(PRETEND, vendor);

/** What every simulator has, whichever vendor it plays. */
export interface Simulator {
  readonly url: string;
  readonly credentials: object;
  readonly data: { counts(): Record<string, number> };
  close(): Promise<void>;
}

/** Both begin their stories at this seed, so that they tell of the same people. */
const SEED = 1;

/** Starts one on the port of last time where that is still free, so that addresses stay. Throws `start.failed`. */
export async function openSimulator<Kind extends Simulator>(
  shell: Pick<Shell, "clock">,
  start: (options: {
    clock: Shell["clock"];
    random: Random;
    port: number;
    story: "larkfield" | "empty";
    stateFile: string;
  }) => Promise<Kind>,
  options: { vendor: PretendVendor; dataDir: string; port: number; before: Addresses; story: boolean },
): Promise<Kind> {
  const { title, stateFile, address } = PRETEND[options.vendor];
  const last = options.before[address];
  const port = options.port || (last === undefined ? 0 : Number(new URL(last).port));
  const at = (number: number): Promise<Kind> =>
    start({
      clock: shell.clock,
      random: seededRandom(SEED),
      port: number,
      story: options.story ? "larkfield" : "empty",
      stateFile: join(options.dataDir, stateFile),
    });
  try {
    return await at(port);
  } catch (thrown) {
    const taken = isError(thrown, "start.failed") && (thrown.cause as NodeJS.ErrnoException).code === "EADDRINUSE";
    if (!taken) throw thrown;
    if (options.port !== 0)
      throw new WinstonError("start.failed", `${thrown.message} It was asked for the pretend ${title}.`, {
        cause: thrown,
      });
    return at(0);
  }
}

/** "2,000 leads, 600 contacts and 150 accounts" */
export function contentsOf(vendor: PretendVendor, simulator: Simulator): string {
  const { told } = PRETEND[vendor];
  const totals = totalsOf(vendor, simulator);
  return listed(told.map(([stream, name]) => `${count(totals.get(stream) ?? 0)} ${name}`));
}

/** How many records each stream has to read. */
export function totalsOf(vendor: PretendVendor, simulator: Simulator): Map<string, number> {
  const counts = simulator.data.counts();
  return new Map(Object.entries(PRETEND[vendor].objects).map(([stream, object]) => [stream, counts[object] ?? 0]));
}

/** A running simulator's address and credentials, from its control surface. Throws usage.wrong when there is none, or another vendor's. */
export async function lookAtSimulator(
  vendor: PretendVendor,
  url: string | undefined,
  shell: Pick<Shell, "self" | "signal">,
): Promise<{ url: string; credentials: Record<string, string> }> {
  const { title, mark } = PRETEND[vendor];
  const hint = `Start one with \`${shell.self} dev\` or \`${shell.self} sandbox${vendor === "salesforce" ? "" : ` ${vendor}`}\`, or give its address, such as http://127.0.0.1:PORT.`;
  if (url === undefined) throw new WinstonError("usage.wrong", `No pretend ${title} is known here. ${hint}`);
  let found: { url?: unknown; credentials?: unknown } | undefined;
  try {
    const answer = await fetch(`${url.replace(/\/+$/u, "")}/__winston/`, { signal: shell.signal });
    if (answer.ok) found = (await answer.json()) as typeof found;
  } catch (cause) {
    if (shell.signal.aborted) throw cause;
  }
  if (typeof found?.url !== "string" || typeof found.credentials !== "object")
    throw new WinstonError("usage.wrong", `No simulator answers at ${url}. ${hint}`);
  if (!Object.hasOwn(found, mark))
    throw new WinstonError("usage.wrong", `The simulator at ${url} plays another vendor than ${title}. ${hint}`);
  return { url: found.url, credentials: found.credentials as Record<string, string> };
}

function pick(from: Readonly<Record<string, string>>, keys: readonly string[]): Record<string, string> {
  return Object.fromEntries(keys.flatMap((key) => (from[key] === undefined ? [] : [[key, from[key]]])));
}
