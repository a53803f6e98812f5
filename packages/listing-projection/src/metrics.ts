import type { Metrics } from "@marketmesh/telemetry";
import type { Projection } from "./projection.ts";

/** Where the projection stands, so that replicas can be compared. Answers with what to call after changes of kinds. */
export function projectionMetrics(
  metrics: Metrics,
  projection: Projection,
): (changed: Iterable<string>) => void {
  const labels = ["market", "kind"];
  const rows = metrics.gauge({
    name: "listing_projection_rows",
    help: "Listings in memory, active or not.",
    labels,
  });
  const checksum = metrics.gauge({
    name: "listing_projection_checksum",
    help: "The first 52 bits of the checksum over (id, version); equal on replicas at the same position.",
    labels,
  });
  metrics.gauge({
    name: "listing_projection_feed_seq",
    help: "The position in the listing feed that is applied.",
    read: () => Number(projection.position?.feedSeq ?? 0n),
  });
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
