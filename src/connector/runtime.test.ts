import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { systemClock, type Clock } from "../base/clock.ts";
import { isError, type WinstonError } from "../base/errors.ts";
import type { JsonObject } from "../base/json.ts";
import { silentLog } from "../base/log.ts";
import { seededRandom } from "../base/random.ts";
import type { Answer, Grant } from "./api.ts";
import { memoryBudget } from "./budget.ts";
import { createAgent, publicAddresses, simulatorAddresses, type AddressPolicy } from "./egress.ts";
import type { BudgetPort, Exchange } from "./ports.ts";
import { createApi, decide, type ApiParts } from "./runtime.ts";

type Handler = (request: IncomingMessage & { text: string }, response: ServerResponse, count: number) => void;

/** A vendor of a few lines: `handler` answers, `seen` is what arrived. */
async function createVendor(handler: Handler) {
  const seen: { method: string; url: string; headers: IncomingMessage["headers"]; text: string }[] = [];
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const text = Buffer.concat(chunks).toString();
      seen.push({ method: request.method!, url: request.url!, headers: request.headers, text });
      handler(Object.assign(request, { text }), response, seen.length);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    seen,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Sleeps take no time, and are listed; the long ones (time-outs) never end by themselves. */
function hurriedClock(): Clock & { slept: number[] } {
  const slept: number[] = [];
  return {
    slept,
    now: () => systemClock.now(),
    sleep: (ms, signal) => {
      if (ms < 100_000) {
        slept.push(ms);
        return Promise.resolve();
      }
      return systemClock.sleep(ms, signal);
    },
  };
}

function createClient(base: string, over: Partial<ApiParts> & { classify?: ApiParts["connector"]["classify"] } = {}) {
  const exchanges: Exchange[] = [];
  const renewals: (Grant | null)[] = [];
  const agent = createAgent(over.addresses ?? simulatorAddresses);
  const api = createApi({
    connector: {
      key: "tern",
      title: "Tern CRM",
      auth: {
        secrets: [],
        obtain: async () => ({}),
        headers: (grant) => ({ authorization: `Bearer ${grant["token"] as string}` }),
      },
      baseUrl: () => base,
      limits: [{ class: "main", requests: 1_000, perMs: 1_000 }],
      classify: over.classify ?? (() => ({})),
    },
    settings: {} satisfies JsonObject,
    credentials: {
      current: async () => ({ token: "old" }),
      renew: async (stale) => {
        renewals.push(stale);
        return { token: "new" };
      },
    },
    budget: { spend: async () => {}, observe: () => {}, slowDown: () => {}, answered: () => {} },
    exchanges: { record: (exchange) => exchanges.push(exchange) },
    clock: hurriedClock(),
    random: seededRandom(1),
    agent,
    addresses: simulatorAddresses,
    lane: "batch",
    log: silentLog,
    ...over,
  });
  return { api, exchanges, renewals, [Symbol.asyncDispose]: () => agent.destroy() };
}

const json = (response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void => {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify(body));
};

async function codeOf(promise: Promise<unknown>): Promise<WinstonError> {
  try {
    await promise;
  } catch (error) {
    if (isError(error)) return error;
    throw error;
  }
  throw new Error("it did not throw");
}

test("a call carries the credentials, the query and the body, and is recorded without its query", async () => {
  await using vendor = await createVendor((_request, response) => json(response, 200, { ok: true }));
  await using client = createClient(vendor.url);
  const body = await client.api.post("/things", { name: "é" }, { query: { q: "a b&c", absent: undefined } });
  assert.deepEqual(body, { ok: true });
  assert.equal(vendor.seen[0]!.url, "/things?q=a+b%26c");
  assert.equal(vendor.seen[0]!.headers.authorization, "Bearer old");
  assert.equal(vendor.seen[0]!.text, '{"name":"é"}');
  assert.deepEqual(
    client.exchanges.map(({ class: limit, method, path, status, requestBytes, responseBytes }) => [
      limit,
      method,
      path,
      status,
      requestBytes,
      responseBytes,
    ]),
    [["main", "POST", "/things", 200, 13, 11]],
  );
});

test("a refused token is renewed once and the call repeated once, whatever its method", async () => {
  await using vendor = await createVendor((request, response) =>
    request.headers.authorization === "Bearer new" ? json(response, 200, 1) : json(response, 401, []),
  );
  await using client = createClient(vendor.url);
  assert.equal(await client.api.post("/things", {}), 1);
  assert.deepEqual(client.renewals, [{ token: "old" }]);
  assert.equal(vendor.seen.length, 2);
});

test("a vendor that refuses every token is asked twice and not for ever", async () => {
  await using vendor = await createVendor((_request, response) => json(response, 401, []));
  await using client = createClient(vendor.url);
  assert.equal((await codeOf(client.api.get("/things"))).code, "credential.expired");
  assert.equal(vendor.seen.length, 2);
});

test("a read that meets 503 is tried four times in all, with growing room to wait", async () => {
  const clock = hurriedClock();
  await using vendor = await createVendor((_request, response, count) =>
    count < 4 ? json(response, 503, []) : json(response, 200, "here"),
  );
  await using client = createClient(vendor.url, { clock, random: { ...seededRandom(1), float: () => 0.5 } });
  assert.equal(await client.api.get("/things"), "here");
  assert.deepEqual(clock.slept, [500, 1_000, 2_000]);
});

test("a read that meets 503 for ever ends as unavailable after four tries", async () => {
  await using vendor = await createVendor((_request, response) => json(response, 503, []));
  await using client = createClient(vendor.url);
  assert.equal((await codeOf(client.api.get("/things"))).code, "vendor.unavailable");
  assert.equal(vendor.seen.length, 4);
});

test("a write that met 502, or no answer at all, is never sent again: its outcome is unknown", async () => {
  await using vendor = await createVendor((request, response) =>
    request.url === "/gone" ? response.destroy() : json(response, 502, "bad gateway"),
  );
  await using client = createClient(vendor.url);
  assert.equal((await codeOf(client.api.post("/things", {}))).code, "vendor.unknown_outcome");
  assert.equal((await codeOf(client.api.patch("/gone", {}))).code, "vendor.unknown_outcome");
  assert.equal(vendor.seen.length, 2);
});

test("a write whose connection was refused was not sent, so it is tried again and ends as unavailable", async () => {
  let url: string;
  {
    await using vendor = await createVendor(() => {});
    ({ url } = vendor);
  }
  await using client = createClient(url);
  assert.equal((await codeOf(client.api.post("/things", {}))).code, "vendor.unavailable");
  assert.equal(client.exchanges.length, 4);
  assert.equal(client.exchanges[0]!.status, null);
  assert.equal(client.exchanges[0]!.error, "ECONNREFUSED");
});

test("a write refused for rate is sent again after the time the vendor asked for, and the budget hears of it", async () => {
  const clock = hurriedClock();
  const slowed: (number | undefined)[] = [];
  await using vendor = await createVendor((_request, response, count) =>
    count === 1 ? json(response, 429, {}, { "retry-after": "7" }) : json(response, 200, { ok: true }),
  );
  const budget: BudgetPort = {
    spend: async () => {},
    observe: () => {},
    slowDown: (_class, ms) => void slowed.push(ms),
    answered: () => {},
  };
  await using client = createClient(vendor.url, { clock, budget });
  assert.deepEqual(await client.api.post("/things", {}), { ok: true });
  assert.deepEqual(clock.slept, [7_000]);
  assert.deepEqual(slowed, [7_000]);
});

test("a vendor that asks for an hour gets it from the queue and not from a waiting worker", async () => {
  await using vendor = await createVendor((_request, response) => json(response, 429, {}, { "retry-after": "3600" }));
  await using client = createClient(vendor.url);
  const error = await codeOf(client.api.get("/things"));
  assert.equal(error.code, "vendor.rate_limited");
  assert.equal(error.retryAfterMs, 3_600_000);
  assert.equal(vendor.seen.length, 1);
});

test("a refusal hidden in a 200 is heard, and usage goes to the budget", async () => {
  const told: unknown[] = [];
  await using vendor = await createVendor((_request, response) => json(response, 200, { error: "day over" }));
  await using client = createClient(vendor.url, {
    budget: {
      spend: async () => {},
      observe: (usage) => void told.push(usage),
      slowDown: () => {},
      answered: () => {},
    },
    classify: ({ status }) => ({
      usage: [{ class: "main", used: 10, allowed: 10 }],
      refusal: { kind: "daily", vendor: { status, code: "DAY", message: "day over", fields: [] } },
    }),
  });
  const error = await codeOf(client.api.get("/things"));
  assert.equal(error.code, "vendor.budget_spent");
  assert.equal(error.vendor?.code, "DAY");
  assert.deepEqual(told, [[{ class: "main", used: 10, allowed: 10 }]]);
});

test("an answer that is cut short, a web page, empty or not JSON is never taken for data", async () => {
  await using vendor = await createVendor((request, response) => {
    if (request.url === "/short") {
      response.writeHead(200, { "content-type": "application/json", "content-length": "100" });
      response.write("[1,2");
      setImmediate(() => response.destroy());
    } else if (request.url === "/page") {
      response.writeHead(200, { "content-type": "text/html" });
      response.end("<html>Maintenance</html>");
    } else if (request.url === "/disguised") {
      response.writeHead(200, { "content-type": "application/json" });
      response.end("<!DOCTYPE html><p>Sign in");
    } else if (request.url === "/empty") {
      response.writeHead(200, { "content-type": "application/json" });
      response.end();
    } else {
      response.writeHead(200, { "content-type": "application/json" });
      response.end(request.url === "/bytes" ? Buffer.from([0x22, 0xff, 0x22]) : '{"a":1');
    }
  });
  await using client = createClient(vendor.url);
  for (const path of ["/page", "/disguised", "/empty", "/half", "/bytes"]) {
    const error = await codeOf(client.api.get(path));
    assert.equal(error.code, "vendor.bad_answer", path);
  }
  assert.equal(vendor.seen.length, 5);
  assert.equal((await codeOf(client.api.get("/short"))).code, "vendor.bad_answer");
  assert.equal(vendor.seen.length, 9);
  assert.equal((await codeOf(client.api.post("/half", {}))).code, "vendor.unknown_outcome");
});

test("an answer larger than allowed is dropped, packed or not", async () => {
  await using vendor = await createVendor((request, response) => {
    const body = JSON.stringify("x".repeat(5_000));
    const packed = request.url === "/packed";
    response.writeHead(200, packed ? { "content-encoding": "gzip" } : {});
    response.end(packed ? gzipSync(body) : body);
  });
  await using client = createClient(vendor.url, { responseBytesMax: 4_000 });
  for (const path of ["/plain", "/packed"]) {
    const error = await codeOf(client.api.get(path));
    assert.equal(error.code, "vendor.bad_answer");
    assert.match(error.message, /larger than 4000 bytes/u);
  }
});

test("a packed answer is unpacked, and a number too long for a double keeps its digits", async () => {
  await using vendor = await createVendor((_request, response) => {
    response.writeHead(200, { "content-type": "application/json", "content-encoding": "gzip" });
    response.end(
      gzipSync('{"id": 9007199254740993, "amount": 0.1, "big": 1234567890123456.789, "text": "9007199254740993"}'),
    );
  });
  await using client = createClient(vendor.url);
  assert.deepEqual(await client.api.get("/things"), {
    id: "9007199254740993",
    amount: 0.1,
    big: "1234567890123456.789",
    text: "9007199254740993",
  });
});

test("a vendor that never answers is given up after the time-out; a read is tried again, a write is unknown", async () => {
  await using vendor = await createVendor(() => {});
  const clock: Clock = {
    now: () => systemClock.now(),
    sleep: (ms, signal) => systemClock.sleep(ms === 120 ? 120 : 0, signal),
  };
  await using client = createClient(vendor.url, { clock });
  assert.equal((await codeOf(client.api.get("/things", { timeoutMs: 120 }))).code, "vendor.unavailable");
  assert.equal(vendor.seen.length, 4);
  assert.equal((await codeOf(client.api.post("/things", {}, { timeoutMs: 120 }))).code, "vendor.unknown_outcome");
});

test("stopping ends a read with its reason at once, and tells a write that its outcome is unknown", async () => {
  const stop = new AbortController();
  await using vendor = await createVendor((_request, _response, count) => {
    if (count === 2) stop.abort(new Error("stopping"));
  });
  await using client = createClient(vendor.url);
  const read = client.api.get("/things", { signal: stop.signal });
  const write = codeOf(client.api.post("/things", {}, { signal: stop.signal }));
  await assert.rejects(read, /stopping/u);
  assert.equal((await write).code, "vendor.unknown_outcome");
  await assert.rejects(client.api.get("/things", { signal: stop.signal }), /stopping/u);
  assert.equal(vendor.seen.length, 2);
});

test("a redirect is not followed, and an absolute address elsewhere never gets the credentials", async () => {
  await using other = await createVendor((_request, response) => json(response, 200, "secrets"));
  await using vendor = await createVendor((_request, response) => {
    response.writeHead(302, { location: `${other.url}/take` });
    response.end();
  });
  await using client = createClient(vendor.url);
  const redirect = await codeOf(client.api.get("/things"));
  assert.equal(redirect.code, "vendor.refused");
  assert.match(redirect.message, /redirect to .*not followed/u);
  assert.equal((await codeOf(client.api.get(`${other.url}/take`))).code, "address.forbidden");
  assert.equal(other.seen.length, 0);
  const error = await codeOf(client.api.get(`${vendor.url}/things`));
  assert.equal(error.code, "vendor.refused");
});

test("a stream is handed over as it comes, and says so when it breaks off", async () => {
  await using vendor = await createVendor((request, response) => {
    response.writeHead(200, { "content-type": "text/csv", "content-encoding": "gzip" });
    const packed = gzipSync("a,b\n".repeat(2_000));
    if (request.url === "/whole") return void response.end(packed);
    response.write(packed.subarray(0, packed.length - 12));
    return void setImmediate(() => response.destroy());
  });
  await using client = createClient(vendor.url);
  const read = async (path: string): Promise<number> => {
    const answer: Answer<AsyncIterable<Uint8Array>> = await client.api.call({ method: "GET", path, as: "stream" });
    let bytes = 0;
    for await (const chunk of answer.body) bytes += chunk.length;
    return bytes;
  };
  assert.equal(await read("/whole"), 8_000);
  assert.equal((await codeOf(read("/cut"))).code, "vendor.bad_answer");
});

test("at most the declared number of calls is under way at one time", async () => {
  let open = 0;
  let most = 0;
  await using vendor = await createVendor((_request, response) => {
    most = Math.max(most, ++open);
    setTimeout(() => {
      open -= 1;
      json(response, 200, 1);
    }, 5);
  });
  await using client = createClient(vendor.url);
  const connector = {
    key: "tern",
    title: "Tern CRM",
    auth: { secrets: [], obtain: async () => ({}), headers: () => ({}) },
    baseUrl: () => vendor.url,
    limits: [{ class: "main", requests: 1, perMs: 1, concurrent: 2 }],
    classify: () => ({}),
  };
  const api = createApi({ ...partsOf(client, vendor.url), connector });
  await Promise.all(Array.from({ length: 9 }, () => api.get("/things")));
  assert.equal(most, 2);
});

function partsOf(_client: unknown, base: string): ApiParts {
  return {
    connector: {
      key: "",
      title: "",
      auth: { secrets: [], obtain: async () => ({}), headers: () => ({}) },
      baseUrl: () => base,
      limits: [],
      classify: () => ({}),
    },
    settings: {},
    credentials: { current: async () => ({}), renew: async () => ({}) },
    budget: memoryBudget([], systemClock),
    exchanges: { record: () => {} },
    clock: systemClock,
    random: seededRandom(1),
    agent: createAgent(simulatorAddresses),
    addresses: simulatorAddresses,
    lane: "batch",
    log: silentLog,
  };
}

test("a connection that is no simulator reaches neither loopback nor plain http", async () => {
  await using vendor = await createVendor((_request, response) => json(response, 200, 1));
  await using client = createClient(vendor.url, { addresses: publicAddresses });
  assert.equal((await codeOf(client.api.get("/things"))).code, "address.forbidden");
  assert.equal(vendor.seen.length, 0);
});

test("the agent itself refuses a name that resolves to loopback, and the call is not repeated", async () => {
  await using vendor = await createVendor((_request, response) => json(response, 200, 1));
  const { port } = new URL(vendor.url);
  // The URL looks harmless to `addresses`; the agent under a stricter policy resolves it and sees where it leads.
  const strict: AddressPolicy = publicAddresses;
  await using client = createClient(`http://localhost:${port}`, { agent: createAgent(strict) });
  const error = await codeOf(client.api.get("/things"));
  assert.equal(error.code, "address.forbidden");
  assert.match(error.message, /localhost: it is a loopback address/u);
  assert.equal(vendor.seen.length, 0);
  assert.equal(client.exchanges.length, 1);
});

test("what follows a failure is decided by whether it was sent and whether it may be repeated", () => {
  const base = { tries: 1, renewed: false, chance: 0.5 };
  const lost = { state: "broken", how: "connection", why: "", cause: null } as const;
  const next = (input: Parameters<typeof decide>[0]): string => {
    const decision = decide(input);
    return decision.next === "throw" ? decision.code : decision.next;
  };
  assert.equal(next({ ...base, failure: { ...lost, sent: false }, repeatable: false }), "retry");
  assert.equal(next({ ...base, failure: { ...lost, sent: true }, repeatable: true }), "retry");
  assert.equal(next({ ...base, failure: { ...lost, sent: true }, repeatable: false }), "vendor.unknown_outcome");
  assert.equal(next({ ...base, tries: 4, failure: { ...lost, sent: false }, repeatable: true }), "vendor.unavailable");
});

test("a call counts for every limit that its own counts for, and a spent day stops all that count for it", async () => {
  await using vendor = await createVendor((_request, response, count) => json(response, count === 1 ? 200 : 429, {}));
  const heard: string[] = [];
  const budget: BudgetPort = {
    spend: async (limitClass) => void heard.push(`spend ${limitClass}`),
    observe: () => {},
    slowDown: (limitClass, ms) => heard.push(`slow ${limitClass} ${ms}`),
    answered: (limitClass, isError) => heard.push(`${isError ? "error" : "well"} ${limitClass}`),
  };
  const vendorWords = { status: 429, code: "day", message: "", fields: [] };
  await using client = createClient(vendor.url, {
    budget,
    connector: {
      key: "tern",
      title: "Tern CRM",
      auth: { secrets: [], obtain: async () => ({}), headers: () => ({}) },
      baseUrl: () => vendor.url,
      limits: [
        { class: "search", requests: 5, perMs: 1_000, also: ["day"] },
        { class: "day", requests: 1_000, perMs: 86_400_000 },
      ],
      classify: ({ status }) =>
        status === 429 ? { refusal: { kind: "daily", vendor: vendorWords, retryAfterMs: 9 } } : {},
    },
  });
  await client.api.get("/a", { class: "search" });
  assert.equal((await codeOf(client.api.get("/b", { class: "search" }))).code, "vendor.budget_spent");
  const spent = ["spend day", "spend search"];
  assert.deepEqual(heard, [...spent, "well day", "well search", ...spent, "error day", "error search", "slow day 9"]);
});

test("leave is asked before each request that may change something, whatever it waited for; refused, nothing is sent", async () => {
  await using vendor = await createVendor((request, response, count) =>
    count === 2 ? json(response, 429, {}) : json(response, 200, { at: request.url }),
  );
  const asked: string[] = [];
  let refuses = false;
  const leave = {
    ask: async () => {
      asked.push("ask");
      if (refuses) throw new Error("withheld");
    },
    begun: () => void asked.push("begun"),
  };
  await using client = createClient(vendor.url, { leave });
  await client.api.get("/a");
  assert.deepEqual(asked, [], "reading is not asked about");
  await client.api.post("/b", {});
  assert.deepEqual(asked, ["ask", "ask", "begun"], "a try after a refusal for rate is asked about again");
  refuses = true;
  const sent = vendor.seen.length;
  await assert.rejects(client.api.post("/c", {}), /withheld/u);
  assert.equal(vendor.seen.length, sent);
});

test("leave that ends between two tries of a call that may have been carried out is told as an unknown outcome", async () => {
  let refuses = false;
  await using vendor = await createVendor((_, response) => {
    refuses = true;
    json(response, 503, {});
  });
  const leave = {
    ask: async () => {
      if (refuses) throw new Error("withheld");
    },
    begun: () => {},
  };
  await using client = createClient(vendor.url, { leave });
  const error = await codeOf(client.api.post("/b", {}, { repeatable: true }));
  assert.deepEqual([error.code, vendor.seen.length], ["vendor.unknown_outcome", 1]);
});
