terraform {
  required_version = "~> 1.11"

  required_providers {
    google = {
      source  = "hashicorp/google"
      version = "~> 6.50"
    }

    random = {
      source  = "hashicorp/random"
      version = "~> 3.7"
    }
  }

  # bucket and prefix come from `-backend-config`: they differ by environment. Cloud Storage locks by itself.
  backend "gcs" {}
}

provider "google" {
  project = var.project
  region  = var.region

  default_labels = {
    marketmesh-environment = var.environment
    managed-by             = "terraform"
  }
}
