// Who is of a deal in what role, changed on all three sides: given, given again, taken away.
import type { Server } from "../server.ts";
import type { Simulator } from "../simulator.ts";
import type { Contents, Three } from "./checker.ts";
import type { Hubspot } from "./hubspot.ts";
import { ROLES, tied, type System, type World } from "./world.ts";

export interface RoleEdit {
  readonly by: System;
  readonly deal: string;
  readonly person: string;
  /** Null: no longer of the deal. */
  readonly role: (typeof ROLES)[number] | null;
  readonly was: (typeof ROLES)[number] | null;
}

/** One edit for each deal that a conversion made, by the three sides in turn: another role, or a first one; HubSpot and Winston take some away. */
export function planRoles(world: World, dealsOf: readonly { deal: string; person: string }[]): RoleEdit[] {
  const sides = ["salesforce", "hubspot", "winston"] as const;
  return dealsOf.map(({ deal, person }, index) => {
    const was = [null, ...ROLES].find((role) => world.ties.has(tied(deal, person, role)));
    if (was === undefined) throw new Error(`${person} should be of ${deal}`);
    const others = ROLES.filter((one) => one !== was);
    const by = sides[index % sides.length]!;
    // Salesforce's log of deletions is asked once in ten minutes: a role removed there would come too late for this run.
    const role = by !== "salesforce" && index % 7 >= 5 ? null : others[index % others.length]!;
    return { by, deal, person, role, was };
  });
}

/** Tells the world what must come of the edits. */
export function foreseeRoles(world: World, edits: readonly RoleEdit[]): void {
  for (const { deal, person, role, was } of edits) {
    world.ties.delete(tied(deal, person, was));
    if (role !== null) world.ties.add(tied(deal, person, role));
  }
}

/** `three`: what each side showed last, for its ids. */
export async function performRoles(
  edits: readonly RoleEdit[],
  { server, simulator, hubspot, three }: { server: Server; simulator: Simulator; hubspot: Hubspot; three: Three },
): Promise<void> {
  const idIn = (contents: Contents, kind: "people" | "deals", key: string): string => {
    const found = contents[kind].find((one) => one.key === key);
    if (!found) throw new Error(`${kind} ${key} is not there`);
    return found.id;
  };
  const ids = (by: System, edit: RoleEdit) => ({
    deal: idIn(three[by], "deals", edit.deal),
    person: idIn(three[by], "people", edit.person),
  });
  const known = new Map<string, string>();
  for await (const tie of server.client.dealContacts.list()) known.set(`${tie.deal} ${tie.contact}`, tie.id);
  for (const edit of edits) {
    const { deal, person } = ids(edit.by, edit);
    if (edit.by === "salesforce") {
      const [row] = await simulator.query(
        `SELECT Id FROM OpportunityContactRole WHERE OpportunityId = '${deal}' AND ContactId = '${person}'`,
      );
      const path = `/rows/OpportunityContactRole/${String(row!["Id"])}`;
      if (edit.role === null) await simulator.control("DELETE", path);
      else await simulator.control("PATCH", path, { values: { Role: edit.role } });
    } else if (edit.by === "hubspot") await hubspot.tieDeal(deal, person, edit.role);
    else {
      const id = known.get(`${deal} ${person}`)!;
      if (edit.role === null) await server.client.dealContacts.delete(id);
      else await server.client.dealContacts.update(id, { role: edit.role });
    }
  }
}
