import type { ListingIndex } from "@marketmesh/listing-index";
import { type ProjectedKind, readsNow } from "@marketmesh/listing-projection";
import {
  type CompiledModel,
  compileModel,
  createRanker,
  overlapKey,
  type Ranker,
  type Statistics,
  type TokenStatistics,
} from "@marketmesh/ranking";
import type { StoredModel } from "./domain/model.ts";
import { type StatisticsHead, statisticsFor } from "./domain/statistics.ts";
import { Latest } from "./latest.ts";

const modelsMax = 256;
const countsMax = 32;
const rankersMax = 16;

/** A model that is ready to score between two kinds. */
export interface ReadyModel {
  /** Names model, version and versions of both kinds. */
  readonly key: string;
  readonly stored: StoredModel;
  readonly compiled: CompiledModel;
  /** Whether a score depends on the decision time. */
  readonly readsNow: boolean;
}

/** The frozen counts that models weigh by. */
export interface ModelStatistics {
  /** Names them with their versions. */
  readonly key: string;
  readonly statistics: Statistics;
  /** The highest version; 0 when nothing is weighed by rarity. */
  readonly version: bigint;
  /** A feature that weighs by rarity and has no statistics yet. */
  readonly missing:
    | { readonly feature: string; readonly supplyAttribute: string; readonly demandAttribute: string }
    | undefined;
}

interface Kinds {
  readonly supply: ProjectedKind;
  readonly demand: ProjectedKind;
}

/** What is worth keeping between calls: compiled models, counts, and a ranker for each use of them over an index. */
export interface Scorers {
  ready(model: StoredModel, kinds: Kinds): ReadyModel;
  statistics(
    models: readonly ReadyModel[],
    heads: readonly StatisticsHead[],
    load: (head: StatisticsHead) => Promise<TokenStatistics | undefined>,
  ): Promise<ModelStatistics>;
  ranker(
    model: ReadyModel,
    counter: ReadyModel | undefined,
    statistics: ModelStatistics,
    index: ListingIndex,
  ): Ranker;
}

export function scorers(): Scorers {
  const models = new Latest<ReadyModel>(modelsMax);
  const counts = new Latest<TokenStatistics>(countsMax);
  // By index, so that rankers go with the index they read.
  const rankers = new WeakMap<ListingIndex, Latest<Ranker>>();

  async function countsOf(
    head: StatisticsHead,
    load: (head: StatisticsHead) => Promise<TokenStatistics | undefined>,
  ): Promise<TokenStatistics> {
    const key = keyOf(head);
    const known = counts.get(key) ?? (await load(head));
    if (known === undefined) throw new Error(`the counts of ${key} are gone`);
    return counts.set(key, known);
  }

  return {
    ready(stored, { supply, demand }) {
      const key = `${stored.market}/${stored.id}@${stored.version}/${supply.version}/${demand.version}`;
      const known = models.get(key);
      if (known !== undefined) return known;
      const result = compileModel(stored, { supply: supply.types, demand: demand.types });
      // Kinds change compatibly, so what compiled once compiles with every later version.
      if (!result.ok) throw new Error(`${key} no longer compiles: ${result.problems[0]?.message}`);
      const isTimed = result.model.features.some(
        (feature) => feature.kind === "FORMULA" && readsNow(feature.number.expression),
      );
      return models.set(key, { key, stored, compiled: result.model, readsNow: isTimed });
    },

    async statistics(wanted, heads, load) {
      const used = new Map<string, StatisticsHead>();
      const found = new Map<string, TokenStatistics>();
      let missing: ModelStatistics["missing"];
      for (const { stored } of wanted) {
        for (const { id: feature, source } of stored.features) {
          if (!("overlap" in source) || source.overlap.weighting !== "RARITY") continue;
          const { overlap } = source;
          const head = statisticsFor(overlap, stored, heads);
          const { supplyAttribute, demandAttribute } = overlap;
          if (head === undefined) missing ??= { feature, supplyAttribute, demandAttribute };
          else {
            used.set(keyOf(head), head);
            found.set(overlapKey(overlap), await countsOf(head, load));
          }
        }
      }
      const version = [...used.values()].reduce((max, head) => (head.version > max ? head.version : max), 0n);
      return { key: [...used.keys()].sort().join(" "), statistics: found, version, missing };
    },

    ranker(model, counter, { key, statistics }, index) {
      const ofIndex = rankers.get(index) ?? new Latest<Ranker>(rankersMax);
      rankers.set(index, ofIndex);
      const name = `${model.key} ${counter?.key ?? ""} ${key}`;
      const known = ofIndex.get(name);
      if (known !== undefined) return known;
      const counterModel = counter && { counterModel: counter.compiled };
      return ofIndex.set(name, createRanker({ model: model.compiled, ...counterModel, index, statistics }));
    },
  };
}

function keyOf({ market, id, version }: StatisticsHead): string {
  return `${market}/${id}@${version}`;
}
