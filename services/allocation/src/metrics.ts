import { defineMetric } from "@marketmesh/telemetry";

export const decisions = defineMetric({
  type: "counter",
  name: "decisions_total",
  unit: "{demand}",
  help: "Demands decided by allocate-now",
});

export const decisionHolds = defineMetric({
  type: "counter",
  name: "decision_holds_total",
  unit: "{hold}",
  help: "Holds taken by allocate-now",
});

export const decisionDuration = defineMetric({
  type: "histogram",
  name: "decision_duration_seconds",
  unit: "s",
  help: "From the request until its holds were written, per call of allocate-now",
});

export const decisionRetries = defineMetric({
  type: "counter",
  name: "decision_retries_total",
  unit: "{transaction}",
  help: "Transactions of allocate-now that were undone to look at more supplies",
  labels: { why: "`LOCK_MORE`: somebody was faster; `RANK_MORE`: all that was ranked is taken" },
});

export const offerAnswers = defineMetric({
  type: "counter",
  name: "offer_answers_total",
  unit: "{answer}",
  help: "Answers to offers by what became of them",
  labels: { outcome: "`accepted`, `declined` or `refused`" },
});
