// Owners: the portal's users as records name them. Their id is not their userId; deactivated ones show as archived.
import { json, type VendorResponse } from "../shared/exchange.ts";
import { vendorTime, type Call, type Owner } from "./portal.ts";
import { invalid, notAllowed, notFound } from "./refusal.ts";

const LIMIT = 100;
const LIMIT_MAX = 500;

/** /crm/v3/owners[/{id}] and the dated form. */
export function owners(call: Call): VendorResponse {
  const { portal, request, path } = call;
  if (request.method !== "GET") throw notAllowed(request.method);
  const archived = request.query.get("archived") === "true";
  const all = [...portal.owners.values()].filter((one) => one.archived === archived);
  if (path[0] !== undefined) {
    const byUser = request.query.get("idProperty") === "userId";
    const owner = all.find((one) => (byUser ? String(one.userId) : one.id) === path[0]);
    if (!owner) throw notFound();
    return json(200, ownerView(owner), { rows: 1 });
  }
  const limit = Number(request.query.get("limit") ?? LIMIT);
  if (!Number.isInteger(limit) || limit < 1 || limit > LIMIT_MAX)
    throw invalid(`limit must be between 1 and ${LIMIT_MAX}: ${request.query.get("limit")}`);
  const email = request.query.get("email")?.toLowerCase();
  const after = Number(request.query.get("after") ?? 0);
  const left = all
    .filter((one) => email === undefined || one.email.toLowerCase() === email)
    .toSorted((a, b) => Number(a.id) - Number(b.id))
    .filter((one) => Number(one.id) > after);
  const page = left.slice(0, limit);
  const next = left.length > page.length ? { paging: { next: { after: page.at(-1)!.id } } } : {};
  return json(200, { results: page.map(ownerView), ...next }, { rows: page.length });
}

function ownerView(owner: Owner): object {
  return {
    id: owner.id,
    email: owner.email,
    type: owner.type,
    firstName: owner.firstName,
    lastName: owner.lastName,
    ...(owner.archived ? {} : { userId: owner.userId }),
    userIdIncludingInactive: owner.userId,
    createdAt: vendorTime(owner.createdAt),
    updatedAt: vendorTime(owner.updatedAt),
    archived: owner.archived,
  };
}
