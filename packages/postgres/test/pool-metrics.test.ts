import { createMetrics } from "@marketmesh/telemetry";
import { expect, test } from "vitest";
import { openNotes } from "./notes.ts";

test("tells which connections are used and who waits", async () => {
  const metrics = createMetrics();
  await using notes = await openNotes({ metrics, backgroundMax: 1 });
  const has = (line: string) => expect(metrics.text()).toContain(`marketmesh_database_pool_${line}\n`);
  has('connections{pool="background",state="idle"} 1');
  const entered = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  const first = notes.database.background(async () => {
    entered.resolve();
    await release.promise;
  });
  await entered.promise;
  const second = notes.database.background(async () => {});
  has('connections{pool="background",state="used"} 1');
  has('connections{pool="background",state="idle"} 0');
  has('connections_max{pool="background"} 1');
  has('waiting{pool="background"} 1');
  release.resolve();
  await Promise.all([first, second]);
  has('connections{pool="background",state="used"} 0');
  has('waiting{pool="background"} 0');
  // The one that proved that the role can log in, and both of ours.
  has('wait_seconds_count{pool="background"} 3');
});
