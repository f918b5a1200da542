// Every simulator of the house, one line each. `winston dev` always starts the first one, and leaves out others when asked to.
import { hubspot } from "./hubspot/simulator.ts";
import { salesforce } from "./salesforce/simulator.ts";
import type { Simulator } from "./shared/simulator.ts";

export const simulators: readonly [Simulator, ...Simulator[]] = [salesforce, hubspot];
