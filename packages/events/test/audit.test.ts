import { createMetrics } from "@marketmesh/telemetry";
import { expect, test } from "vitest";
import { deleteSome, hasty, noteMany, putThinly, randomOf, tally, whole } from "./damage.ts";
import { startMesh, until } from "./mesh.ts";

const options = { subscription: "notes", service: "things", feeds: ["thing"], batchMax: 500 };
const some = (count: number, version = 1n) =>
  Array.from({ length: count }, (_, at) => ({ id: `t${at}`, version }));

test("finds and repairs by itself the 1 % of a stream's messages that were lost", async () => {
  await using mesh = await startMesh();
  const metrics = createMetrics();
  const replicas = [await mesh.start({ ...hasty, metrics }), await mesh.start(hasty)];
  const [first] = replicas as [(typeof replicas)[0] & object];
  await putThinly(mesh, first, some(20_000));
  const manager = await mesh.nats.jetstreamManager();
  const deleted = await deleteSome(manager, mesh.stream, 0.01, randomOf(42));
  expect(deleted).toBeGreaterThan(5);

  for (const events of replicas) events.work(options, noteMany);
  await until(
    () => tally(mesh),
    ({ events }) => events === 20_000,
  );
  const audit = await whole(mesh, first, 20_000n);
  expect(await tally(mesh)).toEqual({ times: 20_000, events: 20_000, recorded: 20_000 });
  expect(audit.repairedCount).toBeGreaterThanOrEqual(BigInt(deleted));
  expect(audit.lostCount).toBe(0n);
  await until(
    () => metrics.text(),
    (text) =>
      text.includes(`feed_gaps_repaired_total{subscription="notes",feed="thing"} ${audit.repairedCount}`) &&
      text.includes(`feed_gaps{subscription="notes",feed="thing"} 0`),
  );
}, 60_000);
