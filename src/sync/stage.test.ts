import assert from "node:assert/strict";
import { test } from "node:test";
import { VirtualClock } from "../base/clock.ts";
import type { Connector, Page, StreamDeclaration, VendorField } from "../connector/contract.ts";
import { createTestEngine } from "../../test/support/engine.ts";
import { Tern, ternConnector } from "../../test/support/tern.ts";

/** Tern, with people of every stage in one stream; each record tells its own, or none. */
function stagelessTern(tern: Tern): Connector {
  const connector: Connector = ternConnector(tern);
  const { stage: _stage, ...person } = connector.streams["person"]!;
  const { stage: _mapped, ...mapping } = person.mapping;
  const told = (pages: AsyncIterable<Page>) =>
    (async function* (): AsyncGenerator<Page> {
      for await (const page of pages)
        yield {
          ...page,
          records: page.records.map((record) =>
            record.fields["firm"] === "Buyers" ? { ...record, stage: "contact" } : record,
          ),
        };
    })();
  const stream: StreamDeclaration = {
    ...person,
    mapping,
    stageForNew: "lead",
    pull: (api, request) => told(person.pull(api, request)),
  };
  return { ...connector, streams: { ...connector.streams, person: stream } };
}

test("in a stream without a stage each record tells the stage of the person it makes, else the stream does", async () => {
  const clock = new VirtualClock();
  const tern = new Tern(clock);
  tern.add("person", { first: "Ann", last: "Lee", mail: "ann@example.com", firm: "Buyers" });
  tern.add("person", { first: "Bob", last: "Ray", mail: "bob@example.com", firm: "Clerks" });
  await using winston = await createTestEngine({ tern: stagelessTern(tern) }, { clock });
  await winston.connections.connect({ vendor: "tern", name: "tern", settings: {}, secrets: {}, mode: "write" });
  await winston.settle();
  const people = await winston.records.list({ kind: "person", limit: 10 });
  assert.deepEqual(
    new Map(people.map(({ fields, stage }) => [fields["firstName"], stage])),
    new Map([
      ["Ann", "contact"],
      ["Bob", "lead"],
    ]),
  );
});

test("an account's own description makes of the first mapping what the connector says", async () => {
  const clock = new VirtualClock();
  const connector: Connector = ternConnector(new Tern(clock));
  const stream: StreamDeclaration = {
    ...connector.streams["company"]!,
    fit: (mapping, fields: readonly VendorField[]) => ({
      ...mapping,
      rows: [{ field: "name", record: fields[0]!.name, transform: "trim", direction: "both" }],
    }),
  };
  await using winston = await createTestEngine(
    { tern: { ...connector, streams: { ...connector.streams, company: stream } } },
    { clock },
  );
  const connection = await winston.connections.connect({
    vendor: "tern",
    name: "tern",
    settings: {},
    secrets: {},
    mode: "write",
  });
  const [company] = (await winston.connections.streams(connection.id)).filter(({ key }) => key === "company");
  const { document } = await winston.connections.mapping(company!.id);
  assert.deepEqual(
    (document["rows"] as { transform: string }[]).map(({ transform }) => transform),
    ["trim"],
  );
});
