/**
 * Metrics that are not ours and that rules may name, with the labels that we use. A PodMonitor or ServiceMonitor adds namespace and
 * pod. Sources: CloudNativePG's default queries and collector, prometheus-nats-exporter (-varz -jsz=all), kube-state-metrics, cAdvisor
 * and the kubelet.
 */
export const externalMetrics: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  Object.entries({
    cnpg_collector_up: "namespace pod",
    cnpg_collector_last_available_backup_timestamp: "namespace pod",
    // Of the Barman Cloud plugin, which took backups over from the operator.
    barman_cloud_cloudnative_pg_io_last_available_backup_timestamp: "namespace pod",
    cnpg_pg_replication_lag: "namespace pod",
    cnpg_backends_total: "namespace pod datname usename state",
    cnpg_pg_settings_setting: "namespace pod name",
    cnpg_pg_stat_archiver_seconds_since_last_archival: "namespace pod",
    gnatsd_varz_connections: "namespace pod server_id",
    gnatsd_varz_slow_consumers: "namespace pod server_id",
    jetstream_server_total_message_bytes: "namespace pod server_name",
    jetstream_server_max_storage: "namespace pod server_name",
    container_cpu_usage_seconds_total: "namespace pod container",
    container_memory_working_set_bytes: "namespace pod container",
    kube_pod_container_resource_limits: "namespace pod container resource unit",
    kube_pod_container_status_last_terminated_reason: "namespace pod container reason",
    kube_pod_container_status_restarts_total: "namespace pod container",
    kubelet_volume_stats_available_bytes: "namespace persistentvolumeclaim",
    kubelet_volume_stats_capacity_bytes: "namespace persistentvolumeclaim",
  }).map(([name, labels]) => [name, new Set(labels.split(" "))]),
);
