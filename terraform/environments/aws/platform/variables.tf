variable "environment" {
  description = "Name of the environment, for example `prod`; everything is named `marketmesh-<environment>`."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9]{1,11}$", var.environment))
    error_message = "environment must be 2 to 12 lower case letters and digits, and start with a letter."
  }
}

variable "account_id" {
  description = "Account that this environment lives in: with the credentials of another, nothing is done."
  type        = string

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "account_id must be 12 digits."
  }
}

variable "region" {
  description = "Region, for example `eu-central-1`."
  type        = string

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "region must be an AWS region such as `eu-central-1`."
  }
}

variable "zones" {
  description = "Three availability zones by their last letter."
  type        = list(string)
  default     = ["a", "b", "c"]

  validation {
    condition     = length(distinct(var.zones)) == 3 && alltrue([for zone in var.zones : can(regex("^[a-z]$", zone))])
    error_message = "zones must be three different letters."
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
  description = "Where Postgres runs: `managed` (RDS) or `cloudnativepg` (in the cluster, by the chart)."
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

variable "kubernetes_version" {
  description = "Minor version of Kubernetes."
  type        = string
  default     = "1.34"
}

variable "cidr" {
  description = "Address range of the network."
  type        = string
  default     = "10.64.0.0/16"
}

variable "authorized_networks" {
  description = "Ranges that may reach the control plane over the internet. Empty: only from inside the network."
  type        = list(string)
  default     = []
}

variable "administrators" {
  description = "IAM roles with full rights in the cluster, by a name of your choice. One of them applies `workloads`."
  type        = map(string)

  validation {
    condition     = length(var.administrators) > 0
    error_message = "administrators must name at least one role, or nobody can install anything."
  }
}

variable "image_publishers" {
  description = "Who may push images: an OIDC provider's ARN and the exact subjects of its tokens. Null: nobody."
  type = object({
    oidc_provider_arn = string
    audience          = optional(string, "sts.amazonaws.com")
    subjects          = list(string)
  })
  default = null
}

variable "notify" {
  description = "Where alarms go, by name: `protocol` is email or https."
  type = map(object({
    protocol = string
    endpoint = string
  }))
  default = {}
}

variable "deletion_protection" {
  description = "Refuse to delete what holds data. Turn it off in an apply of its own before a destroy."
  type        = bool
  default     = true
}
