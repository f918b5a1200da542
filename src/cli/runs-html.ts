// Runs as one page.
import type { Run } from "../../sdk/src/index.ts";
import { type HtmlColumn, htmlPage, text } from "./html-page.ts";
import { parkedCauses, runTime } from "./summary.ts";
import { count, moment } from "./words.ts";

export const runsPage = (heading: string, rows: AsyncIterable<Run> | Iterable<Run>): AsyncGenerator<string> =>
  htmlPage({ title: heading, heading, columns: COLUMNS, rows, none: "There are no such runs." });

const COLUMNS: readonly HtmlColumn<Run>[] = [
  {
    title: "Started",
    html: ({ startedAt, id }) => `${text(moment(startedAt))}<br><small>${text(id)}</small>`,
  },
  {
    title: "What",
    html: (run) =>
      `${text(`${run.connection} ${run.stream}`)}<br><small>${text(`${run.lane}: ${run.trigger}`)}</small>`,
  },
  { title: "State", html: ({ state }) => text(state), class: ({ state }) => state },
  { title: "Took", html: (run) => text(runTime(run) ?? "") },
  {
    title: "Counts",
    html: ({ counts }) =>
      Object.entries(counts)
        .flatMap(([key, of]) => (typeof of === "number" ? [text(`${key} ${count(of)}`)] : []))
        .join("<br>"),
  },
  { title: "What went wrong", html: wrong },
];

function wrong(run: Run): string {
  const causes = parkedCauses([run]).map(
    (cause) =>
      `${count(cause.count)} parked${cause.field === null ? "" : `, ${cause.field}`}: ${cause.message} (${cause.reason}; for example ${cause.example})`,
  );
  const error = run.error === null ? [] : [`${run.error.message} (${run.error.code})`];
  return [...error, ...causes].map(text).join("<br>");
}
