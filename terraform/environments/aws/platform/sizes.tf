# What a size means. terraform/README.md has the same as a table, with costs; keep both together.
locals {
  sizes = {
    small = {
      nat_per_zone         = false
      interface_endpoints  = []
      system               = { machine_types = ["m7i.large"], min_nodes = 2, max_nodes = 3 }
      apps                 = { machine_types = ["m7i.xlarge"], min_nodes = 2, max_nodes = 4, spot = true }
      database             = { machine_type = "db.t4g.medium", storage_gib = 50, storage_max_gib = 200, high_availability = false, read_replicas = 0, backup_retention_days = 7 }
      service_replicas_max = 2
      log_retention_days   = 14
    }
    standard = {
      nat_per_zone         = true
      interface_endpoints  = ["ecr.api", "ecr.dkr", "eks-auth", "kms", "logs", "secretsmanager", "sts"]
      system               = { machine_types = ["m7i.large"], min_nodes = 3, max_nodes = 6 }
      apps                 = { machine_types = ["m7i.xlarge"], min_nodes = 3, max_nodes = 9, spot = false }
      database             = { machine_type = "db.m7g.large", storage_gib = 200, storage_max_gib = 2000, high_availability = true, read_replicas = 1, backup_retention_days = 14 }
      service_replicas_max = 4
      log_retention_days   = 30
    }
    large = {
      nat_per_zone         = true
      interface_endpoints  = ["ecr.api", "ecr.dkr", "eks-auth", "kms", "logs", "secretsmanager", "sts"]
      system               = { machine_types = ["m7i.xlarge"], min_nodes = 3, max_nodes = 9 }
      apps                 = { machine_types = ["m7i.2xlarge"], min_nodes = 6, max_nodes = 30, spot = false }
      database             = { machine_type = "db.r7g.2xlarge", storage_gib = 1000, storage_max_gib = 8000, high_availability = true, read_replicas = 2, backup_retention_days = 35 }
      service_replicas_max = 8
      log_retention_days   = 90
    }
  }
  size = local.sizes[var.size]
  name = "marketmesh-${var.environment}"
}
