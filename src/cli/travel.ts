// The third part of `winston dev`'s first start: an edit at one pretend vendor that is seen to arrive at the next.
import type { Client, Connection } from "../../sdk/src/index.ts";
import type { People } from "../simulators/shared/simulator.ts";
import type { Shell } from "./shell.ts";
import { duration } from "./words.ts";

/** A pretend vendor with contacts, and its connection. */
export interface Place {
  readonly title: string;
  readonly connection: Connection;
  readonly contacts: People;
}

/** A person who is at every place, with the same title. */
interface Traveller {
  readonly name: string;
  /** Of the person's records, in the order of the places. */
  readonly ids: readonly string[];
}

const TITLES = ["Head of field robotics", "Director of process engineering"];
/** How often the other side is looked at, how often the first is asked again, and when we give up. */
const LOOK_MS = 50;
const WAKE_MS = 1_000;
const LONGEST_MS = 30_000;

/**
 * Edits one title at each of two or more places, one after the other, and tells of each when it has arrived at the next: the last
 * one's at the first. Nothing is told when nobody is at all of them.
 */
export async function letTravel(
  shell: Pick<Shell, "clock" | "signal">,
  client: Client,
  places: readonly Place[],
  say: (line: string) => void,
): Promise<void> {
  const people = await travellers(client, places, shell.signal);
  for (const [at, { name, ids }] of people.entries()) {
    const next = (at + 1) % places.length;
    const [from, to] = [places[at]!, places[next]!];
    const title = TITLES[at % TITLES.length]!;
    from.contacts.setTitle(ids[at]!, title);
    const ms = await arrival(shell, client, from, () => to.contacts.titleOf(ids[next]!) === title);
    say(sentence(name, from.title, to.title, ms));
  }
}

function sentence(name: string, from: string, to: string, ms: number | undefined): string {
  const rest = ms === undefined ? `not in ${to} after ${duration(LONGEST_MS)}` : `in ${to} ${duration(ms)} later`;
  return `title of ${name} changed in ${from}; ${rest}`;
}

/** Milliseconds until `arrived`; undefined when it takes too long. The side that was edited is asked again and again: it may show an edit late. */
async function arrival(
  shell: Pick<Shell, "clock" | "signal">,
  client: Client,
  edited: Place,
  arrived: () => boolean,
): Promise<number | undefined> {
  const { clock, signal } = shell;
  const editedAt = clock.now();
  let wakeAt = editedAt;
  for (;;) {
    if (clock.now() >= wakeAt) {
      await client.connections.sync(edited.connection.id, { stream: edited.contacts.stream }, { signal });
      wakeAt = clock.now() + WAKE_MS;
    }
    const ms = clock.now() - editedAt;
    if (arrived()) return ms;
    if (ms > LONGEST_MS) return undefined;
    await clock.sleep(LOOK_MS, signal);
  }
}

/** As many people as there are places whom Winston links to all of them and whose titles agree, as far as there are any. */
async function travellers(client: Client, places: readonly Place[], signal: AbortSignal): Promise<Traveller[]> {
  const found: Traveller[] = [];
  for (const { id, email, title } of places[0]!.contacts.list().slice(0, 200)) {
    if (found.length === places.length) break;
    if (email === null || title === null || TITLES.includes(title)) continue;
    const [person, other] = await client.contacts.list({ email, limit: 2 }, { signal }).toArray({ limit: 2 });
    if (!person || other) continue;
    const { links = [], name } = await client.contacts.get(person.id, { signal });
    const ids = places.map(
      ({ connection, contacts }) =>
        links.find(
          (link) => link.connection === connection.name && link.stream === contacts.stream && link.state === "active",
        )?.recordId,
    );
    if (ids[0] !== id || !places.every(({ contacts }, at) => ids[at] && contacts.titleOf(ids[at]) === title)) continue;
    found.push({ name: name ?? email, ids: ids as string[] });
  }
  return found;
}
