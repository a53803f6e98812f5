module "network" {
  source = "../../../modules/network/gcp"

  name              = local.name
  project           = var.project
  region            = var.region
  cidr              = var.cidr
  nat_addresses     = local.size.nat_addresses
  flow_log_sampling = local.size.flow_log_sampling
}

module "cluster" {
  source = "../../../modules/cluster/gcp"

  name                = local.name
  project             = var.project
  region              = var.region
  network_id          = module.network.network_id
  subnet_ids          = module.network.private_subnet_ids
  pods_range_name     = module.network.pods_range_name
  services_range_name = module.network.services_range_name
  authorized_networks = var.authorized_networks
  administrators      = var.administrators
  deletion_protection = var.deletion_protection

  node_pools = {
    system = local.size.system
    apps = merge(local.size.apps, {
      taints = [{ key = "marketmesh.dev/pool", value = "apps", effect = "NO_SCHEDULE" }]
    })
  }
}

module "observability" {
  source = "../../../modules/observability/gcp"

  name                      = local.name
  project                   = var.project
  region                    = var.region
  workload_principal_prefix = module.cluster.workload_principal_prefix
  log_retention_days        = local.size.log_retention_days
  notify                    = var.notify
  notification_channels     = var.notification_channels
}

module "database" {
  source = "../../../modules/database/gcp"
  count  = var.database == "managed" ? 1 : 0

  name                  = local.name
  project               = var.project
  region                = var.region
  network_id            = module.network.network_id
  machine_type          = local.size.database.machine_type
  storage_gib           = local.size.database.storage_gib
  storage_max_gib       = local.size.database.storage_max_gib
  high_availability     = local.size.database.high_availability
  read_replicas         = local.size.database.read_replicas
  backup_retention_days = local.size.database.backup_retention_days
  service_replicas_max  = local.size.service_replicas_max
  operators             = var.database_operators
  deletion_protection   = var.deletion_protection
  alarms                = { channels = module.observability.notification_channels }
}

module "marketmesh" {
  source = "../../../modules/marketmesh/gcp"

  name                      = local.name
  project                   = var.project
  region                    = var.region
  workload_principal_prefix = module.cluster.workload_principal_prefix
  node_identity             = module.cluster.node_identity
  domain                    = var.domain
  image_publishers          = var.image_publishers
  deletion_protection       = var.deletion_protection
}
