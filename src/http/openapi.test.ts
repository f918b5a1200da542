import assert from "node:assert/strict";
import { test } from "node:test";
import { createTestHttp } from "./test-support.ts";

type Operation = {
  operationId: string;
  security: { token?: string[] }[];
  parameters: ({ name: string; in: string } | { $ref: string })[];
  requestBody?: { content: Record<string, { schema: { $ref?: string } }> };
  responses: Record<string, unknown>;
};

const document = async () => {
  const { app } = createTestHttp();
  return (await app.inject("/openapi.json")).json() as {
    openapi: string;
    paths: Record<string, Record<string, Operation>>;
    components: {
      schemas: Record<string, { properties?: object; examples?: unknown[]; required?: string[] }>;
      parameters: object;
    };
  };
};

test("every route the server answers is in the description, and nothing else is", async () => {
  const { paths } = await document();
  const { app } = createTestHttp();
  await app.ready();
  const described = Object.entries(paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => `${method} ${path}`),
  );
  const served = routesOf(app.printRoutes({ commonPrefix: false }));
  assert.deepEqual(described.toSorted(), served.toSorted());
  assert.ok(described.length > 70);
});

/** Fastify prints a tree: indentation is depth, each line a piece of path and its methods. */
function routesOf(tree: string): string[] {
  const stack: string[] = [];
  return tree.split("\n").flatMap((line) => {
    const parts = /^((?:[│ ]{4})*)[├└]── (\S*)(?: \(([A-Z, ]+)\))?$/u.exec(line);
    if (!parts) return [];
    const depth = parts[1]!.length / 4;
    stack.length = depth;
    stack.push(parts[2]!);
    const path = stack.join("").replaceAll(/:(\w+)/gu, "{$1}");
    return (parts[3]?.split(", ") ?? [])
      .filter((method) => method !== "HEAD")
      .map((method) => `${method.toLowerCase()} ${path}`);
  });
}

test("operations have ids of their own, a scope, and a described problem", async () => {
  const operations = Object.values((await document()).paths).flatMap((path) => Object.values(path));
  assert.equal(new Set(operations.map((one) => one.operationId)).size, operations.length);
  for (const one of operations) {
    assert.ok(
      one.security.every((need) => need.token!.length === 1),
      one.operationId,
    );
    assert.deepEqual(one.responses.default, { $ref: "#/components/responses/Problem" }, one.operationId);
  }
  assert.deepEqual(
    operations
      .filter((one) => one.security.length === 0)
      .map((one) => one.operationId)
      .toSorted(),
    ["getFlow", "getHealth", "getOpenApi", "getReadiness"],
  );
});

test("every reference in the description leads somewhere, and bodies have examples", async () => {
  const whole = await document();
  const text = JSON.stringify(whole);
  assert.equal(whole.openapi, "3.1.0");
  for (const [, path] of text.matchAll(/"\$ref":"#\/([^"]+)"/gu)) {
    const target = path!
      .split("/")
      .reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], whole);
    assert.ok(target, path);
  }
  assert.ok(!text.includes("$defs"));
  for (const one of Object.values(whole.paths).flatMap((path) => Object.values(path))) {
    const name = one.requestBody?.content["application/json"]!.schema.$ref?.split("/").at(-1);
    if (name) assert.ok(whole.components.schemas[name]!.examples, `${name} has an example`);
  }
});

test("what the server shows of a record is what the description says", async () => {
  const { app, auth } = createTestHttp();
  const { schemas } = (await document()).components;
  const made = await app.inject({
    method: "POST",
    url: "/api/deals",
    headers: auth,
    payload: { dealId: 1, amount: "10", shade: "blue" },
  });
  const keys = Object.keys(made.json()).toSorted();
  assert.deepEqual(keys, Object.keys(schemas.Deal!.properties!).toSorted());
  assert.deepEqual(
    keys.filter((key) => key !== "links"),
    schemas.Deal!.required!.toSorted(),
  );
});
