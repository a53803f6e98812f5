import type { Phase } from "./tally.ts";

/** What a scenario came to. Times are in milliseconds, by the server's clock unless said otherwise. */
export interface Report {
  readonly scenario: string;
  readonly seed: number;
  /** From the supervisor's start until every service was ready. */
  readonly readyMs: number;
  /** From ready until the last market was done. */
  readonly totalMs: number;
  /** The most memory that each process held resident, in bytes. */
  readonly peakRssBytes: Readonly<Record<string, number>>;
  /** Sums over all services, from their tables: restarts lose nothing. */
  readonly events: {
    readonly published: number;
    readonly consumed: number;
    readonly redelivered: number;
    readonly dead: number;
  };
  readonly markets: readonly MarketReport[];
}

export interface MarketReport {
  readonly market: string;
  readonly pack: string;
  /** Listings of each side. */
  readonly supply: number;
  readonly demand: number;
  /** Units that the demand asks for. */
  readonly openings: number;
  /** Eligible pairs at each demand's first decision. */
  readonly eligiblePairs: number;
  readonly allocations: number;
  /** Accepted units over all openings, those that nobody fits included. */
  readonly fillRate: number;
  /** Of the allocations; 1 is a million millionths. */
  readonly meanScore: number;
  /** Accepted offers over all settled offers. */
  readonly acceptanceRate: number;
  /** From the market's start until a demand was filled, by the market's clock, over the demands that were. */
  readonly timeToFillMs: { readonly p50: number; readonly p95: number };
  /** From a request's arrival until its holds were committed, per demand. */
  readonly decisionMs: { readonly p50: number; readonly p99: number };
  /** Allocations that were carried out to an end, whichever. */
  readonly completed: number;
  /** Runs that stand still and wait for somebody. */
  readonly faulted: number;
  /** How they ended, for example `{ "done": 512, "documents-missing": 31 }`. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** How long the stages of the workflows took, by the market's clock, over the runs that left them. */
  readonly timeInStageMs: readonly StageReport[];
  /** From the job's start until the first holds were committed. */
  readonly firstHoldsMs: number;
  readonly phasesMs: Readonly<Record<Phase, number>>;
  /** Of an accepted offer, from its request to its end: `marketmesh trace ID`. Empty when none was kept. */
  readonly traceId: string;
  /** Over the sorted (demand id, supply id, units). */
  readonly allocationsSha256: string;
  readonly race?: RaceReport;
}

export interface StageReport {
  readonly workflow: string;
  readonly stage: string;
  readonly runs: number;
  readonly p50: number;
  readonly p95: number;
}

/** What became of buyers who all wanted the same unique item at the same time. */
export interface RaceReport {
  readonly buyers: number;
  /** Holders of the unique item: 1, or the mesh oversold. */
  readonly winners: number;
  /** Buyers who got their next best. */
  readonly nextBest: number;
  /** Buyers for whom nothing was left. */
  readonly exhausted: number;
}
