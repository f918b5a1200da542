// The rows of entities that a step makes: few are inserted when all of them are decided, many are copied while the rest is being decided.
import { copyOfEntities, insertEntities, type NewEntity } from "../store/entity.ts";
import type { Copy } from "../store/copy.ts";
import type { Tx } from "../store/database.ts";
import { copyOfIdentities, insertIdentities, type IdentityRow } from "../store/identity.ts";
import { copyOfLinks, insertLinks, type LinksOf, type LinkWrite } from "../store/link.ts";

/** Entities that are encoded and sent at one go. */
const PART = 125;
/** From so many on COPY is cheaper than INSERT, whose plan is kept. */
const COPY_LEAST = 50;

/** While `busy`, its transaction can send nothing else. It must be disposed of, whether or not it came to its end. */
export class NewRows implements Disposable {
  readonly #tx: Tx;
  readonly #kind: string;
  readonly #of: LinksOf;
  #entities: NewEntity[] = [];
  #identities: IdentityRow[] = [];
  #links: LinkWrite[] = [];
  #copies: { entities: Copy<NewEntity>; identities: Copy<IdentityRow>; links: Copy<LinkWrite> } | undefined;
  #running: Disposable | undefined;

  constructor(tx: Tx, kind: string, of: LinksOf) {
    this.#tx = tx;
    this.#kind = kind;
    this.#of = of;
  }

  /** An entity with its weak keys, and the link to the record it was made of. */
  add(entity: NewEntity, identities: readonly IdentityRow[], link: LinkWrite): void {
    this.#entities.push(entity);
    for (const one of identities) this.#identities.push(one);
    this.#links.push(link);
    if (this.#entities.length === PART) this.#send();
  }

  /** Whether rows are on their way to the database. */
  get busy(): boolean {
    return this.#running !== undefined;
  }

  /** Waits until all rows are written. Throws DecideAgain where somebody else linked one of the records meanwhile. */
  async end(): Promise<void> {
    if (!this.#copies && this.#entities.length < COPY_LEAST) {
      await insertEntities(this.#tx, this.#kind, this.#entities, this.#of.at);
      await insertIdentities(this.#tx, this.#kind, this.#identities);
      await insertLinks(this.#tx, this.#of, this.#links);
      return;
    }
    this.#send();
    const { entities, identities, links } = this.#copies!;
    for (const copy of [entities, identities, links]) {
      copy.start(this.#tx);
      this.#running = copy;
      await copy.end();
      this.#running = undefined;
    }
  }

  [Symbol.dispose](): void {
    this.#running?.[Symbol.dispose]();
  }

  /** The table of entities is written first; what belongs into the others is encoded meanwhile. */
  #send(): void {
    this.#copies ??= {
      entities: copyOfEntities(this.#kind, this.#of.at),
      identities: copyOfIdentities(this.#kind),
      links: copyOfLinks(this.#of),
    };
    const { entities, identities, links } = this.#copies;
    entities.start(this.#tx);
    this.#running = entities;
    entities.add(this.#entities.splice(0));
    identities.add(this.#identities.splice(0));
    links.add(this.#links.splice(0));
  }
}
