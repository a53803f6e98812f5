import { defaultLimits } from "@marketmesh/rpc";
import { logLevels } from "@marketmesh/telemetry";
import { addressSettings } from "./address-settings.ts";
import {
  type ConfigSpec,
  choice,
  flag,
  integer,
  list,
  number,
  optionalText,
  type Setting,
  text,
} from "./config.ts";
import { databaseUrl, replicaUrl } from "./database-config.ts";

/** What every service reads from its environment. Only what a service uses is required. */
export const hostSettings = {
  ...addressSettings,
  logLevel: choice({
    env: "LOG_LEVEL",
    words: logLevels,
    fallback: "info",
    doc: "The lowest level that is logged.",
  }),
  profiling: flag({
    env: "PROFILING",
    fallback: false,
    doc: "Whether the metrics port makes profiles: `/debug/profile?seconds=10`, `/debug/heap?seconds=10`. They show code, no data.",
  }),
  supervised: flag({
    env: "MARKETMESH_SUPERVISED",
    fallback: false,
    doc: "Whether stdin is a supervisor's pipe: the service drains when it closes.",
  }),
  corsOrigins: list({
    env: "CORS_ORIGINS",
    fallback: [],
    doc: "Origins whose scripts may call from a browser, for example https://app.example; `*` for all.",
  }),
  requestBytesMax: integer({
    env: "REQUEST_BYTES_MAX",
    unit: "bytes",
    fallback: defaultLimits.requestBytesMax,
    min: 1_024,
    max: 64 * 1024 * 1024,
    doc: "The largest message that is accepted.",
  }),
  callsMax: integer({
    env: "CALLS_MAX",
    unit: "calls",
    fallback: defaultLimits.callsMax,
    min: 1,
    doc: "Unary calls handled at once; one more is refused.",
  }),
  streamsMax: integer({
    env: "STREAMS_MAX",
    unit: "calls",
    fallback: defaultLimits.streamsMax,
    min: 1,
    doc: "Streams handled at once; one more is refused.",
  }),
  queueDelayMs: integer({
    env: "QUEUE_DELAY_MS",
    unit: "ms",
    fallback: defaultLimits.queueDelayMs,
    max: 10_000,
    doc: "Calls from outside are refused as long as all wait this long for the event loop or a connection; 0: never.",
  }),
  callsPerSecond: integer({
    env: "RATE_LIMIT_CALLS_PER_SECOND",
    unit: "calls/s",
    fallback: defaultLimits.callsPerSecond,
    min: 1,
    doc: "Sustained calls of one principal from outside; twice as many may come at once.",
  }),
  deadlineDefaultMs: integer({
    env: "DEADLINE_DEFAULT_MS",
    unit: "ms",
    fallback: defaultLimits.deadlineDefaultMs,
    min: 1,
    doc: "The deadline of a unary call whose client sets none.",
  }),
  deadlineMaxMs: integer({
    env: "DEADLINE_MAX_MS",
    unit: "ms",
    fallback: defaultLimits.deadlineMaxMs,
    min: 1,
    doc: "A deadline of a unary call that is further away is lowered to this.",
  }),
  streamDeadlineMs: integer({
    env: "STREAM_DEADLINE_MS",
    unit: "ms",
    fallback: defaultLimits.streamDeadlineMs,
    min: 1,
    // grpc-timeout has eight digits.
    max: 99_999_999,
    doc: "The longest life of a stream.",
  }),
  serviceKey: optionalText({
    env: "SERVICE_KEY",
    secret: true,
    doc: "The service's API key, exchanged at identity for tokens to call other services.",
  }),
  drainMs: integer({
    env: "DRAIN_MS",
    unit: "ms",
    fallback: 15_000,
    max: 20_000,
    doc: "How long calls in flight may take when the service stops, before they are ended.",
  }),
} as const satisfies ConfigSpec<object>;

/** What a service with a database reads besides. */
export const databaseSettings = {
  url: databaseUrl({
    env: "DATABASE_URL",
    doc: "The database, as the app role. sslmode, sslrootcert, sslcert, sslkey, several hosts and target_session_attrs=read-write as libpq has them.",
  }),
  backgroundUrl: databaseUrl({
    env: "DATABASE_BACKGROUND_URL",
    doc: "The database, as the background role.",
  }),
  migratorUrl: {
    ...databaseUrl({
      env: "DATABASE_MIGRATOR_URL",
      doc: "The database, as the role that owns the tables. Absent: somebody else migrates.",
    }),
    fallback: undefined,
  } as Setting<string | undefined>,
  readUrl: replicaUrl({
    env: "DATABASE_READ_URL",
    doc: "The hosts of a read replica, `postgres://replica:5432`, entered as the roles above: for exports, and for reads while the primary is away.",
  }),
  staleReadsMs: integer({
    env: "DATABASE_STALE_READS_MS",
    unit: "ms",
    fallback: 900_000,
    max: 86_400_000,
    doc: "How old the policies and models may be that are used while the database is away; 0: none is.",
  }),
  appMax: integer({
    env: "DATABASE_POOL_MAX",
    unit: "connections",
    fallback: 8,
    min: 1,
    max: 200,
    doc: "Connections of the app role.",
  }),
  backgroundMax: integer({
    env: "DATABASE_BACKGROUND_POOL_MAX",
    unit: "connections",
    fallback: 4,
    min: 1,
    max: 200,
    doc: "Connections of the background role.",
  }),
} as const satisfies ConfigSpec<object>;

