variable "chart" {
  description = "Where the chart of NATS comes from, and its version."
  type        = object({ repository = string, version = string })
  default     = { repository = "https://nats-io.github.io/k8s/helm/charts", version = "1.3.16" }
}

variable "namespace" {
  description = "Kubernetes namespace; it must exist."
  type        = string
  default     = "messaging"
}

variable "replicas" {
  description = "Servers: 1 on a laptop; 3 keep every stream on three disks and survive one failure."
  type        = number
  default     = 3

  validation {
    condition     = contains([1, 3, 5], var.replicas)
    error_message = "replicas must be 1, 3 or 5: an even number has no better quorum."
  }
}

variable "storage_gib" {
  description = "Disk of each server, GiB. Streams have bounds of their own; nine tenths of this is JetStream's."
  type        = number
  default     = 20

  validation {
    condition     = var.storage_gib >= 1 && var.storage_gib <= 4096
    error_message = "storage_gib must be from 1 to 4096."
  }
}

variable "storage_class_name" {
  description = "Storage class of the disks; empty for the cluster's default."
  type        = string
  default     = ""
}

variable "memory_mib" {
  description = "Memory of each server, MiB: request and limit."
  type        = number
  default     = 1024

  validation {
    condition     = var.memory_mib >= 256
    error_message = "memory_mib must be at least 256."
  }
}

variable "priority_class_name" {
  description = "Priority class of the servers; empty for none."
  type        = string
  default     = ""
}

variable "accounts_secret" {
  description = "Kubernetes secret with `accounts.conf`, the part of the server's configuration that names users and their rights; it is included, so that no credential passes Terraform. Without it the servers don't start."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$", var.accounts_secret))
    error_message = "accounts_secret must be the name of a secret: a broker that anybody may use is none of ours."
  }
}

variable "pod_monitor" {
  description = "Whether the cluster has the Prometheus operator, which is then told to scrape the servers."
  type        = bool
  default     = true
}

variable "client_namespaces" {
  description = "Namespaces whose pods may connect."
  type        = set(string)
  default     = ["marketmesh"]
}
