// The org's log of requests, counted by the kind of call.
import { RequestLog } from "../shared/log.ts";

export const newLog = (): RequestLog => new RequestLog(shape);

function shape(path: string): string {
  return path
    .replace(/^\/services\/data\/v[\d.]+/u, "")
    .replaceAll(/\/(?:[a-zA-Z0-9]{18}|[a-zA-Z0-9]{15}|0r8[^/]*)(?=\/|$)/gu, "/{id}")
    .replace(/(__c)\/[^/]+$/u, "$1/{value}");
}
