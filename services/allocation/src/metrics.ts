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

const market = "The market's id; at most 2,000, then `overflow`";

export const holdsHeld = defineMetric({
  type: "gauge",
  name: "holds_held",
  unit: "{hold}",
  help: "Holds that are HELD; every replica tells the same",
  labels: { market },
});

export const holdsOverdue = defineMetric({
  type: "gauge",
  name: "holds_overdue",
  unit: "{hold}",
  help: "Holds that are HELD a minute and more after their expire_time on the market's clock, counted up to 10,000; every replica tells the same",
  labels: { market },
});

export const holdChanges = defineMetric({
  type: "counter",
  name: "hold_changes_total",
  unit: "{hold}",
  help: "Holds that came into a state; one replica counts each",
  labels: { market, state: "`HELD`, `CONFIRMED`, `RELEASED` or `EXPIRED`" },
});

export const offerChanges = defineMetric({
  type: "counter",
  name: "offer_changes_total",
  unit: "{offer}",
  help: "Offers that came into a state; one replica counts each",
  labels: { market, state: "`MADE`, `ACCEPTED`, `DECLINED`, `EXPIRED` or `RESCINDED`" },
});

export const demandUnits = defineMetric({
  type: "gauge",
  name: "demand_units",
  unit: "{unit}",
  help: "Units of open demands, and of closed ones that got something; every replica tells the same",
  labels: { market, what: "`asked`, `held` or `allocated`" },
});

export const fillRate = defineMetric({
  type: "gauge",
  name: "fill_rate_ratio",
  unit: "1",
  help: "Units allocated of those asked for; every replica tells the same",
  labels: { market },
});

export const timeToFill = defineMetric({
  type: "histogram",
  name: "time_to_fill_seconds",
  unit: "s",
  help: "From when allocation knew a demand until an allocation of it was committed, wall time; one replica counts each",
  labels: { market },
  buckets: [0.1, 1, 10, 60, 600, 3_600, 21_600, 86_400, 604_800, 2_592_000],
});
