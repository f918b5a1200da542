// A plan as one page that needs nothing else: no script, no style sheet, nothing loaded. Pure; a piece at a time, so that it may be long.
import type { Plan, PlanChange } from "../../sdk/src/index.ts";
import { costLines, summaryLines } from "./plan-view.ts";

const STYLE = `body{font:15px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem;color:#1b1f24;background:#fff}
h1{font-size:1.3rem}table{border-collapse:collapse;width:100%}td,th{border-bottom:1px solid #d8dee4;padding:.3rem .5rem;text-align:left;vertical-align:top}
th{position:sticky;top:0;background:#f6f8fa}.create{color:#116329}.update{color:#7d4e00}.delete,.merge{color:#a40e26}del{color:#a40e26}ins{color:#116329;text-decoration:none}
small{color:#57606a}@media(prefers-color-scheme:dark){body{background:#0d1117;color:#e6edf3}th{background:#161b22}td,th{border-color:#30363d}
.create,ins{color:#56d364}.update{color:#e3b341}.delete,.merge,del{color:#ff7b72}small{color:#9198a1}}`;

export async function* planPage(plan: Plan, changes: AsyncIterable<PlanChange>): AsyncGenerator<string> {
  const scope = [plan.connection, plan.stream].filter((one) => one !== null).join(" ");
  yield `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta http-equiv="content-security-policy" content="default-src 'none'; style-src 'unsafe-inline'"><title>Plan ${text(plan.id)}</title><style>${STYLE}</style>
<h1>Plan ${text(plan.id)}${scope === "" ? "" : ` of ${text(scope)}`}: ${text(plan.state)}</h1>
<p>Computed ${text(plan.readyAt ?? plan.createdAt)} for ${text(plan.createdBy)}${plan.approvedBy === null ? "" : `; approved by ${text(plan.approvedBy)}, ${text(plan.approvedAt ?? "")}`}.</p>
<ul>${[...summaryLines(plan), ...costLines(plan)].map((line) => `<li>${text(line)}</li>`).join("")}</ul>
<table><thead><tr><th>#</th><th>What</th><th>Where</th><th>Record</th><th>Fields, old and new</th><th>State</th></tr></thead><tbody>
`;
  for await (const change of changes) yield row(change);
  yield "</tbody></table></html>\n";
}

function row(change: PlanChange): string {
  const where = change.class === "here" ? "here" : `${change.connection ?? ""} ${change.stream ?? ""}`.trim();
  const fields = Object.entries(change.fields).map(([field, { old, new: fresh, from }]) => {
    const before = change.op === "create" ? "" : `<del>${value(old)}</del> → `;
    return `${text(field)}: ${before}<ins>${value(fresh)}</ins>${from === null ? "" : ` <small>${text(from)}</small>`}`;
  });
  const message = change.detail?.["message"];
  if (typeof message === "string") fields.push(text(message));
  const title = change.title ?? change.recordId ?? change.entityId ?? "";
  return `<tr><td>${change.number}</td><td class="${text(change.op)}">${text(change.class)} ${text(change.op)}</td><td>${text(where)}</td><td>${text(title)}${change.recordId === null ? "" : `<br><small>${text(change.recordId)}</small>`}</td><td>${fields.join("<br>")}</td><td>${text(change.state)}${change.reason === null ? "" : `<br><small>${text(change.reason)}</small>`}</td></tr>
`;
}

const value = (of: unknown): string =>
  of === null || of === undefined ? "<em>blank</em>" : text(typeof of === "string" ? of : JSON.stringify(of));

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};
const text = (raw: string): string => raw.replaceAll(/[&<>"']/gu, (one) => ESCAPES[one]!);
