locals {
  # A rollout has one more replica of each service; pools take at most 80 % of what the server allows.
  max_connections = ceil(var.pool_connections_per_replica * (var.service_replicas_max + 1) / 0.8)
  edition         = startswith(var.machine_type, "db-perf-optimized") ? "ENTERPRISE_PLUS" : "ENTERPRISE"
  log_days_max    = local.edition == "ENTERPRISE_PLUS" ? 35 : 7

  # No log of slow statements: here it would hold the values of parameters, which may be personal. Query insights shows them without.
  flags = {
    "cloudsql.iam_authentication"         = "on"
    "max_connections"                     = tostring(local.max_connections)
    "idle_in_transaction_session_timeout" = "60000"
    "log_lock_waits"                      = "on"
    "log_connections"                     = "on"
    "log_disconnections"                  = "on"
    # Outbox and inbox tables live from insert and delete: they are vacuumed early.
    "autovacuum_vacuum_scale_factor" = "0.05"
    "track_io_timing"                = "on"
  }
}

resource "google_sql_database_instance" "primary" {
  project             = var.project
  name                = var.name
  region              = var.region
  database_version    = "POSTGRES_${var.postgres_version}"
  deletion_protection = var.deletion_protection

  settings {
    tier                        = var.machine_type
    edition                     = local.edition
    availability_type           = var.high_availability ? "REGIONAL" : "ZONAL"
    disk_type                   = "PD_SSD"
    disk_size                   = var.storage_gib
    disk_autoresize             = true
    disk_autoresize_limit       = var.storage_max_gib
    deletion_protection_enabled = var.deletion_protection

    backup_configuration {
      enabled                        = true
      start_time                     = "01:00"
      point_in_time_recovery_enabled = true
      transaction_log_retention_days = min(var.backup_retention_days, local.log_days_max)

      backup_retention_settings {
        retained_backups = var.backup_retention_days
        retention_unit   = "COUNT"
      }
    }

    ip_configuration {
      ipv4_enabled                                  = false
      private_network                               = var.network_id
      enable_private_path_for_google_cloud_services = false
      ssl_mode                                      = "ENCRYPTED_ONLY"
    }

    insights_config {
      query_insights_enabled  = true
      query_string_length     = 1024
      record_application_tags = true
      record_client_address   = false
    }

    maintenance_window {
      day          = 7
      hour         = 3
      update_track = "stable"
    }

    password_validation_policy {
      enable_password_policy      = true
      complexity                  = "COMPLEXITY_DEFAULT"
      min_length                  = 20
      disallow_username_substring = true
    }

    dynamic "database_flags" {
      for_each = local.flags

      content {
        name  = database_flags.key
        value = database_flags.value
      }
    }
  }

  lifecycle {
    # Storage grows by itself; an apply must not ask for the old size.
    ignore_changes = [settings[0].disk_size]
  }
}

resource "google_sql_database_instance" "replica" {
  count = var.read_replicas

  project              = var.project
  name                 = "${var.name}-replica-${count.index + 1}"
  region               = var.region
  database_version     = google_sql_database_instance.primary.database_version
  master_instance_name = google_sql_database_instance.primary.name
  deletion_protection  = var.deletion_protection

  settings {
    tier                        = var.machine_type
    edition                     = local.edition
    availability_type           = "ZONAL"
    disk_type                   = "PD_SSD"
    disk_autoresize             = true
    disk_autoresize_limit       = var.storage_max_gib
    deletion_protection_enabled = var.deletion_protection

    ip_configuration {
      ipv4_enabled    = false
      private_network = var.network_id
      ssl_mode        = "ENCRYPTED_ONLY"
    }

    insights_config {
      query_insights_enabled = true
    }

    # A replica must allow at least as many connections as its primary.
    dynamic "database_flags" {
      for_each = local.flags

      content {
        name  = database_flags.key
        value = database_flags.value
      }
    }
  }
}
