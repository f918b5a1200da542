// For tests: a portal without a socket, with a client that is signed in to it.
import { VirtualClock } from "../../base/clock.ts";
import { seededRandom } from "../../base/random.ts";
import { createHubspot, type HubspotOptions, type HubspotPortal } from "./index.ts";

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  /** The parsed body; tests look into it freely. */
  readonly body: ReplyBody;
}

export type ReplyBody = { readonly [key: string]: ReplyBody } & { toString(): string };

export interface TestPortal {
  readonly portal: HubspotPortal;
  readonly clock: VirtualClock;
  /** One call with the private app's token. A body that is no text is sent as JSON. */
  readonly call: (method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>) => Reply;
  /** Any request, as it is. */
  readonly raw: (method: string, path: string, body?: string, headers?: Readonly<Record<string, string>>) => Reply;
  /** A search of an object; the clock goes on until the index and the rate allow it. */
  readonly search: (object: string, body: unknown) => Reply;
  /** A token of the OAuth app, by its refresh token. */
  readonly signIn: () => string;
}

export function testPortal(options: Partial<HubspotOptions> = {}): TestPortal {
  const clock = new VirtualClock();
  const portal = createHubspot({ clock, random: seededRandom(7), ...options });
  const raw: TestPortal["raw"] = (method, url, body = "", headers = {}) => {
    const [path, query] = url.split("?", 2) as [string, string | undefined];
    const answer = portal.handle({ method, path, query: new URLSearchParams(query ?? ""), headers, body });
    const isJson = (answer.headers["content-type"] ?? "").startsWith("application/json");
    return {
      status: answer.status,
      headers: answer.headers,
      text: answer.body,
      body: (isJson && answer.body !== "" ? JSON.parse(answer.body) : null) as ReplyBody,
    };
  };
  const call: TestPortal["call"] = (method, path, body, headers = {}) =>
    raw(method, path, body === undefined ? "" : typeof body === "string" ? body : JSON.stringify(body), {
      authorization: `Bearer ${portal.credentials.privateToken}`,
      ...headers,
    });
  return {
    portal,
    clock,
    call,
    raw,
    search: (object, body) => {
      clock.advance(5_000);
      return call("POST", `/crm/v3/objects/${object}/search`, body);
    },
    signIn: () => {
      const { clientId: client_id, clientSecret: client_secret, refreshToken: refresh_token } = portal.credentials;
      const form = new URLSearchParams({ grant_type: "refresh_token", client_id, client_secret, refresh_token });
      return String(raw("POST", "/oauth/v3/token", form.toString()).body["access_token"]);
    },
  };
}
