import { durationMs } from "@bufbuild/protobuf/wkt";
import type { Round } from "@marketmesh/contracts/allocation/v1";
import type { BenchMesh } from "./bench-mesh.ts";
import { emit, median, say } from "./figure.ts";
import { applySkillsMarket, fillSkillsMarket, skillsPack } from "./skills-market.ts";

const supply = 20_000;
const demand = 2_500;
const repeats = 3;

// Aims for this size, in milliseconds.
const aims: Readonly<Record<string, number>> = {
  snapshot: 500,
  filter: 2_000,
  rank: 2_000,
  assign: 500,
  commit: 4_000,
};

/** One round over 2,500 demands and 20,000 supplies by phase, on a market of its own each time. */
export async function roundSuite(mesh: BenchMesh): Promise<void> {
  const rounds: Round[] = [];
  for (let repeat = 1; repeat <= repeats; repeat += 1) {
    const market = `round-${repeat}`;
    await applySkillsMarket(mesh, market);
    const revisions = await fillSkillsMarket(mesh, market, supply, demand);
    rounds.push(await runRound(mesh, market, revisions));
    say(`${market}: ${rounds.at(-1)!.edgeCount} edges, ${rounds.at(-1)!.holdCount} holds`);
  }
  for (const [phase, aim] of Object.entries(aims)) {
    const took = rounds.map((round) => durationMs(round.phases.find((p) => p.phase === phase)!.duration!));
    emit({ suite: "round", metric: phase, value: median(took), unit: "ms", better: "lower", aim });
  }
}

async function runRound({ clients }: BenchMesh, market: string, revisions: string[]): Promise<Round> {
  const parent = `markets/${market}`;
  const plan = `${parent}/plans/${skillsPack().plan.plan}`;
  await clients.allocation.createRound(
    { parent, roundId: "one", round: { plan }, revisions },
    { timeoutMs: 120_000 },
  );
  let last: Round | undefined;
  const moves = clients.allocation.watchRound({ name: `${parent}/rounds/one` }, { timeoutMs: 300_000 });
  for await (const { round } of moves) last = round;
  if (last === undefined || last.failure !== "") throw new Error(`the round failed: ${last?.failure}`);
  return last;
}
