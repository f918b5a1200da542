// What is said of people beside their cells: whether they may be written to, and which tasks are about them. Computed from what was preloaded, from
// the plan and from the declared rules alone.
import type { Server } from "../server.ts";
import type { Simulator } from "../simulator.ts";
import type { Contents, Three } from "./checker.ts";
import type { Plan } from "./edits.ts";
import type { Hubspot } from "./hubspot.ts";
import { inSalesforce } from "./preload.ts";
import { type Consent, FORBIDS, standsIn, type System, SYSTEMS, type Thing, type World } from "./world.ts";

const OPT_OUT = "hs_email_optout";

/** A task and whom it is about. */
export const about = (subject: string, key: string): string => `${subject} is about ${key}`;

/** One statement of one side. `kept`: nobody follows it, for HubSpot still forbids; it is in the ledger. */
export interface ConsentEdit {
  readonly key: string;
  readonly by: "salesforce" | "hubspot";
  readonly forbids: boolean;
  readonly kept?: true;
}

const EACH = 3;

/** Of each kind of statement some, about people whom nothing else happens to. */
export function planConsent(
  world: World,
  { conversions, merges }: Pick<Plan, "conversions" | "merges">,
): ConsentEdit[] {
  const busy = new Set([...conversions.map((one) => one.key), ...merges.flatMap((one) => [one.primary, one.other])]);
  const quiet = [...world.people.values()].filter(
    (one) => !one.shared && !busy.has(one.key) && SYSTEMS.every((system) => standsIn(system, one)),
  );
  const taken = new Set<string>();
  const some = (
    which: (consent: Consent & Pick<Thing, "preloaded">) => boolean,
    edit: Omit<ConsentEdit, "key">,
  ): ConsentEdit[] =>
    quiet
      .filter(({ key, preloaded }) => !taken.has(key) && which({ ...world.consent.get(key)!, preloaded }))
      .slice(0, EACH)
      .map(({ key }) => {
        taken.add(key);
        return { key, ...edit };
      });
  return [
    // Where Salesforce allowed it before Winston came, the ledger may have that already.
    ...some(({ hubspot, preloaded }) => hubspot && preloaded.salesforce?.[FORBIDS] !== false, {
      by: "salesforce",
      forbids: false,
      kept: true,
    }),
    ...some(({ hubspot }) => hubspot, { by: "hubspot", forbids: false }),
    ...some(({ stands, hubspot }) => stands && !hubspot, { by: "salesforce", forbids: false }),
    ...some(({ stands }) => !stands, { by: "salesforce", forbids: true }),
    ...some(({ stands }) => !stands, { by: "hubspot", forbids: true }),
  ];
}

/** Tells the world what must come of the statements. */
export function foreseeConsent(world: World, edits: readonly ConsentEdit[]): void {
  for (const { key, by, forbids } of edits) {
    const consent = world.consent.get(key)!;
    if (by === "hubspot") consent.hubspot = forbids;
    consent.stands = forbids || consent.hubspot;
  }
}

/** Tells the world what merges in HubSpot do to what was said: of two the one that forbids stands, and tasks go along, where Winston shows them. */
export function foreseeMerged(world: World, { primary, other }: Plan["merges"][number]): void {
  const [kept, gone] = [world.consent.get(primary)!, world.consent.get(other)!];
  kept.stands ||= gone.stands;
  kept.hubspot ||= gone.hubspot;
  world.swallowed.set(other, primary);
}

/** Does the statements, and has Winston's users make a task about each person who was converted or took another in. */
export async function performSaid(
  edits: readonly ConsentEdit[],
  people: readonly string[],
  on: { world: World; server: Server; simulator: Simulator; hubspot: Hubspot; three: Three },
): Promise<void> {
  const { world, server, simulator, hubspot, three } = on;
  const idIn = (system: System, key: string): string => three[system].people.find((one) => one.key === key)!.id;
  const lock = (readOnlyValue: boolean) =>
    hubspot.control("PATCH", `/properties/contacts/${OPT_OUT}`, { readOnlyValue });
  await lock(false);
  for (const { key, by, forbids } of edits) {
    const path = (object: string): string => `/rows/${object}/${idIn(by, key)}`;
    if (by === "hubspot") await hubspot.control("PATCH", path("contacts"), { values: { [OPT_OUT]: String(forbids) } });
    else {
      const { object, fields } = inSalesforce(world.people.get(key)!);
      await simulator.control("PATCH", path(object), { values: { [fields[FORBIDS]!]: forbids } });
    }
  }
  await lock(true);
  for (const key of people) {
    const subject = `Write to ${key}`;
    await server.client.activities.create({ type: "task", subject, person: idIn("winston", key) });
    world.tasks.set(subject, key);
  }
}

/** What is otherwise than it was said, in each system. */
export function judgeSaid(world: World, three: Three): { equal: number; all: number; differences: string[] } {
  const differences: string[] = [];
  let all = 0;
  for (const system of SYSTEMS)
    for (const { key, row } of three[system].people) {
      const [thing, consent] = [world.people.get(key), world.consent.get(key)];
      if (!thing || !consent || !standsIn(system, thing)) continue;
      all += 1;
      const [want, got] = [system === "hubspot" ? consent.hubspot : consent.stands, row[FORBIDS] === true];
      if (want !== got)
        differences.push(`${system}: people ${key}: ${FORBIDS} is ${String(got)} and should be ${String(want)}`);
    }
  for (const system of ["winston", "salesforce"] as const) {
    const left = new Set(three[system].tasks);
    for (const [subject, key] of world.tasks) {
      all += 1;
      // Salesforce merged nobody: there the task is where it was.
      const whose = system === "winston" ? (world.swallowed.get(key) ?? key) : key;
      if (!left.delete(about(subject, whose))) differences.push(`${system}: ${about(subject, whose)}, which is not so`);
    }
    for (const task of left) differences.push(`${system}: ${task}, which should not be`);
  }
  return { equal: all - differences.length, all, differences };
}

/** Each statement that nobody followed is in the ledger, once. */
export async function judgeKept(
  edits: readonly ConsentEdit[],
  { server }: { server: Server },
  { winston }: Pick<Three, "winston">,
): Promise<string[]> {
  const keys = new Map(winston.people.map((one) => [one.id, one.key]));
  const told = new Map<string, number>();
  for await (const entry of server.client.conflicts.list()) {
    if (entry.field !== FORBIDS || entry.rule !== "restrictive" || entry.winner !== "winston") continue;
    const key = keys.get(entry.entityId);
    if (key !== undefined && entry.record === false) told.set(key, (told.get(key) ?? 0) + 1);
  }
  return edits
    .filter(({ key, kept }) => kept && told.get(key) !== 1)
    .map(
      ({ key }) =>
        `ledger: people ${key}: ${FORBIDS} was given and withheld, and that is there ${told.get(key) ?? 0} times`,
    );
}

/** Tasks as a system shows them. */
export const tasksOf = (
  rows: readonly { readonly subject: unknown; readonly person: unknown }[],
  people: Contents["people"],
): string[] => {
  const keys = new Map(people.map((one) => [one.id, one.key]));
  return rows.map(({ subject, person }) =>
    about(String(subject), keys.get(String(person)) ?? `nobody: ${String(person)}`),
  );
};
