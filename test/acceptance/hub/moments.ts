// When the server is killed between two CRMs: while HubSpot makes records, while Salesforce changes some, and while HubSpot's changes are read.
import type { Moment, Struck } from "../kill.ts";
import type { Hubspot } from "./hubspot.ts";

export const HUB_MOMENTS = {
  creating: {
    title: "while records are created",
    match: [{ method: "POST", path: "/contacts/batch/upsert" }],
    kind: "hang-after",
    lane: "push",
  },
  updating: {
    title: "while records are updated",
    match: [{ method: "PATCH", path: "/composite/sobjects?" }],
    kind: "hang-after",
    lane: "push",
  },
  reading: {
    title: "while changes are read",
    match: [{ method: "POST", path: "/contacts/search" }],
    kind: "hang",
    lane: "batch",
  },
} as const satisfies Record<string, Moment>;

const STREAMS = { contacts: "contact", companies: "company", deals: "deal" } as const;

export const struckHubspot = (hubspot: Hubspot): Struck => ({
  vendor: "HubSpot",
  control: (method, path, body) => hubspot.control(method, path, body),
  streamOf: ({ path }) => {
    const object = path.split("/").find((part) => part in STREAMS) as keyof typeof STREAMS | undefined;
    return object === undefined ? path : STREAMS[object];
  },
});
