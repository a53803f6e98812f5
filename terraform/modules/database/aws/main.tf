locals {
  # A rollout has one more replica of each service; pools take at most 80 % of what the server allows.
  max_connections = ceil(var.pool_connections_per_replica * (var.service_replicas_max + 1) / 0.8)

  parameters = {
    "rds.force_ssl"                       = { value = "1", reboot = false }
    "max_connections"                     = { value = tostring(local.max_connections), reboot = true }
    "ssl_min_protocol_version"            = { value = "TLSv1.2", reboot = false }
    "password_encryption"                 = { value = "scram-sha-256", reboot = false }
    "idle_in_transaction_session_timeout" = { value = "60000", reboot = false }
    "log_min_duration_statement"          = { value = "1000", reboot = false }
    "log_lock_waits"                      = { value = "1", reboot = false }
    "log_connections"                     = { value = "1", reboot = false }
    "log_disconnections"                  = { value = "1", reboot = false }
    # Statements are logged without the values of their parameters: those may be personal.
    "log_parameter_max_length"          = { value = "0", reboot = false }
    "log_parameter_max_length_on_error" = { value = "0", reboot = false }
    # Outbox and inbox tables live from insert and delete: they are vacuumed early.
    "autovacuum_vacuum_scale_factor"        = { value = "0.05", reboot = false }
    "autovacuum_vacuum_insert_scale_factor" = { value = "0.05", reboot = false }
    "track_io_timing"                       = { value = "1", reboot = false }
    "shared_preload_libraries"              = { value = "pg_stat_statements", reboot = true }
  }
}

resource "aws_db_subnet_group" "this" {
  name       = var.name
  subnet_ids = var.subnet_ids
}

resource "aws_security_group" "this" {
  name        = "${var.name}-database"
  description = "PostgreSQL for the cluster nodes, nothing out"
  vpc_id      = var.network_id

  tags = { Name = "${var.name}-database" }
}

resource "aws_vpc_security_group_ingress_rule" "client" {
  for_each = var.client_security_group_ids

  security_group_id            = aws_security_group.this.id
  referenced_security_group_id = each.value
  description                  = "PostgreSQL from ${each.key}"
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
}

resource "aws_db_parameter_group" "this" {
  name_prefix = "${var.name}-"
  family      = "postgres${var.postgres_version}"
  description = "marketmesh: TLS only, connections for the services' pools"

  dynamic "parameter" {
    for_each = local.parameters

    content {
      name         = parameter.key
      value        = parameter.value.value
      apply_method = parameter.value.reboot ? "pending-reboot" : "immediate"
    }
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_db_instance" "primary" {
  identifier     = var.name
  engine         = "postgres"
  engine_version = tostring(var.postgres_version)
  instance_class = var.machine_type

  storage_type          = "gp3"
  allocated_storage     = var.storage_gib
  max_allocated_storage = var.storage_max_gib
  storage_encrypted     = true
  kms_key_id            = var.kms_key_arn

  # RDS makes the password, keeps it in Secrets Manager and rotates it: it is never in the state.
  username                            = "marketmesh_admin"
  manage_master_user_password         = true
  master_user_secret_kms_key_id       = var.kms_key_arn
  iam_database_authentication_enabled = true

  multi_az               = var.high_availability
  db_subnet_group_name   = aws_db_subnet_group.this.name
  vpc_security_group_ids = [aws_security_group.this.id]
  publicly_accessible    = false
  ca_cert_identifier     = "rds-ca-ecc384-g1"
  parameter_group_name   = aws_db_parameter_group.this.name

  backup_retention_period   = var.backup_retention_days
  backup_window             = "01:00-02:00"
  maintenance_window        = "sun:03:00-sun:04:00"
  copy_tags_to_snapshot     = true
  delete_automated_backups  = false
  deletion_protection       = var.deletion_protection
  skip_final_snapshot       = false
  final_snapshot_identifier = "${var.name}-final"

  auto_minor_version_upgrade  = true
  allow_major_version_upgrade = false
  apply_immediately           = false

  performance_insights_enabled          = true
  performance_insights_kms_key_id       = var.kms_key_arn
  performance_insights_retention_period = 7
  monitoring_interval                   = 60
  monitoring_role_arn                   = aws_iam_role.monitoring.arn
  enabled_cloudwatch_logs_exports       = ["postgresql", "upgrade", "iam-db-auth-error"]

  depends_on = [aws_cloudwatch_log_group.this, aws_iam_role_policy_attachment.monitoring]
}

resource "aws_db_instance" "replica" {
  count = var.read_replicas

  identifier          = "${var.name}-replica-${count.index + 1}"
  replicate_source_db = aws_db_instance.primary.identifier
  instance_class      = var.machine_type

  storage_type                        = "gp3"
  max_allocated_storage               = var.storage_max_gib
  storage_encrypted                   = true
  iam_database_authentication_enabled = true
  vpc_security_group_ids              = [aws_security_group.this.id]
  publicly_accessible                 = false
  ca_cert_identifier                  = "rds-ca-ecc384-g1"
  parameter_group_name                = aws_db_parameter_group.this.name
  deletion_protection                 = var.deletion_protection
  skip_final_snapshot                 = true
  auto_minor_version_upgrade          = true

  performance_insights_enabled    = true
  performance_insights_kms_key_id = var.kms_key_arn
  monitoring_interval             = 60
  monitoring_role_arn             = aws_iam_role.monitoring.arn
}
