// Leads that a second process serves over HTTP, and databases in which Salesforce is connected to it and its users are read: where a pull or
// a plan of them begins.
import { systemClock } from "../src/base/clock.ts";
import { systemRandom } from "../src/base/random.ts";
import { connectDirectly } from "../src/connector/direct.ts";
import { salesforce } from "../src/connectors/salesforce/index.ts";
import type { Database } from "../src/store/database.ts";
import { openGround, type Ground } from "./ground.ts";
import { edited } from "./leads.ts";
import { startPages, type Pages } from "./page-server.ts";
import { createRig, type Rig } from "./rig.ts";

export interface Served extends AsyncDisposable {
  readonly pages: Pages;
  readonly ground: Ground;
  /** How many of the leads are otherwise after the edit of 1 %. */
  readonly changes: number;
  rig(database: Database): Rig;
}

/** Reads REST pages: a first load would be read by Bulk. */
export async function openServed(records: number): Promise<Served> {
  await using opened = new AsyncDisposableStack();
  const pages = opened.use(await startPages(records));
  const settings = { loginUrl: pages.url, apiVersion: "66.0", simulator: true, bulkAbove: 1_000_000_000 };
  const connection = opened.use(
    connectDirectly({
      connector: salesforce,
      settings,
      secrets: pages.secrets,
      clock: systemClock,
      random: systemRandom,
      simulator: true,
      lane: "batch",
    }),
  );
  const rig = (database: Database): Rig => createRig(database, { salesforce }, () => connection.api);
  const ground = opened.use(await openGround());
  await ground.prepare(async (database) => {
    await rig(database).connect("salesforce", settings);
    await rig(database).run("user", "backfill");
  });
  let changes = 0;
  for (let number = 0; number < records; number++) changes += edited(number);
  const closing = opened.move();
  return { pages, ground, changes, rig, [Symbol.asyncDispose]: () => closing.disposeAsync() };
}
