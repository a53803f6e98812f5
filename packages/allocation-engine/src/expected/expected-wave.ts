import type { SparseGraph } from "../graph.ts";
import { type Acceptance, learn, type Observation, openGroup } from "./acceptance.ts";
import { arrive } from "./arrivals.ts";
import { type ExpectedConfig, expectedDefaults, refuseBadConfig } from "./config.ts";
import { drawsOf } from "./draws.ts";
import { HindsightAuction } from "./hindsight-auction.ts";
import { judge } from "./judge.ts";
import { paceOf } from "./pace.ts";
import { pickOffers } from "./pick-offers.ts";
import { livePairs, type Residual } from "./residual.ts";
import { imaginedRows, type Sampling, sampleWorld } from "./sample-world.ts";
import type { ExpectedState } from "./state.ts";
import { emptyWorld } from "./world.ts";

/** Answers to earlier offers, side by side. */
export interface Answers {
  readonly edges: ArrayLike<number>;
  /** 1 where the offer was accepted. */
  readonly accepted: ArrayLike<number>;
}

export interface ExpectedWave {
  /** Edges to offer now, ascending. Empty: there is nothing left to ask, or it is better to wait. */
  readonly offers: Uint32Array;
  readonly state: ExpectedState;
}

/**
 * One wave of EXPECTED: what to offer now, given what is left and what was answered since the last wave.
 *
 * Worlds are sampled: in each, every pair that was not asked yet accepts or not by a learned probability, and the best assignment
 * with hindsight is found. A pair's regret is what offering it would lose against that, on average over worlds and waves. Pairs of
 * least regret are offered first, few at a time; every answer makes the next worlds truer. This is the Bayes selector of A. Vera and
 * S. Banerjee ("The Bayesian prophet", Management Science 67 (2021)): choose what hindsight is least likely to regret.
 *
 * It reads the rows of demands that are open or have been, nothing of those that will open later.
 *
 * @throws EngineError PLAN_INVALID (a setting out of its range)
 */
export function expectedWave(
  graph: SparseGraph,
  residual: Residual,
  before: ExpectedState,
  answers: Answers,
  config: Partial<ExpectedConfig> = {},
): ExpectedWave {
  const settings = { ...expectedDefaults, ...config };
  refuseBadConfig(settings);
  const state = welcome(graph, residual, heard(graph, before, answers));
  const live = livePairs(graph, residual);
  const sampling: Sampling = { graph, residual, live, state, fillBonus: settings.fillBonus };
  const pace = paceOf(residual, state, settings);
  let offers: Uint32Array = new Uint32Array(0);
  if (live.edges.length > 0 && pace.regretMax >= 0) {
    lookAhead(sampling, settings);
    offers = pickOffers(sampling, settings, pace);
  }
  const asks = state.asks.slice();
  for (const edge of offers) asks[graph.supplies[edge]!]!++;
  return { offers, state: { ...state, asks, wave: state.wave + 1 } };
}

/** The state after the answers, with columns of its own. */
function heard(graph: SparseGraph, before: ExpectedState, { edges, accepted }: Answers): ExpectedState {
  const observations: Observation[] = [];
  for (let at = 0; at < edges.length; at++) {
    const edge = edges[at]!;
    const group = before.groups[graph.demands[edge]!]!;
    // What others asked before this began says nothing of a group that is known here.
    if (group < 0) continue;
    observations.push({ group, score: graph.demandScores[edge]!, accepted: accepted[at] === 1 });
  }
  return {
    ...before,
    acceptance: learn(before.acceptance, observations),
    groups: before.groups.slice(),
    regret: before.regret.slice(),
    worlds: before.worlds.slice(),
  };
}

/** Gives demands that are open for the first time a group of their own. */
function welcome(graph: SparseGraph, { demandLeft }: Residual, state: ExpectedState): ExpectedState {
  const fresh: number[] = [];
  for (let demand = 0; demand < demandLeft.length; demand++) {
    const wanted = demandLeft[demand]! > 0 && graph.offsets[demand + 1]! > graph.offsets[demand]!;
    if (wanted && state.groups[demand]! < 0) fresh.push(demand);
  }
  if (fresh.length === 0) return state;
  const opened: { acceptance: Acceptance; group: number } = openGroup(state.acceptance);
  for (const demand of fresh) state.groups[demand] = opened.group;
  return {
    ...state,
    acceptance: opened.acceptance,
    arrivals: arrive(state.arrivals, state.wave, fresh),
  };
}

/** Samples worlds, solves each with hindsight, and takes it into the pairs' regret. */
function lookAhead(sampling: Sampling, config: ExpectedConfig): void {
  const { graph, residual, live, state } = sampling;
  const imagined = imaginedRows(state, residual);
  const rowsMax = live.demands.length + imagined;
  const pairsMax = live.edges.length + (imagined > 0 ? graph.supplies.length : 0);
  const world = emptyWorld(rowsMax, pairsMax);
  const auction = new HindsightAuction(rowsMax, pairsMax, slotsOf(graph, residual));
  const newcomers = live.demands.reduce((count, demand) => count + (state.worlds[demand] === 0 ? 1 : 0), 0);
  const count = 2 * newcomers > live.demands.length ? config.worldsFirst : config.worldsPerWave;
  for (let number = 0; number < count; number++) {
    sampleWorld(world, sampling, drawsOf(config.seed, state.wave, number));
    auction.solve(world, config.priceStep);
    judge(sampling, world, auction, config.forgetting, state);
  }
}

/** Units of each supply that can matter: not more than it has pairs. */
function slotsOf(graph: SparseGraph, { supplyLeft }: Residual): Int32Array {
  const degree = new Int32Array(supplyLeft.length);
  for (let edge = 0; edge < graph.supplies.length; edge++) degree[graph.supplies[edge]!]!++;
  return degree.map((pairs, supply) => Math.min(pairs, supplyLeft[supply]!));
}
