import { membersOf, toPackedSet } from "@marketmesh/contracts";
import { hasOrdinal, packOrdinals } from "../domain/packed-ordinals.ts";
import type { Plan } from "../domain/plan.ts";
import type { Versions } from "../domain/round.ts";
import type { RankedDemand } from "../domain/round-graph.ts";
import type { SnapshotLevel } from "../domain/round-snapshot.ts";
import { type FilteredDemand, filterDemands } from "../mesh/filter.ts";
import {
  type DemandCandidates,
  type DemandRanking,
  type Ranked,
  rankDemands,
  sameVersions,
} from "../mesh/rank.ts";
import { readGivenSupplies } from "../storage/hold-store.ts";
import type { LeasedRound } from "../storage/round-store.ts";
import type { RoundDeps } from "./round-deps.ts";

const callTimeoutMs = 50_000;

/** What a round knows of its demands after filtering and ranking. */
export interface RankedRound {
  /** One per demand of the snapshot. */
  readonly filtered: readonly FilteredDemand[];
  readonly ranked: readonly RankedDemand[];
  readonly versions: Versions;
  readonly filterMs: number;
  readonly rankMs: number;
}

/** Told after each chunk: how many demands are ranked, and their eligible pairs. */
export type OnProgress = (demandsRanked: number, eligiblePairs: number) => Promise<void>;

const noVersions: Versions = {
  policyVersion: 0,
  demandModelVersion: 0,
  supplyModelVersion: 0,
  statisticsVersion: 0,
};

/** Filters and ranks all demands, chunk by chunk; the next chunk is filtered while one is ranked. */
export async function rankRound(
  deps: RoundDeps,
  leased: LeasedRound,
  plan: Plan,
  demands: readonly SnapshotLevel[],
  supplies: readonly SnapshotLevel[],
  signal: AbortSignal,
  onProgress: OnProgress,
): Promise<RankedRound> {
  const ranking = new RoundRanking(deps, leased, plan, demands, supplies, signal);
  const size = deps.demandsPerCall;
  let next: Promise<FilteredDemand[]> | undefined = demands.length > 0 ? ranking.filter(0, size) : undefined;
  for (let start = 0; start < demands.length; start += size) {
    const filtered: FilteredDemand[] = await next!;
    next = start + size < demands.length ? ranking.filter(start + size, size) : undefined;
    // Its failure is seen when it is awaited; until then nobody else handles it.
    next?.catch(() => {});
    await ranking.rank(start, filtered);
    await onProgress(ranking.filtered.length, ranking.eligiblePairs);
  }
  return ranking;
}

class RoundRanking implements RankedRound {
  readonly filtered: FilteredDemand[] = [];
  readonly ranked: RankedDemand[] = [];
  versions: Versions = noVersions;
  eligiblePairs = 0;
  filterMs = 0;
  rankMs = 0;
  readonly #deps: RoundDeps;
  readonly #leased: LeasedRound;
  readonly #plan: Plan;
  readonly #demands: readonly SnapshotLevel[];
  readonly #ordinalOf: ReadonlyMap<string, number>;
  readonly #epoch: number;
  readonly #taken: readonly number[];
  readonly #signal: AbortSignal;
  /** Ordinals of supplies that the plan pins to a demand. */
  readonly #pinned = new Map<string, readonly number[]>();
  #policyVersion = 0;

  constructor(
    deps: RoundDeps,
    leased: LeasedRound,
    plan: Plan,
    demands: readonly SnapshotLevel[],
    supplies: readonly SnapshotLevel[],
    signal: AbortSignal,
  ) {
    this.#deps = deps;
    this.#leased = leased;
    this.#plan = plan;
    this.#demands = demands;
    this.#epoch = supplies.reduce((latest, { epoch }) => Math.max(latest, epoch), 0);
    const current = supplies.filter(({ epoch }) => epoch === this.#epoch);
    this.#ordinalOf = new Map(current.map(({ id, ordinal }) => [id, ordinal]));
    this.#taken = current.filter(({ units }) => units === 0).map(({ ordinal }) => ordinal);
    this.#signal = signal;
    for (const { demand, supply } of plan.limits?.pins ?? []) {
      const ordinal = this.#ordinalOf.get(supply);
      if (ordinal !== undefined) this.#pinned.set(demand, [...(this.#pinned.get(demand) ?? []), ordinal]);
    }
  }

  async filter(start: number, size: number): Promise<FilteredDemand[]> {
    const { market, round } = this.#leased;
    const startMs = performance.now();
    const filtered = await filterDemands(
      this.#deps.eligibility,
      {
        market,
        policy: this.#plan.policy,
        policyVersion: this.#policyVersion,
        demands: this.#demands.slice(start, start + size).map(({ id }) => id),
        decisionTime: round.decisionTime!,
        revisions: round.revisions,
      },
      { signal: this.#signal, timeoutMs: callTimeoutMs },
    );
    const judged = filtered.find(({ absent }) => !absent);
    this.#policyVersion ||= judged?.policyVersion ?? 0;
    this.filterMs += performance.now() - startMs;
    return filtered;
  }

  async rank(start: number, filtered: readonly FilteredDemand[]): Promise<void> {
    const startMs = performance.now();
    const asked = filtered.filter(({ eligible }) => eligible > 0);
    const given = await this.#givenTo(asked.map(({ demand }) => demand));
    const { rankings, versions } = await this.#ask(
      asked.map(({ demand, supplies }) => ({
        demand,
        supplies: supplies!,
        exclude: given.get(demand) ?? [],
        skip: 0,
      })),
    );
    const pinned = await this.#rankPinned(asked, rankings, given);
    this.#record(
      start,
      filtered,
      rankings.map((ranking) => withPinned(ranking, pinned.get(ranking.demand))),
    );
    if (versions) this.#judgedBy(versions);
    this.rankMs += performance.now() - startMs;
  }

