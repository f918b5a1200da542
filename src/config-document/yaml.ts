// The document as YAML text: read with the place of everything that is wrong, written always alike. A text with a secret is refused.
import { isAlias, isMap, isNode, isPair, isScalar, isSeq, LineCounter, parseDocument, Document, visit } from "yaml";
import { isError, WinstonError } from "../base/errors.ts";
import type { Json } from "../base/json.ts";
import { isSecretName, namedSecretIn, remarksOf, secretIn, type KnownSecrets } from "./secrets.ts";
import { ConfigDocumentSchema } from "./schema.ts";
import type { ConfigDocument } from "./types.ts";

type Path = readonly (string | number)[];

export interface ReadConfig {
  readonly document: ConfigDocument;
  /** The same error with the line and column of `path`, or of the place below it that its first problem points to. */
  located(path: Path, thrown: unknown): unknown;
}

/** Throws request.invalid. */
export function readConfig(text: string, secrets: KnownSecrets): ReadConfig {
  const lines = new LineCounter();
  const parsed = parseDocument(text, { lineCounter: lines, prettyErrors: false, strict: true });
  const place = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `Line ${line}, column ${col}`;
  };
  const broken = parsed.errors[0];
  if (broken) throw invalid([`${place(broken.pos[0])}: ${broken.message}${/[.!?]$/u.test(broken.message) ? "" : "."}`]);
  refuseSecrets(text, parsed, secrets, place);

  const of = (path: Path, prefer: "key" | "value" = "value"): string => {
    for (let depth = path.length; depth >= 0; depth--) {
      const offset = offsetOf(parsed.contents, path.slice(0, depth), prefer);
      if (offset !== undefined) return `${place(offset)}${path.length === 0 ? "" : `, ${dotted(path)}`}`;
    }
    return dotted(path);
  };
  let given: unknown;
  try {
    given = parsed.toJS({ maxAliasCount: 100 });
  } catch (cause) {
    throw invalid([`The document cannot be read: ${(cause as Error).message}`]);
  }
  const checked = ConfigDocumentSchema.safeParse(given);
  if (!checked.success)
    throw invalid(
      checked.error.issues.flatMap((issue) => {
        const path = issue.path as (string | number)[];
        return issue.code === "unrecognized_keys"
          ? issue.keys.map((key) => `${of([...path, key], "key")}: there is no such part.`)
          : [`${of(path)}: ${issue.message}.`];
      }),
    );
  return {
    document: checked.data as ConfigDocument,
    located: (path, thrown) => {
      if (!isError(thrown)) return thrown;
      const first = thrown.problems[0]?.pointer ?? "";
      const below = first.split("/").slice(1).map(unescaped);
      return new WinstonError(thrown.code, `${of([...path, ...below])}: ${thrown.message}`, {
        cause: thrown,
        problems: thrown.problems.map((one) => ({ ...one, pointer: `${pointer(path)}${one.pointer}` })),
      });
    },
  };
}

/** Rows of a mapping stand on one line each. */
export function writeConfig(document: ConfigDocument): string {
  const yaml = new Document(document, { aliasDuplicateObjects: false });
  visit(yaml, {
    Map: (key, node, path) => {
      const above = path.at(-2);
      if (typeof key === "number" && isPair(above) && isScalar(above.key) && above.key.value === "rows")
        node.flow = true;
    },
  });
  return yaml.toString({ lineWidth: 0 });
}

export const dotted = (path: Path): string =>
  path.reduce<string>(
    (so, part) => (typeof part === "number" ? `${so}[${part}]` : so === "" ? part : `${so}.${part}`),
    "",
  );

/** The value itself is never said. */
function refuseSecrets(
  text: string,
  parsed: ReturnType<typeof parseDocument>,
  known: KnownSecrets,
  place: (offset: number) => string,
): void {
  const refuse = (offset: number, what: string): never => {
    throw invalid([
      `${place(offset)}, ${what} is a secret, and a configuration holds none. Take it out, give the account another one if others saw this file, and connect with \`winston connect\`.`,
    ]);
  };
  const walk = (node: unknown, path: Path): void => {
    if (isMap(node))
      for (const { key, value } of node.items) {
        const name = isScalar(key) ? String(key.value) : "";
        const below = [...path, name];
        // Names of fields and what a mapping says of them are the user's.
        const own =
          path[0] === "fields" ||
          path.includes("mapping") ||
          path.at(-1) === "connections" ||
          path.at(-1) === "streams";
        if (!own && isSecretName(name, known) && isNode(key)) refuse(key.range![0], dotted(below));
        walk(value, below);
      }
    else if (isSeq(node)) node.items.forEach((item, at) => walk(item, [...path, at]));
    else if (isScalar(node) && typeof node.value === "string") {
      // A label is a person's own words, as a remark is.
      const named = path[0] === "fields" && path.at(-1) === "label" ? namedSecretIn(node.value) : undefined;
      if (named !== undefined || secretIn(node.value, known) !== undefined) refuse(node.range![0], dotted(path));
    }
  };
  walk(parsed.contents, []);
  const found = secretIn(text, known);
  if (found !== undefined) refuse(found, "what stands there");
  for (const remark of remarksOf(text)) {
    const at = namedSecretIn(remark.text);
    if (at !== undefined) refuse(remark.offset + at, "what this remark says");
  }
}

/** Where the key stands, or where the value is one word that word. */
function offsetOf(root: unknown, path: Path, prefer: "key" | "value"): number | undefined {
  let node = root;
  let last: unknown = root;
  for (const part of path) {
    if (isAlias(node)) return node.range?.[0];
    if (isMap(node)) {
      const pair = node.items.find((one) => isScalar(one.key) && String(one.key.value) === String(part));
      if (!pair) return undefined;
      [last, node] = [prefer === "value" && isScalar(pair.value) ? pair.value : pair.key, pair.value];
    } else if (isSeq(node)) last = node = node.items[Number(part)];
    else return undefined;
    if (last === undefined) return undefined;
  }
  return isNode(last) ? last.range?.[0] : 0;
}

const pointer = (path: Path): string =>
  path.map((part) => `/${String(part).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
const unescaped = (part: string): string => part.replaceAll("~1", "/").replaceAll("~0", "~");

function invalid(messages: readonly string[]): WinstonError {
  const more = messages.length > 1 ? ` (and ${messages.length - 1} more)` : "";
  return new WinstonError("request.invalid", `${messages[0]!}${more}`, {
    problems: messages.map((message) => ({ pointer: "", code: "config.document", message })),
  });
}

/** Keys of every object in one order, so that equal things are equal texts. Lists keep theirs. */
export function sorted(value: Json): Json {
  if (Array.isArray(value)) return value.map((one) => sorted(one as Json));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, one]) => [key, sorted(one as Json)]),
  );
}
