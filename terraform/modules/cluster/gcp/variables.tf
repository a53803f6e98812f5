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


variable "zones" {
  description = "Zones of the nodes. Empty: three of the region's own choice."
  type        = list(string)
  default     = []

  validation {
    condition     = length(var.zones) == 0 || length(distinct(var.zones)) == 3
    error_message = "zones must be empty or three different zones."
  }
}

variable "network_id" {
  description = "Network of the cluster."
  type        = string
}

variable "subnet_ids" {
  description = "Subnets of the nodes: one that spans the region."
  type        = list(string)

  validation {
    condition     = length(var.subnet_ids) == 1
    error_message = "subnet_ids must name one subnet: subnets of Google Cloud span a region."
  }
}

variable "pods_range_name" {
  description = "Secondary range of pods."
  type        = string
}

variable "services_range_name" {
  description = "Secondary range of services."
  type        = string
}

variable "release_channel" {
  description = "How fast GKE upgrades control plane and nodes: `STABLE` or `REGULAR`."
  type        = string
  default     = "REGULAR"

  validation {
    condition     = contains(["STABLE", "REGULAR"], var.release_channel)
    error_message = "release_channel must be STABLE or REGULAR."
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
  description = "Groups (`group:` members) with full rights in the cluster, by a name of your choice."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for member in values(var.administrators) : can(regex("^group:[^@]+@[^@]+$", member))])
    error_message = "administrators must be groups such as `group:platform@example.com`."
  }
}

variable "node_pools" {
  description = "Groups of nodes by name; node counts are of all zones together. `spot` pools cost less and lose nodes at short notice; `taints` keep off whoever does not tolerate them."
  type = map(object({
    machine_type = string
    min_nodes    = number
    max_nodes    = number
    disk_gib     = optional(number, 50)
    spot         = optional(bool, false)
    labels       = optional(map(string), {})
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
    error_message = "The system pool must not refuse pods: DNS and the add-ons have nowhere else to go."
  }
}

variable "deletion_protection" {
  description = "Refuse to delete the cluster. Turn it off in an apply of its own before a destroy."
  type        = bool
  default     = true
}
