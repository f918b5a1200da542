// People who work while processes die: they make and edit things at both vendors and by Winston's API, and note what each side acknowledged.
import { setTimeout as sleep } from "node:timers/promises";
import { type ApiError, type Client, ConnectionError, TimeoutError, WinstonError } from "../../sdk/src/index.ts";
import { pick, type Random, seededRandom } from "../../src/base/random.ts";
import { emailOf, type Kind, TAG, TEXTS as FIELDS } from "../simulation/vendors.ts";
import { ASK_HISTORY, type Journal } from "./journal.ts";
import { STREAMS, type VendorName, type VendorSide } from "./sides.ts";

const KINDS: readonly Kind[] = ["person", "account", "deal"];
/** Share of acts that make a thing; the others edit one. */
const MAKES = 0.08;
const API_USERS = 6;
/** A user at a vendor acts so often, in milliseconds, give or take half. */
const VENDOR_EVERY_MS = 120;
const API_EVERY_MS = 150;
/** So often somebody presses the button that syncs. */
const SYNC_EVERY_MS = 2_000;

type Records = Client["leads"] | Client["contacts"] | Client["accounts"] | Client["deals"];

/** One try of an edit by the API that was answered with success. */
export interface Acknowledged {
  readonly startedAt: number;
  readonly at: number;
}

export class Load {
  readonly #journal: Journal;
  readonly #vendors: readonly VendorSide[];
  readonly #client: Client;
  readonly #random: Random;
  readonly #known = new Map<string, { readonly kind: Kind; readonly records: Records; readonly id: string }>();
  readonly #stopping = new AbortController();
  readonly #loops: Promise<void>[] = [];
  /** Answers of the API that no kill explains: each in words. */
  readonly refused: string[] = [];
  /** Is told of each edit by the API that came through, with its last try. */
  onAcknowledged: (one: Acknowledged) => void = () => {};
  /** The longest that one edit by the API took with all its tries, in milliseconds. */
  longestMs = 0;

  constructor(parts: { journal: Journal; vendors: readonly VendorSide[]; client: Client; seed: number }) {
    this.#journal = parts.journal;
    this.#vendors = parts.vendors;
    this.#client = parts.client;
    this.#random = seededRandom(parts.seed);
  }

  /** What stands at the vendors before Winston comes. */
  async furnish(things: number): Promise<void> {
    for (let index = 0; index < things; index++)
      await this.#makeThere(pick(this.#random, this.#vendors), pick(this.#random, KINDS));
  }

