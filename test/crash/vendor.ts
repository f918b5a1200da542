// A simulated vendor as a process of its own, that nothing here ever kills: `node vendor.ts salesforce|hubspot SEED`. Beside the vendor's API and
// its dials it takes what users do there, by HTTP too, and remembers which values its answers carried.
import { systemClock } from "../../src/base/clock.ts";
import { json, type VendorRequest, type VendorResponse } from "../../src/simulators/shared/exchange.ts";
import { runAsProcess } from "../../src/simulators/shared/process.ts";
import { serveVendor } from "../../src/simulators/shared/server.ts";
import { type Held, hubspotVendor, type Kind, salesforceVendor, type Vendor } from "../simulation/vendors.ts";

/** What users do. `edit` answers with what stood before; null where no such record is there yet, or the vendor did not let them. */
export interface Acts {
  readonly add: { readonly kind: Kind; readonly tag: string; readonly fields: Record<string, string> };
  readonly edit: { readonly kind: Kind; readonly tag: string; readonly fields: Record<string, string> };
  readonly held: { readonly kind: Kind };
  readonly carried: Record<string, never>;
}

export interface Answers {
  readonly add: string;
  readonly edit: Readonly<Record<string, string>> | null;
  readonly held: readonly Held[];
  readonly carried: readonly string[];
}

const ACTS = "/__crash/";
/** A value as people write it: each is written once. */
const VALUE = /\b[a-zA-Z]+ v\d+\b/gu;

function handler(vendor: Vendor): (request: VendorRequest) => VendorResponse {
  const carried = new Set<string>();
  const run: { [Act in keyof Acts]: (act: Acts[Act]) => Answers[Act] } = {
    add: ({ kind, tag, fields }) => {
      const id = vendor.add(kind, tag, fields);
      if (id === undefined) throw new Error(`${vendor.site} does not let anybody make ${tag}`);
      return id;
    },
    // Nothing comes between looking and writing: this is one process.
    edit: ({ kind, tag, fields }) => {
      const held = vendor.held(kind).find((one) => one.tag === tag);
      return held && vendor.edit(held, fields) ? held.fields : null;
    },
    held: ({ kind }) => vendor.held(kind),
    carried: () => [...carried],
  };
  return (request) => {
    if (request.path.startsWith(ACTS)) {
      const act = run[request.path.slice(ACTS.length) as keyof Acts] as (act: unknown) => unknown;
      return json(200, { answer: act(JSON.parse(request.body)) });
    }
    const answer = vendor.handle(request);
    if (!request.path.startsWith("/__winston") && answer.cut === undefined)
      for (const [value] of answer.body.matchAll(VALUE)) carried.add(value);
    return answer;
  };
}

async function start([name, seed = "1"]: readonly string[]): Promise<{ close(): Promise<void> }> {
  const make = { salesforce: salesforceVendor, hubspot: hubspotVendor }[name!];
  if (!make) throw new Error(`There is no vendor ${name}; there are salesforce and hubspot.`);
  const vendor = make(systemClock, Number(seed));
  const place = "org" in vendor ? vendor.org : vendor.portal;
  const server = await serveVendor(
    {
      title: name!,
      clock: systemClock,
      handle: handler(vendor),
      close: () => {},
      mistake: (message) => ({ message }),
    },
    0,
  );
  place.setUrl(server.url);
  process.stdout.write(`${JSON.stringify({ url: server.url, ...place.credentials })}\n`);
  return server;
}

if (import.meta.main) await runAsProcess(() => start(process.argv.slice(2)));
