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
