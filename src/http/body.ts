// Reading a JSON body without trusting it: where it breaks, how deep it goes, and no key that reaches a prototype.
import { WinstonError } from "../base/errors.ts";
import { parseLossless } from "../connector/lossless.ts";

/** Deeper than this no record of ours goes. */
export const DEPTH_MAX = 32;

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** Bytes to a JSON value; a number that a double cannot hold comes as its text. Throws request.malformed with line and column, or with the JSON pointer of what is refused. */
export function parseBody(bytes: Uint8Array): unknown {
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch (cause) {
    throw new WinstonError("request.malformed", "The body is not UTF-8 text; send JSON encoded as UTF-8.", { cause });
  }
  let value: unknown;
  try {
    value = parseLossless(text);
  } catch (cause) {
    throw new WinstonError("request.malformed", `The body is not valid JSON: ${whereItBreaks(text, cause)}`, { cause });
  }
  refuseTraps(value);
  return value;
}

/** The reason in V8's words, and the place as people count: V8 names it only sometimes. */
function whereItBreaks(text: string, cause: unknown): string {
  const said = cause instanceof Error ? cause.message : String(cause);
  const reason = said.replace(/,? (?:\.\.\.)?".*$/su, "").replace(/ (?:in JSON |after JSON )?at position.*$/su, "");
  const before = text.slice(0, breakOf(text));
  const line = before.split("\n").length;
  const column = before.length - before.lastIndexOf("\n");
  return `${reason} at line ${line}, column ${column} (byte ${Buffer.byteLength(before)}).`;
}

/** The index of the first character that no JSON text could have there. Flat: depth needs no stack of ours. */
function breakOf(text: string): number {
  const open: string[] = [];
  let at = 0;
  const skip = (pattern: RegExp): boolean => {
    pattern.lastIndex = at;
    const found = pattern.test(text);
    if (found) at = pattern.lastIndex;
    return found;
  };
  /** Reads a string to its end; false leaves `at` on what does not belong. */
  const string = (): boolean => {
    if (text[at] !== '"') return false;
    for (at += 1; at < text.length; at += 1) {
      if (text[at] === '"') return ((at += 1), true);
      if (text.charCodeAt(at) < 0x20 || (text[at] === "\\" && !ESCAPE.test(text.slice(at, at + 6)))) return false;
      if (text[at] === "\\") at += 1;
    }
    return false;
  };
  let wants: "value" | "key" | "after" = "value";
  let fresh = false; // Just opened: it may close again at once.
  for (skip(SPACE); at < text.length; skip(SPACE)) {
    const inside = open.at(-1);
    const closes = text[at] === (inside === "{" ? "}" : inside === "[" ? "]" : "");
    const mayClose = closes && (fresh || wants === "after");
    fresh = false;
    if (wants === "after" || mayClose) {
      if (closes) open.pop();
      else if (inside === undefined || text[at] !== ",") return at;
      wants = closes ? "after" : inside === "{" ? "key" : "value";
      at += 1;
    } else if (wants === "key") {
      if (!string()) return at;
      skip(SPACE);
      if (text[at] !== ":") return at;
      at += 1;
      wants = "value";
    } else if (text[at] === "{" || text[at] === "[") {
      open.push(text[at]!);
      wants = text[at] === "{" ? "key" : "value";
      fresh = true;
      at += 1;
    } else if (text[at] === '"' ? string() : skip(SCALAR)) wants = "after";
    else return at;
  }
  return at;
}

const SPACE = /[ \t\n\r]*/uy;
const SCALAR = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/uy;
const ESCAPE = /^\\(?:["\\/bfnrt]|u[\da-fA-F]{4})/u;

/** Walks the value with a stack of its own, so that depth cannot exhaust ours. */
function refuseTraps(root: unknown): void {
  const stack: { value: object; pointer: string; depth: number }[] = [];
  const visit = (value: unknown, pointer: string, depth: number): void => {
    if (typeof value !== "object" || value === null) return;
    if (depth > DEPTH_MAX) {
      throw new WinstonError(
        "request.malformed",
        `The body nests deeper than ${DEPTH_MAX} levels; send flat records, or text for what must stay nested.`,
        { problems: [{ pointer, code: "too_deep", message: `deeper than ${DEPTH_MAX} levels` }] },
      );
    }
    stack.push({ value, pointer, depth });
  };
  visit(root, "", 1);
  for (let next = stack.pop(); next; next = stack.pop()) {
    for (const [key, value] of Object.entries(next.value)) {
      const pointer = typeof value === "object" || key === "__proto__" ? `${next.pointer}/${escapePointer(key)}` : "";
      if (key === "__proto__") {
        throw new WinstonError("request.malformed", 'The body has a key "__proto__", which is refused.', {
          problems: [{ pointer, code: "forbidden_key", message: '"__proto__" is refused' }],
        });
      }
      visit(value, pointer, next.depth + 1);
    }
  }
}

/** One step of a JSON pointer (RFC 6901). */
export function escapePointer(key: string): string {
  return key.replaceAll("~", "~0").replaceAll("/", "~1");
}
