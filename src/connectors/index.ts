// Every connector of the house, one line each.
import { salesforce } from "./salesforce/index.ts";

export const connectors = { salesforce } as const;
