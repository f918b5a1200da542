// `--systems salesforce,hubspot`: two CRMs that are both full already, and Winston between them.
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Files } from "../data.ts";
import { armKill, type Moment, type Struck, struckSalesforce } from "../kill.ts";
import { describe, Server } from "../server.ts";
import { furnishUsers, type Simulator, startSimulator } from "../simulator.ts";
import { type Contents, judge, judgeAsked, judgeLedger, readAll, readSalesforce, type Verdict } from "./checker.ts";
import { dealOf, foresee, type Lost, performRound, planHubEdits, ROUNDS } from "./edits.ts";
import { type Hubspot, startHubspot } from "./hubspot.ts";
import { HUB_MOMENTS, struckHubspot } from "./moments.ts";
import { type Ids, preloadHubspot, preloadSalesforce, salesforceUsers } from "./preload.ts";
import { foreseeRoles, performRoles, planRoles } from "./roles.ts";
import { foreseeConsent, judgeKept, performSaid, planConsent } from "./said.ts";
import {
  HUB_KINDS,
  type HubKind,
  lostAtMeeting,
  planWorld,
  sharedAddresses,
  standsIn,
  SYSTEMS,
  type World,
} from "./world.ts";

const SHOWN_MAX = 40;
const CONNECTIONS = ["salesforce", "hubspot"] as const;

export interface Options {
  readonly files: Files;
  readonly kill: boolean;
  readonly seed: number;
  readonly say: (line: string) => void;
}

export interface Stage {
  readonly server: Server;
  readonly simulator: Simulator;
  readonly hubspot: Hubspot;
  readonly files: Files;
  readonly seed: number;
  readonly world: World;
  readonly before: Readonly<Record<"salesforce" | "hubspot", Ids>>;
  readonly say: (line: string) => void;
  /** Arms a kill where kills were asked for; the function returned does it. */
  readonly kill: (moment: Moment, struck: Struck) => Promise<() => Promise<void>>;
  /** Ids of the runs that were open when the server was killed. */
  readonly killed: string[];
  /** Names what takes time. */
  readonly phase: <Result>(title: string, work: () => Promise<Result>) => Promise<Result>;
}

/** Plays it all, and prints the last line. Returns whether everything is as it must be. */
export async function playHub(options: Options): Promise<boolean> {
  const { files, seed, say } = options;
  const folder = mkdtempSync(join(tmpdir(), "winston-acceptance-"));
  chmodSync(folder, 0o711); // Of root's folders the database, which is another account's, may only pass through.
  const phase: Stage["phase"] = async (title, work) => {
    const startedAt = performance.now();
    const result = await work();
    say(`${((performance.now() - startedAt) / 1000).toFixed(1).padStart(6)} s  ${title}`);
    return result;
  };
  const closing: (() => Promise<unknown>)[] = [];
  try {
    const world = planWorld(files, seed);
    const simulator = await startSimulator({ logFile: join(folder, "salesforce.log"), seed });
    closing.push(() => simulator.stop());
    const hubspot = await startHubspot({ logFile: join(folder, "hubspot.log"), seed });
    closing.push(() => hubspot.stop());
    const salesforceIds = await phase("Salesforce is full", async () => {
      await furnishUsers(simulator, files.agents);
      return preloadSalesforce(simulator, world);
    });
    await sleep(SECOND_MS); // So that what HubSpot holds was typed later, by any clock.
    const hubspotIds = await phase("HubSpot is full", () => preloadHubspot(hubspot, world, files.agents));
    const server = await phase("the server is ready", () =>
      Server.start({ data: join(folder, "data"), logFile: join(folder, "server.log") }),
    );
    closing.push(() => server.stop());
    const before = { salesforce: salesforceIds, hubspot: hubspotIds };
    const killed: string[] = [];
    const kill: Stage["kill"] = async (moment, struck) => {
      const strike = options.kill ? await armKill(moment, { server, struck, say }) : undefined;
      return async () => {
        if (strike) killed.push(await strike());
      };
    };
    return await play({ server, simulator, hubspot, files, seed, world, before, say, phase, kill, killed });
  } finally {
    for (const close of closing.toReversed()) await close();
    rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }
}

/** A vendor's stamp may be a whole second: edits further apart than this are told apart by everybody. */
const SECOND_MS = 1_200;

