variable "name" {
  description = "Prefix of every object's name, for example `marketmesh-prod`."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,22}[a-z0-9]$", var.name))
    error_message = "name must be 3 to 24 lower case letters, digits and dashes, and start with a letter."
  }
}

variable "project" {
  description = "Project that everything is made in."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project))
    error_message = "project must be a project id."
  }
}


variable "region" {
  description = "Region, for example `europe-west3`."
  type        = string

  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]{1,2}$", var.region))
    error_message = "region must be a Google Cloud region such as `europe-west3`."
  }
}


variable "network_id" {
  description = "Network that the database is joined to."
  type        = string
}

variable "postgres_version" {
  description = "Major version of PostgreSQL; minor versions come in the maintenance window."
  type        = number
  default     = 18

  validation {
    condition     = contains([17, 18], var.postgres_version)
    error_message = "postgres_version must be 17 or 18: marketmesh is tested on 18."
  }
}

variable "machine_type" {
  description = "Tier, for example `db-custom-2-8192` (vCPUs, MiB) or `db-perf-optimized-N-8`, which takes the edition ENTERPRISE_PLUS."
  type        = string

  validation {
    condition     = can(regex("^db-(custom-[0-9]+-[0-9]+|perf-optimized-N-[0-9]+)$", var.machine_type))
    error_message = "machine_type must be db-custom-<vCPUs>-<MiB> or db-perf-optimized-N-<vCPUs>; shared-core tiers have no SLA."
  }
}

variable "storage_gib" {
  description = "Storage to begin with, GiB; it grows by itself up to `storage_max_gib`."
  type        = number
  default     = 100

  validation {
    condition     = var.storage_gib >= 10
    error_message = "storage_gib must be at least 10."
  }
}

variable "storage_max_gib" {
  description = "Where growth ends, GiB: an unbounded table must not become an unbounded bill."
  type        = number
  default     = 1000

  validation {
    condition     = var.storage_max_gib >= var.storage_gib * 1.1
    error_message = "storage_max_gib must be at least a tenth more than storage_gib, or storage can't grow."
  }
}

variable "high_availability" {
  description = "A synchronous standby in another zone (regional) with automatic failover."
  type        = bool
  default     = true
}

variable "read_replicas" {
  description = "Asynchronous copies that answer reads, also while the primary is away."
  type        = number
  default     = 0

  validation {
    condition     = var.read_replicas >= 0 && var.read_replicas <= 5
    error_message = "read_replicas must be from 0 to 5."
  }
}

variable "backup_retention_days" {
  description = "Daily backups that are kept. To any second (PITR) the database can be restored within 7 days, 35 with ENTERPRISE_PLUS."
  type        = number
  default     = 14

  validation {
    condition     = var.backup_retention_days >= 7 && var.backup_retention_days <= 35
    error_message = "backup_retention_days must be from 7 to 35."
  }
}

variable "pool_connections_per_replica" {
  description = "Connections that one replica of every service opens together: the sum of the pools in dev-stack's service table."
  type        = number
  default     = 90
}

variable "service_replicas_max" {
  description = "Replicas of each service at most: `max_connections` has room for them, one more while they are rolled, and 20 % besides."
  type        = number

  validation {
    condition     = var.service_replicas_max >= 1 && var.service_replicas_max <= 40
    error_message = "service_replicas_max must be from 1 to 40."
  }
}

variable "operators" {
  description = "IAM groups whose members log in by their own identity, by a name of your choice, such as `sre@example.com`. They get no rights before somebody grants them in SQL."
  type        = map(string)
  default     = {}
}

variable "deletion_protection" {
  description = "Refuse to delete the database. Turn it off in an apply of its own before a destroy."
  type        = bool
  default     = true
}

variable "alarms" {
  description = "Notification channels that alarms (CPU, storage, connections, replication lag) go to; null for no alarms."
  type = object({
    channels = list(string)
  })
  default = null
}
