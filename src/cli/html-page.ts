// Pages that need nothing else: no script, no style sheet, nothing loaded, and nothing of a value taken for HTML. Pure; a piece at a time,
// so that they may be long.

const STYLE = `body{font:15px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem;color:#1b1f24;background:#fff}
h1{font-size:1.3rem}table{border-collapse:collapse;width:100%}td,th{border-bottom:1px solid #d8dee4;padding:.3rem .5rem;text-align:left;vertical-align:top}
th{position:sticky;top:0;background:#f6f8fa}.create{color:#116329}.update{color:#7d4e00}.delete,.merge,.failed{color:#a40e26}del{color:#a40e26}ins{color:#116329;text-decoration:none}
small{color:#57606a}@media(prefers-color-scheme:dark){body{background:#0d1117;color:#e6edf3}th{background:#161b22}td,th{border-color:#30363d}
.create,ins{color:#56d364}.update{color:#e3b341}.delete,.merge,.failed,del{color:#ff7b72}small{color:#9198a1}}`;

export interface HtmlPage<Row> {
  /** Of the window; plain text, as all that follows where it does not say HTML. */
  readonly title: string;
  readonly heading: string;
  readonly intro?: string;
  readonly facts?: readonly string[];
  readonly columns: readonly HtmlColumn<Row>[];
  readonly rows: AsyncIterable<Row> | Iterable<Row>;
  /** Said in place of a table without rows. */
  readonly none?: string;
}

export interface HtmlColumn<Row> {
  readonly title: string;
  /** HTML: whoever makes it escapes values by `text` or `value`. */
  readonly html: (row: Row) => string;
  readonly class?: (row: Row) => string;
}

export async function* htmlPage<Row>(page: HtmlPage<Row>): AsyncGenerator<string> {
  yield `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta http-equiv="content-security-policy" content="default-src 'none'; style-src 'unsafe-inline'"><title>${text(page.title)}</title><style>${STYLE}</style>
<h1>${text(page.heading)}</h1>
${page.intro === undefined ? "" : `<p>${text(page.intro)}</p>\n`}${page.facts === undefined ? "" : `<ul>${page.facts.map((line) => `<li>${text(line)}</li>`).join("")}</ul>\n`}`;
  let any = false;
  for await (const one of page.rows) {
    if (!any)
      yield `<table><thead><tr>${page.columns.map(({ title }) => `<th>${text(title)}</th>`).join("")}</tr></thead><tbody>\n`;
    any = true;
    const cells = page.columns.map((column) => {
      const kind = column.class?.(one);
      return `<td${kind === undefined ? "" : ` class="${text(kind)}"`}>${column.html(one)}</td>`;
    });
    yield `<tr>${cells.join("")}</tr>\n`;
  }
  yield any ? "</tbody></table></html>\n" : `${page.none === undefined ? "" : `<p>${text(page.none)}</p>`}</html>\n`;
}

/** What stands in a field: a blank is told as such. */
export const value = (of: unknown): string =>
  of === null || of === undefined ? "<em>blank</em>" : text(typeof of === "string" ? of : JSON.stringify(of));

/** The same of a reference: the name of what it names, with its id. */
export const named = (of: unknown, names: Readonly<Record<string, string>>): string =>
  typeof of === "string" && Object.hasOwn(names, of) ? `${text(names[of]!)} <small>${text(of)}</small>` : value(of);

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};
export const text = (raw: string): string => raw.replaceAll(/[&<>"']/gu, (one) => ESCAPES[one]!);
