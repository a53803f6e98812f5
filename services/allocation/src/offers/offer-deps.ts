import type { Database } from "@marketmesh/postgres";
import type { Logger } from "@marketmesh/telemetry";
import type { Signals } from "../rounds/signals.ts";

/** What making offers without a decision needs. */
export interface OfferDeps {
  readonly database: Database;
  readonly signals: Signals;
  readonly log: Logger;
  /** A UUIDv7. */
  readonly uuid: () => string;
  /** Names a moment at which a fault test may stop this process. */
  faultPoint(point: string): void;
}
