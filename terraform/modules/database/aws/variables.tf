variable "name" {
  description = "Name of the instance and prefix of what belongs to it."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}[a-z0-9]$", var.name))
    error_message = "name must be 3 to 32 lower case letters, digits and dashes, and start with a letter."
  }
}

variable "network_id" {
  description = "VPC that the database is in."
  type        = string
}

variable "subnet_ids" {
  description = "Subnets without a way out, one per zone."
  type        = list(string)

  validation {
    condition     = length(var.subnet_ids) >= 2
    error_message = "subnet_ids must name subnets in at least two zones."
  }
}

variable "client_security_group_ids" {
  description = "Security groups that may connect, by a name of your choice: the cluster's nodes."
  type        = map(string)
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
  description = "Instance class, for example `db.m7g.large`."
  type        = string

  validation {
    condition     = can(regex("^db\\.[a-z0-9]+\\.[a-z0-9]+$", var.machine_type))
    error_message = "machine_type must be an RDS instance class such as `db.m7g.large`."
  }
}

variable "storage_gib" {
  description = "Storage to begin with, GiB; it grows by itself up to `storage_max_gib`."
  type        = number
  default     = 100

  validation {
    condition     = var.storage_gib >= 20 && var.storage_gib <= 16384
    error_message = "storage_gib must be from 20 to 16384."
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
  description = "A synchronous standby in another zone (Multi-AZ) with automatic failover."
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
  description = "Days back to which the database can be restored, to any second (PITR)."
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

variable "deletion_protection" {
  description = "Refuse to delete the database. Turn it off in an apply of its own before a destroy."
  type        = bool
  default     = true
}

variable "kms_key_arn" {
  description = "KMS key of storage, backups, performance data and the administrator's password."
  type        = string

  validation {
    condition     = can(regex("^arn:", var.kms_key_arn))
    error_message = "kms_key_arn must be an ARN."
  }
}

variable "alarms" {
  description = "SNS topic that alarms (CPU, storage, connections, replication lag) go to; null for no alarms. An object, so that the topic may be made in the same apply."
  type = object({
    topic_arn = string
  })
  default = null
}
