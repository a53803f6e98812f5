variable "name" {
  description = "Prefix of every object's name."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}[a-z0-9]$", var.name))
    error_message = "name must be 3 to 32 lower case letters, digits and dashes, and start with a letter."
  }
}

variable "cluster_name" {
  description = "Cluster whose collector may write."
  type        = string
}

variable "pod_identity_trust_policy" {
  description = "Trust policy of pod roles, from `modules/cluster`."
  type        = string
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

variable "prometheus_service_account" {
  description = "Service account of the Prometheus that scrapes the mesh and sends on what it reads."
  type        = string
  default     = "prometheus"
}

variable "log_retention_days" {
  description = "Days that the services' logs are kept."
  type        = number
  default     = 30

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days must be a period that CloudWatch knows, such as 30, 90 or 365."
  }
}

variable "kms_key_arn" {
  description = "KMS key of logs, metrics and the alarm topic."
  type        = string

  validation {
    condition     = can(regex("^arn:", var.kms_key_arn))
    error_message = "kms_key_arn must be an ARN."
  }
}

variable "rules" {
  description = "Prometheus rule files (text) by name: those of deploy/rules."
  type        = map(string)
  default     = {}
}

variable "notify" {
  description = "Where alarms go, by name: `endpoint` is an email address or an HTTPS URL of the pager."
  type = map(object({
    protocol = string
    endpoint = string
  }))
  default = {}

  validation {
    condition     = alltrue([for target in values(var.notify) : contains(["email", "https"], target.protocol)])
    error_message = "Each of notify needs the protocol email or https."
  }
}
