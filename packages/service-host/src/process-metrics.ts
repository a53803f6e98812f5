import {
  constants,
  type EventLoopUtilization,
  monitorEventLoopDelay,
  type PerformanceEntry,
  PerformanceObserver,
  performance,
} from "node:perf_hooks";
import type { RpcServer } from "@marketmesh/rpc";
import type { Histogram, Metrics } from "@marketmesh/telemetry";
import * as defined from "./metrics.ts";

const windowMs = 10_000;

const gcKinds: Readonly<Record<number, string>> = {
  [constants.NODE_PERFORMANCE_GC_MINOR]: "minor",
  [constants.NODE_PERFORMANCE_GC_MAJOR]: "major",
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL]: "incremental",
  [constants.NODE_PERFORMANCE_GC_WEAKCB]: "weakcb",
};

/** Adds what the process itself tells: memory, processor time, event loop, garbage collection, calls in flight. */
export function measureProcess(metrics: Metrics, { load, admission }: RpcServer): Disposable {
  metrics.gauge(defined.residentMemory, { read: () => process.memoryUsage.rss() });
  metrics.gauge(defined.heapUsed, { read: () => process.memoryUsage().heapUsed });
  metrics.counter(defined.cpuTime, { read: cpuSeconds });
  metrics.gauge(defined.uptime, { read: () => process.uptime() });
  metrics.gauge(defined.callsInFlight, { read: () => load.calls });
  metrics.gauge(defined.streamsInFlight, { read: () => load.streams });
  metrics.gauge(defined.callsLimit, { read: () => admission.limit });
  const loop = measureEventLoop(metrics);
  const collections = observeCollections(metrics.histogram(defined.gcDuration));
  return {
    [Symbol.dispose]() {
      loop[Symbol.dispose]();
      collections.disconnect();
    },
  };
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/**
 * Two windows take turns, so that every reading covers at least one whole window and any number of readers see the same:
 * a reading that started a new window would leave the second scraper with nothing.
 */
function measureEventLoop(metrics: Metrics): Disposable {
  let [older, younger] = [openWindow(), openWindow()];
  const turn = setInterval(() => {
    older.close();
    [older, younger] = [younger, openWindow()];
  }, windowMs).unref();
  metrics.gauge(defined.eventLoopDelay, {
    read: () =>
      [0.5, 0.99, 1].map((quantile) => ({
        labels: { quantile: String(quantile) },
        value: older.delaySeconds(quantile),
      })),
  });
  metrics.gauge(defined.eventLoopUtilization, { read: () => older.utilization() });
  return {
    [Symbol.dispose]() {
      clearInterval(turn);
      older.close();
      younger.close();
    },
  };
}

const resolutionMs = 10;

function openWindow() {
  const delay = monitorEventLoopDelay({ resolution: resolutionMs });
  const since: EventLoopUtilization = performance.eventLoopUtilization();
  delay.enable();
  return {
    // The histogram holds the time between two ticks of a timer; what is above its period is delay.
    delaySeconds(quantile: number) {
      const nanos = quantile === 1 ? delay.max : delay.percentile(quantile * 100);
      return delay.count === 0 ? 0 : Math.max(0, nanos / 1e9 - resolutionMs / 1_000);
    },
    utilization: () => performance.eventLoopUtilization(since).utilization,
    close: () => delay.disable(),
  };
}

/** What Node's types leave out. */
interface GcEntry extends PerformanceEntry {
  readonly detail: { readonly kind: number };
}

function observeCollections(seconds: Histogram): PerformanceObserver {
  const series = new Map(
    Object.entries(gcKinds).map(([kind, name]) => [Number(kind), seconds.series({ kind: name })]),
  );
  const observer = new PerformanceObserver((list) => {
    for (const { duration, detail } of list.getEntries() as GcEntry[]) {
      series.get(detail.kind)?.observe(duration / 1_000);
    }
  });
  observer.observe({ entryTypes: ["gc"] });
  return observer;
}
