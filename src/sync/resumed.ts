// Going on where an earlier run stood, also where the vendor does not know that place any more.
import { isError } from "../base/errors.ts";
import type { Json } from "../base/json.ts";
import type { Page } from "../connector/contract.ts";

/**
 * Pages from where an earlier run stood. Where the vendor refuses that place, which died, it is told, and all that this run is to read is
 * read again: what is known already costs a comparison.
 */
export async function* resumed(
  from: Json,
  pages: (cursor: Json) => AsyncIterable<Page>,
  died: (why: string) => void,
): AsyncGenerator<Page> {
  if (from !== null) {
    let begun = false;
    try {
      for await (const page of pages(from)) {
        begun = true;
        yield page;
      }
      return;
    } catch (thrown) {
      if (begun || !isError(thrown, "vendor.refused")) throw thrown;
      died(thrown.message);
    }
  }
  yield* pages(null);
}
