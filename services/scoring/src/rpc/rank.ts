import type { MessageInitShape } from "@bufbuild/protobuf";
import type { ServiceImpl } from "@connectrpc/connect";
import { formatName } from "@marketmesh/contracts";
import type {
  Candidates,
  RankingSchema,
  RankRequest,
  ScoringService,
} from "@marketmesh/contracts/scoring/v1";
import type { PackedSet } from "@marketmesh/contracts/sets/v1";
import { OrdinalSet } from "@marketmesh/listing-index";
import { breather, demandOf, ordinalsOf, type ProjectedKind, viewerOf } from "@marketmesh/listing-projection";
import type { Ranker } from "@marketmesh/ranking";
import { type Caller, callerOf, invalidField } from "@marketmesh/rpc";
import { phaseOf, tracerOf } from "@marketmesh/telemetry";
import { type Inquiry, type InquiryDeps, type ModelWanted, open, statisticsNotCollected } from "./inquiry.ts";
import { patterns } from "./names.ts";
import { epochMismatch, modelMismatch, setInvalid } from "./problem.ts";
import { toScoreMessage } from "./score-message.ts";

const rankingsPerMessage = 100;
/** A message with more supplies and contributions than this is sent, whatever it holds. */
const entriesPerMessage = 20_000;
/** One ranking is one message at least, so this many with contributions is all that fits. */
const explainedMax = 1_000;

const phase = phaseOf(tracerOf("scoring"));

type RankingMessage = MessageInitShape<typeof RankingSchema>;

export function rank(deps: InquiryDeps): ServiceImpl<typeof ScoringService>["rank"] {
  return async function* (request, context) {
    if (request.contributions && request.topK > explainedMax)
      throw invalidField("top_k", `top_k is at most ${explainedMax} with contributions`);
    const inquiry = await open(deps, modelsOf(request), request, context);
    const [model, counter] = inquiry.models;
    const entriesEach = request.contributions ? 1 + model.stored.features.length : 1;
    if (model.stored.perspective !== "DEMAND")
      throw modelMismatch("demand_model", "a model of perspective DEMAND");
    if (counter && counter.stored.perspective !== "SUPPLY")
      throw modelMismatch("supply_model", "a model of perspective SUPPLY");
    if (inquiry.statistics.missing) throw statisticsNotCollected(inquiry.statistics.missing);
    const { market, supply } = inquiry;
    // A set may name listings that have not come here yet: they would be passed over in silence.
    await deps.listings.waitForPosition(market, newestOf(request), context.signal);
    const work: Work = {
      inquiry,
      request,
      caller: callerOf(context),
      ranker: deps.scorers.ranker(model, counter, inquiry.statistics, supply.index),
      excluded: setOf(request.exclude, supply, "exclude"),
    };
    const versions = {
      demandModelVersion: model.stored.version,
      supplyModelVersion: counter?.stored.version ?? 0n,
      statisticsVersion: inquiry.statistics.version,
      ordinalEpoch: supply.epoch,
    };
    using _ = phase("rank", { "marketmesh.demands": request.candidates.length });
    const { breathe } = breather(context.signal);
    let rankings: RankingMessage[] = [];
    let entries = 0;
    for (const [at, candidates] of request.candidates.entries()) {
      const ranking = rankOne(work, candidates, `candidates[${at}]`);
      rankings.push(ranking);
      entries += (ranking.ordinals?.length ?? 0) * entriesEach;
      if (rankings.length >= rankingsPerMessage || entries >= entriesPerMessage) {
        yield { rankings, ...versions };
        rankings = [];
        entries = 0;
      }
      await breathe();
    }
    if (rankings.length > 0) yield { rankings, ...versions };
  };
}

interface Work {
  readonly inquiry: Inquiry;
  readonly request: RankRequest;
  readonly caller: Caller;
  readonly ranker: Ranker;
  readonly excluded: OrdinalSet;
}

function modelsOf({ demandModel, supplyModel }: RankRequest): [ModelWanted, ...ModelWanted[]] {
  const counter = supplyModel === "" ? [] : [{ name: supplyModel, field: "supply_model" }];
  return [{ name: demandModel, field: "demand_model" }, ...counter];
}

function newestOf({ candidates }: RankRequest): bigint {
  return candidates.reduce((max, { supplies }) => {
    const feedSeq = supplies?.feedSeq ?? 0n;
    return feedSeq > max ? feedSeq : max;
  }, 0n);
}

function rankOne(work: Work, candidates: Candidates, field: string): RankingMessage {
  const { inquiry, request, caller, ranker } = work;
  const { supply } = inquiry;
  const viewer = viewerOf(caller);
  const found = demandOf(inquiry.demand, candidates.demand, viewer, `${field}.demand`);
  if ("absence" in found) return { demand: candidates.demand, absenceReason: found.absence };
  const given = setOf(candidates.supplies, supply, `${field}.supplies`);
  const seen =
    viewer === undefined ? given : given.filter((ordinal) => supply.index.isVisible(ordinal, viewer));
  const ranking = ranker.rank({
    demand: found.attributes,
    candidates: seen,
    exclude: setOf(candidates.exclude, supply, `${field}.exclude`).union(work.excluded),
    k: request.topK,
    skip: candidates.skip,
    now: inquiry.now,
    explain: request.contributions,
  });
  const ordinals = Array.from(ranking.ordinals);
  return {
    demand: candidates.demand,
    ordinals,
    demandScores: Array.from(ranking.scores),
    supplyScores: Array.from(ranking.counterScores ?? []),
    supplies: request.names ? ordinals.map((ordinal) => nameOf(supply, ordinal)) : [],
    scores: (ranking.explanations ?? []).map(toScoreMessage),
    candidateCount: ranking.candidateCount,
  };
}

function nameOf({ market, index }: ProjectedKind, ordinal: number): string {
  return formatName(patterns.listing, { market, listing: index.idOf(ordinal) ?? "" });
}

function setOf(set: PackedSet | undefined, kind: ProjectedKind, field: string): OrdinalSet {
  if (set === undefined) return OrdinalSet.empty;
  const ordinals = ordinalsOf(set);
  if (ordinals === undefined) throw setInvalid(field, "its bytes, encoding and count do not fit together");
  // An empty set says nothing, so it needs no kind either.
  if (ordinals.size === 0) return ordinals;
  if (set.kind !== kind.name) throw setInvalid(field, `it is of ${set.kind}, not of ${kind.name}`);
  if (set.ordinalEpoch !== kind.epoch) throw epochMismatch(field, set.ordinalEpoch, kind.epoch);
  return ordinals;
}
