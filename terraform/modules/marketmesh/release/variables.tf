variable "chart" {
  description = "The chart: a path, or a name with `chart_repository`. Null: that of this checkout."
  type        = string
  default     = null
}

variable "chart_repository" {
  description = "Repository of the chart, such as `oci://registry.example/charts`; null for a path."
  type        = string
  default     = null
}

variable "image_version" {
  description = "Version of the services to run; its images must be in `image_registry`."
  type        = string

  validation {
    condition     = can(regex("^[0-9]+\\.[0-9]+\\.[0-9]+([.-][0-9A-Za-z.-]+)?$", var.image_version))
    error_message = "image_version must be a version such as 0.3.0; a moving tag such as `latest` can't be rolled back."
  }
}

variable "image_registry" {
  description = "Registry and prefix: an image is `<image_registry>/<service>:<image_version>`."
  type        = string
}

variable "release" {
  description = "Name of the release; every object's name begins with it."
  type        = string
  default     = "marketmesh"
}

variable "namespace" {
  description = "Kubernetes namespace; it must exist."
  type        = string
  default     = "marketmesh"
}

variable "domain" {
  description = "Domain of the mesh: `api.<domain>` is served over HTTP, `grpc.<domain>` over gRPC. Null: no gateway."
  type        = string
  default     = null
}

variable "gateway" {
  description = "Class of the gateway, the issuer of its certificate, the network peers that its calls come from (none: the chart's), and whether it must be told to check `/readyz` (GKE); from `modules/cluster/addons`."
  type = object({
    class         = string
    issuer        = object({ kind = string, name = string })
    peers         = optional(any, [])
    health_checks = optional(bool, false)
  })
  default = null

  validation {
    condition     = (var.gateway == null) == (var.domain == null)
    error_message = "gateway and domain belong together: give both or neither."
  }
}

variable "services" {
  description = "The services of the mesh, each of which the gateway leads to."
  type        = set(string)
  default     = ["identity", "catalog", "eligibility", "scoring", "allocation", "fulfillment"]

  validation {
    condition     = alltrue([for service in var.services : can(regex("^[a-z][a-z0-9-]{0,30}$", service))])
    error_message = "services must be names of lower case letters, digits and dashes."
  }
}

variable "secrets" {
  description = "Where External Secrets finds the services' secrets: its store and what their names begin with. `separator` stands before the service's name; `database_read`: each has the URL of a read replica too. Null: `<release>-<service>` exist already."
  type = object({
    store         = object({ kind = string, name = string })
    key_prefix    = string
    separator     = optional(string, "/")
    database_read = optional(bool, false)
  })
  default = null
}

variable "replicas" {
  description = "Replicas of each service: at least and at most. The database's max_connections follows the most."
  type = object({
    min = number
    max = number
  })

  validation {
    condition     = var.replicas.min >= 1 && var.replicas.max >= var.replicas.min && var.replicas.max <= 40
    error_message = "replicas needs 1 <= min <= max <= 40."
  }
}

variable "event_replicas" {
  description = "Copies of each stream: as many as NATS has servers, at most 3."
  type        = number
  default     = 3

  validation {
    condition     = contains([1, 3], var.event_replicas)
    error_message = "event_replicas must be 1 or 3."
  }
}

variable "postgres" {
  description = "The chart's `postgres` block, from `modules/database/cloudnativepg`; null for a server outside."
  type        = any
  default     = null
}

variable "postgres_ca_secret" {
  description = "Kubernetes secret whose `ca.crt` is the authority of a Postgres outside: RDS' bundle, Cloud SQL's server CA. Database URLs name it by `sslrootcert`. Null: none is needed."
  type        = string
  default     = null
}

variable "peers" {
  description = "Whom the network policies let the mesh talk to: the chart's `networkPolicy.postgres`, `.nats`, `.prometheus` and `.otlp`."
  type = object({
    postgres   = optional(any, [])
    nats       = optional(any, [])
    prometheus = optional(any, [])
    otlp       = optional(any, [])
  })
  default = {}
}

variable "telemetry" {
  description = "Where spans go, and whether the cluster has the Prometheus operator and evaluates rules itself."
  type = object({
    otlp_endpoint    = optional(string, "")
    pod_monitors     = optional(bool, true)
    rules_in_cluster = optional(bool, true)
  })
  default = {}
}

variable "node_pool" {
  description = "Pool that the services run in, by the taint and label `marketmesh.dev/pool`; null for anywhere."
  type        = string
  default     = "apps"
}

variable "priority_class_name" {
  description = "Priority class of the services; empty for none."
  type        = string
  default     = ""
}

variable "values" {
  description = "Further values of the chart (YAML documents), last: they win. No secret belongs here, they are kept in the state."
  type        = list(string)
  default     = []
}
