// For tests: an org without a socket, with a client that is signed in to it.
import { VirtualClock } from "../../base/clock.ts";
import { seededRandom } from "../../base/random.ts";
import { createSalesforce, type SalesforceOptions, type SalesforceOrg, type VendorResponse } from "./index.ts";

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  /** The parsed body; tests look into it freely. */
  readonly body: ReplyBody;
  readonly cut: VendorResponse["cut"];
}

export type ReplyBody = { readonly [key: string]: ReplyBody } & { toString(): string };

export interface TestOrg {
  readonly org: SalesforceOrg;
  readonly clock: VirtualClock;
  /** One call below /services/data/v66.0, signed in. A body that is no text is sent as JSON. */
  readonly call: (method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>) => Reply;
  /** Any request, as it is. */
  readonly raw: (method: string, path: string, body?: string, headers?: Readonly<Record<string, string>>) => Reply;
  readonly query: (soql: string) => Reply;
  readonly signIn: () => string;
}

export function testOrg(options: Partial<SalesforceOptions> = {}): TestOrg {
  const clock = new VirtualClock();
  const org = createSalesforce({ clock, random: seededRandom(7), ...options });
  const raw: TestOrg["raw"] = (method, url, body = "", headers = {}) => {
    const [path, query] = url.split("?", 2) as [string, string | undefined];
    const answer = org.handle({ method, path, query: new URLSearchParams(query ?? ""), headers, body });
    const isJson = (answer.headers["content-type"] ?? "").startsWith("application/json");
    return {
      status: answer.status,
      headers: answer.headers,
      text: answer.body,
      body: (isJson && answer.body !== "" ? JSON.parse(answer.body) : null) as ReplyBody,
      cut: answer.cut,
    };
  };
  const signIn = (): string => {
    const { clientId, clientSecret } = org.credentials;
    const form = new URLSearchParams({
      grant_type: "client_credentials",
      client_id: clientId,
      client_secret: clientSecret,
    });
    return String(raw("POST", "/services/oauth2/token", form.toString()).body["access_token"]);
  };
  let token = signIn();
  const call: TestOrg["call"] = (method, path, body, headers = {}) =>
    raw(
      method,
      `/services/data/v66.0${path}`,
      body === undefined ? "" : typeof body === "string" ? body : JSON.stringify(body),
      { authorization: `Bearer ${token}`, ...headers },
    );
  return {
    org,
    clock,
    call,
    raw,
    query: (soql) => call("GET", `/query?q=${encodeURIComponent(soql)}`),
    signIn: () => (token = signIn()),
  };
}
