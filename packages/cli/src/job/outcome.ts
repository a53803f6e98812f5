import { durationMs, timestampMs } from "@bufbuild/protobuf/wkt";
import { type Allocation, type Decision, type Offer, Offer_State } from "@marketmesh/contracts/allocation/v1";
import { allocationsSha256 } from "./allocations-hash.ts";
import type { MarketRun } from "./market-run.ts";
import { idOf } from "./names.ts";
import { pagesOf } from "./pages.ts";
import { quantile } from "./quantile.ts";
import type { MarketReport } from "./report.ts";

type Outcome = Pick<
  MarketReport,
  | "eligiblePairs"
  | "allocations"
  | "fillRate"
  | "meanScore"
  | "acceptanceRate"
  | "traceId"
  | "timeToFillMs"
  | "decisionMs"
  | "allocationsSha256"
>;

/** Reads from the mesh what a market's job came to. `units` is what each demand asked for, by its id. */
export async function outcomeOf(
  run: MarketRun,
  units: ReadonlyMap<string, number>,
  startMs: number,
): Promise<Outcome> {
  const [allocations, offers, decisions] = await Promise.all([
    run.allocations(),
    offersOf(run),
    decisionsOf(run),
  ]);
  const openings = [...units.values()].reduce((sum, count) => sum + count, 0);
  const served = allocations.reduce((sum, allocation) => sum + Number(allocation.units), 0);
  const scores = allocations.reduce((sum, allocation) => sum + allocation.score, 0);
  const fillMs = timesToFill(allocations, units).map((atMs) => atMs - startMs);
  return {
    ...decisions,
    allocations: allocations.length,
    fillRate: share(served, openings),
    meanScore: share(scores, allocations.length * 1_000_000),
    ...offers,
    timeToFillMs: { p50: quantile(fillMs, 0.5), p95: quantile(fillMs, 0.95) },
    allocationsSha256: allocationsSha256(
      allocations.map((allocation) => ({
        demandId: idOf(allocation.demand),
        supplyId: idOf(allocation.supply),
        units: Number(allocation.units),
      })),
    ),
  };
}

/** The market times at which demands were filled; those still open left out. */
function timesToFill(allocations: readonly Allocation[], units: ReadonlyMap<string, number>): number[] {
  const byDemand = Map.groupBy(allocations, (allocation) => idOf(allocation.demand));
  return [...byDemand].flatMap(([demandId, claims]) => {
    const claimed = claims.reduce((sum, claim) => sum + Number(claim.units), 0);
    if (claimed < (units.get(demandId) ?? 0)) return [];
    return [Math.max(...claims.map((claim) => timestampMs(claim.createTime!)))];
  });
}

/** Of all offers: how many were accepted, and the trace of one that was. */
async function offersOf(run: MarketRun): Promise<Pick<Outcome, "acceptanceRate" | "traceId">> {
  const counts = new Map<Offer_State, number>();
  const traced: Offer[] = [];
  const pages = pagesOf((page) => run.mesh.allocation.listOffers({ parent: run.names.market, ...page }));
  for await (const { offers } of pages) {
    for (const { state } of offers) counts.set(state, (counts.get(state) ?? 0) + 1);
    traced.push(...offers.filter((offer) => run.followed.has(offer)));
  }
  const accepted = counts.get(Offer_State.ACCEPTED) ?? 0;
  const refused = (counts.get(Offer_State.DECLINED) ?? 0) + (counts.get(Offer_State.EXPIRED) ?? 0);
  return { acceptanceRate: share(accepted, accepted + refused), traceId: run.followed.traceIdOf(traced) };
}

async function decisionsOf(run: MarketRun): Promise<Pick<Outcome, "eligiblePairs" | "decisionMs">> {
  const eligible = new Map<string, number>();
  const tookMs: number[] = [];
  const pages = pagesOf((page) => run.mesh.allocation.listDecisions({ parent: run.names.market, ...page }));
  for await (const { decisions } of pages) {
    for (const decision of decisions) {
      if (!eligible.has(decision.demand)) eligible.set(decision.demand, eligibleCount(decision));
      if (decision.duration !== undefined) tookMs.push(durationMs(decision.duration));
    }
  }
  const eligiblePairs = [...eligible.values()].reduce((sum, count) => sum + count, 0);
  return { eligiblePairs, decisionMs: { p50: quantile(tookMs, 0.5), p99: quantile(tookMs, 0.99) } };
}

function eligibleCount({ funnel }: Decision): number {
  return funnel?.eligible ?? 0;
}

/** A share with six digits; 0 of nothing. */
function share(part: number, whole: number): number {
  return whole === 0 ? 0 : Math.round((part / whole) * 1_000_000) / 1_000_000;
}
