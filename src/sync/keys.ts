// Identity: by which values a kind's things are known. Pure.
import { hash } from "node:crypto";
import { endsOf } from "../mapping/kinds.ts";
import type { Fields, Value } from "../mapping/types.ts";

export interface IdentityKey {
  readonly key: string;
  readonly value: string;
  readonly strong: boolean;
}

/** Values that only suggest an identity: shared addresses exist, and two companies may share a name. */
const WEAK: Readonly<Record<string, readonly string[]>> = {
  person: ["email"],
  account: ["name", "website"],
  user: ["email", "name"],
  campaign: ["name"],
};

/** The strong key under which a caller's own id is kept. */
export const EXTERNAL = "external";

/** Long values are kept as their digest: an index entry has a size limit. */
const compact = (value: string): string => (value.length <= 300 ? value : `sha256:${hash("sha256", value, "hex")}`);

/** The key of a deal that many may share: by itself it tells nobody. */
export const DEAL_NAME = "name";

/** The key of a tie: what it joins. Two ties may join the same two. */
export const JOINED = "joined";

export const joined = (one: string, other: string): string => `${one} ${other}`;

/** How values are compared under a key: case and spaces do not tell two people apart. */
export function identityValue(key: string, value: Value | undefined): string | null {
  if (typeof value !== "string") return null;
  if (key === EXTERNAL) return value === "" ? null : compact(value);
  const folded = value.normalize("NFC").trim().replaceAll(/\s+/gu, " ").toLowerCase();
  if (folded === "") return null;
  return compact(key === "website" ? domainOf(folded) : folded);
}

function domainOf(website: string): string {
  return website
    .replace(/^[a-z]+:\/\//u, "")
    .replace(/^www\./u, "")
    .replace(/[/?#].*$/u, "");
}

/** The weak keys of an entity with these fields. */
export function weakKeys(kind: string, fields: Fields): IdentityKey[] {
  const keys: IdentityKey[] = [];
  for (const key of WEAK[kind] ?? []) {
    const value = identityValue(key, fields[key]);
    if (value !== null) keys.push({ key, value, strong: false });
  }
  // Deals share names ("Renewal"): the account tells them apart, where it is known.
  const [name, account] = [identityValue("name", fields["name"]), fields["account"]];
  if (kind === "deal" && name !== null) {
    if (typeof account === "string")
      keys.push({ key: "nameAndAccount", value: compact(`${name} ${account}`), strong: false });
    keys.push({ key: DEAL_NAME, value: name, strong: false });
  }
  const ends = endsOf(kind);
  if (ends) {
    const ids = ends.map((end) => fields[end]);
    // Each end by itself too: whoever ends asks what was tied to it.
    ends.forEach((key, index) => {
      const id = ids[index];
      if (typeof id === "string") keys.push({ key, value: id, strong: false });
    });
    const [one, other] = ids;
    if (typeof one === "string" && typeof other === "string")
      keys.push({ key: JOINED, value: joined(one, other), strong: false });
  }
  return keys;
}

/** Names of mailboxes that a company shares, unless a setting says others: such addresses are kept as keys, and never decide who somebody is. */
export const SHARED_MAILBOXES: ReadonlySet<string> = new Set(
  (
    "abuse accounting accounts accueil admin administration billing booking bookings buchhaltung careers comercial commercial " +
    "contact contacto contato customercare customerservice do-not-reply donotreply einkauf enquiries enquiry facturation feedback " +
    "finance frontdesk general hello help helpdesk hostmaster hr info inquiries inquiry invoice invoices it jobs kontakt legal " +
    "mail marketing media newsletter no-reply noreply office order orders personal post postmaster press privacy procurement " +
    "purchasing reception rechnung reservations root sales secretary security service services shop support team ventas " +
    "vertrieb verwaltung webmaster welcome"
  ).split(" "),
);

/** The keys by which a record without a link may be recognised. A user's name is a key for looking up and not for matching: names repeat. */
export function matchKeys(
  kind: string,
  fields: Fields,
  sharedMailboxes: ReadonlySet<string> = SHARED_MAILBOXES,
): IdentityKey[] {
  return weakKeys(kind, fields).filter(({ key, value }) => {
    if (kind === "user") return key === "email";
    if (endsOf(kind)) return key === JOINED;
    return !(kind === "person" && key === "email" && sharedMailboxes.has(mailboxOf(value)));
  });
}

/** What stands before the @, without a tag of the mail server's. */
const mailboxOf = (address: string): string => address.slice(0, address.lastIndexOf("@")).replace(/\+.*$/u, "");

/** Field keys that are identity of this kind: only a change of these touches the identity table. */
export const identityFields = (kind: string): readonly string[] =>
  kind === "deal" ? ["name", "account"] : (endsOf(kind) ?? WEAK[kind] ?? []);

/** A 64-bit lock number for a key. */
export function lockOf(kind: string, key?: IdentityKey): bigint {
  return hash(
    "sha1",
    key === undefined ? `winston:kind:${kind}` : `winston:key:${kind}:${key.key}:${key.value}`,
    "buffer",
  ).readBigInt64BE(0);
}
