variable "name" {
  description = "Prefix of every object's name, for example `marketmesh-prod`."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}[a-z0-9]$", var.name))
    error_message = "name must be 3 to 32 lower case letters, digits and dashes, and start with a letter."
  }
}

variable "release" {
  description = "Name of the Helm release; a service's secret is `<release>-<service>`."
  type        = string
  default     = "marketmesh"
}

variable "namespace" {
  description = "Kubernetes namespace of the release."
  type        = string
  default     = "marketmesh"
}

variable "services" {
  description = "The services of the mesh: an image repository and a secret for each."
  type        = set(string)
  default     = ["identity", "catalog", "eligibility", "scoring", "allocation", "fulfillment"]

  validation {
    condition     = length(var.services) > 0 && alltrue([for service in var.services : can(regex("^[a-z][a-z0-9_]{0,30}$", service))])
    error_message = "services must be names of lower case letters, digits and underscores."
  }
}

variable "cluster_name" {
  description = "Cluster whose pods take the roles made here."
  type        = string
}

variable "pod_identity_trust_policy" {
  description = "Trust policy of pod roles, from `modules/cluster`."
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

variable "kms_key_arn" {
  description = "KMS key of images, secrets and files."
  type        = string

  validation {
    condition     = can(regex("^arn:", var.kms_key_arn))
    error_message = "kms_key_arn must be an ARN."
  }
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
  description = "Who may push images: an OIDC provider's ARN and the exact subjects of its tokens, for example a repository's release workflow. Null: nobody."
  type = object({
    oidc_provider_arn = string
    audience          = optional(string, "sts.amazonaws.com")
    subjects          = list(string)
  })
  default = null

  validation {
    condition     = var.image_publishers == null || try(length(var.image_publishers.subjects) > 0 && alltrue([for subject in var.image_publishers.subjects : !strcontains(subject, "*")]), false)
    error_message = "image_publishers needs at least one subject, and none with a wildcard."
  }
}

variable "deletion_protection" {
  description = "Keep buckets and the zone while they hold something, and secrets for 30 days."
  type        = bool
  default     = true
}
