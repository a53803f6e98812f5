import type { RuleCase } from "./rule-case.ts";

/** One alert and what makes it fire: nothing at first, then the alert. */
function fires(
  alert: string,
  groups: RegExp,
  series: Readonly<Record<string, string>>,
  at: Readonly<Record<string, readonly string[]>>,
): RuleCase {
  return { name: alert, groups, series, at };
}

const own = (name: string, labels: string, instance = "a") =>
  `marketmesh_${name}{job="allocation",instance="${instance}",${labels}}`;
const uptime = (job: string) => `marketmesh_process_uptime_seconds{job="${job}",instance="a"}`;
const calls = (job: string) =>
  `marketmesh_rpc_server_duration_seconds_count{job="${job}",instance="a",method="marketmesh.${job}.v1.S/M",code="OK"}`;
const others = ["identity", "catalog", "eligibility", "scoring", "allocation"];

export const alertCases: readonly RuleCase[] = [
  fires(
    "a service that is silent pages: nobody sees it",
    /marketmesh-presence/,
    {
      ...Object.fromEntries(others.map((job) => [uptime(job), "0+15x120"])),
      // Its last scrape fails: Prometheus marks the series as ended.
      [uptime("fulfillment")]: "0+15x40 stale",
    },
    { "10m": [], "12m": ["page ServiceDown"] },
  ),
  fires(
    "a service that is silent pages: nobody calls it",
    /marketmesh-presence/,
    {
      ...Object.fromEntries([...others, "fulfillment"].map((job) => [uptime(job), "0+15x400"])),
      [calls("catalog")]: "0+30x240 7200x160",
      [calls("identity")]: "0+30x400",
    },
    { "1h": [], "1h9m": ["page ServiceSilent"] },
  ),
  fires(
    "ReplicaDown, ServiceRestarting",
    /marketmesh-presence/,
    {
      ...Object.fromEntries([...others, "fulfillment"].map((job) => [uptime(job), "0+15x120"])),
      'marketmesh_process_uptime_seconds{job="scoring",instance="b"}': "0+15x10 0+15x10 0+15x10 0+15x40",
      'up{job="scoring",instance="b"}': "1x10 0x80",
    },
    { "2m": [], "15m": ["ticket ReplicaDown", "ticket ServiceRestarting"] },
  ),
  fires(
    "ServiceSheddingLoad",
    /marketmesh-calls/,
    { 'marketmesh_rpc_server_overloaded_total{job="catalog",instance="a",method="m"}': "0x20 0+15x100" },
    { "5m": [], "18m": ["ticket ServiceSheddingLoad"] },
  ),
  fires(
    "UnexpectedErrors",
    /marketmesh-calls/,
    { [own("errors_total", 'where="background"')]: "0x20 0+1x100" },
    { "5m": [], "20m": ["ticket UnexpectedErrors"] },
  ),
  fires(
    "certificates that nobody renews",
    /marketmesh-certificates/,
    {
      [own("tls_certificate_expiry_timestamp_seconds", 'file="certificate"')]: "605700x120",
      'marketmesh_tls_certificate_expiry_timestamp_seconds{job="catalog",instance="a",file="ca"}':
        "9000000x40 80000x80",
      [own("tls_certificate_reload_failures_total", 'x="1"')]: "0x40 0+1x80",
    },
    {
      "10m": [],
      "25m": ["page CertificateEnds", "ticket CertificateEnds 2", "ticket CertificateReloadFails"],
    },
  ),
  fires(
    "processes that are full",
    /marketmesh-processes/,
    {
      [own("event_loop_utilization_ratio", 'x="1"')]: "0.2x20 0.97x100",
      [own("database_pool_waiting", 'pool="app"')]: "0x20 7x100",
      [own("background_failures_total", 'loop="relay"')]: "0x20 0+1x100",
    },
    {
      "5m": [],
      "20m": ["ticket EventLoopFull", "ticket DatabasePoolExhausted", "ticket BackgroundLoopFailing"],
    },
  ),
  fires(
    "facts that do not leave",
    /marketmesh-outbox/,
    {
      [own("outbox_age_seconds", 'x="1"')]: "0x20 0+15x100",
      [own("relay_leads", 'x="1"')]: "1x20 0x100",
      [own("relay_leads", 'x="1"', "b")]: "0x120",
      'marketmesh_relay_leads{job="catalog",instance="a"}': "1x120",
      'marketmesh_relay_leads{job="catalog",instance="b"}': "0x20 1x100",
    },
    { "5m": [], "12m": ["page OutboxStuck", "page RelayWithoutLeader", "ticket RelayWithTwoLeaders"] },
  ),
  fires(
    "subscriptions that stand still",
    /marketmesh-consumers/,
    {
      [own("consumer_lag_messages", 'subscription="s",way="work"')]: "0x20 9x160",
      [own("consumer_delay_seconds_count", 'subscription="s"')]: "0+3x20 60x160",
      // Has as much to do, and does it.
      [own("consumer_lag_messages", 'subscription="busy",way="work"')]: "9x180",
      [own("consumer_delay_seconds_count", 'subscription="busy"')]: "0+3x180",
      [own("dead_letters", 'subscription="s"')]: "0x20 1x160",
      [own("parked_events", 'subscription="s"')]: "0x20 3x160",
    },
    { "5m": [], "35m": ["page ConsumerStalled", "ticket DeadLetters", "ticket ParkedEvents"] },
  ),
  fires(
    "ConsumerSlow",
    /marketmesh-consumers/,
    {
      [own("consumer_delay_seconds_bucket", 'subscription="s",le="60.0"')]: "0+15x20 300x180",
      [own("consumer_delay_seconds_bucket", 'subscription="s",le="300.0"')]: "0+15x200",
      [own("consumer_delay_seconds_bucket", 'subscription="s",le="+Inf"')]: "0+15x200",
    },
    { "5m": [], "40m": ["ticket ConsumerSlow"] },
  ),
  fires(
    "facts that are missing",
    /marketmesh-audit/,
    {
      [own("feed_gap_age_seconds", 'subscription="s",feed="listing"')]: "0x20 0+15x160",
      [own("feed_positions_lost_total", 'subscription="s",feed="listing"')]: "0x20 2x160",
      [own("feed_unaudited_events", 'subscription="s",feed="listing"')]: "0x20 20000x160",
    },
    { "5m": [], "42m": ["page FeedGapStays", "page FeedPositionsLost", "ticket FeedAuditStuck"] },
  ),
  fires(
    "pictures that are old",
    /marketmesh-projections/,
    {
      [own("listing_projection_staleness_seconds", 'market="m",kind="k"')]: "0x20 0+15x100",
      [own("follow_staleness_seconds", 'subscription="s"')]: "0x20 0+15x100",
    },
    { "5m": [], "20m": ["page ProjectionStale", "ticket FollowerStale"] },
  ),
  fires(
    "replicas disagree only where they are at the same position",
    /marketmesh-projections/,
    {
      [own("listing_projection_checksum", 'market="m",kind="k"')]: "7x40",
      [own("listing_projection_checksum", 'market="m",kind="k"', "b")]: "8x40",
      [own("listing_projection_feed_seq", 'x="1"')]: "100x40",
      [own("listing_projection_feed_seq", 'x="1"', "b")]: "99x20 100x20",
    },
    { "4m": [], "7m": ["page ReplicasDisagree"] },
  ),
  fires(
    "holds, runs and tasks that do not end",
    /marketmesh-(allocation|fulfillment|catalog)$/,
    {
      [own("holds_overdue", 'market="m"')]: "0x20 2x300",
      [own("runs_faulted_total", 'market="m",workflow="w"')]: "0x20 30x300",
      [own("runs", 'market="m",state="FAULTED"')]: "0x20 30x300",
      [own("run_calls_given_up_total", 'method="m"')]: "0x20 1x300",
      [own("tasks_overdue", 'market="m"')]: "0x20 4x300",
      [own("job_lag_seconds_bucket", 'kind="call",le="10.0"')]: "0+15x20 300x300",
      [own("job_lag_seconds_bucket", 'kind="call",le="30.0"')]: "0+15x320",
      [own("job_lag_seconds_bucket", 'kind="call",le="+Inf"')]: "0+15x320",
      [own("catalog_personal_unreadable_total", 'x="1"')]: "0x20 3x300",
    },
    {
      "5m": [],
      "12m": [
        "page HoldsOverdue",
        "page RunsFaulting",
        "ticket RunCallsGivenUp",
        "ticket PersonalDataUnreadable",
      ],
      "1h7m": ["page HoldsOverdue", "ticket RunsFaulted", "ticket JobsLate", "ticket TasksOverdue"],
    },
  ),
  fires(
    "the database",
    /marketmesh-database/,
    {
      'cnpg_collector_up{namespace="m",pod="db-1"}': "1x20 0x200",
      'container_cpu_usage_seconds_total{namespace="m",pod="db-2",container="postgres"}': "0+3x20 60+28x200",
      'kube_pod_container_resource_limits{namespace="m",pod="db-2",container="postgres",resource="cpu"}':
        "2x220",
      'cnpg_pg_replication_lag{namespace="m",pod="db-2"}': "0x20 0+15x200",
      'cnpg_backends_total{namespace="m",pod="db-2"}': "100x20 190x200",
      'cnpg_pg_settings_setting{namespace="m",pod="db-2",name="max_connections"}': "200x220",
      'cnpg_pg_stat_archiver_seconds_since_last_archival{namespace="m",pod="db-2"}': "0x20 0+15x200",
    },
    {
      "4m": [],
      "45m": [
        "page DatabaseDown",
        "ticket DatabaseCpuHigh",
        "ticket DatabaseReplicationLag",
        "ticket DatabaseConnectionsNearLimit",
        "page DatabaseArchivingFails",
      ],
    },
  ),
  fires(
    "a backup of the day before yesterday",
    /marketmesh-database/,
    // The operator's own metric stands at 0 where the plugin takes the backups.
    {
      'cnpg_collector_last_available_backup_timestamp{namespace="m",pod="db-1"}': "0x6480",
      'barman_cloud_cloudnative_pg_io_last_available_backup_timestamp{namespace="m",pod="db-1"}': "60x6480",
    },
    { "25h": [], "27h": ["ticket DatabaseBackupOld"] },
  ),
  fires(
    "the broker",
    /marketmesh-broker/,
    {
      'gnatsd_varz_connections{namespace="m",pod="n-0",server_id="0"}': "5x100",
      'gnatsd_varz_connections{namespace="m",pod="n-1",server_id="1"}': "5x100",
      'gnatsd_varz_connections{namespace="m",pod="n-2",server_id="2"}': "5x20 stale",
      'gnatsd_varz_slow_consumers{namespace="m",pod="n-0",server_id="0"}': "0x20 0+1x80",
      'jetstream_server_total_message_bytes{namespace="m",pod="n-0",server_name="n-0"}': "10x20 90x80",
      'jetstream_server_max_storage{namespace="m",pod="n-0",server_name="n-0"}': "100x100",
    },
    {
      "4m": [],
      "15m": ["ticket BrokerReplicaDown", "page BrokerStorageFull", "ticket BrokerSlowConsumers"],
    },
  ),
  fires(
    "the broker, which nobody sees",
    /marketmesh-broker/,
    Object.fromEntries(
      [0, 1, 2].map((at) => [
        `gnatsd_varz_connections{namespace="m",pod="n-${at}",server_id="${at}"}`,
        "5x40 stale",
      ]),
    ),
    { "9m": [], "16m": ["ticket BrokerReplicaDown"] },
  ),
  fires(
    "disks and memory",
    /marketmesh-cluster/,
    {
      'kubelet_volume_stats_available_bytes{namespace="m",persistentvolumeclaim="p"}': "50x20 5x400",
      'kubelet_volume_stats_available_bytes{namespace="m",persistentvolumeclaim="q"}': "50x20 24-0.05x400",
      'kubelet_volume_stats_capacity_bytes{namespace="m",persistentvolumeclaim="p"}': "100x420",
      'kubelet_volume_stats_capacity_bytes{namespace="m",persistentvolumeclaim="q"}': "100x420",
      'container_memory_working_set_bytes{namespace="m",pod="c-1",container="catalog"}': "50x20 95x400",
      'kube_pod_container_resource_limits{namespace="m",pod="c-1",container="catalog",resource="memory"}':
        "100x420",
      'kube_pod_container_status_last_terminated_reason{namespace="m",pod="c-1",container="catalog",reason="OOMKilled"}':
        "_x20 1x400",
      'kube_pod_container_status_restarts_total{namespace="m",pod="c-1",container="catalog"}': "0x20 1x400",
    },
    {
      "4m": [],
      "20m": ["page VolumeAlmostFull", "ticket MemoryNearLimit", "ticket ContainerOutOfMemory"],
      "1h10m": ["page VolumeAlmostFull", "ticket MemoryNearLimit", "ticket VolumeFilling 2"],
    },
  ),
];
