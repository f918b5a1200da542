// What `winston doctor` says of the connections: their accounts, their streams, and whether the other side can be reached from here.
import type { Client, Connection, Stream } from "../../sdk/src/index.ts";
import { isError } from "../base/errors.ts";
import type { Connector } from "../connector/contract.ts";
import { connectors } from "../connectors/index.ts";
import { simulators } from "../simulators/index.ts";
import { failureIn } from "../sync/health.ts";
import type { Finding } from "./doctor.ts";
import { type Addresses, openRemote } from "./remote.ts";
import type { Globals, Shell } from "./shell.ts";
import { counted, duration, listed } from "./words.ts";

/** Clocks that are further apart are told. */
export const SKEW_MAX_MS = 30_000;
const REACH_MS = 5_000;

/** What is connected, by the running server, and whether the other side can be reached from here. */
export async function connections(shell: Shell, globals: Globals, addresses: Addresses): Promise<Finding[]> {
  const findings: Finding[] = [];
  try {
    const { client } = openRemote(shell, globals);
    const all = await client.connections.list({ signal: shell.signal });
    if (all.length === 0)
      findings.push({
        check: "connections",
        state: "note",
        detail: "none yet",
        fix: `${shell.self} connect VENDOR (${listed(Object.keys(connectors), "or")})`,
      });
    for (const one of all) {
      const streams = await client.streams.list({ connection: one.id }, { signal: shell.signal });
      findings.push(...connection(shell, one, streams), ...endings(shell, one));
    }
    findings.push(...(await alerts(shell, client)));
    for (const one of await client.quarantines.list({ signal: shell.signal }))
      findings.push({
        check: `connection ${one.connection}`,
        state: "note",
        detail: `only read since a restore, nothing is written: ${one.next}`,
        fix: `Look: ${shell.self} restored`,
      });
    for (const { key, reachedAt } of Object.values<Connector>(connectors))
      if (reachedAt !== undefined && all.some((one) => one.vendor === key && one.environment !== "simulator"))
        findings.push(await reach(shell, key, reachedAt));
    for (const { key, title, address } of simulators) {
      const url = addresses[address];
      if (url !== undefined && all.some((one) => one.vendor === key && one.environment === "simulator"))
        findings.push(await reach(shell, `pretend ${title}`, `${url}/__winston/`));
    }
  } catch (thrown) {
    if (isError(thrown, "auth.missing"))
      findings.push({
        check: "connections",
        state: "note",
        detail: "no token to ask with",
        fix: "Run doctor where the data folder is, or give a key with --token-file or WINSTON_TOKEN.",
      });
    else
      findings.push({
        check: "connections",
        state: "wrong",
        detail: (thrown as Error).message,
        fix: "Check the token: keys list, keys create.",
      });
  }
  return findings;
}

/** A connection is well while its account lets us in and each of its streams goes on: one finding for each thing that is in the way. */
function connection(shell: Shell, one: Connection, streams: readonly Stream[]): Finding[] {
  const check = `connection ${one.name}`;
  if (one.problem !== null) {
    const fix = `Connect it again: ${shell.self} connect ${one.vendor} --name ${one.name}`;
    return [{ check, state: "wrong", detail: one.problem, fix }];
  }
  const failing = Map.groupBy(
    streams.filter((stream) => failureIn(stream.health) !== undefined),
    (stream) => failureIn(stream.health)!.replaceAll(/\d+/gu, ""),
  );
  // What flows too late or not at all, though nothing failed.
  const behind = streams.filter((stream) => stream.state === "late" || stream.state === "silent");
  if (failing.size === 0 && behind.length > 0) {
    const detail = `${behind.length} of ${counted(streams.length, "stream")} behind: ${behind.map((stream) => `${stream.key} (${stream.health})`).join("; ")}`;
    return [
      {
        check,
        state: "wrong",
        detail,
        fix: `See docs/operations/alerts.md#lag, and: ${shell.self} connections show ${one.name}`,
      },
    ];
  }
  if (failing.size === 0) {
    const mode = one.paused ? `${one.mode}, paused` : one.mode;
    const detail = `${one.vendor}, ${one.organisationLabel ?? "nameless"}, mode ${mode}; ${counted(streams.length, "stream")}, none failing`;
    return [{ check, state: "ok", detail }];
  }
  return [...failing.values()].map((several) => ({
    check,
    state: "wrong",
    detail: `${several.length} of ${counted(streams.length, "stream")} failing (${listed(several.map((stream) => stream.key))}): ${failureIn(several[0]!.health)}`,
    fix: `Look: ${shell.self} runs list --connection ${one.name} --state failed; once the reason is gone: ${shell.self} sync ${one.name}`,
  }));
}

/** Versions of the vendor's API that end. */
const endings = (shell: Shell, one: Connection): Finding[] =>
  one.endings.map(({ message, near }) => ({
    check: `connection ${one.name}`,
    state: near ? "wrong" : "note",
    detail: message,
    fix: `See docs/operations/alerts.md#version, and: ${shell.self} connect ${one.vendor} --name ${one.name} --help`,
  }));

/** What is wrong and was told, and channels that could not be told. */
async function alerts(shell: Shell, client: Client): Promise<Finding[]> {
  const call = { signal: shell.signal };
  const check = "alerts";
  const open = await client.alerts.list({}, call).toArray();
  const channels = await client.alertChannels.list(call);
  const critical = open.some((one) => one.severity === "critical");
  const fix = open.length > 0 ? `What to do: ${shell.self} alerts list` : undefined;
  const titles = open.map((one) => one.title).join("; ");
  return [
    open.length > 0
      ? { check, state: critical ? "wrong" : "note", detail: `${counted(open.length, "alert")}: ${titles}`, fix }
      : { check, state: "ok", detail: `none; told through ${counted(channels.length, "channel")}` },
    ...channels.flatMap(({ name, problem }): Finding[] =>
      problem === null
        ? []
        : [
            {
              check: `alert channel ${name}`,
              state: "wrong",
              detail: problem,
              fix: `${shell.self} alerts channels test ${name}`,
            },
          ],
    ),
  ];
}

/** Whether an address answers, and how far its clock is from ours. */
async function reach(shell: Shell, name: string, address: string): Promise<Finding> {
  const check = `reach ${name}`;
  try {
    const answer = await fetch(address, { signal: AbortSignal.any([shell.signal, AbortSignal.timeout(REACH_MS)]) });
    const said = Date.parse(answer.headers.get("date") ?? "");
    const skew = Number.isNaN(said) ? 0 : Math.abs(said - shell.clock.now());
    return skew > SKEW_MAX_MS
      ? {
          check,
          state: "wrong",
          detail: `this machine's clock is ${duration(skew)} off`,
          fix: "Let it follow a time server (NTP); tokens and change times depend on it.",
        }
      : { check, state: "ok", detail: `${new URL(address).host} answers` };
  } catch (thrown) {
    const { cause, message } = thrown as Error;
    return {
      check,
      state: "wrong",
      detail: `${new URL(address).host}: ${cause instanceof Error ? cause.message : message}`,
      fix: "Check the network, DNS and any proxy between.",
    };
  }
}
