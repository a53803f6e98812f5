import { anyOf } from "../promql.ts";
import { type AlertRule, alertRule, type RuleGroup } from "../rule.ts";

/**
 * What the mesh stands on, by the metrics of CloudNativePG, prometheus-nats-exporter, kube-state-metrics, cAdvisor and the kubelet
 * (`externalMetrics`). Where a metric is not scraped its alert never fires, but for the broker's: that nobody sees it is told.
 */
export function platformAlerts(services: readonly string[]): RuleGroup[] {
  const ours = `container=~"${anyOf(["marketmesh", ...services])}"`;
  return [
    {
      name: "marketmesh-database",
      rules: [
        databaseDown(),
        databaseCpu(),
        replicationLag(),
        databaseConnections(),
        walArchiving(),
        backupOld(),
      ],
    },
    { name: "marketmesh-broker", rules: [brokerDown(), brokerStorage(), slowConsumers()] },
    {
      name: "marketmesh-cluster",
      rules: [volumeFull(), volumeFilling(), memoryNearLimit(ours), outOfMemory(ours)],
    },
  ];
}

function databaseDown(): AlertRule {
  return alertRule({
    alert: "DatabaseDown",
    severity: "page",
    expr: "max by (namespace, pod) (cnpg_collector_up) == 0",
    for: "1m",
    summary: "{{ $labels.pod }}: Postgres does not answer",
    description:
      "An instance of the database cluster is down. Is it the primary, every write fails until the failover.",
  });
}

function databaseCpu(): AlertRule {
  return alertRule({
    alert: "DatabaseCpuHigh",
    severity: "ticket",
    expr:
      'sum by (namespace, pod) (rate(container_cpu_usage_seconds_total{container="postgres"}[5m]))\n' +
      '/ sum by (namespace, pod) (kube_pod_container_resource_limits{container="postgres",resource="cpu"}) > 0.8',
    for: "15m",
    summary: "{{ $labels.pod }}: Postgres uses {{ $value | humanizePercentage }} of its processors",
    description: "There is little left for a burst or for what a failed instance would leave to it.",
  });
}

function replicationLag(): AlertRule {
  return alertRule({
    alert: "DatabaseReplicationLag",
    severity: "ticket",
    expr: "max by (namespace, pod) (cnpg_pg_replication_lag) > 30",
    for: "5m",
    summary: "{{ $labels.pod }}: the replica is {{ $value | humanizeDuration }} behind",
    description: "Reads from it are old, and a failover to it would wait, or lose what it has not got.",
  });
}

function databaseConnections(): AlertRule {
  return alertRule({
    alert: "DatabaseConnectionsNearLimit",
    severity: "ticket",
    expr:
      "sum by (namespace, pod) (cnpg_backends_total)\n" +
      '/ max by (namespace, pod) (cnpg_pg_settings_setting{name="max_connections"}) > 0.85',
    for: "10m",
    summary: "{{ $labels.pod }}: {{ $value | humanizePercentage }} of all connections are open",
    description: "A further replica of a service may find none, and does not become ready.",
  });
}

function walArchiving(): AlertRule {
  return alertRule({
    alert: "DatabaseArchivingFails",
    severity: "page",
    expr: "max by (namespace, pod) (cnpg_pg_stat_archiver_seconds_since_last_archival) > 1800",
    for: "5m",
    summary: "{{ $labels.pod }}: no WAL was archived for {{ $value | humanizeDuration }}",
    description:
      "A restore could not reach what was written since, and the disk fills with what is not archived.",
  });
}

function backupOld(): AlertRule {
  const newest = (metric: string) => `max by (namespace) (${metric} > 0)`;
  return alertRule({
    alert: "DatabaseBackupOld",
    severity: "ticket",
    expr:
      `time() - (${newest("barman_cloud_cloudnative_pg_io_last_available_backup_timestamp")}\n` +
      `  or ${newest("cnpg_collector_last_available_backup_timestamp")}) > 26 * 3600`,
    for: "30m",
    summary: "{{ $labels.namespace }}: the last backup is {{ $value | humanizeDuration }} old",
    description: "Daily backups don't finish. A restore would have to replay more WAL and takes longer.",
  });
}

