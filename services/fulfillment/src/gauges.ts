import type { Database } from "@marketmesh/postgres";
import { pause } from "@marketmesh/rpc";
import type { Metrics } from "@marketmesh/telemetry";
import * as defined from "./metrics.ts";
import { countMarkets, type MarketCounts } from "./storage/gauge-store.ts";

const countEveryMs = 15_000;
const marketsMax = 2_000;

/** Counts what has not ended, now and then: a scrape asks no database. */
export function gauges(metrics: Metrics, database: Database): (signal: AbortSignal) => Promise<void> {
  let counts: readonly MarketCounts[] = [];
  const perMarket = (value: (count: MarketCounts) => number) => () =>
    counts.map((count) => ({ labels: { market: count.market }, value: value(count) }));
  metrics.gauge(defined.runs, {
    read: () =>
      counts.flatMap(({ market, running, waiting, faulted }) => [
        { labels: { market, state: "RUNNING" }, value: running },
        { labels: { market, state: "WAITING" }, value: waiting },
        { labels: { market, state: "FAULTED" }, value: faulted },
      ]),
  });
  metrics.gauge(defined.tasksOpen, { read: perMarket(({ openTasks }) => openTasks) });
  metrics.gauge(defined.tasksOverdue, { read: perMarket(({ overdueTasks }) => overdueTasks) });
  return async (signal) => {
    while (!signal.aborted) {
      counts = await database.background((tx) => countMarkets(tx, marketsMax), { readOnly: true });
      await pause(countEveryMs, signal).catch(() => {});
    }
  };
}
