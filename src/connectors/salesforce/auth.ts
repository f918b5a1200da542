// Grants: by refresh token (a person signed in) or client credentials (the app runs as one user of the organisation).
import { WinstonError } from "../../base/errors.ts";
import type { Auth, Grant } from "../../connector/api.ts";
import { clientCredentialsGrant, refreshGrant } from "../../connector/auth.ts";
import { settingsSchema } from "./settings.ts";

export const auth: Auth = {
  secrets: [
    { key: "clientId", title: "Consumer key of the External Client App" },
    { key: "clientSecret", title: "Consumer secret", optional: true },
    { key: "refreshToken", title: "Refresh token (empty: client credentials)", optional: true },
  ],
  // A session id or access token is the id of its organisation, "!" and the rest; a refresh token begins with 5Aep861; a consumer secret is
  // 64 characters, upper-case hexadecimal.
  shapes: [/\b00D[A-Za-z\d]{12,15}![\w.]{16,}/u, /\b5Aep861[\w.]{20,}/u, /\b(?=[A-F]*\d)(?=\d*[A-F])[\dA-F]{64}\b/u],
  async obtain({ settings, secrets, grant, post }): Promise<Grant> {
    const { loginUrl } = settingsSchema.parse(settings);
    const { clientId, clientSecret } = secrets;
    if (!clientId)
      throw new WinstonError(
        "credential.missing",
        "Salesforce needs the consumer key of an External Client App; connect again and give it.",
      );
    const client = {
      title: "Salesforce",
      tokenUrl: `${loginUrl}/services/oauth2/token`,
      clientId,
      clientSecret,
      post,
      called: { id: "consumer key", secret: "consumer secret" },
    };
    // A rotated refresh token lives in the grant: the one first given is dead by then.
    const kept = grant?.["refresh_token"];
    const refreshToken = typeof kept === "string" && kept !== "" ? kept : secrets["refreshToken"];
    if (!refreshToken && !clientSecret)
      throw new WinstonError(
        "credential.missing",
        "Salesforce needs a consumer secret (client credentials) or a refresh token; connect again and give one of them.",
      );
    const fresh = refreshToken ? await refreshGrant({ ...client, refreshToken }) : await clientCredentialsGrant(client);
    if (typeof fresh["instance_url"] !== "string" || !URL.canParse(fresh["instance_url"]))
      throw new WinstonError(
        "vendor.bad_answer",
        "Salesforce gave a token without saying where the organisation lives (instance_url).",
      );
    return fresh;
  },
  // The client's name comes back in change events as their origin: that is how an own change is known there.
  headers: (grant) => ({
    authorization: `Bearer ${grant["access_token"] as string}`,
    "Sforce-Call-Options": "client=Winston",
  }),
};
