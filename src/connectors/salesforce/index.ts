// Salesforce. Facts and their sources: docs/connectors/salesforce.md.
import { WinstonError } from "../../base/errors.ts";
import type { Api } from "../../connector/api.ts";
import { defineConnector, type Identity, type StreamDeclaration } from "../../connector/contract.ts";
import { auth } from "./auth.ts";
import { createMany, INGEST } from "./bulk-ingest.ts";
import { describe } from "./describe.ts";
import { classify, DAILY, expected } from "./errors.ts";
import { longId } from "./ids.ts";
import { mappings } from "./mappings.ts";
import { merge } from "./merge.ts";
import { prepare } from "./prepare.ts";
import { count, find, pull, pullDeleted, query, read } from "./records.ts";
import { settingsOf, settingsSchema } from "./settings.ts";
import { OVERLAP_MS, type ObjectFacts } from "./stream.ts";
import { COLLECTION_MAX, create, remove, update } from "./writes.ts";

export const salesforce = defineConnector({
  key: "salesforce",
  title: "Salesforce",
  docs: "https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/",
  badge: "simulated",
  auth,
  reachedAt: "https://login.salesforce.com/services/data",
  // The organisation's own address comes with every token and may change with it.
  baseUrl: (_settings, grant) => (grant["instance_url"] as string).replace(/\/+$/u, ""),
  settings: settingsSchema,
  // Rolling 24 hours for the whole organisation; 15,000 is the least any edition has, and answers tell the true figure.
  limits: [{ class: DAILY, requests: 15_000, perMs: 86_400_000, concurrent: 20, reserve: 0.1 }],
  classify,
  identify,
  streams: {
    user: stream("User", {
      title: "Users",
      kind: "user",
      mapping: mappings.user,
      readOnly: true,
    }),
    // Leads and activities may belong to a queue in place of a user.
    queue: stream("Group", {
      title: "Queues",
      kind: "user",
      mapping: mappings.queue,
      readOnly: true,
      only: "Type = 'Queue'",
    }),
    account: stream("Account", { title: "Accounts", kind: "account", after: ["user"], mapping: mappings.account }),
    campaign: stream("Campaign", { title: "Campaigns", kind: "campaign", after: ["user"], mapping: mappings.campaign }),
    contact: stream("Contact", {
      title: "Contacts",
      kind: "person",
      stage: "contact",
      after: ["user", "account"],
      mapping: mappings.contact,
    }),
    lead: stream("Lead", {
      title: "Leads",
      kind: "person",
      stage: "lead",
      after: ["user", "queue"],
      mapping: mappings.lead,
    }),
    opportunity: stream("Opportunity", {
      title: "Opportunities",
      kind: "deal",
      after: ["user", "account", "campaign"],
      mapping: mappings.opportunity,
    }),
    "contact-role": stream("OpportunityContactRole", {
      title: "Opportunity contact roles",
      kind: "deal-contact",
      after: ["opportunity", "contact"],
      mapping: mappings.opportunityContactRole,
    }),
    task: stream("Task", {
      title: "Tasks",
      kind: "activity",
      takes: { field: "type", values: ["task", "call", "email", "note", null] },
      after: ["user", "queue", "account", "campaign", "contact", "lead", "opportunity"],
      mapping: mappings.task,
    }),
    event: stream("Event", {
      title: "Events",
      kind: "activity",
      takes: { field: "type", values: ["meeting"] },
      after: ["user", "queue", "account", "campaign", "contact", "lead", "opportunity"],
      mapping: mappings.event,
    }),
  },
});

const STREAM_OF: Readonly<Record<string, string>> = {
  User: "user",
  Group: "queue",
  Account: "account",
  Campaign: "campaign",
  Contact: "contact",
  Lead: "lead",
  Opportunity: "opportunity",
  OpportunityContactRole: "contact-role",
  Task: "task",
  Event: "event",
};

/** Of Salesforce's objects only three can be merged, one becomes others, and users are never deleted; of queues nobody tells. */
function stream(
  object: string,
  said: Pick<StreamDeclaration, "title" | "kind" | "stage" | "after" | "takes" | "mapping"> & {
    readOnly?: boolean;
    only?: string;
  },
): StreamDeclaration {
  const { readOnly = false, only, ...rest } = said;
  const facts: ObjectFacts = {
    object,
    bin: object !== "User" && object !== "Group",
    merges: object === "Account" || object === "Contact" || object === "Lead",
    converts: object === "Lead",
    handle: !readOnly,
    activity: object === "Task" || object === "Event",
    ...(only === undefined ? {} : { only }),
  };
  const reading: StreamDeclaration = {
    ...rest,
    precisionMs: 1_000,
    overlapMs: OVERLAP_MS,
    deletions: facts.bin ? "signal" : "none",
    batch: { read: 2_000 },
    describe: (api) => describe(api, object, (target) => STREAM_OF[target]),
    pull: (api, request) => pull(api, facts, request),
    count: (api, signal) => count(api, facts, signal),
    ...(facts.bin ? { pullDeleted: (api, request) => pullDeleted(api, facts, request) } : {}),
    read: (api, request) => read(api, facts, request),
  };
  if (readOnly) return reading;
  return {
    ...reading,
    batch: { read: 2_000, create: COLLECTION_MAX, update: COLLECTION_MAX, delete: COLLECTION_MAX, createMany: INGEST },
    find: (api, request) => find(api, facts, request),
    create: (api, rows, signal) => create(api, facts, rows, signal),
    createMany: (api, rows, signal) => createMany(api, facts, rows, signal),
    // Made, filled and closed; looked at twice, as jobs of this size are; its three lists.
    cost: { createMany: () => 8 },
    update: (api, rows, signal) => update(api, facts, rows, signal),
    delete: (api, ids, signal) => remove(api, ids, signal),
    ...(facts.merges ? { merge: (api, which) => merge(api, facts, which) } : {}),
    prepare: (api) => prepare(api, facts),
  };
}

async function identify(api: Api): Promise<Identity> {
  const { apiVersion, simulator } = settingsOf(api);
  const versions = await api.get<readonly { version: string }[]>("/services/data");
  expected(Array.isArray(versions), "a list of API versions");
  if (!versions.some(({ version }) => version === apiVersion))
    throw new WinstonError(
      "request.invalid",
      `Salesforce does not offer API version ${apiVersion} here; the newest is ${versions.at(-1)?.version ?? "none"}. Set "apiVersion" to one it offers.`,
    );
  const soql = "SELECT Id, Name, IsSandbox FROM Organization";
  for await (const [row] of query(api, "/query", soql)) {
    if (!row) break;
    return {
      id: longId(String(row["Id"])),
      label: String(row["Name"]),
      environment: simulator ? "simulator" : row["IsSandbox"] === true ? "sandbox" : "production",
    };
  }
  throw new WinstonError(
    "vendor.bad_answer",
    "Salesforce does not say which organisation this is. Give Winston's user read access to it.",
  );
}
