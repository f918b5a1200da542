// The parts of pg-copy-streams that the benches use; it brings no types of its own.
declare module "pg-copy-streams" {
  import type { Submittable } from "pg";
  import type { Readable, Writable } from "node:stream";

  /** A stream into `COPY ... FROM STDIN`. */
  export function from(statement: string): Writable & Submittable;
  /** A stream out of `COPY ... TO STDOUT`. */
  export function to(statement: string): Readable & Submittable;
}
