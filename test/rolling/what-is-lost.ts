import { brokenEvents } from "../faults/event-invariants.ts";
import { brokenInMarket } from "../faults/market-invariants.ts";
import type { Cluster } from "./cluster.ts";
import type { Load } from "./load/load.ts";
import { market } from "./load/market.ts";

const settleMs = 240_000;
const everyMs = 250;

/** What is lost or broken once everything under way had the time to arrive; nothing when all is intact. */
export async function whatIsLost(cluster: Cluster, load: Load): Promise<string[]> {
  const endMs = performance.now() + settleMs;
  for (;;) {
    const found = [
      ...(await brokenInMarket(cluster, market)),
      ...(await brokenEvents(cluster)),
      ...(await load.differing()),
    ];
    if (found.length === 0 || performance.now() > endMs) return found;
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}

/** Facts that were announced, how long the last of them waited for the broker at most, and how many had to be published again. */
export interface Announced {
  readonly events: number;
  readonly waitedMs: number;
  readonly again: number;
}

export async function announced(cluster: Cluster): Promise<Announced> {
  const perService = await Promise.all(
    cluster.services.map((service) =>
      cluster.sql(service, async (sql) => {
        const [row] = await sql<Announced[]>`
          select count(*)::int as events, count(*) filter (where attempt > 0)::int as again,
            coalesce(max(extract(epoch from publish_time - occur_time) * 1000), 0)::int as "waitedMs"
          from marketmesh.outbox`;
        return row!;
      }),
    ),
  );
  return {
    events: perService.reduce((sum, { events }) => sum + events, 0),
    again: perService.reduce((sum, { again }) => sum + again, 0),
    waitedMs: Math.max(...perService.map(({ waitedMs }) => waitedMs)),
  };
}
