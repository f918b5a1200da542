// /__winston/: the dials by HTTP, so that another process, a script or a person with curl can turn them. These requests
// are not the vendor's API: they need no sign-in, count nothing and are not in the log.
import type { Clock } from "../../base/clock.ts";
import { VirtualClock } from "../../base/clock.ts";
import type { FaultRule } from "../shared/dials.ts";
import { json, said, type VendorRequest, type VendorResponse } from "../shared/exchange.ts";
import { parseObject } from "./body.ts";
import type { Data, Manner, NewOwner } from "./data.ts";
import type { DialSettings } from "./dials.ts";
import type { Credentials } from "./found.ts";
import type { Portal } from "./portal.ts";
import type { Property } from "./properties.ts";
import { Refusal } from "./refusal.ts";
import type { Given } from "./writes.ts";

export interface Controlled {
  readonly portal: Portal;
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
    const vendor = thrown instanceof Refusal ? { category: thrown.category, ...thrown.extras } : {};
    return json(400, { error: (thrown as Error).message, ...vendor });
  }
}

const CONTROLS = [
  "GET / (address, credentials, counts)",
  "GET|PATCH /dials",
  "POST|DELETE /faults",
  "GET|DELETE /log[?mutating=true]",
  "GET /counts",
  "GET|POST /rows/{object}, GET|PATCH|DELETE /rows/{object}/{id}, POST /rows/{object}/{id}/restore",
  "POST /load/{object} {rows}",
  "POST /merge, /privacy-delete, /associate, /dissociate, /index",
  "POST /properties/{object}, PATCH /properties/{object}/{name}",
  "GET|POST /owners, POST /owners/{id}/deactivate, /owners/{id}/activate",
  "POST /labels, POST /pipelines/{object}, DELETE /pipelines/{object}/{id}",
  "POST /tokens/expire, /tokens/revoke, /tokens/code",
  "GET|POST /clock {advanceMs} (a virtual clock)",
];

function run(sim: Controlled, request: VendorRequest): unknown {
  const { portal, data } = sim;
  const { settings } = portal.dials;
  const path = request.path.split("/").filter(Boolean).slice(1).map(decodeURIComponent);
  const [area, one, two, three] = path;
  const given: Body = request.body === "" ? {} : parseObject(request.body);
  const text = (name: string): string => said(given[name]);
  const manner: Manner = {
    ...(given["source"] === "IMPORT" ? { source: "IMPORT" } : {}),
    ...(typeof given["lateMs"] === "number" ? { lateMs: given["lateMs"] } : {}),
    ...(typeof given["at"] === "number" ? { at: given["at"] } : {}),
  };
  switch (`${request.method} ${area ?? ""}`) {
    case "GET ":
      return { url: portal.url, portalId: portal.portalId, credentials: sim.credentials, counts: data.counts() };
    case "GET dials":
      return settings;
    case "PATCH dials":
    case "PUT dials":
      portal.dials.set(given as Partial<DialSettings>);
      return settings;
    case "POST faults":
      portal.dials.failNext(given as unknown as FaultRule);
      return { armed: true };
    case "DELETE faults":
      portal.dials.clearFaults();
      return { armed: false };
    case "GET log": {
      const wanted = request.query.get("mutating");
      const entries = portal.log.entries.filter((entry) => wanted === null || String(entry.mutating) === wanted);
      return { counts: portal.log.counts, entries };
    }
    case "DELETE log":
      portal.log.clear();
      return { cleared: true };
    case "GET counts":
      return data.counts();
    case "GET rows":
      if (one === undefined) return undefined;
      if (two !== undefined) return data.get(one, two) ?? { error: "no such record" };
      return data.list(one, { archived: request.query.get("archived") === "true" });
    case "POST rows":
      if (one === undefined) return undefined;
      if (two === undefined) return { id: data.add(one, given["values"] as Given, manner) };
      if (three !== "restore") return undefined;
      data.restore(one, two, manner);
      return { id: two };
    case "PATCH rows":
      if (one === undefined || two === undefined) return undefined;
      data.edit(one, two, given["values"] as Given, manner);
      return { id: two };
    case "DELETE rows":
      if (one === undefined || two === undefined) return undefined;
      data.archive(one, two, manner);
      return { id: two };
    case "POST load":
      return one === undefined ? undefined : { ids: data.load(one, given["rows"] as Record<string, string>[]) };
    case "POST merge":
      return { id: data.merge(text("object"), text("primaryId"), text("otherId"), manner) };
    case "POST privacy-delete":
      data.privacyDelete(text("id"));
      return { id: text("id") };
    case "POST associate": {
      const label = typeof given["label"] === "string" ? given["label"] : undefined;
      data.associate(text("object"), text("id"), text("other"), text("otherId"), label, manner);
      return { associated: true };
    }
    case "POST dissociate":
      data.dissociate(text("object"), text("id"), text("other"), text("otherId"), manner);
      return { associated: false };
    case "POST index":
      data.indexNow();
      return { indexed: true };
    case "POST properties":
      if (one === undefined) return undefined;
      data.addProperty(one, given);
      return { added: true };
    case "PATCH properties":
      if (one === undefined || two === undefined) return undefined;
      data.changeProperty(one, two, given as Partial<Property>);
      return { changed: true };
    case "GET owners":
      return data.owners();
    case "POST owners":
      if (one === undefined) return { id: data.addOwner(given as unknown as NewOwner, manner) };
      if (two === "deactivate") data.deactivateOwner(one);
      else if (two === "activate") data.activateOwner(one);
      else return undefined;
      return { id: one };
    case "POST labels": {
      const inverse = typeof given["inverseLabel"] === "string" ? given["inverseLabel"] : text("label");
      data.addLabel(text("object"), text("other"), text("label"), inverse);
      return { added: true };
    }
    case "POST pipelines":
      return one === undefined ? undefined : { id: data.addPipeline(one, given) };
    case "DELETE pipelines":
      if (one === undefined || two === undefined) return undefined;
      data.removePipeline(one, two);
      return { id: two };
    case "POST tokens":
      if (one === "expire") data.expireTokens();
      else if (one === "revoke") data.revokeRefreshTokens();
      else return one === "code" ? { code: data.authorizationCode() } : undefined;
      return { [one]: true };
    case "GET clock":
      return { now: sim.clock.now() };
    case "POST clock": {
      if (!(sim.clock instanceof VirtualClock))
        throw new Error("The clock is the real one; start with --clock to move it.");
      sim.clock.advance(Number(given["advanceMs"] ?? 0));
      return { now: sim.clock.now() };
    }
    default:
      return undefined;
  }
}
