module "network" {
  source = "../../../modules/network/aws"

  name                = local.name
  cidr                = var.cidr
  zones               = [for zone in var.zones : "${var.region}${zone}"]
  nat_per_zone        = local.size.nat_per_zone
  interface_endpoints = local.size.interface_endpoints
  kms_key_arn         = aws_kms_key.this.arn
}

module "cluster" {
  source = "../../../modules/cluster/aws"

  name                = local.name
  kubernetes_version  = var.kubernetes_version
  subnet_ids          = module.network.private_subnet_ids
  authorized_networks = var.authorized_networks
  administrators      = var.administrators
  kms_key_arn         = aws_kms_key.this.arn

  node_pools = {
    system = local.size.system
    apps = merge(local.size.apps, {
      taints = [{ key = "marketmesh.dev/pool", value = "apps", effect = "NO_SCHEDULE" }]
    })
  }
}

module "observability" {
  source = "../../../modules/observability/aws"

  name                      = local.name
  cluster_name              = module.cluster.cluster_name
  pod_identity_trust_policy = module.cluster.pod_identity_trust_policy
  log_retention_days        = local.size.log_retention_days
  kms_key_arn               = aws_kms_key.this.arn
  notify                    = var.notify
  rules                     = { for file in fileset(local.rules_folder, "*.yaml") : trimsuffix(file, ".yaml") => file("${local.rules_folder}/${file}") }
}

module "database" {
  source = "../../../modules/database/aws"
  count  = var.database == "managed" ? 1 : 0

  name                      = local.name
  network_id                = module.network.network_id
  subnet_ids                = module.network.database_subnet_ids
  client_security_group_ids = { nodes = module.cluster.node_security_group_id }
  machine_type              = local.size.database.machine_type
  storage_gib               = local.size.database.storage_gib
  storage_max_gib           = local.size.database.storage_max_gib
  high_availability         = local.size.database.high_availability
  read_replicas             = local.size.database.read_replicas
  backup_retention_days     = local.size.database.backup_retention_days
  service_replicas_max      = local.size.service_replicas_max
  deletion_protection       = var.deletion_protection
  kms_key_arn               = aws_kms_key.this.arn
  alarms                    = { topic_arn = module.observability.alarm_topic_arn }
}

module "marketmesh" {
  source = "../../../modules/marketmesh/aws"

  name                      = local.name
  cluster_name              = module.cluster.cluster_name
  pod_identity_trust_policy = module.cluster.pod_identity_trust_policy
  domain                    = var.domain
  image_publishers          = var.image_publishers
  deletion_protection       = var.deletion_protection
  kms_key_arn               = aws_kms_key.this.arn
}
