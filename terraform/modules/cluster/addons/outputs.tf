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

output "issuer" {
  description = "The chart's `gateway.certificate.issuer`."
  value       = { kind = "ClusterIssuer", name = local.issuer }
  depends_on  = [helm_release.objects]
}

output "gateway_class" {
  description = "The chart's `gateway.className`."
  value       = local.gateway_class
  depends_on  = [helm_release.objects]
}
