// The brake and the frozen fields of a real engine through the API, the SDK and the command line.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Client, ConflictError, NotFoundError } from "../../sdk/src/index.ts";
import { ann, createTernWorld } from "../../test/support/world.ts";
import { listen } from "../http/listen.ts";
import { createTestHttp } from "../http/test-support.ts";
import { type Ran, runCommand } from "./test-shell.ts";

/** Sixty people whom Tern lost at once, and a number that Tern and another system set to and fro. */
async function createDesk() {
  const world = await createTernWorld((tern) => {
    for (let n = 0; n < 61; n++) tern.add("person", { ...ann, last: `Lee ${n}`, mail: `p${n}@example.com` });
  });
  const there = await world.connect("other");
  await world.settle();
  const first = (side: "tern" | "other") =>
    world[side].living("person").find(([, row]) => row.fields["mail"] === "p0@example.com")!;
  for (let n = 0; n < 6; n++) {
    world.clock.advance(60_000);
    const [side, tel] = n % 2 === 0 ? (["other", "B"] as const) : (["tern", "A"] as const);
    world[side].edit("person", first(side)[0], { tel });
    await world.cycle();
    await world.sync(there.id);
  }
  for (const [id] of world.tern.living("person").slice(1)) world.tern.remove("person", id);
  await world.cycle();
  const http = createTestHttp({ runs: world.runs, brakes: world.brakes, frozen: world.frozen });
  const { url } = await listen(http.app, { host: "127.0.0.1", port: 0 });
  return {
    world,
    client: new Client({ token: http.token, baseUrl: url }),
    run: (argv: readonly string[], terminal?: number): Promise<Ran> =>
      runCommand(argv, {
        env: { WINSTON_URL: url, WINSTON_TOKEN: http.token },
        ...(terminal === undefined ? {} : { terminal }),
      }),
    async [Symbol.asyncDispose]() {
      await http.app.close();
      await world[Symbol.asyncDispose]();
    },
  };
}

test("what was stopped is listed, shown, refused without a yes, and put back from the command line and by the SDK", async () => {
  await using desk = await createDesk();
  const { client, world } = desk;
  const listed = await desk.run(["brake", "list"], 200);
  assert.match(listed.out, /tern person +vendor +deletion +60 +61 +60/u);
  const [brake] = (JSON.parse((await desk.run(["brake", "list", "--json"])).out) as { data: { id: string }[] }).data;
  const shown = await desk.run(["brake", "show", brake!.id], 160);
  assert.match(
    shown.out,
    /^tern tells that 60 of person are deleted there; 60 wait and are not carried out here or elsewhere\./u,
  );
  assert.match(shown.out, /Ann Lee 1 \(person_\d+\), waits/u);
  const refused = await desk.run(["brake", "release", brake!.id, "--yes"]);
  assert.match(String(refused.thrown), /carry out the deletion of 60 records of tern person.*--allow-delete/u);
  const tried = await desk.run(["brake", "restore", brake!.id, "--dry-run"], 160);
  assert.match(tried.out, /Nothing was changed\. It would put back the deletion of 60 records of tern person\./u);
  assert.equal((await client.brakes.get(brake!.id)).state, "on");
  const restored = await desk.run(["brake", "restore", brake!.id], 160);
  assert.match(restored.out, /had it put back/u);
  await world.settle();
  assert.equal(world.tern.living("person").length, 61);
  await assert.rejects(client.brakes.release(brake!.id), ConflictError);
  await assert.rejects(client.brakes.get("nothing"), NotFoundError);
  assert.match((await desk.run(["brake", "list"], 160)).out, /Nothing waits at the brake\./u);
  assert.match((await desk.run(["brake", "list", "--all"], 160)).out, /restored/u);

  const fields = await desk.run(["frozen", "list"], 200);
  assert.match(fields.out, /person Ann Lee 0 +title +(?:tern +A +other +B|other +B +tern +A)/u);
  const [frozen] = await client.frozen.list({ on: true }).toArray();
  const told = await desk.run(["frozen", "show", frozen!.id], 200);
  assert.match(told.out, /title of person Ann Lee 0 goes to and fro: .*its field tel, mapping version 1/u);
  const released = await desk.run(["frozen", "release", frozen!.id], 160);
  assert.match(released.out, /title of person Ann Lee 0 is taken and written again/u);
  await assert.rejects(client.frozen.release(frozen!.id), ConflictError);
  assert.match((await desk.run(["frozen", "list"], 160)).out, /No field is frozen\./u);
});
