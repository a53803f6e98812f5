variable "charts" {
  description = "Where the charts come from, and their versions."
  type = object({
    prometheus = optional(object({ repository = string, version = string }), { repository = "https://prometheus-community.github.io/helm-charts", version = "75.15.1" })
    collector  = optional(object({ repository = string, version = string }), { repository = "https://open-telemetry.github.io/opentelemetry-helm-charts", version = "0.130.0" })
  })
  default = {}
}

variable "telemetry" {
  description = "Who collects, and where telemetry goes; from `modules/observability` of the cloud. `exporters` are the collector's, `pipelines` name one of them for `logs` and `traces`, `remote_write` is Prometheus' own."
  type = object({
    namespace                  = optional(string, "observability")
    collector_service_account  = optional(string, "otel-collector")
    prometheus_service_account = optional(string, "prometheus")
    rules_in_cluster           = optional(bool, true)
    exporters                  = optional(any, {})
    pipelines                  = optional(map(string), {})
    remote_write               = optional(any, [])
  })
  default = {}

  validation {
    condition     = alltrue([for signal in keys(var.telemetry.pipelines) : contains(["logs", "traces"], signal)])
    error_message = "telemetry.pipelines has the keys logs and traces."
  }
}

variable "metrics_retention_days" {
  description = "Days that Prometheus in the cluster keeps metrics."
  type        = number
  default     = 15

  validation {
    condition     = var.metrics_retention_days >= 1 && var.metrics_retention_days <= 90
    error_message = "metrics_retention_days must be from 1 to 90; what is kept longer belongs in a store of its own."
  }
}

variable "storage_gib" {
  description = "Disk of each Prometheus, GiB."
  type        = number
  default     = 50
}

variable "storage_class_name" {
  description = "Storage class of Prometheus; empty for the cluster's default."
  type        = string
  default     = ""
}

variable "replicas" {
  description = "Prometheus servers; two see the same and one may fail."
  type        = number
  default     = 2

  validation {
    condition     = contains([1, 2], var.replicas)
    error_message = "replicas must be 1 or 2."
  }
}

variable "alertmanager_secret" {
  description = "Kubernetes secret with `alertmanager.yaml`, which knows the pager's key. Null: alerts are shown and sent to nobody."
  type        = string
  default     = null
}
