// What a person is told of a refused write: which field and value, the vendor's words, and the one thing to do next.
import type { VendorWords } from "../base/errors.ts";
import type { JsonObject } from "../base/json.ts";
import type { ParkedWrite } from "../store/parked.ts";

/** How much of a value is told. */
const VALUE_MAX = 80;

/** For refusals of which the connector knows nothing better. */
const ACT =
  "Correct what it says, here or there: the next edit of the record sends it again, and so does `winston parked retry`.";

/** What to do about a value that does not go through its row of the mapping, by the code of the problem. */
const MAPPING_ACTS: Readonly<Record<string, string>> = {
  "value.unreadable":
    "Correct the value at the vendor, or change its row of the mapping: the record is read again when either changes.",
  "value.unwritable": "Correct the value here, or change its row of the mapping: it is written then.",
  "field.create_only": "Set it at the vendor by hand, or put the former value back here.",
};

/** What is wrong, what else the connector knows of it, and what to do. */
export function problemTold({ code, message }: { code: string; message: string }, note?: string): string {
  const act = MAPPING_ACTS[code];
  return [...[message, note ?? ""].filter((words) => words !== "").map(sentence), ...(act ? [act] : [])].join(" ");
}

/** A write of which nothing was taken. */
export function refusedWhole(subject: string, body: JsonObject, vendor: VendorWords): ParkedWrite {
  const values = valuesIn(body, vendor);
  return parked(subject, vendor, `${values === "" ? "" : `${values} was not taken. `}${told(vendor)}`);
}

/** A write of which all was taken but what these words are about. */
export function leftOut(subject: string, body: JsonObject, unwritten: readonly VendorWords[]): ParkedWrite {
  const sentences = unwritten.map((vendor) => {
    const what = valuesIn(body, vendor) || "A part";
    return `${what} was left out, and the rest of the record was written. ${told(vendor)}`;
  });
  return parked(subject, unwritten[0]!, sentences.join(" "));
}

const valuesIn = (body: JsonObject, { fields }: VendorWords): string =>
  fields.flatMap((name) => (body[name] === undefined ? [] : [shown(name, body[name])])).join(" and ");

const parked = (subject: string, vendor: VendorWords, message: string): ParkedWrite => ({
  subject,
  reason: `vendor.${vendor.code}`,
  message,
  field: vendor.fields[0] ?? null,
  vendor: vendor as unknown as JsonObject,
});

const told = ({ message, code, act }: VendorWords): string => `${sentence(message || code)} ${act ?? ACT}`;

/** A sentence ends in a stop. */
const sentence = (words: string): string => (/[.!?]$/u.test(words) ? words : `${words}.`);

function shown(name: string, value: unknown): string {
  if (value === null || value === "") return `${name} (to be emptied)`;
  const text = JSON.stringify(value);
  return `${name} ${text.length > VALUE_MAX ? `${text.slice(0, VALUE_MAX)}…` : text}`;
}
