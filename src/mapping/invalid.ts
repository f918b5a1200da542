// What is wrong with a document, in words and with pointers.
import { WinstonError, type Problem } from "../base/errors.ts";

/** `mapping.invalid` with everything that is wrong, the first of it in the message. */
export function mappingInvalid(what: string, problems: readonly Problem[]): WinstonError {
  const [first, ...others] = problems;
  const more = others.length === 0 ? "" : ` (and ${others.length} more)`;
  return new WinstonError("mapping.invalid", `${what}: ${first?.message ?? "no reason given"}${more}`, { problems });
}

/** A JSON pointer (RFC 6901) to one member. */
export const pointerTo = (...names: readonly (string | number)[]): string =>
  names.map((name) => `/${String(name).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
