import type { Tx } from "@marketmesh/postgres";
import type { Level } from "../domain/level.ts";
import { wantedOf } from "../domain/level.ts";
import type { Candidate, DemandChoices } from "../domain/pick-supplies.ts";
import type { Plan } from "../domain/plan.ts";
import type { Versions } from "../domain/round.ts";
import { type FilteredDemand, filterDemands } from "../mesh/filter.ts";
import { type DemandRanking, rankDemands, sameVersions } from "../mesh/rank.ts";
import type { Shell } from "../shell.ts";
import { readLevels, readLevelsByOrdinal, readTakenOrdinals } from "../storage/capacity-store.ts";
import { readClock } from "../storage/clock-store.ts";
import { readGivenSupplies } from "../storage/hold-store.ts";

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

/** Sees a market whole: decisions of a party look at others' levels too. */
export type ReadAsMarket = <T>(work: (tx: Tx) => Promise<T>) => Promise<T>;

/**
 * What eligibility and scoring say about a batch. Capacity comes from this service's tables: what has nothing left is
 * left out of rankings, page after page alike, so that `skip` counts the same supplies each time.
 */
export class JudgedBatch {
  readonly decisionTime: Date;
  readonly filtered: ReadonlyMap<string, FilteredDemand>;
  versions: Versions;
  readonly #shell: Pick<Shell, "scoring">;
  readonly #batch: Batch;
  readonly #read: ReadAsMarket;
  readonly #before: Before;
  readonly #ranked = new Map<string, { candidates: Candidate[]; seen: number; total: number }>();
  #judged = false;
  #pages = 0;

  private constructor(
    shell: Pick<Shell, "scoring">,
    batch: Batch,
    read: ReadAsMarket,
    before: Before,
    filtered: readonly FilteredDemand[],
  ) {
    this.#shell = shell;
    this.#batch = batch;
    this.#read = read;
    this.#before = before;
    this.decisionTime = before.decisionTime;
    this.filtered = new Map(filtered.map((demand) => [demand.demand, demand]));
    const policyVersion = filtered.find(({ absent }) => !absent)?.policyVersion ?? 0;
    this.versions = { policyVersion, demandModelVersion: 0, supplyModelVersion: 0, statisticsVersion: 0 };
  }

  /** Filters all open demands in one call and ranks their first page in another. */
  static async judge(
    shell: Pick<Shell, "eligibility" | "scoring">,
    batch: Batch,
    read: ReadAsMarket,
  ): Promise<JudgedBatch> {
    const before = await read((tx) => readBefore(tx, batch));
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
    return this.#batch.demands.map((demand) => {
      const ranked = this.#ranked.get(demand);
      if (!ranked) return { demand, candidates: [], more: false };
      return { demand, candidates: ranked.candidates, more: ranked.seen < ranked.total };
    });
  }

  /** Ranks the next page of these demands; pages grow, so that even the last supply is found in a few calls. */
  async rankMore(demands: readonly string[]): Promise<void> {
    if (demands.length === 0) return;
    const { market, plan, revisions, signal } = this.#batch;
    const { rankings, versions } = await rankDemands(
      this.#shell.scoring,
      {
        market,
        supplyKind: plan.supplyKind,
        demandModel: plan.demandModel,
        supplyModel: plan.supplyModel,
        topK: Math.min(plan.topK * 4 ** this.#pages++, rankedMax),
        epoch: this.#before.epoch,
        exclude: this.#before.taken,
        decisionTime: this.decisionTime,
        revisions,
        candidates: demands.map((demand) => ({
          demand,
          supplies: this.filtered.get(demand)!.supplies!,
          exclude: this.#before.given.get(demand) ?? [],
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

  async #append(rankings: readonly DemandRanking[], epoch: number): Promise<void> {
    const ordinals = [...new Set(rankings.flatMap((ranking) => ranking.ordinals))];
    const { market, plan } = this.#batch;
    const levels = await this.#read((tx) =>
      readLevelsByOrdinal(tx, market, plan.supplyKind, epoch, ordinals),
    );
    const idOf = new Map(levels.map((level) => [level.ordinal, level.listingId]));
    for (const ranking of rankings) {
      const known = this.#ranked.get(ranking.demand) ?? { candidates: [], seen: 0, total: 0 };
      known.candidates.push(...candidatesOf(ranking, idOf));
      known.seen += ranking.ordinals.length;
      // A page without a single supply ends it, whatever the count says: supplies may have gone since.
      known.total = ranking.ordinals.length === 0 ? known.seen : ranking.candidateCount;
      this.#ranked.set(ranking.demand, known);
    }
  }
}

interface Before {
  readonly decisionTime: Date;
  /** Demands that want something. */
  readonly open: readonly string[];
  readonly epoch: number;
  readonly taken: readonly number[];
  /** Ordinals of supplies that the plan gave a demand before. */
  readonly given: ReadonlyMap<string, readonly number[]>;
}

async function readBefore(tx: Tx, { market, plan, demands }: Batch): Promise<Before> {
  const clock = await readClock(tx, market);
  const levels = await readLevels(tx, market, demands);
  const wanting = new Set(levels.filter((level) => isOpen(level, plan)).map(({ listingId }) => listingId));
  const given = await readGivenSupplies(tx, market, plan.id, demands);
  const supplies = await readLevels(tx, market, new Set([...given.values()].flatMap((ids) => [...ids])));
  const taken = await readTakenOrdinals(tx, market, plan.supplyKind);
  const { epoch } = taken;
  const current = supplies.filter(({ ordinalEpoch }) => ordinalEpoch === epoch);
  const ordinalOf = new Map(current.map(({ listingId, ordinal }) => [listingId, ordinal]));
  return {
    decisionTime: clock.time,
    open: demands.filter((demand) => wanting.has(demand)),
    epoch,
    taken: taken.ordinals,
    given: new Map(
      [...given].map(([demand, ids]) => [demand, [...ids].flatMap((id) => ordinalOf.get(id) ?? [])]),
    ),
  };
}

function isOpen(level: Level, plan: Plan): boolean {
  return level.kind === plan.demandKind && wantedOf(level) > 0;
}

// A supply without a level is not known here yet: it has nothing to give.
function candidatesOf(ranking: DemandRanking, idOf: ReadonlyMap<number, string>): Candidate[] {
  return ranking.ordinals.flatMap((ordinal, at) => {
    const supply = idOf.get(ordinal);
    if (supply === undefined) return [];
    const demandScore = ranking.demandScores[at]!;
    return [{ supply, demandScore, supplyScore: ranking.supplyScores[at] ?? demandScore }];
  });
}
