import { anyOf } from "../promql.ts";
import { type AlertRule, alertRule, type RuleGroup } from "../rule.ts";
import { faultCodes } from "../slo/indicators.ts";

/** What any service of the mesh can suffer from, whatever it does. */
export function serviceAlerts(services: readonly string[]): RuleGroup[] {
  const jobs = `job=~"${anyOf(services)}"`;
  return [
    { name: "marketmesh-presence", rules: [down(services), silent(), replicaDown(jobs), restarting()] },
    { name: "marketmesh-calls", rules: [methodsFailing(), sheddingLoad(), unexpectedErrors()] },
    { name: "marketmesh-processes", rules: [eventLoopFull(), poolExhausted(), loopFailing()] },
    {
      name: "marketmesh-certificates",
      rules: [certificateEnds("ticket", 7), certificateEnds("page", 1), certificateRefused()],
    },
  ];
}

/** By a metric that every process has: it goes with the last scrape, and with the last that was sent over OTLP. */
function down(services: readonly string[]): AlertRule {
  const absent = services.map((service) => `absent(marketmesh_process_uptime_seconds{job="${service}"})`);
  return alertRule({
    alert: "ServiceDown",
    severity: "page",
    expr: absent.join("\nor\n"),
    for: "1m",
    summary: "{{ $labels.job }}: no process is seen",
    description:
      "For a minute nobody has had metrics of it. Either none runs or none can be reached; its calls fail.",
  });
}

const calls = `marketmesh_rpc_server_duration_seconds_count{method=~"marketmesh[.].+"}`;

function silent(): AlertRule {
  return alertRule({
    alert: "ServiceSilent",
    severity: "page",
    expr: `sum by (job) (rate(${calls}[5m])) == 0\nand\nsum by (job) (rate(${calls}[1h] offset 10m)) > 0.2`,
    for: "3m",
    summary: "{{ $labels.job }}: runs, but no call arrives any more",
    description:
      "An hour ago it had more than a call in five seconds, for five minutes none. Callers don't find it, or are gone themselves.",
  });
}

function replicaDown(jobs: string): AlertRule {
  return alertRule({
    alert: "ReplicaDown",
    severity: "ticket",
    expr: `up{${jobs}} == 0`,
    for: "10m",
    summary: "{{ $labels.job }}: the replica {{ $labels.instance }} does not answer its scrapes",
    description: "The others carry its load. It hangs, or its network is cut.",
  });
}

function restarting(): AlertRule {
  return alertRule({
    alert: "ServiceRestarting",
    severity: "ticket",
    expr: "sum by (job) (resets(marketmesh_process_uptime_seconds[30m])) >= 3",
    summary: "{{ $labels.job }}: {{ $value }} restarts within half an hour",
    description:
      "Processes end and are started again. Each restart drains, so few calls fail, but capacity lacks.",
  });
}

/** Streams have no objective, and a method that few call hardly moves its service's budget. */
function methodsFailing(): AlertRule {
  const which = `method=~"marketmesh[.].+"`;
  const bad =
    `sum by (job, method) (increase(marketmesh_rpc_server_duration_seconds_count{${which},code=~"${anyOf(faultCodes)}"}[10m])` +
    ` or increase(marketmesh_rpc_server_overloaded_total{${which}}[10m]))`;
  const all = `sum by (job, method) (increase(marketmesh_rpc_server_duration_seconds_count{${which}}[10m]))`;
  return alertRule({
    alert: "MethodsFailing",
    severity: "page",
    expr: `count by (job) (\n  ${bad} > 0.5 * ${all}\n  and\n  ${bad} >= 10\n)`,
    for: "2m",
    summary: "{{ $labels.job }}: {{ $value }} methods fail more often than not",
    description:
      "More than half of the calls of these methods failed by our fault within ten minutes, ten or more of each.",
  });
}

function sheddingLoad(): AlertRule {
  return alertRule({
    alert: "ServiceSheddingLoad",
    severity: "ticket",
    expr: "sum by (job) (rate(marketmesh_rpc_server_overloaded_total[5m])) > 0",
    for: "10m",
    summary: "{{ $labels.job }}: refuses {{ $value | humanize }} calls a second because it is full",
    description:
      "It protects itself, so that what it accepts stays quick. It needs replicas; whether users suffer is said by AvailabilityBudgetBurn.",
  });
}

function eventLoopFull(): AlertRule {
  return alertRule({
    alert: "EventLoopFull",
    severity: "ticket",
    expr:
      "min_over_time(marketmesh_event_loop_utilization_ratio[5m]) > 0.9\nor\n" +
      'min_over_time(marketmesh_event_loop_delay_seconds{quantile="0.99"}[5m]) > 0.25',
    for: "5m",
    summary: "{{ $labels.job }}: the event loop of {{ $labels.instance }} has no room left",
    description: "One process can do no more than one core's work. Calls wait for it, soon it refuses some.",
  });
}

function poolExhausted(): AlertRule {
  return alertRule({
    alert: "DatabasePoolExhausted",
    severity: "ticket",
    expr: "min_over_time(marketmesh_database_pool_waiting[5m]) > 0",
    for: "5m",
    summary:
      "{{ $labels.job }}: transactions queue for the {{ $labels.pool }} pool of {{ $labels.instance }}",
    description:
      "All connections are in use and {{ $value }} or more wait all the time. The 1,001st is refused.",
  });
}

function loopFailing(): AlertRule {
  return alertRule({
    alert: "BackgroundLoopFailing",
    severity: "ticket",
    expr: "sum by (job, loop) (increase(marketmesh_background_failures_total[15m])) > 5",
    for: "5m",
    summary: "{{ $labels.job }}: its loop {{ $labels.loop }} fails again and again",
    description:
      "It is started again with growing pauses. What it does is late: publishing, sweeping, settling.",
  });
}

function unexpectedErrors(): AlertRule {
  return alertRule({
    alert: "UnexpectedErrors",
    severity: "ticket",
    expr: "sum by (job, where) (increase(marketmesh_errors_total[1h])) >= 5",
    for: "5m",
    summary: "{{ $labels.job }}: {{ $value | humanize }} faults that nobody expected within an hour",
    description:
      "Bugs of ours, in a {{ $labels.where }}: too few for an objective to show, and still each cost somebody a call.",
  });
}

/** Where certificates are the service's own; who renews them (cert-manager) does so weeks before. */
function certificateEnds(severity: "page" | "ticket", days: number): AlertRule {
  return alertRule({
    alert: "CertificateEnds",
    severity,
    expr: `min by (job, file) (marketmesh_tls_certificate_expiry_timestamp_seconds) - time() < ${days} * 86400`,
    for: "5m",
    summary: "{{ $labels.job }}: its {{ $labels.file }} ends in {{ $value | humanizeDuration }}",
    description: "It was not renewed. Afterwards nobody can connect to the service.",
  });
}

function certificateRefused(): AlertRule {
  return alertRule({
    alert: "CertificateReloadFails",
    severity: "ticket",
    expr: "sum by (job) (increase(marketmesh_tls_certificate_reload_failures_total[15m])) > 0",
    for: "5m",
    summary: "{{ $labels.job }}: new TLS files are broken",
    description: "The old ones stay in use until they end.",
  });
}
