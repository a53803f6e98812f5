import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import type { CallOptions, Client } from "@connectrpc/connect";
import { toPackedSet } from "@marketmesh/contracts";
import type { ScoringService } from "@marketmesh/contracts/scoring/v1";
import type { PackedSet } from "@marketmesh/contracts/sets/v1";
import { packOrdinals } from "../domain/packed-ordinals.ts";
import type { Versions } from "../domain/round.ts";
import { nameOf } from "../rpc/names.ts";
import { phase } from "../spans.ts";

/** The part of scoring that decisions need. */
export type ScoringClient = Pick<Client<typeof ScoringService>, "rank">;

// Requests are refused above 4 MiB; half of it leaves room for names and excludes.
const requestBytesMax = 2 * 1024 * 1024;

/** What a decision asks scoring. */
export interface RankQuestion {
  readonly market: string;
  readonly supplyKind: string;
  readonly demandModel: string;
  readonly supplyModel: string;
  readonly topK: number;
  readonly epoch: number;
  /** Ordinals of supplies that nobody can have. */
  readonly exclude: readonly number[];
  readonly decisionTime: Date;
  readonly revisions: readonly string[];
  readonly candidates: readonly DemandCandidates[];
}

export interface DemandCandidates {
  readonly demand: string;
  readonly supplies: PackedSet;
  /** Ordinals of supplies that this demand cannot have. */
  readonly exclude: readonly number[];
  /** How many of the best are known already. */
  readonly skip: number;
}

/** The best supplies of one demand, best first. */
export interface DemandRanking {
  readonly demand: string;
  readonly ordinals: readonly number[];
  readonly demandScores: readonly number[];
  readonly supplyScores: readonly number[];
  /** How many could be ranked in all. */
  readonly candidateCount: number;
}

export type RankVersions = Omit<Versions, "policyVersion"> & { readonly epoch: number };

export interface Ranked {
  readonly rankings: readonly DemandRanking[];
  /** Undefined when nothing was asked. */
  readonly versions: RankVersions | undefined;
}

/** Ranks in as few calls as the size of a request allows; answers in the order asked. */
export function rankDemands(
  client: ScoringClient,
  question: RankQuestion,
  options: CallOptions,
): Promise<Ranked> {
  const attributes = { "marketmesh.demands": question.candidates.length, "marketmesh.top_k": question.topK };
  return phase("rank", attributes, () => ask(client, question, options));
}

async function ask(client: ScoringClient, question: RankQuestion, options: CallOptions): Promise<Ranked> {
  const rankings: DemandRanking[] = [];
  let versions: RankVersions | undefined;
  for (const candidates of bySize(question.candidates)) {
    for await (const response of client.rank(requestOf(question, candidates), options)) {
      const here = {
        demandModelVersion: Number(response.demandModelVersion),
        supplyModelVersion: Number(response.supplyModelVersion),
        statisticsVersion: Number(response.statisticsVersion),
        epoch: Number(response.ordinalEpoch),
      };
      versions = sameVersions(versions, here);
      for (const ranking of response.rankings) {
        const { ordinals, demandScores, supplyScores, candidateCount } = ranking;
        const demand = ranking.demand.slice(ranking.demand.lastIndexOf("/") + 1);
        rankings.push({ demand, ordinals, demandScores, supplyScores, candidateCount });
      }
    }
  }
  if (rankings.length !== question.candidates.length) {
    throw new Error(
      `scoring ranked ${rankings.length} demands, not the ${question.candidates.length} asked for`,
    );
  }
  return { rankings, versions };
}

/** A policy, a model or statistics changed while a decision was made: it has to be judged again. */
export class VersionsChangedError extends Error {
  override readonly name = "VersionsChangedError";
}

/** Parts of one decision must be judged by the same models; a model that changed in between means: decide again. */
export function sameVersions<V extends object>(before: V | undefined, now: V): V {
  if (before && JSON.stringify(before) !== JSON.stringify(now)) {
    throw new VersionsChangedError("a model, a policy or statistics changed while a decision was made");
  }
  return now;
}

function requestOf(question: RankQuestion, candidates: readonly DemandCandidates[]) {
  const { market, supplyKind, demandModel, supplyModel, topK, exclude, decisionTime, revisions } = question;
  const header = {
    kind: nameOf(market, "kinds", supplyKind),
    ordinalEpoch: BigInt(question.epoch),
    feedSeq: 0n,
  };
  return {
    demandModel: nameOf(market, "models", demandModel),
    supplyModel: nameOf(market, "models", supplyModel),
    topK,
    decisionTime: timestampFromDate(decisionTime),
    revisions: [...revisions],
    ...(exclude.length > 0 && { exclude: toPackedSet(header, packOrdinals(exclude)) }),
    candidates: candidates.map(({ demand, supplies, exclude, skip }) => ({
      demand: nameOf(market, "listings", demand),
      supplies,
      skip,
      ...(exclude.length > 0 && { exclude: toPackedSet(header, packOrdinals(exclude)) }),
    })),
  };
}

function* bySize(candidates: readonly DemandCandidates[]): Generator<readonly DemandCandidates[]> {
  let part: DemandCandidates[] = [];
  let bytes = 0;
  for (const candidate of candidates) {
    const size = candidate.supplies.members.length + candidate.exclude.length * 4 + 200;
    if (part.length > 0 && (bytes + size > requestBytesMax || part.length === 1_000)) {
      yield part;
      part = [];
      bytes = 0;
    }
    part.push(candidate);
    bytes += size;
  }
  if (part.length > 0) yield part;
}
