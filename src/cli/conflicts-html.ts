// Conflicts as one page.
import type { Conflict } from "../../sdk/src/index.ts";
import { type HtmlColumn, htmlPage, named, text } from "./html-page.ts";
import { moment } from "./words.ts";

/** `standing`: who won, in a word. */
export const conflictsPage = (
  heading: string,
  rows: AsyncIterable<Conflict> | Iterable<Conflict>,
  standing: (one: Conflict) => string,
): AsyncGenerator<string> =>
  htmlPage({
    title: heading,
    heading,
    columns: [
      ...COLUMNS,
      { title: "Won", html: (one) => `${text(standing(one))}<br><small>by ${text(one.rule)}</small>` },
    ],
    rows,
    none: "There are no such conflicts.",
  });

const COLUMNS: readonly HtmlColumn<Conflict>[] = [
  { title: "When", html: ({ at, id }) => `${text(moment(at))}<br><small>${text(id)}</small>` },
  {
    title: "Record",
    html: (one) =>
      `${text(`${one.connection} ${one.stream} ${one.title ?? one.recordId}`)}<br><small>${text(`${one.recordId}; ${one.kind} ${one.entityId}`)}</small>`,
  },
  { title: "Field", html: ({ field }) => text(field) },
  { title: "Before", html: ({ baseline, names }) => named(baseline, names) },
  { title: "Winston said", html: ({ winston, names }) => named(winston, names) },
  { title: "Vendor said", html: ({ record, names }) => named(record, names) },
];
