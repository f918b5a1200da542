// Answers of a vendor that say the same in another way, or something that is not so: put in place of what its simulator said.
import { pick, type Random } from "../../src/base/random.ts";
import type { VendorRequest, VendorResponse } from "../../src/simulators/shared/exchange.ts";

/** Salesforce's ids as its pages and formulas show them: fifteen characters, which differ by case. Undefined where there is none. */
export function shortIds(answer: VendorResponse): VendorResponse | undefined {
  const body = answer.body.replaceAll(/"(\w*Id)":"([A-Za-z\d]{15})[A-Z0-5]{3}"/gu, '"$1":"$2"');
  return body === answer.body ? undefined : { ...answer, body };
}

/**
 * Two upserts of one row that cross: the record was made, and whoever came second hears that its value is taken (DUPLICATE_VALUE, with the id
 * of the record). Undefined where this request made nothing.
 */
export function calledDuplicate(
  request: VendorRequest,
  answer: VendorResponse,
  random: Random,
): VendorResponse | undefined {
  const field = /\/composite\/sobjects\/\w+\/(\w+)$/u.exec(request.path)?.[1];
  if (request.method !== "PATCH" || field === undefined || answer.cut !== undefined) return undefined;
  let rows: unknown;
  try {
    rows = JSON.parse(answer.body);
  } catch {
    return undefined;
  }
  if (!Array.isArray(rows)) return undefined;
  const made = (rows as { id?: string; created?: boolean }[]).filter((one) => one.created === true);
  if (made.length === 0) return undefined;
  const one = pick(random, made);
  const message = `duplicate value found: ${field} duplicates value on record with id: ${one.id!.slice(0, 15)}`;
  const errors = [{ statusCode: "DUPLICATE_VALUE", message, fields: [] }];
  return { ...answer, body: JSON.stringify(rows.map((row) => (row === one ? { success: false, errors } : row))) };
}
