terraform {
  required_version = "~> 1.11"

  required_providers {
    helm = {
      source  = "hashicorp/helm"
      version = "~> 3.1"
    }
  }
  # The state is a file here: it ends with the cluster.
}

# The cluster itself is made by `deploy/kind`, or by `kind create cluster`: Terraform is pointed at its context, so it needs no
# provider that drives Docker, and a plan never deletes somebody's other cluster.
provider "helm" {
  kubernetes = {
    config_path    = pathexpand(var.kubeconfig)
    config_context = var.context
  }
}
