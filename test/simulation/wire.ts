// The network between a worker and the vendors, without sockets: requests and answers wait for their turn, get lost, come late or torn.
import { Dispatcher } from "undici";
import type { VendorRequest, VendorResponse } from "../../src/simulators/shared/exchange.ts";
import type { WorldClock } from "./clock.ts";
import type { Scheduler } from "./scheduler.ts";

/** What happens to one request on its way. `refused`: no connection was made. `lost`: it never arrives. */
export type Fate = { readonly way: "through" | "refused" | "reset-before" | "lost"; readonly latencyMs: number };

export interface WireParts {
  readonly worker: string;
  readonly scheduler: Scheduler;
  readonly clock: WorldClock;
  /** While a world is furnished everything goes through at once. */
  readonly open: () => boolean;
  /** By the host's name. */
  readonly vendors: ReadonlyMap<string, (request: VendorRequest) => VendorResponse>;
  /** The vendor's own time: its servers say it in every answer. */
  readonly now: (vendor: string) => number;
  readonly fate: (vendor: string, request: VendorRequest) => Fate;
  /** Told when a vendor has done what was asked, before the answer is on its way. */
  readonly carriedOut: (vendor: string, request: VendorRequest) => void;
  /** Told what was carried to Winston, whole or in part, and for which request. */
  readonly delivered: (vendor: string, text: string, request: VendorRequest) => void;
}

type Handler = Dispatcher.DispatchHandler;
type Controller = Dispatcher.DispatchController;

export class Wire extends Dispatcher {
  readonly #parts: WireParts;

  constructor(parts: WireParts) {
    super();
    this.#parts = parts;
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Handler): boolean {
    const url = new URL(options.path, String(options.origin));
    const request: VendorRequest = {
      method: options.method,
      path: url.pathname,
      query: url.searchParams,
      headers: options.headers as Record<string, string>,
      body:
        typeof options.body === "string"
          ? options.body
          : options.body
            ? Buffer.from(options.body as Uint8Array).toString()
            : "",
    };
    void this.#carry(url.host, request, handler);
    return true;
  }

  async #carry(vendor: string, request: VendorRequest, handler: Handler): Promise<void> {
    const { worker, scheduler, clock, open, vendors, fate, delivered } = this.#parts;
    let over = false;
    const fail = (error: Error): void => {
      if (over) return;
      over = true;
      handler.onResponseError?.(controller, error);
    };
    const controller = {
      aborted: false,
      paused: false,
      reason: null,
      rawHeaders: null,
      rawTrailers: null,
      pause: () => {},
      resume: () => {},
      abort: (reason: Error) => fail(reason),
    } as unknown as Controller;
    handler.onRequestStart?.(controller, null as never);
    if (over) return;
    const name = `${request.method} ${vendor}${request.path}`;
    const answerOf = (): VendorResponse => vendors.get(vendor)!(request);
    const give = (answer: VendorResponse): void => {
      if (over) return;
      if (answer.cut === "reset") return fail(connectionError("ECONNRESET", "the connection was reset"));
      if (answer.cut === "hang") return;
      const body = Buffer.from(answer.body);
      const whole = answer.cut === undefined;
      const shown = whole ? body : body.subarray(0, Math.floor(body.length / 2));
      delivered(vendor, shown.toString(), request);
      const date = new Date(this.#parts.now(vendor)).toUTCString();
      handler.onResponseStart?.(controller, answer.status, { date, ...answer.headers }, "");
      if (shown.length > 0) handler.onResponseData?.(controller, shown);
      if (!whole) return fail(connectionError("UND_ERR_SOCKET", "other side closed"));
      over = true;
      handler.onResponseEnd?.(controller, {});
    };
    if (open()) {
      await Promise.resolve();
      return give(answerOf());
    }
    const { way, latencyMs } = fate(vendor, request);
    if (way === "lost") return;
    let answer: VendorResponse | undefined;
    await scheduler.op(worker, `${name} ${way === "through" ? "arrives" : way}`, async () => {
      // A request that was given up before it left is not sent.
      if (over) return;
      if (way === "refused") fail(connectionError("ECONNREFUSED", "connect ECONNREFUSED"));
      else if (way === "reset-before") fail(connectionError("ECONNRESET", "the connection was reset"));
      else {
        answer = answerOf();
        this.#parts.carriedOut(vendor, request);
      }
    });
    if (!answer) return;
    await clock.sleepAs(worker, latencyMs);
    await scheduler.op(worker, `${name} is answered ${answer.cut ?? answer.status}`, async () => give(answer!));
  }

  override async close(): Promise<void> {}
  override async destroy(): Promise<void> {}
}

const connectionError = (code: string, message: string): Error => Object.assign(new Error(message), { code });
