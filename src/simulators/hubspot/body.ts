// What comes in the body of a request, and what goes out of a batch.
import { json, type VendorResponse } from "../shared/exchange.ts";
import { vendorTime, type Portal } from "./portal.ts";
import { invalid } from "./refusal.ts";
import type { Given } from "./writes.ts";

/** Parses a JSON object, or refuses as the vendor does. */
export function parseObject(body: string): Record<string, unknown> {
  const parsed = parseJson(body);
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed))
    throw invalid("Invalid input JSON on line 1, column 1: Cannot deserialize value; expected an object");
  return parsed as Record<string, unknown>;
}

export function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (cause) {
    throw invalid(`Invalid input JSON on line 1, column 1: ${(cause as Error).message}`);
  }
}

/** The `inputs` of a batch: objects, at least one, at most `max`. */
export function inputsOf(body: string, max: number): Record<string, unknown>[] {
  const { inputs } = parseObject(body);
  if (!Array.isArray(inputs) || inputs.some((one) => typeof one !== "object" || one === null))
    throw invalid("Some required fields were not set: [inputs]");
  if (inputs.length === 0) throw invalid("Invalid request: inputs must not be empty");
  if (inputs.length > max) throw invalid(`The maximum number of inputs supported in a batch request is ${max}`);
  return inputs as Record<string, unknown>[];
}

/** The `properties` of a write, or the refusal of a body without them. */
export function propertiesOf(body: Readonly<Record<string, unknown>>): Given {
  const { properties } = body;
  if (typeof properties !== "object" || properties === null || Array.isArray(properties))
    throw invalid("Some required fields were not set: [properties]");
  return properties as Given;
}

/** How every batch answers, 207 when something is missing from it. */
export function batchAnswer(
  portal: Portal,
  status: number,
  results: readonly unknown[],
  errors: readonly unknown[],
  more: Partial<VendorResponse>,
): VendorResponse {
  const at = vendorTime(portal.clock.now());
  return json(
    errors.length > 0 ? 207 : status,
    {
      status: "COMPLETE",
      results,
      ...(errors.length > 0 ? { numErrors: errors.length, errors } : {}),
      startedAt: at,
      completedAt: at,
    },
    more,
  );
}
