// A plan as one page.
import type { Plan, PlanChange } from "../../sdk/src/index.ts";
import { htmlPage, type HtmlColumn, named, text } from "./html-page.ts";
import { approvedLines, costLines, summaryLines } from "./plan-view.ts";

export function planPage(plan: Plan, changes: AsyncIterable<PlanChange>): AsyncGenerator<string> {
  const scope = [plan.connection, plan.stream].filter((one) => one !== null).join(" ");
  const about = [
    plan.undoes === null ? "" : `, undoing ${plan.undoes}`,
    plan.supposes === null ? "" : `, supposing ${plan.supposes}`,
  ].join("");
  return htmlPage({
    title: `Plan ${plan.id}`,
    heading: `Plan ${plan.id}${scope === "" ? "" : ` of ${scope}`}${about}: ${plan.state}`,
    intro: `Computed ${plan.readyAt ?? plan.createdAt} for ${plan.createdBy}. ${approvedLines(plan).join("")}`.trim(),
    facts: [...summaryLines(plan), ...costLines(plan), ...plan.notes],
    columns: COLUMNS,
    rows: changes,
    none: "Nothing is in it.",
  });
}

const COLUMNS: readonly HtmlColumn<PlanChange>[] = [
  { title: "#", html: ({ number }) => String(number) },
  { title: "What", html: ({ class: what, op }) => `${text(what)} ${text(op)}`, class: ({ op }) => op },
  {
    title: "Where",
    html: (change) =>
      text(change.class === "here" ? "here" : `${change.connection ?? ""} ${change.stream ?? ""}`.trim()),
  },
  {
    title: "Record",
    html: ({ title, recordId, entityId }) => text(title ?? recordId ?? entityId ?? "") + below(recordId),
  },
  { title: "Fields, old and new", html: fields },
  { title: "State", html: ({ state, reason }) => text(state) + below(reason) },
];

const below = (small: string | null): string => (small === null ? "" : `<br><small>${text(small)}</small>`);

function fields(change: PlanChange): string {
  const lines = Object.entries(change.fields).map(([field, { old, new: fresh, from, rule }]) => {
    const before = change.op === "create" ? "" : `<del>${named(old, change.names)}</del> → `;
    const source = [from, rule === null ? null : `rule ${rule}`].filter((one) => one !== null).join(", ");
    return `${text(field)}: ${before}<ins>${named(fresh, change.names)}</ins>${source === "" ? "" : ` <small>${text(source)}</small>`}`;
  });
  const message = change.detail?.["message"];
  if (typeof message === "string") lines.push(text(message));
  return lines.join("<br>");
}
