import { create } from "@bufbuild/protobuf";
import { toPackedSet } from "@marketmesh/contracts";
import { EligibleSetSchema } from "@marketmesh/contracts/eligibility/v1";
import { RankingSchema } from "@marketmesh/contracts/scoring/v1";
import type { Database } from "@marketmesh/postgres";
import { packOrdinals } from "../src/domain/packed-ordinals.ts";
import type { PlanContent } from "../src/domain/plan.ts";
import type { RoundDeps } from "../src/rounds/round-deps.ts";
import { Signals } from "../src/rounds/signals.ts";
import { savePlan, setActiveRound } from "../src/storage/plan-store.ts";
import { insertRound, type LeasedRound, leaseRound } from "../src/storage/round-store.ts";

/** Which supplies a demand may have, best first, by ordinal; with scores. */
export type Ranking = (demand: string) => readonly { readonly ordinal: number; readonly score: number }[];

/** What moving rounds on needs, with neighbours that answer at once and count how often they are asked. */
export function roundDeps(database: Database, ranking: Ranking, more: Partial<RoundDeps> = {}) {
  const calls = { filter: 0, rank: 0 };
  let ids = 0;
  const deps: RoundDeps = {
    database,
    signals: new Signals(),
    uuid: () => `id-${String(ids++).padStart(9, "0")}`,
    log: quiet,
    release: "0.0.0 test",
    leaseMs: 60_000,
    faultPoint: () => {},
    demandsPerCall: 500,
    pairsPerCommit: 500,
    eligibility: {
      batchListEligible: async function* ({ demands = [] }: { demands?: string[] }) {
        calls.filter++;
        for (const demand of demands) {
          const ordinals = ranking(lastSegment(demand)).map(({ ordinal }) => ordinal);
          const header = { kind: "markets/bazaar/kinds/tool", ordinalEpoch: 1n, feedSeq: 1n };
          const supplies = toPackedSet(header, packOrdinals(ordinals));
          yield {
            sets: [create(EligibleSetSchema, { demand, supplies, demandVersion: 1n, policyVersion: 1n })],
          };
        }
      } as never,
    },
    scoring: {
      rank: async function* ({
        candidates = [],
        topK = 1,
      }: {
        candidates?: { demand: string }[];
        topK?: number;
      }) {
        calls.rank++;
        for (const { demand } of candidates) {
          const ranked = ranking(lastSegment(demand)).slice(0, topK);
          const row = create(RankingSchema, {
            demand,
            ordinals: ranked.map(({ ordinal }) => ordinal),
            demandScores: ranked.map(({ score }) => score),
            candidateCount: ranked.length,
          });
          yield {
            rankings: [row],
            demandModelVersion: 1n,
            supplyModelVersion: 0n,
            statisticsVersion: 0n,
            ordinalEpoch: 1n,
          };
        }
      } as never,
    },
    ...more,
  };
  return { deps, calls };
}

export const testPlan: PlanContent = {
  demandKind: "want",
  supplyKind: "tool",
  policy: "fit",
  demandModel: "liking",
  supplyModel: "",
  strategy: "DEFERRED_ACCEPTANCE",
  proposing: "DEMAND",
  topK: 50,
  unitMode: "SPREAD",
  answeredBy: "SUPPLY",
  acceptanceWindowMs: 3_600_000,
};

/** A plan `p` with a round `r` that waits for a worker. */
export async function beginRound(
  database: Database,
  market: string,
  round = "r",
  plan = testPlan,
): Promise<void> {
  await database.background(async (tx) => {
    await savePlan(tx, market, "p", 1, plan);
    await insertRound(tx, market, { id: round, plan: "p", planVersion: 1, revisions: [], traceparent: "" });
    await setActiveRound(tx, market, "p", round);
  });
}

export async function lease(database: Database, owner: string, leaseMs = 60_000): Promise<LeasedRound> {
  const leased = await database.background((tx) => leaseRound(tx, owner, leaseMs));
  if (!leased) throw new Error("no round waits");
  return leased;
}

const quiet: RoundDeps["log"] = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  child: () => quiet,
};

function lastSegment(name: string): string {
  return name.slice(name.lastIndexOf("/") + 1);
}
