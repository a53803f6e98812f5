variable "environment" {
  description = "Name of the environment, for example `prod`; everything is named `marketmesh-<environment>`."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9]{1,11}$", var.environment))
    error_message = "environment must be 2 to 12 lower case letters and digits, and start with a letter."
  }
}

variable "project" {
  description = "Project that this environment lives in."
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

variable "size" {
  description = "How big the environment is: `small` (tests; a zone's failure stops it), `standard` (production), `large`. terraform/README.md says what each costs."
  type        = string
  default     = "standard"

  validation {
    condition     = contains(["small", "standard", "large"], var.size)
    error_message = "size must be small, standard or large."
  }
}

variable "database" {
  description = "Where Postgres runs: `managed` (Cloud SQL) or `cloudnativepg` (in the cluster, by the chart)."
  type        = string
  default     = "managed"

  validation {
    condition     = contains(["managed", "cloudnativepg"], var.database)
    error_message = "database must be managed or cloudnativepg."
  }
}

variable "domain" {
  description = "Domain that the mesh is served under, for example `mesh.example.com`."
  type        = string
}

variable "cidr" {
  description = "Address range of the nodes."
  type        = string
  default     = "10.64.0.0/20"
}

variable "authorized_networks" {
  description = "Ranges that may reach the control plane over the internet. Empty: only from inside the network."
  type        = list(string)
  default     = []
}

variable "administrators" {
  description = "Groups with full rights in the cluster, by a name of your choice, such as `group:platform@example.com`. One of them applies `workloads`."
  type        = map(string)

  validation {
    condition     = length(var.administrators) > 0
    error_message = "administrators must name at least one group, or nobody can install anything."
  }
}

variable "database_operators" {
  description = "Groups whose members log in to the database by their own identity, by a name of your choice."
  type        = map(string)
  default     = {}
}

variable "image_publishers" {
  description = "Who may push images: a provider of a workload identity pool (its full name) and the exact subjects of its tokens. Null: nobody."
  type = object({
    provider = string
    subjects = list(string)
  })
  default = null
}

variable "notify" {
  description = "Where alarms go, by name: email addresses."
  type = map(object({
    protocol = string
    endpoint = string
  }))
  default = {}
}

variable "notification_channels" {
  description = "Ids of notification channels that exist already, such as the pager's."
  type        = list(string)
  default     = []
}

variable "deletion_protection" {
  description = "Refuse to delete what holds data. Turn it off in an apply of its own before a destroy."
  type        = bool
  default     = true
}
