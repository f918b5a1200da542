// Signing in: token, revoke, introspect, userinfo and the identity URL. Sessions say nothing of when they end; a dead one
// shows as 401 INVALID_SESSION_ID.
import { createHmac } from "node:crypto";
import { Refusal, empty, json, notAllowed, type VendorRequest, type VendorResponse } from "./exchange.ts";
import { randomText } from "./query.ts";
import { vendorTime, type Org } from "./org.ts";

/** POST /services/oauth2/token with refresh_token or client_credentials. */
export function token(org: Org, request: VendorRequest): VendorResponse {
  if (request.method !== "POST") throw notAllowed(request.method, "POST");
  const form = new URLSearchParams(request.body);
  const refuse = (error: string, description: string): VendorResponse =>
    json(400, { error, error_description: description });
  const grant = form.get("grant_type");
  if (grant !== "refresh_token" && grant !== "client_credentials")
    return refuse("unsupported_grant_type", "grant type not supported");
  const { id, secret } = clientOf(request, form);
  if (id !== org.client.id) return refuse("invalid_client_id", "client identifier invalid");
  if (grant === "client_credentials") {
    if (secret !== org.client.secret) return refuse("invalid_client", "invalid client credentials");
    return json(200, issue(org, request, org.runningUser));
  }
  if (secret !== null && secret !== "" && secret !== org.client.secret)
    return refuse("invalid_client", "invalid client credentials");
  const given = form.get("refresh_token") ?? "";
  const userId = org.refreshTokens.get(given);
  if (userId === undefined) return refuse("invalid_grant", "expired access/refresh token");
  if (!org.dials.settings.rotateRefreshTokens) return json(200, issue(org, request, userId));
  org.refreshTokens.delete(given);
  const next = `5Aep861${randomText(org, 72)}`;
  org.refreshTokens.set(next, userId);
  return json(200, { ...issue(org, request, userId), refresh_token: next });
}

function clientOf(request: VendorRequest, form: URLSearchParams): { id: string | null; secret: string | null } {
  const basic = /^Basic (.+)$/iu.exec(request.headers["authorization"] ?? "")?.[1];
  if (basic === undefined) return { id: form.get("client_id"), secret: form.get("client_secret") };
  const [id, secret] = Buffer.from(basic, "base64").toString("utf8").split(":").map(decodeURIComponent);
  return { id: id ?? null, secret: secret ?? null };
}

function issue(org: Org, request: VendorRequest, userId: string): Record<string, string> {
  const access = `${org.orgId.slice(0, 15)}!AQ${randomText(org, 80)}`;
  const now = org.clock.now();
  org.sessions.set(access, { userId, usedAt: now });
  const url = selfUrl(org, request);
  const id = `${url}/id/${org.orgId}/${userId}`;
  return {
    access_token: access,
    signature: createHmac("sha256", org.client.secret).update(`${id}${now}`).digest("base64"),
    scope: "refresh_token api id",
    instance_url: url,
    id,
    token_type: "Bearer",
    issued_at: String(now),
  };
}

const selfUrl = (org: Org, request: VendorRequest): string =>
  org.url || `http://${request.headers["host"] ?? "127.0.0.1"}`;

/** The user of a session that is alive; using it keeps it so. */
export function sessionUser(org: Org, access: string | undefined): string | undefined {
  const session = access === undefined ? undefined : org.sessions.get(access);
  if (!session) return undefined;
  const now = org.clock.now();
  if (session.usedAt + org.dials.settings.sessionMs <= now) {
    org.sessions.delete(access!);
    return undefined;
  }
  session.usedAt = now;
  return session.userId;
}

export function bearer(request: VendorRequest): string | undefined {
  return /^(?:Bearer|OAuth) (.+)$/iu.exec(request.headers["authorization"] ?? "")?.[1];
}

