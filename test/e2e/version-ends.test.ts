// A version of a vendor's API that ends: told months before, by HTTP, on the command line and as an alert.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createHub } from "../support/hub.ts";
import { surfaces } from "../support/surfaces.ts";

const DAY_MS = 86_400_000;

test("a connection that speaks HubSpot's numbered paths is told of their ends months before, and of none once it speaks dated ones", async () => {
  await using hub = await createHub();
  const { get, run, cli, alerts } = await surfaces(hub);
  const speak = async (apiVersion: string): Promise<void> => {
    const settings = { baseUrl: hub.simulators.hubspot.url, simulator: true, apiVersion };
    await hub.winston.connections.connect({ vendor: "hubspot", name: "hubspot", mode: "write", settings, secrets: {} });
    await hub.settle();
  };
  const endings = async (): Promise<string[]> => {
    const connection = (await get("/api/connections")).find((one) => one["name"] === "hubspot")!;
    return (connection["endings"] as { version: string; endsAt: string; near: boolean }[]).map(
      ({ version, endsAt, near }) => `${version} ${endsAt.slice(0, 10)}${near ? " near" : ""}`,
    );
  };
  await speak("v3");
  hub.clock.move(Math.max(0, Date.UTC(2026, 11, 1) - hub.clock.now()));
  assert.deepEqual(await endings(), ["v4 (associations) 2027-03-30"]);
  const shown = await cli("connections", "show", "hubspot");
  assert.match(
    shown,
    /Ends: +HubSpot ends version v4 \(associations\) of its API on 2027-03-30, .* --setting "apiVersion=2026-09"/u,
  );
  assert.match((await run("doctor")).out, /^-- .* HubSpot ends version v4/mu);
  await hub.cycle();
  const [warned] = await alerts("hubspot version");
  assert.deepEqual([warned!["severity"], warned!["help"]], ["warning", "docs/operations/alerts.md#version"]);

  hub.clock.move(100 * DAY_MS);
  assert.deepEqual(await endings(), ["v4 (associations) 2027-03-30 near", "v3 2027-09-01"]);
  await hub.cycle();
  assert.equal((await alerts("hubspot version"))[0]!["severity"], "critical");
  assert.match((await run("doctor")).out, /^!! .* HubSpot ends version v4/mu);

  await speak("2026-09");
  assert.deepEqual(await endings(), []);
  await hub.cycle();
  await alerts();
});
