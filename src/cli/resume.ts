// `winston resume`: shows what waited to be written at vendors, and lets it go.
import type { Command } from "commander";
import type { Client, Connection, Plan } from "../../sdk/src/index.ts";
import { WinstonError } from "../base/errors.ts";
import { type Guarded, guarded, mayGo } from "./guard.ts";
import { isHuman } from "./output.ts";
import { change, named, namesOf } from "./pause.ts";
import { showPlan, writes } from "./plan.ts";
import { globalsOf } from "./program.ts";
import { openRemote } from "./remote.ts";
import type { Globals, Shell } from "./shell.ts";
import { counted } from "./words.ts";

interface ResumeOptions extends Guarded {
  readonly plan: boolean;
}

const SAMPLE = 20;

export function define(command: Command, shell: Shell): void {
  guarded(command.argument("[connection]", "its id or its name; all that are paused when absent"), "final");
  command
    .option("--no-plan", "let writing go on without reading what changed and showing what will be written")
    .action(async (which: string | undefined, options: ResumeOptions) => {
      const globals = globalsOf(command);
      const { client } = openRemote(shell, globals);
      const connections = (await named(client, which, shell)).filter((one) => one.paused);
      if (connections.length === 0) return change(shell, globals, client, connections, false);
      const plan = options.plan ? await planned(shell, globals, client, connections, which) : undefined;
      const will = plan === undefined ? "" : await goingTold(client, connections, plan, shell.signal);
      const does = `let writing go on at ${namesOf(connections)}${will}`;
      if (!(await mayGo(shell, globals, options, { weight: "final", does, data: plan ? { plan } : {} }))) return;
      await change(shell, globals, client, connections, false, plan);
    });
}

/** How many records go once these go on: where the sync writes by itself. The others wait for somebody who applies a plan. */
async function goingTold(
  client: Client,
  connections: readonly Connection[],
  plan: Plan,
  signal: AbortSignal,
): Promise<string> {
  const streams = await client.streams.list({}, { signal });
  const rows = plan.totals.flatMap((one) => {
    const connection = connections.find(({ name }) => name === one.connection);
    const stream = streams.find(({ connectionId, key }) => connectionId === connection?.id && key === one.stream);
    if (!connection || connection.mode === "observe") return [];
    return [{ ...one, goes: connection.mode === "write" && stream?.approval !== "plan" }];
  });
  const [go, wait] = [true, false].map((goes) => writes({ totals: rows.filter((one) => one.goes === goes) }));
  return `, which writes ${counted(go!, "record")}${wait === 0 ? "" : `; ${counted(wait!, "more record")} would wait for somebody who applies a plan`}`;
}

/** What would be written there, read and rehearsed now, and shown to a person. */
async function planned(
  shell: Shell,
  globals: Globals,
  client: Client,
  connections: readonly Connection[],
  which: string | undefined,
): Promise<Plan> {
  const call = { signal: shell.signal };
  const human = isHuman(shell, globals);
  if (human) shell.stderr.write("Reading what changed, and rehearsing what would be written…\n");
  const begun = await client.plans.create(which === undefined ? {} : { connection: connections[0]!.name }, call);
  const plan = await client.plans.settled(begun.id, call);
  if (plan.error)
    throw new WinstonError(
      "plan.failed",
      `${plan.error.message} Writing did not go on. \`${shell.self} resume --no-plan\` lets it go on unseen.`,
    );
  if (human) await showPlan(shell, globals, client, plan, { sample: SAMPLE, next: false });
  return plan;
}
