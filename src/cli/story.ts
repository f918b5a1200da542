// The other direction of `winston dev`'s first start: leads made in Winston, and one field that both sides change.
import type { Client } from "../../sdk/src/index.ts";
import { simulators } from "../simulators/index.ts";
import type { People } from "../simulators/shared/simulator.ts";
import { listed } from "./words.ts";

export interface BothDirections {
  /** How many leads were made in Winston. */
  readonly made: number;
  /** What became of it, once all is quiet: sentences for a person. */
  tell(): Promise<string[]>;
}

// Invented people at a reserved domain, with telephone numbers kept for fiction.
const PEOPLE: readonly (readonly [first: string, last: string, title: string, company: string])[] = [
  ["Amara", "Okafor", "Plant manager", "Ironbridge Castings"],
  ["Søren", "Lindqvist", "Head of automation", "Nordlys Foods"],
  ["Mei", "Tanaka", "Line engineer", "Hoshizora Optics"],
  ["Diego", "Ramírez", "Operations director", "Altiplano Minerals"],
  ["Fatima", "Al-Sayed", "Purchasing", "Cedar Gate Logistics"],
  ["Jonas", "Weiß", "Werksleiter", "Rheintal Pumpen"],
  ["Priya", "Raghunathan", "VP manufacturing", "Kaveri Textiles"],
  ["Éloïse", "Dubois", "Responsable qualité", "Ateliers Marceau"],
  ["Tomasz", "Wiśniewski", "Maintenance lead", "Bałtyk Stal"],
  ["Nia", "Evans", "Founder", "Cwm Robotics Supply"],
  ["Kwame", "Boateng", "Warehouse manager", "Volta Cold Chain"],
  ["Hye-jin", "Park", "Process engineer", "Hanbit Cells"],
];

const SOURCE_KEY = "example-lead";

/** Changes one title on both sides, where `there` has leads, then makes the leads. Nothing here waits for a sync. */
export async function bothDirections(
  client: Client,
  there: { readonly title: string; readonly leads: People | undefined },
  signal: AbortSignal,
): Promise<BothDirections> {
  const clash = there.leads && (await changeOnBothSides(client, there.leads, signal));
  const leads = PEOPLE.map(([firstName, lastName, title, company], at) => ({
    externalId: `${SOURCE_KEY}-${at + 1}`,
    firstName,
    lastName,
    title,
    company,
    email: `${
      lastName
        .normalize("NFD")
        .replaceAll(/[^A-Za-z]/gu, "")
        .toLowerCase() || "lead"
    }.${at + 1}@example.com`,
    phone: `+1 202 555 01${String(at + 10)}`,
  }));
  const result = await client.leads.bulkCreate(leads, { signal });
  result.throwIfFailed();
  return {
    made: result.created + result.updated,
    async tell() {
      const lines: string[] = [];
      const first = await client.leads.get({ externalId: `${SOURCE_KEY}-1` }, { signal });
      const places = simulators.flatMap(({ key, title }) =>
        (first.links ?? [])
          .filter((one) => one.state === "active" && one.connection === key)
          .map((one) => ({ title, id: one.recordId })),
      );
      if (places.length > 0)
        lines.push(
          `${leads.length} leads made here are in ${listed(places.map((one) => one.title))} too: ${first.name}, for one, as ${listed(places.map((one) => one.id))}.`,
        );
      const [conflict] =
        clash === undefined
          ? []
          : (await client.conflicts.list({ entityId: clash.id }, { signal }).toArray({ limit: 50 })).filter(
              (one) => one.winston === clash.ours && one.record === clash.theirs,
            );
      if (clash && conflict) {
        const [won, lost] = conflict.winner === "record" ? [clash.theirs, clash.ours] : [clash.ours, clash.theirs];
        lines.push(
          `Both sides changed the title of ${clash.name}: "${clash.ours}" here, "${clash.theirs}" in ${there.title}. "${won}" won (${conflict.rule}); "${lost}" is kept in the ledger.`,
        );
      }
      return lines;
    },
  };
}

const OURS = "Director of automation";
const THEIRS = "Chief robotics officer";

interface Clash {
  readonly id: string;
  readonly name: string;
  readonly ours: string;
  readonly theirs: string;
}

/** Finds a lead that lives on both sides and changes its title on both; undefined when no lead can be told apart by its email. */
async function changeOnBothSides(client: Client, people: People, signal: AbortSignal): Promise<Clash | undefined> {
  for (const { id, email, title } of people.list().slice(0, 50)) {
    if (email === null) continue;
    const [lead, other] = await client.leads.list({ email, limit: 2 }, { signal }).toArray({ limit: 2 });
    // One whose title was changed already, by a start that was stopped, would be no conflict again.
    if (!lead || other || lead.title === OURS || lead.title === THEIRS || title === THEIRS) continue;
    const clash = { id: lead.id, name: lead.name ?? email, ours: OURS, theirs: THEIRS };
    people.setTitle(id, clash.theirs);
    await client.leads.update(lead.id, { title: clash.ours }, { signal });
    return clash;
  }
  return undefined;
}
