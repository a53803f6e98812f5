output "image_registry" {
  description = "Registry and prefix: an image is `<image_registry>/<service>:<version>`."
  value       = "${var.region}-docker.pkg.dev/${var.project}/${google_artifact_registry_repository.this.repository_id}"
}

output "buckets" {
  description = "Names of the buckets: `files`, `backups`."
  value       = { for key, bucket in google_storage_bucket.this : key => bucket.name }
}

output "secrets" {
  description = "Id of each service's secret in Secret Manager. They are made empty."
  value       = { for service, secret in google_secret_manager_secret.service : service => secret.secret_id }
}

output "secret_key_prefix" {
  description = "What the names of the services' secrets begin with, for the chart's `externalSecrets`."
  value       = var.name
}

output "secret_store" {
  description = "Provider block of an External Secrets ClusterSecretStore that reads these secrets, as the operator's own pod."
  value       = { gcpsm = { projectID = var.project } }
}

output "name_servers" {
  description = "Name servers to delegate `domain` to."
  value       = google_dns_managed_zone.this.name_servers
}

output "zone" {
  description = "The zone: id for cert-manager and external-dns."
  value       = { id = google_dns_managed_zone.this.name, domain = var.domain }
}

output "dns_solver" {
  description = "The `dns01` block of a cert-manager issuer for this zone."
  value       = { cloudDNS = { project = var.project, hostedZoneName = google_dns_managed_zone.this.name } }
}

output "publisher_identity" {
  description = "Provider of the workload identity pool whose tokens push images, with no service account in between; null when nobody may."
  value       = try(var.image_publishers.provider, null)
}
