import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { test } from "node:test";
import { createTestFolder } from "../../test/support/folder.ts";
import { systemClock } from "../base/clock.ts";
import { isError } from "../base/errors.ts";
import { seededRandom } from "../base/random.ts";
import { connectors } from "../connectors/index.ts";
import type { Connector } from "../connector/contract.ts";
import { readConfig } from "../config.ts";
import { simulators } from "../simulators/index.ts";
import { defineSimulator, type People, type Simulator } from "../simulators/shared/simulator.ts";
import { contentsOf, lookAtSimulator, openSimulator, sandboxOf, totalsOf } from "./pretend.ts";
import { runCommand } from "./test-shell.ts";

const shell = { self: "winston", signal: new AbortController().signal, clock: systemClock };

const startEmpty = (simulator: Simulator, story: "larkfield" | "empty" = "empty") =>
  simulator.start({ clock: systemClock, random: seededRandom(1), port: 0, story });

for (const simulator of simulators) {
  const { key, title } = simulator;
  const connector = (connectors as Readonly<Record<string, Connector>>)[key]!;

  test(`the pretend ${title} that runs is known by its vendor, and tells what its connector needs`, async () => {
    const running = await startEmpty(simulator);
    try {
      const found = await lookAtSimulator(simulator, running.url, shell);
      assert.deepEqual(found, { url: running.url, credentials: running.credentials });
      const { settings, secrets } = simulator.connection(found);
      const read = connector.settings.parse(settings);
      assert.equal(read["simulator"], true);
      assert.ok(Object.values(read).includes(running.url), "a setting is its address");
      const asked = connector.auth.secrets.map((one) => one.key);
      assert.ok(Object.keys(secrets).length > 0);
      for (const [name, value] of Object.entries(secrets)) assert.ok(asked.includes(name) && value !== "", name);
      for (const other of simulators.filter((one) => one !== simulator))
        await assert.rejects(lookAtSimulator(other, running.url, shell), (thrown) =>
          isError(thrown, "usage.wrong") ? thrown.message.includes(`plays another vendor than ${other.title}`) : false,
        );
    } finally {
      await running.close();
    }
    await assert.rejects(
      lookAtSimulator(simulator, running.url, shell),
      new RegExp(`No simulator answers .* ${sandboxOf(simulator)}\``, "u"),
    );
    await assert.rejects(
      lookAtSimulator(simulator, undefined, shell),
      new RegExp(`No pretend ${title} is known here`, "u"),
    );
  });

  test(`the pretend ${title} has what its connector reads, and people whose titles can be edited`, async () => {
    const running = await startEmpty(simulator, "larkfield");
    try {
      const counts = running.counts();
      for (const [stream, object] of Object.entries(simulator.objects)) {
        assert.ok(Object.hasOwn(connector.streams, stream), `the connector has no stream ${stream}`);
        assert.ok(counts[object]! > 0, `${object} of ${stream}`);
      }
      assert.equal([...totalsOf(simulator, running)].length, Object.keys(simulator.objects).length);
      assert.ok(counts[simulator.example]! > 0);
      const groups = [running.leads, running.contacts].filter((one): one is People => one !== undefined);
      for (const people of groups) {
        assert.equal(connector.streams[people.stream]?.kind, "person");
        const [one] = people.list().filter((person) => person.email !== null && person.title !== null);
        people.setTitle(one!.id, "Head of tests");
        assert.equal(people.titleOf(one!.id), "Head of tests");
        assert.equal(people.list().find((person) => person.id === one!.id)!.title, "Head of tests");
      }
    } finally {
      await running.close();
    }
  });

  test(`the pretend ${title} comes back on the port of last time, on another where that is taken, and fails where it was asked for`, async () => {
    using folder = createTestFolder();
    const open = (port: number, before: string) =>
      openSimulator(shell, simulator, {
        dataDir: folder.path,
        port,
        before: { [simulator.address]: before },
        story: false,
      });
    const first = await open(0, "http://127.0.0.1:1");
    await first.close();
    const second = await open(0, first.url);
    assert.equal(second.url, first.url);
    assert.match(contentsOf(simulator, second), /^0 \w+(?:, 0 \w+)* and 0 \w+$/u);
    await second.close();

    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as { port: number };
    try {
      const third = await open(0, `http://127.0.0.1:${port}`);
      assert.notEqual(new URL(third.url).port, String(port));
      await third.close();
      await assert.rejects(open(port, first.url), (thrown) =>
        isError(thrown, "start.failed") ? thrown.message.includes(title) : false,
      );
    } finally {
      other.close();
    }
  });
}

test("what simulators and connectors say of themselves is all that options, settings and help know of vendors", async () => {
  const help = async (command: string): Promise<string> => (await runCommand([command, "--help"])).out;
  const [dev, sandbox, connect] = [await help("dev"), await help("sandbox"), await help("connect")];
  const config = readConfig({}, {}, "/");
  for (const [at, { key, address, portVariable }] of simulators.entries()) {
    assert.ok(dev.includes(`--${address}-port <n>`) && dev.includes(portVariable), dev);
    assert.equal(dev.includes(`--no-${key}`), at > 0, "all but the first can be left out");
    assert.equal(new RegExp(`^ {2}${key} `, "mu").test(sandbox), at > 0, sandbox);
    assert.equal(config[`${address}Port`], 0);
    assert.equal(readConfig({ [portVariable]: "4711" }, {}, "/")[`${address}Port`], 4711);
  }
  for (const { key, auth } of Object.values<Connector>(connectors)) {
    assert.match(connect, new RegExp(`vendor +.*\\b${key}\\b`, "u"));
    for (const secret of auth.secrets) assert.ok(connect.includes(secret.title), secret.title);
  }
});

test("a simulator that could not be found again, or tells a count of nothing, is refused", () => {
  const [one] = simulators;
  assert.throws(() => defineSimulator({ ...one, address: "api" }), /address must be one word/u);
  assert.throws(() => defineSimulator({ ...one, told: [["ghost", "ghosts"]] }), /the count of ghost is told/u);
});
