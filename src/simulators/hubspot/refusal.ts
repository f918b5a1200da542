// How the portal refuses, and how its errors are written. Bodies as the vendor's error-handling guide shows them:
// every field but `message` may be missing somewhere.
import type { Random } from "../../base/random.ts";
import { json, type VendorResponse } from "../shared/exchange.ts";

export interface ErrorDetail {
  readonly message: string;
  readonly code?: string;
  readonly in?: string;
  readonly context?: Readonly<Record<string, readonly string[]>>;
}

export interface ErrorExtras {
  readonly subCategory?: string;
  readonly context?: Readonly<Record<string, readonly string[]>>;
  readonly errors?: readonly ErrorDetail[];
  readonly links?: Readonly<Record<string, string>>;
  /** Fields only some errors have: `policyName`, `errorType` … */
  readonly more?: Readonly<Record<string, unknown>>;
}

/** Thrown anywhere in the simulator: the request, or one input of a batch, is refused with this status and category. */
export class Refusal extends Error {
  readonly status: number;
  readonly category: string;
  readonly extras: ErrorExtras;

  constructor(status: number, category: string, message: string, extras: ErrorExtras = {}) {
    super(message);
    this.status = status;
    this.category = category;
    this.extras = extras;
  }
}

export const invalid = (message: string, extras: ErrorExtras = {}): Refusal =>
  new Refusal(400, "VALIDATION_ERROR", message, extras);

export const notFound = (message = "resource not found", extras: ErrorExtras = {}): Refusal =>
  new Refusal(404, "OBJECT_NOT_FOUND", message, extras);

export const notAllowed = (method: string): Refusal =>
  new Refusal(405, "METHOD_NOT_ALLOWED", `The HTTP method ${method} is not allowed here.`);

/** One property the portal does not accept. */
export interface BadValue {
  readonly name: string;
  readonly error: string;
  readonly message: string;
}

/** 400 with the reasons twice: as JSON text inside the message and as `errors`. */
export function badValues(values: readonly BadValue[], portalId: number): Refusal {
  const nested = values.map(({ name, error, message }) => ({
    isValid: false,
    message,
    error,
    name,
    localizedErrorMessage: message,
    portalId,
  }));
  return invalid(`Property values were not valid: ${JSON.stringify(nested)}`, {
    errors: values.map(({ name, error, message }) => ({ message, code: error, context: { propertyName: [name] } })),
  });
}

export function refused(refusal: Refusal, random: Random): VendorResponse {
  const { more, ...extras } = refusal.extras;
  return json(refusal.status, {
    status: "error",
    message: refusal.message,
    correlationId: uuid(random),
    ...extras,
    ...(refusal.category === "" ? {} : { category: refusal.category }),
    ...more,
  });
}

/** One error of a 207: no correlationId, and the context names the inputs it is about. */
export function batchError(refusal: Refusal, context: Readonly<Record<string, readonly string[]>>): object {
  const { subCategory, errors } = refusal.extras;
  return {
    status: "error",
    category: refusal.category,
    ...(subCategory === undefined ? {} : { subCategory }),
    message: refusal.message,
    ...(errors === undefined ? {} : { errors }),
    context: { ...refusal.extras.context, ...context },
  };
}

export function uuid(random: Random): string {
  const hex = Buffer.from(random.bytes(new Uint8Array(16))).toString("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`;
}
