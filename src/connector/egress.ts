// The one way out of the house. Every connection is checked after its name is resolved, by the connector of the pool and not by
// a DNS hook alone, which an address written as a number never passes through.
import { lookup } from "node:dns";
import { lookup as resolveAll } from "node:dns/promises";
import { BlockList, connect as connectSocket, isIP, type Socket } from "node:net";
import { Agent, buildConnector } from "undici";
import { WinstonError } from "../base/errors.ts";

/** Where a connection may reach. Public addresses by https are always allowed. */
export interface AddressPolicy {
  /** The other side is a simulator: loopback addresses are allowed too, and plain http to them. */
  readonly simulator: boolean;
  /** Ranges an administrator listed, in CIDR notation ("10.20.0.0/16"): allowed by https, on any port. */
  readonly listed?: readonly string[];
  /** Listed addresses are reached by plain http too, where the address itself stands in the URL: a name may lead elsewhere. */
  readonly plain?: boolean;
}

export const publicAddresses: AddressPolicy = { simulator: false };
export const simulatorAddresses: AddressPolicy = { simulator: true };

/** A pooled agent that connects only where the policy allows. Close it with `agent.close()`. */
export function createAgent(
  policy: AddressPolicy,
  options: { connections?: number; connectTimeoutMs?: number } = {},
): Agent {
  return new Agent({
    connect: guardedConnector(policy, options.connectTimeoutMs ?? 10_000),
    connections: options.connections ?? 16,
    pipelining: 1,
    allowH2: false,
    keepAliveTimeout: 4_000,
    keepAliveMaxTimeout: 30_000,
  });
}

/** Throws address.forbidden for a scheme, a port or a literal address that the policy does not allow, and for credentials in the address. */
export function checkUrl(url: URL, policy: AddressPolicy): void {
  if (url.username || url.password) throw forbidden(url.host, "it carries a user name or a password");
  const literal = literalAddress(url.hostname);
  if (url.protocol === "http:") {
    const local = url.hostname === "localhost" || (literal !== null && loopback(literal));
    const plain = policy.plain === true && literal !== null && isListed(literal, policy);
    if (!plain && (!policy.simulator || !local)) throw forbidden(url.host, "only https is allowed");
  } else if (url.protocol !== "https:") {
    throw forbidden(url.host, "only https is allowed");
  }
  if (literal !== null) {
    const why = whyForbidden(literal, policy);
    if (why) throw forbidden(url.host, why);
  }
  if (url.port !== "" && url.port !== "8443" && !policy.simulator && !policy.listed?.length)
    throw forbidden(url.host, `port ${url.port} is not 443 or 8443`);
}

/** null when the address may be reached; else the reason, as half a sentence. */
export function whyForbidden(address: string, policy: AddressPolicy): string | null {
  const family = isIP(address);
  if (family === 0) return `${address} is not an address`;
  const type = family === 6 ? "ipv6" : "ipv4";
  if (isListed(address, policy)) return null;
  if (loopback(address)) return policy.simulator ? null : "it is a loopback address";
  if (
    type === "ipv4" ? SPECIAL.check(address, "ipv4") : !GLOBAL6.check(address, "ipv6") || SPECIAL.check(address, "ipv6")
  )
    return "it is a private, link-local or otherwise special address";
  return null;
}

/** A connection by TCP for what is no HTTP, under the same policy. Throws address.forbidden, or the error of the connection. */
export async function connectTo(
  to: { readonly host: string; readonly port: number },
  policy: AddressPolicy,
  timeoutMs: number,
): Promise<Socket> {
  const found = isIP(to.host) ? [{ address: to.host }] : await resolveAll(to.host, { all: true });
  const why = found.map((one) => whyForbidden(one.address, policy)).find((one) => one !== null);
  if (why || found.length === 0) throw forbidden(to.host, why ?? "it has no address");
  return new Promise((resolve, reject) => {
    const socket = connectSocket({ host: found[0]!.address, port: to.port, timeout: timeoutMs });
    socket.once("error", reject);
    socket.once("timeout", () => socket.destroy(new Error(`${to.host}:${to.port} does not answer`)));
    socket.once("connect", () => {
      socket.off("error", reject);
      socket.removeAllListeners("timeout").setTimeout(0);
      resolve(socket);
    });
  });
}

