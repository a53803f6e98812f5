import { createWriteStream, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import type { MainJobOptions as SupervisorOptions } from "@marketmesh/dev-stack";
import { defaultScenario, readScenario } from "@marketmesh/markets";
import { connectMesh } from "./connect.ts";
import { exportMarket, exportNames } from "./job/export-market.ts";
import { nextCommands } from "./job/next-commands.ts";
import { jobPatienceMs } from "./job/patience.ts";
import type { Report } from "./job/report.ts";
import { reportTable } from "./job/report-table.ts";
import { RunRecord } from "./job/run-record.ts";
import { runScenario } from "./job/run-scenario.ts";
import type { Mesh } from "./mesh.ts";
import { ndjson } from "./ndjson.ts";
import type { RunningMesh } from "./running-mesh.ts";
import { traced } from "./tracing.ts";

/** What the supervisor hands over once every service is ready. */
export interface MainJobOptions extends SupervisorOptions {
  /** What https endpoints are called with. */
  readonly tls?: NonNullable<RunningMesh["tls"]>;
}

const defaultSeed = 1;

/**
 * Runs a scenario on a ready mesh, prints its table and what to try next, and leaves report and export where they are asked
 * for. A finished scenario is not run again: its stored report is shown.
 */
export async function runMainJob(options: MainJobOptions): Promise<{ ok: boolean }> {
  const { out, stateDir, seed = defaultSeed } = options;
  const scenario = readScenario(options.scenario ?? defaultScenario);
  const record = new RunRecord(stateDir, scenario, seed);
  using mesh = connectMesh(options.endpoints, options.operatorKey, {
    patienceMs: jobPatienceMs,
    ...(options.tls && { tls: options.tls }),
  });
  const stored = record.finished();
  const report = stored ?? (await traced(stateDir, () => run(mesh, options, record, scenario, seed)));
  record.finish(report);
  if (stored !== undefined) out.write("This scenario has finished before; its report:\n");
  out.write(`\n${reportTable(report)}\n`);
  if (options.report !== undefined) writeReport(options.report, report);
  if (options.exportDir !== undefined) await exportAll(mesh, options.exportDir, report);
  out.write("Try next:\n");
  for (const command of nextCommands(options.endpoints, report.markets[0]!.market))
    out.write(`  ${command}\n`);
  return { ok: true };
}

async function run(
  mesh: Mesh,
  { out, signal, readyMs, peakRss }: MainJobOptions,
  record: RunRecord,
  scenario: ReturnType<typeof readScenario>,
  seed: number,
): Promise<Report> {
  const startMs = performance.now();
  return runScenario({
    mesh,
    scenario: record.claim(scenario),
    seed,
    readyMs,
    peakRss,
    progress: (market, line) => {
      signal.throwIfAborted();
      out.write(`${((performance.now() - startMs) / 1_000).toFixed(1).padStart(7)} s  ${market}: ${line}\n`);
    },
  });
}

function writeReport(path: string, report: Report): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${JSON.stringify(report, null, 2)}\n`);
}

async function exportAll(mesh: Mesh, folder: string, report: Report): Promise<void> {
  for (const { market } of report.markets) {
    mkdirSync(join(folder, market), { recursive: true });
    for (const what of exportNames) {
      const file = createWriteStream(join(folder, market, `${what}.ndjson`));
      await pipeline(ndjson(exportMarket(mesh, market, what)), file);
    }
  }
}
