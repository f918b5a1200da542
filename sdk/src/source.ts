// A source of records, read one by one, and left at once when there is no more use in it.

export type Records<T extends object> = Iterable<T> | AsyncIterable<T>;

/**
 * Gives all that a source holds to `take`, one after the other, until `signal` is aborted or `take` answers false; the source is closed
 * then. One that is waited for just then is not waited for any longer. Throws what the source throws, and a TypeError for what is none.
 */
export async function readAll<T>(
  source: unknown,
  of: { readonly name: string; readonly signal: AbortSignal },
  take: (one: T) => Promise<boolean>,
): Promise<void> {
  const { signal } = of;
  const iterator = iteratorOf<T>(source, of.name);
  let leave = (): void => {};
  const stop = (): void => leave();
  signal.addEventListener("abort", stop, { once: true });
  let reading = false;
  let ended = false;
  try {
    while (!signal.aborted) {
      reading = true;
      const next = iterator.next();
      const one = isPromise(next)
        ? await new Promise<IteratorResult<T> | undefined>((resolve, reject) => {
            leave = () => resolve(undefined);
            next.then(resolve, reject);
          })
        : next;
      if (one === undefined) return;
      reading = false;
      ended = one.done === true;
      // An iterable may hold promises of records.
      if (ended || !(await take(await one.value))) return;
    }
  } catch (error) {
    ended = reading;
    throw error;
  } finally {
    signal.removeEventListener("abort", stop);
    if (!ended) {
      const closed = Promise.resolve()
        .then(() => iterator.return?.())
        .catch(() => {}); // It is left for another reason, which is the one to be told.
      // A generator that waits closes when what it waits for has come.
      if (!reading) await closed;
    }
  }
}

const isPromise = <T>(value: T | PromiseLike<T>): value is PromiseLike<T> =>
  typeof (value as { then?: unknown } | null)?.then === "function";

interface Reader<T> {
  next(): IteratorResult<T | PromiseLike<T>> | PromiseLike<IteratorResult<T>>;
  return?(): unknown;
}

function iteratorOf<T>(source: unknown, name: string): Reader<T> {
  const one = source as Partial<AsyncIterable<T> & Iterable<T>> | null | undefined;
  if (typeof one === "object" && one !== null) {
    const found = one[Symbol.asyncIterator]?.() ?? one[Symbol.iterator]?.();
    if (found) return found;
  }
  const got =
    one === null
      ? "null"
      : typeof (one as { then?: unknown } | undefined)?.then === "function"
        ? "a promise; await it first"
        : `a value of type ${typeof one}`;
  throw new TypeError(`client.${name} takes an array, an iterable or an async iterable of records; it got ${got}.`);
}
