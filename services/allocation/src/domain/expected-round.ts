import {
  type Acceptance,
  type AllocationPlan,
  allocate,
  type ExpectedState,
  expectedWave,
  type Graph,
  learn,
  type PlannedRounds,
  roundsAhead,
  type Solution,
  startExpected,
} from "@marketmesh/allocation-engine";
import { type CarriedRegret, carriedAfter, regretIn } from "./carried-regret.ts";

/** Demands whose group is remembered, the latest. */
const demandsMax = 200_000;

/** What a plan has learned, by the ids of listings: each round has a graph of its own. */
export interface LearnedState {
  readonly wave: number;
  readonly acceptance: Acceptance;
  /** The group of each demand in the acceptance model, oldest first. */
  readonly demands: readonly (readonly [demand: string, group: number])[];
  readonly arrivals: Omit<ExpectedState["arrivals"], "seen">;
  /** Absent: of rounds before anything was carried. */
  readonly carried?: CarriedRegret;
  /** The rounds that the plan said it would have, and the first of them; absent: it did not say. */
  readonly planned?: PlannedRounds;
}

/** An answer to an offer of the plan; silence is a no. */
export interface RecordedAnswer {
  readonly offer: string;
  readonly round: string;
  readonly demand: string;
  readonly score: number;
  readonly accepted: boolean;
}

/** What a plan knew before a round, and what was answered since. */
export interface PlanKnowledge {
  /** 0: nothing yet. */
  readonly version: number;
  readonly learned: LearnedState | undefined;
  readonly answers: readonly RecordedAnswer[];
  /** Rounds that have no further answers to come. */
  readonly ended: readonly string[];
}

/** What a round of EXPECTED decided, and what the plan knows after it. */
export interface ExpectedRound {
  readonly solution: Solution;
  readonly learned: LearnedState;
}

/**
 * One wave: learns from the answers that came since, then offers what hindsight is least likely to regret. Where the plan says how
 * many rounds it will have, only so much of it that all can be asked about in time.
 *
 * @param plannedRounds 0: the plan does not say
 */
export function expectedRound(
  graph: Graph,
  plan: AllocationPlan,
  before: LearnedState | undefined,
  answers: readonly RecordedAnswer[],
  plannedRounds = 0,
): ExpectedRound {
  const state = before ? stateFor(graph, taught(before, answers)) : startingWith(graph, answers);
  const planned = plannedFrom(before, plannedRounds);
  const { waves, config } = roundsAhead(state.wave, planned);
  const residual = {
    waves,
    demandLeft: graph.demandCapacity,
    supplyLeft: graph.supplyCapacity,
    asked: askedOf(graph, plan),
  };
  const nothing = { edges: [], accepted: [] };
  let wave = expectedWave(graph, residual, state, nothing, config);
  // Waiting is worth something only while others are asked.
  if (wave.offers.length === 0)
    wave = expectedWave(graph, { ...residual, waves: state.wave + 1 }, state, nothing, config);
  const solution = within(graph, plan, wave.offers);
  const learned = learnedOf(graph, before, wave.state);
  const carried = carriedAfter(graph, wave.state, solution.assignment.edges, before?.carried);
  return { solution, learned: { ...learned, carried, ...(planned && { planned }) } };
}

/** Rounds are counted from the first one that is decided by their number. */
function plannedFrom(before: LearnedState | undefined, rounds: number): PlannedRounds | undefined {
  if (rounds === 0) return undefined;
  return before?.planned?.rounds === rounds ? before.planned : { rounds, from: before?.wave ?? 0 };
}

function taught(state: LearnedState, answers: readonly RecordedAnswer[]): LearnedState {
  const groupOf = new Map(state.demands);
  const observations = answers.flatMap(({ demand, score, accepted }) => {
    const group = groupOf.get(demand);
    return group === undefined ? [] : [{ group, score, accepted }];
  });
  return { ...state, acceptance: learn(state.acceptance, observations) };
}

/** What the plan's rounds were answered under another strategy: one group, that of demands before its first ones. */
function startingWith(graph: Graph, answers: readonly RecordedAnswer[]): ExpectedState {
  const fresh = startExpected(graph);
  if (answers.length === 0) return fresh;
  const observations = answers.map(({ score, accepted }) => ({ group: 0, score, accepted }));
  const acceptance = learn({ ...fresh.acceptance, yes: [0], asked: [0] }, observations);
  return { ...fresh, acceptance };
}

function stateFor(graph: Graph, learned: LearnedState): ExpectedState {
  const fresh = startExpected(graph);
  const { wave, acceptance, demands, arrivals, carried } = learned;
  const groupOf = new Map(demands);
  const seen = graph.demandIds.flatMap((id, demand) => (groupOf.has(id) ? [demand] : []));
  return {
    ...fresh,
    ...{ wave, acceptance, ...regretIn(graph, carried) },
    arrivals: { ...arrivals, seen },
    groups: Int16Array.from(graph.demandIds, (id) => groupOf.get(id) ?? -1),
  };
}

type Taught = Omit<LearnedState, "carried" | "planned">;

function learnedOf(graph: Graph, before: LearnedState | undefined, state: ExpectedState): Taught {
  const groups = new Map(before?.demands ?? []);
  for (const [demand, id] of graph.demandIds.entries()) {
    const group = state.groups[demand]!;
    if (group >= 0) groups.set(id, group);
  }
  const { seen: _, ...arrivals } = state.arrivals;
  return {
    wave: state.wave,
    acceptance: state.acceptance,
    demands: [...groups].slice(-demandsMax),
    arrivals,
  };
}

/** Excluded pairs count as asked: nobody asks them. */
function askedOf(graph: Graph, { limits }: AllocationPlan): Uint8Array {
  const asked = new Uint8Array(graph.supplies.length);
  for (const { demand, supply } of limits?.exclusions ?? []) {
    for (let edge = graph.offsets[demand]!; edge < graph.offsets[demand + 1]!; edge += 1) {
      if (graph.supplies[edge] === supply) asked[edge] = 1;
    }
  }
  return asked;
}

/** The offers as an assignment: pins first, and within the limits of groups. */
function within(graph: Graph, plan: AllocationPlan, offers: Uint32Array): Solution {
  const pins = plan.limits?.pins ?? [];
  const keep = new Set(offers);
  const pinned = new Set(pins.map(({ demand, supply }) => `${demand}/${supply}`));
  const exclusions = [...graph.supplies].flatMap((supply, edge) => {
    const demand = graph.demands[edge]!;
    return keep.has(edge) || pinned.has(`${demand}/${supply}`) ? [] : [{ demand, supply }];
  });
  const solution = allocate(graph, {
    ...plan,
    strategy: "GREEDY",
    limits: { ...plan.limits, exclusions: [...(plan.limits?.exclusions ?? []), ...exclusions] },
  });
  const facts = { ...solution.facts, strategy: "EXPECTED", method: "least expected regret" } as const;
  return { ...solution, facts };
}
