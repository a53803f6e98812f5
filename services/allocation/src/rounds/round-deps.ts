import type { Database } from "@marketmesh/postgres";
import type { Logger } from "@marketmesh/telemetry";
import type { EligibilityClient } from "../mesh/filter.ts";
import type { ScoringClient } from "../mesh/rank.ts";
import type { Signals } from "./signals.ts";

/** What moving rounds on needs. */
export interface RoundDeps {
  readonly database: Database;
  readonly eligibility: EligibilityClient;
  readonly scoring: ScoringClient;
  readonly signals: Signals;
  readonly log: Logger;
  /** Names a moment at which a fault test may stop this process. */
  faultPoint(point: string): void;
  /** A UUIDv7. */
  uuid(): string;
  /** Version and commit that run. */
  readonly release: string;
  readonly leaseMs: number;
  /** Demands per call to eligibility, 1 to 1,000. */
  readonly demandsPerCall: number;
  /** Pairs per transaction when holds are taken, 1 to 5,000. */
  readonly pairsPerCommit: number;
}
