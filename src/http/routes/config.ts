// The configuration as one document: told, compared, put in force.
import { z } from "zod";
import type { HttpOptions } from "../ports.ts";
import { mayDo, route } from "../route.ts";
import type { Route } from "../route.ts";
import type { Book } from "../schemas.ts";

export function configRoutes(
  { configDocuments }: Pick<HttpOptions, "configDocuments">,
  { named, said }: Book,
): Route[] {
  const tag = "config";
  const yaml = said(z.string().min(1).max(8_000_000), "The document: YAML, or JSON, which is YAML too.");
  const plan = named(
    "ConfigPlan",
    z.object({
      changes: z.array(
        z.object({
          sign: said(z.enum(["+", "~", "-"]), "Added, changed, taken away."),
          path: said(z.string(), "As in the document; a mapping's row by the name of its field."),
          old: said(z.unknown(), "Null where there is none."),
          new: z.unknown(),
        }),
      ),
      missing: said(
        z.array(z.object({ connection: z.string(), vendor: z.string(), command: z.string() })),
        "Connections that the document names and nobody connected yet, and the command that connects each. Nothing of theirs is applied.",
      ),
      notes: said(z.array(z.string()), "What its mappings do that their author may not expect."),
      digest: said(z.string(), "Stands for exactly these changes: give it to apply them and no others."),
    }),
  );
  return [
    route({
      method: "GET",
      url: "/api/config",
      scope: "connections:read",
      operationId: "exportConfig",
      tag,
      summary: "The configuration as one document",
      description:
        "Connections, streams, mappings, rules and custom fields, without secrets. The same configuration is the same text, byte for byte.",
      answers: { 200: { description: "The document.", schema: named("ConfigExport", z.object({ yaml: z.string() })) } },
      handle: async () => ({ status: 200, body: { yaml: await configDocuments.export() } }),
    }),
    route({
      method: "POST",
      url: "/api/config/plan",
      scope: "connections:read",
      operationId: "planConfig",
      tag,
      summary: "What applying a configuration document would change",
      description: "Nothing is changed. What is wrong with the document is said with its line and column.",
      body: named("ConfigInput", z.strictObject({ yaml }), { examples: [{ yaml: "version: 1\n" }] }),
      answers: { 200: { description: "The changes.", schema: plan } },
      handle: async ({ body }) => ({ status: 200, body: await configDocuments.plan(body.yaml) }),
    }),
    route({
      method: "POST",
      url: "/api/config/apply",
      scope: "connections:write",
      operationId: "applyConfig",
      tag,
      summary: "Put a configuration document in force",
      description:
        "All of it or nothing. What the document does not name stays as it is. A connection leaves observe when all the rest is in force. A custom field that is not there yet needs the scope records:write as well, as `POST /api/fields` does.",
      body: named(
        "ConfigApply",
        z.strictObject({ yaml, digest: said(z.string().max(64).optional(), "Of the plan that was agreed to.") }),
        { examples: [{ yaml: "version: 1\n" }] },
      ),
      answers: { 200: { description: "What was changed.", schema: plan } },
      handle: async ({ body, caller }) => ({
        status: 200,
        body: await configDocuments.apply(body.yaml, {
          actor: `key:${caller.name}`,
          digest: body.digest,
          mayDeclare: mayDo(caller, "records:write"),
        }),
      }),
    }),
  ];
}
