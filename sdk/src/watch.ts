// What the sync does and did: runs, comparisons, alerts.
import type { Listing } from "./listing.ts";
import { part, Resource } from "./resource.ts";
import type { Run, Comparison, Difference, Alert, AlertChannel, Schemas } from "./schemas.ts";
import type { CallOptions } from "./transport.ts";

export interface RunQuery {
  readonly connection?: string | undefined;
  readonly state?: Run["state"] | undefined;
  readonly since?: Date | string | undefined;
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
}

export class RunResource extends Resource {
  /** Newest first. */
  list(query: RunQuery = {}, options?: CallOptions): Listing<Run> {
    return this.listing("/api/runs", { ...query }, options);
  }

  /** One run, with what it parked by cause. */
  get(id: string, options?: CallOptions): Promise<Run> {
    return this.ask({ method: "GET", path: `/api/runs/${part(id)}` }, options);
  }
}

export class ComparisonResource extends Resource {
  /** Compares streams with their vendors: all, those of a connection, of a key, or one. They run now; `get` tells how each stands. */
  async start(which: Schemas["CompareInput"] = {}, options?: CallOptions): Promise<readonly Comparison[]> {
    const request = { method: "POST", path: "/api/comparisons", body: which } as const;
    return (await this.ask<Schemas["ComparisonList"]>(request, options)).data;
  }

  /** Newest first; with `last` of each stream the newest that has begun. */
  list(
    query: { connection?: string; stream?: string; last?: boolean; limit?: number; cursor?: string } = {},
    options?: CallOptions,
  ): Listing<Comparison> {
    return this.listing("/api/comparisons", query, options);
  }

  /** One of them. Throws NotFoundError. */
  get(id: string, options?: CallOptions): Promise<Comparison> {
    return this.ask({ method: "GET", path: `/api/comparisons/${part(id)}` }, options);
  }

  /** What the last comparison of each stream found, each with its cause. */
  differences(
    query: { connection?: string; stream?: string; cause?: string; limit?: number; cursor?: string } = {},
    options?: CallOptions,
  ): Listing<Difference> {
    return this.listing("/api/differences", query, options);
  }
}

export class AlertResource extends Resource {
  /** Newest first; those that are not over when no state is asked for. */
  list(
    query: { state?: Alert["state"] | "all"; limit?: number; cursor?: string } = {},
    options?: CallOptions,
  ): Listing<Alert> {
    return this.listing("/api/alerts", query, options);
  }

  /** One of them, with what was told of it. Throws NotFoundError. */
  get(id: string, options?: CallOptions): Promise<Alert> {
    return this.ask({ method: "GET", path: `/api/alerts/${part(id)}` }, options);
  }

  /** Says that somebody knows: it is not told again for a day, unless it gets worse. */
  acknowledge(id: string, options?: CallOptions): Promise<Alert> {
    return this.ask({ method: "POST", path: `/api/alerts/${part(id)}/ack` }, options);
  }
}

export class AlertChannelResource extends Resource {
  async list(options?: CallOptions): Promise<readonly AlertChannel[]> {
    return (await this.ask<Schemas["AlertChannelList"]>({ method: "GET", path: "/api/alert-channels" }, options)).data;
  }

  /** The secret of a webhook is in this answer and nowhere else. */
  create(channel: Schemas["AlertChannelInput"], options?: CallOptions): Promise<Schemas["NewAlertChannel"]> {
    return this.ask({ method: "POST", path: "/api/alert-channels", body: channel }, { maxRetries: 0, ...options });
  }

  /** Sends a word that is marked as a test, now. By id or by name. */
  test(id: string, options?: CallOptions): Promise<Schemas["AlertChannelTest"]> {
    return this.ask({ method: "POST", path: `/api/alert-channels/${part(id)}/test` }, options);
  }

  async delete(id: string, options?: CallOptions): Promise<void> {
    await this.ask({ method: "DELETE", path: `/api/alert-channels/${part(id)}` }, options);
  }
}