function brokerDown(): AlertRule {
  return alertRule({
    alert: "BrokerReplicaDown",
    severity: "ticket",
    // With the last one a count is gone too.
    expr: "count by (namespace) (gnatsd_varz_connections) < 3\nor\nabsent(gnatsd_varz_connections) - 1",
    for: "5m",
    summary: "{{ $labels.namespace }}: {{ $value }} of 3 brokers are seen",
    description:
      "Streams have three copies and go on with two. With the next one gone nothing is published: OutboxStuck. None is seen where nobody scrapes them.",
  });
}

function brokerStorage(): AlertRule {
  return alertRule({
    alert: "BrokerStorageFull",
    severity: "page",
    expr:
      "max by (namespace, server_name) (jetstream_server_total_message_bytes)\n" +
      "/ (max by (namespace, server_name) (jetstream_server_max_storage) > 0) > 0.85",
    for: "5m",
    summary: "{{ $labels.server_name }}: JetStream uses {{ $value | humanizePercentage }} of its storage",
    description: "When it is full nothing is published any more; facts then wait in the outboxes.",
  });
}

function slowConsumers(): AlertRule {
  return alertRule({
    alert: "BrokerSlowConsumers",
    severity: "ticket",
    expr: "sum by (namespace) (increase(gnatsd_varz_slow_consumers[15m])) > 0",
    for: "5m",
    summary: "{{ $labels.namespace }}: the broker cut off clients that read too slowly",
    description: "They connect again and go on where they were; whoever is cut again and again falls behind.",
  });
}

const free =
  "min by (namespace, persistentvolumeclaim) (kubelet_volume_stats_available_bytes / kubelet_volume_stats_capacity_bytes)";

function volumeFull(): AlertRule {
  return alertRule({
    alert: "VolumeAlmostFull",
    severity: "page",
    expr: `${free} < 0.1`,
    for: "5m",
    summary: "{{ $labels.persistentvolumeclaim }}: {{ $value | humanizePercentage }} are free",
    description: "A database or broker without disk stops writing.",
  });
}

function volumeFilling(): AlertRule {
  return alertRule({
    alert: "VolumeFilling",
    severity: "ticket",
    expr: `${free} < 0.25\nand\nmin by (namespace, persistentvolumeclaim) (predict_linear(kubelet_volume_stats_available_bytes[6h], 4 * 86400)) < 0`,
    for: "1h",
    summary: "{{ $labels.persistentvolumeclaim }}: will be full within four days",
    description: "As it grew during the last six hours.",
  });
}

function memoryNearLimit(ours: string): AlertRule {
  return alertRule({
    alert: "MemoryNearLimit",
    severity: "ticket",
    expr:
      `max by (namespace, pod, container) (container_memory_working_set_bytes{${ours}})\n` +
      `/ max by (namespace, pod, container) (kube_pod_container_resource_limits{${ours},resource="memory"}) > 0.9`,
    for: "10m",
    summary: "{{ $labels.pod }}: uses {{ $value | humanizePercentage }} of its memory",
    description: "Beyond the limit the kernel ends the process in the middle of its calls.",
  });
}

function outOfMemory(ours: string): AlertRule {
  return alertRule({
    alert: "ContainerOutOfMemory",
    severity: "ticket",
    expr:
      `max by (namespace, pod, container) (kube_pod_container_status_last_terminated_reason{${ours},reason="OOMKilled"})\n` +
      `and on (namespace, pod, container)\nsum by (namespace, pod, container) (increase(kube_pod_container_status_restarts_total{${ours}}[30m])) > 0`,
    summary: "{{ $labels.pod }}: was ended because it had used up its memory",
    description: "Its calls were cut. Calls that are safe to repeat were tried again elsewhere.",
  });
}
