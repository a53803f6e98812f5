import { type AlertRule, alertRule, type RuleGroup } from "../rule.ts";

/** Whether markets come to their end: holds, runs, tasks, personal data. */
export function outcomeAlerts(): RuleGroup[] {
  return [
    { name: "marketmesh-allocation", rules: [holdsOverdue()] },
    {
      name: "marketmesh-fulfillment",
      rules: [runsFaulting(), runsFaulted(), jobsLate(), callsGivenUp(), tasksOverdue()],
    },
    { name: "marketmesh-catalog", rules: [personalUnreadable()] },
  ];
}

function holdsOverdue(): AlertRule {
  return alertRule({
    alert: "HoldsOverdue",
    severity: "page",
    expr: "max by (market) (marketmesh_holds_overdue) > 0",
    for: "5m",
    summary: "{{ $labels.market }}: {{ $value }} holds outlived their time",
    description: "Their expire_time passed on the market's clock and they still keep capacity from others.",
  });
}

function runsFaulting(): AlertRule {
  return alertRule({
    alert: "RunsFaulting",
    severity: "page",
    expr: "sum by (workflow) (increase(marketmesh_runs_faulted_total[15m])) > 20",
    summary: "{{ $labels.workflow }}: {{ $value | humanize }} runs came to stand still within 15 minutes",
    description:
      "Not one odd run but a cause that meets each of them. Orders, placements and grants of this workflow stop.",
  });
}

function runsFaulted(): AlertRule {
  return alertRule({
    alert: "RunsFaulted",
    severity: "ticket",
    expr: 'max by (market) (marketmesh_runs{state="FAULTED"}) > 0',
    for: "15m",
    summary: "{{ $labels.market }}: {{ $value }} runs stand still",
    description: "Each waits for a person: to be retried once its cause is gone, or cancelled.",
  });
}

function jobsLate(): AlertRule {
  return alertRule({
    alert: "JobsLate",
    severity: "ticket",
    expr: "histogram_quantile(0.95, sum by (job, le) (rate(marketmesh_job_lag_seconds_bucket[10m]))) > 10",
    for: "10m",
    summary: "{{ $labels.job }}: jobs begin {{ $value | humanizeDuration }} late",
    description: "Calls and timers of runs wait for a worker.",
  });
}

function callsGivenUp(): AlertRule {
  return alertRule({
    alert: "RunCallsGivenUp",
    severity: "ticket",
    expr: "sum by (method) (increase(marketmesh_run_calls_given_up_total[1h])) > 0",
    summary: "{{ $labels.method }}: {{ $value | humanize }} calls of runs were given up",
    description:
      "All attempts, 45 minutes long, found the other side away or busy. The runs were told and went their way for failures.",
  });
}

function tasksOverdue(): AlertRule {
  return alertRule({
    alert: "TasksOverdue",
    severity: "ticket",
    expr: "max by (market) (marketmesh_tasks_overdue) > 0",
    for: "1h",
    summary: "{{ $labels.market }}: {{ $value }} tasks are overdue",
    description: "People did not do them in time, and their runs were not moved on either.",
  });
}

function personalUnreadable(): AlertRule {
  return alertRule({
    alert: "PersonalDataUnreadable",
    severity: "ticket",
    expr: "sum(increase(marketmesh_catalog_personal_unreadable_total[1h])) > 0",
    summary: "catalog: {{ $value | humanize }} sealed attributes did not open",
    description:
      "They were sealed under another key than their owner's. Readers get the listing without them.",
  });
}