  begin(): void {
    for (const vendor of this.#vendors) this.#loops.push(this.#loop(VENDOR_EVERY_MS, () => this.#actThere(vendor)));
    for (let user = 0; user < API_USERS; user++) this.#loops.push(this.#loop(API_EVERY_MS, () => this.#actHere()));
    this.#loops.push(this.#loop(2_000, () => this.#look()));
    for (const { name } of this.#vendors) this.#loops.push(this.#loop(SYNC_EVERY_MS, () => this.#sync(name)));
  }

  /** No more acts begin; resolves when each that began has its answer. */
  async end(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#loops);
  }

  async #loop(everyMs: number, act: () => Promise<unknown>): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await act();
      await sleep(everyMs * (0.5 + this.#random.float()), undefined, { signal }).catch(() => {});
    }
  }

  async #actThere(vendor: VendorSide): Promise<void> {
    const kind = pick(this.#random, KINDS);
    if (this.#random.float() < MAKES) return this.#makeThere(vendor, kind);
    const tag = this.#anything(kind);
    if (tag === undefined) return;
    const fields = this.#written(kind, 1);
    const before = await vendor.act("edit", { kind, tag, fields });
    // null: it has not arrived there yet.
    if (before) this.#journal.edited({ thing: tag, site: vendor.name }, fields, before, Date.now());
  }

  async #makeThere(vendor: VendorSide, kind: Kind): Promise<void> {
    const tag = this.#journal.tag(kind);
    const fields = this.#written(kind, FIELDS[kind].length);
    await vendor.act("add", { kind, tag, fields });
    this.#journal.made({ tag, kind, madeAt: vendor.name }, fields, Date.now());
  }

  async #actHere(): Promise<void> {
    const kind = pick(this.#random, KINDS);
    if (this.#random.float() < MAKES) {
      const tag = this.#journal.tag(kind);
      const fields = this.#written(kind, FIELDS[kind].length);
      const made = await this.#untilAnswered((idempotencyKey) =>
        this.#resource(kind).create({ ...basics(kind, tag), ...fields }, { idempotencyKey, maxRetries: 0 }),
      );
      if (made) this.#journal.made({ tag, kind, madeAt: "winston" }, fields, Date.now());
      return;
    }
    const tags = [...this.#known].filter(([, one]) => one.kind === kind).map(([tag]) => tag);
    if (tags.length === 0) return;
    const tag = pick(this.#random, tags);
    const { records, id } = this.#known.get(tag)!;
    const fields = this.#written(kind, 1);
    const done = await this.#untilAnswered((idempotencyKey) =>
      records.update(id, fields, { idempotencyKey, maxRetries: 0 }),
    );
    if (done) this.#journal.edited({ thing: tag, site: "winston" }, fields, ASK_HISTORY, Date.now());
  }

  /** Sends one request again under one key until it is answered, as a careful program does. false: it was refused. */
  async #untilAnswered(send: (idempotencyKey: string) => Promise<unknown>): Promise<boolean> {
    const key = `crash-${this.#journal.tag("deal")}-${this.#random.float()}`;
    const begunAt = performance.now();
    for (;;) {
      const startedAt = performance.now();
      try {
        await send(key);
        const at = performance.now();
        this.longestMs = Math.max(this.longestMs, at - begunAt);
        this.onAcknowledged({ startedAt, at });
        return true;
      } catch (thrown) {
        if (!mayComeThrough(thrown)) {
          this.refused.push(`the API refused a user: ${(thrown as Error).message}`);
          return false;
        }
        await sleep(100 + this.#random.float() * 200);
      }
    }
  }

  /** What the API lists: how its users find what they edit. */
  async #look(): Promise<void> {
    const { leads, contacts, accounts, deals } = this.#client;
    const updatedSince = new Date(Date.now() - 30_000);
    try {
      for (const [kind, records] of [
        ["person", leads],
        ["person", contacts],
        ["account", accounts],
        ["deal", deals],
      ] as const)
        for await (const one of records.list({ updatedSince }, { maxRetries: 0 }) as AsyncIterable<Named>)
          this.#known.set(String(one[TAG[kind][0] as "name"]), { kind, records, id: one.id });
    } catch (thrown) {
      if (!mayComeThrough(thrown)) throw thrown;
    }
  }

  async #sync(connection: VendorName): Promise<void> {
    try {
      for (const stream of STREAMS[connection])
        await this.#client.connections.sync(connection, { stream }, { maxRetries: 0 });
    } catch (thrown) {
      if (!mayComeThrough(thrown)) throw thrown;
    }
  }

  #anything(kind: Kind): string | undefined {
    const tags = [...this.#journal.things.values()].filter((one) => one.kind === kind);
    return tags.length === 0 ? undefined : pick(this.#random, tags).tag;
  }

  #written(kind: Kind, count: number): Record<string, string> {
    const start = Math.floor(this.#random.float() * FIELDS[kind].length);
    return Object.fromEntries(
      Array.from({ length: count }, (_, index) => {
        const [field] = FIELDS[kind][(start + index) % FIELDS[kind].length]!;
        return [field, this.#journal.value(field)];
      }),
    );
  }

  #resource(kind: Kind): Client["leads"] | Client["accounts"] | Client["deals"] {
    return { person: this.#client.leads, account: this.#client.accounts, deal: this.#client.deals }[kind];
  }
}

interface Named {
  readonly id: string;
  readonly name: string | null;
}

/** What a new thing needs besides the fields that people edit. */
function basics(kind: Kind, tag: string): Record<string, string> {
  if (kind === "person") return { lastName: tag, company: `Firm ${tag}`, email: emailOf(tag) };
  if (kind === "account") return { name: tag, website: `https://${tag.toLowerCase()}.example.com` };
  return { name: tag, stage: "Prospecting", closeDate: "2026-12-31" };
}

/** Whether the same request may be answered later: Winston is away, or the first of these requests is still under way. */
function mayComeThrough(thrown: unknown): boolean {
  if (thrown instanceof ConnectionError || thrown instanceof TimeoutError) return true;
  const { status } = thrown as Partial<ApiError>;
  return thrown instanceof WinstonError && status !== undefined && (status >= 500 || status === 409 || status === 429);
}
