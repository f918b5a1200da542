// What a person is asked about: parked records, conflicts, duplicates, plans, brakes, frozen fields, quarantines.
import type { Listing } from "./listing.ts";
import { MUCH_TIMEOUT_MS, part, Resource } from "./resource.ts";
import type { Paging } from "./resource.ts";
import type {
  Parked,
  Conflict,
  Duplicate,
  Plan,
  PlanChange,
  Brake,
  FrozenField,
  Quarantine,
  Schemas,
} from "./schemas.ts";
import { pause } from "./transport.ts";
import type { CallOptions } from "./transport.ts";

export class ParkedResource extends Resource {
  list(query: { connection?: string; limit?: number; cursor?: string } = {}, options?: CallOptions): Listing<Parked> {
    return this.listing("/api/parked", query, options);
  }

  /** Tries parked ones again: all, those of a connection or stream, or one. */
  retry(which: Schemas["RetryParked"] = {}, options?: CallOptions): Promise<Schemas["Retried"]> {
    return this.ask({ method: "POST", path: "/api/parked/retry", body: which }, options);
  }
}

export class ConflictResource extends Resource {
  /** Newest first; with `open` only those that wait for a person. */
  list(
    query: { entityId?: string; open?: boolean; limit?: number; cursor?: string } = {},
    options?: CallOptions,
  ): Listing<Conflict> {
    return this.listing("/api/conflicts", query, options);
  }

  /** One of them. Throws NotFoundError. */
  get(id: string, options?: CallOptions): Promise<Conflict> {
    return this.ask({ method: "GET", path: `/api/conflicts/${part(id)}` }, options);
  }

  /**
   * Decides an open one, for Winston's value, the record's or another `value`; of a decided one, puts the losing value back. Throws
   * ConflictError where the field was edited since, unless `force` is said.
   */
  take(id: string, what: Schemas["ConflictTaking"] = {}, options?: CallOptions): Promise<Conflict> {
    return this.ask({ method: "POST", path: `/api/conflicts/${part(id)}/take`, body: what }, options);
  }

  /** The same for up to 2,000 at once: what cannot be taken is refused alone, with why. */
  takeMany(
    ids: readonly string[],
    what: Schemas["ConflictTaking"] = {},
    options?: CallOptions,
  ): Promise<Schemas["ConflictsTaken"]> {
    return this.ask({ method: "POST", path: "/api/conflicts/take", body: { ids, ...what } }, options);
  }
}

export class DuplicateResource extends Resource {
  /** Pairs that may be one thing, oldest first; those nobody has decided when no state is asked for. */
  list(
    query: { state?: Duplicate["state"]; limit?: number; cursor?: string } = {},
    options?: CallOptions,
  ): Listing<Duplicate> {
    return this.listing("/api/duplicates", query, options);
  }

  /** One of them, whatever was decided. Throws NotFoundError. */
  get(id: string, options?: CallOptions): Promise<Duplicate> {
    return this.ask({ method: "GET", path: `/api/duplicates/${part(id)}` }, options);
  }

  /** `same` makes them one, `different` ends the question. Throws ConflictError where both live at one connection: merge them there. */
  decide(id: string, decision: Schemas["DuplicateDecision"]["decision"], options?: CallOptions): Promise<Duplicate> {
    return this.ask({ method: "POST", path: `/api/duplicates/${part(id)}`, body: { decision } }, options);
  }

  /** Merges the two at every vendor where both live, and makes the pair one. Throws ConflictError where that cannot be: its words say what to do. */
  merge(
    id: string,
    which: Schemas["DuplicateMergeInput"] = {},
    options?: CallOptions,
  ): Promise<Schemas["DuplicateMerge"]> {
    return this.ask({ method: "POST", path: `/api/duplicates/${part(id)}/merge`, body: which }, options);
  }
}

export class PlanResource extends Resource {
  /** Plans, newest first. */
  list(query: Paging = {}, options?: CallOptions): Listing<Plan> {
    return this.listing("/api/plans", { ...query }, options);
  }

  /** Begins to compute what a sync would write. Nothing is written anywhere. `ready` waits for it. */
  create(ask: Schemas["PlanInput"] = {}, options?: CallOptions): Promise<Plan> {
    return this.ask({ method: "POST", path: "/api/plans", body: ask }, options);
  }

  /** Begins to compute a plan that puts back what a run, an applied plan, or a time wrote. Throws ConflictError where history does not reach back so far. */
  undo(what: Schemas["Undoing"], options?: CallOptions): Promise<Plan> {
    return this.ask({ method: "POST", path: "/api/undo", body: what }, options);
  }

