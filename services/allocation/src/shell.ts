import type { AllocationService } from "@marketmesh/contracts/allocation/v1";
import type { Database } from "@marketmesh/postgres";
import type { AllocateGroup } from "./decide/allocate-group.ts";
import type { OrdinalIds } from "./decide/ordinal-ids.ts";
import type { AnswerGroup } from "./ledger/answer-group.ts";
import type { ExpiryAlarm } from "./ledger/expiry-alarm.ts";
import type { HoldGroup } from "./ledger/hold-group.ts";
import type { EligibilityClient } from "./mesh/filter.ts";
import type { ScoringClient } from "./mesh/rank.ts";
import type { Signals } from "./rounds/signals.ts";
import type { AllocationTelemetry } from "./telemetry.ts";

type CreateHold = (typeof AllocationService)["method"]["createHold"];
type BatchCreateHolds = (typeof AllocationService)["method"]["batchCreateHolds"];

/** What the handlers share: storage, ids from outside, neighbours, and who waits in this process. */
export interface Shell {
  readonly database: Database;
  /** Where single answers meet. */
  readonly answers: AnswerGroup;
  /** Where single holds meet. */
  readonly holds: HoldGroup<CreateHold["input"], CreateHold["output"]>;
  /** Where batches of holds meet. */
  readonly holdBatches: HoldGroup<BatchCreateHolds["input"], BatchCreateHolds["output"]>;
  /** Where single demands meet that are decided now. */
  readonly now: AllocateGroup;
  /** What listings' ordinals are called. */
  readonly ordinals: OrdinalIds;
  /** Wakes what ends due holds. */
  readonly expiry: ExpiryAlarm;
  readonly uuid: () => string;
  readonly signals: Signals;
  readonly eligibility: EligibilityClient;
  readonly scoring: ScoringClient;
  readonly telemetry: AllocationTelemetry;
  /** Version and commit that run. */
  readonly release: string;
}
