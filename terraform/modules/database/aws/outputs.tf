output "host" {
  description = "Address of the primary; it stays the same through a failover."
  value       = aws_db_instance.primary.address
}

output "port" {
  description = "Port of the server."
  value       = aws_db_instance.primary.port
}

output "replica_hosts" {
  description = "Addresses of the read replicas."
  value       = aws_db_instance.replica[*].address
}

output "max_connections" {
  description = "Connections that the server allows."
  value       = local.max_connections
}

output "admin_secret" {
  description = "ARN of the secret with the administrator's name and password, which RDS made and rotates. For preparing databases and roles, not for services."
  value       = one(aws_db_instance.primary.master_user_secret[*].secret_arn)
}

output "connect_policy_arn" {
  description = "IAM policy that lets its holder connect by token as `marketmesh_operator`."
  value       = aws_iam_policy.connect.arn
}
