variable "charts" {
  description = "Where the operator's charts come from, and their versions."
  type = object({
    operator = optional(object({ repository = string, version = string }), { repository = "https://cloudnative-pg.github.io/charts", version = "0.26.0" })
    backup   = optional(object({ repository = string, version = string }), { repository = "https://cloudnative-pg.github.io/charts", version = "0.2.0" })
  })
  default = {}
}

variable "instances" {
  description = "Postgres instances: one writes, the others follow. Three survive a failure without losing a commit."
  type        = number
  default     = 3

  validation {
    condition     = contains([1, 3, 5], var.instances)
    error_message = "instances must be 1, 3 or 5."
  }
}

variable "storage_gib" {
  description = "Storage of each instance, GiB. It grows by an apply with a larger number."
  type        = number
  default     = 100

  validation {
    condition     = var.storage_gib >= 10
    error_message = "storage_gib must be at least 10."
  }
}

variable "memory_gib" {
  description = "Memory of each instance, GiB; a quarter of it is shared_buffers."
  type        = number
  default     = 8

  validation {
    condition     = var.memory_gib >= 2
    error_message = "memory_gib must be at least 2."
  }
}

variable "storage_class_name" {
  description = "Storage class of data and WAL."
  type        = string
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

variable "backup" {
  description = "Where backups and WAL go, such as `s3://bucket/marketmesh` or `gs://bucket/marketmesh`, and for how many days. Null: no backups, and no way back."
  type = object({
    destination    = string
    retention_days = optional(number, 30)
  })
  default = null

  validation {
    condition     = var.backup == null || can(regex("^(s3|gs)://[a-z0-9]", var.backup.destination))
    error_message = "backup.destination must begin with s3:// or gs://."
  }
}
