// What a plan says that applying it costs, beside what the vendor's simulator counts: of new contacts, and then of an edit of each.
import { strict as assert } from "node:assert";
import { systemClock } from "../src/base/clock.ts";
import type { WinstonApp } from "../src/winston.ts";
import { hubspot } from "./api-calls-hubspot.ts";
import { edit, quiet, saveNew } from "./api-calls.ts";
import { startWinston } from "./winston.ts";

/** More say no more, and take long. */
const MOST = 2_000;
const PATIENCE_MS = 10 * 60_000;

/** Sentences: forecast, counted, and how far apart they are. */
export async function forecasts(wanted: number, say: (what: string) => void): Promise<string[]> {
  const records = Math.min(wanted, MOST);
  const [contacts] = hubspot.objects;
  using simulated = await hubspot.start(1);
  await using winston = await startWinston({ hubspot: hubspot.ways[0]!.connector });
  const { app } = winston;
  await app.connections.connect({
    vendor: "hubspot",
    name: "hubspot",
    mode: "plan",
    settings: { ...simulated.settings, simulator: true },
    secrets: simulated.secrets,
  });
  await app.work();
  await quiet(app);
  const weigh = async (what: string): Promise<string> => {
    say(`the forecast of ${what}`);
    const plan = await app.plans.settled((await app.plans.create({}, "bench")).id);
    assert.equal(plan.state, "ready", JSON.stringify(plan.error));
    await simulated.takeLog();
    const since = systemClock.now();
    await app.plans.apply(plan.id, {}, "bench");
    await applied(app, plan.id);
    await quiet(app);
    const { length } = await simulated.takeLog();
    const pulled = (await app.runs.list({ since, limit: 500 })).reduce(
      (sum, { lane, counts }) => sum + (lane === "push" ? 0 : (counts.requests ?? 0)),
      0,
    );
    const [forecast, counted] = [plan.requests[0]!.toApply, length - pulled];
    const apart = (Math.abs(forecast - counted) / counted) * 100;
    return `API calls to apply a plan of ${what}: forecast ${forecast}, counted ${counted}, difference ${apart.toFixed(1)} %`;
  };
  const ids = await saveNew(app, contacts!, records);
  const made = await weigh(`${records.toLocaleString("en")} new contacts`);
  await edit(app, contacts!, ids);
  return [made, await weigh("an edit of each of them")];
}

async function applied(app: WinstonApp, id: string): Promise<void> {
  for (const until = systemClock.now() + PATIENCE_MS; systemClock.now() < until;) {
    if ((await app.plans.get(id)).state === "applied") return;
    await systemClock.sleep(250);
  }
  throw new Error("The plan does not come to its end.");
}
