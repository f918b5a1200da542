// One connection without a vault and a database: for conformance checks, tools and tests.
import type { Clock } from "../base/clock.ts";
import { silentLog } from "../base/log.ts";
import type { Random } from "../base/random.ts";
import type { JsonObject } from "../base/json.ts";
import type { Api, Grant } from "./api.ts";
import { memoryBudget } from "./budget.ts";
import type { Connector } from "./contract.ts";
import { createAgent, publicAddresses, simulatorAddresses } from "./egress.ts";
import type { Exchange, Lane } from "./ports.ts";
import { createApi } from "./runtime.ts";
import { createTokenPost } from "./token-post.ts";

export interface DirectConnection extends AsyncDisposable {
  readonly api: Api;
  /** Every try, oldest first. */
  readonly exchanges: Exchange[];
  /** The grant in hand. */
  grant(): Grant | null;
}

/** Opens a connection whose grant is kept in memory. `simulator` lets it reach loopback addresses, and only there. */
export function connectDirectly(input: {
  connector: Connector;
  settings: JsonObject;
  secrets: Readonly<Record<string, string>>;
  clock: Clock;
  random: Random;
  simulator: boolean;
  lane?: Lane;
  grant?: Grant | null;
}): DirectConnection {
  const { connector, settings, secrets, clock, random } = input;
  const addresses = input.simulator ? simulatorAddresses : publicAddresses;
  const agent = createAgent(addresses);
  const post = createTokenPost({ agent, addresses });
  const exchanges: Exchange[] = [];
  let grant = input.grant ?? null;
  let renewing: Promise<Grant> | null = null;
  const renew = async (): Promise<Grant> => {
    try {
      return (grant = await connector.auth.obtain({ settings, secrets, grant, post }));
    } finally {
      renewing = null;
    }
  };
  const api = createApi({
    connector,
    settings,
    credentials: {
      current: async () => grant,
      renew: async (stale) => (grant !== null && grant !== stale ? grant : (renewing ??= renew())),
    },
    budget: memoryBudget(connector.limits, clock),
    exchanges: { record: (exchange) => exchanges.push(exchange) },
    clock,
    random,
    agent,
    addresses,
    lane: input.lane ?? "interactive",
    log: silentLog,
  });
  return { api, exchanges, grant: () => grant, [Symbol.asyncDispose]: () => agent.destroy() };
}
