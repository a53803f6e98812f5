import { type AlertRule, alertRule, type RuleGroup } from "../rule.ts";

/** Whether facts leave, arrive, and are all there. Replicas that tell the same are taken once, by `max`. */
export function eventAlerts(): RuleGroup[] {
  return [
    { name: "marketmesh-outbox", rules: [outboxStuck(), noLeader(), twoLeaders()] },
    {
      name: "marketmesh-consumers",
      rules: [consumerStalled(), consumerSlow(), deadLetters(), parked()],
    },
    { name: "marketmesh-audit", rules: [gapStays(), positionsLost(), auditStuck()] },
    { name: "marketmesh-projections", rules: [projectionStale(), followerStale(), replicasDisagree()] },
  ];
}

function outboxStuck(): AlertRule {
  return alertRule({
    alert: "OutboxStuck",
    severity: "page",
    expr: "max by (job) (marketmesh_outbox_age_seconds) > 120",
    for: "1m",
    summary: "{{ $labels.job }}: its facts have not left for {{ $value | humanizeDuration }}",
    description: "Nothing is lost, but nobody hears: indexes grow stale, offers and runs stand still.",
  });
}

function noLeader(): AlertRule {
  return alertRule({
    alert: "RelayWithoutLeader",
    severity: "page",
    expr: "sum by (job) (marketmesh_relay_leads) == 0",
    for: "3m",
    summary: "{{ $labels.job }}: no replica publishes",
    description: "None holds the relay's lock. The next fact stays in the outbox.",
  });
}

function twoLeaders(): AlertRule {
  return alertRule({
    alert: "RelayWithTwoLeaders",
    severity: "ticket",
    expr: "sum by (job) (marketmesh_relay_leads) > 1",
    for: "5m",
    summary: "{{ $labels.job }}: {{ $value }} replicas believe that they lead",
    description:
      "A fence lets only one write, so no fact is doubled or lost. One of them has not noticed, or they have two databases.",
  });
}

function consumerStalled(): AlertRule {
  return alertRule({
    alert: "ConsumerStalled",
    severity: "page",
    expr:
      'min_over_time((max by (job, subscription) (marketmesh_consumer_lag_messages{way="work"}))[10m:1m]) > 0\n' +
      "unless on (job, subscription)\n" +
      "sum by (job, subscription) (increase(marketmesh_consumer_delay_seconds_count[10m])) > 0",
    for: "2m",
    summary: "{{ $labels.job }}: {{ $labels.subscription }} handles nothing, {{ $value }} messages wait",
    description: "For ten minutes messages have waited and none was handled.",
  });
}

function consumerSlow(): AlertRule {
  return alertRule({
    alert: "ConsumerSlow",
    severity: "ticket",
    expr: "histogram_quantile(0.95, sum by (job, subscription, le) (rate(marketmesh_consumer_delay_seconds_bucket[10m]))) > 60",
    for: "15m",
    summary: "{{ $labels.job }}: {{ $labels.subscription }} is {{ $value | humanizeDuration }} behind",
    description: "One fact in twenty is handled later than a minute after it happened.",
  });
}

function deadLetters(): AlertRule {
  return alertRule({
    alert: "DeadLetters",
    severity: "ticket",
    expr: "max by (job, subscription) (marketmesh_dead_letters) > 0",
    for: "5m",
    summary: "{{ $labels.job }}: {{ $value }} events of {{ $labels.subscription }} were given up",
    description:
      "Each failed until its attempts were used up and waits for a person. In an ordered subscription its aggregate waits with it.",
  });
}

function parked(): AlertRule {
  return alertRule({
    alert: "ParkedEvents",
    severity: "ticket",
    expr: "min_over_time((max by (job, subscription) (marketmesh_parked_events))[15m:1m]) > 0",
    for: "5m",
    summary: "{{ $labels.job }}: {{ $value }} events of {{ $labels.subscription }} wait for a predecessor",
    description: "Their predecessors are dead letters, or missing. The aggregates concerned stand still.",
  });
}

function gapStays(): AlertRule {
  return alertRule({
    alert: "FeedGapStays",
    severity: "page",
    expr: "max by (job, subscription, feed) (marketmesh_feed_gap_age_seconds) > 900",
    for: "1m",
    summary:
      "{{ $labels.job }}: events of {{ $labels.feed }} are missing for {{ $value | humanizeDuration }}",
    description:
      "They were published, {{ $labels.subscription }} has not got them, and asking for them again did not help.",
  });
}

function positionsLost(): AlertRule {
  return alertRule({
    alert: "FeedPositionsLost",
    severity: "page",
    expr: "max by (job, subscription, feed) (increase(marketmesh_feed_positions_lost_total[1h])) > 0",
    summary:
      "{{ $labels.job }}: {{ $value | humanize }} events of {{ $labels.feed }} are lost for {{ $labels.subscription }}",
    description:
      "The outbox had forgotten them when they were found missing. They will not come by themselves.",
  });
}

function auditStuck(): AlertRule {
  return alertRule({
    alert: "FeedAuditStuck",
    severity: "ticket",
    expr: "min_over_time((max by (job, subscription, feed) (marketmesh_feed_unaudited_events))[30m:1m]) > 10000",
    for: "5m",
    summary: "{{ $labels.job }}: the audit of {{ $labels.feed }} is far behind",
    description:
      "More than 10,000 events of {{ $labels.subscription }} have not been looked at for half an hour. A gap among them is not seen.",
  });
}

function projectionStale(): AlertRule {
  return alertRule({
    alert: "ProjectionStale",
    severity: "page",
    expr: "max by (job, instance) (marketmesh_listing_projection_staleness_seconds) > 60",
    for: "2m",
    summary:
      "{{ $labels.job }}: {{ $labels.instance }} decides on a picture {{ $value | humanizeDuration }} old",
    description:
      "The listings that it holds in memory are not up to date: changes are not seen, new listings not found.",
  });
}

function followerStale(): AlertRule {
  return alertRule({
    alert: "FollowerStale",
    severity: "ticket",
    expr: "max by (job, instance, subscription) (marketmesh_follow_staleness_seconds) > 120",
    for: "5m",
    summary:
      "{{ $labels.job }}: {{ $labels.subscription }} of {{ $labels.instance }} is {{ $value | humanizeDuration }} behind",
    description:
      "It asks its broker about every six seconds and has not known for long that it has everything.",
  });
}

/** The position becomes a label, so that only what was read at the same one is compared. */
function replicasDisagree(): AlertRule {
  const at =
    "marketmesh_listing_projection_checksum * on (job, instance) group_left (feed_seq)\n" +
    '    (count_values by (job, instance) ("feed_seq", marketmesh_listing_projection_feed_seq))';
  const by = "by (job, market, kind, feed_seq)";
  return alertRule({
    alert: "ReplicasDisagree",
    severity: "page",
    expr: `count by (job, market, kind) (\n  max ${by} (${at})\n  !=\n  min ${by} (${at})\n)`,
    summary:
      "{{ $labels.job }}: replicas hold different listings of {{ $labels.kind }} in {{ $labels.market }}",
    description:
      "At the same position of the feed their checksums differ. The same question gets two answers; one of them is wrong.",
  });
}
