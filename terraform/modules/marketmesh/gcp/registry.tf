resource "google_artifact_registry_repository" "this" {
  project       = var.project
  location      = var.region
  repository_id = var.name
  description   = "Images of ${var.name}"
  format        = "DOCKER"

  docker_config {
    immutable_tags = true
  }

  vulnerability_scanning_config {
    enablement_config = "INHERITED"
  }

  cleanup_policies {
    id     = "untagged-go-after-a-week"
    action = "DELETE"

    condition {
      tag_state  = "UNTAGGED"
      older_than = "604800s"
    }
  }

  cleanup_policies {
    id     = "keep-the-last-hundred"
    action = "KEEP"

    most_recent_versions {
      keep_count = 100
    }
  }
}

resource "google_artifact_registry_repository_iam_member" "nodes" {
  project    = var.project
  location   = var.region
  repository = google_artifact_registry_repository.this.name
  role       = "roles/artifactregistry.reader"
  member     = var.node_identity
}

resource "google_artifact_registry_repository_iam_member" "publishers" {
  for_each = toset(try(var.image_publishers.subjects, []))

  project    = var.project
  location   = var.region
  repository = google_artifact_registry_repository.this.name
  role       = "roles/artifactregistry.writer"
  member     = "principal://iam.googleapis.com/${split("/providers/", var.image_publishers.provider)[0]}/subject/${each.key}"
}
