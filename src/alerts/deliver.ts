// Tells the channels what is due: each by itself, at least once, with longer and longer pauses. Nobody waits for it: a channel that does not
// answer keeps neither another nor the engine.
import { isError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import {
  channelsWithDue,
  endDelivery,
  noteChannel,
  readChannels,
  takeDelivery,
  type DeliveryRow,
} from "../store/alert-channel.ts";
import type { Database } from "../store/database.ts";
import type { ChannelSecrets } from "../vault/channels.ts";
import { send, type SendParts } from "./send.ts";

export interface Delivery {
  /** Begins on what is due, in the background. */
  begin(): void;
  /** What is due is told, or was tried. */
  settled(): Promise<void>;
}

export interface DeliverParts extends SendParts {
  readonly database: Database;
  readonly secrets: Pick<ChannelSecrets, "open">;
  readonly log: Log;
}

const MIN = 60_000;
/** After the first, second, ... failed try; the example of the Standard Webhooks specification. After the last it is given up. */
export const PAUSES_MS: readonly number[] = [
  5_000,
  5 * MIN,
  30 * MIN,
  2 * 60 * MIN,
  5 * 60 * MIN,
  10 * 60 * MIN,
  14 * 60 * MIN,
  20 * 60 * MIN,
  24 * 60 * MIN,
];
/** Longer than any try takes. What a killed process was about to tell is tried again then. */
const TAKEN_MS = 2 * MIN;

export function createDelivery(parts: DeliverParts): Delivery {
  const { database, clock, log } = parts;
  const busy = new Map<string, Promise<void>>();
  let looking: Promise<void> | undefined;

  const one = async (channelId: string): Promise<void> => {
    const [channel] = await readChannels(database, channelId);
    if (!channel) return;
    for (;;) {
      const due = await takeDelivery(database, channelId, { now: clock.now(), until: clock.now() + TAKEN_MS });
      if (!due) return;
      const problem = await tried(() =>
        send(parts, channel, parts.secrets.open(channel.id, channel.sealed), {
          id: due.id,
          body: due.body,
          createdAt: due.createdAt,
        }),
      );
      await noteEnd(due, problem);
      // One that fails is not asked more at once: the rest is due still, and is tried when this pass is over.
      if (problem !== null) return;
    }
  };

  const noteEnd = async (due: DeliveryRow, problem: string | null): Promise<void> => {
    const at = clock.now();
    const pauseMs = PAUSES_MS[due.tries - 1];
    if (problem !== null)
      log.warn({ channel: due.channelId, alert: due.alertId, tries: due.tries, problem }, "an alert was not delivered");
    await database.transaction(async (tx) => {
      await noteChannel(tx, due.channelId, { problem, at });
      if (problem === null) await endDelivery(tx, due.id, { state: "sent", problem: null, at });
      else if (pauseMs === undefined) await endDelivery(tx, due.id, { state: "given_up", problem, at });
      else await endDelivery(tx, due.id, { state: "due", problem, notBefore: at + pauseMs });
    });
  };

  const look = async (): Promise<void> => {
    for (const id of await channelsWithDue(database, clock.now())) {
      if (busy.has(id)) continue;
      const work = one(id)
        .catch((thrown: unknown) => log.warn({ channel: id, error: String(thrown) }, "a channel was left for later"))
        .finally(() => busy.delete(id));
      busy.set(id, work);
    }
  };

  return {
    begin: () => {
      looking ??= look()
        .catch((thrown: unknown) => log.warn({ error: String(thrown) }, "alerts were left for later"))
        .finally(() => (looking = undefined));
    },
    settled: async () => {
      while (looking !== undefined || busy.size > 0) await Promise.all([looking, ...busy.values()]);
    },
  };
}

/** What went wrong, in words; null where nothing did. */
export async function tried(work: () => Promise<void>): Promise<string | null> {
  try {
    await work();
    return null;
  } catch (thrown) {
    return isError(thrown) ? thrown.message : String(thrown);
  }
}
