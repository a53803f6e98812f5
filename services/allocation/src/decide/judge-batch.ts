import type { Tx } from "@marketmesh/postgres";
import type { Level } from "../domain/level.ts";
import { wantedOf } from "../domain/level.ts";
import type { Candidate, DemandChoices } from "../domain/pick-supplies.ts";
import type { Plan } from "../domain/plan.ts";
import { pairKey } from "../domain/plan-policy.ts";
import type { Versions } from "../domain/round.ts";
import { type FilteredDemand, filterDemands } from "../mesh/filter.ts";
import { type DemandRanking, rankDemands, sameVersions } from "../mesh/rank.ts";
import type { Shell } from "../shell.ts";
import { readLevels, readTakenOrdinals, type TakenOrdinals } from "../storage/capacity-store.ts";
import { type Clock, readClock } from "../storage/clock-store.ts";
import { readGivenSupplies } from "../storage/hold-store.ts";
import { readPlanAndClock } from "../storage/judging-store.ts";
import type { ReadAsMarket } from "./ordinal-ids.ts";

/** What scoring ranks of a demand in one call. */
const rankedMax = 10_000;

/** A batch of allocate-now: demands in the order in which they are served. */
export interface Batch {
  readonly market: string;
  readonly plan: Plan;
  readonly demands: readonly string[];
  readonly revisions: readonly string[];
  readonly signal: AbortSignal;
}

/** A batch whose plan is read with the rest. */
export interface BatchToJudge extends Omit<Batch, "plan"> {
  readonly plan: Plan | PlanToRead;
}

/** A plan by its id; `found` throws the refusal when there is none. */
export interface PlanToRead {
  readonly id: string;
  found(plan: Plan | undefined): Plan;
}

/**
 * What eligibility and scoring say about a batch. Capacity comes from this service's tables. The first page is ranked
 * without asking them, for it is seldom used up. When it is, the ranking of that demand begins anew without the supplies
 * that have nothing left or that the plan gave it before; from then on they stay the same, so that `skip` counts the same supplies each time.
 */
export class JudgedBatch {
  readonly decisionTime: Date;
  readonly filtered: ReadonlyMap<string, FilteredDemand>;
  versions: Versions;
  readonly #shell: Pick<Shell, "scoring" | "ordinals">;
  readonly batch: Batch;
  readonly #read: ReadAsMarket;
  readonly #before: Before;
  readonly #ranked = new Map<string, RankedPages>();
  /** Supplies that cannot be had, once they were asked for. */
  #leftOut: LeftOut | undefined;
  /** Pairs that the plan's limits exclude. */
  readonly #excluded: ReadonlySet<string>;
  #judged = false;
  #pages = 0;

  private constructor(
    shell: Pick<Shell, "scoring" | "ordinals">,
    batch: Batch,
    read: ReadAsMarket,
    before: Before,
    filtered: readonly FilteredDemand[],
  ) {
    this.#shell = shell;
    this.batch = batch;
    this.#read = read;
    this.#before = before;
    this.#excluded = new Set((batch.plan.limits?.exclusions ?? []).map(pairKey));
    this.decisionTime = before.decisionTime;
    this.filtered = new Map(filtered.map((demand) => [demand.demand, demand]));
    const policyVersion = filtered.find(({ absent }) => !absent)?.policyVersion ?? 0;
    this.versions = { policyVersion, demandModelVersion: 0, supplyModelVersion: 0, statisticsVersion: 0 };
  }

  /** Filters all open demands in one call and ranks their first page in another. */
  static async judge(
    shell: Pick<Shell, "eligibility" | "scoring" | "ordinals">,
    toJudge: BatchToJudge,
    read: ReadAsMarket,
  ): Promise<JudgedBatch> {
    const { batch, before } = await read(async (tx) => {
      const { plan, clock } = await readJudged(tx, toJudge);
      const known: Batch = { ...toJudge, plan };
      return { batch: known, before: await readBefore(tx, known, clock) };
    });
    const { market, plan, revisions, signal } = batch;
    const { decisionTime, open } = before;
    const question = {
      market,
      policy: plan.policy,
      policyVersion: 0,
      demands: open,
      decisionTime,
      revisions,
    };
    const filtered = open.length === 0 ? [] : await filterDemands(shell.eligibility, question, { signal });
    const judged = new JudgedBatch(shell, batch, read, before, filtered);
    await judged.rankMore(filtered.filter(({ eligible }) => eligible > 0).map(({ demand }) => demand));
    return judged;
  }

  /** What each demand may take, best first, as far as it is ranked. */
  choices(): DemandChoices[] {
    return this.batch.demands.map((demand) => {
      const ranked = this.#ranked.get(demand);
      if (!ranked) return { demand, candidates: [], more: false };
      return { demand, candidates: ranked.candidates, more: ranked.seen < ranked.total };
    });
  }

  /** Units that the demand wanted when it was judged. */
  unitsWanted(demand: string): number {
    return this.#before.wanting.get(demand) ?? 0;
  }

