locals {
  chart = var.chart != null ? var.chart : "${path.module}/../../../../deploy/charts/marketmesh"

  # Spread over zones where there are replicas to spread.
  spread = { zone = var.replicas.min >= 3 ? "DoNotSchedule" : "ScheduleAnyway", host = "ScheduleAnyway" }

  pool = {
    nodeSelector = { for name in [var.node_pool] : "marketmesh.dev/pool" => name if name != null }
    tolerations  = [for name in [var.node_pool] : { key = "marketmesh.dev/pool", operator = "Equal", value = name, effect = "NoSchedule" } if name != null]
  }

  values = {
    image = { repository = var.image_registry, tag = var.image_version }

    defaults = {
      replicas          = var.replicas.min
      autoscaling       = { enabled = var.replicas.max > var.replicas.min, minReplicas = var.replicas.min, maxReplicas = var.replicas.max }
      spread            = local.spread
      priorityClassName = var.priority_class_name
      nodeSelector      = local.pool.nodeSelector
      tolerations       = local.pool.tolerations
      env               = { EVENTS_REPLICAS = var.event_replicas }
    }

    nats = { enabled = false }

    networkPolicy = merge(
      {
        enabled    = true
        postgres   = var.peers.postgres
        nats       = var.peers.nats
        prometheus = var.peers.prometheus
        otlp       = var.peers.otlp
      },
      { for peers in [try(var.gateway.peers, [])] : "gateway" => peers if length(peers) > 0 },
    )

    telemetry = { otlpEndpoint = var.telemetry.otlp_endpoint }

    monitoring = {
      podMonitor = { enabled = var.telemetry.pod_monitors }
      rules      = { enabled = var.telemetry.pod_monitors && var.telemetry.rules_in_cluster }
      dashboards = { enabled = var.telemetry.pod_monitors }
    }
  }

  postgres = merge(
    { for block in [var.postgres] : "postgres" => merge(block, local.pool) if block != null },
    { for secret in [var.postgres_ca_secret] : "postgres" => { caSecret = secret } if secret != null && var.postgres == null },
  )

  secrets = var.secrets == null ? {} : {
    externalSecrets = { enabled = true, store = var.secrets.store, keyPrefix = var.secrets.key_prefix, keySeparator = var.secrets.separator, databaseRead = var.secrets.database_read }
  }

  gateway = var.gateway == null ? {} : {
    gateway = {
      enabled      = true
      create       = true
      className    = var.gateway.class
      httpHostname = "api.${var.domain}"
      grpcHostname = "grpc.${var.domain}"
      certificate  = { enabled = true, issuer = var.gateway.issuer }
    }
  }
}

resource "helm_release" "this" {
  name       = var.release
  namespace  = var.namespace
  repository = var.chart_repository
  chart      = local.chart

  # Migrations run before, as a hook; a release that doesn't become ready is rolled back.
  atomic          = true
  cleanup_on_fail = true
  max_history     = 10
  timeout         = 1800
  wait_for_jobs   = true

  values = concat([yamlencode(merge(local.values, local.postgres, local.secrets, local.gateway))], var.values)

  depends_on = [helm_release.health_checks]
}
