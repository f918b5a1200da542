// Certificates that prove nothing, and servers that speak only what is broken: over real sockets, with certificates made for it.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type ServerOptions } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { systemClock } from "../base/clock.ts";
import { WinstonError } from "../base/errors.ts";
import { silentLog } from "../base/log.ts";
import { seededRandom } from "../base/random.ts";
import { memoryBudget } from "./budget.ts";
import { type AddressPolicy, createAgent } from "./egress.ts";
import { createApi } from "./runtime.ts";

/** An administrator listed this machine; it is no simulator. */
const LISTED: AddressPolicy = { simulator: false, listed: ["127.0.0.0/8", "::1/128"] };

const CASES = [
  { kind: "that has expired", days: -1, host: "localhost", says: /certificate has expired/iu },
  { kind: "of another host", days: 10, host: "other.example", says: /other\.example/iu },
  {
    kind: "that nobody known signed",
    days: 10,
    host: "localhost",
    unknown: true,
    says: /self-signed|unable to (?:get|verify)/iu,
  },
  { kind: "over TLS 1.1", days: 10, host: "localhost", old: true, says: /protocol|alert|version/iu },
] as const satisfies readonly { kind: string; days: number; host: string; unknown?: true; old?: true; says: RegExp }[];

test("a vendor whose certificate or protocol proves nothing is refused before anything is sent, and it is told why", async (t) => {
  if (spawnSync("openssl", ["version"]).status !== 0) return t.skip("only where openssl can make certificates");
  const folder = mkdtempSync(join(tmpdir(), "winston-tls-"));
  const trusted = getCACertificates("default");
  try {
    const authority = makeAuthority(folder, "known");
    const stranger = makeAuthority(folder, "stranger");
    setDefaultCACertificates([...trusted, readFileSync(authority.cert, "utf8")]);
    assert.deepEqual(await ask(makeCertificate(folder, authority, { days: 10, host: "localhost" })), { ok: true });
    for (const one of CASES) {
      const { days, host } = one;
      const keys = makeCertificate(folder, "unknown" in one ? stranger : authority, { days, host });
      const old: ServerOptions = { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" };
      const failed = await ask({ ...keys, ...("old" in one ? old : {}) });
      assert(failed instanceof WinstonError, `a certificate ${one.kind} passed: ${JSON.stringify(failed)}`);
      assert.equal(failed.code, "vendor.unavailable", one.kind);
      assert.match(failed.message, one.says, one.kind);
    }
  } finally {
    setDefaultCACertificates(trusted);
    rmSync(folder, { recursive: true });
  }
});

/** A write to a vendor with these keys: its answer, or what it failed with. Fails the test where a request arrived all the same. */
async function ask(keys: ServerOptions): Promise<unknown> {
  let arrived = 0;
  const server = createServer(keys, (_request, response) => {
    arrived += 1;
    response.writeHead(200, { "content-type": "application/json" }).end('{"ok":true}');
  });
  server.on("tlsClientError", () => {});
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const agent = createAgent(LISTED);
  const api = createApi({
    connector: {
      key: "tern",
      title: "Tern CRM",
      auth: { secrets: [], obtain: async () => ({}), headers: () => ({ authorization: "Bearer secret" }) },
      baseUrl: () => `https://localhost:${(server.address() as AddressInfo).port}`,
      limits: [],
      classify: () => ({}),
    },
    settings: {},
    credentials: { current: async () => ({}), renew: async () => ({}) },
    budget: memoryBudget([], systemClock),
    exchanges: { record: () => {} },
    clock: { now: () => systemClock.now(), sleep: (ms, signal) => systemClock.sleep(ms > 100_000 ? ms : 0, signal) },
    random: seededRandom(1),
    agent,
    addresses: LISTED,
    lane: "batch",
    log: silentLog,
  });
  try {
    return await api.post("/things", {});
  } catch (thrown) {
    assert.equal(arrived, 0);
    return thrown;
  } finally {
    await agent.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

interface Authority {
  readonly cert: string;
  readonly key: string;
}

function makeAuthority(folder: string, name: string): Authority {
  const [cert, key] = [join(folder, `${name}.pem`), join(folder, `${name}.key`)];
  openssl(
    "req",
    "-x509",
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:P-256",
    "-nodes",
    "-days",
    "10",
    "-subj",
    `/CN=${name}`,
    "-keyout",
    key,
    "-out",
    cert,
  );
  return { cert, key };
}

function makeCertificate(
  folder: string,
  by: Authority,
  of: { days: number; host: string },
): { cert: string; key: string } {
  const file = (ending: string): string => join(folder, `leaf.${ending}`);
  openssl(
    "req",
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:P-256",
    "-nodes",
    "-subj",
    `/CN=${of.host}`,
    "-keyout",
    file("key"),
    "-out",
    file("csr"),
  );
  writeFileSync(file("ext"), `subjectAltName=DNS:${of.host}\n`);
  openssl(
    "x509",
    "-req",
    "-in",
    file("csr"),
    "-CA",
    by.cert,
    "-CAkey",
    by.key,
    "-CAcreateserial",
    "-days",
    String(of.days),
    "-extfile",
    file("ext"),
    "-out",
    file("pem"),
  );
  return { cert: readFileSync(file("pem"), "utf8"), key: readFileSync(file("key"), "utf8") };
}

const openssl = (...args: string[]): unknown => execFileSync("openssl", args, { stdio: "pipe" });
