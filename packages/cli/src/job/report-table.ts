import type { MarketReport, Report } from "./report.ts";

const columns: readonly (readonly [string, (market: MarketReport) => string])[] = [
  ["market", ({ market }) => market],
  ["supply", ({ supply }) => String(supply)],
  ["demand", ({ demand }) => String(demand)],
  ["openings", ({ openings }) => String(openings)],
  ["eligible pairs", ({ eligiblePairs }) => String(eligiblePairs)],
  ["allocations", ({ allocations }) => String(allocations)],
  ["fill rate", ({ fillRate }) => percent(fillRate)],
  ["mean score", ({ meanScore }) => meanScore.toFixed(3)],
  ["accepted", ({ acceptanceRate }) => percent(acceptanceRate)],
  ["time to fill p50", ({ timeToFillMs }) => hours(timeToFillMs.p50)],
  ["decision p99", ({ decisionMs }) => `${Math.round(decisionMs.p99)} ms`],
  ["completed", ({ completed }) => String(completed)],
  ["first holds", ({ firstHoldsMs }) => seconds(firstHoldsMs)],
  ["job", ({ phasesMs }) => seconds(Object.values(phasesMs).reduce((sum, ms) => sum + ms, 0))],
];

/** A report as lines for a terminal. */
export function reportTable(report: Report): string {
  const rows = [
    columns.map(([title]) => title),
    ...report.markets.map((m) => columns.map(([, cell]) => cell(m))),
  ];
  const widths = columns.map((_, at) => Math.max(...rows.map((row) => row[at]!.length)));
  const lines = rows.map((row) => row.map((cell, at) => cell.padStart(widths[at]!)).join("  "));
  return [lines[0], "-".repeat(lines[0]!.length), ...lines.slice(1), "", ...summary(report), ""].join("\n");
}

function* stages({ market, outcomes, timeInStageMs }: MarketReport) {
  const ends = Object.entries(outcomes).map(([outcome, runs]) => `${runs} ${outcome}`);
  if (ends.length > 0) yield `${market}: ${ends.join(", ")}`;
  for (const { workflow, stage, runs, p50, p95 } of timeInStageMs) {
    yield `  ${`${workflow}.${stage}`.padEnd(22)} ${String(runs).padStart(6)} runs, p50 ${hours(p50)}, p95 ${hours(p95)}`;
  }
}

function* summary({ scenario, seed, readyMs, totalMs, events, peakRssBytes, markets }: Report) {
  const memory = Object.values(peakRssBytes).reduce((sum, bytes) => sum + bytes, 0);
  yield `scenario ${scenario}, seed ${seed}: ready in ${seconds(readyMs)}, done in ${seconds(totalMs)}, ${Math.round(memory / 1_048_576)} MiB in ${Object.keys(peakRssBytes).length} processes at peak`;
  yield `events: ${events.published} published, ${events.consumed} consumed, ${events.redelivered} redelivered, ${events.dead} dead`;
  for (const each of markets) yield* stages(each);
  for (const { market, allocationsSha256, traceId, race } of markets) {
    yield `${market}: allocations ${allocationsSha256}`;
    if (traceId) yield `${market}: npx marketmesh trace ${traceId}`;
    if (race === undefined) continue;
    yield `${market}: ${race.buyers} buyers raced for one item: ${race.winners} got it, ${race.nextBest} their next best, ${race.exhausted} nothing`;
  }
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

function hours(ms: number): string {
  return `${(ms / 3_600_000).toFixed(1)} h`;
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
