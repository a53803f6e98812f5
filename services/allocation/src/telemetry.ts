import type { Telemetry } from "@marketmesh/telemetry";

/** What happens in allocation, for dashboards. Never who. */
export interface AllocationTelemetry {
  /** A batch of allocate-now was decided. */
  decided(demands: number, holds: number, durationMs: number): void;
  /** A batch had to be decided again because somebody was faster, or because more had to be ranked. */
  decidedAgain(why: "LOCK_MORE" | "RANK_MORE"): void;
  offersAnswered(accepted: number, declined: number, refused: number): void;
}

export function allocationTelemetry({ metrics }: Telemetry): AllocationTelemetry {
  const decisions = metrics.counter({ name: "decisions_total", help: "Demands decided by allocate-now" });
  const holds = metrics.counter({ name: "decision_holds_total", help: "Holds taken by allocate-now" });
  const seconds = metrics.histogram({
    name: "decision_duration_seconds",
    help: "From the request until its holds were written, per call of allocate-now",
  });
  const again = metrics.counter({
    name: "decision_retries_total",
    help: "Transactions of allocate-now that were undone to look at more supplies",
    labels: ["why"],
  });
  const answers = metrics.counter({
    name: "offer_answers_total",
    help: "Answers to offers by what became of them",
    labels: ["outcome"],
  });
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
