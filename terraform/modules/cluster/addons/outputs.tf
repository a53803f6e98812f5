output "storage_class_name" {
  description = "Storage class for NATS and Postgres."
  value       = local.storage_class.metadata.name
  depends_on  = [helm_release.foundation]
}

output "priority_class_name" {
  description = "Priority class of the mesh and what it stands on."
  value       = local.priority_class.metadata.name
  depends_on  = [helm_release.foundation]
}

output "secret_store" {
  description = "The chart's `externalSecrets.store`."
  value       = { kind = "ClusterSecretStore", name = local.store }
  depends_on  = [helm_release.objects]
}

output "gateway" {
  description = "The release's `gateway`: class, issuer of its certificate, whom its calls come from, and whether it must be told what to check."
  value = {
    class         = local.gateway_class
    issuer        = { kind = "ClusterIssuer", name = local.issuer }
    peers         = local.gateway_peers
    health_checks = !local.on_aws
  }
  depends_on = [helm_release.objects]
}
