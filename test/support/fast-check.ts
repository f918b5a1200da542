// fast-check with one seed for all properties: a test that was green is green again on the same source. `WINSTON_SEED=random` (or a number) tries others.
import fc from "fast-check";

const given = process.env["WINSTON_SEED"];

if (given !== "random") {
  const seed = Number(given ?? 1);
  if (!Number.isInteger(seed)) throw new Error(`WINSTON_SEED is "random" or a whole number, not "${given}".`);
  fc.configureGlobal({ ...fc.readConfigureGlobal(), seed });
}

export { fc };
