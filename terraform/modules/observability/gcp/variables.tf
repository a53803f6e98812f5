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

variable "workload_principal_prefix" {
  description = "IAM principal of a pod, up to `ns/<namespace>/sa/<service account>`; from `modules/cluster`."
  type        = string
}

variable "application_namespace" {
  description = "Kubernetes namespace of the mesh, whose logs are kept apart."
  type        = string
  default     = "marketmesh"
}

variable "namespace" {
  description = "Kubernetes namespace of the collector."
  type        = string
  default     = "observability"
}

variable "collector_service_account" {
  description = "Service account of the collector."
  type        = string
  default     = "otel-collector"
}

variable "log_retention_days" {
  description = "Days that the services' logs are kept."
  type        = number
  default     = 30

  validation {
    condition     = var.log_retention_days >= 1 && var.log_retention_days <= 3650
    error_message = "log_retention_days must be from 1 to 3650."
  }
}

variable "notify" {
  description = "Where alarms go, by name: an email address. A pager is joined by a channel of its own, whose key belongs in no state."
  type = map(object({
    protocol = string
    endpoint = string
  }))
  default = {}

  validation {
    condition     = alltrue([for target in values(var.notify) : target.protocol == "email"])
    error_message = "Each of notify needs the protocol email."
  }
}

variable "notification_channels" {
  description = "Ids of notification channels that exist already, such as the pager's."
  type        = list(string)
  default     = []
}