  /** Throws NotFoundError. */
  get(id: string, options?: CallOptions): Promise<Plan> {
    return this.ask({ method: "GET", path: `/api/plans/${part(id)}` }, options);
  }

  /** The lines of a plan, page by page as they are needed: `for await (const change of client.plans.changes(id))`. */
  changes(
    id: string,
    query: { class?: PlanChange["class"]; state?: PlanChange["state"] } & Paging = {},
    options?: CallOptions,
  ): Listing<PlanChange> {
    return this.listing(`/api/plans/${part(id)}/changes`, { ...query }, options);
  }

  /** Begins to write what the plan says, and nothing else. Throws ConflictError where it may not be, or with `strict` would not be the same any more. */
  apply(id: string, how: Schemas["PlanApplication"] = {}, options?: CallOptions): Promise<Plan> {
    return this.ask(
      { method: "POST", path: `/api/plans/${part(id)}/apply`, body: how },
      { timeoutMs: MUCH_TIMEOUT_MS, ...options },
    );
  }

  /** The plan when it is computed (ready or failed), or when it is applied. Asks every half second; give a `signal` to end earlier. */
  async settled(id: string, options: CallOptions = {}): Promise<Plan> {
    for (;;) {
      const plan = await this.get(id, options);
      if (plan.state !== "computing" && plan.state !== "applying") return plan;
      await pause(500, options.signal);
    }
  }
}

export class BrakeResource extends Resource {
  /** Newest first; with `on` only those that wait for a person. */
  list(query: { on?: boolean; limit?: number; cursor?: string } = {}, options?: CallOptions): Listing<Brake> {
    return this.listing("/api/brakes", query, options);
  }

  /** One of them, with examples. Throws NotFoundError. */
  get(id: string, options?: CallOptions): Promise<Brake> {
    return this.ask({ method: "GET", path: `/api/brakes/${part(id)}` }, options);
  }

  /** It was meant: what waits is carried out. Throws ConflictError where somebody decided already. */
  release(id: string, options?: CallOptions): Promise<Brake> {
    return this.ask({ method: "POST", path: `/api/brakes/${part(id)}/release` }, options);
  }

  /** It was a mistake: what was lost is put back where it was lost, also what had gone before it was stopped. Throws ConflictError. */
  restore(id: string, options?: CallOptions): Promise<Brake> {
    return this.ask({ method: "POST", path: `/api/brakes/${part(id)}/restore` }, options);
  }
}

export class FrozenResource extends Resource {
  /** Newest first; with `on` only those that are frozen now. */
  list(query: { on?: boolean; limit?: number; cursor?: string } = {}, options?: CallOptions): Listing<FrozenField> {
    return this.listing("/api/frozen", query, options);
  }

  /** One of them, with both who set it. Throws NotFoundError. */
  get(id: string, options?: CallOptions): Promise<FrozenField> {
    return this.ask({ method: "GET", path: `/api/frozen/${part(id)}` }, options);
  }

  /** The field is taken and written again. Throws ConflictError where it was released already. */
  release(id: string, options?: CallOptions): Promise<FrozenField> {
    return this.ask({ method: "POST", path: `/api/frozen/${part(id)}/release` }, options);
  }
}

export class QuarantineResource extends Resource {
  /** Connections that are only read, and what each waits for; none while all is well. */
  async list(options?: CallOptions): Promise<readonly Quarantine[]> {
    return (await this.ask<Schemas["QuarantineList"]>({ method: "GET", path: "/api/quarantines" }, options)).data;
  }

  /** Says that the database was restored: every connection is only read until all is known again. */
  async begin(how: Schemas["QuarantineInput"] = {}, options?: CallOptions): Promise<readonly Quarantine[]> {
    const answer = await this.ask<Schemas["QuarantineList"]>(
      { method: "POST", path: "/api/quarantines", body: how },
      options,
    );
    return answer.data;
  }

  /** Lets a connection write again; returns what is still only read. Throws ConflictError while not all is known there, unless forced. */
  async release(
    connection: string,
    how: Schemas["QuarantineRelease"] = {},
    options?: CallOptions,
  ): Promise<readonly Quarantine[]> {
    const path = `/api/quarantines/${part(connection)}/release`;
    return (await this.ask<Schemas["QuarantineList"]>({ method: "POST", path, body: how }, options)).data;
  }
}
