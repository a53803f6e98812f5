variable "name" {
  description = "Name of the cluster and prefix of what belongs to it."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}[a-z0-9]$", var.name))
    error_message = "name must be 3 to 32 lower case letters, digits and dashes, and start with a letter."
  }
}

variable "kubernetes_version" {
  description = "Minor version of Kubernetes. The control plane goes up one minor at a time, then the nodes."
  type        = string

  validation {
    condition     = can(regex("^1\\.(3[2-9]|[4-9][0-9])$", var.kubernetes_version))
    error_message = "kubernetes_version must be a minor version from 1.32, such as `1.34`."
  }
}

variable "subnet_ids" {
  description = "Private subnets of nodes and pods, one per zone."
  type        = list(string)

  validation {
    condition     = length(var.subnet_ids) >= 2
    error_message = "subnet_ids must name subnets in at least two zones."
  }
}

variable "authorized_networks" {
  description = "Ranges that may reach the control plane over the internet. Empty: only from inside the network."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for range in var.authorized_networks : can(cidrhost(range, 0)) && try(tonumber(split("/", range)[1]) >= 16, false)])
    error_message = "authorized_networks must be IPv4 ranges no wider than /16; the whole internet is never one of them."
  }
}

variable "administrators" {
  description = "IAM principals (roles, not users) with full rights in the cluster, by a name of your choice. Empty: nobody but whom you add later."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for arn in values(var.administrators) : can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:role/", arn))])
    error_message = "administrators must be ARNs of IAM roles."
  }
}

variable "node_pools" {
  description = "Groups of nodes by name. `spot` pools cost less and lose nodes at two minutes' notice; `taints` keep off whoever does not tolerate them."
  type = map(object({
    machine_types = list(string)
    min_nodes     = number
    max_nodes     = number
    disk_gib      = optional(number, 50)
    spot          = optional(bool, false)
    labels        = optional(map(string), {})
    taints = optional(list(object({
      key    = string
      value  = string
      effect = string
    })), [])
  }))

  validation {
    condition     = contains(keys(var.node_pools), "system")
    error_message = "node_pools must have a pool named `system`: the cluster's own workloads run there."
  }

  validation {
    condition     = alltrue([for pool in values(var.node_pools) : pool.min_nodes >= 0 && pool.max_nodes >= max(pool.min_nodes, 1) && pool.max_nodes <= 100])
    error_message = "Each of node_pools needs 0 <= min_nodes <= max_nodes <= 100, and max_nodes >= 1."
  }

  validation {
    condition     = alltrue(flatten([for pool in values(var.node_pools) : [for taint in pool.taints : contains(["NO_SCHEDULE", "NO_EXECUTE", "PREFER_NO_SCHEDULE"], taint.effect)]]))
    error_message = "A taint's effect must be NO_SCHEDULE, NO_EXECUTE or PREFER_NO_SCHEDULE."
  }

  validation {
    condition     = alltrue([for taint in try(var.node_pools["system"].taints, []) : taint.effect == "PREFER_NO_SCHEDULE"])
    error_message = "The system pool must not refuse pods: CoreDNS and the add-ons have nowhere else to go."
  }
}

variable "log_retention_days" {
  description = "Days that control plane logs (API, audit, authenticator, controllers, scheduler) are kept."
  type        = number
  default     = 90

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days must be a period that CloudWatch knows, such as 30, 90 or 365."
  }
}

variable "kms_key_arn" {
  description = "KMS key that Kubernetes secrets and control plane logs are encrypted with."
  type        = string

  validation {
    condition     = can(regex("^arn:", var.kms_key_arn))
    error_message = "kms_key_arn must be an ARN."
  }
}