  #ask(candidates: readonly DemandCandidates[]): Promise<Ranked> {
    return rankDemands(
      this.#deps.scoring,
      {
        market: this.#leased.market,
        supplyKind: this.#plan.supplyKind,
        demandModel: this.#plan.demandModel,
        supplyModel: this.#plan.supplyModel,
        topK: this.#plan.topK,
        epoch: this.#epoch,
        exclude: this.#taken,
        decisionTime: this.#leased.round.decisionTime!,
        revisions: this.#leased.round.revisions,
        candidates,
      },
      { signal: this.#signal, timeoutMs: callTimeoutMs },
    );
  }

  /** Supplies that the plan pins to these demands and that are eligible, where they are not among the best anyway. */
  async #rankPinned(
    asked: readonly FilteredDemand[],
    rankings: readonly DemandRanking[],
    given: ReadonlyMap<string, readonly number[]>,
  ): Promise<ReadonlyMap<string, DemandRanking>> {
    if (this.#pinned.size === 0) return new Map();
    const known = new Map(
      rankings.map(({ demand, ordinals }) => [demand, new Set([...ordinals, ...(given.get(demand) ?? [])])]),
    );
    const candidates = asked.flatMap(({ demand, supplies }) => {
      const members = membersOf(supplies!);
      const missing = (this.#pinned.get(demand) ?? []).filter(
        (ordinal) => members && hasOrdinal(members, ordinal) && !known.get(demand)?.has(ordinal),
      );
      if (missing.length === 0) return [];
      const header = {
        kind: supplies!.kind,
        ordinalEpoch: supplies!.ordinalEpoch,
        feedSeq: supplies!.feedSeq,
      };
      return [{ demand, supplies: toPackedSet(header, packOrdinals(missing)), exclude: [], skip: 0 }];
    });
    if (candidates.length === 0) return new Map();
    const { rankings: pinned } = await this.#ask(candidates);
    return new Map(pinned.map((ranking) => [ranking.demand, ranking]));
  }

  #record(start: number, filtered: readonly FilteredDemand[], rankings: readonly DemandRanking[]): void {
    const byDemand = new Map(rankings.map((ranking) => [ranking.demand, ranking]));
    for (const [at, demand] of filtered.entries()) {
      this.filtered.push(demand);
      this.eligiblePairs += demand.eligible;
      const ranking = byDemand.get(demand.demand);
      if (ranking) this.ranked.push({ ...ranking, demand: start + at });
    }
  }

  #judgedBy({ epoch, ...models }: Omit<Versions, "policyVersion"> & { epoch: number }): void {
    if (epoch !== this.#epoch && this.#epoch !== 0) throw new Error("the ordinals have a new epoch");
    const now = { policyVersion: this.#policyVersion, ...models };
    this.versions = sameVersions(this.versions === noVersions ? undefined : this.versions, now);
  }

  async #givenTo(demands: readonly string[]): Promise<Map<string, number[]>> {
    const { market } = this.#leased;
    const given = await this.#deps.database.background((tx) =>
      readGivenSupplies(tx, market, this.#plan.id, demands),
    );
    const ordinals = new Map<string, number[]>();
    for (const [demand, supplies] of given) {
      const known = [...supplies].flatMap((id) => this.#ordinalOf.get(id) ?? []);
      ordinals.set(demand, known);
    }
    return ordinals;
  }
}

function withPinned(ranking: DemandRanking, pinned: DemandRanking | undefined): DemandRanking {
  if (!pinned) return ranking;
  return {
    ...ranking,
    ordinals: [...ranking.ordinals, ...pinned.ordinals],
    demandScores: [...ranking.demandScores, ...pinned.demandScores],
    supplyScores: [...ranking.supplyScores, ...pinned.supplyScores],
  };
}
