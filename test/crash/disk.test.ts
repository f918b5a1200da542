// A disk without room, and one that may only be read, under the real server.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { type ApiError, WinstonError } from "../../sdk/src/index.ts";
import { Server } from "../acceptance/server.ts";
import { createTestFolder } from "../support/folder.ts";

test("on a full disk the API refuses with 503 and keeps all that it accepted; with room again it goes on, and a disk that may only be read is told at the start", async (t) => {
  using folder = createTestFolder();
  const disk = join(folder.path, "disk");
  mkdirSync(disk);
  if (
    process.getuid?.() !== 0 ||
    spawnSync("mount", ["-t", "tmpfs", "-o", "size=300m,mode=755", "tmpfs", disk]).status !== 0
  )
    return t.skip("only where a small disk can be mounted");
  const options = { data: join(disk, "data"), logFile: join(folder.path, "server.log") };
  let server: Server | undefined;
  try {
    server = await Server.start(options);
    const accepted: string[] = [];
    const send = async (): Promise<void> => {
      const externalId = `E${accepted.length}`;
      await server!.client.leads.create({ externalId, lastName: "Kept", description: text() }, { maxRetries: 0 });
      accepted.push(externalId);
    };
    await send();
    writeFileSync(join(disk, "filler"), Buffer.alloc(statfsSync(disk).bavail * statfsSync(disk).bsize - 2_000_000));
    const refused = await untilRefused(send);
    assert.equal(refused.status, 503, refused.message);
    assert.match(refused.code, /^store\.(?:full|unavailable)$/u);
    rmSync(join(disk, "filler"));
    const before = accepted.length;
    while (accepted.length === before) await send().catch(() => sleep(100));
    const there = new Set<string | null>();
    for await (const lead of server.client.leads.list()) there.add(lead.externalId);
    assert.deepEqual(
      accepted.filter((one) => !there.has(one)),
      [],
    );
    await server.stop();
    execFileSync("mount", ["-o", "remount,ro", disk]);
    await assert.rejects(Server.start(options), /ended with [1-9]\d*: .*(?:read-only|EROFS)/isu);
  } finally {
    execFileSync("mount", ["-o", "remount,rw", disk]);
    await server?.stop();
    execFileSync("umount", [disk]);
  }
});

/** Text that no compression makes small. */
const text = (): string => Array.from({ length: 4_000 }, () => Math.random().toString(36).slice(2, 12)).join("");

async function untilRefused(send: () => Promise<void>): Promise<ApiError> {
  for (;;) {
    try {
      await send();
    } catch (thrown) {
      assert(thrown instanceof WinstonError && "status" in thrown, String(thrown));
      return thrown as ApiError;
    }
  }
}