/** POST or GET /services/oauth2/revoke */
export function revoke(org: Org, request: VendorRequest): VendorResponse {
  const given = new URLSearchParams(request.body).get("token") ?? request.query.get("token") ?? "";
  const user = org.refreshTokens.get(given);
  if (user !== undefined) {
    org.refreshTokens.delete(given);
    for (const [access, session] of org.sessions) if (session.userId === user) org.sessions.delete(access);
    return empty(200);
  }
  if (org.sessions.delete(given)) return empty(200);
  return json(400, { error: "unsupported_token_type", error_description: "this token type is not supported" });
}

/** POST /services/oauth2/introspect */
export function introspect(org: Org, request: VendorRequest): VendorResponse {
  const form = new URLSearchParams(request.body);
  const client = clientOf(request, form);
  if (client.id !== org.client.id || client.secret !== org.client.secret)
    return json(401, { error: "invalid_client", error_description: "invalid client credentials" });
  const given = form.get("token") ?? "";
  const session = org.sessions.get(given);
  const userId = session?.userId ?? org.refreshTokens.get(given);
  const dead = session && session.usedAt + org.dials.settings.sessionMs <= org.clock.now();
  if (userId === undefined || dead) return json(200, { active: false });
  const user = org.tables.get("User", userId)!;
  return json(200, {
    active: true,
    scope: "refresh_token api id",
    client_id: org.client.id,
    username: user["Username"],
    sub: `${selfUrl(org, request)}/id/${org.orgId}/${userId}`,
    token_type: session ? "access_token" : "refresh_token",
    ...(session ? { exp: Math.floor((session.usedAt + org.dials.settings.sessionMs) / 1000) } : {}),
  });
}

/** GET /services/oauth2/userinfo and /id/{org}/{user}: who is signed in. */
export function identity(org: Org, request: VendorRequest, path: readonly string[]): VendorResponse {
  const userId = sessionUser(org, bearer(request) ?? request.query.get("oauth_token") ?? undefined);
  if (userId === undefined)
    return { status: 403, headers: { "content-type": "text/html;charset=UTF-8" }, body: "Bad_OAuth_Token" };
  const asked = path[0] === "id" ? path[2] : userId;
  const user = org.tables.get("User", asked ?? "");
  if (!user || (path[0] === "id" && path[1] !== org.orgId)) throw new Refusal(404, "NOT_FOUND", "No such identity");
  const url = selfUrl(org, request);
  const common = {
    user_id: user.Id,
    organization_id: org.orgId,
    email: user["Email"] ?? null,
    email_verified: true,
    zoneinfo: user["TimeZoneSidKey"] ?? null,
    photos: { picture: `${url}/profilephoto/005/F`, thumbnail: `${url}/profilephoto/005/T` },
    profile: `${url}/${user.Id}`,
    user_type: "STANDARD",
    language: user["LanguageLocaleKey"] ?? null,
    locale: user["LocaleSidKey"] ?? null,
    utcOffset: 0,
    urls: {
      rest: `${url}/services/data/v{version}/`,
      sobjects: `${url}/services/data/v{version}/sobjects/`,
      query: `${url}/services/data/v{version}/query/`,
    },
    active: user["IsActive"] === true,
  };
  const sub = `${url}/id/${org.orgId}/${user.Id}`;
  if (path[0] === "id")
    return json(200, {
      id: sub,
      asserted_user: user.Id === userId,
      username: user["Username"],
      nick_name: user["Alias"] ?? null,
      display_name: user["Name"],
      first_name: user["FirstName"] ?? null,
      last_name: user["LastName"],
      ...common,
      last_modified_date: vendorTime(Number(user["LastModifiedDate"])),
      is_app_installed: true,
    });
  return json(200, {
    sub,
    preferred_username: user["Username"],
    nickname: user["Alias"] ?? null,
    name: user["Name"],
    given_name: user["FirstName"] ?? null,
    family_name: user["LastName"],
    ...common,
    updated_at: vendorTime(Number(user["LastModifiedDate"])),
  });
}
