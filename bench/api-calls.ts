// API calls: what the simulator's own log says that we asked for a first load, for pushing as many new records, and for pushing edits of a fifth of
// them; beside the least that single calls allow: one for a page listed, one for a batch written, and before each batch of two-way
// updates one to read it again. `--vendor` says whose.
import { strict as assert } from "node:assert";
import { systemClock } from "../src/base/clock.ts";
import type { WinstonApp } from "../src/winston.ts";
import type { Measured, Subject } from "./api-calls-apart.ts";
import { hubspot } from "./api-calls-hubspot.ts";
import { salesforce } from "./api-calls-salesforce.ts";
import { peakMb, type Bench } from "./report.ts";
import { startWinston } from "./winston.ts";

/** How long a phase may take. */
const PATIENCE_MS = 30 * 60_000;

const SUBJECTS: Readonly<Record<string, Subject>> = { salesforce, hubspot };

export const apiCalls: Bench = {
  goal: { sign: "≤", value: 1.05 },
  records: 50_000,
  vendors: Object.keys(SUBJECTS),
  run: async ({ records, vendor, say }) => {
    const subject = SUBJECTS[vendor!]!;
    const { listed, written } = subject;
    const table: string[][] = [["phase", "calls", "least", "ratio", "sign-in", "description", "increments"]];
    const ratios: number[] = [];
    let postgres = "";
    for (const way of subject.ways) {
      using simulated = await subject.start(records);
      await using winston = await startWinston({ [vendor!]: way.connector });
      postgres = winston.postgres;
      const note = (what: string, least: number, counts: ReturnType<Subject["purposes"]>): void => {
        ratios.push(counts.work / least);
        const apart = [counts["sign-in"], counts.description, counts.increments];
        const row = [what, ...[counts.work, least].map(String), (counts.work / least).toFixed(2), ...apart.map(String)];
        table.push(row);
      };
      const titled = (what: string): string => (subject.ways.length > 1 ? `${what}, ${way.title}` : what);

      say(titled("first load"));
      await simulated.takeLog();
      const { id } = await winston.app.connections.connect({
        vendor: vendor!,
        name: vendor!,
        mode: "write",
        settings: { ...simulated.settings, ...way.settings, simulator: true },
        secrets: simulated.secrets,
      });
      await winston.app.work();
      await quiet(winston.app);
      const log = await simulated.takeLog();
      for (const object of subject.objects) {
        assert.equal(await linked(winston.app, object), records, `not every one of the ${object.title} was loaded`);
        const counts = subject.purposes(log, { object, listing: true });
        note(titled(`first load of ${object.title}`), Math.ceil(records / listed), counts);
      }

      for (const object of subject.objects) {
        const phase = async (what: string, least: number, body: () => Promise<unknown>): Promise<void> => {
          say(titled(what));
          await body();
          await quiet(winston.app);
          note(titled(what), least, subject.purposes(await simulated.takeLog(), { object, listing: false }));
        };
        let ids: string[] = [];
        await phase(`push of new ${object.title}`, Math.ceil(records / written), async () => {
          ids = await saveNew(winston.app, object, records);
          await quiet(winston.app);
          // They come back once, as they would within the minute.
          await winston.app.connections.sync(id, { trigger: "bench" });
        });
        assert.equal(
          await linked(winston.app, object),
          2 * records,
          `not every one of the new ${object.title} was pushed`,
        );
        const edits = Math.ceil(records / 5);
        await phase(`push of edits of ${object.title}`, 2 * Math.ceil(edits / written), () =>
          edit(winston.app, object, ids.slice(0, edits)),
        );
      }
    }
    return {
      table,
      notes: [
        `the least: a call for ${listed.toLocaleString("en")} records listed, ${written} written, ${written} read again before they are updated`,
        ...subject.notes,
        `the ratio is that of the worst phase; one round: calls do not vary`,
        `peak memory ${peakMb()} MB`,
      ],
      ratio: Math.max(...ratios),
      postgres,
    };
  },
};

export async function quiet(app: WinstonApp): Promise<void> {
  for (const until = systemClock.now() + PATIENCE_MS; systemClock.now() < until;) {
    const state = await app.connections.quiet();
    if (state.quiet) {
      assert.equal(state.parked, 0, "records were parked");
      return;
    }
    await systemClock.sleep(250);
  }
  throw new Error("Winston does not come to rest.");
}

const linked = async (app: WinstonApp, object: Measured): Promise<number> =>
  (await app.connections.streams()).find((stream) => stream.key === object.stream)!.counts.linked;

const SAVED_AT_ONCE = 2_000;

const saveAs = ({ kind, stage }: Measured) =>
  ({ kind, ...(stage === undefined ? {} : { stage }), unknownKeys: "error", actor: "bench" }) as const;

export async function saveNew(app: WinstonApp, object: Measured, records: number): Promise<string[]> {
  const ids: string[] = [];
  for (let start = 0; start < records; start += SAVED_AT_ONCE) {
    // Beyond those that the simulator has.
    const inputs = Array.from({ length: Math.min(SAVED_AT_ONCE, records - start) }, (_, offset) => ({
      input: object.input(records + start + offset),
    }));
    for (const result of await app.records.save(inputs, { ...saveAs(object), mode: "upsert" })) {
      assert(result.status === "created", `one of the new ${object.title} was ${result.status}`);
      ids.push(result.id);
    }
  }
  return ids;
}

export async function edit(app: WinstonApp, object: Measured, ids: readonly string[]): Promise<void> {
  for (let start = 0; start < ids.length; start += SAVED_AT_ONCE) {
    const inputs = ids.slice(start, start + SAVED_AT_ONCE).map((id) => ({ id, input: object.edit }));
    for (const result of await app.records.save(inputs, { ...saveAs(object), mode: "update" }))
      assert(result.status === "updated", `one of the edited ${object.title} was ${result.status}`);
  }
}
