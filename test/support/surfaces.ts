// A hub's API, command line and alerts as people reach them, and the dials of its pretend vendors over their own HTTP.
import assert from "node:assert/strict";
import { exitOf, type Ran, runCommand } from "../../src/cli/test-shell.ts";
import type { Hub } from "./hub.ts";

/** What an administrator of a pretend vendor turns, over its own HTTP. */
export async function dial(
  hub: Hub,
  crm: "salesforce" | "hubspot",
  method: string,
  path: string,
  body?: object,
): Promise<void> {
  const request = { method, ...(body ? { body: JSON.stringify(body) } : {}) };
  const answer = await fetch(`${hub.simulators[crm].url}/__winston/${path}`, request);
  assert.equal(answer.status, 200, await answer.text());
}

/** This hub's API and command line, as people reach them. */
export async function surfaces(hub: Hub) {
  const { url } = await hub.winston.listen({ host: "127.0.0.1", port: 0, allowRemote: false });
  const { token } = await hub.winston.keys.create({ name: "test", scopes: ["admin"] });
  const get = async (path: string): Promise<Record<string, unknown>[]> => {
    const answer = await fetch(url + path, { headers: { authorization: `Bearer ${token}` } });
    return ((await answer.json()) as { data: Record<string, unknown>[] }).data;
  };
  const run = (...argv: string[]): Promise<Ran> =>
    runCommand([...argv, "--api", url], { env: { WINSTON_TOKEN: token }, clock: hub.clock, terminal: 400 });
  const cli = async (...argv: string[]): Promise<string> => {
    const ran = await run(...argv);
    assert.equal(exitOf(ran), 0, String(ran.thrown));
    return ran.out;
  };
  const health = async (stream: string): Promise<string> =>
    String((await get("/api/streams")).find((one) => one["key"] === stream)!["health"]);
  /** Alerts that are open after two more looks, as far apart as one takes to be over. */
  const alerts = async (...expected: string[]): Promise<Record<string, unknown>[]> => {
    for (let looks = 0; looks < 2; looks++) {
      hub.clock.move(6 * 60_000);
      await hub.winston.alerts.tick();
    }
    const open = await get("/api/alerts");
    assert.deepEqual(
      open.map((one) => `${String(one["connection"])} ${String(one["kind"])}`).toSorted(),
      expected.toSorted(),
    );
    return open;
  };
  return { url, token, get, run, cli, health, alerts };
}