async function play(stage: Stage): Promise<boolean> {
  const { world, phase, say } = stage;
  await phase("both connected, and synced to quiet", () => connect(stage));
  const met = await phase("checked", () => check(stage));
  say(`after the first meeting: ${summary(met)}`);
  show(met, say);

  const edited = await editAllSides(stage);
  const ledger = { was: edited.was, lost: [...lostAtMeeting(world), ...edited.lost] };
  await phase("synced to quiet again", () => meet(stage));
  const first = await phase("checked", () => check(stage, ledger));
  say(`after the edits: ${summary(first)}`);
  show(first, say);

  const roles = planRoles(
    world,
    edited.conversions.map(({ key }) => ({ person: key, deal: dealOf(key) })),
  );
  await phase(`${roles.length} roles of deals' contacts changed on three sides, synced to quiet`, async () => {
    await performRoles(roles, { ...stage, three: await readAll(stage) });
    foreseeRoles(world, roles);
    await seenByAll(stage);
  });

  const { conversions, merges } = edited;
  const consent = planConsent(world, edited);
  const after = [...conversions.map((one) => one.key), ...merges.map((one) => one.primary)];
  const title = `${consent.length} statements of consent on two sides, ${after.length} tasks made here, synced to quiet`;
  await phase(title, async () => {
    await performSaid(consent, after, { ...stage, three: await readAll(stage) });
    foreseeConsent(world, consent);
    await seenByAll(stage);
  });

  const writes = await phase("two more cycles and a full comparison", () => idle(stage));
  const last = await phase("checked again", async () => {
    const verdict = await check(stage, ledger);
    const kept = await judgeKept(consent, stage, await readAll(stage));
    return { ...verdict, differences: [...verdict.differences, ...kept] };
  });
  show(last, say);

  for (const id of stage.killed) say(`killed: ${describe(await stage.server.client.runs.get(id))}`);

  const worst = (of: (verdict: Verdict) => readonly string[]): number =>
    Math.max(of(met).length, of(first).length, of(last).length);
  const differences = worst((one) => one.differences);
  const duplicates = worst((one) => one.duplicates);
  const merged = worst((one) => one.ambiguousMerged);
  const blanked = worst((one) => one.ownersBlanked);
  const whole = (["people", "accounts", "deals"] as const)
    .map((kind) => `${NAMES[kind]} ${last.standing[kind]}/${world[kind].size}`)
    .join(" ");
  say(`addresses shared: ${sharedAddresses(world.people.size)}; held until a person decides: ${last.held}`);
  const conflicts = { found: last.found, provoked: ledger.lost.length };
  process.stdout.write(
    `acceptance: ${whole} fields ${last.fields.equal}/${last.fields.all} ` +
      `conflicts found ${conflicts.found} of ${conflicts.provoked} provoked differences ${differences} duplicates ${duplicates} writes-when-quiet ${writes} ` +
      `ambiguous-merged ${merged} owners-blanked ${blanked}\n`,
  );
  return (
    HUB_KINDS.every((kind) => last.standing[kind] === world[kind].size) &&
    last.fields.equal === last.fields.all &&
    conflicts.found === conflicts.provoked &&
    differences + duplicates + writes + merged + blanked === 0
  );
}

const NAMES = { people: "leads", accounts: "accounts", deals: "deals" } as const;

async function connect({ server, simulator, hubspot, kill }: Stage): Promise<void> {
  const { client } = server;
  const killCreating = await kill(HUB_MOMENTS.creating, struckHubspot(hubspot));
  await client.connections.create({
    vendor: "salesforce",
    name: "salesforce",
    mode: "write",
    settings: { loginUrl: simulator.url, simulator: true },
    secrets: { ...simulator.secrets },
  });
  await client.connections.create({
    vendor: "hubspot",
    name: "hubspot",
    mode: "write",
    settings: { baseUrl: hubspot.url, simulator: true },
    secrets: { accessToken: hubspot.privateToken },
  });
  await killCreating();
  await quiet(server);
}

/** Both owe nothing, one right after the other: what one still has to do may be work for the other. */
export async function quiet(server: Server): Promise<void> {
  for (;;) {
    for (const name of CONNECTIONS) await server.quiet(name);
    const left = await Promise.all(CONNECTIONS.map((name) => server.client.connections.quiet(name)));
    if (left.every((one) => one.quiet)) return;
  }
}

async function cycle({ server }: Stage, what: { full?: boolean } = {}): Promise<void> {
  for (const name of CONNECTIONS) await server.client.connections.sync(name, what);
  await quiet(server);
}

