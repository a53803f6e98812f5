# What a size means. terraform/README.md has the same as a table, with costs; keep both together.
locals {
  sizes = {
    small = {
      nat_addresses        = 1
      flow_log_sampling    = 0.1
      system               = { machine_type = "e2-standard-2", min_nodes = 2, max_nodes = 3 }
      apps                 = { machine_type = "e2-standard-4", min_nodes = 2, max_nodes = 4, spot = true }
      database             = { machine_type = "db-custom-2-7680", storage_gib = 50, storage_max_gib = 200, high_availability = false, read_replicas = 0, backup_retention_days = 7 }
      service_replicas_max = 2
      log_retention_days   = 14
    }
    standard = {
      nat_addresses        = 2
      flow_log_sampling    = 0.5
      system               = { machine_type = "e2-standard-2", min_nodes = 3, max_nodes = 6 }
      apps                 = { machine_type = "n2-standard-4", min_nodes = 3, max_nodes = 9, spot = false }
      database             = { machine_type = "db-custom-4-15360", storage_gib = 200, storage_max_gib = 2000, high_availability = true, read_replicas = 1, backup_retention_days = 14 }
      service_replicas_max = 4
      log_retention_days   = 30
    }
    large = {
      nat_addresses        = 4
      flow_log_sampling    = 0.5
      system               = { machine_type = "n2-standard-4", min_nodes = 3, max_nodes = 9 }
      apps                 = { machine_type = "n2-standard-8", min_nodes = 6, max_nodes = 30, spot = false }
      database             = { machine_type = "db-perf-optimized-N-8", storage_gib = 1000, storage_max_gib = 8000, high_availability = true, read_replicas = 2, backup_retention_days = 35 }
      service_replicas_max = 8
      log_retention_days   = 90
    }
  }
  size = local.sizes[var.size]
  name = "marketmesh-${var.environment}"
}
