// Grants: the access token of a private app (or a service key), or a refresh token of an OAuth app.
import { WinstonError } from "../../base/errors.ts";
import type { Auth, Grant } from "../../connector/api.ts";
import { refreshGrant, type Post } from "../../connector/auth.ts";
import { pathsOf, settingsSchema } from "./settings.ts";

export const auth: Auth = {
  secrets: [
    { key: "accessToken", title: "Access token of a private app or service key (empty: OAuth)", optional: true },
    { key: "clientId", title: "Client id of an OAuth app", optional: true },
    { key: "clientSecret", title: "Client secret", optional: true },
    { key: "refreshToken", title: "Refresh token", optional: true },
  ],
  // An access token of a private app: pat-, its data centre, and a UUID.
  shapes: [/\bpat-[a-z]{2}\d{1,2}-[\w-]{16,}/u],
  async obtain({ settings, secrets, grant, post }): Promise<Grant> {
    const { accessToken, clientId, clientSecret } = secrets;
    if (accessToken) {
      if (grant?.["access_token"] === accessToken)
        throw new WinstonError(
          "credential.expired",
          "HubSpot refused the private app's access token. Copy the present one (Development › Private apps › Auth) and reconnect.",
        );
      return { access_token: accessToken, token_type: "bearer" };
    }
    // HubSpot may rotate refresh tokens: the one in the grant is the newest.
    const kept = grant?.["refresh_token"];
    const refreshToken = typeof kept === "string" && kept !== "" ? kept : secrets["refreshToken"];
    if (!clientId || !clientSecret || !refreshToken)
      throw new WinstonError(
        "credential.missing",
        "HubSpot needs the access token of a private app, or client id, client secret and refresh token of an OAuth app; connect again and give them.",
      );
    const parsed = settingsSchema.parse(settings);
    const tokenUrl = `${parsed.baseUrl}${pathsOf(parsed).token}`;
    return refreshGrant({ title: "HubSpot", tokenUrl, clientId, clientSecret, refreshToken, post: inNewWords(post) });
  },
  headers: (grant) => ({ authorization: `Bearer ${grant["access_token"] as string}` }),
};

/** Older token paths refuse with {"status":"BAD_REFRESH_TOKEN"} and without the `error` of RFC 6749. */
function inNewWords(post: Post): Post {
  return async (url, form) => {
    const { status, body } = await post(url, form);
    const said = typeof body === "object" && body !== null ? (body as Record<string, unknown>) : {};
    if (status < 400 || status >= 500 || typeof said["error"] === "string" || typeof said["status"] !== "string")
      return { status, body };
    return {
      status,
      body: {
        ...said,
        error: "invalid_grant",
        error_description: [said["status"], said["message"]].filter((part) => typeof part === "string").join(": "),
      },
    };
  };
}
