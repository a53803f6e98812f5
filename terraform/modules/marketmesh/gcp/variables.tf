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

variable "release" {
  description = "Name of the Helm release."
  type        = string
  default     = "marketmesh"
}

variable "namespace" {
  description = "Kubernetes namespace of the release."
  type        = string
  default     = "marketmesh"
}

variable "services" {
  description = "The services of the mesh: a secret for each."
  type        = set(string)
  default     = ["identity", "catalog", "eligibility", "scoring", "allocation", "fulfillment"]

  validation {
    condition     = length(var.services) > 0 && alltrue([for service in var.services : can(regex("^[a-z][a-z0-9_]{0,30}$", service))])
    error_message = "services must be names of lower case letters, digits and underscores."
  }
}

variable "workload_principal_prefix" {
  description = "IAM principal of a pod, up to `ns/<namespace>/sa/<service account>`; from `modules/cluster`."
  type        = string
}

variable "node_identity" {
  description = "IAM member of the nodes, which pull images; from `modules/cluster`."
  type        = string
}

variable "domain" {
  description = "Domain that the mesh is served under, for example `mesh.example.com`. Its zone is made here; delegate it to `name_servers`."
  type        = string

  validation {
    condition     = can(regex("^([a-z0-9]([a-z0-9-]*[a-z0-9])?\\.)+[a-z]{2,}$", var.domain))
    error_message = "domain must be a domain name in lower case without a dot at its end."
  }
}

variable "certificate_issuer" {
  description = "Domain of the certificate authority that may issue for `domain` (a CAA record); the chart's issuer must be it."
  type        = string
  default     = "letsencrypt.org"
}

variable "backup_retention_days" {
  description = "Days that old versions of backups are kept after they were replaced or deleted."
  type        = number
  default     = 30

  validation {
    condition     = var.backup_retention_days >= 7
    error_message = "backup_retention_days must be at least 7: a mistake is found after the weekend."
  }
}

variable "image_publishers" {
  description = "Who may push images: a provider of a workload identity pool (`projects/N/locations/global/workloadIdentityPools/POOL/providers/NAME`) and the exact subjects of its tokens. Null: nobody."
  type = object({
    provider = string
    subjects = list(string)
  })
  default = null

  validation {
    condition     = var.image_publishers == null || can(regex("^projects/[0-9]+/locations/global/workloadIdentityPools/[^/]+/providers/[^/]+$", var.image_publishers.provider))
    error_message = "image_publishers.provider must be the full name of a pool's provider, with the project's number."
  }

  validation {
    condition     = var.image_publishers == null || try(length(var.image_publishers.subjects) > 0 && alltrue([for subject in var.image_publishers.subjects : !strcontains(subject, "*")]), false)
    error_message = "image_publishers needs at least one subject, and none with a wildcard."
  }
}

variable "deletion_protection" {
  description = "Keep buckets and the zone while they hold something, and refuse to delete secrets."
  type        = bool
  default     = true
}