/** Pauses both connections and lets people loose on all three sides. No pull may fall in between: the rules are about edits that nobody has seen. */
async function editAllSides(
  stage: Stage,
): Promise<Ledger & Pick<ReturnType<typeof planHubEdits>, "conversions" | "merges">> {
  const { server, simulator, files, world, seed, phase, say } = stage;
  const { client } = server;
  const plan = planHubEdits(files, world, seed);
  await phase("one more sync, so that none is due soon", () => cycle(stage));
  for (const name of CONNECTIONS) await client.connections.update(name, { paused: true });
  const since = new Date();
  const three = await readAll(stage);
  const users = await salesforceUsers(simulator);
  const { edits, conversions, merges, deactivated } = plan;
  const title =
    `${edits.length} edits on three sides, ${conversions.length} leads converted in Salesforce, ` +
    `${merges.length} contacts merged in HubSpot, ${deactivated.length} owners deactivated`;
  await phase(title, async () => {
    for (let round = 0; round < ROUNDS; round++) {
      if (round > 0) await sleep(SECOND_MS);
      await performRound(plan, round, { ...stage, three, users });
    }
  });
  for (const connection of CONNECTIONS) {
    const runs = await client.runs.list({ connection, since }).toArray({ limit: 10 });
    if (runs.length > 0)
      throw new Error(
        `The edits took so long that a scheduled pull fell among them (${describe(runs[0]!)}), and the expected state cannot be told. Run it again on a machine that is less busy.`,
      );
  }
  const lost = foresee(world, plan, await readSalesforce(simulator));
  say(`values that must lose to a later edit or in a merge: ${lost.length}`);
  return { was: three.winston, lost, conversions, merges };
}

/** All sides meet; killed on the way, twice, where kills were asked for. */
async function meet(stage: Stage): Promise<void> {
  const { server, simulator, hubspot, kill } = stage;
  const killUpdating = await kill(HUB_MOMENTS.updating, struckSalesforce(simulator));
  for (const name of CONNECTIONS) await server.client.connections.update(name, { paused: false });
  await killUpdating();
  const killReading = await kill(HUB_MOMENTS.reading, struckHubspot(hubspot));
  for (const name of CONNECTIONS) await server.client.connections.sync(name);
  await killReading();
  await seenByAll(stage);
}

async function seenByAll(stage: Stage): Promise<void> {
  await cycle(stage);
  // HubSpot's search is late: what was edited last is found by the next look.
  const { searchLagMs } = await stage.hubspot.control<{ searchLagMs: number }>("GET", "/dials");
  await sleep(searchLagMs + SECOND_MS);
  await cycle(stage);
}

/** Two cycles and a full comparison with nothing to do. Returns the mutating requests both vendors saw. */
async function idle(stage: Stage): Promise<number> {
  await stage.simulator.control("DELETE", "/log");
  await stage.hubspot.control("DELETE", "/log");
  await cycle(stage);
  await cycle(stage);
  await cycle(stage, { full: true });
  const written = [...(await stage.simulator.written()), ...(await stage.hubspot.written())];
  for (const one of written.slice(0, SHOWN_MAX))
    stage.say(`written when quiet: ${one.method} ${one.path} ${one.body ?? ""}`);
  return written.length;
}

type Checked = Verdict & {
  /** Losing values found in the ledger. */
  readonly found: number;
  readonly standing: Readonly<Record<HubKind, number>>;
};

/** What must be in the ledger, and what Winston held before the edits. */
interface Ledger {
  readonly lost: readonly Lost[];
  readonly was: Contents;
}

async function check(stage: Stage, expected?: Ledger): Promise<Checked> {
  const { world } = stage;
  const three = await readAll(stage);
  const verdict = judge(world, three, stage.before);
  const asked = await judgeAsked(world, stage, three);
  const ledger = expected
    ? await judgeLedger(expected.lost, stage, three, expected.was)
    : { found: 0, differences: [] };
  const standing = Object.fromEntries(
    HUB_KINDS.map((kind) => {
      const held = SYSTEMS.map((system) => ({ system, keys: new Set(three[system][kind].map((one) => one.key)) }));
      const everywhere = [...world[kind].values()].filter((thing) =>
        held.every(({ system, keys }) => keys.has(thing.key) === standsIn(system, thing)),
      );
      return [kind, everywhere.length];
    }),
  ) as Checked["standing"];
  return {
    ...verdict,
    standing,
    held: asked.held,
    found: ledger.found,
    differences: [...verdict.differences, ...asked.differences, ...ledger.differences],
  };
}

const summary = (verdict: Verdict): string =>
  `fields ${verdict.fields.equal}/${verdict.fields.all} differences ${verdict.differences.length} duplicates ${verdict.duplicates.length} ` +
  `ambiguous-merged ${verdict.ambiguousMerged.length} owners-blanked ${verdict.ownersBlanked.length} held ${verdict.held}`;

function show(verdict: Verdict, say: (line: string) => void): void {
  const lines = [...verdict.ambiguousMerged, ...verdict.ownersBlanked, ...verdict.duplicates, ...verdict.differences];
  for (const line of lines.slice(0, SHOWN_MAX)) say(line);
  if (lines.length > SHOWN_MAX) say(`... and ${lines.length - SHOWN_MAX} more`);
}
