// Larkfield's contact roles: who is concerned with which deal.
import type { Data } from "./data.ts";

const DAY = 86_400_000;
const ROLES = ["Decision Maker", "Champion", null, "Evaluator"];

/** Two of three deals have contacts, one to three of the account's, most of them with a role and one of them primary. Nothing of this is left to chance. */
export function addRoles(
  data: Data,
  contacts: readonly { readonly id: string; readonly account: string; readonly at: number }[],
  now: number,
): void {
  const tied = new Set(data.list("OpportunityContactRole").map(pair));
  const byAccount = Map.groupBy(contacts, (one) => one.account);
  for (const [index, deal] of data.list("Opportunity").entries()) {
    const colleagues = byAccount.get(String(deal["AccountId"])) ?? [];
    if (index % 3 === 2) continue;
    const made = Date.parse(String(deal["CreatedDate"]).replace("+0000", "Z"));
    const count = Math.min(colleagues.length, 1 + (index % 3) + (index % 7 === 0 ? 1 : 0));
    for (let nth = 0; nth < count; nth++) {
      const { id, at } = colleagues[(index + nth) % colleagues.length]!;
      const values = {
        OpportunityId: deal["Id"],
        ContactId: id,
        // One role that nobody thought of when the labels were made on the other side.
        Role: index + nth === 0 ? "Economic Buyer" : ROLES[(index + nth) % ROLES.length],
        IsPrimary: nth === 0,
      };
      if (!tied.has(pair(values)))
        data.add("OpportunityContactRole", values, { at: Math.min(now, Math.max(made, at) + DAY) });
    }
  }
  // One person in two roles: the vendor allows it.
  const twice = data.list("OpportunityContactRole").find((one) => one["Role"] === "Decision Maker")!;
  const { OpportunityId, ContactId } = twice;
  data.add("OpportunityContactRole", { OpportunityId, ContactId, Role: "Executive Sponsor" }, { at: now - DAY });
}

const pair = (one: Readonly<Record<string, unknown>>): string =>
  `${String(one["OpportunityId"])} ${String(one["ContactId"])}`;
