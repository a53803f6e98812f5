import {
  constants,
  type IntervalHistogram,
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
 * A reading is of the running window and the one before it, so it covers at least one whole window and any number of readers
 * see the same: a reading that started a new window would leave the second scraper with nothing. Of two quantiles it is the
 * worse. One timer, and not a fine one: it wakes an idle process.
 */
function measureEventLoop(metrics: Metrics): Disposable {
  const delay = monitorEventLoopDelay({ resolution: resolutionMs });
  delay.enable();
  let before = noDelay;
  let [older, younger] = [performance.eventLoopUtilization(), performance.eventLoopUtilization()];
  const turn = setInterval(() => {
    before = delaysOf(delay);
    delay.reset();
    [older, younger] = [younger, performance.eventLoopUtilization()];
  }, windowMs).unref();
  metrics.gauge(defined.eventLoopDelay, {
    read: () => {
      const now = delaysOf(delay);
      return quantiles.map((quantile, at) => ({
        labels: { quantile: String(quantile) },
        value: Math.max(now[at] as number, before[at] as number),
      }));
    },
  });
  metrics.gauge(defined.eventLoopUtilization, {
    read: () => performance.eventLoopUtilization(older).utilization,
  });
  return {
    [Symbol.dispose]() {
      clearInterval(turn);
      delay.disable();
    },
  };
}

const resolutionMs = 20;
const quantiles = [0.5, 0.99, 1] as const;
const noDelay: readonly number[] = quantiles.map(() => 0);

// The histogram holds the time between two ticks of a timer; what is above its period is delay.
function delaysOf(delay: IntervalHistogram): readonly number[] {
  if (delay.count === 0) return noDelay;
  return quantiles.map((quantile) => {
    const nanos = quantile === 1 ? delay.max : delay.percentile(quantile * 100);
    return Math.max(0, nanos / 1e9 - resolutionMs / 1_000);
  });
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
