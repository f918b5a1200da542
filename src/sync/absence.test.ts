import assert from "node:assert/strict";
import { test } from "node:test";
import { VirtualClock } from "../base/clock.ts";
import type { Api } from "../connector/api.ts";
import type { PullRequest, VendorRecord } from "../connector/contract.ts";
import { createTestEngine } from "../../test/support/engine.ts";
import { Tern, ternConnector } from "../../test/support/tern.ts";
import { ann } from "../../test/support/world.ts";

for (const { lacks, shows } of [
  { lacks: "one record", shows: (record: VendorRecord) => record.fields["last"] !== "hidden" },
  { lacks: "everything", shows: () => false },
])
  test(`a full reading that lacks ${lacks} deletes nothing`, async () => {
    const clock = new VirtualClock();
    const tern = new Tern(clock);
    for (const last of ["hidden", "seen"]) tern.add("person", { ...ann, last, mail: `${last}@example.com` });
    const connector = ternConnector(tern);
    const { person } = connector.streams;
    let shown: (record: VendorRecord) => boolean = () => true;
    const pull = async function* (api: Api, request: PullRequest) {
      for await (const page of person.pull(api, request)) yield { ...page, records: page.records.filter(shown) };
    };
    const streams = { ...connector.streams, person: { ...person, pull } };
    await using world = await createTestEngine({ tern: { ...connector, streams } }, { clock });
    const { id } = await world.connections.connect({
      vendor: "tern",
      name: "tern",
      settings: {},
      secrets: {},
      mode: "write",
    });
    await world.settle();

    shown = shows;
    clock.advance(60_000);
    await world.connections.sync(id, { trigger: "test", full: true });
    await world.settle();

    const living = (await world.records.list({ kind: "person", limit: 5 })).map(
      (one) => one.fields["lastName"] as string,
    );
    assert.deepEqual(living.toSorted(), ["hidden", "seen"]);
    assert.equal(tern.living("person").length, 2);
    assert.deepEqual(tern.writes, []);
  });
