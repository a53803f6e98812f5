output "host" {
  description = "Private address of the primary; it stays the same through a failover."
  value       = google_sql_database_instance.primary.private_ip_address
}

output "port" {
  description = "Port of the server."
  value       = 5432
}

output "replica_hosts" {
  description = "Private addresses of the read replicas."
  value       = google_sql_database_instance.replica[*].private_ip_address
}

output "max_connections" {
  description = "Connections that the server allows."
  value       = local.max_connections
}

output "admin_secret" {
  description = "Id of the secret with the password of `marketmesh_admin`. For preparing databases and roles, not for services."
  value       = google_secret_manager_secret.admin.id
}
