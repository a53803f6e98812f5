import { defineMetric, type Metrics } from "@marketmesh/telemetry";
import type { ProjectedKind } from "./projected-kind.ts";
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
  unit: "{checksum}",
  help: "The first 52 bits of the checksum over ids, versions and contents; equal on replicas at the same listing_projection_feed_seq",
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

/** What of very many kinds is shown. */
const kindsMax = 2_000;

/** Where the projection stands, so that replicas can be compared: of each kind that is complete up to the position. */
export function projectionMetrics(metrics: Metrics, projection: Projection): void {
  const ofEach = (amountOf: (kind: ProjectedKind) => number) => ({
    read: () => complete(projection).map((kind) => ({ labels: labelsOf(kind), value: amountOf(kind) })),
  });
  metrics.gauge(
    projectionRows,
    ofEach(({ index }) => index.rows),
  );
  metrics.gauge(
    projectionChecksum,
    ofEach(({ checksum }) => Number.parseInt(checksum.slice(0, 13), 16)),
  );
  metrics.gauge(projectionFeedSeq, { read: () => Number(projection.position?.feedSeq ?? 0n) });
}

function complete(projection: Projection): ProjectedKind[] {
  const names = [...projection.kinds.keys()].slice(0, kindsMax);
  return names.map((name) => projection.kind(name)).filter((kind) => kind !== undefined);
}

function labelsOf({ market, id }: ProjectedKind) {
  return { market, kind: id };
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
