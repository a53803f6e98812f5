variable "kubeconfig" {
  description = "Path of the kubeconfig."
  type        = string
  default     = "~/.kube/config"
}

variable "context" {
  description = "Context of the kind cluster; only a context that begins with `kind-` is accepted."
  type        = string
  default     = "kind-marketmesh"

  validation {
    condition     = startswith(var.context, "kind-")
    error_message = "context must begin with kind-: this folder's settings are for a laptop."
  }
}

variable "image_registry" {
  description = "Prefix of the images, as loaded by `kind load docker-image`: an image is `<image_registry>/<service>:<image_version>`."
  type        = string
  default     = "marketmesh"
}

variable "image_version" {
  description = "Version of the services to run."
  type        = string
}

variable "observability" {
  description = "Install Prometheus, Grafana and a collector too: about 1.5 GiB more."
  type        = bool
  default     = false
}

variable "nats_accounts_secret" {
  description = "Kubernetes secret with NATS' `accounts.conf`; see terraform/README.md, \"Secrets\"."
  type        = string
  default     = "nats-accounts"
}

variable "values" {
  description = "Further values of the chart (YAML documents), last: they win."
  type        = list(string)
  default     = []
}
