import assert from "node:assert/strict";
import { test } from "node:test";
import { isError, type ErrorCode } from "../base/errors.ts";
import { apiKey, clientCredentialsGrant, refreshGrant, type Post } from "./auth.ts";

const client = { title: "Tern CRM", tokenUrl: "https://tern.example/token", clientId: "id", clientSecret: "s&cret" };

/** A token endpoint that gives one answer and keeps the forms it got. */
function endpoint(status: number, body: unknown): { post: Post; forms: Readonly<Record<string, string>>[] } {
  const forms: Readonly<Record<string, string>>[] = [];
  return {
    forms,
    post: async (_url, form) => {
      forms.push(form);
      return { status, body };
    },
  };
}

const throws = (code: ErrorCode) => (error: unknown) => isError(error, code);

test("a refresh token is redeemed with the client's id and secret, and kept where the vendor returns none", async () => {
  const { post, forms } = endpoint(200, { access_token: "a", token_type: "Bearer", instance_url: "https://x.example" });
  const grant = await refreshGrant({ ...client, post, refreshToken: "r0" });
  assert.deepEqual(forms, [
    { grant_type: "refresh_token", refresh_token: "r0", client_id: "id", client_secret: "s&cret" },
  ]);
  assert.equal(grant["access_token"], "a");
  assert.equal(grant["refresh_token"], "r0");
  assert.equal(grant["instance_url"], "https://x.example");
});

test("a rotated refresh token replaces the one redeemed", async () => {
  const { post } = endpoint(200, {
    access_token: "a",
    token_type: "Bearer",
    refresh_token: "r1",
    id_token: "not.a.token",
  });
  assert.equal((await refreshGrant({ ...client, post, refreshToken: "r0" }))["refresh_token"], "r1");
});

test("client credentials ask for a token of the application itself", async () => {
  const { post, forms } = endpoint(200, { access_token: "a", token_type: "Bearer" });
  await clientCredentialsGrant({ ...client, post, scope: "api" });
  assert.deepEqual(forms, [
    { grant_type: "client_credentials", scope: "api", client_id: "id", client_secret: "s&cret" },
  ]);
});

test("a refusal for good, an endpoint that is down and an answer that is no token are three different errors", async () => {
  const refresh = (status: number, body: unknown) =>
    refreshGrant({ ...client, post: endpoint(status, body).post, refreshToken: "r0" });
  await assert.rejects(
    refresh(400, { error: "invalid_grant", error_description: "gone" }),
    throws("credential.expired"),
  );
  await assert.rejects(refresh(503, "down"), throws("vendor.unavailable"));
  await assert.rejects(refresh(200, "<html>"), throws("vendor.bad_answer"));
  await assert.rejects(refresh(200, { token_type: "Bearer" }), throws("vendor.bad_answer"));
});

test("an API key is put into its header, and one that was refused is not tried for ever", async () => {
  const auth = apiKey({ header: "x-tern-key" });
  const input = { settings: {}, secrets: { apiKey: "k" }, post: endpoint(200, {}).post };
  const grant = await auth.obtain({ ...input, grant: null });
  assert.deepEqual(auth.headers(grant), { "x-tern-key": "k" });
  await assert.rejects(auth.obtain({ ...input, grant }), throws("credential.expired"));
  await assert.rejects(auth.obtain({ ...input, secrets: {}, grant: null }), throws("credential.missing"));
});
