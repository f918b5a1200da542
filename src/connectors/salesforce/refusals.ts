// What Salesforce refuses of a row, by its codes (SOAP API Developer Guide, "Core Data Types: StatusCode"; REST API Developer Guide, "Status
// Codes and Error Responses"), and what a person can do about each.
import type { Refusal, Refusals } from "../../connector/refusals.ts";

const field = (act: string): Refusal => ({ kind: "field", act });
const record = (act: string): Refusal => ({ kind: "record", act });
const later = (act: string): Refusal => ({ kind: "later", act });

const CORRECT = "Correct the value, here or wherever it comes from; the next edit sends it again.";
const TRY_AGAIN = "Winston tried for about half an hour. When Salesforce is well again: `winston parked retry`.";
const OTHER_TARGET =
  "Choose another one here, or undelete it in Salesforce (the recycle bin keeps records for fifteen days).";
const OTHER_OWNER = "Choose an owner here who may have this record in Salesforce, or activate this one there.";
const GRANT =
  "Give Winston's user the permission in Salesforce (profile, permission set or sharing), then `winston parked retry`.";
const RULE =
  "Change the record so that the rule allows it, or except Winston's user from the rule in Salesforce; then `winston parked retry`.";

/** What no record names: the row's own record is gone, unless the refusal names a field that leads elsewhere. */
export const GONE = "ENTITY_IS_DELETED";

export const REFUSALS = {
  INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST: field(
    "Add the value to the picklist in Salesforce, or translate it by a table in its row of the mapping, or choose another value here.",
  ),
  INVALID_FIELD_FOR_INSERT_UPDATE: field(
    'Let Winston\'s user edit the field in Salesforce (field-level security), or make its row inbound in the mapping ("direction": "in"); then `winston parked retry`.',
  ),
  INVALID_FIELD: field(
    "Take its row out of the mapping, or make the field again in Salesforce and show it to Winston's user; then `winston parked retry`.",
  ),
  STRING_TOO_LONG: field(
    "Shorten the value here, or make the field longer in Salesforce; then `winston parked retry`.",
  ),
  INVALID_EMAIL_ADDRESS: field(CORRECT),
  NUMBER_OUTSIDE_VALID_RANGE: field(CORRECT),
  INVALID_TYPE_ON_FIELD_IN_RECORD: field(CORRECT),
  MALFORMED_ID: field("Choose another one here, or correct the table of its row of the mapping."),
  INVALID_CROSS_REFERENCE_KEY: field(OTHER_TARGET),
  [GONE]: field(OTHER_TARGET),
  INVALID_CROSS_REFERENCE_TYPE_FOR_FIELD: field("Choose one of another kind here: the field may not lead to this one."),
  INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY: field(GRANT),
  CIRCULAR_DEPENDENCY: field(
    "Choose another parent here, or move the one in question in Salesforce first: nothing may stand below itself.",
  ),
  INACTIVE_OWNER_OR_USER: field(OTHER_OWNER),
  INVALID_OWNER: field(OTHER_OWNER),
  OP_WITH_INVALID_USER_TYPE_EXCEPTION: field(OTHER_OWNER),
  TRANSFER_REQUIRES_READ: field(OTHER_OWNER),
  FIELD_INTEGRITY_EXCEPTION: field(CORRECT),
  FIELD_FILTER_VALIDATION_EXCEPTION: field(
    "Choose one here that the field's lookup filter in Salesforce allows, or change the filter there.",
  ),
  INACTIVE_CURRENCY: field("Activate the currency in Salesforce, or give the amount in another one here."),
  INVALID_CURRENCY_ISO: field("Add the currency in Salesforce, or give the amount in another one here."),

  REQUIRED_FIELD_MISSING: record('Fill it here, or give its row of the mapping an "onCreate".'),
  FIELD_CUSTOM_VALIDATION_EXCEPTION: record(RULE),
  CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY: record(
    "A trigger or a flow of your organisation refused it: change the record so that it goes through, or ask an administrator to mend it; then `winston parked retry`.",
  ),
  CANNOT_EXECUTE_FLOW_TRIGGER: record(
    "A flow of your organisation failed: ask an administrator to mend it, then `winston parked retry`.",
  ),
  DUPLICATE_VALUE: {
    kind: "exists",
    act: "Salesforce keeps one record for this value: give this one another, or merge the two.",
  },
  DUPLICATE_EXTERNAL_ID: {
    kind: "exists",
    act: "Salesforce keeps one record for this value: give this one another, or merge the two.",
  },
  DUPLICATES_DETECTED: record(
    'Merge the two, or let Winston save duplicates by the setting "duplicateRules": "allow"; then `winston parked retry`.',
  ),
  INSUFFICIENT_ACCESS_OR_READONLY: record(GRANT),
  INSUFFICIENT_ACCESS: record(GRANT),
  CANNOT_UPDATE_CONVERTED_LEAD: record(
    "A converted lead takes no edit: edit the contact that it became. It is followed by itself when Winston has seen the conversion.",
  ),
  ENTITY_IS_LOCKED: record(
    "The record is in an approval in Salesforce: approve, reject or unlock it there, then `winston parked retry`.",
  ),
  DELETE_FAILED: record(
    "Remove in Salesforce what stands in the way of deleting it, or delete it there; then `winston parked retry`.",
  ),
  DEPENDENCY_EXISTS: record(
    "Remove in Salesforce what stands in the way of deleting it, or delete it there; then `winston parked retry`.",
  ),
  STORAGE_LIMIT_EXCEEDED: record("Make room in Salesforce (Setup › Storage Usage), then `winston parked retry`."),
  LIMIT_EXCEEDED: record("Ask an administrator which limit of Salesforce is reached, then `winston parked retry`."),
  JSON_PARSER_ERROR: record(CORRECT),
  NOT_FOUND: record("See whether the record is there in Salesforce, then `winston parked retry`."),

  UNABLE_TO_LOCK_ROW: later(TRY_AGAIN),
  SERVER_UNAVAILABLE: later(TRY_AGAIN),
  QUERY_TIMEOUT: later(TRY_AGAIN),
  REQUEST_RUNNING_TOO_LONG: later(TRY_AGAIN),
  REQUEST_LIMIT_EXCEEDED: later(TRY_AGAIN),
  ALL_OR_NONE_OPERATION_ROLLED_BACK: later(TRY_AGAIN),
  PROCESSING_HALTED: later(TRY_AGAIN),
} as const satisfies Refusals;

/** What is known of a code; of one that is not known, what can be done about any. */
export const refusalFor = (code: string): Refusal =>
  (REFUSALS as Refusals)[code] ??
  record(
    "Correct what Salesforce says, here or there; the next edit sends it again, and so does `winston parked retry`.",
  );
