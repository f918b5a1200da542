// Loaded before a world (node --import): changes some places of the engine as it is read, so that a world shows whether anybody notices.
import { strict as assert } from "node:assert";
import { registerHooks } from "node:module";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { MUTANTS } from "./mutants.ts";

const name = process.env["WINSTON_MUTANT"];
const mutant = MUTANTS.find((one) => one.name === name);
assert(mutant, `there is no mutant ${name}`);
const changes = Map.groupBy(mutant.changes, (one) => join(import.meta.dirname, "../../src", one.file));

registerHooks({
  load(url, context, next) {
    const loaded = next(url, context);
    const wanted = url.startsWith("file:") ? changes.get(fileURLToPath(url)) : undefined;
    if (!wanted) return loaded;
    const { source: read } = loaded;
    let source = typeof read === "string" ? read : Buffer.from(read as Uint8Array).toString();
    for (const { file, find, replace } of wanted) {
      const parts = source.split(find);
      assert(
        parts.length === 2,
        `mutant "${name}" no longer fits ${file}: ${parts.length - 1} places are ${JSON.stringify(find)}`,
      );
      source = parts.join(replace);
    }
    return { ...loaded, source };
  },
});
