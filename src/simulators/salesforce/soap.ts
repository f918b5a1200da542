// POST /services/Soap/u/{version}: the partner API, for the calls that have no REST twin.
import type { VendorError, VendorRequest, VendorResponse } from "./exchange.ts";
import { convertLead, mergeRows } from "./leads.ts";
import { sessionUser } from "./oauth.ts";
import { spend, type Actor, type Org } from "./org.ts";
import { Refusal } from "./exchange.ts";
import { child, escapeXml, parseXml, textOf, type Element } from "./xml.ts";

const CALLS_MAX = 100;

export function soap(org: Org, request: VendorRequest): VendorResponse {
  const envelope = parseXml(request.body);
  const method = child(envelope ?? undefined, "Body")?.children[0];
  if (!envelope || envelope.name !== "Envelope" || !method)
    return fault("soapenv:Client", "UNKNOWN_EXCEPTION: the request is not a SOAP envelope with a body");
  const session = textOf(child(child(envelope, "Header"), "SessionHeader"), "sessionId");
  const userId = sessionUser(org, session);
  if (userId === undefined)
    return fault(
      "sf:INVALID_SESSION_ID",
      "INVALID_SESSION_ID: Invalid Session ID found in SessionHeader: Illegal Session",
    );
  try {
    spend(org, 1);
  } catch (thrown) {
    if (thrown instanceof Refusal) return fault(`sf:${thrown.errors[0]!.code}`, thrown.message);
    throw thrown;
  }
  const actor: Actor = { userId, api: true };
  switch (method.name) {
    case "convertLead":
      return each(method, "leadConverts", (one) => converted(org, one, actor));
    case "merge":
      return each(method, "request", (one) => merged(org, one, actor), "mergeRequests");
    case "getServerTimestamp":
      return reply(
        method.name,
        `<result><timestamp>${new Date(org.clock.now()).toISOString()}</timestamp></result>`,
        false,
      );
    default:
      return fault("soapenv:Client", `UNKNOWN_EXCEPTION: the simulator has no SOAP call ${escapeXml(method.name)}`);
  }
}

function each(method: Element, name: string, work: (one: Element) => string, other?: string): VendorResponse {
  const items = method.children.filter((one) => one.name === name || one.name === other);
  if (items.length > CALLS_MAX)
    return fault("sf:EXCEEDED_ID_LIMIT", `EXCEEDED_ID_LIMIT: at most ${CALLS_MAX} in one call`);
  return reply(method.name, items.map((one) => `<result>${work(one)}</result>`).join(""), true, items.length);
}

function converted(org: Org, one: Element, actor: Actor): string {
  const result = convertLead(
    org,
    {
      leadId: textOf(one, "leadId") ?? "",
      convertedStatus: textOf(one, "convertedStatus") ?? "",
      accountId: textOf(one, "accountId"),
      contactId: textOf(one, "contactId"),
      doNotCreateOpportunity: textOf(one, "doNotCreateOpportunity") === "true",
      opportunityName: textOf(one, "opportunityName"),
      overwriteLeadSource: textOf(one, "overwriteLeadSource") === "true",
      ownerId: textOf(one, "ownerId"),
    },
    actor,
  );
  if (!result.ok)
    return `<accountId xsi:nil="true"/><contactId xsi:nil="true"/>${errors(result.errors)}<leadId>${escapeXml(textOf(one, "leadId") ?? "")}</leadId><opportunityId xsi:nil="true"/><success>false</success>`;
  const opportunity = result.opportunityId === null ? ' xsi:nil="true"/>' : `>${result.opportunityId}</opportunityId>`;
  return `<accountId>${result.accountId}</accountId><contactId>${result.contactId}</contactId><leadId>${result.leadId}</leadId><opportunityId${opportunity}<success>true</success>`;
}

function merged(org: Org, one: Element, actor: Actor): string {
  const master = child(one, "masterRecord");
  const values: Record<string, unknown> = {};
  for (const field of master?.children ?? []) {
    if (field.name === "fieldsToNull") values[field.text.trim()] = null;
    else if (field.name !== "type" && field.name !== "Id") values[field.name] = field.text;
  }
  const losers = one.children.filter((field) => field.name === "recordToMergeIds").map((field) => field.text.trim());
  const object = textOf(master, "type") ?? "";
  const result = mergeRows(org, object, textOf(master, "Id") ?? "", losers, values, actor);
  if (!result.ok) return `${errors(result.errors)}<id xsi:nil="true"/><success>false</success>`;
  const ids = losers.map((id) => `<mergedRecordIds>${id}</mergedRecordIds>`).join("");
  return `<id>${result.id}</id>${ids}<success>true</success>`;
}

function errors(list: readonly VendorError[]): string {
  return list
    .map(
      (one) =>
        `<errors>${(one.fields ?? []).map((name) => `<fields>${name}</fields>`).join("")}<message>${escapeXml(one.message)}</message><statusCode>${one.code}</statusCode></errors>`,
    )
    .join("");
}

const ENVELOPE =
  '<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns="urn:partner.soap.sforce.com" xmlns:sf="urn:fault.partner.soap.sforce.com" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>';

function wrap(status: number, inner: string, more: Partial<VendorResponse> = {}): VendorResponse {
  return {
    status,
    headers: { "content-type": "text/xml; charset=utf-8" },
    body: `${ENVELOPE}${inner}</soapenv:Body></soapenv:Envelope>`,
    ...more,
  };
}

const reply = (method: string, inner: string, mutating: boolean, rows = 0): VendorResponse =>
  wrap(200, `<${method}Response>${inner}</${method}Response>`, { mutating, rows });

const fault = (code: string, message: string): VendorResponse =>
  wrap(
    500,
    `<soapenv:Fault><faultcode>${code}</faultcode><faultstring>${escapeXml(message)}</faultstring></soapenv:Fault>`,
  );
