// API keys. Only the answer that makes one ever shows its token.
import { z } from "zod";
import { WinstonError } from "../../base/errors.ts";
import { isWinstonId } from "../input.ts";
import { isoOrNull } from "../output.ts";
import { SCOPES } from "../ports.ts";
import type { HttpOptions } from "../ports.ts";
import { route } from "../route.ts";
import type { Route } from "../route.ts";
import type { Book, Common } from "../schemas.ts";

export function keyRoutes({ keys, clock }: Pick<HttpOptions, "keys" | "clock">, book: Book, common: Common): Route[] {
  const { named, said } = book;
  const key = named(
    "Key",
    z.object({
      id: z.string(),
      name: z.string(),
      prefix: said(z.string().nullable(), "The first characters of the token."),
      scopes: z.array(z.string()),
      createdAt: common.timeOrNull,
      expiresAt: common.timeOrNull,
      usedAt: common.timeOrNull,
      revokedAt: common.timeOrNull,
    }),
  );
  const tag = "keys";
  return [
    route({
      method: "GET",
      url: "/api/keys",
      scope: "keys:write",
      operationId: "listKeys",
      tag,
      summary: "List API keys",
      answers: { 200: { description: "All of them, without their tokens.", schema: common.all("KeyList", key) } },
      handle: async () => ({
        status: 200,
        body: {
          data: (await keys.list()).map((one) => ({
            id: one.id,
            name: one.name,
            prefix: one.prefix ?? null,
            scopes: one.scopes,
            createdAt: isoOrNull(one.createdAt),
            expiresAt: isoOrNull(one.expiresAt),
            usedAt: isoOrNull(one.usedAt),
            revokedAt: isoOrNull(one.revokedAt),
          })),
        },
      }),
    }),
    route({
      method: "POST",
      url: "/api/keys",
      scope: "keys:write",
      operationId: "createKey",
      tag,
      summary: "Make an API key",
      description:
        "The token is in this answer and nowhere else: it is kept only hashed. A key can only be given scopes of the key that makes it.",
      keepsAnswer: false,
      body: named(
        "KeyInput",
        z.strictObject({
          name: z.string().min(1).max(100),
          scopes: z.array(z.enum(SCOPES)).min(1),
          expiresAt: common.since("When it stops working; never when absent."),
        }),
        { examples: [{ name: "nightly import", scopes: ["records:read", "records:write"] }] },
      ),
      answers: {
        201: {
          description: "The key and its token.",
          schema: named(
            "NewKey",
            z.object({ id: z.string(), name: z.string(), scopes: z.array(z.string()), token: z.string() }),
          ),
        },
      },
      handle: async ({ body, caller }) => {
        const beyond = body.scopes.filter(
          (scope) => !caller.scopes.includes(scope) && !caller.scopes.includes("admin"),
        );
        if (beyond.length > 0) {
          throw new WinstonError(
            "auth.forbidden",
            `The key "${caller.name}" cannot give what it does not have: ${beyond.join(", ")}.`,
          );
        }
        if (body.expiresAt !== undefined && body.expiresAt <= clock.now()) {
          throw new WinstonError("request.invalid", "The key would have expired already; give a time to come.", {
            problems: [{ pointer: "/expiresAt", code: "request.invalid", message: "lies in the past" }],
          });
        }
        const made = await keys.create(body);
        return { status: 201, body: { id: made.id, name: body.name, scopes: body.scopes, token: made.token } };
      },
    }),
    route({
      method: "DELETE",
      url: "/api/keys/:id",
      scope: "keys:write",
      operationId: "revokeKey",
      tag,
      summary: "Revoke an API key",
      description: "It stops working within five seconds.",
      params: z.object({ id: common.asked }),
      answers: { 204: { description: "It is revoked." } },
      handle: async ({ params }) => {
        if (!isWinstonId(params.id))
          throw new WinstonError(
            "not.found",
            `There is no key ${JSON.stringify(params.id)}; \`winston keys list\` (GET /api/keys) shows them.`,
          );
        await keys.revoke(params.id);
        return { status: 204 };
      },
    }),
  ];
}
