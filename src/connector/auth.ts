// Ways to get a grant, for connectors to build their `auth` from. The protocol is oauth4webapi's; the wire is Winston's.
import * as oauth from "oauth4webapi";
import { WinstonError } from "../base/errors.ts";
import type { JsonObject } from "../base/json.ts";
import type { Auth, Grant } from "./api.ts";

export type Post = Parameters<Auth["obtain"]>[0]["post"];

interface Client {
  /** Whose words are shown in errors. */
  readonly title: string;
  readonly tokenUrl: string;
  readonly clientId: string;
  /** Absent for a public client. */
  readonly clientSecret?: string | undefined;
  /** Absent where the application asks for itself. */
  readonly refreshToken?: string;
  readonly post: Post;
  /** What people call the two at this vendor; "client id" and "client secret" where nothing is said. */
  readonly called?: { readonly id: string; readonly secret: string };
}

/**
 * Redeems a refresh token. A vendor that rotates them returns the next one in `refresh_token`; where it returns none, the
 * present one stays in the grant. Throws credential.expired when the vendor refuses for good, vendor.unavailable when it does not answer.
 */
export async function refreshGrant(client: Client & { refreshToken: string }): Promise<Grant> {
  const { server, party, method, options } = speak(client);
  const grant = await asGrant(client, async () =>
    oauth.processRefreshTokenResponse(
      server,
      party,
      await oauth.refreshTokenGrantRequest(server, party, method, client.refreshToken, options),
    ),
  );
  return { refresh_token: client.refreshToken, ...grant };
}

/** A grant for the application itself. Throws like `refreshGrant`. */
export async function clientCredentialsGrant(client: Client & { scope?: string }): Promise<Grant> {
  const { server, party, method, options } = speak(client);
  const parameters = client.scope === undefined ? {} : { scope: client.scope };
  return asGrant(client, async () =>
    oauth.processClientCredentialsResponse(
      server,
      party,
      await oauth.clientCredentialsGrantRequest(server, party, method, parameters, options),
    ),
  );
}

/** A key in a header, as the person gave it: nothing to obtain, nothing to renew. */
export function apiKey(options: { header: string; title?: string; prefix?: string }): Auth {
  return {
    secrets: [{ key: "apiKey", title: options.title ?? "API key" }],
    obtain: async ({ secrets, grant }) => {
      const key = secrets["apiKey"];
      if (!key) throw new WinstonError("credential.missing", "The connection has no API key; give one and reconnect.");
      if (grant?.["apiKey"] === key)
        throw new WinstonError("credential.expired", "The vendor refused the API key; give a new one and reconnect.");
      return { apiKey: key };
    },
    headers: (grant) => ({ [options.header]: `${options.prefix ?? ""}${grant["apiKey"] as string}` }),
  };
}

function speak(client: Client) {
  const server: oauth.AuthorizationServer = {
    issuer: new URL(client.tokenUrl).origin,
    token_endpoint: client.tokenUrl,
  };
  return {
    server,
    party: { client_id: client.clientId } satisfies oauth.Client,
    method: client.clientSecret ? oauth.ClientSecretPost(client.clientSecret) : oauth.None(),
    options: {
      // Which addresses may be reached, and by which scheme, is the house's own rule (egress.ts), kept by `post`.
      [oauth.allowInsecureRequests]: true,
      [oauth.customFetch]: async (url: string, request: { body?: unknown }): Promise<Response> => {
        const form = Object.fromEntries(request.body as URLSearchParams);
        const { status, body } = await client.post(url, form);
        if (status === 429 || status >= 500)
          throw new WinstonError("vendor.unavailable", `${client.title} does not give tokens now (status ${status}).`);
        // An id_token is not asked for and not used; checked against a guessed issuer it could only fail.
        const plain = typeof body === "object" && body !== null ? { ...body, id_token: undefined } : body;
        return new Response(JSON.stringify(plain), { status, headers: { "content-type": "application/json" } });
      },
    },
  };
}

/** Which of the credentials an error of RFC 6749 (5.2) is about. */
function whatIsWrong({ called, refreshToken }: Client, error: string): string {
  const { id = "client id", secret = "client secret" } = called ?? {};
  if (error === "invalid_client_id") return `the ${id}`;
  if (error === "invalid_client") return `the ${id} or the ${secret}`;
  if (error === "invalid_grant") return refreshToken === undefined ? `the ${id} and ${secret}` : "the refresh token";
  return "to give a token";
}

async function asGrant(client: Client, ask: () => Promise<oauth.TokenEndpointResponse>): Promise<Grant> {
  try {
    return { ...(await ask()) } as JsonObject;
  } catch (error) {
    if (error instanceof WinstonError) throw error;
    if (error instanceof Error && error.cause instanceof WinstonError) throw error.cause;
    if (error instanceof oauth.ResponseBodyError) {
      const words = `${error.error}${error.error_description ? `: ${error.error_description}` : ""}`;
      throw new WinstonError(
        "credential.expired",
        `${client.title} refuses ${whatIsWrong(client, error.error)} (${words}). ${
          error.error === "invalid_grant" && client.refreshToken !== undefined
            ? "Sign in again for a new one, and reconnect."
            : "Copy what the app's own page shows, and reconnect."
        }`,
        { vendor: { status: error.status, code: error.error, message: error.error_description ?? "", fields: [] } },
      );
    }
    throw new WinstonError(
      "vendor.bad_answer",
      `${client.title} answered the request for a token with something else.`,
      {
        cause: error,
      },
    );
  }
}
