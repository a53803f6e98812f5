import { type MetricDefinition, metricPrefix } from "@marketmesh/telemetry";
import { isAlert, type RuleFile } from "../rule.ts";
import { externalMetrics } from "./external-metrics.ts";
import { groupingsOf } from "./query.ts";

/** The labels of every metric that a query may name. */
export type KnownMetrics = ReadonlyMap<string, ReadonlySet<string>>;

/** Of the scrape, or of OTLP's resource: the service and the process. */
const scraped = ["job", "instance"];

/** What our code defines, as it is exported: a histogram is three metrics. */
export function ownMetrics(definitions: readonly MetricDefinition[]): KnownMetrics {
  return new Map(
    definitions.flatMap(({ type, name, labels }) => {
      const exported = metricPrefix + name;
      const all = [...scraped, ...Object.keys(labels)];
      if (type !== "histogram") return [[exported, new Set(all)] as const];
      return [
        [`${exported}_bucket`, new Set([...all, "le"])] as const,
        [`${exported}_sum`, new Set(all)] as const,
        [`${exported}_count`, new Set(all)] as const,
      ];
    }),
  );
}

/** What rules record: the labels that they give and those that they sum by. */
export function recordedMetrics(files: Iterable<RuleFile>): KnownMetrics {
  const known = new Map<string, Set<string>>();
  for (const { groups } of files) {
    for (const rule of groups.flatMap(({ rules }) => rules)) {
      if (isAlert(rule)) continue;
      const labels = known.get(rule.record) ?? new Set();
      for (const label of [...Object.keys(rule.labels ?? {}), ...groupingsOf(rule.expr)]) labels.add(label);
      known.set(rule.record, labels);
    }
  }
  // A mean over time keeps the labels of what it is a mean of.
  for (const [name, labels] of known) {
    const origin = known.get(name.replace(/(1d|3d|30d)$/, "5m"));
    for (const label of origin ?? []) labels.add(label);
  }
  return known;
}

/** Prometheus' own. */
const builtIn: KnownMetrics = new Map([
  ["up", new Set(scraped)],
  ["ALERTS", new Set([...scraped, "alertname", "alertstate", "severity"])],
]);

/** Everything that rules and dashboards may name. */
export function knownMetrics(
  definitions: readonly MetricDefinition[],
  files: Iterable<RuleFile>,
): KnownMetrics {
  return new Map([...builtIn, ...externalMetrics, ...ownMetrics(definitions), ...recordedMetrics(files)]);
}
