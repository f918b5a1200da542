// `winston plan`: what a sync would write, computed without writing it.
import { resolve } from "node:path";
import type { Command } from "commander";
import { ApiError, type CallOptions, type Client, type Plan, type PlanChange } from "../../sdk/src/index.ts";
import { WinstonError } from "../base/errors.ts";
import { EXIT } from "./failure.ts";
import { isHuman, isStyled, printNext, printOne, putText } from "./output.ts";
import { planPage } from "./plan-html.ts";
import { approvedLines, changeLines, changeRows, costLines, summaryLines } from "./plan-view.ts";
import { globalsOf, wholeNumber } from "./program.ts";
import { openRemote } from "./remote.ts";
import type { Globals, Shell } from "./shell.ts";
import { styles } from "./styles.ts";
import { meant } from "./which.ts";
import { writeFile, writePieces } from "./write-file.ts";

export interface PlanOptions {
  readonly sample: number;
  readonly fields?: true;
  readonly out?: string;
  readonly html?: string;
  readonly exitCode?: true;
  /** Whether the next useful command follows; whoever goes on itself says false. */
  readonly next?: false;
}

const SAMPLE = 20;

export function define(command: Command, shell: Shell): void {
  command
    .argument("[which]", "a connection, a stream such as lead, or connection/stream; everything when left out")
    .argument("[stream]", "only this stream of the connection")
    .option("--sample <n>", "show at most this many lines", wholeNumber(0, 100_000), SAMPLE)
    .option("--fields", "show every field of what would be made, too")
    .option("--out <file>", "write the plan with all its lines to a file, which `winston apply` takes")
    .option("--html <file>", "write the plan as a page that needs nothing else")
    .option("--exit-code", "exit 10 where the plan would write anything at a vendor")
    .action(async (name: string | undefined, stream: string | undefined, options: PlanOptions) => {
      const globals = globalsOf(command);
      const { client } = openRemote(shell, globals);
      const call = { signal: shell.signal };
      const which = stream === undefined ? await meant(client, name, shell) : { connection: name!, stream };
      const begun = await client.plans.create(which, call);
      if (isHuman(shell, globals)) shell.stderr.write("Reading what changed, and rehearsing what would be written…\n");
      const plan = await client.plans.settled(begun.id, call);
      await showPlan(shell, globals, client, plan, options);
    });
}

/** Shows what a change of a stream would write, which is not made. */
export async function planSupposed(
  shell: Shell,
  globals: Globals,
  client: Client,
  suppose: NonNullable<NonNullable<Parameters<Client["plans"]["create"]>[0]>["suppose"]>,
): Promise<void> {
  const call = { signal: shell.signal };
  const begun = await client.plans.create({ suppose }, call);
  if (isHuman(shell, globals)) shell.stderr.write("Reading all of the stream, and rehearsing what would be written…\n");
  await showPlan(shell, globals, client, await client.plans.settled(begun.id, call), { sample: SAMPLE });
}

/** Shows a plan that is computed. Throws plan.failed with the reason of one that could not be. */
export async function showPlan(
  shell: Shell,
  globals: Globals,
  client: Client,
  plan: Plan,
  options: PlanOptions,
): Promise<void> {
  if (plan.error) throw new WinstonError("plan.failed", plan.error.message);
  const call = { signal: shell.signal };
  if (options.out !== undefined) await writeOut(resolve(options.out), plan, client.plans.changes(plan.id, {}, call));
  if (options.html !== undefined)
    await writePieces(resolve(options.html), planPage(plan, client.plans.changes(plan.id, {}, call)));
  if (globals.ndjson) {
    for await (const change of client.plans.changes(plan.id, {}, call))
      await putText(shell, `${JSON.stringify({ schema: "winston.planChange/v1", ...change })}\n`);
  } else {
    const style = styles(isStyled(shell));
    const lines = [
      `Plan ${plan.id}${plan.undoes === null ? "" : `, undoing ${plan.undoes}`}${plan.supposes === null ? "" : `, supposing ${plan.supposes}`}: ${plan.state}`,
      ...approvedLines(plan),
      "",
      ...summaryLines(plan, style),
      ...costLines(plan),
      ...plan.notes,
    ];
    const total = plan.totals.reduce((sum, one) => sum + one.count, 0);
    let shown = 0;
    const sample: PlanChange[] = [];
    if (options.sample > 0 && total > 0) {
      lines.push("");
      for await (const change of client.plans.changes(plan.id, { limit: Math.min(500, options.sample) }, call)) {
        if (shown === options.sample) break;
        shown += 1;
        sample.push(change);
        lines.push(...changeLines(change, { all: options.fields === true, style }));
      }
      if (shown < total)
        lines.push(
          `… and ${(total - shown).toLocaleString("en")} more lines: --sample ${total}, --out FILE or --html FILE shows them.`,
        );
    }
    printOne(shell, globals, { schema: "plan", data: { ...plan, sample }, lines, rows: sample.flatMap(changeRows) });
    if (plan.state === "ready" && writes(plan) > 0 && plan.supposes === null && options.next !== false)
      printNext(shell, globals, isHuman(shell, globals) ? await nextOf(client, plan, call) : undefined);
  }
  if (options.exitCode && writes(plan) > 0) shell.exitCode = EXIT.different;
}

/** Applying it; or, where nothing of it may be written, letting plans be written there. */
async function nextOf(client: Client, plan: Plan, call: CallOptions): Promise<string> {
  const targets = new Set(plan.totals.flatMap((one) => (one.class === "write" ? (one.connection ?? []) : [])));
  const connections = await client.connections.list(call).catch((thrown: unknown) => {
    // A key that may plan need not see connections.
    if (thrown instanceof ApiError && thrown.code === "auth.forbidden") return [];
    throw thrown;
  });
  const known = connections.filter((one) => targets.has(one.name));
  const [first] = known;
  return first && known.every((one) => one.mode === "observe")
    ? `connections mode ${first.name} plan`
    : `apply ${plan.id}`;
}

export const writes = (plan: Pick<Plan, "totals">): number =>
  plan.totals.reduce((sum, one) => sum + (one.class === "write" && one.state === "open" ? one.count : 0), 0);

/** Records that it would delete at vendors. */
export const deletions = (plan: Pick<Plan, "totals">): number =>
  plan.totals.reduce(
    (sum, one) => sum + (one.class === "write" && one.op === "delete" && one.state === "open" ? one.count : 0),
    0,
  );

/** One JSON document, its lines one to a line, so that a plan of a million is written as it comes. */
async function writeOut(file: string, plan: Plan, changes: AsyncIterable<PlanChange>): Promise<void> {
  await writeFile(file, async (put) => {
    await put(`{"schema":"winston.plan/v1",${JSON.stringify(plan).slice(1, -1)},"changes":[`);
    let first = true;
    for await (const change of changes) {
      await put(`${first ? "\n" : ",\n"}${JSON.stringify(change)}`);
      first = false;
    }
    await put("\n]}\n");
  });
}
