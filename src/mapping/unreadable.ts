/** A value that cannot be taken over, and why. Returned and not thrown: one bad field leaves the rest of a record good. */
export class Unreadable {
  /** A sentence: what was found, what was expected, what to do. */
  readonly why: string;

  constructor(why: string) {
    this.why = why;
  }
}

/** A value as a message may show it: short, and never with characters that a store or a terminal cannot take. */
export function show(value: unknown): string {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? typeof value);
  const short = text.length > 60 ? `${text.slice(0, 57)}...` : text;
  return JSON.stringify(short.toWellFormed());
}
