// Merging two records: the one write that only the SOAP API offers (SOAP API Developer Guide, "merge()"; of Lead, Contact and Account).
import { isError, type VendorWords } from "../../base/errors.ts";
import type { Api, Grant } from "../../connector/api.ts";
import type { RowOutcome } from "../../connector/contract.ts";
import { failedRow } from "./errors.ts";
import { longId } from "./ids.ts";
import { settingsOf } from "./settings.ts";
import type { ObjectFacts } from "./stream.ts";
import { elementsIn, escapeXml, textIn } from "./xml.ts";

/** The master keeps its values; what refers to the other one refers to the master then, and the other goes to the bin with MasterRecordId. */
export async function merge(
  api: Api,
  facts: ObjectFacts,
  { keep, lose, signal }: { readonly keep: string; readonly lose: string; readonly signal: AbortSignal },
): Promise<RowOutcome> {
  let answer: string;
  try {
    answer = await api.post<string>(`/services/Soap/u/${settingsOf(api).apiVersion}`, undefined, {
      bodyWith: (grant) => envelope(grant, facts.object, keep, lose),
      // The partner API wants the header, and takes it empty.
      headers: { "content-type": "text/xml; charset=UTF-8", soapaction: '""', accept: "text/xml" },
      as: "text",
      signal,
    });
  } catch (thrown) {
    // A fault: the vendor says that it did nothing.
    if (isError(thrown, "vendor.refused") && thrown.vendor) return refused(thrown.vendor);
    throw thrown;
  }
  const id = textIn(answer, "id");
  const success = textIn(answer, "success");
  if (success === "true" && id !== undefined) return { state: "done", id: longId(id), created: false };
  const errors = elementsIn(answer, "errors")[0];
  if (success !== "false" || errors === undefined)
    return { state: "unknown", why: "Salesforce's answer to the merge says neither that it was done nor why not" };
  const statusCode = textIn(errors, "statusCode") ?? "UNKNOWN_EXCEPTION";
  const message = textIn(errors, "message") ?? "";
  return failedRow({ statusCode, message, fields: elementsIn(errors, "fields") }, true);
}

const refused = (vendor: VendorWords): RowOutcome => ({ state: "failed", kind: "record", vendor });

/** The session's token goes into the envelope: the SOAP API does not read the Authorization header. */
function envelope(grant: Grant, object: string, keep: string, lose: string): string {
  const namespaces =
    'xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:urn="urn:partner.soap.sforce.com" xmlns:sobj="urn:sobject.partner.soap.sforce.com"';
  const session = `<urn:SessionHeader><urn:sessionId>${escapeXml(grant["access_token"] as string)}</urn:sessionId></urn:SessionHeader>`;
  const options = "<urn:CallOptions><urn:client>Winston</urn:client></urn:CallOptions>";
  const master = `<urn:masterRecord><sobj:type>${object}</sobj:type><sobj:Id>${escapeXml(keep)}</sobj:Id></urn:masterRecord>`;
  const request = `<urn:request>${master}<urn:recordToMergeIds>${escapeXml(lose)}</urn:recordToMergeIds></urn:request>`;
  return `<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope ${namespaces}><soapenv:Header>${session}${options}</soapenv:Header><soapenv:Body><urn:merge>${request}</urn:merge></soapenv:Body></soapenv:Envelope>`;
}
