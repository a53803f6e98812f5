import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Command } from "../command.ts";
import type { Report } from "../job/report.ts";
import { reportTable } from "../job/report-table.ts";
import { runMainJob } from "../main-job.ts";
import { runningMesh, runsDir } from "../running-mesh.ts";
import { UsageError } from "../usage-error.ts";

export const run: Command = {
  usage: "[SCENARIO] [--seed N] [--report FILE] [--export DIR]",
  about: "runs a scenario on the running mesh; without a file the three sample markets",
  async run(args) {
    const text = { type: "string" } as const;
    const options = { seed: text, report: text, export: text };
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
    const seed = Number(values.seed ?? 1);
    if (!Number.isSafeInteger(seed)) throw new UsageError("--seed takes a whole number");
    await runMainJob({
      ...(await runningMesh()),
      seed,
      ...(positionals[0] !== undefined && { scenario: positionals[0] }),
      ...(values.report !== undefined && { report: values.report }),
      ...(values.export !== undefined && { exportDir: values.export }),
      readyMs: 0,
      peakRss: () => ({}),
      out: process.stdout,
      signal: new AbortController().signal,
    });
  },
};

export const report: Command = {
  usage: "[--json]",
  about: "shows the report of the scenario that finished last",
  async run(args) {
    const { values } = parseArgs({ args, options: { json: { type: "boolean" } } });
    const path = latestReport(join(await runsDir(), "runs"));
    if (path === undefined) throw new UsageError("no scenario has finished yet; npm start runs one");
    const text = readFileSync(path, "utf8");
    process.stdout.write(values.json ? text : `${reportTable(JSON.parse(text) as Report)}\n`);
  },
};

function latestReport(folder: string): string | undefined {
  if (!existsSync(folder)) return undefined;
  return readdirSync(folder)
    .filter((file) => file.endsWith(".json") && file !== "markets.json")
    .map((file) => join(folder, file))
    .sort((left, right) => statSync(right).mtimeMs - statSync(left).mtimeMs)[0];
}
