// The three places where people work: both vendors, driven as their users do, and Winston by its API.
import { join } from "node:path";
import { endChild, firstSaid, ROOT, startNode } from "../support/children.ts";
import type { Acts, Answers } from "./vendor.ts";

export type VendorName = "salesforce" | "hubspot";

/** The streams whose records people edit here. */
export const STREAMS: Readonly<Record<VendorName, readonly string[]>> = {
  salesforce: ["account", "lead", "opportunity"],
  hubspot: ["company", "contact", "deal"],
};

/** A vendor, from outside its process. */
export interface VendorSide {
  readonly name: VendorName;
  readonly url: string;
  readonly secrets: Readonly<Record<string, string>>;
  act<Act extends keyof Acts>(act: Act, what: Acts[Act]): Promise<Answers[Act]>;
  dial<T = unknown>(method: string, path: string, body?: object): Promise<T>;
  stop(): Promise<void>;
}

export async function startVendor(
  name: VendorName,
  options: { readonly logFile: string; readonly seed: number },
): Promise<VendorSide> {
  const child = startNode([join(ROOT, "test", "crash", "vendor.ts"), name, String(options.seed)], {
    logFile: options.logFile,
    stdout: "pipe",
  });
  const { url, ...secrets } = await firstSaid<{ url: string } & Record<string, string>>(child, name, options.logFile);
  const ask = async <T>(method: string, path: string, body?: object): Promise<T> => {
    const answer = await fetch(url + path, { method, ...(body ? { body: JSON.stringify(body) } : {}) });
    const said = (await answer.json()) as T & { error?: string; message?: string };
    if (!answer.ok) throw new Error(`${name} refused ${method} ${path}: ${said.error ?? said.message}`);
    return said;
  };
  return {
    name,
    url,
    secrets,
    act: async (act, what) => (await ask<{ answer: never }>("POST", `/__crash/${act}`, what)).answer,
    dial: (method, path, body) => ask(method, `/__winston${path}`, body),
    stop: () => endChild(child, "SIGTERM"),
  };
}
