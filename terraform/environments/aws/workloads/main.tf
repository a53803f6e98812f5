data "terraform_remote_state" "platform" {
  backend = "s3"
  config  = var.platform_state
}

locals {
  platform = data.terraform_remote_state.platform.outputs.workloads
  managed  = local.platform.database == "managed"

  sizes = {
    small    = { replicas_min = 1, nats_gib = 20, postgres_gib = 50, postgres_memory_gib = 4, metrics_days = 7, prometheus_replicas = 1 }
    standard = { replicas_min = 3, nats_gib = 50, postgres_gib = 200, postgres_memory_gib = 10, metrics_days = 15, prometheus_replicas = 2 }
    large    = { replicas_min = 3, nats_gib = 200, postgres_gib = 1000, postgres_memory_gib = 24, metrics_days = 30, prometheus_replicas = 2 }
  }
  size = local.sizes[local.platform.size]

  database_peers = local.managed ? [{ ipBlock = { cidr = coalesce(var.database_cidr, local.platform.network_cidr) } }] : []
}

module "addons" {
  source = "../../../modules/cluster/addons"

  cluster            = { cloud = local.platform.cloud, region = local.platform.cluster.region, name = local.platform.cluster.name }
  storage_class      = local.platform.storage_class
  zone               = local.platform.zone
  dns_solver         = local.platform.dns_solver
  secret_store       = local.platform.secrets.store
  certificate_email  = var.certificate_email
  certificate_server = var.certificate_server
}

module "messaging" {
  source = "../../../modules/messaging/nats"

  storage_gib         = local.size.nats_gib
  storage_class_name  = module.addons.storage_class_name
  priority_class_name = module.addons.priority_class_name
  accounts_secret     = var.nats_accounts_secret

  # Prometheus' operator knows what a PodMonitor is.
  depends_on = [module.observability]
}

module "observability" {
  source = "../../../modules/observability/stack"

  telemetry              = local.platform.telemetry
  metrics_retention_days = local.size.metrics_days
  replicas               = local.size.prometheus_replicas
  storage_class_name     = module.addons.storage_class_name
  alertmanager_secret    = var.alertmanager_secret
}

module "database" {
  source = "../../../modules/database/cloudnativepg"
  count  = local.managed ? 0 : 1

  storage_gib          = local.size.postgres_gib
  memory_gib           = local.size.postgres_memory_gib
  storage_class_name   = module.addons.storage_class_name
  service_replicas_max = local.platform.replicas_max
  backup               = { destination = "s3://${local.platform.buckets.backups}/postgres" }
}

module "marketmesh" {
  source = "../../../modules/marketmesh/release"

  image_registry = local.platform.image_registry
  image_version  = var.image_version
  domain         = local.platform.zone.domain
  gateway        = module.addons.gateway

  # With Postgres in the cluster its operator needs secrets too: then all of them come by kubectl (terraform/README.md, "Secrets").
  secrets             = local.managed ? { store = module.addons.secret_store, key_prefix = local.platform.secrets.key_prefix, separator = "/", database_read = local.platform.read_replicas > 0 } : null
  replicas            = { min = local.size.replicas_min, max = local.platform.replicas_max }
  event_replicas      = module.messaging.replicas
  postgres            = one(module.database[*].chart_values)
  postgres_ca_secret  = var.database_ca_secret
  priority_class_name = module.addons.priority_class_name
  values              = var.values

  peers = {
    postgres   = local.database_peers
    nats       = module.messaging.peers
    prometheus = module.observability.peers
    otlp       = module.observability.peers
  }

  telemetry = {
    otlp_endpoint    = module.observability.otlp_endpoint
    rules_in_cluster = local.platform.telemetry.rules_in_cluster
  }
}
