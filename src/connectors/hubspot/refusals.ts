// What HubSpot refuses of a row, by its codes ("Error handling" and the guides of the objects), and what a person can do about each.
import type { Refusal, Refusals } from "../../connector/refusals.ts";

const field = (act: string): Refusal => ({ kind: "field", act });
const record = (act: string): Refusal => ({ kind: "record", act });
const later = (act: string): Refusal => ({ kind: "later", act });

const CORRECT = "Correct the value, here or wherever it comes from; the next edit sends it again.";
const TRY_AGAIN = "Winston tried for about half an hour. When HubSpot is well again: `winston parked retry`.";

/** The code where a value is not among a property's options. */
export const INVALID_OPTION = "INVALID_OPTION";
/** Ours: HubSpot says it in a sentence only. */
export const VALUE_TAKEN = "VALUE_TAKEN";

export const REFUSALS = {
  READ_ONLY_VALUE: field(
    'Make its row inbound in the mapping ("direction": "in"), or let Winston write it in HubSpot; then `winston parked retry`.',
  ),
  PROPERTY_DOESNT_EXIST: field(
    "Take its row out of the mapping, or make the property again in HubSpot; then `winston parked retry`.",
  ),
  [INVALID_OPTION]: field(
    "Add the option in HubSpot, or translate the value by a table in its row of the mapping, or choose another value here.",
  ),
  INVALID_OWNER_ID: field("Choose an owner here who is active in HubSpot, or activate this one there."),
  INVALID_INTEGER: field(CORRECT),
  INVALID_LONG: field(CORRECT),
  INVALID_BOOLEAN: field(CORRECT),
  INVALID_DATE: field(CORRECT),
  PROPERTY_VALUE_TOO_LONG: field("Shorten the value here; the next edit sends it again."),
  INVALID_EMAIL: field("Correct the address, here or wherever it comes from; the next edit sends it again."),
  INVALID_LIFECYCLE_STAGE: field(
    "Choose a lifecycle stage here that is not before the one in HubSpot, or clear it there first.",
  ),
  [VALUE_TAKEN]: field(
    "HubSpot keeps one record for a value of this property: give this one another value, or merge the two.",
  ),
  MISSING_REQUIRED_PROPERTY: record('Fill it here, or give its row of the mapping an "onCreate".'),
  MISSING_CONDITIONAL_REQUIRED_PROPERTY: record(
    'Fill it here, or give its row of the mapping an "onCreate"; or change the rule in HubSpot, then `winston parked retry`.',
  ),
  CONFLICT: {
    kind: "exists",
    act: "HubSpot keeps one contact for an email address: give this person another address, or merge the two.",
  },
  OBJECT_NOT_FOUND: {
    kind: "gone",
    act: "Choose another one here, or restore it in HubSpot (the recycle bin keeps records for ninety days).",
  },
  VALIDATION_ERROR: record("Correct what HubSpot says, here or there; the next edit sends it again."),
  MISSING_SCOPES: record(
    "Give Winston's app in HubSpot the scope it names, and connect again with the token that it has then.",
  ),
  RATE_LIMITS: later(TRY_AGAIN),
  LOCKED: later(TRY_AGAIN),
  INTERNAL_ERROR: later(TRY_AGAIN),
  TRANSIENT: later(TRY_AGAIN),
} as const satisfies Refusals;

/** Codes that older answers and other objects spell otherwise. */
const SPELLED: readonly (readonly [RegExp, keyof typeof REFUSALS])[] = [
  [/READ_ONLY/u, "READ_ONLY_VALUE"],
  [/DOESNT_EXIST/u, "PROPERTY_DOESNT_EXIST"],
  [/INVALID_OPTION/u, INVALID_OPTION],
  [/INVALID_OWNER/u, "INVALID_OWNER_ID"],
  [/MISSING_\w*REQUIRED/u, "MISSING_REQUIRED_PROPERTY"],
  [/INVALID_EMAIL/u, "INVALID_EMAIL"],
  [/TOO_LONG/u, "PROPERTY_VALUE_TOO_LONG"],
];

/** What is known of a code; else of the category it came with. */
export function refusalFor(code: string, category: string): Refusal {
  const spelled = SPELLED.find(([pattern]) => pattern.test(code))?.[1];
  const known: Refusals = REFUSALS;
  const own = known[code] ?? (spelled === undefined ? undefined : REFUSALS[spelled]);
  return own ?? known[category] ?? REFUSALS.VALIDATION_ERROR;
}
