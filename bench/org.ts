// A second process with the Salesforce simulator and so many leads that it has had for long. Started by `startOrg`; ends when its parent does.
import { fork } from "node:child_process";
import { once } from "node:events";
import { systemClock } from "../src/base/clock.ts";
import { seededRandom } from "../src/base/random.ts";
import { startSalesforce, type LoggedRequest } from "../src/simulators/salesforce/index.ts";
import { lead } from "./leads.ts";

export interface Org extends Disposable {
  readonly url: string;
  readonly secrets: Readonly<Record<string, string>>;
  /** What it was asked since it was last asked for this: its own log. */
  takeLog(): Promise<readonly LoggedRequest[]>;
}

export async function startOrg(leads: number): Promise<Org> {
  const child = fork(import.meta.filename, [String(leads)], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const ended = once(child, "exit").then(([code]) => {
    throw new Error(`the simulator ended with ${code}`);
  });
  const [message] = (await Promise.race([once(child, "message"), ended])) as [Pick<Org, "url" | "secrets">];
  ended.catch(() => {});
  const control = `${message.url}/__winston/log`;
  return {
    ...message,
    takeLog: async () => {
      const { entries } = (await (await fetch(control)).json()) as { entries: LoggedRequest[] };
      await fetch(control, { method: "DELETE" });
      return entries;
    },
    [Symbol.dispose]: () => void child.kill(),
  };
}

if (import.meta.main) {
  const org = await startSalesforce({ clock: systemClock, random: seededRandom(1), story: "empty" });
  const rows = Array.from({ length: Number(process.argv[2]) }, (_, number) => {
    const { Id: _id, SystemModstamp: _stamp, OwnerId: _owner, ...values } = lead(number);
    return values;
  });
  // A month ago, four a second.
  const began = systemClock.now() - 30 * 86_400_000;
  org.data.load("Lead", rows, (index) => began + Math.floor(index / 4) * 1000);
  process.send!({ url: org.url, secrets: org.credentials });
  process.on("disconnect", () => process.exit(0));
}
