variable "charts" {
  description = "Where the add-ons' charts come from, and their versions: point them at a mirror of your own where the cluster has no internet. A chart that is null is not installed."
  type = object({
    cert_manager       = optional(object({ repository = string, version = string }), { repository = "https://charts.jetstack.io", version = "v1.18.2" })
    external_secrets   = optional(object({ repository = string, version = string }), { repository = "https://charts.external-secrets.io", version = "0.19.2" })
    external_dns       = optional(object({ repository = string, version = string }), { repository = "https://kubernetes-sigs.github.io/external-dns", version = "1.18.0" })
    cluster_autoscaler = optional(object({ repository = string, version = string }), { repository = "https://kubernetes.github.io/autoscaler", version = "9.50.1" })
    gateway            = optional(object({ repository = string, version = string }), { repository = "oci://docker.io/envoyproxy", version = "v1.5.0" })
  })
  default = {}
}

variable "cluster" {
  description = "Cloud (`aws`, `gcp`), region and name of the cluster. Google Cloud scales its nodes and brings its gateway itself."
  type = object({
    cloud  = string
    region = string
    name   = string
  })

  validation {
    condition     = contains(["aws", "gcp"], var.cluster.cloud)
    error_message = "cluster.cloud must be aws or gcp."
  }
}

variable "storage_class" {
  description = "Storage class for NATS and Postgres, made as `marketmesh`: provisioner and parameters, from `modules/cluster`."
  type = object({
    provisioner = string
    parameters  = map(string)
  })
}

variable "zone" {
  description = "DNS zone of the mesh: external-dns keeps to its domain."
  type = object({
    id     = string
    domain = string
  })
}

variable "dns_solver" {
  description = "The `dns01` block of a cert-manager issuer, from `modules/marketmesh`."
  type        = any
}

variable "certificate_email" {
  description = "Where the certificate authority writes when something is wrong with a certificate."
  type        = string

  validation {
    condition     = can(regex("^[^@ ]+@[^@ ]+$", var.certificate_email))
    error_message = "certificate_email must be an email address."
  }
}

variable "certificate_server" {
  description = "Directory of the ACME authority: Let's Encrypt, or its staging server while you try things."
  type        = string
  default     = "https://acme-v02.api.letsencrypt.org/directory"

  validation {
    condition     = startswith(var.certificate_server, "https://")
    error_message = "certificate_server must be an https URL."
  }
}

variable "secret_store" {
  description = "Provider block of the ClusterSecretStore, from `modules/marketmesh`."
  type        = any
}

variable "restricted_namespaces" {
  description = "Namespaces that are made here and hold their pods to the restricted Pod Security Standard."
  type        = set(string)
  default     = ["marketmesh", "messaging"]
}
