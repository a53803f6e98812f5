import type { Scenario } from "@marketmesh/markets";
import type { Mesh } from "../mesh.ts";
import { runMarket } from "./market-job.ts";
import type { MarketReport, Report } from "./report.ts";

export interface RunScenarioOptions {
  readonly mesh: Mesh;
  readonly scenario: Scenario;
  readonly seed: number;
  readonly readyMs: number;
  readonly peakRss: () => Record<string, number>;
  readonly progress: (market: string, line: string) => void;
}

/** Runs the markets of a scenario, one after the other, and reports. */
export async function runScenario(options: RunScenarioOptions): Promise<Report> {
  const { mesh, scenario, seed, progress } = options;
  const startMs = performance.now();
  const markets: MarketReport[] = [];
  for (const market of scenario.markets) {
    markets.push(await runMarket(mesh, market, seed, (line) => progress(market.market, line)));
  }
  const totalMs = Math.round(performance.now() - startMs);
  return {
    scenario: scenario.scenario,
    seed,
    readyMs: options.readyMs,
    totalMs,
    peakRssBytes: options.peakRss(),
    events: await eventCounts(mesh),
    markets,
  };
}

async function eventCounts(mesh: Mesh): Promise<Report["events"]> {
  const counts = await Promise.all(Object.values(mesh.feeds).map((feed) => feed.getEventCounts({})));
  const sum = (field: "published" | "consumed" | "redelivered" | "dead") =>
    counts.reduce((total, count) => total + Number(count[field]), 0);
  return {
    published: sum("published"),
    consumed: sum("consumed"),
    redelivered: sum("redelivered"),
    dead: sum("dead"),
  };
}
