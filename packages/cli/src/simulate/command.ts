import { parseArgs } from "node:util";
import { EngineError, loadPackingSolver } from "@marketmesh/allocation-engine";
import {
  compileScenario,
  enginePlan,
  type PlanOutcome,
  planOutcome,
  runsOf,
  ScenarioError,
} from "@marketmesh/simulator";
import type { Command } from "../command.ts";
import { UsageError } from "../usage-error.ts";
import { edgesUsage, simulateEdges } from "./edges/command.ts";
import { offlinePlan } from "./offline-plan.ts";
import { readPlanFile } from "./plan-file.ts";
import { readScenarioFile } from "./scenario-file.ts";
import { hours, percent, score, sideBySide, whereAny, whole, withBounds } from "./side-by-side.ts";

const text = { type: "string" } as const;
const seedsMax = 1_000;

export const simulate: Command = {
  usage: `--scenario F [--plan F]... [--seeds N] [--json] | ${edgesUsage}`,
  about:
    "plays a made-up or written market by each plan and seed, without services; N is 10 unless given\n" +
    "    --edges: offers the pairs of a file in waves to whoever answers on standard input\n" +
    "    packages/cli/README.md shows what the files hold",
  async run(args) {
    if (args.some((arg) => arg === "--edges" || arg.startsWith("--edges="))) return simulateEdges(args);
    const options = {
      scenario: text,
      plan: { ...text, multiple: true },
      seeds: text,
      json: { type: "boolean" },
    } as const;
    const { values } = parseArgs({ args, options });
    if (values.scenario === undefined) throw new UsageError("simulate takes --scenario FILE");
    const seeds = seedsOf(values.seeds ?? "10");
    const files = values.plan?.map(readPlanFile);
    const { scenario, behaviour, rules } = readScenarioFile(values.scenario);
    const tools = scenario.unitMode === "WHOLE" ? { search: await loadPackingSolver() } : {};
    const plans = files?.map((file) => offlinePlan(file, tools)) ?? [
      enginePlan("GREEDY", { strategy: "GREEDY" }),
      enginePlan("OPTIMAL", { strategy: "OPTIMAL" }, { tools }),
    ];
    const outcomes = asUsage(values.scenario, () => {
      const comparison = { scenario: compileScenario(scenario), plans, behaviour, rules, seeds };
      const runs = [...runsOf(comparison)];
      return plans.map((_, at) =>
        planOutcome(runs.filter(({ plan }) => plan === at).map(({ outcome }) => outcome)),
      );
    });
    const labels = plans.map(({ label }) => label);
    process.stdout.write(values.json ? jsonOf(labels, outcomes) : tableOf(labels, outcomes));
  },
};

/** Seeds 1 to N. */
export function seedsOf(given: string, most = seedsMax): number[] {
  const count = Number(given);
  if (!Number.isInteger(count) || count < 1 || count > most) {
    throw new UsageError(`--seeds takes a whole number from 1 to ${most}`);
  }
  return Array.from({ length: count }, (_, at) => at + 1);
}

/** What a file asks for and cannot be is a mistake in the file. */
function asUsage<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof ScenarioError || error instanceof EngineError)
      throw new UsageError(`${file}: ${error.message}`);
    throw error;
  }
}

function tableOf(labels: readonly string[], outcomes: readonly PlanOutcome[]): string {
  const row = (title: string, cell: (outcome: PlanOutcome) => string) => [title, ...outcomes.map(cell)];
  return sideBySide(labels, [
    row("fill", ({ fill }) => withBounds(fill, percent)),
    row("value", ({ value }) => withBounds(value, score)),
    row("mean quality", ({ fill, meanQuality }) => whereAny(fill, withBounds(meanQuality, score))),
    row("time to fill", ({ fill, timeToFill }) => whereAny(fill, withBounds(timeToFill, hours))),
    row("acceptance", ({ offers, acceptance }) => whereAny(offers, withBounds(acceptance, percent))),
    row("offers", ({ offers }) => withBounds(offers, whole)),
    row("asked most, a tenth", ({ offers, exposure }) => whereAny(offers, withBounds(exposure, percent))),
    row("no-shows", ({ noShows }) => withBounds(noShows, whole)),
    row("rounds", ({ waves }) => withBounds(waves, whole)),
    row("first run", ({ hashes }) => hashes[0] ?? ""),
  ]);
}

function jsonOf(labels: readonly string[], outcomes: readonly PlanOutcome[]): string {
  return `${JSON.stringify(
    outcomes.map((outcome, at) => ({ label: labels[at], ...outcome })),
    null,
    2,
  )}\n`;
}
