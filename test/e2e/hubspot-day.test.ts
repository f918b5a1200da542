// The day of a HubSpot account: learned when connecting, it gives close dates their day, and ends what is counted of the daily limit.
import assert from "node:assert/strict";
import { test } from "node:test";
import { listBudgets } from "../../src/store/budget.ts";
import { createHub } from "../support/hub.ts";

test("an account that tells its zone is read and written in it, and its answers and errors of the day are counted", async () => {
  await using hub = await createHub(({ portal, dials }) => {
    dials.set({ timeZone: "America/New_York" });
    portal.add("deals", { dealname: "Arm", dealstage: "closedwon", closedate: "2026-03-31T02:00:00Z" });
  });
  // At noon there, so that no day ends while it is counted, whenever this runs.
  const hour = Number(
    new Intl.DateTimeFormat("en", { timeZone: "America/New_York", hour: "numeric", hourCycle: "h23" }).format(
      hub.clock.now(),
    ),
  );
  hub.clock.move(((36 - hour) % 24) * 3_600_000);
  await hub.cycle({ full: true });
  const [deal] = await hub.list("deal");
  assert.equal(deal!.fields["closeDate"], "2026-03-30", "two in the morning in London is the evening before there");
  await hub.save("deal", { closeDate: "2026-04-01" }, deal!.id);
  await hub.settle();
  assert.equal(new Date(hub.portal.list("deals")[0]!["closedate"]!).toISOString(), "2026-04-01T16:00:00.000Z");

  const counted = async () =>
    (await listBudgets(hub.database, hub.connections.hubspot)).find((one) => one.class === "daily")!;
  const before = await counted();
  assert.ok(before.answers > 10 && before.errors < before.answers, `${before.errors} of ${before.answers}`);
  hub.simulators.hubspot.dials.failNext({ kind: "status", status: 503, match: { path: "/search" } });
  // What a process counted is handed on with what it asks for next.
  for (let round = 0; round < 5 && (await counted()).errors === before.errors; round++) await hub.cycle();
  assert.equal(
    (await counted()).errors,
    before.errors + 1,
    "a call that was answered by an error, and went well when it was made again",
  );
  hub.clock.move(24 * 3_600_000);
  await hub.cycle();
  const after = await counted();
  assert.ok(after.countedFrom! > before.countedFrom! && after.answers < before.answers, "the next day begins anew");
});
