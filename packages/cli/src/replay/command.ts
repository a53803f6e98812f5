import { parseArgs } from "node:util";
import type {
  DraftPlan,
  Estimate,
  ReplayRoundsResponse,
  RoundReplay,
  SimulatedPlan,
  SimulatePlansResponse,
  SolvedOutcome,
} from "@marketmesh/contracts/allocation/v1";
import type { Command } from "../command.ts";
import { nameIn } from "../commands/arguments.ts";
import type { Mesh } from "../mesh.ts";
import { asOperator } from "../running-mesh.ts";
import { seedsOf } from "../simulate/command.ts";
import { draftOf, readPlanFile } from "../simulate/plan-file.ts";
import { hours, percent, score, sideBySide, whereAny, whole, withBounds } from "../simulate/side-by-side.ts";
import { UsageError } from "../usage-error.ts";

const text = { type: "string" } as const;
const lastsMs = 600_000;

export const replay: Command = {
  usage: "--market M --of PLAN [--plan DRAFT.yaml] [--rounds N] [--round ROUND]... [--seeds N]",
  about:
    "decides recorded rounds again, by their own plan or a draft, and with --seeds plays what people would have answered",
  async run(args) {
    const options = {
      ...{ market: text, of: text, plan: text, rounds: text, seeds: text },
      round: { ...text, multiple: true },
    } as const;
    const { values } = parseArgs({ args, options });
    if (values.market === undefined) throw new UsageError("replay takes --market");
    if (values.of === undefined && values.round === undefined) {
      throw new UsageError(
        "name the plan whose latest rounds are meant (--of PLAN), or rounds (--round ROUND)",
      );
    }
    const parent = `markets/${values.market}`;
    const draft = values.plan === undefined ? undefined : draftOf(readPlanFile(values.plan), values.market);
    const asked: Asked = {
      parent,
      plan: values.of === undefined ? "" : nameIn(parent, "plans", values.of),
      rounds: (values.round ?? []).map((round) => nameIn(parent, "rounds", round)),
      roundCount: roundsOf(values.rounds),
    };
    const seedCount = values.seeds === undefined ? 0 : seedsOf(values.seeds, 100).length;
    await asOperator(async (mesh) => {
      process.stdout.write(await replayed(mesh, asked, draft));
      if (seedCount > 0) process.stdout.write(`\n${await simulated(mesh, asked, draft, seedCount)}`);
    });
  },
};

/** Rounds by name, or the latest of a plan. */
export interface Asked {
  readonly parent: string;
  readonly plan: string;
  readonly rounds: string[];
  readonly roundCount: number;
}

function roundsOf(given: string | undefined): number {
  const count = Number(given ?? "1");
  if (Number.isInteger(count) && count >= 1 && count <= 100) return count;
  throw new UsageError("--rounds takes a whole number from 1 to 100");
}

/** Recorded rounds beside what they would have been, as lines for a terminal. */
export async function replayed(
  mesh: Pick<Mesh, "decisions">,
  asked: Asked,
  draft: DraftPlan | undefined,
): Promise<string> {
  const request = { ...asked, ...(draft && { draft }) };
  let end: ReplayRoundsResponse | undefined;
  for await (const part of mesh.decisions.replayRounds(request, { timeoutMs: lastsMs })) end = part;
  const { replays = [], release = "" } = end ?? {};
  return [...replays.map((replay) => roundTable(replay, draft?.label)), `replayed by ${release}\n`].join(
    "\n",
  );
}

function roundTable(replay: RoundReplay, label: string | undefined): string {
  const { recorded, replayed } = replay;
  const both = [recorded!, replayed!];
  const row = (title: string, cell: (outcome: SolvedOutcome) => string) => [title, ...both.map(cell)];
  const table = sideBySide(
    ["recorded", label ?? "replayed"],
    [
      row("strategy", ({ strategy }) => strategy),
      row("pairs", ({ pairCount }) => String(pairCount)),
      row("fill", ({ fill }) => percent(fill)),
      row("value", ({ value }) => score(value)),
      row("mean quality", ({ meanQuality }) => score(meanQuality)),
      row("blocking pairs", ({ blockingPairs }) => String(blockingPairs)),
      row("gap", ({ gap }) => (gap === undefined ? "not proven" : score(gap))),
      row("hash", ({ resultHash }) => resultHash.slice(0, 16)),
    ],
  );
  const change = replay.identical
    ? "the same pairs"
    : `${replay.pairsGained} pairs gained, ${replay.pairsLost} lost`;
  const by = `plan version ${replay.planVersion}, ${replay.release || "before 0.4.0"}`;
  return `${replay.round} (${by}): ${change}\n${table}`;
}

/** Plays recorded rounds by their plan and a draft, as lines for a terminal. */
export async function simulated(
  mesh: Pick<Mesh, "decisions">,
  asked: Asked,
  draft: DraftPlan | undefined,
  seedCount: number,
) {
  const request = { ...asked, seedCount, drafts: draft ? [draft] : [] };
  let end: SimulatePlansResponse | undefined;
  for await (const part of mesh.decisions.simulatePlans(request, { timeoutMs: lastsMs })) end = part;
  return simulationTable(end!, seedCount);
}

/** Plans beside each other and beside what really happened. */
export function simulationTable({ plans, real }: SimulatePlansResponse, seeds: number): string {
  const row = (title: string, happened: string, cell: (plan: SimulatedPlan) => string) => [
    title,
    happened,
    ...plans.map(cell),
  ];
  const of = (estimate: Estimate | undefined, show: (value: number) => string) => withBounds(estimate!, show);
  const { offers, taken, waiting, fill, value } = real!;
  const table = sideBySide(
    ["really", ...plans.map(({ label }) => label)],
    [
      row("fill", percent(fill), (plan) => of(plan.fill, percent)),
      row("value", score(value), (plan) => of(plan.value, score)),
      row("mean quality", taken === 0n ? "" : score(value / Number(taken)), (plan) =>
        whereAny(plan.fill!, of(plan.meanQuality, score)),
      ),
      row("time to fill", "", (plan) => whereAny(plan.fill!, of(plan.timeToFillSeconds, hours))),
      row("acceptance", offers === 0n ? "" : percent(Number(taken) / Number(offers)), (plan) =>
        whereAny(plan.offers!, of(plan.acceptance, percent)),
      ),
      row("offers", String(offers), (plan) => of(plan.offers, whole)),
      row("still waiting", String(waiting), () => ""),
      row("runs", "", ({ runsHash }) => runsHash.slice(0, 16)),
    ],
  );
  return `played over ${seeds} seeds, ± 95 % of chance\n${table}`;
}