/** What a service with events reads besides. */
export const eventSettings = {
  natsUrl: text({
    env: "NATS_URL",
    secret: true,
    doc: "The broker, one or several URLs separated by commas.",
  }),
  namespace: text({
    env: "EVENTS_NAMESPACE",
    fallback: "marketmesh",
    doc: "The first word of every subject and stream name.",
  }),
  replicas: integer({
    env: "EVENTS_REPLICAS",
    unit: "copies",
    fallback: 1,
    min: 1,
    max: 5,
    doc: "Copies of the service's stream in the broker's cluster.",
  }),
  streamBytesMax: integer({
    env: "EVENTS_STREAM_BYTES_MAX",
    unit: "bytes",
    fallback: 1024 * 1024 * 1024,
    min: 1024 * 1024,
    doc: "The bound of the service's stream, which the broker reserves; full, it refuses and the outbox waits.",
  }),
  auditAfterMs: integer({
    env: "EVENTS_AUDIT_AFTER_MS",
    unit: "ms",
    fallback: 30_000,
    min: 100,
    doc: "An event that was published so long ago, and is not recorded, may be a gap to be asked for.",
  }),
  auditEveryMs: integer({
    env: "EVENTS_AUDIT_EVERY_MS",
    unit: "ms",
    fallback: 10_000,
    min: 50,
    doc: "About so often the auditor looks at each work subscription.",
  }),
} as const satisfies ConfigSpec<object>;

/** What every process reads to know where its metrics go besides the metrics port. */
export const metricExportSettings = {
  otlpEndpoint: optionalText({
    env: "OTEL_EXPORTER_OTLP_ENDPOINT",
    secret: true,
    doc: "The OTLP collector that spans and metrics go to.",
  }),
  otlpMetricsEndpoint: optionalText({
    env: "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
    secret: true,
    doc: "The same, for metrics alone.",
  }),
  exporter: text({
    env: "OTEL_METRICS_EXPORTER",
    fallback: "otlp",
    doc: "`none`: metrics do not go to the collector. OTEL_METRIC_EXPORT_INTERVAL (60000 ms) means what the standard says.",
  }),
  disabled: flag({
    env: "OTEL_SDK_DISABLED",
    fallback: false,
    doc: "Neither spans nor metrics go to the collector.",
  }),
} as const satisfies ConfigSpec<object>;

/** What every process reads to know where its spans go; see `startTracing`. */
export const tracingSettings = {
  otlpEndpoint: optionalText({
    env: "OTEL_EXPORTER_OTLP_ENDPOINT",
    secret: true,
    doc: "The OTLP collector that spans and metrics go to. OTEL_EXPORTER_OTLP_PROTOCOL (grpc, http/protobuf, http/json), _HEADERS, OTEL_RESOURCE_ATTRIBUTES and OTEL_BSP_* mean what the standard says.",
  }),
  otlpTracesEndpoint: optionalText({
    env: "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    secret: true,
    doc: "The same, for spans alone.",
  }),
  disabled: flag({
    env: "OTEL_SDK_DISABLED",
    fallback: false,
    doc: "No span is recorded; a caller's trace still travels on.",
  }),
  directory: optionalText({
    env: "MARKETMESH_TRACE_DIR",
    doc: "Without a collector: the folder that this process writes its spans to, for `marketmesh trace`. Absent: none are recorded.",
  }),
  fileBytesMax: integer({
    env: "TRACE_FILE_BYTES_MAX",
    unit: "bytes",
    fallback: 32 * 1024 * 1024,
    min: 64 * 1024,
    doc: "What one process keeps in that folder at most.",
  }),
  sampler: optionalText({
    env: "OTEL_TRACES_SAMPLER",
    doc: "Which traces are kept: always_on, always_off, traceidratio, or these with parentbased_ before. Absent: a caller's decision is followed; of traces that begin here the first 10 in a second and a share of the others are kept. What failed or was slow is exported in any case.",
  }),
  sampledShare: number({
    env: "OTEL_TRACES_SAMPLER_ARG",
    fallback: 0.05,
    max: 1,
    doc: "The share of traces that is kept.",
  }),
  slowMs: integer({
    env: "TRACE_SLOW_MS",
    unit: "ms",
    fallback: 1_000,
    min: 1,
    doc: "What takes this long is exported even when its trace is not kept.",
  }),
} as const satisfies ConfigSpec<object>;
