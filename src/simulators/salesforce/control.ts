// /__winston/: the dials by HTTP, so that another process, a script or a person with curl can turn them. These requests
// are not the vendor's API: they need no sign-in, count nothing and are not in the log.
import type { Clock } from "../../base/clock.ts";
import { VirtualClock } from "../../base/clock.ts";
import { OrgRefusal, type Data, type Manner, type NewUser } from "./data.ts";
import type { FaultRule } from "../shared/dials.ts";
import type { DialSettings } from "./dials.ts";
import { Refusal, json, parseBody, type VendorRequest, type VendorResponse } from "./exchange.ts";
import type { Credentials } from "./found.ts";
import type { Conversion } from "./leads.ts";
import type { Org } from "./org.ts";
import type { CustomFieldRequest, Field, Value } from "./schema.ts";

export interface Controlled {
  readonly org: Org;
  readonly data: Data;
  readonly clock: Clock;
  readonly credentials: Credentials;
}

type Body = Record<string, unknown>;

/** Answers a control request; 400 with `{error}` for what makes no sense, 404 with the list of controls. */
export function control(sim: Controlled, request: VendorRequest): VendorResponse {
  try {
    const found = run(sim, request);
    return found === undefined
      ? json(404, { error: `There is no control ${request.method} ${request.path}.`, controls: CONTROLS })
      : json(200, found);
  } catch (thrown) {
    const vendor = thrown instanceof OrgRefusal || thrown instanceof Refusal ? { errors: thrown.errors } : {};
    return json(400, { error: (thrown as Error).message, ...vendor });
  }
}

const CONTROLS = [
  "GET / (address, credentials, counts)",
  "GET|PATCH /dials",
  "POST|DELETE /faults",
  "GET|DELETE /log[?mutating=true]",
  "GET /counts",
  "GET|POST /rows/{object}, GET|PATCH|DELETE /rows/{object}/{id}, POST /rows/{object}/{id}/undelete",
  "POST /load/{object} {rows}",
  "POST /fields/{object}, PATCH /fields/{object}/{name}",
  "POST /users, /convert, /merge, /lock, /query, /bin/empty, /sessions/expire, /tokens/revoke, /locators/expire, /lead-map",
  "GET|POST /clock {advanceMs} (a virtual clock)",
];

function run(sim: Controlled, request: VendorRequest): unknown {
  const { org, data } = sim;
  const { settings } = org.dials;
  const path = request.path.split("/").filter(Boolean).slice(1).map(decodeURIComponent);
  const [area, one, two, three] = path;
  const body = (): Body => (request.body === "" ? {} : (parseBody(request.body) as Body));
  const manner = (given: Body): Manner => ({
    ...(typeof given["by"] === "string" ? { by: given["by"] } : {}),
    ...(typeof given["lateMs"] === "number" ? { lateMs: given["lateMs"] } : {}),
    ...(typeof given["at"] === "number" ? { at: given["at"] } : {}),
  });
  switch (`${request.method} ${area ?? ""}`) {
    case "GET ":
      return { url: org.url, organizationId: org.orgId, credentials: sim.credentials, counts: data.counts() };
    case "GET dials":
      return settings;
    case "PATCH dials":
    case "PUT dials":
      org.dials.set(body() as Partial<DialSettings>);
      return settings;
    case "POST faults":
      org.dials.failNext(body() as unknown as FaultRule);
      return { armed: true };
    case "DELETE faults":
      org.dials.clearFaults();
      return { armed: false };
    case "GET log": {
      const wanted = request.query.get("mutating");
      const entries = org.log.entries.filter((entry) => wanted === null || String(entry.mutating) === wanted);
      return { counts: org.log.counts, entries };
    }
    case "DELETE log":
      org.log.clear();
      return { cleared: true };
    case "GET counts":
      return data.counts();
    case "GET rows":
      if (one === undefined) return undefined;
      if (two !== undefined) return data.get(one, two) ?? { error: "no such row" };
      return data.list(one, { deleted: request.query.get("deleted") === "true" });
    case "POST rows": {
      if (one === undefined) return undefined;
      const given = body();
      if (two !== undefined && three === "undelete") data.undelete(two, manner(given));
      else return { id: data.add(one, given["values"] as Body, manner(given)) };
      return { id: two };
    }
    case "PATCH rows": {
      if (one === undefined || two === undefined) return undefined;
      const given = body();
      data.edit(one, two, given["values"] as Body, manner(given));
      return { id: two };
    }
    case "DELETE rows":
      if (two === undefined) return undefined;
      data.delete(two, manner(body()));
      return { id: two };
    case "POST load":
      return one === undefined ? undefined : { ids: data.load(one, body()["rows"] as Record<string, Value>[]) };
    case "POST fields":
      if (one === undefined) return undefined;
      data.addCustomField(one, body() as unknown as CustomFieldRequest);
      return { added: true };
    case "PATCH fields":
      if (one === undefined || two === undefined) return undefined;
      data.changeField(one, two, body() as Partial<Field>);
      return { changed: true };
    case "POST users": {
      const given = body();
      return { id: data.addUser(given as unknown as NewUser, manner(given)) };
    }
    case "POST convert": {
      const given = body();
      return data.convertLead(given as unknown as Conversion, manner(given));
    }
    case "POST merge": {
      const given = body();
      const losers = given["loserIds"] as string[];
      data.merge(String(given["object"]), String(given["masterId"]), losers, given["values"] as Body, manner(given));
      return { id: given["masterId"] };
    }
    case "POST lock": {
      const { id, ms } = body();
      data.lockRow(String(id), Number(ms ?? 10_000));
      return { id };
    }
    case "POST query":
      return data.query(String(body()["soql"]));
    case "POST bin":
      data.emptyBin(typeof body()["object"] === "string" ? String(body()["object"]) : undefined);
      return { emptied: true };
    case "POST sessions":
      data.expireSessions();
      return { expired: true };
    case "POST tokens":
      data.revokeRefreshTokens();
      return { revoked: true };
    case "POST locators":
      data.expireLocators();
      return { expired: true };
    case "POST lead-map": {
      const { from, to } = body();
      data.mapLeadField(String(from), String(to));
      return { mapped: true };
    }
    case "GET clock":
      return { now: sim.clock.now() };
    case "POST clock": {
      if (!(sim.clock instanceof VirtualClock))
        throw new Error("The clock is the real one; start with --clock to move it.");
      sim.clock.advance(Number(body()["advanceMs"] ?? 0));
      return { now: sim.clock.now() };
    }
    default:
      return undefined;
  }
}
