// The third part of `winston dev`'s first start: an edit in one pretend CRM that is seen to arrive in the other.
import type { Client, Connection } from "../../sdk/src/index.ts";
import type { HubspotSimulator } from "../simulators/hubspot/index.ts";
import type { SalesforceSimulator } from "../simulators/salesforce/index.ts";
import type { Shell } from "./shell.ts";
import { duration } from "./words.ts";

export interface Sides {
  readonly salesforce: { readonly connection: Connection; readonly simulator: SalesforceSimulator };
  readonly hubspot: { readonly connection: Connection; readonly simulator: HubspotSimulator };
}

/** A person who is in both, with the same title. */
interface Traveller {
  readonly name: string;
  readonly salesforceId: string;
  readonly hubspotId: string;
}

const THERE = "Head of field robotics";
const BACK = "Director of process engineering";
/** How often the other side is looked at, how often the first is asked again, and when we give up. */
const LOOK_MS = 50;
const WAKE_MS = 1_000;
const LONGEST_MS = 30_000;

/** Edits one title in each CRM, one after the other, and tells of each when it has arrived. Nothing is told when nobody is in both. */
export async function letTravel(
  shell: Shell,
  client: Client,
  sides: Sides,
  say: (line: string) => void,
): Promise<void> {
  const { salesforce, hubspot } = sides;
  const [there, back] = await travellers(client, sides, shell.signal);
  if (there) {
    salesforce.simulator.data.edit("Contact", there.salesforceId, { Title: THERE });
    const ms = await arrival(
      shell,
      client,
      salesforce.connection,
      () => hubspot.simulator.data.get("contacts", there.hubspotId)?.["jobtitle"] === THERE,
    );
    say(sentence(there.name, "Salesforce", "HubSpot", ms));
  }
  if (back) {
    hubspot.simulator.data.edit("contacts", back.hubspotId, { jobtitle: BACK });
    const ms = await arrival(
      shell,
      client,
      hubspot.connection,
      () => salesforce.simulator.data.get("Contact", back.salesforceId)?.["Title"] === BACK,
    );
    say(sentence(back.name, "HubSpot", "Salesforce", ms));
  }
}

function sentence(name: string, from: string, to: string, ms: number | undefined): string {
  const rest = ms === undefined ? `not in ${to} after ${duration(LONGEST_MS)}` : `in ${to} ${duration(ms)} later`;
  return `title of ${name} changed in ${from}; ${rest}`;
}

/** Milliseconds until `arrived`; undefined when it takes too long. The side that was edited is asked again and again: it may show an edit late. */
async function arrival(
  shell: Shell,
  client: Client,
  edited: Connection,
  arrived: () => boolean,
): Promise<number | undefined> {
  const { clock, signal } = shell;
  const editedAt = clock.now();
  let wakeAt = editedAt;
  for (;;) {
    if (clock.now() >= wakeAt) {
      await client.connections.sync(edited.id, { stream: "contact" }, { signal });
      wakeAt = clock.now() + WAKE_MS;
    }
    const ms = clock.now() - editedAt;
    if (arrived()) return ms;
    if (ms > LONGEST_MS) return undefined;
    await clock.sleep(LOOK_MS, signal);
  }
}

/** Two people whom Winston links to both CRMs and whose titles agree, as far as there are any. */
async function travellers(client: Client, { salesforce, hubspot }: Sides, signal: AbortSignal): Promise<Traveller[]> {
  const found: Traveller[] = [];
  for (const row of salesforce.simulator.data.list("Contact").slice(0, 200)) {
    if (found.length === 2) break;
    const [email, title] = [row["Email"], row["Title"]];
    if (typeof email !== "string" || typeof title !== "string" || title === THERE || title === BACK) continue;
    const [person, other] = await client.contacts.list({ email, limit: 2 }, { signal }).toArray({ limit: 2 });
    if (!person || other) continue;
    const { links = [], name } = await client.contacts.get(person.id, { signal });
    const idIn = (connection: Connection): string | undefined =>
      links.find((link) => link.connection === connection.name && link.stream === "contact" && link.state === "active")
        ?.recordId;
    const [salesforceId, hubspotId] = [idIn(salesforce.connection), idIn(hubspot.connection)];
    if (salesforceId !== row["Id"] || hubspotId === undefined) continue;
    if (hubspot.simulator.data.get("contacts", hubspotId)?.["jobtitle"] !== title) continue;
    found.push({ name: name ?? email, salesforceId: String(salesforceId), hubspotId });
  }
  return found;
}
