// Signing in: tokens by refresh token or code, introspection, revocation; and who a request comes from.
import { empty, json, type VendorRequest, type VendorResponse } from "../shared/exchange.ts";
import type { App } from "./limits.ts";
import type { Portal } from "./portal.ts";
import { Refusal, notAllowed, notFound, uuid } from "./refusal.ts";

/** The user that authorised the app. */
const USER = { id: 9_586_504, email: "integration@larkfield.example" };
const APP_ID = 1_166_821;

const SCOPES = ["contacts", "companies", "deals"].flatMap((name) => [
  `crm.objects.${name}.read`,
  `crm.objects.${name}.write`,
  `crm.schemas.${name}.read`,
  `crm.schemas.${name}.write`,
]);

const ALL_SCOPES = ["oauth", "crm.objects.owners.read", ...SCOPES];

const granted = (portal: Portal): readonly string[] => portal.dials.settings.scopes ?? ALL_SCOPES;

/** /oauth/{v1|v3|date}/…; `path` is what follows the version. */
export function oauth(
  portal: Portal,
  request: VendorRequest,
  version: string,
  path: readonly string[],
): VendorResponse {
  const [what, second] = path;
  if (what === "token" && second === undefined) return token(portal, request, version);
  if (version === "v1" && what === "access-tokens" && second !== undefined && request.method === "GET")
    return accessToken(portal, second);
  if (version === "v1" && what === "refresh-tokens" && second !== undefined)
    return refreshToken(portal, request, second);
  if (version !== "v1" && what === "token" && second === "introspect") return introspect(portal, request);
  if (version !== "v1" && what === "token" && second === "revoke") {
    portal.refreshTokens.delete(formOf(request).get("token") ?? ""); // Access tokens live on.
    return json(200, {});
  }
  throw notFound();
}

function token(portal: Portal, request: VendorRequest, version: string): VendorResponse {
  if (request.method !== "POST") throw notAllowed(request.method);
  const form = formOf(request);
  const { id, secret } = portal.client;
  if (form.get("client_id") !== id || form.get("client_secret") !== secret)
    return failed("invalid_client", "BAD_CLIENT_ID", "missing or invalid client id or secret");
  const grant = form.get("grant_type");
  let refresh: string;
  if (grant === "refresh_token") {
    refresh = form.get("refresh_token") ?? "";
    if (!portal.refreshTokens.has(refresh))
      return failed("invalid_grant", "BAD_REFRESH_TOKEN", "missing or invalid refresh token");
    if (portal.dials.settings.rotateRefreshTokens) {
      portal.refreshTokens.delete(refresh);
      portal.refreshTokens.add((refresh = `na1-${uuid(portal.random)}`));
    }
  } else if (grant === "authorization_code") {
    if (!portal.codes.delete(form.get("code") ?? ""))
      return failed("invalid_grant", "BAD_AUTH_CODE", "missing or unknown auth code");
    portal.refreshTokens.add((refresh = `na1-${uuid(portal.random)}`));
  } else return failed("unsupported_grant_type", "BAD_GRANT_TYPE", "missing or unknown grant type");
  const access = `CK${Buffer.from(portal.random.bytes(new Uint8Array(48))).toString("base64url")}`;
  const { tokenMs } = portal.dials.settings;
  portal.tokens.set(access, { expiresAt: portal.clock.now() + tokenMs, refreshToken: refresh });
  return json(200, {
    token_type: "bearer",
    refresh_token: refresh,
    access_token: access,
    expires_in: Math.floor(tokenMs / 1000),
    ...(version === "v1"
      ? {}
      : { token_use: "access_token", hub_id: portal.portalId, user_id: USER.id, scopes: granted(portal) }),
  });
}

function accessToken(portal: Portal, text: string): VendorResponse {
  const found = portal.tokens.get(text);
  if (!found || found.expiresAt <= portal.clock.now()) throw notFound("Access token is unknown or expired");
  return json(200, {
    ...about(portal),
    token: text,
    app_id: APP_ID,
    expires_in: Math.floor((found.expiresAt - portal.clock.now()) / 1000),
    token_type: "access",
  });
}

function refreshToken(portal: Portal, request: VendorRequest, text: string): VendorResponse {
  if (!portal.refreshTokens.has(text)) throw notFound("Refresh token is unknown");
  if (request.method === "DELETE") {
    portal.refreshTokens.delete(text);
    return empty(204);
  }
  if (request.method !== "GET") throw notAllowed(request.method);
  return json(200, { ...about(portal), token: text, client_id: portal.client.id, token_type: "refresh" });
}

function introspect(portal: Portal, request: VendorRequest): VendorResponse {
  const text = formOf(request).get("token") ?? "";
  const access = portal.tokens.get(text);
  const active = access ? access.expiresAt > portal.clock.now() : portal.refreshTokens.has(text);
  return json(200, active ? { active, ...about(portal), app_id: APP_ID, client_id: portal.client.id } : { active });
}

const about = (portal: Portal) => ({
  hub_id: portal.portalId,
  hub_domain: "larkfield.example",
  user_id: USER.id,
  user: USER.email,
  scopes: granted(portal),
});

/** RFC 6749's fields with the vendor's old ones beside them. */
function failed(error: string, status: string, message: string): VendorResponse {
  return json(400, { error, error_description: message, status, message });
}

const formOf = (request: VendorRequest): URLSearchParams => new URLSearchParams(request.body);

/** Which app a request comes from. Throws the 401 of a token that is missing, unknown or expired. */
export function appOf(portal: Portal, request: VendorRequest): App {
  const text = /^Bearer\s+(\S+)$/iu.exec(request.headers["authorization"] ?? "")?.[1];
  if (text === undefined)
    throw new Refusal(
      401,
      "INVALID_AUTHENTICATION",
      "Authentication credentials not found. This API supports OAuth 2.0 authentication and you can find more details at https://developers.hubspot.com/docs/methods/auth/oauth-overview",
    );
  if (text === portal.privateToken) return "private";
  const found = portal.tokens.get(text);
  if (!found) throw new Refusal(401, "INVALID_AUTHENTICATION", "The access token is not valid.");
  const late = portal.clock.now() - found.expiresAt;
  if (late >= 0)
    throw new Refusal(
      401,
      "EXPIRED_AUTHENTICATION",
      `The OAuth token used to make this call expired ${Math.floor(late / 1000)} second(s) ago.`,
      { context: { "expire time": [new Date(found.expiresAt).toISOString()] } },
    );
  return "oauth";
}

/** Throws 403 unless the app has one of these scopes. */
export function demand(portal: Portal, scopes: readonly string[]): void {
  const { scopes: own } = portal.dials.settings;
  if (own === null || scopes.length === 0 || scopes.some((one) => own.includes(one))) return;
  throw new Refusal(
    403,
    "MISSING_SCOPES",
    "This app hasn't been granted all required scopes to make this call. Read more about required scopes here: https://developers.hubspot.com/scopes.",
    {
      errors: [
        { message: "One or more of the following scopes are required.", context: { requiredGranularScopes: scopes } },
      ],
      links: { scopes: "https://developers.hubspot.com/scopes" },
    },
  );
}
