// HubSpot. Facts and their sources: docs/connectors/hubspot.md.
import { isZone } from "../../base/day.ts";
import type { Api } from "../../connector/api.ts";
import { dealContactCost, objectCost } from "./cost.ts";
import { defineConnector, type Identity, type StreamDeclaration } from "../../connector/contract.ts";
import { auth } from "./auth.ts";
import {
  createDealContacts,
  describeDealContacts,
  findDealContacts,
  pullDealContacts,
  readDealContacts,
  removeDealContacts,
  TIES_MAX,
  updateDealContacts,
} from "./deal-contacts.ts";
import { describe } from "./describe.ts";
import { CALLS, classify, DAILY, expected, SEARCH } from "./errors.ts";
import { setByPeople } from "./history.ts";
import { mappings, withNewStages, withRoles, withStages } from "./mappings.ts";
import { ownerFields, pullOwners, readOwners } from "./owners.ts";
import { prepare } from "./prepare.ts";
import { BATCH_MAX, count, find, pull, pullDeleted, read } from "./records.ts";
import { pathsOf, settingsOf, settingsSchema, versionEnds } from "./settings.ts";
import { FACTS, OVERLAP_MS, type ObjectFacts } from "./stream.ts";
import { create, merge, remove, update } from "./writes.ts";

export const hubspot = defineConnector({
  key: "hubspot",
  title: "HubSpot",
  docs: "https://developers.hubspot.com/docs/api-reference",
  badge: "simulated",
  auth,
  reachedAt: "https://api.hubapi.com/",
  baseUrl: (settings) => settingsSchema.parse(settings).baseUrl,
  settings: settingsSchema,
  versionEnds,
  limits: [
    // The least that any account has; answers tell the true figures, or that there is no limit for the day (`classify`).
    { class: CALLS, requests: 100, perMs: 10_000, concurrent: 10, also: [DAILY] },
    // Per account, whoever asks, and told by no header.
    { class: SEARCH, requests: 5, perMs: 1_000, concurrent: 2, also: [DAILY] },
    {
      class: DAILY,
      requests: 250_000,
      perMs: 86_400_000,
      reserve: 0.1,
      // It ends at midnight of the account's zone, and of its calls fewer than one in twenty may be errors (Usage guidelines).
      zoneOf: (settings) => settingsOf({ settings }).timeZone,
      errorShareMax: 0.05,
    },
  ],
  classify,
  identify,
  streams: {
    owner: {
      title: "Owners",
      kind: "user",
      mapping: mappings.owner,
      precisionMs: 1,
      overlapMs: 0,
      deletions: "none",
      batch: { read: BATCH_MAX },
      describe: () => Promise.resolve(ownerFields),
      pull: pullOwners,
      read: readOwners,
    },
    company: stream(FACTS.company, {
      title: "Companies",
      kind: "account",
      after: ["owner"],
      mapping: mappings.company,
    }),
    // Leads and contacts are one object here: which of them a person is, each record tells when it is first met.
    contact: stream(FACTS.contact, {
      title: "Contacts",
      kind: "person",
      stageForNew: "lead",
      after: ["owner", "company"],
      mapping: mappings.contact,
    }),
    deal: stream(FACTS.deal, {
      title: "Deals",
      kind: "deal",
      after: ["owner", "company", "contact"],
      mapping: mappings.deal,
      fit: withStages,
      refit: withNewStages,
    }),
    "deal-contact": {
      title: "Deal contacts",
      kind: "deal-contact",
      after: ["deal", "contact"],
      mapping: mappings.dealContact,
      fit: withRoles,
      precisionMs: 1,
      overlapMs: OVERLAP_MS,
      // Pages say which deals they show whole.
      deletions: "signal",
      batch: { read: TIES_MAX, create: TIES_MAX, update: TIES_MAX, delete: TIES_MAX },
      describe: describeDealContacts,
      pull: pullDealContacts,
      read: readDealContacts,
      find: findDealContacts,
      create: createDealContacts,
      update: updateDealContacts,
      delete: removeDealContacts,
      cost: dealContactCost,
    },
  },
});

function stream(
  facts: ObjectFacts,
  said: Pick<StreamDeclaration, "title" | "kind" | "stageForNew" | "after" | "mapping" | "fit" | "refit">,
): StreamDeclaration {
  return {
    ...said,
    precisionMs: 1,
    overlapMs: OVERLAP_MS,
    deletions: "signal",
    batch: { read: BATCH_MAX, create: BATCH_MAX, update: BATCH_MAX, delete: BATCH_MAX },
    describe: (api) => describe(api, facts),
    hidesRequired: true,
    pull: (api, request) => pull(api, facts, request),
    count: (api, signal) => count(api, facts, signal),
    pullDeleted: (api, request) => pullDeleted(api, facts, request),
    setByPeople: (api, request) => setByPeople(api, facts, request),
    read: (api, request) => read(api, facts, request),
    find: (api, request) => find(api, facts, request),
    create: (api, rows, signal) => create(api, facts, rows, signal),
    update: (api, rows, signal) => update(api, facts, rows, signal),
    delete: (api, ids, signal) => remove(api, facts, ids, signal),
    merge: (api, which) => merge(api, facts, which),
    cost: objectCost(facts),
    prepare: (api) => prepare(api, facts),
  };
}

/** Account information guide. Test accounts and sandboxes name themselves. */
async function identify(api: Api): Promise<Identity> {
  const settings = settingsOf(api);
  const account = await api.get<{ portalId?: number | string; accountType?: string; timeZone?: unknown }>(
    pathsOf(settings).account,
  );
  expected(account?.portalId !== undefined && account.portalId !== null, "about an account");
  const id = String(account.portalId);
  const test = /SANDBOX|DEVELOPER/u.test(account.accountType ?? "");
  return {
    id,
    label: `HubSpot account ${id}`,
    environment: settings.simulator ? "simulator" : test ? "sandbox" : "production",
    ...(typeof account.timeZone === "string" && isZone(account.timeZone)
      ? { settings: { timeZone: account.timeZone } }
      : {}),
  };
}
