import type { Telemetry } from "@marketmesh/telemetry";
import * as defined from "./metrics.ts";

/** What happens in allocation, for dashboards. Never who. */
export interface AllocationTelemetry {
  /** A batch of allocate-now was decided. */
  decided(demands: number, holds: number, durationMs: number): void;
  /** A batch had to be decided again because somebody was faster, or because more had to be ranked. */
  decidedAgain(why: "LOCK_MORE" | "RANK_MORE"): void;
  offersAnswered(accepted: number, declined: number, refused: number): void;
}

export function allocationTelemetry({ metrics }: Telemetry): AllocationTelemetry {
  const decisions = metrics.counter(defined.decisions);
  const holds = metrics.counter(defined.decisionHolds);
  const seconds = metrics.histogram(defined.decisionDuration);
  const again = metrics.counter(defined.decisionRetries);
  const answers = metrics.counter(defined.offerAnswers);
  return {
    decided(demands, held, durationMs) {
      decisions.add(demands);
      holds.add(held);
      seconds.observe(durationMs / 1_000);
    },
    decidedAgain: (why) => again.add(1, { why }),
    offersAnswered(accepted, declined, refused) {
      answers.add(accepted, { outcome: "accepted" });
      answers.add(declined, { outcome: "declined" });
      answers.add(refused, { outcome: "refused" });
    },
  };
}
