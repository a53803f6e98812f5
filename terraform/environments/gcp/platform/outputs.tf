output "workloads" {
  description = "All that `workloads` needs to know, and nothing secret: it reads it from this state."
  value = {
    cloud          = "gcp"
    name           = local.name
    size           = var.size
    database       = var.database
    read_replicas  = var.database == "managed" ? local.size.database.read_replicas : 0
    replicas_max   = local.size.service_replicas_max
    cluster        = { name = module.cluster.cluster_name, endpoint = module.cluster.cluster_endpoint, ca_certificate = nonsensitive(module.cluster.cluster_ca_certificate), project = var.project, region = var.region }
    network_cidr   = module.network.managed_services_cidr
    storage_class  = module.cluster.storage_class
    telemetry      = module.observability.telemetry
    image_registry = module.marketmesh.image_registry
    secrets        = { key_prefix = module.marketmesh.secret_key_prefix, store = module.marketmesh.secret_store }
    buckets        = module.marketmesh.buckets
    zone           = module.marketmesh.zone
    dns_solver     = module.marketmesh.dns_solver
  }
}

output "database_host" {
  description = "Private address of the primary; null when Postgres runs in the cluster."
  value       = one(module.database[*].host)
}

output "database_replica_hosts" {
  description = "Private addresses of the read replicas."
  value       = flatten(module.database[*].replica_hosts)
}

output "database_admin_secret" {
  description = "Id of the administrator's secret; null when Postgres runs in the cluster."
  value       = one(module.database[*].admin_secret)
}

output "secrets" {
  description = "Secrets that wait for their values, by service: terraform/README.md, \"Secrets\"."
  value       = module.marketmesh.secrets
}

output "name_servers" {
  description = "Name servers to delegate the domain to, before `workloads` asks for certificates."
  value       = module.marketmesh.name_servers
}

output "egress_addresses" {
  description = "Addresses that calls to the internet come from."
  value       = module.network.egress_addresses
}

output "image_registry" {
  description = "Where the release pushes to: an image is `<image_registry>/<service>:<version>`, the chart `<image_registry>/charts/marketmesh`."
  value       = module.marketmesh.image_registry
}

output "publisher_identity" {
  description = "Provider of the workload identity pool whose tokens push images; null when nobody may."
  value       = module.marketmesh.publisher_identity
}
