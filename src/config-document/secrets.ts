// What in a document is a secret: by its name, by how it looks, and in a remark by the name before it. Pure; nothing of a secret is ever said.
import { Parser } from "yaml";

/** What this Winston's connectors say of their secrets. */
export interface KnownSecrets {
  /** By what names they ask for them. */
  readonly names: ReadonlySet<string>;
  /** How they look. */
  readonly shapes: readonly RegExp[];
}

/** Words by which something secret is called, where nobody may choose names. */
const SECRET_NAME = /(?:secret|password|passphrase|token|api[-_ ]?key|private[-_ ]?key|credential)s?$/iu;

export const isSecretName = (name: string, known: KnownSecrets): boolean =>
  known.names.has(name) || SECRET_NAME.test(name);

/** Texts that are secret wherever they stand, also in a remark: private keys, signed tokens, addresses with a password, Winston's own keys. */
const SHAPES: readonly RegExp[] = [
  /-----BEGIN [A-Z ]*PRIVATE KEY-----/u,
  /\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}/u,
  /\bBearer\s+[\w.~+/-]{16,}/u,
  /:\/\/[^\s/:@]+:[^\s/@]+@/u,
  /\bwk_[a-z]+_[A-Za-z0-9]{16,}/u,
];

/** Where a text shows a secret, by how that looks; undefined where it does not. */
export function secretIn(text: string, { shapes }: KnownSecrets): number | undefined {
  const found = [...SHAPES, ...shapes].flatMap((shape) => shape.exec(text)?.index ?? []);
  return found.length === 0 ? undefined : Math.min(...found);
}

/** The remarks of a document, each with its place. */
export function remarksOf(text: string): { readonly offset: number; readonly text: string }[] {
  const remarks: { offset: number; text: string }[] = [];
  const walk = (node: unknown): void => {
    if (Array.isArray(node)) for (const one of node) walk(one);
    else if (typeof node === "object" && node !== null) {
      const { type, offset, source } = node as { type?: unknown; offset?: number; source?: string };
      if (type === "comment") remarks.push({ offset: offset!, text: source! });
      else for (const one of Object.values(node)) if (typeof one === "object") walk(one);
    }
  };
  for (const token of new Parser().parse(text)) walk(token);
  return remarks;
}

/** A name, what may stand in parentheses behind it, `:` or `=` (no comparison), and the first word of what follows. */
const PAIR =
  /(?<![\w-])(?<name>[\w-]{0,60}?(?<word>secret|password|passphrase|passwd|pwd|token|credential|(?:api|access|private|signing|encryption)[-_ ]?key|key)s?)["'`]?(?:\s?\([^()]{0,60}\))?\s{0,9}[:=]\s{0,9}(?![=>~])["'`]?(?<value>[^\s"'`,;)}\]]{1,500})(?<rest>[^\n]{0,40})/giu;

/** Where a remark, or a text that people wrote, gives a secret by its name, as `password: …` does; undefined where it does not. */
export function namedSecretIn(text: string): number | undefined {
  PAIR.lastIndex = 0;
  for (let at = PAIR.exec(text); at; at = PAIR.exec(text)) {
    const { name = "", word = "", value = "", rest = "" } = at.groups!;
    const alone = /^["'`.,;:!?)}\]\s]*(?:$|(?<=[,;)}\]]))/u.test(rest);
    if (isSecretValue(word.toLowerCase(), value.replace(/[.!?:]+$/u, ""), alone)) return at.index;
    // What follows may hold a name of its own.
    PAIR.lastIndex = at.index + name.length;
  }
  return undefined;
}

/** What people write behind such a name when it is no secret. */
const ORDINARY = new Set(
  (
    "none null never empty blank unset missing optional required unknown text string false true later rotated removed revoked expired " +
    "gone vault keychain keyring environment redacted hidden masked secret password token tbd todo same above below here there elsewhere"
  ).split(" "),
);

/** `alone`: nothing but this one word follows the name. */
function isSecretValue(word: string, value: string, alone: boolean): boolean {
  if (value.length < 4 || isPlaceholder(value) || ORDINARY.has(value.toLowerCase())) return false;
  const mixed = /\p{L}/u.test(value) && /\d/u.test(value);
  // A key is many an ordinary thing: that of a record, of a table, of a row.
  if (word === "key") return mixed && value.length >= 20 && !UUID.test(value);
  if (mixed && value.length >= 7) return true;
  if (!alone) return false;
  return /^(?:secret|pass|pwd|credential)/u.test(word) || !/^\p{L}+$/u.test(value);
}

const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/iu;

/** What stands for a value: `<yours>`, `${NAME}`, `$NAME`, NAME_OF_A_VARIABLE, `***`, `xxxx`, `…`, a part of a document, a date, an address, a vendor's custom field. */
const isPlaceholder = (value: string): boolean =>
  /^(?:[<{[(].*|\$\{?[A-Z_][\dA-Z_]*\}?|[A-Z][\dA-Z]*_[\dA-Z_]+|[*x.…_-]+|\d{4}-\d\d-\d\d.*|https?:.*|\w+__c)$/u.test(
    value,
  );
