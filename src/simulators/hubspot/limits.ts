// How much a portal may be asked: rolling ten seconds per app, a day for private apps, five searches a second.
import type { VendorResponse } from "../shared/exchange.ts";
import type { Portal } from "./portal.ts";
import { Refusal } from "./refusal.ts";

const WINDOW_MS = 10_000;

export type App = "oauth" | "private";

/** Counts one call, or refuses with 429. Searches have a window of their own, for the whole account. */
export function spend(portal: Portal, app: App, isSearch: boolean): void {
  const now = portal.clock.now();
  const { settings } = portal.dials;
  const day = dayOf(portal);
  const today = portal.calls.byDay.get(day) ?? 0;
  if (app === "private" && today >= settings.dailyCap) throw tooMany("DAILY", "daily");
  if (isSearch) {
    const recent = within(portal.calls.searches, now - 1_000);
    if (recent.length >= settings.searchesPerSecond) throw tooMany("SECONDLY", "secondly");
    recent.push(now);
  } else {
    const recent = within(portal.calls[app], now - WINDOW_MS);
    if (recent.length >= windowMax(portal, app)) throw tooMany("TEN_SECONDLY_ROLLING", "ten_secondly_rolling");
    recent.push(now);
  }
  if (app === "private") {
    portal.calls.byDay.clear();
    portal.calls.byDay.set(day, today + 1);
  }
}

/** What every answer but a search's says about what is left; daily figures only for private apps. */
export function withUsage(portal: Portal, app: App, isSearch: boolean, response: VendorResponse): VendorResponse {
  if (isSearch) return response;
  const now = portal.clock.now();
  const max = windowMax(portal, app);
  const { dailyCap } = portal.dials.settings;
  const secondly = Math.ceil(max / 10);
  const today = portal.calls.byDay.get(dayOf(portal)) ?? 0;
  const recent = portal.calls[app].filter((at) => at > now - WINDOW_MS);
  const lastSecond = recent.filter((at) => at > now - 1_000).length;
  return {
    ...response,
    headers: {
      ...response.headers,
      "x-hubspot-ratelimit-max": String(max),
      "x-hubspot-ratelimit-remaining": String(Math.max(0, max - recent.length)),
      "x-hubspot-ratelimit-interval-milliseconds": String(WINDOW_MS),
      "x-hubspot-ratelimit-secondly": String(secondly),
      "x-hubspot-ratelimit-secondly-remaining": String(Math.max(0, secondly - lastSecond)),
      ...(app === "private"
        ? {
            "x-hubspot-ratelimit-daily": String(dailyCap),
            "x-hubspot-ratelimit-daily-remaining": String(Math.max(0, dailyCap - today)),
          }
        : {}),
    },
  };
}

const windowMax = (portal: Portal, app: App): number =>
  app === "oauth" ? portal.dials.settings.oauthCallsPer10s : portal.dials.settings.privateCallsPer10s;

/** The day it is in the account's zone: the allowance begins anew at midnight there. */
function dayOf({ clock, dials }: Portal): string {
  const { timeZone } = dials.settings;
  const format = formats.get(timeZone) ?? new Intl.DateTimeFormat("en-CA", { timeZone });
  formats.set(timeZone, format);
  return format.format(clock.now());
}

/** Made once for each zone: making one takes as long as the rest of a request. */
const formats = new Map<string, Intl.DateTimeFormat>();

/** Drops, in place, the times up to `oldest`. */
function within(times: number[], oldest: number): number[] {
  const first = times.findIndex((at) => at > oldest);
  times.splice(0, first === -1 ? times.length : first);
  return times;
}

const tooMany = (policyName: string, words: string): Refusal =>
  new Refusal(429, "", `You have reached your ${words} limit.`, {
    more: { errorType: "RATE_LIMIT", policyName, groupName: "publicapi:crm" },
  });
