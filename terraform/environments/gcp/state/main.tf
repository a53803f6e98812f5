terraform {
  required_version = "~> 1.11"

  required_providers {
    google = {
      source  = "hashicorp/google"
      version = "~> 6.50"
    }
  }
  # No backend: this makes the bucket that all others keep their state in. Its own few lines are kept in it afterwards
  # (terraform/README.md, "Bootstrap").
}

provider "google" {
  project = var.project
  region  = var.region
}

# What the other folders call; an API that is off fails half way through an apply.
resource "google_project_service" "this" {
  for_each = toset([
    "artifactregistry.googleapis.com",
    "cloudkms.googleapis.com",
    "cloudresourcemanager.googleapis.com",
    "compute.googleapis.com",
    "container.googleapis.com",
    "containerscanning.googleapis.com",
    "dns.googleapis.com",
    "iam.googleapis.com",
    "logging.googleapis.com",
    "monitoring.googleapis.com",
    "secretmanager.googleapis.com",
    "servicenetworking.googleapis.com",
    "sqladmin.googleapis.com",
    "cloudtrace.googleapis.com",
  ])

  project            = var.project
  service            = each.key
  disable_on_destroy = false
}

# Cloud Storage locks a state by a file of its own; the backend needs no table.
resource "google_storage_bucket" "state" {
  project                     = var.project
  name                        = "${var.project}-${var.name}-state"
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"

  versioning {
    enabled = true
  }

  lifecycle_rule {
    action {
      type = "Delete"
    }

    condition {
      num_newer_versions         = 20
      days_since_noncurrent_time = 90
    }
  }

  lifecycle {
    prevent_destroy = true
  }
}
