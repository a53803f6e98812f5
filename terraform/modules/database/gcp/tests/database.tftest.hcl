mock_provider "google" {}

variables {
  name                 = "marketmesh-test"
  project              = "example-project"
  region               = "europe-west3"
  network_id           = "network"
  machine_type         = "db-custom-4-15360"
  service_replicas_max = 4
  alarms               = { channels = ["channel"] }
}

run "survives_a_zone_and_a_mistake" {
  command = plan

  assert {
    condition     = google_sql_database_instance.primary.settings[0].availability_type == "REGIONAL" && google_sql_database_instance.primary.deletion_protection && google_sql_database_instance.primary.settings[0].deletion_protection_enabled
    error_message = "A standby, and deletion protection in Terraform and in the API."
  }

  assert {
    condition     = google_sql_database_instance.primary.settings[0].backup_configuration[0].point_in_time_recovery_enabled && google_sql_database_instance.primary.settings[0].backup_configuration[0].transaction_log_retention_days == 7
    error_message = "Restorable to any second of 7 days, the edition's most."
  }

  assert {
    condition     = !google_sql_database_instance.primary.settings[0].ip_configuration[0].ipv4_enabled && google_sql_database_instance.primary.settings[0].ip_configuration[0].ssl_mode == "ENCRYPTED_ONLY"
    error_message = "No public address, and TLS is forced."
  }

  assert {
    condition     = contains([for flag in google_sql_database_instance.primary.settings[0].database_flags : "${flag.name}=${flag.value}"], "max_connections=563") && contains([for flag in google_sql_database_instance.primary.settings[0].database_flags : "${flag.name}=${flag.value}"], "cloudsql.iam_authentication=on")
    error_message = "Room for the pools, and login by IAM."
  }

  assert {
    condition     = google_sql_user.admin.password == null && google_sql_user.admin.password_wo_version == 1
    error_message = "The administrator's password is write-only."
  }

  assert {
    condition     = length(google_monitoring_alert_policy.this) == 4
    error_message = "CPU, storage, connections and lag are watched."
  }
}

run "refuses_what_would_lose_data" {
  command = plan

  variables {
    backup_retention_days = 1
    storage_max_gib       = 100
    postgres_version      = 14
    service_replicas_max  = 0
    machine_type          = "db-f1-micro"
  }

  expect_failures = [var.backup_retention_days, var.storage_max_gib, var.postgres_version, var.service_replicas_max, var.machine_type]
}
