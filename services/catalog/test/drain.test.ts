import { patiently } from "@marketmesh/client";
import { expect, test } from "vitest";
import { refusalOf, startCatalog } from "./start-catalog.ts";

// Longer than the test may take: who waits for the watch's end fails.
const drainMs = 20_000;

test("a catalog that drains ends watches at once and says to watch again", async () => {
  await using catalog = await startCatalog({ DRAIN_MS: String(drainMs) });
  const staff = await catalog.staff("drained");
  // Refused until the service has found its place in the feed.
  const changes = await patiently(
    async () => {
      const begun = staff.watchListings({ parent: "markets/drained" })[Symbol.asyncIterator]();
      await begun.next();
      return begun;
    },
    { patienceMs: 240_000 },
  );
  const ended = refusalOf(changes.next());
  const startMs = performance.now();
  await catalog.drain();
  expect(await ended).toContain("WATCH_INTERRUPTED");
  expect(performance.now() - startMs).toBeLessThan(drainMs);
});
