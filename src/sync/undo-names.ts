// What a caller names of an undo: a thing, by Winston's id or the caller's own, and a field.
import { WinstonError } from "../base/errors.ts";
import { KINDS } from "../mapping/kinds.ts";
import { nearestInWords } from "../mapping/nearest.ts";
import type { Queries } from "../store/database.ts";
import { readEntities, type EntityRow } from "../store/entity.ts";
import { readFields } from "../store/field.ts";
import { findByIdentity } from "../store/identity.ts";
import { EXTERNAL, identityValue } from "./keys.ts";

const PREFIX = "external:";

/** The thing of this id, or of "external:<the caller's own>". Throws not.found, and request.invalid where several kinds have one. */
export async function thingNamed(db: Queries, named: string): Promise<EntityRow> {
  const own = named.startsWith(PREFIX);
  if (!own && !/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/iu.test(named))
    throw about(
      "/record",
      `${JSON.stringify(named)} is no id of a thing: name it by Winston's id, or as external:<your own id>.`,
    );
  const ids = own ? await knownAs(db, named.slice(PREFIX.length)) : [named];
  if (ids.length > 1)
    throw about(
      "/record",
      `Several things are ${named}: ${ids.join(", ")}. Name the one that is meant by Winston's id.`,
    );
  const [thing] = await readEntities(db, ids);
  if (thing) return thing;
  throw new WinstonError("not.found", `There is no record ${named}; \`winston records list\` shows them.`);
}

async function knownAs(db: Queries, external: string): Promise<string[]> {
  const value = identityValue(EXTERNAL, external);
  if (value === null) return [];
  const ids: string[] = [];
  for (const kind of Object.keys(KINDS))
    ids.push(...(await findByIdentity(db, kind, [{ key: EXTERNAL, value }], null)).map((one) => one.entityId));
  return [...new Set(ids)];
}

/** Throws request.invalid where no thing of the kind, or of any kind, could have had a value of the field. */
export async function refuseUnknownField(db: Queries, field: string, kind: string | undefined): Promise<void> {
  const standard = Object.values(KINDS)
    .filter((one) => kind === undefined || one.key === kind)
    .flatMap((one) => one.fields.map(({ key }) => key));
  const custom = (await readFields(db, kind ?? null)).map((one) => one.key);
  const known = ["externalId", ...standard, ...custom];
  if (known.includes(field)) return;
  throw about(
    "/field",
    `There is no field ${field}${kind === undefined ? "" : ` of kind ${kind}`}${nearestInWords(field, known)}. \`winston fields list\` shows them.`,
  );
}

const about = (pointer: string, message: string): WinstonError =>
  new WinstonError("request.invalid", message, { problems: [{ pointer, code: "unknown", message }] });