  /** Ranks the next page of these demands; pages grow, so that even the last supply is found in a few calls. */
  async rankMore(demands: readonly string[]): Promise<void> {
    if (demands.length === 0) return;
    const { market, plan, revisions, signal } = this.batch;
    if (this.#pages > 0) await this.#leaveOut(demands);
    const { rankings, versions } = await rankDemands(
      this.#shell.scoring,
      {
        market,
        supplyKind: plan.supplyKind,
        demandModel: plan.demandModel,
        supplyModel: plan.supplyModel,
        topK: Math.min(plan.topK * 4 ** this.#pages++, rankedMax),
        epoch: this.#leftOut?.epoch ?? 0,
        exclude: this.#leftOut?.ordinals ?? [],
        decisionTime: this.decisionTime,
        revisions,
        candidates: demands.map((demand) => ({
          demand,
          supplies: this.filtered.get(demand)!.supplies!,
          exclude: this.#leftOut?.given.get(demand) ?? [],
          skip: this.#ranked.get(demand)?.seen ?? 0,
        })),
      },
      { signal },
    );
    if (!versions) return;
    const { epoch, ...models } = versions;
    const now = { policyVersion: this.versions.policyVersion, ...models };
    this.versions = sameVersions(this.#judged ? this.versions : undefined, now);
    this.#judged = true;
    await this.#append(rankings, epoch);
  }

  /** Rankings that counted what cannot be had begin anew. */
  async #leaveOut(demands: readonly string[]): Promise<void> {
    this.#leftOut ??= await this.#read((tx) => readLeftOut(tx, this.batch));
    for (const demand of demands) {
      if (!this.#ranked.get(demand)?.thinned) this.#ranked.set(demand, nothingRanked(true));
    }
  }

  #excludes(demand: string, supply: string): boolean {
    return this.#excluded.size > 0 && this.#excluded.has(pairKey({ demand, supply }));
  }

  async #append(rankings: readonly DemandRanking[], epoch: number): Promise<void> {
    const ordinals = rankings.flatMap((ranking) => ranking.ordinals);
    const { market, plan } = this.batch;
    const idOf = await this.#shell.ordinals.idsOf(market, plan.supplyKind, epoch, ordinals, this.#read);
    for (const ranking of rankings) {
      const known = this.#ranked.get(ranking.demand) ?? nothingRanked(this.#leftOut !== undefined);
      for (const candidate of candidatesOf(ranking, idOf)) {
        if (!this.#excludes(ranking.demand, candidate.supply)) known.candidates.push(candidate);
      }
      known.seen += ranking.ordinals.length;
      // A page without a single supply ends it, whatever the count says: supplies may have gone since.
      known.total = ranking.ordinals.length === 0 ? known.seen : ranking.candidateCount;
      this.#ranked.set(ranking.demand, known);
    }
  }
}

interface RankedPages {
  readonly candidates: Candidate[];
  seen: number;
  total: number;
  /** What cannot be had was left out of it. */
  readonly thinned: boolean;
}

function nothingRanked(thinned: boolean): RankedPages {
  return { candidates: [], seen: 0, total: 0, thinned };
}

interface Before {
  readonly decisionTime: Date;
  /** Demands that want something. */
  readonly open: readonly string[];
  /** Units that each of them wants. */
  readonly wanting: ReadonlyMap<string, number>;
}

async function readJudged(tx: Tx, { market, plan }: BatchToJudge): Promise<{ plan: Plan; clock: Clock }> {
  if (!("found" in plan)) return { plan, clock: await readClock(tx, market) };
  const read = await readPlanAndClock(tx, market, plan.id);
  return { plan: plan.found(read.plan), clock: read.clock };
}

async function readBefore(tx: Tx, { market, plan, demands }: Batch, clock: Clock): Promise<Before> {
  const levels = await readLevels(tx, market, demands);
  const open = levels.filter((level) => isOpen(level, plan));
  const wanting = new Map(open.map((level) => [level.listingId, wantedOf(level)]));
  return { decisionTime: clock.time, open: demands.filter((demand) => wanting.has(demand)), wanting };
}

/** Ordinals that rankings leave out. */
interface LeftOut extends TakenOrdinals {
  /** Of supplies that the plan gave a demand before. */
  readonly given: ReadonlyMap<string, readonly number[]>;
}

async function readLeftOut(tx: Tx, { market, plan, demands }: Batch): Promise<LeftOut> {
  const taken = await readTakenOrdinals(tx, market, plan.supplyKind);
  const given = await readGivenSupplies(tx, market, plan.id, demands);
  const supplies = await readLevels(tx, market, new Set([...given.values()].flatMap((ids) => [...ids])));
  const current = supplies.filter(({ ordinalEpoch }) => ordinalEpoch === taken.epoch);
  const ordinalOf = new Map(current.map(({ listingId, ordinal }) => [listingId, ordinal]));
  const ordinals = (ids: ReadonlySet<string>) => [...ids].flatMap((id) => ordinalOf.get(id) ?? []);
  return { ...taken, given: new Map([...given].map(([demand, ids]) => [demand, ordinals(ids)])) };
}

function isOpen(level: Level, plan: Plan): boolean {
  return level.kind === plan.demandKind && wantedOf(level) > 0;
}

// A supply without a level is not known here yet: it has nothing to give.
function candidatesOf(ranking: DemandRanking, idOf: ReadonlyMap<number, string>): Candidate[] {
  const candidates: Candidate[] = [];
  for (let at = 0; at < ranking.ordinals.length; at++) {
    const supply = idOf.get(ranking.ordinals[at]!);
    if (supply === undefined) continue;
    const demandScore = ranking.demandScores[at]!;
    candidates.push({ supply, demandScore, supplyScore: ranking.supplyScores[at] ?? demandScore });
  }
  return candidates;
}
