// What the runtime needs from the rest of the house, as ports: the vault keeps grants, the store keeps budgets and exchanges.
import type { ExchangeReading, Grant } from "./api.ts";

/** Whose share of a budget a call spends. The reserve of a limit is kept for the first two. */
export type Lane = "interactive" | "realtime" | "batch" | "audit" | (string & {});

/** Grants of one connection. */
export interface CredentialPort {
  /** The grant in hand; null before the first one. */
  current(): Promise<Grant | null>;
  /**
   * A grant newer than `stale`. Single-flight over all processes: where somebody renewed meanwhile, theirs is returned.
   * Throws credential.expired when the vendor refuses for good.
   */
  renew(stale: Grant | null): Promise<Grant>;
}

/** The requests of one connection, by limit class. */
export interface BudgetPort {
  /** Waits for room and takes one request. Throws vendor.budget_spent when the vendor said that its long window is used up. */
  spend(limitClass: string, lane: Lane, signal: AbortSignal | undefined): Promise<void>;
  /** The vendor's own count, which is the truth. */
  observe(usage: NonNullable<ExchangeReading["usage"]>): void;
  /** The vendor refused for rate: go slower, and send nothing for `retryAfterMs`. `spent`: its long window is used up. */
  slowDown(limitClass: string, retryAfterMs?: number, spent?: boolean): void;
  /** A request of this class was answered, by an error or well. */
  answered(limitClass: string, isError: boolean): void;
}

/** Whether something may be changed at the vendor, asked right before a request that may do so is sent: whatever it waited for before. */
export interface LeavePort {
  /** Throws what ends the call. */
  ask(): Promise<void>;
  /** One was answered. */
  begun(): void;
}

/** One try as it went over the wire. The path carries no query: queries may hold values of records. */
export interface Exchange {
  /** The limit that it spent from. */
  readonly class: string;
  readonly method: string;
  readonly path: string;
  /** null when no status line arrived. */
  readonly status: number | null;
  readonly ms: number;
  readonly requestBytes: number;
  /** Bytes of the body as received; for a stream, -1. */
  readonly responseBytes: number;
  readonly error?: string;
}

export interface ExchangePort {
  record(exchange: Exchange): void;
}
