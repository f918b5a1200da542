// What stands at the brake, as a cause to tell: a person must decide, and until then it waits.
import { listBrakes } from "../store/brake.ts";
import type { CauseSource } from "./watch.ts";

/** More open brakes than this are told as the newest of them: whoever looks at one sees all. */
const TOLD_MAX = 100;

export const stoppedCauses: CauseSource = async (tx) =>
  (await listBrakes(tx, { id: null, on: true, after: null, limit: TOLD_MAX })).map((one) => {
    const what = one.field === "" ? "deletions" : `blankings of ${one.field}`;
    const where =
      one.direction === "pull"
        ? `${one.connection} shows ${one.lost.toLocaleString("en")} ${what} of its ${one.records.toLocaleString("en")} records of ${one.stream} within an hour`
        : `${one.lost.toLocaleString("en")} ${what} of ${one.records.toLocaleString("en")} records of ${one.stream} were about to be carried out at ${one.connection} within an hour`;
    return {
      kind: "brake",
      subject: `brake:${one.id}`,
      connectionId: one.connectionId,
      severity: "critical",
      title: `Many ${what} of ${one.connection} ${one.stream} wait for a person`,
      message: `${where}. ${one.waits.toLocaleString("en")} of them wait. \`winston brake show ${one.id}\` lists them; release carries them out, restore puts back what was lost.`,
      scope: [one.stream],
    };
  });
