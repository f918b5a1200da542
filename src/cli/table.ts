// Tables for people: as wide as the terminal, and nothing a vendor wrote can move its cursor.
import { styleText } from "node:util";
import { count } from "./words.ts";

export interface Column<Row> {
  readonly title: string;
  readonly of: (row: Row) => unknown;
  /** Numbers stand right. */
  readonly right?: boolean;
  /** Where a value too long is cut: ids in the middle, text at its end (default). */
  readonly cut?: "middle" | "end";
  /** Never cut: what a person types into the next command, such as an id. */
  readonly whole?: boolean;
  /** Fewer characters than this say nothing; 8 by default. */
  readonly least?: number;
  /** Left out of a table where the terminal is too narrow for all, the highest number first. Without one it stays. */
  readonly spare?: number;
}

/**
 * Lines of a table no wider than `width`, as far as columns that are `whole` allow it. Columns without a value are left out, then
 * spare ones where room is short; of the others the widest give way first. `styled` false leaves out what only a terminal understands.
 */
export function drawTable<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  options: { width: number; styled?: boolean | undefined },
): string[] {
  const drawn = columns.map((column): Drawn<Row> => {
    const texts = rows.map((row) => cellText(column.of(row)));
    return { column, texts, width: Math.max(textWidth(column.title), ...texts.map(textWidth)) };
  });
  const filled = drawn.filter((one) => rows.length === 0 || one.texts.some((text) => text !== ""));
  const shown = fit(filled, options.width);
  const line = (textOf: (one: Drawn<Row>) => string): string =>
    shown
      .map((one) => {
        const { right, cut } = one.column;
        const short = shorten(textOf(one), one.width, cut);
        const blank = " ".repeat(one.width - textWidth(short));
        return right ? blank + short : short + blank;
      })
      .join(" ".repeat(GAP))
      .trimEnd();
  const head = line((one) => one.column.title);
  return [
    options.styled ? styleText("bold", head, { validateStream: false }) : head,
    ...rows.map((_, at) => line((one) => one.texts[at]!)),
  ];
}

interface Drawn<Row> {
  readonly column: Column<Row>;
  readonly texts: readonly string[];
  readonly width: number;
}

/** The same rows as tab-separated values: no cutting, one line per row, tabs and line ends written as \t and \n. */
export function drawTsv<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string[] {
  const cell = (value: unknown): string =>
    plainText(value).replaceAll("\\", "\\\\").replaceAll("\t", "\\t").replaceAll("\n", "\\n").replaceAll("\r", "\\r");
  return rows.map((row) => columns.map((column) => visible(cell(column.of(row)))).join("\t"));
}

const GAP = 2;
const LEAST = 8;

/** Leaves out spare columns until the least of all has room, then takes width from the widest that may be cut until all fit. */
function fit<Row>(columns: readonly Drawn<Row>[], width: number): Drawn<Row>[] {
  const room = width - GAP * (columns.length - 1);
  const leastOf = ({ column, width: wanted }: Drawn<Row>): number =>
    column.whole ? wanted : Math.min(wanted, column.least ?? LEAST);
  if (columns.reduce((sum, one) => sum + leastOf(one), 0) > room) {
    const spares = columns.map((one) => one.column.spare ?? 0);
    const most = Math.max(0, ...spares);
    if (most > 0)
      return fit(
        columns.filter((_, at) => at !== spares.lastIndexOf(most)),
        width,
      );
  }
  const widths = columns.map((one) => one.width);
  shrink(widths, columns.map(leastOf), room);
  shrink(
    widths,
    columns.map(({ column, width: wanted }) => (column.whole ? wanted : LEAST)),
    room,
  );
  return columns.map((one, at) => ({ ...one, width: widths[at]! }));
}

/** Takes from the widest that are above their least, down to the next widest, until all fit or none has anything to give. */
function shrink(widths: number[], leasts: readonly number[], room: number): void {
  for (let over = widths.reduce((sum, one) => sum + one, 0) - room; over > 0;) {
    const widest = Math.max(...widths.filter((one, at) => one > leasts[at]!));
    const giving = widths.flatMap((one, at) => (one === widest && one > leasts[at]! ? [at] : []));
    if (giving.length === 0) return;
    const next = Math.max(...giving.map((at) => leasts[at]!), ...widths.filter((one) => one < widest));
    const less = Math.max(1, Math.min(widest - next, Math.floor(over / giving.length)));
    for (const at of giving.slice(0, over)) {
      widths[at] = widest - less;
      over -= less;
    }
  }
}

/** Cuts a text to a width, with three dots where something is missing. */
export function shorten(text: string, width: number, cut: "middle" | "end" = "end"): string {
  if (textWidth(text) <= width) return text;
  const parts = graphemes(text);
  const room = Math.max(0, width - 3);
  const tailRoom = cut === "middle" ? Math.floor(room / 2) : 0;
  const head = takeWhile(parts, room - tailRoom);
  const tail = takeWhile(parts.toReversed(), tailRoom).toReversed();
  return `${head.join("")}...${tail.join("")}`.slice(0, Math.max(width, 0) === 0 ? 0 : undefined);
}

function takeWhile(parts: readonly string[], room: number): string[] {
  let used = 0;
  const taken: string[] = [];
  for (const part of parts) {
    used += graphemeWidth(part);
    if (used > room) break;
    taken.push(part);
  }
  return taken;
}

/** How many columns of a terminal a text takes: two for East Asian wide characters and emoji, none for marks that join others. */
export function textWidth(text: string): number {
  // eslint-disable-next-line no-control-regex
  if (/^[\x20-\x7e]*$/u.test(text)) return text.length;
  return graphemes(text).reduce((sum, one) => sum + graphemeWidth(one), 0);
}

const graphemes = (text: string): string[] =>
  Array.from(new Intl.Segmenter(undefined, { granularity: "grapheme" }).segment(text), (one) => one.segment);

// The wide blocks of Unicode's East Asian Width: Hangul, CJK and its punctuation, fullwidth forms.
const WIDE =
  /^[\u1100-\u115F\u2E80-\u303E\u3041-\uA4CF\uA960-\uA97C\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6\u{20000}-\u{3FFFD}]/u;

function graphemeWidth(grapheme: string): number {
  if (/^[\p{Mark}\p{Format}]+$/u.test(grapheme)) return 0;
  return WIDE.test(grapheme) || /\p{Emoji_Presentation}|\uFE0F/u.test(grapheme) ? 2 : 1;
}

/** A value as one line of text; numbers with their thousands apart. */
function cellText(value: unknown): string {
  if (typeof value === "number") return count(value);
  return visible(plainText(value).replaceAll(/\s+/gu, " "));
}

function plainText(value: unknown): string {
  if (value === null || value === undefined) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value as string | number | boolean);
}

/** What a stranger wrote, with control characters (a terminal would obey them) and direction overrides made visible. */
export function visible(text: string): string {
  return text.replaceAll(
    // eslint-disable-next-line no-control-regex
    /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u202A-\u202E\u2066-\u2069]/gu,
    (one) => `\\u${one.codePointAt(0)!.toString(16).padStart(4, "0")}`,
  );
}
