// Every connector of the house, one line each.
import { hubspot } from "./hubspot/index.ts";
import { salesforce } from "./salesforce/index.ts";

export const connectors = { hubspot, salesforce } as const;
