import { defineMetric, type Metrics } from "@marketmesh/telemetry";
import type { Projection } from "./projection.ts";

const labels = { market: "The market's id", kind: "The kind's id" };

export const projectionRows = defineMetric({
  type: "gauge",
  name: "listing_projection_rows",
  unit: "{listing}",
  help: "Listings in memory, active or not",
  labels,
});

export const projectionChecksum = defineMetric({
  type: "gauge",
  name: "listing_projection_checksum",
  unit: "1",
  help: "The first 52 bits of the checksum over (id, version); equal on replicas at the same position",
  labels,
});

export const projectionFeedSeq = defineMetric({
  type: "gauge",
  name: "listing_projection_feed_seq",
  unit: "{event}",
  help: "The position in the listing feed that is applied",
});

export const projectionStaleness = defineMetric({
  type: "gauge",
  name: "listing_projection_staleness_seconds",
  unit: "s",
  help: "How old the picture of a kind may be: time since the follower had the whole feed, or since the kind waits for its export",
  labels,
});

/** Where the projection stands, so that replicas can be compared. Answers with what to call after changes of kinds. */
export function projectionMetrics(
  metrics: Metrics,
  projection: Projection,
): (changed: Iterable<string>) => void {
  const rows = metrics.gauge(projectionRows);
  const checksum = metrics.gauge(projectionChecksum);
  metrics.gauge(projectionFeedSeq, { read: () => Number(projection.position?.feedSeq ?? 0n) });
  return (changed) => {
    for (const name of changed) {
      const kind = projection.kinds.get(name);
      if (kind === undefined) continue;
      const of = { market: kind.market, kind: kind.id };
      rows.set(kind.index.rows, of);
      checksum.set(Number.parseInt(kind.index.checksum.slice(0, 13), 16), of);
    }
  };
}

/** How old what the projection shows of each kind may be, when asked. */
export function measureStaleness(
  metrics: Metrics,
  projection: Projection,
  follower: { readonly staleMs: number },
  nowMs: () => number,
): void {
  const waitingSince = new Map<string, number>();
  const stalenessMs = (name: string): number => {
    if (!projection.loading(name)) waitingSince.delete(name);
    else if (!waitingSince.has(name)) waitingSince.set(name, nowMs());
    return Math.max(follower.staleMs, nowMs() - (waitingSince.get(name) ?? nowMs()));
  };
  metrics.gauge(projectionStaleness, {
    read: () =>
      [...projection.kinds].map(([name, kind]) => ({
        labels: { market: kind.market, kind: kind.id },
        value: stalenessMs(name) / 1_000,
      })),
  });
}
