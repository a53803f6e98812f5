variable "platform_state" {
  description = "Backend configuration of `platform`'s state, as given to its `terraform init`: it is read for one output, which holds no secret."
  type        = map(string)
}

variable "image_version" {
  description = "Version of the services to run."
  type        = string
}

variable "certificate_email" {
  description = "Where the certificate authority writes when something is wrong with a certificate."
  type        = string
}

variable "certificate_server" {
  description = "Directory of the ACME authority: Let's Encrypt, or its staging server while you try things."
  type        = string
  default     = "https://acme-v02.api.letsencrypt.org/directory"
}

variable "database_cidr" {
  description = "Range that the managed database answers from, for network policies. Null: the network's."
  type        = string
  default     = null
}

variable "database_ca_secret" {
  description = "Kubernetes secret whose `ca.crt` is the authority of the managed database. Null: none."
  type        = string
  default     = null
}

variable "nats_accounts_secret" {
  description = "Kubernetes secret with NATS' `accounts.conf`; see terraform/README.md, \"Secrets\"."
  type        = string
  default     = "nats-accounts"
}

variable "alertmanager_secret" {
  description = "Kubernetes secret with `alertmanager.yaml`. Null: alerts of the cluster's own Prometheus are sent to nobody."
  type        = string
  default     = null
}

variable "values" {
  description = "Further values of the chart (YAML documents), last: they win."
  type        = list(string)
  default     = []
}
