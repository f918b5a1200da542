// The pretend HubSpot as commands know it. Its own code is read when it is started.
import { defineSimulator } from "../shared/simulator.ts";

export const hubspot = defineSimulator({
  key: "hubspot",
  title: "HubSpot",
  address: "hubspot",
  portVariable: "WINSTON_HUBSPOT_PORT",
  mark: "portalId",
  objects: { owner: "owners", company: "companies", contact: "contacts", deal: "deals" },
  told: [
    ["contact", "contacts"],
    ["company", "companies"],
    ["deal", "deals"],
  ],
  example: "contacts",
  columns: [
    "id",
    "firstname",
    "lastname",
    "email",
    "name",
    "dealname",
    "phone",
    "lastmodifieddate",
    "hs_lastmodifieddate",
  ],
  start: async (options) => {
    const { startHubspot } = await import("./index.ts");
    const simulator = await startHubspot(options);
    const { url, credentials, data } = simulator;
    return {
      url,
      credentials: { ...credentials },
      counts: () => data.counts(),
      // Leads are contacts here, too.
      contacts: {
        stream: "contact",
        list: () =>
          data.list("contacts").map((row) => ({
            id: row["id"]!,
            email: row["email"] || null,
            title: row["jobtitle"] || null,
          })),
        titleOf: (id) => data.get("contacts", id)?.["jobtitle"] || null,
        setTitle: (id, title) => data.edit("contacts", id, { jobtitle: title }),
      },
      close: () => simulator.close(),
    };
  },
  connection: ({ url, credentials: { privateToken = "" } }) => ({
    settings: { baseUrl: url, simulator: true },
    secrets: { accessToken: privateToken },
  }),
});
