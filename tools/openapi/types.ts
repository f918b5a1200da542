// OpenAPI to TypeScript types. In a workspace of its own, because the generator needs TypeScript 5.
import openapiTS, { astToString } from "openapi-typescript";

/** The document's types as one TypeScript module: `paths`, `components`, `operations`. */
export async function typesOf(document: object): Promise<string> {
  return astToString(await openapiTS(JSON.stringify(document)));
}
