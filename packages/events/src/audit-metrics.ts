import type { Metrics, Reading } from "@marketmesh/telemetry";
import type { AuditReport } from "./audit-store.ts";
import * as defined from "./metrics.ts";

/** Shows what the audits of a process found; answers with where to tell it. Replicas read the same rows and so agree. */
export function auditMetrics(metrics: Metrics): (report: AuditReport) => void {
  const reports = new Map<string, AuditReport>();
  const reading = (amountOf: (report: AuditReport) => number) => ({
    read: () => [...reports.values()].map((report) => readingOf(report, amountOf(report))),
  });
  metrics.gauge(
    defined.feedGaps,
    reading(({ gaps }) => gaps),
  );
  metrics.gauge(defined.feedGapAge, reading(ageSeconds));
  metrics.gauge(
    defined.feedUnaudited,
    reading(({ lastSeq, auditedTo }) => Number(lastSeq - auditedTo)),
  );
  metrics.counter(
    defined.feedGapsRepaired,
    reading(({ repaired }) => Number(repaired)),
  );
  metrics.counter(
    defined.feedPositionsLost,
    reading(({ lost }) => Number(lost)),
  );
  return (report) => reports.set(`${report.subscription}/${report.service}/${report.feed}`, report);
}

function readingOf({ subscription, feed }: AuditReport, value: number): Reading {
  return { labels: { subscription, feed }, value };
}

function ageSeconds({ oldestGapMs }: AuditReport): number {
  return oldestGapMs === undefined ? 0 : Math.max(0, (Date.now() - oldestGapMs) / 1_000);
}
