output "image_repositories" {
  description = "Repository of each service's image, of the client's (`cli`) and of the chart (`charts/marketmesh`)."
  value       = { for name, repository in aws_ecr_repository.this : name => repository.repository_url }
}

output "image_registry" {
  description = "Registry and prefix: an image is `<image_registry>/<service>:<version>`."
  value       = trimsuffix(aws_ecr_repository.this["cli"].repository_url, "/cli")
}

output "publisher_identity" {
  description = "ARN of the role that pushes images; null when nobody may."
  value       = one(aws_iam_role.publisher[*].arn)
}

output "buckets" {
  description = "Names of the buckets: `files`, `backups`."
  value       = { for key, bucket in aws_s3_bucket.this : key => bucket.id }
}

output "secrets" {
  description = "Name of each service's secret in Secrets Manager. They are made empty."
  value       = { for service, secret in aws_secretsmanager_secret.service : service => secret.name }
}

output "secret_key_prefix" {
  description = "What the names of the services' secrets begin with, for the chart's `externalSecrets`."
  value       = var.name
}

output "secret_store" {
  description = "Provider block of an External Secrets ClusterSecretStore that reads these secrets."
  value       = { aws = { service = "SecretsManager", region = data.aws_region.current.name } }
}

output "name_servers" {
  description = "Name servers to delegate `domain` to."
  value       = aws_route53_zone.this.name_servers
}

output "zone" {
  description = "The zone: id for cert-manager and external-dns."
  value       = { id = aws_route53_zone.this.zone_id, domain = var.domain }
}

output "dns_solver" {
  description = "The `dns01` block of a cert-manager issuer for this zone."
  value       = { route53 = { region = data.aws_region.current.name, hostedZoneID = aws_route53_zone.this.zone_id } }
}
