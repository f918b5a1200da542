// The pretend Salesforce as commands know it. Its own code is read when it is started.
import { defineSimulator, type People } from "../shared/simulator.ts";
import type { Data } from "./data.ts";

export const salesforce = defineSimulator({
  key: "salesforce",
  title: "Salesforce",
  // The first simulator there was.
  address: "simulator",
  portVariable: "WINSTON_SIMULATOR_PORT",
  mark: "organizationId",
  objects: {
    user: "User",
    account: "Account",
    campaign: "Campaign",
    contact: "Contact",
    lead: "Lead",
    opportunity: "Opportunity",
    "contact-role": "OpportunityContactRole",
    task: "Task",
    event: "Event",
  },
  told: [
    ["lead", "leads"],
    ["contact", "contacts"],
    ["account", "accounts"],
  ],
  example: "Lead",
  columns: ["Id", "Name", "Email", "Phone", "LastModifiedDate"],
  start: async (options) => {
    const { startSalesforce } = await import("./index.ts");
    const simulator = await startSalesforce(options);
    const { url, credentials, data } = simulator;
    return {
      url,
      credentials: { ...credentials },
      counts: () => data.counts(),
      leads: people(data, "Lead", "lead"),
      contacts: people(data, "Contact", "contact"),
      close: () => simulator.close(),
    };
  },
  connection: ({ url, credentials: { clientId = "", clientSecret = "", refreshToken = "" } }) => ({
    settings: { loginUrl: url, simulator: true },
    secrets: { clientId, clientSecret, refreshToken },
  }),
});

function people(data: Data, object: string, stream: string): People {
  const text = (value: unknown): string | null => (typeof value === "string" && value !== "" ? value : null);
  return {
    stream,
    // Nobody edits a converted lead.
    list: () =>
      data
        .list(object)
        .filter((row) => row["IsConverted"] !== true)
        .map((row) => ({ id: String(row["Id"]), email: text(row["Email"]), title: text(row["Title"]) })),
    titleOf: (id) => text(data.get(object, id)?.["Title"]),
    setTitle: (id, title) => data.edit(object, id, { Title: title }),
  };
}