/** Whether the request of this error certainly never left: its connection was not made. */
export function wasNotSent(error: unknown): boolean {
  for (let one = error, depth = 0; one instanceof Error && depth < 5; one = one.cause, depth++) {
    if (notConnected.has(one) || NOT_SENT.has((one as NodeJS.ErrnoException).code ?? "")) return true;
  }
  return false;
}

const NOT_SENT = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "UND_ERR_CONNECT_TIMEOUT"]);
const notConnected = new WeakSet<Error>();

function guardedConnector(policy: AddressPolicy, timeout: number): buildConnector.connector {
  const connect = buildConnector({
    allowH2: false,
    timeout,
    lookup: (hostname, options, callback) => {
      lookup(hostname, { ...options, all: true }, (error, found) => {
        if (error) return callback(error, "");
        const why = found.map((one) => whyForbidden(one.address, policy)).find((one) => one !== null);
        // One forbidden address among several is a trick: refuse the name, not the address.
        if (why || found.length === 0)
          return callback(forbidden(hostname, why ?? "it has no address") as NodeJS.ErrnoException, "");
        if (options.all) return callback(null, found);
        return callback(null, found[0]!.address, found[0]!.family);
      });
    },
  });
  return (options, callback) => {
    const fail = (error: Error): void => {
      notConnected.add(error);
      callback(error, null);
    };
    const literal = literalAddress(options.hostname);
    const why = literal === null ? null : whyForbidden(literal, policy);
    if (why) return queueMicrotask(() => fail(forbidden(options.hostname, why)));
    return connect(options, (...[error, socket]) => {
      if (error) return fail(error);
      // What was checked must be what was reached, however it was reached.
      const reached = whyForbidden(socket.remoteAddress ?? "", policy);
      if (reached) {
        socket.destroy();
        return fail(forbidden(options.hostname, reached));
      }
      return callback(null, socket);
    });
  };
}

function forbidden(host: string, why: string): WinstonError {
  return new WinstonError(
    "address.forbidden",
    `Winston does not connect to ${host}: ${why}. Use a public https address, or let an administrator list the range.`,
  );
}

function literalAddress(hostname: string): string | null {
  const bare = hostname.startsWith("[") ? hostname.slice(1, -1) : hostname;
  return isIP(bare) ? bare : null;
}

function loopback(address: string): boolean {
  return LOOPBACK.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");
}

const isListed = (address: string, { listed }: AddressPolicy): boolean =>
  listed !== undefined &&
  listed.length > 0 &&
  listedRanges(listed).check(address, isIP(address) === 6 ? "ipv6" : "ipv4");

const listedCache = new WeakMap<readonly string[], BlockList>();

function listedRanges(list: readonly string[]): BlockList {
  let ranges = listedCache.get(list);
  if (!ranges) {
    ranges = blockList(list);
    listedCache.set(list, ranges);
  }
  return ranges;
}

function blockList(list: readonly string[]): BlockList {
  const ranges = new BlockList();
  for (const entry of list) {
    const [net, bits] = entry.split("/") as [string, string | undefined];
    const family = isIP(net);
    if (family === 0)
      throw new WinstonError("usage.wrong", `"${entry}" is not a range of addresses; write it like "10.20.0.0/16".`);
    ranges.addSubnet(
      net,
      bits === undefined ? (family === 6 ? 128 : 32) : Number(bits),
      family === 6 ? "ipv6" : "ipv4",
    );
  }
  return ranges;
}

const LOOPBACK = blockList(["127.0.0.0/8", "::1/128"]);
/** IPv6 addresses of the open Internet lie in here (IANA); what embeds IPv4 or is special is taken out by SPECIAL. */
const GLOBAL6 = blockList(["2000::/3"]);
/** IANA's special-purpose registries (RFC 6890 and later entries), with multicast, 6to4, Teredo and documentation. */
const SPECIAL = blockList([
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.88.99.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/4",
  "240.0.0.0/4",
  "2001::/23",
  "2001:db8::/32",
  "2002::/16",
  "3fff::/20",
]);
