// Loaded before a world (node --import): changes one place of the engine as it is read, so that a world shows whether anybody notices.
import { strict as assert } from "node:assert";
import { registerHooks } from "node:module";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { MUTANTS } from "./mutants.ts";

const name = process.env["WINSTON_MUTANT"];
const mutant = MUTANTS.find((one) => one.name === name);
assert(mutant, `there is no mutant ${name}`);
const files = new Map(mutant.changes.map((one) => [join(import.meta.dirname, "../../src", one.file), one]));

registerHooks({
  load(url, context, next) {
    const loaded = next(url, context);
    const change = url.startsWith("file:") ? files.get(fileURLToPath(url)) : undefined;
    if (!change) return loaded;
    const { source: read } = loaded;
    const source = typeof read === "string" ? read : Buffer.from(read as Uint8Array).toString();
    const parts = source.split(change.find);
    assert(parts.length === 2, `mutant ${name}: "${change.find}" stands ${parts.length - 1} times in ${change.file}`);
    return { ...loaded, source: parts.join(change.replace) };
  },
});
