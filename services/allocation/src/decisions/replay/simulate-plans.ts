import { createHash } from "node:crypto";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { durationMs } from "@bufbuild/protobuf/wkt";
import type { MethodImpl } from "@connectrpc/connect";
import type {
  DecisionService,
  SimulatePlansRequest,
  SimulatePlansResponseSchema,
} from "@marketmesh/contracts/allocation/v1";
import type { Tx } from "@marketmesh/postgres";
import { type Caller, idsOf } from "@marketmesh/rpc";
import { read } from "@marketmesh/service-host/calls";
import { planOutcome, type RunOutcome } from "@marketmesh/simulator";
import { patterns } from "../../rpc/names.ts";
import type { Simulation } from "../heavy/simulate.ts";
import { Thread } from "../heavy/thread.ts";
import { behaviourOf } from "./behaviour.ts";
import { draftOver } from "./draft.ts";
import { asRefusal, type ReplayShell } from "./heavy-shell.ts";
import { readRecord, selectRounds } from "./load-rounds.ts";
import { addReal, type Real, readReal } from "./real-store.ts";

type Part = MessageInitShape<typeof SimulatePlansResponseSchema>;

const seedsDefault = 10;
const wavesDefault = 50;
const intervalSecondsDefault = 3_600;

export function simulatePlans(shell: ReplayShell): MethodImpl<typeof DecisionService.method.simulatePlans> {
  return async function* (request, context): AsyncGenerator<Part> {
    const { market } = idsOf(patterns.market, request.parent, "parent");
    using _ = shell.gate.enter(market);
    const { simulation, real, wanted } = await read(shell, context, market, (tx, caller) =>
      prepare(tx, caller, market, request),
    );
    const { plans, seeds } = simulation;
    const runsTotal = plans.length * seeds.length;
    const runs: RunOutcome[][] = plans.map(() => []);
    using thread = new Thread(context.signal);
    let runsDone = 0;
    yield { runsDone, runsTotal };
    try {
      for await (const { plan, outcome } of thread.answers({ kind: "SIMULATE", simulation })) {
        runs[plan]!.push(outcome);
        runsDone++;
        if (runsDone < runsTotal) yield { runsDone, runsTotal };
      }
    } catch (error) {
      throw asRefusal(error, "drafts");
    }
    yield {
      ...{ runsDone, runsTotal, release: shell.release, real: realMessage(real, wanted) },
      plans: plans.map(({ label }, at) => planMessage(label, runs[at]!)),
    };
  };
}

async function prepare(tx: Tx, caller: Caller, market: string, request: SimulatePlansRequest) {
  const rounds = await selectRounds(tx, caller, market, request);
  const decided = rounds[0]!.plan;
  const drafts = request.drafts.map((draft, at) => draftOver(market, decided, draft, `drafts[${at}]`));
  const records = [];
  const parts: Real[] = [];
  for (const round of rounds) {
    records.push(await readRecord(tx, market, round));
    parts.push(await readReal(tx, market, round.round.id));
  }
  const real = addReal(parts);
  const startMs = rounds[0]!.round.decisionTime!.getTime();
  const simulation: Simulation = {
    rounds: records,
    times: rounds.map(({ round }) => (round.decisionTime!.getTime() - startMs) / 1_000),
    plans: [{ label: `${decided.id} as recorded`, plan: records[0]!.plan }, ...drafts],
    behaviour: behaviourOf(request.answers, real),
    rules: {
      interval: request.interval ? durationMs(request.interval) / 1_000 : intervalSecondsDefault,
      window: decided.acceptanceWindowMs / 1_000,
      wavesMax: request.wavesMax || wavesDefault,
    },
    seeds: Array.from({ length: request.seedCount || seedsDefault }, (_, at) => at + 1),
  };
  return { simulation, real, wanted: rounds[0]!.round.openUnits };
}

function planMessage(label: string, runs: readonly RunOutcome[]) {
  const { fill, value, meanQuality, timeToFill, acceptance, offers, exposure, hashes } = planOutcome(runs);
  const runsHash = createHash("sha256").update(hashes.join("\n")).digest("hex");
  const estimates = { fill, value, meanQuality, acceptance, offers, exposure };
  return { label, ...estimates, timeToFillSeconds: timeToFill, runsHash };
}

function realMessage({ offers, taken, takenUnits, value, waiting }: Real, wanted: number) {
  return {
    wantedUnits: BigInt(wanted),
    offers: BigInt(offers),
    taken: BigInt(taken),
    fill: wanted === 0 ? 0 : takenUnits / wanted,
    value,
    waiting: BigInt(waiting),
  };
}
