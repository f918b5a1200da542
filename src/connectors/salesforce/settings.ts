// What a person may set on a Salesforce connection, with the defaults that suit most.
import { z } from "zod";
import type { Api } from "../../connector/api.ts";

/** The external-id field and the API version end up in paths, so their shape is checked here. */
export const settingsSchema = z.object({
  loginUrl: z
    .url({ protocol: /^https?$/u })
    .transform((url) => url.replace(/\/+$/u, ""))
    .default("https://login.salesforce.com")
    .describe(
      "Where tokens are given: login.salesforce.com, test.salesforce.com or your My Domain (required for client credentials)",
    ),
  apiVersion: z
    .string()
    .regex(/^\d{2,3}\.0$/u, "must look like 66.0")
    .default("66.0")
    .describe("REST API version; checked against the organisation when connecting"),
  externalIdField: z
    .string()
    .regex(/^[A-Za-z]\w{0,39}__c$/u, "must be the API name of a custom field, such as WinstonId__c")
    .default("WinstonId__c")
    .describe("The custom text field that holds Winston's handle"),
  simulator: z.boolean().default(false).describe("The other side is Winston's simulator on this machine"),
  bulkAbove: z
    .number()
    .int()
    .min(0)
    .default(2_000)
    .describe("A first load of more rows than this is read by Bulk API 2.0"),
  duplicateRules: z
    .enum(["obey", "allow"])
    .default("obey")
    .describe("Whether a record that the organisation's duplicate rules object to is saved all the same"),
  assignmentRules: z
    .union([z.enum(["never", "active"]), z.string().regex(/^01Q[A-Za-z\d]{12}(?:[A-Za-z\d]{3})?$/u)], {
      error: "must be never, active or the id of an assignment rule, which begins with 01Q",
    })
    .default("never")
    .describe(
      "Whether assignment rules choose the owner of what Winston writes: never, the active ones, or one by its id",
    ),
});

export type Settings = z.output<typeof settingsSchema>;

/** The settings of a call's connection, with the defaults filled in. */
export function settingsOf(api: Pick<Api, "settings">): Settings {
  return settingsSchema.parse(api.settings);
}

/** A path under the version of the connection: `dataPath(api, "/query")`. */
export function dataPath(api: Pick<Api, "settings">, rest: string): string {
  return `/services/data/v${settingsOf(api).apiVersion}${rest}`;
}
