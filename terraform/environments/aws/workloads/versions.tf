terraform {
  required_version = "~> 1.11"

  required_providers {
    helm = {
      source  = "hashicorp/helm"
      version = "~> 3.1"
    }
  }

  # As for `platform`, with a key of its own.
  backend "s3" {
    use_lockfile = true
    encrypt      = true
  }
}

provider "helm" {
  kubernetes = {
    host                   = local.platform.cluster.endpoint
    cluster_ca_certificate = base64decode(local.platform.cluster.ca_certificate)
    # A token of the caller's own, made when it is needed: none is in the state.
    exec = {
      api_version = "client.authentication.k8s.io/v1"
      command     = "aws"
      args        = ["eks", "get-token", "--cluster-name", local.platform.cluster.name, "--region", local.platform.cluster.region]
    }
  }
}
